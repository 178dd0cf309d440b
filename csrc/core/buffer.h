/* A growing run of bytes that can never pass the limit it was made with. It refuses to exist
   without a limit, and it knows nothing of what it holds.

   A zeroed struct is a closed buffer with the limit 0: freeing it is harmless and adding to it
   gives KA_TOO_LARGE. Whoever calls ka_buffer_init owns the bytes and calls ka_buffer_free. */
#ifndef KASSA_BUFFER_H
#define KASSA_BUFFER_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include "core/rc.h"

struct ka_buffer {
  char *bytes;      /* NULL until the first byte; then with a NUL behind that length leaves out */
  size_t length;
  size_t capacity;  /* bytes that fit without growing, the NUL left out */
  size_t limit;
};

/* Make b empty with room for limit bytes at most. Takes no memory yet, so it cannot fail. */
void ka_buffer_init (struct ka_buffer *b, size_t limit);

/* Give the memory back; b keeps its limit and can be filled again. May be called twice. */
void ka_buffer_free (struct ka_buffer *b);

/* Forget the bytes but keep the memory for the next use. */
void ka_buffer_clear (struct ka_buffer *b);

/* Make sure that size more bytes fit: afterwards they may be written at bytes + length.
   KA_NOMEM, KA_TOO_LARGE. */
enum ka_rc ka_buffer_reserve (struct ka_buffer *b, size_t size) KA_CHECKED;

/* The same for the inner loops of a writer: comparisons where there is room. After KA_OK there are
   bytes to write to, even for a size of 0. KA_NOMEM, KA_TOO_LARGE. */
static inline KA_CHECKED enum ka_rc ka_buffer_room (struct ka_buffer *b, size_t size) {
  bool fits = b->bytes != NULL && size <= b->capacity - b->length;
  return fits ? KA_OK : ka_buffer_reserve(b, size);
}

/* The slow half of ka_buffer_add. */
enum ka_rc ka_buffer_add_slow (struct ka_buffer *b, const char *data, size_t size) KA_CHECKED;

/* Append a copy of data, which must not lie inside b. KA_NOMEM, KA_TOO_LARGE. */
static inline KA_CHECKED enum ka_rc
ka_buffer_add (struct ka_buffer *b, const char *data, size_t size) {
  if (b->bytes == NULL || size > b->capacity - b->length) return ka_buffer_add_slow(b, data, size);
  memcpy(b->bytes + b->length, data, size);
  b->length += size;
  b->bytes[b->length] = '\0';
  return KA_OK;
}

/* Append one byte. KA_NOMEM, KA_TOO_LARGE. */
static inline KA_CHECKED enum ka_rc ka_buffer_add_byte (struct ka_buffer *b, char byte) {
  return ka_buffer_add(b, &byte, 1);
}

#endif
