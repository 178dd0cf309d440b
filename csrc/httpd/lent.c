/* httpd.open: a server whose descriptor an event loop waits for and whose steps run handlers in the
   state of whoever calls them. It refuses to keep a lua_State: its handler lies in the userdata and
   is put on the stack for each step. */
#include "httpd/lent.h"

#include <errno.h>
#include <lauxlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "httpd/handler.h"
#include "httpd/options.h"
#include "lua/compat.h"

#define LENT_TYPE "kassa.httpd.lent"

/* Zeroed means closed. */
struct lent {
  struct ka_server server;
  struct ka_handler handler; /* its stack slots are right during a step only */
  pid_t pid;                 /* the process that opened it */
  bool stepping;
};

/* ---- life ---- */

/* A forked child has copies of the descriptors, through which it could end its parent's
   connections: it only closes the copies. */
static void shut (struct lent *self) {
  if (!self->server.open) return;
  if (self->pid != getpid()) {
    ka_server_abandon(&self->server);
    return;
  }
  ka_server_flush(&self->server);
  ka_server_close(&self->server);
}

/* (..., handler) -> ..., userdata  [-1, +1, m] */
static struct lent *push_lent (lua_State *L) {
  struct lent *self = lua_newuserdatauv(L, sizeof *self, 1);
  memset(self, 0, sizeof *self);
  luaL_getmetatable(L, LENT_TYPE);
  lua_setmetatable(L, -2);
  lua_newtable(L);
  lua_pushvalue(L, -3);
  lua_rawseti(L, -2, 1);
  lua_setuservalue(L, -2);
  lua_remove(L, -2);
  return self;
}

/* Half of the descriptors that this process may have: a flood must leave its own calls some. */
static unsigned connections_max (void) {
  struct rlimit files;
  if (getrlimit(RLIMIT_NOFILE, &files) != 0 || files.rlim_cur > 1u << 20) return 0;
  return files.rlim_cur < 4 ? 1 : (unsigned)(files.rlim_cur / 2);
}

static bool open_lent (struct lent *self, const struct ka_server_options *options, bool signals,
                       const char **message) {
  if (!ka_server_open(&self->server, options, message)) return false;
  self->pid = getpid();
  self->server.handle = ka_handler_ask;
  self->server.context = &self->handler;
  if (ka_server_lend(&self->server) && (!signals || ka_server_catch(&self->server))) return true;
  *message = strerror(errno);
  ka_server_close(&self->server);
  return false;
}

/* options: handler, as serve has it; signals = true, so that SIGINT and SIGTERM end the server and
   not the process; and those of options.h. Nothing is accepted before the first step.
   (options) -> server | nil, message  [-1, +1..2, e] */
int ka_lent_open (lua_State *L) {
  struct ka_server_options options = ka_options_read(L);
  const char *message = NULL;
  struct lent *self;
  bool signals;
  options.connections_max = connections_max();
  lua_settop(L, 1);
  lua_getfield(L, 1, "signals");
  signals = lua_toboolean(L, -1) != 0;
  lua_getfield(L, 1, "handler");
  if (!lua_isfunction(L, -1)) return luaL_error(L, "handler must be a function");
  self = push_lent(L);
  if (!open_lent(self, &options, signals, &message))
    return ka_options_fail(L, &options, message);
  return 1;
}

/* ---- server:... ---- */

static struct lent *check_lent (lua_State *L) {
  return luaL_checkudata(L, 1, LENT_TYPE);
}

static struct lent *check_open (lua_State *L) {
  struct lent *self = check_lent(L);
  if (!self->server.open) luaL_error(L, "the server is stopped");
  if (self->pid != getpid()) luaL_error(L, "the server was opened before a fork");
  return self;
}

/* (server) -> descriptor, readable when a step has work; the same until the server has ended
   [-1, +1, e] */
static int l_fd (lua_State *L) {
  lua_pushinteger(L, check_open(L)->server.wait_fd);
  return 1;
}

/* (server) -> server, asker, handler, step  [-0, +3, m] */
static void place_handler (lua_State *L, struct lent *self) {
  lua_settop(L, 1);
  lua_getuservalue(L, 1);
  lua_rawgeti(L, -1, 1);
  lua_remove(L, -2);
  lua_pushnil(L);
  ka_handler_prepare(L, &self->handler);
  ka_handler_place(L, &self->handler);
}

/* Serves what is ready, calling the handler for each complete request, and never waits. A handler
   cannot yield, and one that calls stop() ends the server after its answer.
   (server) -> milliseconds until a step has work though nothing comes (the descriptor tells of that
   too), 60000 at most; or nil when the server has ended  [-1, +1, e] */
static int l_step (lua_State *L) {
  struct lent *self = check_lent(L);
  int ms;
  if (!self->server.open) { lua_pushnil(L); return 1; }
  check_open(L);
  if (self->stepping) return luaL_error(L, "step: called by a handler of this server");
  place_handler(L, self);
  self->stepping = true;
  ms = ka_server_step(&self->server);
  self->stepping = false;
  self->handler.L = NULL;
  if (self->server.ending) { shut(self); lua_pushnil(L); return 1; }
  lua_pushinteger(L, ms < 0 ? 60000 : ms);
  return 1;
}

/* (server) -> port  [-1, +1, e] */
static int l_port (lua_State *L) {
  lua_pushinteger(L, check_lent(L)->server.port);
  return 1;
}

/* Ends the server: the port and the connections are closed, answers that are made still leave. In a
   handler it does so after the answer. May be called twice.  (server) -> nothing  [-1, +0, e] */
static int l_stop (lua_State *L) {
  struct lent *self = check_lent(L);
  if (self->stepping) self->server.ending = true;
  else shut(self);
  return 0;
}

/* Makes the next step the last, and the descriptor readable, so that whoever waits for it hears of
   it.  (server) -> nothing  [-1, +0, e] */
static int l_finish (lua_State *L) {
  struct lent *self = check_lent(L);
  if (self->server.open && self->pid == getpid()) ka_server_stop(&self->server);
  return 0;
}

/* (server) -> text  [-1, +1, m] */
static int l_tostring (lua_State *L) {
  const struct lent *self = check_lent(L);
  lua_pushfstring(L, "kassa.httpd server (port %d%s)", (int)self->server.port,
                  self->server.open ? "" : ", stopped");
  return 1;
}

static const luaL_Reg methods[] = {
  { "fd", l_fd }, { "step", l_step }, { "port", l_port }, { "stop", l_stop },
  { "finish", l_finish }, { NULL, NULL } };

static const luaL_Reg metamethods[] = {
  { "__gc", l_stop }, { "__close", l_stop }, { "__tostring", l_tostring }, { NULL, NULL } };

void ka_lent_class (lua_State *L) {
  luaL_newmetatable(L, LENT_TYPE);
  luaL_setfuncs(L, metamethods, 0);
  lua_newtable(L);
  luaL_setfuncs(L, methods, 0);
  lua_setfield(L, -2, "__index");
  lua_pop(L, 1);
}
