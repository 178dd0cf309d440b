/* Text on its way into JSON: UTF-8 is checked, characters are counted and JSON's escapes are made,
   all in the one pass that copies. It refuses to repair bad UTF-8. */
#include <string.h>
#include "core/text.h"
#ifdef __SSE2__
#include <emmintrin.h>
#endif

#define ESCAPE_MAX 6 /* \u001f */

/* Eight bytes at a time: a byte repeated in each place of a word, and the top bit of each place. */
#define EACH(byte) ((uint64_t) 0x0101010101010101u * (byte))
#define TOPS EACH(0x80)

/* The top bit of each byte that cannot be copied as it stands: below 0x20, a quote, a backslash,
   DEL, or beyond ASCII. The lowest bit set is exact, and so is none; a borrow starts at a true hit
   only and runs upwards. */
static inline uint64_t specials (uint64_t word) {
  uint64_t low = word - EACH(0x20);
  uint64_t quote = (word ^ EACH('"')) - EACH(1);
  uint64_t backslash = (word ^ EACH('\\')) - EACH(1);
  uint64_t del = (word ^ EACH(0x7f)) - EACH(1);
  return (((low | quote | backslash | del) & ~word) | word) & TOPS;
}

static inline bool has_special (uint64_t word) {
  return specials(word) != 0;
}

static inline bool is_plain (unsigned char byte) {
  return byte >= 0x20 && byte < 0x7f && byte != '"' && byte != '\\';
}

/* The most that is looked at in one step: sixteen bytes where there is SSE2, else a word.
   block_specials gives a bit for each byte that is not plain; block_first, the first such byte. */
#ifdef __SSE2__
typedef __m128i block;
typedef unsigned block_bits;

static inline block_bits block_specials (block bytes) {
  __m128i low = _mm_cmplt_epi8(bytes, _mm_set1_epi8(0x20)); /* as signed ones: beyond ASCII, too */
  __m128i quote = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('"'));
  __m128i backslash = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\'));
  __m128i del = _mm_cmpeq_epi8(bytes, _mm_set1_epi8(0x7f));
  __m128i any = _mm_or_si128(_mm_or_si128(low, quote), _mm_or_si128(backslash, del));
  return (block_bits) _mm_movemask_epi8(any);
}

static inline const char *block_first (const char *s, block_bits bits) {
  return s + __builtin_ctz(bits);
}
#else
typedef uint64_t block;
typedef uint64_t block_bits;

static inline block_bits block_specials (block bytes) {
  return specials(bytes);
}

static inline const char *block_first (const char *s, block_bits bits) {
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
  return s + __builtin_ctzll(bits) / 8;
#else
  (void) bits;
  while (is_plain((unsigned char) *s)) s++;
  return s;
#endif
}
#endif

const char *ka_text_plain_end (const char *s, const char *end) {
  block bytes;
  for (; (size_t) (end - s) >= sizeof bytes; s += sizeof bytes) {
    block_bits bits;
    memcpy(&bytes, s, sizeof bytes);
    bits = block_specials(bytes);
    if (bits != 0) return block_first(s, bits);
  }
  while (s < end && is_plain((unsigned char) *s)) s++;
  return s;
}

/* Copy the plain ASCII that s starts with; returns its length. out has room for size bytes. */
static size_t copy_plain (char *out, const char *s, size_t size) {
  size_t at = 0;
  uint64_t word;
  for (; size - at >= sizeof word; at += sizeof word) {
    memcpy(&word, s + at, sizeof word);
    if (has_special(word)) break;
    memcpy(out + at, &word, sizeof word);
  }
  for (; at < size && is_plain((unsigned char) s[at]); at++) out[at] = s[at];
  return at;
}

/* Copy the last size < 8 bytes of a text; true when all are plain. Short texts take this way only,
   so it works by halves and not by bytes. */
static inline bool copy_short (char *out, const char *s, size_t size) {
  uint64_t word = EACH(' ');
  if (size >= 4) {
    uint32_t head, tail;
    memcpy(&head, s, sizeof head);
    memcpy(&tail, s + size - sizeof tail, sizeof tail);
    memcpy(out, &head, sizeof head);
    memcpy(out + size - sizeof tail, &tail, sizeof tail);
    word = (uint64_t) head << 32 | tail;
  } else {
    for (size_t i = 0; i < size; i++) word = word << 8 | (unsigned char) (out[i] = s[i]);
  }
  return !has_special(word);
}

/* The same for a text of eight to sixteen bytes: two words, which may overlap. */
static inline bool copy_words (char *out, const char *s, size_t size) {
  uint64_t head, tail;
  memcpy(&head, s, sizeof head);
  memcpy(&tail, s + size - sizeof tail, sizeof tail);
  memcpy(out, &head, sizeof head);
  memcpy(out + size - sizeof tail, &tail, sizeof tail);
  return (specials(head) | specials(tail)) == 0;
}

/* Copy a text that is plain throughout, as nearly all are; false when it is not. The last block
   overlaps the one before, so that there is no rest. */
static inline bool copy_all_plain (char *out, const char *s, size_t size) {
  block bytes;
  size_t last = size - sizeof bytes;
  if (size < sizeof(uint64_t)) return copy_short(out, s, size);
  if (size <= 2 * sizeof(uint64_t)) return copy_words(out, s, size);
  for (size_t at = 0; at < last; at += sizeof bytes) {
    memcpy(&bytes, s + at, sizeof bytes);
    if (block_specials(bytes) != 0) return false;
    memcpy(out + at, &bytes, sizeof bytes);
  }
  memcpy(&bytes, s + last, sizeof bytes);
  memcpy(out + last, &bytes, sizeof bytes);
  return block_specials(bytes) == 0;
}

static inline bool continues (unsigned char byte) {
  return (byte & 0xc0) == 0x80;
}

/* The table of well-formed sequences of the Unicode standard (3-7), as ranges of the code point. */
size_t ka_text_character (const char *text, size_t size, uint32_t *code) {
  const unsigned char *s = (const unsigned char *) text;
  size_t length = s[0] < 0x80 ? 1 : s[0] < 0xc2 ? 0 : s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 : 4;
  uint32_t found;
  if (length == 0 || s[0] > 0xf4 || length > size) return 0;
  if (length == 1) { *code = s[0]; return 1; }
  found = s[0] & (0x7fu >> length);
  for (size_t i = 1; i < length; i++) {
    if (!continues(s[i])) return 0;
    found = found << 6 | (s[i] & 0x3fu);
  }
  if (length == 3 && (found < 0x800 || (found >= 0xd800 && found <= 0xdfff))) return 0;
  if (length == 4 && (found < 0x10000 || found > 0x10ffff)) return 0;
  *code = found;
  return length;
}

static void take_note (struct ka_text *met, uint32_t code) {
  if (code == '\t' || code == '\n' || code == '\r' || code == 0x2028 || code == 0x2029)
    met->breaks = true;
  else if (code < 0x20 || (code >= 0x7f && code <= 0x9f))
    met->controls = true;
}

/* Write the JSON escape of a control byte; returns its length, or 0 for any other character. */
static size_t escape (char *out, uint32_t code) {
  static const char digits[] = "0123456789abcdef";
  static const char shorts[] = "\bb\tt\nn\ff\rr";
  for (const char *pair = shorts; *pair != '\0'; pair += 2) {
    if ((uint32_t) (unsigned char) *pair != code) continue;
    out[0] = '\\';
    out[1] = pair[1];
    return 2;
  }
  if (code >= 0x20) return 0;
  memcpy(out, "\\u00", 4);
  out[4] = digits[code >> 4];
  out[5] = digits[code & 15];
  return ESCAPE_MAX;
}

/* Append the character that s starts with, escaped where JSON asks for it, and step over it.
   There is room for an escape more than the bytes that are left. */
static enum ka_rc write_special (struct ka_buffer *b, const char **s, size_t size,
                                 struct ka_text *met) {
  uint32_t code = 0;
  size_t length, written;
  met->characters++;
  if (**s == '"' || **s == '\\') { /* JSON within JSON is full of them */
    b->bytes[b->length++] = '\\';
    b->bytes[b->length++] = *(*s)++;
    return KA_OK;
  }
  length = ka_text_character(*s, size, &code);
  if (length == 0) return KA_INVALID;
  take_note(met, code);
  written = escape(b->bytes + b->length, code);
  if (written == 0) memcpy(b->bytes + b->length, *s, written = length);
  b->length += written;
  *s += length;
  return KA_OK;
}

/* The text from its first special byte on: plain runs and special characters in turn. */
static enum ka_rc write_rest (struct ka_buffer *b, const char *s, size_t size,
                              struct ka_text *met) {
  const char *end = s + size;
  while (s < end) {
    enum ka_rc rc = ka_buffer_room(b, (size_t) (end - s) + ESCAPE_MAX + 1);
    size_t run;
    if (rc != KA_OK) return rc;
    rc = write_special(b, &s, (size_t) (end - s), met);
    if (rc != KA_OK) {
      met->bad_at = size - (size_t) (end - s);
      return rc;
    }
    run = copy_plain(b->bytes + b->length, s, (size_t) (end - s));
    b->length += run;
    met->characters += run;
    s += run;
  }
  return KA_OK;
}

/* A text that is not plain throughout; there is room for it and its quotes as it stands. */
static enum ka_rc write_escaped (struct ka_buffer *b, const char *s, size_t size,
                                 struct ka_text *met) {
  size_t start = b->length;
  size_t run = copy_plain(b->bytes + start + 1, s, size);
  enum ka_rc rc;
  b->length += run + 1;
  met->characters = run;
  rc = write_rest(b, s + run, size - run, met);
  if (rc != KA_OK) {
    met->bad_at += run;
    b->length = start;
    return rc;
  }
  b->bytes[b->length++] = '"'; /* write_rest leaves room for it */
  return KA_OK;
}

bool ka_text_write_plain (struct ka_buffer *b, const char *s, size_t size) {
  size_t room = b->capacity - b->length;
  char *out;
  if (room < 2 || size > room - 2) return false;
  out = b->bytes + b->length;
  if (!copy_all_plain(out + 1, s, size)) return false;
  out[0] = out[size + 1] = '"';
  b->length += size + 2;
  return true;
}

enum ka_rc ka_text_write (struct ka_buffer *b, const char *s, size_t size, struct ka_text *met) {
  enum ka_rc rc;
  if (size > b->limit) return KA_TOO_LARGE; /* so that the sum below cannot wrap */
  rc = ka_buffer_room(b, size + 2);
  if (rc != KA_OK) return rc;
  *met = (struct ka_text) { .characters = size };
  if (ka_text_write_plain(b, s, size)) return KA_OK;
  b->bytes[b->length] = '"';
  return write_escaped(b, s, size, met);
}
