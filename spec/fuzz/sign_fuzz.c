/* Feeds random bytes to the encodings: what is written must read back, and what is read must be the
   only text for its bytes. It refuses to test digests, which are libcrypto's.

   `make fuzz SECONDS=20` builds and runs every target here for so long, each from its own folder of
   inputs under build/fuzz; a crash leaves its input there. Needs clang. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "core/sign.h"

#define SIZE_LIMIT 4096 /* as libFuzzer's own default */

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

static void expect (int holds) {
  if (!holds) abort();
}

static void write_and_read (const uint8_t *data, size_t size) {
  char text[KA_BASE64_ROOM(SIZE_LIMIT)];
  unsigned char bytes[SIZE_LIMIT + 3];
  size_t text_size, bytes_size;
  ka_hex(data, size, text);
  expect(ka_unhex(text, 2 * size, bytes) == KA_OK && ka_equal(bytes, size, data, size));
  text_size = ka_base64(data, size, text);
  expect(ka_unbase64(text, text_size, bytes, &bytes_size) == KA_OK);
  expect(ka_equal(bytes, bytes_size, data, size));
}

/* The input as text: if it is base64 at all, writing its bytes must give the same text again. */
static void read_and_write (const char *data, size_t size) {
  char text[KA_BASE64_ROOM(SIZE_LIMIT)];
  unsigned char bytes[SIZE_LIMIT + 3];
  size_t bytes_size;
  if (ka_unbase64(data, size, bytes, &bytes_size) != KA_OK) return;
  expect(ka_base64(bytes, bytes_size, text) == size && memcmp(text, data, size) == 0);
}

static void name_a_uuid (const char *data, size_t size) {
  char uuid[KA_UUID_TEXT_SIZE + 1], again[KA_UUID_TEXT_SIZE + 1];
  size_t space = size < KA_UUID_TEXT_SIZE ? size : KA_UUID_TEXT_SIZE;
  if (ka_uuid5(data, space, data + space, size - space, uuid) != KA_OK) return;
  expect(strlen(uuid) == KA_UUID_TEXT_SIZE && uuid[14] == '5');
  expect(ka_uuid5(uuid, KA_UUID_TEXT_SIZE, "", 0, again) == KA_OK);
}

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size) {
  unsigned char bytes[SIZE_LIMIT];
  if (size > SIZE_LIMIT) return -1;
  write_and_read(data, size);
  read_and_write((const char *)data, size);
  name_a_uuid((const char *)data, size);
  if (ka_unhex((const char *)data, size, bytes) == KA_OK) expect(size % 2 == 0);
  return 0;
}
