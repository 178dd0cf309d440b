/* core.ledger: csrc/core/ledger.h for Lua. Amounts are whole numbers of minor units; it refuses
   fractions, and numbers that this Lua cannot hold exactly. */
#include <stddef.h>
#include <string.h>
#include "check.h"
#include "bindings.h"
#include "core/ledger.h"

#define CLASS "kassa.ledger"

static const struct field { const char *name; size_t offset; } fields[] = {
  {"authorized", offsetof(struct ka_ledger, authorized)},
  {"captured", offsetof(struct ka_ledger, captured)},
  {"refunded", offsetof(struct ka_ledger, refunded)},
  {"remaining", offsetof(struct ka_ledger, remaining)},
  {"captures", offsetof(struct ka_ledger, captures)},
  {"refunds", offsetof(struct ka_ledger, refunds)},
  {"operations", offsetof(struct ka_ledger, operations)},
};
#define FIELDS (sizeof fields / sizeof fields[0])

static int64_t *member (struct ka_ledger *l, const struct field *f) {
  return (int64_t *)(void *)((char *)l + f->offset);
}

/* Set the member for the pair (key, value) on top of the stack.  [-0, +0, v] */
static void read_field (lua_State *L, struct ka_ledger *l) {
  const char *key = lua_type(L, -2) == LUA_TSTRING ? lua_tostring(L, -2) : "?";
  for (size_t i = 0; i < FIELDS; i++) {
    int64_t number = 0;
    if (strcmp(fields[i].name, key) != 0) continue;
    if (!ka_to_int64(L, -1, &number) || number < 0)
      luaL_error(L, "ledger: %s: whole number of 0 or more expected, got %s", key,
                 lua_isnumber(L, -1) ? lua_tostring(L, -1) : luaL_typename(L, -1));
    *member(l, &fields[i]) = number;
    return;
  }
  luaL_error(L, "ledger: %s: unknown field", key);
}

/* ({ authorized =, captured =, refunded =, remaining =, captures =, refunds =, operations = }) ->
   ledger. What is left out is unknown, and nothing is ever refused because of it  [-0, +1, v] */
static int l_new (lua_State *L) {
  struct ka_ledger *l;
  ka_check_table(L, 1, "known");
  lua_settop(L, 1);
  l = lua_newuserdatauv(L, sizeof *l, 0);
  ka_ledger_init(l, KA_INT64_MAX);
  luaL_getmetatable(L, CLASS);
  lua_setmetatable(L, -2);
  for (lua_pushnil(L); lua_next(L, 1); lua_pop(L, 1)) read_field(L, l);
  ka_ledger_settle(l);
  return 1;
}

static struct ka_ledger *check_ledger (lua_State *L) { return ka_check_self(L, CLASS); }

/* Push true, or false, the reason and the limit (none when nothing is known).  [-0, +1..3, m] */
static int answer (lua_State *L, enum ka_verdict verdict, int64_t limit) {
  lua_pushboolean(L, verdict == KA_ALLOWED);
  if (verdict == KA_ALLOWED) return 1;
  lua_pushstring(L, ka_verdict_text(verdict));
  if (limit == KA_UNKNOWN) return 2;
  lua_pushinteger(L, (lua_Integer)limit);
  return 3;
}

/* Each of the six below: (ledger, amount: minor units; none for a void) -> true; or false, reason,
   the largest amount that would be accepted. Those without `can_` also change the books. */

/* [-0, +1..3, v] */
static int l_can_capture (lua_State *L) {
  const struct ka_ledger *l = check_ledger(L);
  int64_t limit, amount = ka_check_int64(L, 2, "amount");
  enum ka_verdict verdict = ka_ledger_can_capture(l, amount, &limit);
  return answer(L, verdict, limit);
}

/* [-0, +1..3, v] */
static int l_can_refund (lua_State *L) {
  const struct ka_ledger *l = check_ledger(L);
  int64_t limit, amount = ka_check_int64(L, 2, "amount");
  enum ka_verdict verdict = ka_ledger_can_refund(l, amount, &limit);
  return answer(L, verdict, limit);
}

/* [-0, +1..3, v] */
static int l_can_void (lua_State *L) {
  int64_t limit;
  enum ka_verdict verdict = ka_ledger_can_void(check_ledger(L), &limit);
  return answer(L, verdict, limit);
}

/* [-0, +1..3, v] */
static int l_capture (lua_State *L) {
  struct ka_ledger *l = check_ledger(L);
  int64_t limit, amount = ka_check_int64(L, 2, "amount");
  enum ka_verdict verdict = ka_ledger_capture(l, amount, &limit);
  return answer(L, verdict, limit);
}

/* [-0, +1..3, v] */
static int l_refund (lua_State *L) {
  struct ka_ledger *l = check_ledger(L);
  int64_t limit, amount = ka_check_int64(L, 2, "amount");
  enum ka_verdict verdict = ka_ledger_refund(l, amount, &limit);
  return answer(L, verdict, limit);
}

/* [-0, +1..3, v] */
static int l_void (lua_State *L) {
  int64_t limit;
  enum ka_verdict verdict = ka_ledger_void(check_ledger(L), &limit);
  return answer(L, verdict, limit);
}

/* (ledger) -> a table of what is known, named as in new  [-0, +1, v] */
static int l_totals (lua_State *L) {
  struct ka_ledger *l = check_ledger(L);
  lua_createtable(L, 0, FIELDS);
  for (size_t i = 0; i < FIELDS; i++) {
    int64_t number = *member(l, &fields[i]);
    if (number == KA_UNKNOWN) continue;
    lua_pushinteger(L, (lua_Integer)number);
    lua_setfield(L, -2, fields[i].name);
  }
  return 1;
}

static const luaL_Reg functions[] = {{"new", l_new}, {NULL, NULL}};

static const luaL_Reg methods[] = {
  {"can_capture", l_can_capture}, {"can_refund", l_can_refund}, {"can_void", l_can_void},
  {"capture", l_capture}, {"refund", l_refund}, {"void", l_void}, {"totals", l_totals},
  {NULL, NULL}
};

/* Push { new = }.  [-0, +1, m] */
int ka_open_ledger (lua_State *L) {
  ka_new_class(L, CLASS, methods);
  lua_pop(L, 1);
  luaL_newlib(L, functions);
  return 1;
}
