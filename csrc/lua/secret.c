/* core.secret: a value that carries key material and shows nothing of it, neither printed nor
   indexed. It refuses to promise more: a Lua string it was made from lives until Lua collects it.

   The bytes lie inside the userdata, so nothing else owns them and __gc only has to wipe. */
#include <string.h>
#include <openssl/crypto.h>
#include "check.h"
#include "secret.h"
#include "bindings.h"

#define CLASS "kassa.secret"

struct secret {
  size_t size;
  bool open;     /* zero means closed */
  char bytes[];
};

/* The secret at index, or NULL.  [-0, +0, -] */
static struct secret *test_secret (lua_State *L, int index) {
  return ka_test_class(L, index, CLASS);
}

const char *ka_secret_bytes (lua_State *L, int index, size_t *size) {
  struct secret *s;
  *size = 0;
  if (lua_type(L, index) == LUA_TSTRING) return lua_tolstring(L, index, size);
  s = test_secret(L, index);
  if (s == NULL || !s->open) return NULL;
  *size = s->size;
  return s->bytes;
}

const char *ka_check_secret (lua_State *L, int arg, const char *name, size_t *size) {
  const char *bytes = ka_secret_bytes(L, arg, size);
  if (bytes == NULL) ka_refuse(L, arg, name, "string or secret");
  return bytes;
}

/* (bytes: string) -> secret  [-0, +1, m] */
static int l_new (lua_State *L) {
  size_t size;
  const char *bytes = ka_check_text(L, 1, "bytes", &size);
  struct secret *s = lua_newuserdatauv(L, sizeof *s + size, 0);
  s->size = size;
  s->open = false;
  luaL_getmetatable(L, CLASS);
  lua_setmetatable(L, -2);
  memcpy(s->bytes, bytes, size);
  s->open = true;
  return 1;
}

/* (secret) -> string, for the one place that puts it on the wire  [-0, +1, m] */
static int l_reveal (lua_State *L) {
  size_t size;
  const char *bytes = NULL;
  if (test_secret(L, 1) != NULL) bytes = ka_secret_bytes(L, 1, &size);
  if (bytes == NULL) return ka_refuse(L, 1, "secret", "secret");
  lua_pushlstring(L, bytes, size);
  return 1;
}

/* (value: any) -> is it a secret?  [-0, +1, -] */
static int l_is (lua_State *L) {
  lua_pushboolean(L, test_secret(L, 1) != NULL);
  return 1;
}

/* (secret) -> "[secret]"  [-0, +1, m] */
static int l_tostring (lua_State *L) {
  lua_pushliteral(L, "[secret]");
  return 1;
}

/* (secret, key) -> never: a secret has no fields  [-0, +0, v] */
static int l_index (lua_State *L) {
  return luaL_error(L, "a secret has no fields; core.secret.reveal gives its bytes");
}

/* (secret), may run twice  [-0, +0, -] */
static int l_gc (lua_State *L) {
  struct secret *s = test_secret(L, 1);
  if (s == NULL) return 0;
  s->open = false;
  OPENSSL_cleanse(s->bytes, s->size);
  return 0;
}

static const luaL_Reg functions[] = {
  {"new", l_new}, {"reveal", l_reveal}, {"is", l_is}, {NULL, NULL}
};

static const luaL_Reg meta[] = {
  {"__tostring", l_tostring}, {"__index", l_index}, {"__newindex", l_index}, {"__gc", l_gc},
  {NULL, NULL}
};

/* Push { new =, reveal =, is = }.  [-0, +1, m] */
int ka_open_secret (lua_State *L) {
  luaL_newmetatable(L, CLASS);
  luaL_setfuncs(L, meta, 0);
  lua_pushboolean(L, 0);
  lua_setfield(L, -2, "__metatable");
  lua_pop(L, 1);
  luaL_newlib(L, functions);
  return 1;
}
