/* core.bridge: csrc/core/engine_bridge.h for Lua, by which an event loop that knows only its own
   sockets hears of completions. It opens no connection itself: the loop does. */
#include <errno.h>
#include <string.h>
#include "check.h"
#include "bindings.h"
#include "core/engine_bridge.h"

#define CLASS "kassa.bridge"

struct bridge_box { struct ka_bridge *bridge; };  /* NULL: closed */

static struct ka_bridge *check_bridge (lua_State *L) {
  const struct bridge_box *box = ka_check_self(L, CLASS);
  if (box->bridge == NULL) luaL_error(L, "the bridge is closed");
  return box->bridge;
}

/* () -> bridge; or nil and why there can be none  [-0, +1..2, v] */
static int l_new (lua_State *L) {
  struct bridge_box *box = lua_newuserdatauv(L, sizeof *box, 0);
  const char *why = "no memory";
  enum ka_rc rc;
  box->bridge = NULL;
  luaL_getmetatable(L, CLASS);
  lua_setmetatable(L, -2);
  rc = ka_bridge_new(&box->bridge, &why);
  if (rc == KA_OK) return 1;
  if (rc == KA_NOMEM) return luaL_error(L, "%s", why);
  lua_pushnil(L);
  lua_pushfstring(L, "%s: %s", why, strerror(errno));
  return 2;
}

/* (bridge) -> path of the socket, for this process alone  [-0, +1, v] */
static int l_path (lua_State *L) {
  lua_pushstring(L, ka_bridge_path(check_bridge(L)));
  return 1;
}

/* (bridge) -> was it made in this process, not before a fork?  [-0, +1, v] */
static int l_usable (lua_State *L) {
  const struct bridge_box *box = ka_check_self(L, CLASS);
  lua_pushboolean(L, box->bridge != NULL && ka_bridge_is_own(box->bridge));
  return 1;
}

/* (bridge) -> is the connection that was just made now the one that is told?  [-0, +1, v] */
static int l_accept (lua_State *L) {
  lua_pushboolean(L, ka_bridge_accept(check_bridge(L)));
  return 1;
}

/* (bridge) -> is that connection still there?  [-0, +1, v] */
static int l_has_peer (lua_State *L) {
  lua_pushboolean(L, ka_bridge_has_peer(check_bridge(L)));
  return 1;
}

/* (bridge, engine in thread mode): it tells the bridge from now on  [-0, +0, v] */
static int l_join (lua_State *L) {
  struct ka_bridge *b = check_bridge(L);
  if (!ka_engine_tell(ka_engine_at(L, 2), b))
    luaL_argerror(L, 2, "engine: one in thread mode expected");
  return 0;
}

/* (bridge); also __gc and __close. May run twice; engines that tell it keep it  [-0, +0, v] */
static int l_close (lua_State *L) {
  struct bridge_box *box = ka_check_self(L, CLASS);
  struct ka_bridge *b = box->bridge;
  box->bridge = NULL;
  if (b != NULL) ka_bridge_drop(b);
  return 0;
}

static const luaL_Reg functions[] = {{"new", l_new}, {NULL, NULL}};

static const luaL_Reg methods[] = {
  {"path", l_path}, {"usable", l_usable}, {"accept", l_accept}, {"has_peer", l_has_peer},
  {"join", l_join}, {"close", l_close}, {NULL, NULL}
};

/* Push { new = }.  [-0, +1, m] */
int ka_open_bridge (lua_State *L) {
  ka_new_closable(L, CLASS, methods, l_close);
  luaL_newlib(L, functions);
  return 1;
}
