/* What signatures, keys and webhooks are made of: digests, encodings, identifiers, randomness.
   Every algorithm that libcrypto has is libcrypto's; malformed text is refused, never guessed.

   Nothing here keeps state or owns memory: the caller brings the room for the result. */
#ifndef KASSA_SIGN_H
#define KASSA_SIGN_H

#include <stdbool.h>
#include <stddef.h>
#include "core/rc.h"

#define KA_SHA256_SIZE 32
#define KA_UUID_TEXT_SIZE 36 /* without a NUL */

/* SHA-256 of size bytes. KA_FAILED when libcrypto has no such digest. */
enum ka_rc ka_sha256 (const void *bytes, size_t size, unsigned char *digest) KA_CHECKED;

/* HMAC-SHA256 (RFC 2104). KA_TOO_LARGE for a key beyond INT_MAX bytes, KA_FAILED. */
enum ka_rc ka_hmac_sha256 (const void *key, size_t key_size, const void *bytes, size_t size,
                           unsigned char *digest) KA_CHECKED;

/* Fill with bytes nobody can guess. KA_FAILED when the system has none; then make nothing. */
enum ka_rc ka_random (void *bytes, size_t size) KA_CHECKED;

/* A random UUID (RFC 4122, version 4), 36 characters and a NUL. KA_FAILED. */
enum ka_rc ka_uuid4 (char text[KA_UUID_TEXT_SIZE + 1]) KA_CHECKED;

/* The UUID of a name within a namespace (RFC 4122, version 5): the same for the same, always.
   KA_INVALID when the namespace is no UUID of 36 characters, KA_FAILED. */
enum ka_rc ka_uuid5 (const char *space, size_t space_size, const char *name, size_t name_size,
                     char text[KA_UUID_TEXT_SIZE + 1]) KA_CHECKED;

/* Are the bytes the same? The time taken depends on the sizes alone, never on the bytes. */
bool ka_equal (const void *a, size_t a_size, const void *b, size_t b_size);

/* Lower-case hex: 2 * size characters, no NUL. */
void ka_hex (const void *bytes, size_t size, char *text);

/* Either case; text of an odd size or with another character is KA_INVALID. Writes size / 2. */
enum ka_rc ka_unhex (const char *text, size_t size, unsigned char *bytes) KA_CHECKED;

/* Base64 with padding (RFC 4648, section 4). The room it needs, the NUL included, is given by
   KA_BASE64_ROOM; the result is the number of characters. */
#define KA_BASE64_ROOM(size) (((size) + 2) / 3 * 4 + 1)
size_t ka_base64 (const void *bytes, size_t size, char *text);

/* The same in the alphabet for URLs, without padding (section 5); the same room. */
size_t ka_base64url (const void *bytes, size_t size, char *text);

/* The strict reverse: whole groups of four, no white space, no bits left over. Needs room for
   size / 4 * 3 bytes and tells in *bytes_size how many count. KA_INVALID. */
enum ka_rc ka_unbase64 (const char *text, size_t size, unsigned char *bytes,
                        size_t *bytes_size) KA_CHECKED;

#endif
