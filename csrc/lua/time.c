/* core.time: csrc/core/time.h for Lua. It knows no clock: which time it is now, the engine says. */
#include "check.h"
#include "bindings.h"
#include "core/time.h"

/* (text: string) -> milliseconds since 1970, or nil for what is no ISO 8601 time with a zone
   [-0, +1, v] */
static int l_ms (lua_State *L) {
  size_t size;
  const char *text = ka_check_text(L, 1, "text", &size);
  int64_t ms;
  if (ka_time_read(text, size, &ms)) ka_push_int64(L, ms);
  else lua_pushnil(L);
  return 1;
}

/* (ms: whole number) -> "2024-01-31T12:00:00.000Z"  [-0, +1, v] */
static int l_text (lua_State *L) {
  int64_t ms = ka_check_int64(L, 1, "ms");
  char text[KA_TIME_SIZE];
  luaL_argcheck(L, ms >= KA_TIME_MIN_MS && ms <= KA_TIME_MAX_MS, 1,
                "ms: a time in the years 0 to 9999 expected");
  ka_time_write(text, ms);
  lua_pushlstring(L, text, sizeof text);
  return 1;
}

static const luaL_Reg functions[] = {{"ms", l_ms}, {"text", l_text}, {NULL, NULL}};

/* Push { ms =, text = }.  [-0, +1, m] */
int ka_open_time (lua_State *L) {
  luaL_newlib(L, functions);
  return 1;
}
