/* core.errors: the closed list of error codes as Lua data, in the order of error.def. It refuses to
   make errors: that is lua/kassa/error.lua's part. */
#include "compat.h"
#include "bindings.h"

static const struct error { const char *code, *happened, *retry, *text; } errors[] = {
#define KA_ERROR(code, happened, retry, text) {#code, #happened, #retry, text},
#include "core/error.def"
#undef KA_ERROR
};

/* Push one row { code =, happened =, retry =, text = }.  [-0, +1, m] */
static void push_error (lua_State *L, const struct error *e) {
  lua_createtable(L, 0, 4);
  lua_pushstring(L, e->code);
  lua_setfield(L, -2, "code");
  lua_pushstring(L, e->happened);
  lua_setfield(L, -2, "happened");
  lua_pushstring(L, e->retry);
  lua_setfield(L, -2, "retry");
  lua_pushstring(L, e->text);
  lua_setfield(L, -2, "text");
}

/* Push { row, ..., by_code = { code = row, ... } }.  [-0, +1, m] */
int ka_open_errors (lua_State *L) {
  enum { LIST = 1, BY_CODE };
  const int count = (int)(sizeof errors / sizeof errors[0]);
  const int base = lua_gettop(L);
  lua_createtable(L, count, 1);
  lua_createtable(L, 0, count);
  for (int i = 0; i < count; i++) {
    push_error(L, &errors[i]);
    lua_pushvalue(L, -1);
    lua_setfield(L, base + BY_CODE, errors[i].code);
    lua_rawseti(L, base + LIST, i + 1);
  }
  lua_setfield(L, base + LIST, "by_code");
  return 1;
}
