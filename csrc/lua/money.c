/* core.money: csrc/core/money.h for Lua. It says what is wrong by a word; kassa.money makes
   sentences of it. */
#include "check.h"
#include "bindings.h"
#include "core/money.h"

/* (currency: string of three letters) -> decimals  [-0, +1, v] */
static int l_decimals (lua_State *L) {
  size_t size;
  const char *code = ka_check_text(L, 1, "currency", &size);
  luaL_argcheck(L, size == 3, 1, "currency: three letters expected");
  lua_pushinteger(L, (lua_Integer) ka_money_decimals(code));
  return 1;
}

static unsigned check_decimals (lua_State *L, int arg) {
  int64_t decimals = ka_check_int64(L, arg, "decimals");
  luaL_argcheck(L, decimals >= 0 && decimals <= KA_MONEY_DECIMALS_MAX, arg,
                "decimals: 0 to 4 expected");
  return (unsigned) decimals;
}

/* (text: string, decimals) -> minor units; or nil and "form", "decimals" or "large"
   [-0, +(1|2), v] */
static int l_read (lua_State *L) {
  static const char *const words[] = { "", "form", "decimals", "large" };
  size_t size;
  const char *text = ka_check_text(L, 1, "text", &size);
  int64_t minor;
  enum ka_money met = ka_money_read(text, size, check_decimals(L, 2), &minor);
  if (met == KA_MONEY_OK) { ka_push_int64(L, minor); return 1; }
  lua_pushnil(L);
  lua_pushstring(L, words[met]);
  return 2;
}

/* (minor: whole number, decimals) -> text  [-0, +1, v] */
static int l_write (lua_State *L) {
  char text[KA_MONEY_SIZE];
  int64_t minor = ka_check_int64(L, 1, "minor");
  lua_pushlstring(L, text, ka_money_write(text, minor, check_decimals(L, 2)));
  return 1;
}

static const luaL_Reg functions[] = {
  {"decimals", l_decimals}, {"read", l_read}, {"write", l_write}, {NULL, NULL}
};

/* Push { decimals =, read =, write = }.  [-0, +1, m] */
int ka_open_money (lua_State *L) {
  luaL_newlib(L, functions);
  return 1;
}
