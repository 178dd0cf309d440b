/* kassa.core.media: what a file is by its bytes, and its digest. It refuses nothing itself; what
   may be sent is for the caller to decide. */
#include <string.h>
#include "bindings.h"
#include "check.h"
#include "compat.h"
#include "core/media.h"
#include "core/sign.h"

/* Open what stands at 1: a path, or { bytes = string }. -> NULL, or why it cannot be read. After
   that nothing may raise until it is closed.  [-0, +0, v] */
static const char *open_subject (lua_State *L, struct ka_media *m) {
  const char *text;
  size_t size;
  if (lua_type(L, 1) == LUA_TSTRING) {
    text = lua_tolstring(L, 1, &size);
    return strlen(text) == size ? ka_media_open(m, text) : "missing";
  }
  if (!lua_istable(L, 1)) ka_refuse(L, 1, "file", "path or { bytes = string }");
  lua_getfield(L, 1, "bytes");
  if (lua_type(L, -1) != LUA_TSTRING) luaL_argerror(L, 1, "bytes: string expected");
  text = lua_tolstring(L, -1, &size);
  lua_replace(L, 1); /* it keeps the bytes */
  ka_media_of_bytes(m, text, size);
  return NULL;
}

/* nil, why  [-0, +2, m] */
static int refuse (lua_State *L, const char *why) {
  lua_pushnil(L);
  lua_pushstring(L, why);
  return 2;
}

/* (path or { bytes = }) -> "pdf", "jpeg", "png" or "docx", size; or nil, "missing", "directory" or
   "unreadable"; or nil, "empty" or "unknown", size  [-0, +2..3, v] */
static int l_kind (lua_State *L) {
  struct ka_media m;
  const char *why = open_subject(L, &m), *kind;
  if (why != NULL) return refuse(L, why);
  kind = ka_media_kind(&m, &why);
  ka_media_close(&m);
  if (kind != NULL) lua_pushstring(L, kind);
  else (void)refuse(L, why);
  lua_pushinteger(L, (lua_Integer)m.size);
  return kind != NULL ? 2 : 3;
}

/* (path or { bytes = }) -> SHA-256 of the content as lower-case hex; or nil, "missing", "directory"
   or "unreadable"  [-0, +1..2, v] */
static int l_sha256 (lua_State *L) {
  unsigned char digest[KA_SHA256_SIZE];
  char hex[2 * KA_SHA256_SIZE];
  struct ka_media m;
  const char *why = open_subject(L, &m);
  enum ka_rc rc;
  if (why != NULL) return refuse(L, why);
  rc = ka_media_sha256(&m, digest);
  ka_media_close(&m);
  if (rc == KA_INVALID) return refuse(L, "unreadable");
  if (rc != KA_OK) return luaL_error(L, "sha256: libcrypto refused");
  ka_hex(digest, KA_SHA256_SIZE, hex);
  lua_pushlstring(L, hex, sizeof hex);
  return 1;
}

static const luaL_Reg functions[] = {{"kind", l_kind}, {"sha256", l_sha256}, {NULL, NULL}};

/* () -> media  [-0, +1, m] */
int ka_open_media (lua_State *L) {
  luaL_newlib(L, functions);
  return 1;
}
