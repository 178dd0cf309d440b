/* Webhook signatures of two kinds: Klarna's, the HMAC-SHA256 of the raw body as 64 lower-case hex
   digits, and Cybersource's, that of a time and the body, in base64 beside both time and key id.
   Any other form is refused; comparing is ka_equal's part (sign.h).

   libcrypto's HMAC() costs three times the hashing of a small body, most of it in looking for the
   digest and in making contexts; here one context is made once and a key is prepared once. */
#ifndef KASSA_WEBHOOK_H
#define KASSA_WEBHOOK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "core/headers.h"
#include "core/rc.h"
#include "core/sign.h"

struct evp_md_ctx_st; /* libcrypto's EVP_MD_CTX */

/* Where hashing happens; one for each thread that checks. Zero means closed. */
struct ka_hasher {
  struct evp_md_ctx_st *context;
};

#define KA_HMAC_BLOCK 64 /* bytes that SHA-256 takes at once */

/* A key as HMAC takes it. It owns nothing, but is as secret as the key. */
struct ka_keyed {
  unsigned char inner[KA_HMAC_BLOCK], outer[KA_HMAC_BLOCK];
};

/* KA_NOMEM: it stays closed. Whoever opens one closes it; closing may happen twice. */
enum ka_rc ka_hasher_open (struct ka_hasher *h) KA_CHECKED;
void ka_hasher_close (struct ka_hasher *h);

/* Prepare a key of any size. KA_FAILED: k is wiped. */
enum ka_rc ka_keyed_set (struct ka_keyed *k, const void *key, size_t size) KA_CHECKED;
void ka_keyed_wipe (struct ka_keyed *k);

/* HMAC-SHA256 of size bytes. KA_FAILED: digest says nothing. */
enum ka_rc ka_keyed_digest (struct ka_hasher *h, const struct ka_keyed *k, const void *bytes,
                            size_t size, unsigned char digest[KA_SHA256_SIZE]) KA_CHECKED;

/* The digest that a signature of Klarna's says; false unless it is 64 lower-case hex digits and
   nothing else. */
bool ka_signature_read (const char *text, size_t size, unsigned char digest[KA_SHA256_SIZE]);

#define KA_STAMP_DIGITS_MAX 15 /* of a time in milliseconds: until the year 33658 */

/* What Cybersource's header says. The slices point into its text. */
struct ka_stamp {
  int64_t at_ms;          /* when it was signed, since 1970 */
  struct ka_slice time;   /* the same as it was written, for that is signed */
  struct ka_slice key_id;
  unsigned char digest[KA_SHA256_SIZE];
};

/* Read "t=<milliseconds>;keyId=<id>;sig=<base64>" (cybersource.md 11); false for anything else, for
   a digest of another size or written loosely too. */
bool ka_stamp_read (const char *text, size_t size, struct ka_stamp *stamp);

/* HMAC-SHA256 of time, a dot and size bytes, where time has at most KA_STAMP_DIGITS_MAX. KA_FAILED:
   digest says nothing. */
enum ka_rc ka_keyed_digest_at (struct ka_hasher *h, const struct ka_keyed *k, struct ka_slice time,
                               const void *bytes, size_t size,
                               unsigned char digest[KA_SHA256_SIZE]) KA_CHECKED;

#endif
