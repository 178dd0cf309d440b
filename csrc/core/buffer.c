/* A growing run of bytes that can never pass the limit it was made with. It refuses to exist
   without a limit, and it knows nothing of what it holds. */
#include <stdint.h>
#include <stdlib.h>
#include "core/buffer.h"

#define FIRST_CAPACITY 256

void ka_buffer_init (struct ka_buffer *b, size_t limit) {
  b->bytes = NULL;
  b->length = b->capacity = 0;
  b->limit = limit < SIZE_MAX ? limit : SIZE_MAX - 1; /* one byte is the NUL's */
}

void ka_buffer_free (struct ka_buffer *b) {
  free(b->bytes);
  b->bytes = NULL;
  b->length = b->capacity = 0;
}

void ka_buffer_clear (struct ka_buffer *b) {
  b->length = 0;
  if (b->bytes != NULL) b->bytes[0] = '\0';
}

/* The capacity for needed bytes: doubled, so that n appends cost n copies; never over the limit. */
static size_t grown_capacity (const struct ka_buffer *b, size_t needed) {
  size_t doubled = b->capacity <= b->limit / 2 ? b->capacity * 2 : b->limit;
  if (doubled < FIRST_CAPACITY) doubled = FIRST_CAPACITY;
  if (doubled < needed) doubled = needed;
  return doubled < b->limit ? doubled : b->limit;
}

enum ka_rc ka_buffer_reserve (struct ka_buffer *b, size_t size) {
  size_t capacity;
  char *grown;
  if (size > b->limit - b->length) return KA_TOO_LARGE;
  if (b->bytes != NULL && size <= b->capacity - b->length) return KA_OK;
  capacity = grown_capacity(b, b->length + size);
  grown = realloc(b->bytes, capacity + 1);
  if (grown == NULL) return KA_NOMEM;
  grown[b->length] = '\0';
  b->bytes = grown;
  b->capacity = capacity;
  return KA_OK;
}

enum ka_rc ka_buffer_add_slow (struct ka_buffer *b, const char *data, size_t size) {
  enum ka_rc rc = ka_buffer_reserve(b, size);
  return rc == KA_OK ? ka_buffer_add(b, data, size) : rc;
}
