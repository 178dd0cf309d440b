/* What signatures, keys and webhooks are made of: digests, encodings, identifiers, randomness.
   Every algorithm that libcrypto has is libcrypto's; malformed text is refused, never guessed. */
#include <limits.h>
#include <string.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include "core/pool.h"
#include "core/sign.h"

#define UUID_SIZE 16
#define SHA1_SIZE 20

enum ka_rc ka_sha256 (const void *bytes, size_t size, unsigned char *digest) {
  return EVP_Digest(bytes, size, digest, NULL, EVP_sha256(), NULL) == 1 ? KA_OK : KA_FAILED;
}

enum ka_rc ka_hmac_sha256 (const void *key, size_t key_size, const void *bytes, size_t size,
                           unsigned char *digest) {
  unsigned int digest_size = 0;
  if (key_size > INT_MAX) return KA_TOO_LARGE;
  if (key_size == 0) key = ""; /* libcrypto reads NULL as "the key of last time" */
  if (HMAC(EVP_sha256(), key, (int)key_size, bytes, size, digest, &digest_size) == NULL)
    return KA_FAILED;
  return digest_size == KA_SHA256_SIZE ? KA_OK : KA_FAILED;
}

enum ka_rc ka_random (void *bytes, size_t size) {
  if (size > INT_MAX) return KA_TOO_LARGE;
  return RAND_bytes(bytes, (int)size) == 1 ? KA_OK : KA_FAILED;
}

bool ka_equal (const void *a, size_t a_size, const void *b, size_t b_size) {
  return a_size == b_size && CRYPTO_memcmp(a, b, a_size) == 0;
}

/* hex */

void ka_hex (const void *bytes, size_t size, char *text) {
  static const char digits[] = "0123456789abcdef";
  const unsigned char *from = bytes;
  for (size_t i = 0; i < size; i++) {
    text[2 * i] = digits[from[i] >> 4];
    text[2 * i + 1] = digits[from[i] & 15];
  }
}

/* The value of one hex digit, -1 for any other character. */
static int hex_value (char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

enum ka_rc ka_unhex (const char *text, size_t size, unsigned char *bytes) {
  if (size % 2 != 0) return KA_INVALID;
  for (size_t i = 0; i < size; i += 2) {
    int high = hex_value(text[i]), low = hex_value(text[i + 1]);
    if (high < 0 || low < 0) return KA_INVALID;
    bytes[i / 2] = (unsigned char)(high * 16 + low);
  }
  return KA_OK;
}

/* UUID */

/* Mark the version and the variant of RFC 4122 in 16 raw bytes, and write them as text. */
static void uuid_text (unsigned char uuid[UUID_SIZE], int version, char *text) {
  static const int parts[] = {4, 2, 2, 2, 6};
  const unsigned char *from = uuid;
  uuid[6] = (unsigned char)((uuid[6] & 0x0f) | version << 4);
  uuid[8] = (unsigned char)((uuid[8] & 0x3f) | 0x80);
  for (int i = 0; i < 5; i++) {
    ka_hex(from, (size_t)parts[i], text);
    from += parts[i];
    text += 2 * parts[i];
    *text++ = i < 4 ? '-' : '\0';
  }
}

/* Read the 36 characters of a UUID of any version. */
static enum ka_rc uuid_bytes (const char *text, size_t size, unsigned char uuid[UUID_SIZE]) {
  char digits[2 * UUID_SIZE];
  size_t count = 0;
  if (size != KA_UUID_TEXT_SIZE) return KA_INVALID;
  for (size_t i = 0; i < size; i++) {
    bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    if (dash != (text[i] == '-')) return KA_INVALID;
    if (!dash) digits[count++] = text[i];
  }
  return ka_unhex(digits, sizeof digits, uuid);
}

enum ka_rc ka_uuid4 (char text[KA_UUID_TEXT_SIZE + 1]) {
  unsigned char uuid[UUID_SIZE];
  enum ka_rc rc = ka_pool_draw(uuid);
  if (rc == KA_OK) uuid_text(uuid, 4, text);
  return rc;
}

/* SHA-1 of two runs of bytes, one after the other. */
static enum ka_rc sha1_of_two (const void *a, size_t a_size, const void *b, size_t b_size,
                               unsigned char digest[SHA1_SIZE]) {
  EVP_MD_CTX *context = EVP_MD_CTX_new();
  enum ka_rc rc = KA_FAILED;
  if (context == NULL) return KA_NOMEM;
  if (EVP_DigestInit_ex(context, EVP_sha1(), NULL) == 1
      && EVP_DigestUpdate(context, a, a_size) == 1
      && EVP_DigestUpdate(context, b, b_size) == 1
      && EVP_DigestFinal_ex(context, digest, NULL) == 1)
    rc = KA_OK;
  EVP_MD_CTX_free(context);
  return rc;
}

enum ka_rc ka_uuid5 (const char *space, size_t space_size, const char *name, size_t name_size,
                     char text[KA_UUID_TEXT_SIZE + 1]) {
  unsigned char uuid[UUID_SIZE], digest[SHA1_SIZE];
  enum ka_rc rc = uuid_bytes(space, space_size, uuid);
  if (rc == KA_OK) rc = sha1_of_two(uuid, sizeof uuid, name, name_size, digest);
  if (rc == KA_OK) uuid_text(digest, 5, text);
  return rc;
}

/* base64 */

#define BASE64_ALPHABET "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
#define PIECE ((size_t)3 << 20) /* libcrypto counts in int, so large input goes in pieces */

size_t ka_base64 (const void *bytes, size_t size, char *text) {
  const unsigned char *from = bytes;
  char *to = text;
  *to = '\0';
  while (size > 0) {
    size_t piece = size < PIECE ? size : PIECE;
    to += EVP_EncodeBlock((unsigned char *)to, from, (int)piece);
    from += piece;
    size -= piece;
  }
  return (size_t)(to - text);
}

size_t ka_base64url (const void *bytes, size_t size, char *text) {
  size_t count = ka_base64(bytes, size, text);
  while (count > 0 && text[count - 1] == '=') text[--count] = '\0';
  for (size_t i = 0; i < count; i++) {
    if (text[i] == '+') text[i] = '-';
    else if (text[i] == '/') text[i] = '_';
  }
  return count;
}

/* Only the alphabet, then at most two '=', in whole groups. libcrypto would forgive white space
   and padding anywhere. */
static bool base64_form (const char *text, size_t size, size_t *padding) {
  *padding = 0;
  if (size % 4 != 0) return false;
  while (*padding < 2 && *padding < size && text[size - 1 - *padding] == '=') ++*padding;
  for (size_t i = 0; i < size - *padding; i++)
    if (text[i] == '\0' || strchr(BASE64_ALPHABET, text[i]) == NULL) return false;
  return true;
}

/* Did the last group hold bits that no byte took? Then two texts would mean the same bytes. */
static bool base64_leftover (const char *text, size_t size, const unsigned char *bytes,
                             size_t bytes_size) {
  char again[KA_BASE64_ROOM(3)];
  size_t tail = bytes_size % 3;
  if (tail == 0) return false;
  ka_base64(bytes + bytes_size - tail, tail, again);
  return memcmp(again, text + size - 4, 4) != 0;
}

enum ka_rc ka_unbase64 (const char *text, size_t size, unsigned char *bytes, size_t *bytes_size) {
  size_t padding, done = 0;
  *bytes_size = 0;
  if (!base64_form(text, size, &padding)) return KA_INVALID;
  while (done < size) {
    size_t piece = size - done < 4 * PIECE ? size - done : 4 * PIECE;
    if (EVP_DecodeBlock(bytes + done / 4 * 3, (const unsigned char *)text + done, (int)piece) < 0)
      return KA_INVALID;
    done += piece;
  }
  *bytes_size = size / 4 * 3 - padding;
  return base64_leftover(text, size, bytes, *bytes_size) ? KA_INVALID : KA_OK;
}
