/* core.lock: csrc/core/lock.h for Lua, a handle on a file of locks that are known by number. It
   refuses to wait, and to guess what a number stands for. */
#include <errno.h>
#include <string.h>
#include "check.h"
#include "bindings.h"
#include "core/lock.h"

#define CLASS "kassa.lock"

/* nil, what the system says  [-0, +2, m] */
static int fail (lua_State *L, int why) {
  lua_pushnil(L);
  lua_pushstring(L, strerror(why));
  return 2;
}

static struct ka_lock *check_lock (lua_State *L) {
  struct ka_lock *l = ka_check_self(L, CLASS);
  if (!l->open) luaL_error(L, "the lock is closed");
  return l;
}

static int64_t check_number (lua_State *L) {
  int64_t number = ka_check_int64(L, 2, "number");
  luaL_argcheck(L, number >= 0 && number <= KA_LOCK_LAST, 2, "number: 0 to 2^53 - 1 expected");
  return number;
}

/* (path: of a file, made where there is none) -> lock; or nil, why  [-0, +1..2, v] */
static int l_open (lua_State *L) {
  size_t size;
  const char *path = ka_check_text(L, 1, "path", &size);
  struct ka_lock *l;
  luaL_argcheck(L, strlen(path) == size, 1, "path: has a NUL byte");
  l = lua_newuserdatauv(L, sizeof *l, 0);
  *l = (struct ka_lock){.open = false};
  luaL_getmetatable(L, CLASS);
  lua_setmetatable(L, -2);
  return ka_lock_open(l, path) == KA_OK ? 1 : fail(L, errno);
}

/* (lock, number: 0 to 2^53 - 1) -> true: held now; false: somebody else's handle holds it; or nil,
   why  [-0, +1..2, v] */
static int l_try (lua_State *L) {
  struct ka_lock *l = check_lock(L);
  enum ka_lock_result result = ka_lock_try(l, check_number(L));
  if (result == KA_LOCK_FAILED) return fail(L, errno);
  lua_pushboolean(L, result == KA_LOCK_TAKEN);
  return 1;
}

/* (lock, number) -> true; or nil, why  [-0, +1..2, v] */
static int l_release (lua_State *L) {
  struct ka_lock *l = check_lock(L);
  if (ka_lock_release(l, check_number(L)) != KA_OK) return fail(L, errno);
  lua_pushboolean(L, 1);
  return 1;
}

/* (lock): gives back all it holds; may run twice  [-0, +0, v] */
static int l_close (lua_State *L) {
  ka_lock_close(ka_check_self(L, CLASS));
  return 0;
}

static const luaL_Reg functions[] = {{"open", l_open}, {NULL, NULL}};

static const luaL_Reg methods[] = {
  {"try", l_try}, {"release", l_release}, {"close", l_close}, {NULL, NULL}
};

/* Push { open = }.  [-0, +1, m] */
int ka_open_lock (lua_State *L) {
  ka_new_closable(L, CLASS, methods, l_close);
  luaL_newlib(L, functions);
  return 1;
}
