/* Checks of arguments that every binding makes, so that misuse names the argument in one voice.
   It refuses to convert: a number is no text and a text is no number. */
#ifndef KASSA_CHECK_H
#define KASSA_CHECK_H

#include <stdbool.h>
#include "compat.h"

/* Raise "bad argument #1 to 'f' (name: expected expected, got type)".  [-0, +0, v] */
static inline int ka_refuse (lua_State *L, int arg, const char *name, const char *expected) {
  const char *text = lua_pushfstring(L, "%s: %s expected, got %s", name, expected,
                                     luaL_typename(L, arg));
  return luaL_argerror(L, arg, text);
}

/* The string at arg; it lives as long as the stack slot.  [-0, +0, v] */
static inline const char *ka_check_text (lua_State *L, int arg, const char *name, size_t *size) {
  if (lua_type(L, arg) != LUA_TSTRING) ka_refuse(L, arg, name, "string");
  return lua_tolstring(L, arg, size);
}

/* The same, where nil or nothing gives NULL and the size 0.  [-0, +0, v] */
static inline const char *ka_opt_text (lua_State *L, int arg, const char *name, size_t *size) {
  *size = 0;
  return lua_isnoneornil(L, arg) ? NULL : ka_check_text(L, arg, name, size);
}

/* The whole number at arg.  [-0, +0, v] */
static inline int64_t ka_check_int64 (lua_State *L, int arg, const char *name) {
  int64_t number = 0;
  if (!ka_to_int64(L, arg, &number)) ka_refuse(L, arg, name, "whole number");
  return number;
}

/* The table at arg.  [-0, +0, v] */
static inline void ka_check_table (lua_State *L, int arg, const char *name) {
  if (lua_type(L, arg) != LUA_TTABLE) ka_refuse(L, arg, name, "table");
}

/* Push the metatable of a class of userdata whose methods these are; other metamethods are for the
   caller to set. Lua code cannot reach it. The methods have it as their first upvalue.
   [-0, +1, m] */
static inline void ka_new_class (lua_State *L, const char *name, const luaL_Reg *methods) {
  luaL_newmetatable(L, name);
  lua_newtable(L);
  lua_pushvalue(L, -2);
  luaL_setfuncs(L, methods, 1);
  lua_setfield(L, -2, "__index");
  lua_pushboolean(L, 0);
  lua_setfield(L, -2, "__metatable");
}

/* Register such a class whose objects are ended by `close`, which is also their __gc and __close
   and may run twice.  [-0, +0, m] */
static inline void ka_new_closable (lua_State *L, const char *name, const luaL_Reg *methods,
                                    lua_CFunction close) {
  const luaL_Reg ends[] = {{"__gc", close}, {"__close", close}, {NULL, NULL}};
  ka_new_class(L, name, methods);
  lua_pushvalue(L, -1);
  luaL_setfuncs(L, ends, 1);
  lua_pop(L, 1);
}

/* Has the value at index the metatable that is registered by this name?  [-0, +0, m] */
static inline bool ka_has_metatable (lua_State *L, int index, const char *name) {
  bool same;
  if (!lua_getmetatable(L, index)) return false;
  luaL_getmetatable(L, name);
  same = lua_rawequal(L, -1, -2);
  lua_pop(L, 2);
  return same;
}

/* The userdata of the class at index, or NULL for any other value.  [-0, +0, m] */
static inline void *ka_test_class (lua_State *L, int index, const char *name) {
  void *data = lua_touserdata(L, index);
  return data != NULL && ka_has_metatable(L, index, name) ? data : NULL;
}

/* The userdata of the class at 1, in a method of it: luaL_checkudata without looking the name up,
   which costs more than what most methods do.  [-0, +0, v] */
static inline void *ka_check_self (lua_State *L, const char *name) {
  void *self = lua_touserdata(L, 1);
  if (self != NULL && lua_getmetatable(L, 1)) {
    bool same = lua_topointer(L, -1) == lua_topointer(L, lua_upvalueindex(1));
    lua_pop(L, 1);
    if (same) return self;
  }
  return luaL_checkudata(L, 1, name);
}

#endif
