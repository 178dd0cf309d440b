/* Feeds random keys, bodies and signatures to the check of webhooks: the digest must be libcrypto's
   own HMAC, and a text must be read as a signature exactly when it is 64 lower-case hex digits, or
   Cybersource's stamp in the one form that writes it. It refuses to look for collisions. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "core/webhook.h"

#define TEXT_SIZE (2 * KA_SHA256_SIZE)

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

static void expect (int holds) {
  if (!holds) abort();
}

/* The first byte says how many of the next are the key; the body is the rest. */
static void hash (struct ka_hasher *h, const uint8_t *data, size_t size,
                  unsigned char digest[KA_SHA256_SIZE]) {
  unsigned char expected[KA_SHA256_SIZE];
  size_t key_size = data[0] < size ? data[0] : size - 1;
  const uint8_t *body = data + 1 + key_size;
  size_t body_size = size - 1 - key_size;
  struct ka_keyed key;
  expect(ka_keyed_set(&key, data + 1, key_size) == KA_OK);
  expect(ka_keyed_digest(h, &key, body, body_size, digest) == KA_OK);
  expect(ka_hmac_sha256(data + 1, key_size, body, body_size, expected) == KA_OK);
  expect(memcmp(digest, expected, sizeof expected) == 0);
  ka_keyed_wipe(&key);
  for (size_t i = 0; i < KA_HMAC_BLOCK; i++) expect(key.inner[i] == 0 && key.outer[i] == 0);
}

/* A judge of the form that is not the one under test. */
static int is_signature (const char *text, size_t size) {
  for (size_t i = 0; i < size; i++)
    if (text[i] == '\0' || strchr("0123456789abcdef", text[i]) == NULL) return 0;
  return size == TEXT_SIZE;
}

static void read_any (const char *text, size_t size) {
  unsigned char said[KA_SHA256_SIZE];
  char again[TEXT_SIZE];
  bool reads = ka_signature_read(text, size, said);
  expect(reads == is_signature(text, size));
  if (!reads) return;
  ka_hex(said, sizeof said, again);
  expect(memcmp(again, text, size) == 0);
}

/* What was read is written again: it must be the same text, byte for byte. */
static void read_stamp (const char *text, size_t size) {
  struct ka_stamp stamp;
  char again[600], sig[KA_BASE64_ROOM(KA_SHA256_SIZE)];
  int length;
  if (!ka_stamp_read(text, size, &stamp)) return;
  expect(stamp.time.size > 0 && stamp.time.size <= KA_STAMP_DIGITS_MAX && stamp.at_ms >= 0);
  if (size >= sizeof again) return;
  ka_base64(stamp.digest, sizeof stamp.digest, sig);
  length = snprintf(again, sizeof again, "t=%.*s;keyId=%.*s;sig=%s", (int) stamp.time.size,
                    stamp.time.at, (int) stamp.key_id.size, stamp.key_id.at, sig);
  expect(length >= 0 && (size_t) length == size && memcmp(again, text, size) == 0);
}

/* The digest of time, dot and body is libcrypto's of the three as one text; and the stamp that says
   it is read. With one byte changed it is another stamp or none. */
static void sign_at (struct ka_hasher *h, const uint8_t *data, size_t size) {
  unsigned char digest[KA_SHA256_SIZE], expected[KA_SHA256_SIZE];
  char text[128] = "t=", *joined = malloc(size + 4);
  struct ka_slice time = {"123", 3};
  struct ka_stamp read;
  struct ka_keyed key;
  expect(joined != NULL && ka_keyed_set(&key, "key", 3) == KA_OK);
  memcpy(joined, "123.", 4);
  memcpy(joined + 4, data, size);
  expect(ka_keyed_digest_at(h, &key, time, data, size, digest) == KA_OK);
  expect(ka_hmac_sha256("key", 3, joined, size + 4, expected) == KA_OK);
  expect(memcmp(digest, expected, sizeof expected) == 0);
  free(joined);
  memcpy(text, "t=123;keyId=a;sig=", 18);
  ka_base64(digest, sizeof digest, text + 18);
  expect(ka_stamp_read(text, strlen(text), &read) && read.at_ms == 123);
  expect(ka_equal(read.digest, sizeof digest, digest, sizeof digest));
  size = strlen(text);
  text[data[0] % size] = (char) data[1];
  read_stamp(text, size);
}

/* The right signature with one byte changed says another digest or is none. */
static void change_one (const unsigned char digest[KA_SHA256_SIZE], const uint8_t *data) {
  unsigned char said[KA_SHA256_SIZE];
  char text[TEXT_SIZE];
  size_t at = data[0] % TEXT_SIZE;
  ka_hex(digest, KA_SHA256_SIZE, text);
  expect(ka_signature_read(text, sizeof text, said));
  expect(ka_equal(said, sizeof said, digest, KA_SHA256_SIZE));
  if (text[at] == (char) data[1]) return;
  text[at] = (char) data[1];
  read_any(text, sizeof text);
  if (!ka_signature_read(text, sizeof text, said)) return;
  expect(!ka_equal(said, sizeof said, digest, KA_SHA256_SIZE));
}

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size) {
  static struct ka_hasher hasher;
  unsigned char digest[KA_SHA256_SIZE];
  if (hasher.context == NULL) expect(ka_hasher_open(&hasher) == KA_OK);
  read_any((const char *) data, size);
  read_stamp((const char *) data, size);
  if (size < 2) return 0;
  sign_at(&hasher, data, size);
  hash(&hasher, data, size, digest);
  change_one(digest, data);
  return 0;
}
