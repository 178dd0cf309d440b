/* kassa.core.nearest: how far a mistyped name is from a known one. It refuses to guess itself;
   which names there are is known to the caller. */
#include "bindings.h"
#include "check.h"
#include "compat.h"
#include "core/nearest.h"

/* (a, b) -> slips of the hand between them, or nil when it is more than that  [-0, +1, v] */
static int l_distance (lua_State *L) {
  size_t a_size, b_size, slips;
  const char *a = ka_check_text(L, 1, "a", &a_size);
  const char *b = ka_check_text(L, 2, "b", &b_size);
  slips = ka_nearest_distance(a, a_size, b, b_size);
  if (slips == KA_NEAREST_FAR) lua_pushnil(L);
  else lua_pushinteger(L, (lua_Integer) slips);
  return 1;
}

static const luaL_Reg functions[] = {
  {"distance", l_distance},
  {NULL, NULL}
};

/* () -> nearest  [-0, +1, m] */
int ka_open_nearest (lua_State *L) {
  luaL_newlib(L, functions);
  return 1;
}
