/* Webhook signatures, Klarna's kind: the HMAC-SHA256 of the raw body as 64 lower-case hex digits.
   Any other form is refused before a byte is hashed, and digests are compared in constant time. */
#include <string.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include "core/webhook.h"

#define BLOCK 64 /* bytes that SHA-256 takes at once */
#define INNER 0x36
#define OUTER 0x5c

/* A context that has begun SHA-256, NULL when there is none. Beginning again with the digest that
   a context has spares libcrypto the search for it, which costs as much as hashing 600 bytes. */
static EVP_MD_CTX *begin (void) {
  EVP_MD_CTX *context = EVP_MD_CTX_new();
  if (context != NULL && EVP_DigestInit_ex(context, EVP_sha256(), NULL) == 1) return context;
  EVP_MD_CTX_free(context);
  return NULL;
}

static bool again (EVP_MD_CTX *context) {
  return EVP_DigestInit_ex(context, NULL, NULL) == 1;
}

static bool finish (EVP_MD_CTX *context, unsigned char digest[KA_SHA256_SIZE]) {
  return EVP_DigestFinal_ex(context, digest, NULL) == 1;
}

enum ka_rc ka_hasher_open (struct ka_hasher *h) {
  h->context = begin();
  return h->context != NULL ? KA_OK : KA_FAILED;
}

/* libcrypto wipes what it frees here. */
void ka_hasher_close (struct ka_hasher *h) {
  EVP_MD_CTX_free(h->context);
  h->context = NULL;
}

/* The key in one block, filled up with zeros; a longer one by its digest (RFC 2104, section 2). */
static enum ka_rc fill_block (const void *key, size_t size, unsigned char block[BLOCK]) {
  memset(block, 0, BLOCK);
  if (size > BLOCK) return ka_sha256(key, size, block);
  if (size > 0) memcpy(block, key, size);
  return KA_OK;
}

/* Feed the block, each byte changed by the pad. */
static bool feed_pad (EVP_MD_CTX *context, const unsigned char block[BLOCK], unsigned char pad) {
  unsigned char padded[BLOCK];
  bool fed;
  for (size_t i = 0; i < BLOCK; i++) padded[i] = block[i] ^ pad;
  fed = EVP_DigestUpdate(context, padded, BLOCK) == 1;
  OPENSSL_cleanse(padded, BLOCK);
  return fed;
}

enum ka_rc ka_keyed_open (struct ka_keyed *k, const void *key, size_t size) {
  unsigned char block[BLOCK];
  enum ka_rc rc = fill_block(key, size, block);
  k->inner = begin();
  k->outer = begin();
  if (rc == KA_OK && (k->inner == NULL || k->outer == NULL)) rc = KA_NOMEM;
  if (rc == KA_OK && !(feed_pad(k->inner, block, INNER) && feed_pad(k->outer, block, OUTER)))
    rc = KA_FAILED;
  OPENSSL_cleanse(block, BLOCK);
  if (rc != KA_OK) ka_keyed_close(k);
  return rc;
}

void ka_keyed_close (struct ka_keyed *k) {
  EVP_MD_CTX_free(k->inner);
  EVP_MD_CTX_free(k->outer);
  k->inner = k->outer = NULL;
}

enum ka_rc ka_keyed_digest (struct ka_hasher *h, const struct ka_keyed *k, const void *bytes,
                            size_t size, unsigned char digest[KA_SHA256_SIZE]) {
  EVP_MD_CTX *c = h->context;
  bool done = EVP_MD_CTX_copy_ex(c, k->inner) == 1
    && EVP_DigestUpdate(c, bytes, size) == 1 && finish(c, digest)
    && EVP_MD_CTX_copy_ex(c, k->outer) == 1
    && EVP_DigestUpdate(c, digest, KA_SHA256_SIZE) == 1 && finish(c, digest);
  return done ? KA_OK : KA_FAILED;
}

enum ka_rc ka_once_digest (struct ka_hasher *h, const void *key, size_t key_size,
                           const void *bytes, size_t size,
                           unsigned char digest[KA_SHA256_SIZE]) {
  EVP_MD_CTX *c = h->context;
  unsigned char block[BLOCK];
  enum ka_rc rc = fill_block(key, key_size, block);
  if (rc == KA_OK && !(again(c) && feed_pad(c, block, INNER)
      && EVP_DigestUpdate(c, bytes, size) == 1 && finish(c, digest)
      && again(c) && feed_pad(c, block, OUTER)
      && EVP_DigestUpdate(c, digest, KA_SHA256_SIZE) == 1 && finish(c, digest)))
    rc = KA_FAILED;
  OPENSSL_cleanse(block, BLOCK);
  return rc;
}

bool ka_signature_form (const char *text, size_t size) {
  if (size != KA_SIGNATURE_SIZE) return false;
  for (size_t i = 0; i < size; i++)
    if (!((text[i] >= '0' && text[i] <= '9') || (text[i] >= 'a' && text[i] <= 'f'))) return false;
  return true;
}

bool ka_signature_says (const char text[KA_SIGNATURE_SIZE],
                        const unsigned char digest[KA_SHA256_SIZE]) {
  unsigned char said[KA_SHA256_SIZE];
  return ka_unhex(text, KA_SIGNATURE_SIZE, said) == KA_OK
    && ka_equal(said, sizeof said, digest, KA_SHA256_SIZE);
}
