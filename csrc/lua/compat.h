/* The differences between the C interfaces of Lua 5.1, LuaJIT, 5.3 and 5.4, in one place. No
   binding tests LUA_VERSION_NUM itself, and nothing here adds what the oldest of them lacks. */
#ifndef KASSA_COMPAT_H
#define KASSA_COMPAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <lua.h>
#include <lauxlib.h>

#define KA_EXPORT __attribute__((visibility("default")))

#if LUA_VERSION_NUM < 502
#define lua_setuservalue(L, i) lua_setfenv(L, i)
#define lua_getuservalue(L, i) lua_getfenv(L, i)
#define lua_rawlen(L, i) lua_objlen(L, i)
#define luaL_newlib(L, l) (lua_newtable(L), luaL_register(L, NULL, l))
#define luaL_setfuncs(L, l, n) luaL_openlib(L, NULL, l, n)
#define lua_absindex(L, i) ((i) > 0 || (i) <= LUA_REGISTRYINDEX ? (i) : lua_gettop(L) + (i) + 1)
#endif

#if LUA_VERSION_NUM < 504
#define lua_newuserdatauv(L, size, n) lua_newuserdata(L, size)
#endif

#define KA_INTEGER_EXACT 9007199254740992.0 /* 2^53: beyond it a double no longer counts by ones */

/* The binary for 5.1 serves LuaJIT too, which has this function. */
#if LUA_VERSION_NUM < 503
extern int lua_isyieldable (lua_State *L) __attribute__((weak));
#define KA_HAS_ISYIELDABLE (lua_isyieldable != NULL)
#else
#define KA_HAS_ISYIELDABLE true
#endif

#if LUA_VERSION_NUM < 503
#define lua_isinteger(L, i) ((void)(L), (void)(i), 0)
#define KA_INT64_MAX INT64_C(9007199254740992) /* the largest whole number that Lua holds exactly */
#else
#define KA_INT64_MAX INT64_MAX
#endif

/* The whole number at index i, exactly; false for anything else, also for a text, a fraction and a
   float too large to count by ones.  [-0, +0, -] */
static inline bool ka_to_int64 (lua_State *L, int i, int64_t *number) {
  lua_Number value = lua_tonumber(L, i);
  if (lua_type(L, i) != LUA_TNUMBER) return false;
  if (lua_isinteger(L, i)) { *number = lua_tointeger(L, i); return true; }
  if (!(value >= -KA_INTEGER_EXACT && value <= KA_INTEGER_EXACT)) return false;
  *number = (int64_t)value;
  return (lua_Number)*number == value;
}

/* Push a whole number; an integer of Lua before 5.3 may be too small for it.  [-0, +1, -] */
static inline void ka_push_int64 (lua_State *L, int64_t number) {
#if LUA_VERSION_NUM >= 503
  lua_pushinteger(L, (lua_Integer) number);
#else
  lua_pushnumber(L, (lua_Number) number);
#endif
}

/* What tells one string from another without a look at its bytes: where they lie. 5.4 gives the
   address of a key cheaply, as that of its header; head is the distance. 0 for what is no string
   before 5.4, and for a number on 5.4.  [-0, +0, -] */
#if LUA_VERSION_NUM >= 504
static inline uintptr_t ka_address (lua_State *L, int i, uintptr_t head) {
  uintptr_t header = (uintptr_t) lua_topointer(L, i);
  return header == 0 ? 0 : header + head;
}
#else
static inline uintptr_t ka_address (lua_State *L, int i, uintptr_t head) {
  (void) head;
  return lua_type(L, i) == LUA_TSTRING ? (uintptr_t) lua_tolstring(L, i, NULL) : 0;
}
#endif

#endif
