/* Webhook signatures: Klarna's, hex digits that sign the body, and Cybersource's, base64 that signs
   a time too. Any other form is refused; comparing is ka_equal's part (sign.h). */
#include <string.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include "core/webhook.h"

#define INNER 0x36
#define OUTER 0x5c

enum ka_rc ka_hasher_open (struct ka_hasher *h) {
  h->context = EVP_MD_CTX_new();
  if (h->context != NULL && EVP_DigestInit_ex(h->context, EVP_sha256(), NULL) == 1) return KA_OK;
  ka_hasher_close(h);
  return KA_NOMEM;
}

void ka_hasher_close (struct ka_hasher *h) {
  EVP_MD_CTX_free(h->context); /* wipes what it frees */
  h->context = NULL;
}

/* The key filled up with zeros, a longer one by its digest, and each byte changed by the pads
   (RFC 2104, section 2). */
enum ka_rc ka_keyed_set (struct ka_keyed *k, const void *key, size_t size) {
  memset(k, 0, sizeof *k);
  if (size > KA_HMAC_BLOCK) {
    if (ka_sha256(key, size, k->inner) != KA_OK) { ka_keyed_wipe(k); return KA_FAILED; }
  } else if (size > 0) {
    memcpy(k->inner, key, size);
  }
  for (size_t i = 0; i < KA_HMAC_BLOCK; i++) {
    k->outer[i] = k->inner[i] ^ OUTER;
    k->inner[i] ^= INNER;
  }
  return KA_OK;
}

void ka_keyed_wipe (struct ka_keyed *k) {
  OPENSSL_cleanse(k, sizeof *k);
}

/* SHA-256 of a block and of two texts. Beginning again with the digest that the context has spares
   libcrypto the search for it; copying a context that has taken the block is slower than that. */
static bool digest_block (EVP_MD_CTX *context, const unsigned char block[KA_HMAC_BLOCK],
                          struct ka_slice head, struct ka_slice bytes,
                          unsigned char digest[KA_SHA256_SIZE]) {
  return EVP_DigestInit_ex(context, NULL, NULL) == 1
    && EVP_DigestUpdate(context, block, KA_HMAC_BLOCK) == 1
    && (head.size == 0 || EVP_DigestUpdate(context, head.at, head.size) == 1)
    && EVP_DigestUpdate(context, bytes.at, bytes.size) == 1
    && EVP_DigestFinal_ex(context, digest, NULL) == 1;
}

/* HMAC-SHA256 of two texts, one after the other. */
static enum ka_rc digest_keyed (struct ka_hasher *h, const struct ka_keyed *k, struct ka_slice head,
                                struct ka_slice bytes, unsigned char digest[KA_SHA256_SIZE]) {
  unsigned char inner[KA_SHA256_SIZE];
  struct ka_slice none = {NULL, 0}, inside = {(const char *) inner, sizeof inner};
  bool done = digest_block(h->context, k->inner, head, bytes, inner)
    && digest_block(h->context, k->outer, none, inside, digest);
  return done ? KA_OK : KA_FAILED;
}

enum ka_rc ka_keyed_digest (struct ka_hasher *h, const struct ka_keyed *k, const void *bytes,
                            size_t size, unsigned char digest[KA_SHA256_SIZE]) {
  struct ka_slice none = {NULL, 0}, all = {bytes, size};
  return digest_keyed(h, k, none, all, digest);
}

enum ka_rc ka_keyed_digest_at (struct ka_hasher *h, const struct ka_keyed *k, struct ka_slice time,
                               const void *bytes, size_t size,
                               unsigned char digest[KA_SHA256_SIZE]) {
  char head[KA_STAMP_DIGITS_MAX + 1];
  struct ka_slice before = {head, time.size + 1}, all = {bytes, size};
  if (time.size > KA_STAMP_DIGITS_MAX) return KA_FAILED;
  memcpy(head, time.at, time.size);
  head[time.size] = '.';
  return digest_keyed(h, k, before, all, digest);
}

/* The value of one lower-case hex digit, above 15 for any other character. */
static unsigned hex_value (char c) {
  unsigned digit = (unsigned char) c - (unsigned) '0', letter = (unsigned char) c - (unsigned) 'a';
  return digit < 10 ? digit : letter < 6 ? letter + 10 : 16;
}

bool ka_signature_read (const char *text, size_t size, unsigned char digest[KA_SHA256_SIZE]) {
  unsigned all = 0;
  if (size != 2 * KA_SHA256_SIZE) return false;
  for (size_t i = 0; i < KA_SHA256_SIZE; i++) {
    unsigned high = hex_value(text[2 * i]), low = hex_value(text[2 * i + 1]);
    all |= high | low;
    digest[i] = (unsigned char) (high << 4 | low);
  }
  return all < 16;
}

/* Take a name that must stand at the beginning off the text. */
static bool take_name (struct ka_slice *rest, const char *name) {
  size_t size = strlen(name);
  if (rest->size < size || memcmp(rest->at, name, size) != 0) return false;
  rest->at += size;
  rest->size -= size;
  return true;
}

/* Take what stands before the next semicolon, and that, off the text. False for nothing, and for a
   character that cannot be seen. */
static bool take_value (struct ka_slice *rest, struct ka_slice *value) {
  size_t size = 0;
  while (size < rest->size && rest->at[size] > ' ' && rest->at[size] < 0x7f
         && rest->at[size] != ';')
    size++;
  if (size == 0 || size == rest->size || rest->at[size] != ';') return false;
  value->at = rest->at;
  value->size = size;
  rest->at += size + 1;
  rest->size -= size + 1;
  return true;
}

static bool read_time (struct ka_slice text, int64_t *at_ms) {
  *at_ms = 0;
  if (text.size > KA_STAMP_DIGITS_MAX) return false;
  for (size_t i = 0; i < text.size; i++) {
    if (text.at[i] < '0' || text.at[i] > '9') return false;
    *at_ms = *at_ms * 10 + (text.at[i] - '0');
  }
  return true;
}

static bool read_digest (struct ka_slice text, unsigned char digest[KA_SHA256_SIZE]) {
  unsigned char bytes[KA_BASE64_ROOM(KA_SHA256_SIZE) / 4 * 3];
  size_t size;
  if (text.size != KA_BASE64_ROOM(KA_SHA256_SIZE) - 1) return false;
  if (ka_unbase64(text.at, text.size, bytes, &size) != KA_OK || size != KA_SHA256_SIZE)
    return false;
  memcpy(digest, bytes, KA_SHA256_SIZE);
  return true;
}

bool ka_stamp_read (const char *text, size_t size, struct ka_stamp *stamp) {
  struct ka_slice rest = {text, size};
  return take_name(&rest, "t=") && take_value(&rest, &stamp->time)
    && read_time(stamp->time, &stamp->at_ms)
    && take_name(&rest, "keyId=") && take_value(&rest, &stamp->key_id)
    && take_name(&rest, "sig=") && read_digest(rest, stamp->digest);
}
