/* The differences between the C interfaces of Lua 5.1, LuaJIT, 5.3 and 5.4, in one place. No binding tests LUA_VERSION_NUM
   itself, and nothing here adds a feature that the oldest of them lacks. */
#ifndef KASSA_COMPAT_H
#define KASSA_COMPAT_H

#include <stdint.h>
#include <lua.h>
#include <lauxlib.h>

#define KA_EXPORT __attribute__((visibility("default")))

#if LUA_VERSION_NUM < 502
#define lua_rawlen(L, i) lua_objlen(L, i)
#define luaL_newlib(L, l) (lua_newtable(L), luaL_register(L, NULL, l))
#define luaL_setfuncs(L, l, n) luaL_register(L, NULL, l)
#define lua_absindex(L, i) ((i) > 0 || (i) <= LUA_REGISTRYINDEX ? (i) : lua_gettop(L) + (i) + 1)
#endif

#if LUA_VERSION_NUM < 504
#define lua_newuserdatauv(L, size, n) lua_newuserdata(L, size)
#endif

#if LUA_VERSION_NUM < 503
#define KA_INTEGER_EXACT 9007199254740992.0 /* 2^53: beyond it a double no longer counts by ones */
#endif

#endif
