/* Signatures of JSON Web Tokens (RFC 7515, 7518) with a shared secret or an RSA key, by libcrypto.
   It reads no JSON: the caller brings the bytes and names the algorithm, which must fit the key. */
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#if OPENSSL_VERSION_NUMBER >= 0x30000000L
#include <openssl/provider.h>
#endif
#include "core/jws.h"
#include "core/sign.h"

#define SERIAL_MAX 128
#define RSA_BITS_MIN 2048 /* RFC 7518, 3.3 */

struct ka_jws_key {
  EVP_PKEY *rsa;                   /* NULL: a shared secret */
  unsigned char *secret;
  size_t secret_size;
  char serial[SERIAL_MAX + 1];     /* "" for none */
#if OPENSSL_VERSION_NUMBER >= 0x30000000L
  OSSL_LIB_CTX *context;           /* of its own when the file needed legacy ciphers */
  OSSL_PROVIDER *usual, *legacy;
#endif
};

/* ---- making and freeing --------------------------------------------------------------------- */

static struct ka_jws_key *new_key (void) {
  return calloc(1, sizeof(struct ka_jws_key));
}

static void free_context (struct ka_jws_key *key) {
#if OPENSSL_VERSION_NUMBER >= 0x30000000L
  if (key->legacy != NULL) OSSL_PROVIDER_unload(key->legacy);
  if (key->usual != NULL) OSSL_PROVIDER_unload(key->usual);
  OSSL_LIB_CTX_free(key->context);
#else
  (void)key;
#endif
}

void ka_jws_free (struct ka_jws_key *key) {
  if (key == NULL) return;
  if (key->secret != NULL) OPENSSL_cleanse(key->secret, key->secret_size);
  free(key->secret);
  EVP_PKEY_free(key->rsa);
  free_context(key);
  free(key);
}

enum ka_rc ka_jws_secret (struct ka_jws_key **key, const void *bytes, size_t size) {
  struct ka_jws_key *made;
  if (size == 0 || size > INT_MAX) return KA_INVALID;
  made = new_key();
  if (made == NULL) return KA_NOMEM;
  made->secret = malloc(size);
  if (made->secret == NULL) { ka_jws_free(made); return KA_NOMEM; }
  memcpy(made->secret, bytes, size);
  made->secret_size = size;
  *key = made;
  return KA_OK;
}

/* Take what was read when it is an RSA key that may be used, and forget libcrypto's complaints. */
static enum ka_rc settle (struct ka_jws_key **key, struct ka_jws_key *made) {
  bool good = made->rsa != NULL && EVP_PKEY_base_id(made->rsa) == EVP_PKEY_RSA &&
              EVP_PKEY_bits(made->rsa) >= RSA_BITS_MIN &&
              EVP_PKEY_size(made->rsa) <= KA_JWS_SIZE_MAX;
  ERR_clear_error();
  if (!good) { ka_jws_free(made); return KA_INVALID; }
  *key = made;
  return KA_OK;
}

/* ---- PEM ------------------------------------------------------------------------------------ */

/* No password is asked for at the terminal: an encrypted key is refused. */
static int no_password (char *text, int size, int writing, void *data) {
  (void)text, (void)size, (void)writing, (void)data;
  return -1;
}

static EVP_PKEY *public_of (BIO *bio) {
  X509 *certificate = PEM_read_bio_X509(bio, NULL, no_password, NULL);
  EVP_PKEY *rsa;
  if (certificate == NULL) {
    if (BIO_reset(bio) != 1) return NULL;
    return PEM_read_bio_PUBKEY(bio, NULL, no_password, NULL);
  }
  rsa = X509_get_pubkey(certificate);
  X509_free(certificate);
  return rsa;
}

enum ka_rc ka_jws_pem (struct ka_jws_key **key, enum ka_jws_use use, const char *text,
                       size_t size) {
  struct ka_jws_key *made;
  BIO *bio;
  if (size == 0 || size > INT_MAX) return KA_INVALID;
  made = new_key();
  bio = BIO_new_mem_buf(text, (int)size);
  if (made == NULL || bio == NULL) { BIO_free(bio); ka_jws_free(made); return KA_NOMEM; }
  made->rsa = use == KA_JWS_SIGN ? PEM_read_bio_PrivateKey(bio, NULL, no_password, NULL)
                                 : public_of(bio);
  BIO_free(bio);
  return settle(key, made);
}

/* ---- PKCS #12 ------------------------------------------------------------------------------- */

static void keep_serial (struct ka_jws_key *key, X509 *certificate) {
  int size = X509_NAME_get_text_by_NID(X509_get_subject_name(certificate), NID_serialNumber,
                                       key->serial, (int)sizeof key->serial);
  if (size < 0) key->serial[0] = '\0';
}

static bool parse (struct ka_jws_key *key, PKCS12 *file, const char *password) {
  X509 *certificate = NULL;
  if (PKCS12_parse(file, password, &key->rsa, &certificate, NULL) != 1) return false;
  if (certificate != NULL) keep_serial(key, certificate);
  X509_free(certificate);
  return true;
}

/* An empty file to read into, which belongs to the context with the old ciphers; NULL where this
   libcrypto has none. */
static PKCS12 *legacy_file (struct ka_jws_key *key) {
#if OPENSSL_VERSION_NUMBER >= 0x30000000L
  key->context = OSSL_LIB_CTX_new();
  if (key->context == NULL) return NULL;
  key->usual = OSSL_PROVIDER_load(key->context, "default");
  key->legacy = OSSL_PROVIDER_load(key->context, "legacy");
  if (key->usual == NULL || key->legacy == NULL) return NULL;
  return PKCS12_init_ex(NID_pkcs7_data, key->context, NULL);
#else
  (void)key;
  return NULL;
#endif
}

static bool read_file (struct ka_jws_key *key, PKCS12 *file, const void *bytes, size_t size,
                       const char *password) {
  const unsigned char *from = bytes;
  bool done = d2i_PKCS12(&file, &from, (long)size) != NULL && parse(key, file, password);
  PKCS12_free(file);
  return done;
}

static enum ka_rc open_p12 (struct ka_jws_key **key, const void *bytes, size_t size,
                            const char *password) {
  struct ka_jws_key *made = new_key();
  if (made == NULL) return KA_NOMEM;
  if (!read_file(made, NULL, bytes, size, password)) {
    PKCS12 *file = legacy_file(made);
    if (file != NULL) (void)read_file(made, file, bytes, size, password);
  }
  return settle(key, made);
}

enum ka_rc ka_jws_p12 (struct ka_jws_key **key, const void *bytes, size_t size,
                       const char *password, size_t password_size) {
  char *text;
  enum ka_rc rc;
  if (size == 0 || size > INT_MAX || memchr(password, '\0', password_size) != NULL)
    return KA_INVALID;
  text = malloc(password_size + 1);
  if (text == NULL) return KA_NOMEM;
  memcpy(text, password, password_size);
  text[password_size] = '\0';
  rc = open_p12(key, bytes, size, text);
  OPENSSL_cleanse(text, password_size);
  free(text);
  return rc;
}

const char *ka_jws_serial (const struct ka_jws_key *key) {
  return key->serial[0] != '\0' ? key->serial : NULL;
}

/* ---- algorithms ----------------------------------------------------------------------------- */

/* The digest that the name of an algorithm ends in; NULL for another name. */
static const EVP_MD *digest_of (const char *alg) {
  if (strlen(alg) != KA_JWS_ALG_SIZE) return NULL;
  if (strcmp(alg + 2, "256") == 0) return EVP_sha256();
  if (strcmp(alg + 2, "384") == 0) return EVP_sha384();
  return strcmp(alg + 2, "512") == 0 ? EVP_sha512() : NULL;
}

static enum ka_rc sign_secret (const struct ka_jws_key *key, const EVP_MD *digest,
                               const void *bytes, size_t size, unsigned char *signature,
                               size_t *signature_size) {
  unsigned int length = 0;
  if (HMAC(digest, key->secret, (int)key->secret_size, bytes, size, signature, &length) == NULL)
    return KA_FAILED;
  *signature_size = length;
  return KA_OK;
}

/* The salt of PS* is as long as the digest (RFC 7518, 3.5). */
static bool pad (EVP_PKEY_CTX *context, const char *alg) {
  if (alg[0] == 'R') return true;
  return EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PSS_PADDING) == 1 &&
         EVP_PKEY_CTX_set_rsa_pss_saltlen(context, RSA_PSS_SALTLEN_DIGEST) == 1;
}

static enum ka_rc sign_rsa (const struct ka_jws_key *key, const char *alg, const EVP_MD *digest,
                            const void *bytes, size_t size, unsigned char *signature,
                            size_t *signature_size) {
  EVP_MD_CTX *context = EVP_MD_CTX_new();
  EVP_PKEY_CTX *padding = NULL;
  bool done;
  if (context == NULL) return KA_NOMEM;
  *signature_size = KA_JWS_SIZE_MAX;
  done = EVP_DigestSignInit(context, &padding, digest, NULL, key->rsa) == 1 && pad(padding, alg) &&
         EVP_DigestSign(context, signature, signature_size, bytes, size) == 1;
  EVP_MD_CTX_free(context);
  ERR_clear_error();
  return done ? KA_OK : KA_FAILED;
}

/* The digest of an algorithm that fits the key, or NULL. */
static const EVP_MD *fitting (const struct ka_jws_key *key, const char *alg) {
  const EVP_MD *digest = digest_of(alg);
  const char *kinds = key->rsa != NULL ? "RP" : "H";
  return digest != NULL && alg[1] == 'S' && strchr(kinds, alg[0]) != NULL ? digest : NULL;
}

enum ka_rc ka_jws_sign (const struct ka_jws_key *key, const char *alg, const void *bytes,
                        size_t size, unsigned char *signature, size_t *signature_size) {
  const EVP_MD *digest = fitting(key, alg);
  if (digest == NULL) return KA_INVALID;
  if (key->rsa == NULL)
    return sign_secret(key, digest, bytes, size, signature, signature_size);
  return sign_rsa(key, alg, digest, bytes, size, signature, signature_size);
}

static bool verify_rsa (const struct ka_jws_key *key, const char *alg, const EVP_MD *digest,
                        const void *bytes, size_t size, const unsigned char *signature,
                        size_t signature_size) {
  EVP_MD_CTX *context = EVP_MD_CTX_new();
  EVP_PKEY_CTX *padding = NULL;
  bool fits;
  if (context == NULL) return false;
  fits = EVP_DigestVerifyInit(context, &padding, digest, NULL, key->rsa) == 1 &&
         pad(padding, alg) &&
         EVP_DigestVerify(context, signature, signature_size, bytes, size) == 1;
  EVP_MD_CTX_free(context);
  ERR_clear_error();
  return fits;
}

bool ka_jws_verify (const struct ka_jws_key *key, const char *alg, const void *bytes, size_t size,
                    const unsigned char *signature, size_t signature_size) {
  const EVP_MD *digest = fitting(key, alg);
  unsigned char own[KA_JWS_SIZE_MAX];
  size_t own_size = 0;
  if (digest == NULL) return false;
  if (key->rsa != NULL)
    return verify_rsa(key, alg, digest, bytes, size, signature, signature_size);
  return sign_secret(key, digest, bytes, size, own, &own_size) == KA_OK &&
         ka_equal(own, own_size, signature, signature_size);
}
