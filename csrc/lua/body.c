/* The Lua face of request bodies: how long one is, and its text for transports that want a string.
   It refuses to be written from Lua; schema.c fills it and engine.c sends it. */
#include "lua/body.h"
#include "lua/check.h"

#define CLASS "kassa.body"

/* (body) -> its bytes, counted  [-0, +1, v] */
static int l_len (lua_State *L) {
  const struct ka_body *body = luaL_checkudata(L, 1, CLASS);
  lua_pushinteger(L, (lua_Integer) body->text.length);
  return 1;
}

/* (body) -> its text  [-0, +1, v] */
static int l_tostring (lua_State *L) {
  const struct ka_body *body = luaL_checkudata(L, 1, CLASS);
  lua_pushlstring(L, body->text.length > 0 ? body->text.bytes : "", body->text.length);
  return 1;
}

/* (body). May run twice, and before the engine is closed that has it.  [-0, +0, v] */
static int l_gc (lua_State *L) {
  struct ka_body *body = luaL_checkudata(L, 1, CLASS);
  body->collected = true;
  if (body->lent == 0) ka_buffer_free(&body->text);
  return 0;
}

static const luaL_Reg metamethods[] = {
  {"__len", l_len}, {"__tostring", l_tostring}, {"__gc", l_gc}, {NULL, NULL}
};

struct ka_body *ka_push_body (lua_State *L, size_t limit) {
  struct ka_body *body = lua_newuserdatauv(L, sizeof *body, 0);
  *body = (struct ka_body) { .lent = 0 };
  ka_buffer_init(&body->text, limit);
  if (luaL_newmetatable(L, CLASS)) {
    luaL_setfuncs(L, metamethods, 0);
    lua_pushboolean(L, 0);
    lua_setfield(L, -2, "__metatable");
  }
  lua_setmetatable(L, -2);
  return body;
}

struct ka_body *ka_body_at (lua_State *L, int slot) {
  return ka_test_class(L, slot, CLASS);
}

void ka_body_lend (struct ka_body *body) {
  body->lent++;
}

void ka_body_return (struct ka_body *body) {
  if (--body->lent == 0 && body->collected) ka_buffer_free(&body->text);
}
