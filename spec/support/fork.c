/* Children for specs of crashes: fork without a new program, wait with a limit, kill without a
   warning. It refuses to tidy up after a child: that is what the specs are about.

   A program with other threads must not fork by it: only the caller's goes on in the child. */
#include <dlfcn.h>
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <sys/types.h>
#include <sys/wait.h>
#include "lua/compat.h"

#define NAP_US 200

static void nap (long us) {
  struct timespec left = {us / 1000000, us % 1000000 * 1000};
  while (nanosleep(&left, &left) != 0 && errno == EINTR) { /* the rest of it */ }
}

/* () -> process id of the child; 0 in the child; or nil, why  [-0, +1..2, -] */
static int l_fork (lua_State *L) {
  pid_t child = fork();
  if (child >= 0) { lua_pushinteger(L, child); return 1; }
  lua_pushnil(L);
  lua_pushstring(L, strerror(errno));
  return 2;
}

/* (pid: 0 is this process itself): SIGKILL  [-0, +1, v] */
static int l_kill (lua_State *L) {
  pid_t pid = (pid_t)luaL_checkinteger(L, 1);
  lua_pushboolean(L, kill(pid == 0 ? getpid() : pid, SIGKILL) == 0);
  return 1;
}

/* (us: number)  [-0, +0, v] */
static int l_sleep_us (lua_State *L) {
  nap((long)luaL_checknumber(L, 1));
  return 0;
}

/* () -> microseconds of a clock that only goes forward  [-0, +1, -] */
static int l_now_us (lua_State *L) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  lua_pushnumber(L, (lua_Number)now.tv_sec * 1e6 + (lua_Number)now.tv_nsec / 1e3);
  return 1;
}

/* (pid, limit_s) -> "exited", status; "killed", signal; "running" when the time is up; or nil, why
   [-0, +1..2, v] */
static int l_wait (lua_State *L) {
  pid_t pid = (pid_t)luaL_checkinteger(L, 1), found = 0;
  double left_us = luaL_checknumber(L, 2) * 1e6;
  int status = 0;
  for (; left_us > 0 && (found = waitpid(pid, &status, WNOHANG)) == 0; left_us -= NAP_US)
    nap(NAP_US);
  if (found == 0) { lua_pushliteral(L, "running"); return 1; }
  if (found < 0) { lua_pushnil(L); lua_pushstring(L, strerror(errno)); return 2; }
  lua_pushstring(L, WIFSIGNALED(status) ? "killed" : "exited");
  lua_pushinteger(L, WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
  return 2;
}

/* (status): end at once, without a word to anybody  [-0, +0, v] */
static int l_exit (lua_State *L) {
  _exit((int)luaL_checkinteger(L, 1));
}

/* (path of a library): let it stay until the process ends, so that a report of what it leaked, made
   when Lua has let go of it, has its name  [-0, +1, v] */
static int l_keep (lua_State *L) {
  lua_pushboolean(L, dlopen(luaL_checkstring(L, 1), RTLD_LAZY | RTLD_NODELETE) != NULL);
  return 1;
}

static const luaL_Reg functions[] = {
  {"fork", l_fork}, {"kill", l_kill}, {"sleep_us", l_sleep_us}, {"now_us", l_now_us},
  {"wait", l_wait}, {"exit", l_exit}, {"keep", l_keep}, {NULL, NULL}
};

/* () -> fork  [-0, +1, m] */
KA_EXPORT int luaopen_support_fork (lua_State *L);
KA_EXPORT int luaopen_support_fork (lua_State *L) {
  luaL_newlib(L, functions);
  return 1;
}
