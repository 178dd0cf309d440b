/* core.headers: csrc/core/headers.h for Lua. Texts that a server may have left out can be nil; it
   refuses only what is no text at all. */
#include "check.h"
#include "bindings.h"
#include "core/headers.h"

#define NAME_MAX_SIZE 256 /* a longer field name is passed over */

/* Push the name in lower case.  [-0, +1, m] */
static void push_lower (lua_State *L, struct ka_slice name) {
  char lower[NAME_MAX_SIZE];
  for (size_t i = 0; i < name.size; i++) {
    char c = name.at[i];
    lower[i] = (char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
  }
  lua_pushlstring(L, lower, name.size);
}

/* Push the value with a space for each CR and LF left in it by folding.  [-0, +1, m] */
static void push_value (lua_State *L, struct ka_slice value) {
  luaL_Buffer text;
  luaL_buffinit(L, &text);
  for (size_t i = 0; i < value.size; i++) {
    char c = value.at[i];
    luaL_addchar(&text, (char)(c == '\r' || c == '\n' ? ' ' : c));
  }
  luaL_pushresult(&text);
}

/* (block: string) -> { [lower-case name] = last value }  [-0, +1, m] */
static int l_parse (lua_State *L) {
  struct ka_slice block;
  struct ka_header header;
  block.at = ka_check_text(L, 1, "block", &block.size);
  lua_newtable(L);
  while (ka_headers_next(&block, &header)) {
    if (header.name.size > NAME_MAX_SIZE) continue;
    push_lower(L, header.name);
    push_value(L, header.value);
    lua_rawset(L, -3);
  }
  return 1;
}

/* t[field] = count, left out when it was not told; t is on top.  [-0, +0, m] */
static void set_count (lua_State *L, const char *field, int64_t count) {
  if (count == KA_NOT_TOLD) return;
  lua_pushinteger(L, (lua_Integer)count);
  lua_setfield(L, -2, field);
}

/* Push { limit =, window_s =, name = }.  [-0, +1, m] */
static void push_policy (lua_State *L, const struct ka_policy *policy) {
  lua_createtable(L, 0, 3);
  set_count(L, "limit", policy->limit);
  set_count(L, "window_s", policy->window_s);
  if (policy->name.at == NULL) return;
  lua_pushlstring(L, policy->name.at, policy->name.size);
  lua_setfield(L, -2, "name");
}

/* The text at arg, where nil reads as the empty text.  [-0, +0, v] */
static struct ka_slice opt_slice (lua_State *L, int arg, const char *name) {
  struct ka_slice s;
  s.at = ka_opt_text(L, arg, name, &s.size);
  if (s.at == NULL) s.at = "";
  return s;
}

/* (limit, remaining, reset: string or nil) -> { limit =, remaining =, reset_s =, policies = { {
   limit =, window_s =, name = }, ... } }, where what cannot be read is left out  [-0, +1, v] */
static int l_rate_limit (lua_State *L) {
  struct ka_slice limit = opt_slice(L, 1, "limit");
  struct ka_slice remaining = opt_slice(L, 2, "remaining");
  struct ka_slice reset = opt_slice(L, 3, "reset");
  struct ka_rate rate;
  ka_rate_limit(limit.at, limit.size, &rate);
  lua_createtable(L, 0, 4);
  set_count(L, "limit", rate.limit);
  set_count(L, "remaining", ka_count(remaining.at, remaining.size));
  set_count(L, "reset_s", ka_count(reset.at, reset.size));
  lua_createtable(L, (int)rate.count, 0);
  for (size_t i = 0; i < rate.count; i++) {
    push_policy(L, &rate.policies[i]);
    lua_rawseti(L, -2, (int)i + 1);
  }
  lua_setfield(L, -2, "policies");
  return 1;
}

/* Push a whole number, or nil where it was not told.  [-0, +1, -] */
static void push_count (lua_State *L, struct ka_slice text) {
  int64_t count = text.at != NULL ? ka_count(text.at, text.size) : KA_NOT_TOLD;
  if (count == KA_NOT_TOLD) lua_pushnil(L);
  else lua_pushinteger(L, (lua_Integer)count);
}

/* (block: string) -> limit as it was sent, remaining, reset_s, each nil where it cannot be read;
   or nothing when the block tells of no rate  [-0, +0..3, v] */
static int l_rate (lua_State *L) {
  struct ka_rate_fields fields;
  size_t size;
  const char *block = ka_check_text(L, 1, "block", &size);
  if (!ka_rate_find(block, size, &fields)) return 0;
  if (fields.limit.at == NULL) lua_pushnil(L);
  else lua_pushlstring(L, fields.limit.at, fields.limit.size);
  push_count(L, fields.remaining);
  push_count(L, fields.reset);
  return 3;
}

/* Seconds since 1970 at arg, a fraction cut off.  [-0, +0, v] */
static int64_t check_epoch (lua_State *L, int arg, const char *name) {
  lua_Number seconds = lua_tonumber(L, arg);
  if (lua_type(L, arg) != LUA_TNUMBER) ka_refuse(L, arg, name, "number");
  if (!(seconds >= -KA_INTEGER_EXACT && seconds <= KA_INTEGER_EXACT))
    luaL_argerror(L, arg, lua_pushfstring(L, "%s: seconds since 1970 expected", name));
  return (int64_t)seconds;
}

/* (text: string or nil, now_epoch_s: number) -> seconds to wait, or nil  [-0, +1, v] */
static int l_retry_after (lua_State *L) {
  struct ka_slice text = opt_slice(L, 1, "text");
  int64_t wait_s = ka_retry_after(text.at, text.size, check_epoch(L, 2, "now_epoch_s"));
  if (wait_s == KA_NOT_TOLD) lua_pushnil(L);
  else lua_pushinteger(L, (lua_Integer)wait_s);
  return 1;
}

/* (text: string or nil, now_epoch_s: number?) -> seconds since 1970, or nil. now_epoch_s places a
   year of two digits; without it they mean 1970 to 2069  [-0, +1, v] */
static int l_http_date (lua_State *L) {
  struct ka_slice text = opt_slice(L, 1, "text");
  int64_t now_s = lua_isnoneornil(L, 2) ? INT64_C(1577836800) : check_epoch(L, 2, "now_epoch_s");
  int64_t epoch_s;
  if (ka_http_date(text.at, text.size, now_s, &epoch_s)) lua_pushinteger(L, (lua_Integer)epoch_s);
  else lua_pushnil(L);
  return 1;
}

/* (name: string) -> may it be written as a field name?  [-0, +1, v] */
static int l_valid_name (lua_State *L) {
  size_t size;
  const char *name = ka_check_text(L, 1, "name", &size);
  lua_pushboolean(L, ka_header_name(name, size));
  return 1;
}

/* (value: string) -> may it be written as a field value?  [-0, +1, v] */
static int l_valid_value (lua_State *L) {
  size_t size;
  const char *value = ka_check_text(L, 1, "value", &size);
  lua_pushboolean(L, ka_header_value(value, size));
  return 1;
}

static const luaL_Reg functions[] = {
  {"parse", l_parse}, {"rate_limit", l_rate_limit}, {"rate", l_rate},
  {"retry_after", l_retry_after},
  {"http_date", l_http_date}, {"valid_name", l_valid_name}, {"valid_value", l_valid_value},
  {NULL, NULL}
};

/* Push the functions above.  [-0, +1, m] */
int ka_open_headers (lua_State *L) {
  luaL_newlib(L, functions);
  return 1;
}
