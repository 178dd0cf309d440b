/* core.process: which process this is, for those who hold what must not be used over a fork. It
   refuses to start or to end one. */
#include <unistd.h>
#include "compat.h"
#include "bindings.h"

/* () -> number of this process  [-0, +1, -] */
static int l_id (lua_State *L) {
  lua_pushinteger(L, (lua_Integer)getpid());
  return 1;
}

/* Push { id = }.  [-0, +1, m] */
int ka_open_process (lua_State *L) {
  lua_createtable(L, 0, 1);
  lua_pushcfunction(L, l_id);
  lua_setfield(L, -2, "id");
  return 1;
}
