/* Text on its way into JSON: UTF-8 is checked, characters are counted and JSON's escapes are made,
   all in the one pass that copies. It refuses to repair bad UTF-8. */
#ifndef KASSA_TEXT_H
#define KASSA_TEXT_H

#include <stdbool.h>
#include <stdint.h>
#include "core/buffer.h"

/* What a pass over a text has met. */
struct ka_text {
  size_t characters;  /* Unicode characters, not bytes */
  size_t bad_at;      /* where the UTF-8 breaks, from 0; set when KA_INVALID comes back */
  bool breaks;        /* holds TAB, LF, CR, U+2028 or U+2029 */
  bool controls;      /* holds another control character (C0, DEL, C1) */
};

/* Append the size bytes at s as a JSON string, quotes included, and tell in *met what was met.
   KA_INVALID (bad UTF-8), KA_TOO_LARGE, KA_NOMEM: b is as it was before the call. */
enum ka_rc ka_text_write (struct ka_buffer *b, const char *s, size_t size, struct ka_text *met)
  KA_CHECKED;

/* The same for a text of printable ASCII without quotes and backslashes, where there is room for it
   already. False, with b as it was, for any other: ka_text_write takes them all. */
bool ka_text_write_plain (struct ka_buffer *b, const char *s, size_t size);

/* Where the printable ASCII that s starts with ends: at a quote, a backslash, a control character
   (DEL included), a byte beyond ASCII, or end. */
const char *ka_text_plain_end (const char *s, const char *end);

/* The length in bytes of the UTF-8 character that s starts with, and its code point; 0 when the
   bytes are no character: overlong, surrogate, above U+10FFFF, cut short. size is at least 1. */
size_t ka_text_character (const char *s, size_t size, uint32_t *code);

#endif
