/* core.machine: csrc/core/machine.h for Lua. A machine is checked whole when it is made, so that a
   misspelt state is found there and not when a payment depends on it; it refuses unknown fields. */
#include <string.h>
#include "check.h"
#include "bindings.h"
#include "core/machine.h"

#define CLASS "kassa.machine"

struct lua_machine {
  char name[KA_NAME_MAX + 1];
  struct ka_machine states;
};

/* making */

/* Raise about a part of the definition.  [-0, +0, v] */
static int refuse (lua_State *L, const struct lua_machine *m, const char *where, const char *what) {
  return luaL_error(L, "machine %s: %s: %s", m->name[0] ? m->name : "?", where, what);
}

/* Push definition[field], which must be a table.  [-0, +1, v] */
static void get_table (lua_State *L, const struct lua_machine *m, const char *field) {
  lua_pushstring(L, field);
  lua_rawget(L, 1);
  if (!lua_istable(L, -1)) refuse(L, m, field, "table expected");
}

/* The text on top of the stack; where names the list that it stands in.  [-0, +0, v] */
static const char *top_text (lua_State *L, const struct lua_machine *m, const char *where,
                             size_t *size) {
  if (lua_type(L, -1) != LUA_TSTRING) refuse(L, m, where, "names of states expected");
  return lua_tolstring(L, -1, size);
}

/* The number of the state named on top of the stack.  [-0, +0, v] */
static int top_state (lua_State *L, const struct lua_machine *m, const char *where) {
  size_t size;
  const char *name = top_text(L, m, where, &size);
  int state = ka_machine_find(&m->states, name, size);
  if (state < 0) refuse(L, m, where, lua_pushfstring(L, "%s is none of its states", name));
  return state;
}

/* Raise unless the name could be added.  [-0, +0, v] */
static void must (lua_State *L, const struct lua_machine *m, enum ka_rc rc, const char *where,
                  const char *name) {
  if (rc == KA_OK) return;
  refuse(L, m, where, lua_pushfstring(L, "'%s' is %s", name,
         rc == KA_INVALID ? "empty or there twice" : "too long a name or one too many"));
}

/* [-0, +0, v] */
static void read_name (lua_State *L, struct lua_machine *m) {
  size_t size;
  const char *name;
  lua_pushliteral(L, "name");
  lua_rawget(L, 1);
  if (lua_type(L, -1) != LUA_TSTRING) refuse(L, m, "name", "string expected");
  name = lua_tolstring(L, -1, &size);
  if (size == 0 || size > KA_NAME_MAX || strlen(name) != size)
    refuse(L, m, "name", "1 to 47 bytes expected");
  memcpy(m->name, name, size + 1);
  lua_pop(L, 1);
}

/* [-0, +0, v] */
static void read_states (lua_State *L, struct lua_machine *m) {
  get_table(L, m, "states");
  for (int i = 1; lua_rawgeti(L, -1, i), !lua_isnil(L, -1); i++) {
    size_t size;
    const char *name = top_text(L, m, "states", &size);
    must(L, m, ka_machine_add_state(&m->states, name, size), "states", name);
    lua_pop(L, 1);
  }
  lua_pop(L, 2);
  if (m->states.states == 0) refuse(L, m, "states", "one or more expected");
}

/* Push definition[field], or an empty table where it is nil.  [-0, +1, v] */
static void opt_table (lua_State *L, const struct lua_machine *m, const char *field) {
  lua_pushstring(L, field);
  lua_rawget(L, 1);
  if (lua_isnil(L, -1)) {
    lua_newtable(L);
    lua_replace(L, -2);
  }
  if (!lua_istable(L, -1)) refuse(L, m, field, "table expected");
}

/* edges = { FROM = { TO, ... }, ... }  [-0, +0, v] */
static void read_edges (lua_State *L, struct lua_machine *m) {
  opt_table(L, m, "edges");
  for (lua_pushnil(L); lua_next(L, -2); lua_pop(L, 1)) {
    int from;
    if (!lua_istable(L, -1)) refuse(L, m, "edges", "lists of states expected");
    lua_pushvalue(L, -2);
    from = top_state(L, m, "edges");
    lua_pop(L, 1);
    for (int i = 1; lua_rawgeti(L, -1, i), !lua_isnil(L, -1); i++, lua_pop(L, 1))
      ka_machine_add_edge(&m->states, from, top_state(L, m, "edges"));
    lua_pop(L, 1);
  }
  lua_pop(L, 1);
}

/* operations = { verb = { STATE, ... }, ... }  [-0, +0, v] */
static void read_operations (lua_State *L, struct lua_machine *m) {
  opt_table(L, m, "operations");
  for (lua_pushnil(L); lua_next(L, -2); lua_pop(L, 1)) {
    size_t size = 0;
    const char *verb = NULL;
    if (lua_type(L, -2) == LUA_TSTRING) verb = lua_tolstring(L, -2, &size);
    if (verb == NULL || !lua_istable(L, -1))
      refuse(L, m, "operations", "lists of states by operation expected");
    must(L, m, ka_machine_add_operation(&m->states, verb, size), "operations", verb);
    for (int i = 1; lua_rawgeti(L, -1, i), !lua_isnil(L, -1); i++, lua_pop(L, 1))
      ka_machine_allow(&m->states, top_state(L, m, "operations"));
    lua_pop(L, 1);
  }
  lua_pop(L, 1);
}

/* A misspelt `operations` would switch every guard off, so unknown fields raise.  [-0, +0, v] */
static void check_fields (lua_State *L, const struct lua_machine *m) {
  static const char *const known[] = {"name", "states", "edges", "operations", NULL};
  for (lua_pushnil(L); lua_next(L, 1); lua_pop(L, 1)) {
    const char *field = lua_type(L, -2) == LUA_TSTRING ? lua_tostring(L, -2) : "?";
    int i = 0;
    while (known[i] != NULL && strcmp(known[i], field) != 0) i++;
    if (known[i] == NULL) refuse(L, m, field, "unknown field");
  }
}

/* ({ name =, states = { STATE, ... }, edges = { FROM = { TO, ... } }, operations = { verb = {
   STATE, ... } } }) -> machine; edges and operations may be left out  [-0, +1, v] */
static int l_new (lua_State *L) {
  struct lua_machine *m;
  ka_check_table(L, 1, "definition");
  lua_settop(L, 1);
  m = lua_newuserdatauv(L, sizeof *m, 0);
  memset(m, 0, sizeof *m);
  luaL_getmetatable(L, CLASS);
  lua_setmetatable(L, -2);
  read_name(L, m);
  check_fields(L, m);
  read_states(L, m);
  read_edges(L, m);
  read_operations(L, m);
  ka_machine_finish(&m->states);
  return 1;
}

/* asking */

static const struct lua_machine *check_machine (lua_State *L) {
  return ka_check_self(L, CLASS);
}

/* The number of the state named at arg, -1 when the machine does not know it.  [-0, +0, v] */
static int check_state (lua_State *L, const struct lua_machine *m, int arg, const char *name) {
  size_t size;
  const char *state = ka_check_text(L, arg, name, &size);
  return ka_machine_find(&m->states, state, size);
}

/* Push the names of the states in a mask, in the order of the machine.  [-0, +1, m] */
static void push_states (lua_State *L, const struct ka_machine *m, uint64_t states) {
  int count = 0;
  lua_newtable(L);
  for (int s = 0; s < m->states; s++) {
    if (!(states >> s & 1)) continue;
    lua_pushlstring(L, m->state[s].bytes, m->state[s].size);
    lua_rawseti(L, -2, ++count);
  }
}

/* (machine, operation: string, state: string) -> true; or true, "unknown_state"; or false and the
   list of states in which it is legal. An unknown operation is legal  [-0, +1..2, v] */
static int l_legal (lua_State *L) {
  const struct lua_machine *m = check_machine(L);
  size_t size;
  const char *operation = ka_check_text(L, 2, "operation", &size);
  int state = check_state(L, m, 3, "state");
  uint64_t states;
  enum ka_legality legality = ka_machine_legal(&m->states, operation, size, state, &states);
  lua_pushboolean(L, legality != KA_ILLEGAL);
  if (legality == KA_ILLEGAL) push_states(L, &m->states, states);
  else if (legality == KA_UNKNOWN_STATE) lua_pushliteral(L, "unknown_state");
  else return 1;
  return 2;
}

/* (machine, from, to: string) -> does one step lead there?  [-0, +1, v] */
static int l_leads (lua_State *L) {
  const struct lua_machine *m = check_machine(L);
  int from = check_state(L, m, 2, "from"), to = check_state(L, m, 3, "to");
  lua_pushboolean(L, ka_machine_leads(&m->states, from, to));
  return 1;
}

/* (machine, from, to: string) -> do one or more steps lead there?  [-0, +1, v] */
static int l_reaches (lua_State *L) {
  const struct lua_machine *m = check_machine(L);
  int from = check_state(L, m, 2, "from"), to = check_state(L, m, 3, "to");
  lua_pushboolean(L, ka_machine_reaches(&m->states, from, to));
  return 1;
}

/* (machine, state: string) -> is it a known state that leads nowhere?  [-0, +1, v] */
static int l_final (lua_State *L) {
  const struct lua_machine *m = check_machine(L);
  lua_pushboolean(L, ka_machine_final(&m->states, check_state(L, m, 2, "state")));
  return 1;
}

/* (machine, state: string) -> is it one of its states?  [-0, +1, v] */
static int l_knows (lua_State *L) {
  const struct lua_machine *m = check_machine(L);
  lua_pushboolean(L, check_state(L, m, 2, "state") >= 0);
  return 1;
}

/* (machine) -> "machine NAME"  [-0, +1, v] */
static int l_tostring (lua_State *L) {
  lua_pushfstring(L, "machine %s", check_machine(L)->name);
  return 1;
}

static const luaL_Reg functions[] = {{"new", l_new}, {NULL, NULL}};

static const luaL_Reg methods[] = {
  {"legal", l_legal}, {"leads", l_leads}, {"reaches", l_reaches}, {"final", l_final},
  {"knows", l_knows}, {NULL, NULL}
};

/* Push { new = }.  [-0, +1, m] */
int ka_open_machine (lua_State *L) {
  ka_new_class(L, CLASS, methods);
  lua_pushcfunction(L, l_tostring);
  lua_setfield(L, -2, "__tostring");
  lua_pop(L, 1);
  luaL_newlib(L, functions);
  return 1;
}
