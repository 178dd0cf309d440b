/* Reads the options of a server from a Lua table. It refuses to guess: a text is no number, and
   what is out of range raises with its name. */
#include "httpd/options.h"

#include <lauxlib.h>

#define BODY_MAX (8 << 20)
#define BODY_LIMIT (1 << 30) /* what a caller may raise body_max to */

const char *ka_options_text (lua_State *L, const char *name, const char *missing) {
  const char *text = missing;
  lua_getfield(L, 1, name);
  if (!lua_isnil(L, -1)) {
    if (lua_type(L, -1) != LUA_TSTRING) luaL_error(L, "%s must be a string", name);
    text = lua_tostring(L, -1);
  }
  lua_pop(L, 1);
  return text;
}

static lua_Integer number_option (lua_State *L, const char *name, int max, int missing) {
  lua_Number n = (lua_Number)missing;
  lua_getfield(L, 1, name);
  if (!lua_isnil(L, -1)) {
    n = lua_type(L, -1) == LUA_TNUMBER ? lua_tonumber(L, -1) : -1;
    if (!(n >= 0 && n <= (lua_Number)max && n == (lua_Number)(lua_Integer)n))
      luaL_error(L, "%s must be a whole number from 0 to %d", name, max);
  }
  lua_pop(L, 1);
  return (lua_Integer)n;
}

struct ka_server_options ka_options_read (lua_State *L) {
  struct ka_server_options options = {0};
  luaL_checktype(L, 1, LUA_TTABLE);
  options.address = ka_options_text(L, "address", "127.0.0.1");
  options.port = (uint16_t)number_option(L, "port", 65535, 0);
  options.tls_cert = ka_options_text(L, "tls_cert", NULL);
  options.tls_key = ka_options_text(L, "tls_key", NULL);
  options.body_max = (size_t)number_option(L, "body_max", BODY_LIMIT, BODY_MAX);
  options.idle_s = (unsigned)number_option(L, "idle_s", 86400, 30);
  options.receive_s = (unsigned)number_option(L, "receive_s", 86400, 60);
  if ((options.tls_cert == NULL) != (options.tls_key == NULL))
    luaL_error(L, "tls_cert and tls_key belong together");
  return options;
}

int ka_options_fail (lua_State *L, const struct ka_server_options *options, const char *message) {
  lua_pushnil(L);
  lua_pushfstring(L, "cannot serve on %s:%d: %s", options->address, (int)options->port, message);
  return 2;
}
