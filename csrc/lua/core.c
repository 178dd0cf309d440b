/* kassa.core: gathers the bindings into the one table that the Lua side requires. It holds no logic
   of its own. */
#include "compat.h"
#include "bindings.h"

static const luaL_Reg parts[] = {
  KA_BINDINGS
  {NULL, NULL}
};

/* () -> core  [-0, +1, m] */
KA_EXPORT int luaopen_kassa_core (lua_State *L);
KA_EXPORT int luaopen_kassa_core (lua_State *L) {
  lua_newtable(L);
  for (const luaL_Reg *part = parts; part->name != NULL; part++) {
    part->func(L);
    lua_setfield(L, -2, part->name);
  }
  return 1;
}
