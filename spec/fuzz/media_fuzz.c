/* Feeds random bytes to what tells kinds of files, as bytes and as the tail of a ZIP file. It
   refuses to know a right answer: that is spec/core/media_spec.lua's part. */
#include <stdlib.h>
#include <string.h>
#include "core/media.h"
#include "core/sign.h"

#define PADDING_MAX 17000 /* somewhat more than one block */

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

static void expect (int holds) {
  if (!holds) abort();
}

/* One of the four, or a reason; the same twice. */
static void tell (const char *bytes, size_t size) {
  const char *why = NULL, *kind, *again;
  struct ka_media m;
  ka_media_of_bytes(&m, bytes, size);
  kind = ka_media_kind(&m, &why);
  again = ka_media_kind(&m, &why);
  expect(kind == again && m.size == size);
  expect(kind != NULL || strcmp(why, size == 0 ? "empty" : "unknown") == 0);
}

/* A file that says it is a ZIP, as long as the input says, with the input at its end. */
static void tell_zip (const char *bytes, size_t size) {
  unsigned padding = size >= 2 ? (unsigned char)bytes[0] * 256u + (unsigned char)bytes[1] : 0;
  size_t length = 4 + padding % PADDING_MAX + size;
  char *zip = calloc(1, length);
  if (zip == NULL) return;
  memcpy(zip, "PK\3\4", 4);
  memcpy(zip + length - size, bytes, size);
  tell(zip, length);
  free(zip);
}

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size) {
  unsigned char once[KA_SHA256_SIZE], streamed[KA_SHA256_SIZE];
  struct ka_media m;
  tell((const char *)data, size);
  tell_zip((const char *)data, size);
  ka_media_of_bytes(&m, (const char *)data, size);
  expect(ka_media_sha256(&m, streamed) == KA_OK && ka_sha256(data, size, once) == KA_OK);
  expect(memcmp(once, streamed, sizeof once) == 0);
  return 0;
}
