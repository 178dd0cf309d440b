/* kassa.core.json: JSON for values of no described type, and the marks that tell a list from a map.
   It refuses to know of requests and replies; json_read.c reads, schema_free.c writes. */
#include <string.h>
#include "lua/schema.h"
#include "lua/bindings.h"

#define OWN_MARK "kassa.list" /* registry key of the metatable that marks a list */

/* Marks -------------------------------------------------------------------------------------- */

static const char marks_key; /* its address is the key of the marks in the registry */

/* Keep the value at the slot alive for good and return its address; NULL for nil.
   [-0, +0, m] */
static const void *hold (lua_State *L, int slot) {
  if (lua_isnoneornil(L, slot)) return NULL;
  lua_pushvalue(L, slot);
  luaL_ref(L, LUA_REGISTRYINDEX);
  return lua_topointer(L, slot);
}

/* The marks, and the list mark's metatable with them.  [-0, +0, m] */
static struct ka_marks *new_marks (lua_State *L) {
  struct ka_marks *marks = lua_newuserdatauv(L, sizeof *marks, 0);
  memset(marks, 0, sizeof *marks);
  lua_pushlightuserdata(L, (void *) (uintptr_t) &marks_key);
  lua_pushvalue(L, -2);
  lua_rawset(L, LUA_REGISTRYINDEX);
  lua_pop(L, 1);
  luaL_newmetatable(L, OWN_MARK);
  marks->list_mt = hold(L, lua_gettop(L));
  lua_setfield(L, LUA_REGISTRYINDEX, KA_LIST_MARK);
  return marks;
}

struct ka_marks *ka_marks (lua_State *L) {
  struct ka_marks *marks;
  lua_pushlightuserdata(L, (void *) (uintptr_t) &marks_key);
  lua_rawget(L, LUA_REGISTRYINDEX);
  marks = lua_touserdata(L, -1);
  lua_pop(L, 1);
  return marks != NULL ? marks : new_marks(L);
}

/* (empty_array, array_mt, empty_array_mt): honour the marks that the installed cjson has, each of
   which may be nil.  [-0, +0, m] */
static int l_adopt (lua_State *L) {
  struct ka_marks *marks = ka_marks(L);
  lua_settop(L, 3);
  marks->empty_array = lua_touserdata(L, 1);
  marks->array_mt = hold(L, 2);
  if (marks->array_mt != NULL) lua_pushvalue(L, 2);
  else luaL_getmetatable(L, OWN_MARK);
  lua_setfield(L, LUA_REGISTRYINDEX, KA_LIST_MARK); /* the reader marks lists with it from now on */
  marks->empty_array_mt = hold(L, 3);
  return 0;
}

/* (value) -> text | nil, faults. Keys sorted; an empty table is {} unless marked as a list. The
   writer is the upvalue.  [-0, +(1|2), m] */
static int l_encode (lua_State *L) {
  lua_settop(L, 1);
  lua_pushvalue(L, lua_upvalueindex(1));
  lua_insert(L, 1);
  return ka_write(L, true, true);
}

static const luaL_Reg functions[] = {
  {"adopt", l_adopt},
  {NULL, NULL}
};

/* () -> core.json  [-0, +1, m] */
int ka_open_json (lua_State *L) {
  luaL_newlib(L, functions);
  ka_push_free_writer(L);
  lua_pushcclosure(L, l_encode, 1);
  lua_setfield(L, -2, "encode");
  ka_json_push_decode(L);
  lua_setfield(L, -2, "decode");
  ka_marks(L);
  luaL_getmetatable(L, OWN_MARK);
  lua_setfield(L, -2, "list_mt");
  return 1;
}
