/* Webhook signatures, Klarna's kind: the HMAC-SHA256 of the raw body as 64 lower-case hex digits.
   Any other form is refused before a byte is hashed, and digests are compared in constant time.

   libcrypto's HMAC() costs four times the hashing of a small body, so keys and contexts are kept
   here: a prepared key holds the two hash states that HMAC begins with and none of its bytes. */
#ifndef KASSA_WEBHOOK_H
#define KASSA_WEBHOOK_H

#include <stdbool.h>
#include <stddef.h>
#include "core/rc.h"
#include "core/sign.h"

#define KA_SIGNATURE_SIZE (2 * (size_t) KA_SHA256_SIZE) /* characters */

struct evp_md_ctx_st; /* libcrypto's EVP_MD_CTX */

/* Where hashing happens; one for each thread that checks. Zero means closed. */
struct ka_hasher {
  struct evp_md_ctx_st *context;
};

/* A key as HMAC begins with it. Zero means closed. */
struct ka_keyed {
  struct evp_md_ctx_st *inner, *outer;
};

/* KA_NOMEM, KA_FAILED: it stays closed. Whoever opens one closes it; closing may happen twice and
   wipes what was kept. */
enum ka_rc ka_hasher_open (struct ka_hasher *h) KA_CHECKED;
void ka_hasher_close (struct ka_hasher *h);
enum ka_rc ka_keyed_open (struct ka_keyed *k, const void *key, size_t size) KA_CHECKED;
void ka_keyed_close (struct ka_keyed *k);

/* HMAC-SHA256 of size bytes by a prepared key, and by a key that is used once. KA_FAILED. */
enum ka_rc ka_keyed_digest (struct ka_hasher *h, const struct ka_keyed *k, const void *bytes,
                            size_t size, unsigned char digest[KA_SHA256_SIZE]) KA_CHECKED;
enum ka_rc ka_once_digest (struct ka_hasher *h, const void *key, size_t key_size,
                           const void *bytes, size_t size,
                           unsigned char digest[KA_SHA256_SIZE]) KA_CHECKED;

/* Is it 64 lower-case hex digits and nothing else? */
bool ka_signature_form (const char *text, size_t size);

/* Does a text of that form say this digest? In a time that does not depend on the bytes. */
bool ka_signature_says (const char text[KA_SIGNATURE_SIZE],
                        const unsigned char digest[KA_SHA256_SIZE]);

#endif
