/* core.coroutine: what LuaJIT knows of its coroutines, for hosts that replace Lua's table of their
   functions, as nginx does. Lua 5.1 itself does not know it, so there the table is empty. */
#include "compat.h"
#include "bindings.h"

/* () -> can the caller be suspended?  [-0, +1, -] */
static int l_isyieldable (lua_State *L) {
  lua_pushboolean(L, lua_isyieldable(L));
  return 1;
}

/* Push { isyieldable = } or {}.  [-0, +1, m] */
int ka_open_coroutine (lua_State *L) {
  lua_newtable(L);
  if (KA_HAS_ISYIELDABLE) {
    lua_pushcfunction(L, l_isyieldable);
    lua_setfield(L, -2, "isyieldable");
  }
  return 1;
}
