/* Signatures of JSON Web Tokens (RFC 7515, 7518) with a shared secret or an RSA key, by libcrypto.
   It reads no JSON: the caller brings the bytes and names the algorithm, which must fit the key.

   A key is opened once and then only read. Its owner frees it, and what it held is wiped. */
#ifndef KASSA_JWS_H
#define KASSA_JWS_H

#include <stdbool.h>
#include <stddef.h>
#include "core/rc.h"

#define KA_JWS_SIZE_MAX 1024 /* bytes of the longest signature: RSA with 8192 bits */
#define KA_JWS_ALG_SIZE 5    /* characters of an algorithm's name: HS256 */

struct ka_jws_key;

/* What a PEM text or a certificate is opened for. */
enum ka_jws_use { KA_JWS_SIGN, KA_JWS_VERIFY };

/* A shared secret for HS256, HS384 and HS512. KA_INVALID when it is empty, KA_NOMEM. */
enum ka_rc ka_jws_secret (struct ka_jws_key **key, const void *bytes, size_t size) KA_CHECKED;

/* An RSA key in PEM: a private one to sign, a public one or a certificate to verify. KA_INVALID
   when it holds no such key, KA_NOMEM. */
enum ka_rc ka_jws_pem (struct ka_jws_key **key, enum ka_jws_use use, const char *text,
                       size_t size) KA_CHECKED;

/* The private key and the certificate of a PKCS #12 file's bytes; ciphers that libcrypto calls
   legacy are tried where it still has them. KA_INVALID: no such file, or a wrong password. */
enum ka_rc ka_jws_p12 (struct ka_jws_key **key, const void *bytes, size_t size,
                       const char *password, size_t password_size) KA_CHECKED;

void ka_jws_free (struct ka_jws_key *key);

/* The `serialNumber` in the subject of the key's certificate, or NULL. */
const char *ka_jws_serial (const struct ka_jws_key *key);

/* Sign with an algorithm of the key's kind: HS*, RS* (PKCS #1 v1.5) or PS* with 256, 384 or 512.
   signature has room for KA_JWS_SIZE_MAX bytes. KA_INVALID: no such algorithm for this key. */
enum ka_rc ka_jws_sign (const struct ka_jws_key *key, const char *alg, const void *bytes,
                        size_t size, unsigned char *signature, size_t *signature_size) KA_CHECKED;

/* Does the signature fit? False also for an algorithm that does not fit the key. A shared secret is
   compared in constant time. */
bool ka_jws_verify (const struct ka_jws_key *key, const char *alg, const void *bytes, size_t size,
                    const unsigned char *signature, size_t signature_size);

#endif
