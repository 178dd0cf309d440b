/* core.sign: csrc/core/sign.h for Lua. Results are raw bytes unless the name says otherwise; it
   refuses to hold keys: each call brings its own. */
#include "check.h"
#include "secret.h"
#include "bindings.h"
#include "core/sign.h"

#define RANDOM_MAX 65536

/* Raise unless libcrypto did what was asked; then nothing may go on.  [-0, +0, v] */
static void must (lua_State *L, enum ka_rc rc, const char *what) {
  if (rc == KA_TOO_LARGE) luaL_error(L, "%s: the input is too long", what);
  if (rc != KA_OK) luaL_error(L, "%s: libcrypto refused", what);
}

/* Room for count items of size bytes, owned by Lua.  [-0, +1, v] */
static void *scratch (lua_State *L, size_t count, size_t size) {
  if (count >= SIZE_MAX / size) luaL_error(L, "the input is too long");
  return lua_newuserdatauv(L, count * size + 1, 0);
}

/* (bytes: string) -> 32 bytes  [-0, +1, m] */
static int l_sha256 (lua_State *L) {
  unsigned char digest[KA_SHA256_SIZE];
  size_t size;
  const char *bytes = ka_check_text(L, 1, "bytes", &size);
  must(L, ka_sha256(bytes, size, digest), "sha256");
  lua_pushlstring(L, (const char *)digest, sizeof digest);
  return 1;
}

/* (key: string or secret, bytes: string) -> 32 bytes  [-0, +1, m] */
static int l_hmac_sha256 (lua_State *L) {
  unsigned char digest[KA_SHA256_SIZE];
  size_t key_size, size;
  const char *key = ka_check_secret(L, 1, "key", &key_size);
  const char *bytes = ka_check_text(L, 2, "bytes", &size);
  must(L, ka_hmac_sha256(key, key_size, bytes, size, digest), "hmac_sha256");
  lua_pushlstring(L, (const char *)digest, sizeof digest);
  return 1;
}

/* (bytes: string) -> lower-case hex  [-0, +1, m] */
static int l_hex (lua_State *L) {
  size_t size;
  const char *bytes = ka_check_text(L, 1, "bytes", &size);
  char *text = scratch(L, size, 2);
  ka_hex(bytes, size, text);
  lua_pushlstring(L, text, 2 * size);
  return 1;
}

/* (text: string) -> bytes, or nil when it is no hex  [-0, +1, m] */
static int l_unhex (lua_State *L) {
  size_t size;
  const char *text = ka_check_text(L, 1, "text", &size);
  unsigned char *bytes = scratch(L, size, 1);
  if (ka_unhex(text, size, bytes) == KA_OK) lua_pushlstring(L, (char *)bytes, size / 2);
  else lua_pushnil(L);
  return 1;
}

/* (bytes: string) -> base64 with padding  [-0, +1, m] */
static int l_base64 (lua_State *L) {
  size_t size;
  const char *bytes = ka_check_text(L, 1, "bytes", &size);
  char *text = scratch(L, size / 3 + 1, 4);
  size = ka_base64(bytes, size, text);
  lua_pushlstring(L, text, size);
  return 1;
}

/* (bytes: string) -> base64 for URLs, without padding  [-0, +1, m] */
static int l_base64url (lua_State *L) {
  size_t size;
  const char *bytes = ka_check_text(L, 1, "bytes", &size);
  char *text = scratch(L, size / 3 + 1, 4);
  size = ka_base64url(bytes, size, text);
  lua_pushlstring(L, text, size);
  return 1;
}

/* (text: string) -> bytes, or nil when it is no strict base64  [-0, +1, m] */
static int l_unbase64 (lua_State *L) {
  size_t size;
  const char *text = ka_check_text(L, 1, "text", &size);
  unsigned char *bytes = scratch(L, size, 1);
  if (ka_unbase64(text, size, bytes, &size) == KA_OK) lua_pushlstring(L, (char *)bytes, size);
  else lua_pushnil(L);
  return 1;
}

/* () -> a random UUID  [-0, +1, v] */
static int l_uuid4 (lua_State *L) {
  char text[KA_UUID_TEXT_SIZE + 1];
  must(L, ka_uuid4(text), "uuid4");
  lua_pushlstring(L, text, KA_UUID_TEXT_SIZE);
  return 1;
}

/* (namespace: UUID as text, name: string) -> the UUID of that name, always the same  [-0, +1, v] */
static int l_uuid5 (lua_State *L) {
  char text[KA_UUID_TEXT_SIZE + 1];
  size_t space_size, name_size;
  const char *space = ka_check_text(L, 1, "namespace", &space_size);
  const char *name = ka_check_text(L, 2, "name", &name_size);
  enum ka_rc rc = ka_uuid5(space, space_size, name, name_size, text);
  if (rc == KA_INVALID) luaL_argerror(L, 1, "namespace: a UUID of 36 characters expected");
  must(L, rc, "uuid5");
  lua_pushlstring(L, text, KA_UUID_TEXT_SIZE);
  return 1;
}

/* (a, b: string or secret) -> same bytes? In a time that depends on the sizes alone [-0, +1, v] */
static int l_equal (lua_State *L) {
  size_t a_size, b_size;
  const char *a = ka_check_secret(L, 1, "a", &a_size);
  const char *b = ka_check_secret(L, 2, "b", &b_size);
  lua_pushboolean(L, ka_equal(a, a_size, b, b_size));
  return 1;
}

/* (size: 0 to 65536) -> that many bytes nobody can guess  [-0, +1, v] */
static int l_random (lua_State *L) {
  int64_t size = ka_check_int64(L, 1, "size");
  void *bytes;
  luaL_argcheck(L, size >= 0 && size <= RANDOM_MAX, 1, "size: 0 to 65536 expected");
  bytes = scratch(L, (size_t)size, 1);
  must(L, ka_random(bytes, (size_t)size), "random");
  lua_pushlstring(L, bytes, (size_t)size);
  return 1;
}

static const luaL_Reg functions[] = {
  {"sha256", l_sha256}, {"hmac_sha256", l_hmac_sha256},
  {"hex", l_hex}, {"unhex", l_unhex}, {"base64", l_base64}, {"base64url", l_base64url},
  {"unbase64", l_unbase64},
  {"uuid4", l_uuid4}, {"uuid5", l_uuid5}, {"equal", l_equal}, {"random", l_random},
  {NULL, NULL}
};

/* Push the functions above.  [-0, +1, m] */
int ka_open_sign (lua_State *L) {
  luaL_newlib(L, functions);
  return 1;
}
