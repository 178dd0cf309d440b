/* Webhook signatures, Klarna's kind: the HMAC-SHA256 of the raw body as 64 lower-case hex digits.
   Any other form is refused; comparing is ka_equal's part (sign.h). */
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

/* SHA-256 of a block and size bytes. Beginning again with the digest that the context has spares
   libcrypto the search for it; copying a context that has taken the block is slower than that. */
static bool digest_two (EVP_MD_CTX *context, const unsigned char block[KA_HMAC_BLOCK],
                        const void *bytes, size_t size, unsigned char digest[KA_SHA256_SIZE]) {
  return EVP_DigestInit_ex(context, NULL, NULL) == 1
    && EVP_DigestUpdate(context, block, KA_HMAC_BLOCK) == 1
    && EVP_DigestUpdate(context, bytes, size) == 1
    && EVP_DigestFinal_ex(context, digest, NULL) == 1;
}

enum ka_rc ka_keyed_digest (struct ka_hasher *h, const struct ka_keyed *k, const void *bytes,
                            size_t size, unsigned char digest[KA_SHA256_SIZE]) {
  unsigned char inner[KA_SHA256_SIZE];
  bool done = digest_two(h->context, k->inner, bytes, size, inner)
    && digest_two(h->context, k->outer, inner, sizeof inner, digest);
  return done ? KA_OK : KA_FAILED;
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
