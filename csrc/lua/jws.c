/* core.jws: csrc/core/jws.h for Lua. A key shows nothing of itself but the serial number of its
   certificate, and no error repeats what it was made from. */
#include "check.h"
#include "secret.h"
#include "bindings.h"
#include "core/jws.h"
#include "core/sign.h"

#define CLASS "kassa.jws.key"

struct box { struct ka_jws_key *key; };

static struct ka_jws_key *check_key (lua_State *L, int arg) {
  const struct box *box = luaL_checkudata(L, arg, CLASS);
  if (box->key == NULL) luaL_argerror(L, arg, "key: it is closed");
  return box->key;
}

/* An empty box, so that whatever is opened into it is freed.  [-0, +1, m] */
static struct box *push_box (lua_State *L) {
  struct box *box = lua_newuserdatauv(L, sizeof *box, 0);
  box->key = NULL;
  luaL_getmetatable(L, CLASS);
  lua_setmetatable(L, -2);
  return box;
}

/* The key in the box on top, or nil and why there is none.  [-0, +0..1, v] */
static int result (lua_State *L, enum ka_rc rc, const char *why) {
  if (rc == KA_NOMEM) return luaL_error(L, "no memory");
  if (rc == KA_OK) return 1;
  lua_pushnil(L);
  lua_pushstring(L, why);
  return 2;
}

/* (secret: string or secret, the bytes themselves) -> key; or nil and why  [-0, +1..2, v] */
static int l_secret (lua_State *L) {
  size_t size;
  const char *bytes = ka_check_secret(L, 1, "secret", &size);
  struct box *box = push_box(L);
  return result(L, ka_jws_secret(&box->key, bytes, size), "it is empty");
}

static int open_pem (lua_State *L, enum ka_jws_use use, const char *why) {
  size_t size;
  const char *text = ka_check_secret(L, 1, "pem", &size);
  struct box *box = push_box(L);
  return result(L, ka_jws_pem(&box->key, use, text, size), why);
}

/* (pem: string or secret) -> key that signs; or nil and why  [-0, +1..2, v] */
static int l_private (lua_State *L) {
  return open_pem(L, KA_JWS_SIGN, "it holds no private RSA key of 2048 bits or more, or one with "
                                  "a password");
}

/* (pem: certificate or public key) -> key that verifies; or nil and why  [-0, +1..2, v] */
static int l_public (lua_State *L) {
  return open_pem(L, KA_JWS_VERIFY, "it holds no certificate and no public RSA key of 2048 bits or "
                                    "more");
}

/* (bytes of the file, password: string or secret) -> key; or nil and why  [-0, +1..2, v] */
static int l_p12 (lua_State *L) {
  size_t size, password_size;
  const char *bytes = ka_check_secret(L, 1, "bytes", &size);
  const char *password = ka_check_secret(L, 2, "password", &password_size);
  struct box *box = push_box(L);
  return result(L, ka_jws_p12(&box->key, bytes, size, password, password_size),
                "it is no PKCS #12 file with an RSA key, or the password is wrong, or its ciphers "
                "are too old for this libcrypto");
}

/* (key, alg: "HS256" ..., bytes) -> signature; or nil when the algorithm does not fit the key
   [-0, +1, v] */
static int l_sign (lua_State *L) {
  unsigned char signature[KA_JWS_SIZE_MAX];
  const struct ka_jws_key *key = check_key(L, 1);
  size_t alg_size, size, signature_size;
  const char *alg = ka_check_text(L, 2, "alg", &alg_size);
  const char *bytes = ka_check_text(L, 3, "bytes", &size);
  enum ka_rc rc = ka_jws_sign(key, alg, bytes, size, signature, &signature_size);
  if (rc == KA_NOMEM) return luaL_error(L, "no memory");
  if (rc == KA_FAILED) return luaL_error(L, "libcrypto refused to sign");
  if (rc == KA_OK) lua_pushlstring(L, (const char *)signature, signature_size);
  else lua_pushnil(L);
  return 1;
}

/* (key, alg, bytes, signature) -> does it fit?  [-0, +1, v] */
static int l_verify (lua_State *L) {
  const struct ka_jws_key *key = check_key(L, 1);
  size_t alg_size, size, signature_size;
  const char *alg = ka_check_text(L, 2, "alg", &alg_size);
  const char *bytes = ka_check_text(L, 3, "bytes", &size);
  const char *signature = ka_check_text(L, 4, "signature", &signature_size);
  lua_pushboolean(L, ka_jws_verify(key, alg, bytes, size, (const unsigned char *)signature,
                                   signature_size));
  return 1;
}

/* (key) -> serialNumber of its certificate's subject, or nil  [-0, +1, v] */
static int l_serial (lua_State *L) {
  lua_pushstring(L, ka_jws_serial(check_key(L, 1)));
  return 1;
}

/* (value: any) -> is it a key?  [-0, +1, -] */
static int l_is (lua_State *L) {
  lua_pushboolean(L, ka_test_class(L, 1, CLASS) != NULL);
  return 1;
}

/* (key) -> "[key]"  [-0, +1, m] */
static int l_tostring (lua_State *L) {
  lua_pushliteral(L, "[key]");
  return 1;
}

/* (key); may run twice  [-0, +0, -] */
static int l_gc (lua_State *L) {
  struct box *box = luaL_checkudata(L, 1, CLASS);
  ka_jws_free(box->key);
  box->key = NULL;
  return 0;
}

static const luaL_Reg functions[] = {
  {"secret", l_secret}, {"private", l_private}, {"public", l_public}, {"p12", l_p12},
  {"is", l_is}, {NULL, NULL}
};

static const luaL_Reg methods[] = {
  {"sign", l_sign}, {"verify", l_verify}, {"serial", l_serial}, {NULL, NULL}
};

/* Push { secret =, private =, public =, p12 =, is = }.  [-0, +1, m] */
int ka_open_jws (lua_State *L) {
  ka_new_class(L, CLASS, methods);
  lua_pushcfunction(L, l_gc);
  lua_setfield(L, -2, "__gc");
  lua_pushcfunction(L, l_tostring);
  lua_setfield(L, -2, "__tostring");
  lua_pop(L, 1);
  luaL_newlib(L, functions);
  return 1;
}
