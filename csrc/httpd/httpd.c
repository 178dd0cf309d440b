/* kassa.httpd: an HTTP server for Lua, in the foreground, in a background thread with its own Lua
   state, or (lent.c) stepped by the caller's event loop. It is no part of the client, serves no
   files, and prints nothing. */
#include <errno.h>
#include <lauxlib.h>
#include <lualib.h>
#include <string.h>

#include "httpd/handler.h"
#include "httpd/lent.h"
#include "httpd/options.h"
#include "httpd/thread.h"
#include "lua/compat.h"

#define SERVER_TYPE "kassa.httpd.server"

/* Zeroed means closed. The background state is used by the thread from start to join, and by
   nobody else meanwhile. */
struct httpd {
  struct ka_server server;
  struct ka_thread thread;
  struct ka_handler handler;
  lua_State *state; /* NULL in the foreground, where handlers run in the caller's */
};

/* ---- life ---- */

/* () -> userdata  [-0, +1, m] */
static struct httpd *push_httpd (lua_State *L) {
  struct httpd *self = lua_newuserdatauv(L, sizeof *self, 0);
  memset(self, 0, sizeof *self);
  luaL_getmetatable(L, SERVER_TYPE);
  lua_setmetatable(L, -2);
  return self;
}

static bool open_server (struct httpd *self, const struct ka_server_options *options,
                         const char **message) {
  if (!ka_server_open(&self->server, options, message)) return false;
  self->server.handle = ka_handler_ask;
  self->server.context = &self->handler;
  return true;
}

/* Closing twice is harmless; in a child after fork nothing that the parent uses is touched. */
static void shut (struct httpd *self) {
  if (ka_thread_foreign(&self->thread)) {
    ka_server_abandon(&self->server);
    return;
  }
  ka_thread_stop(&self->thread);
  ka_server_close(&self->server);
  if (self->state != NULL) lua_close(self->state);
  self->state = NULL;
}

/* ---- serve: in the foreground ---- */

/* (options with on_ready) -> nothing; raises what on_ready raises, with the server closed  [-0,
   +0, e] */
static void tell_ready (lua_State *L, struct httpd *self) {
  lua_getfield(L, 1, "on_ready");
  if (lua_isnil(L, -1)) { lua_pop(L, 1); return; }
  lua_pushinteger(L, self->server.port);
  if (lua_pcall(L, 1, 0, 0) != 0) {
    shut(self);
    lua_error(L);
  }
}

/* The watcher, if there is one, is called from now on. */
static bool watch (struct httpd *self, const char **message) {
  if (self->handler.fd < 0) return true;
  if (ka_server_watch(&self->server, self->handler.fd, ka_handler_step)) return true;
  *message = strerror(errno);
  return false;
}

/* Serves until a handler answers with stop = true, or SIGINT or SIGTERM comes. options: handler,
   watcher { fd, step }: step() is called when fd is readable, on_ready(port), and those of
   read_options. The handler gets { method, path, query, headers,
   body, remote } and returns { status, headers, body, delay_ms, fault, stop }; one that raises
   answers 500.
   (options) -> true | nil, message  [-1, +1..2, e] */
static int l_serve (lua_State *L) {
  struct ka_server_options options = ka_options_read(L);
  const char *message = NULL;
  struct httpd *self;
  lua_settop(L, 1);
  self = push_httpd(L);
  lua_getfield(L, 1, "handler");
  if (!lua_isfunction(L, -1)) return luaL_error(L, "handler must be a function");
  lua_getfield(L, 1, "watcher");
  ka_handler_prepare(L, &self->handler);
  ka_handler_place(L, &self->handler);
  if (!open_server(self, &options, &message)) return ka_options_fail(L, &options, message);
  if (!watch(self, &message)) {
    shut(self);
    return ka_options_fail(L, &options, message);
  }
  if (!ka_server_catch(&self->server)) {
    message = strerror(errno);
    shut(self);
    return ka_options_fail(L, &options, message);
  }
  tell_ready(L, self);
  ka_server_run(&self->server);
  shut(self);
  lua_pushboolean(L, 1);
  return 1;
}

/* ---- start: in the background ---- */

/* What booting needs from the caller's state, which must not be touched from inside the new one.
   */
struct boot {
  const char *path, *cpath;  /* package.path and package.cpath */
  const char *module, *config;
  uint16_t port;
  struct ka_handler *handler;
};

static void copy_path (lua_State *L, const char *name, const char *path) {
  if (path == NULL) return;
  lua_pushstring(L, path);
  lua_setfield(L, -2, name);
}

/* In the new state: (boot) -> asker, handler, step  [-1, +3, e] */
static int l_boot (lua_State *L) {
  const struct boot *boot = lua_touserdata(L, 1);
  luaL_openlibs(L);
  lua_getglobal(L, "package");
  copy_path(L, "path", boot->path);
  copy_path(L, "cpath", boot->cpath);
  lua_getglobal(L, "require");
  lua_pushstring(L, boot->module);
  lua_call(L, 1, 1);
  if (!lua_istable(L, -1)) return luaL_error(L, "module %s returns no table", boot->module);
  lua_getfield(L, -1, "boot");
  if (!lua_isfunction(L, -1)) return luaL_error(L, "module %s has no function boot", boot->module);
  lua_pushstring(L, boot->config);
  lua_pushinteger(L, boot->port);
  lua_call(L, 2, 2);
  if (!lua_isfunction(L, -2)) return luaL_error(L, "%s.boot returns no function", boot->module);
  ka_handler_prepare(L, boot->handler);
  return 3;
}

/* A new state with the handler in place, or the message of what went wrong on top of the caller's
   stack. */
static bool boot_state (lua_State *L, struct httpd *self, const struct boot *boot) {
  const char *message;
  lua_State *state = self->state = luaL_newstate();
  if (state == NULL) { lua_pushliteral(L, "not enough memory for a Lua state"); return false; }
  lua_pushcfunction(state, l_boot);
  lua_pushlightuserdata(state, (void *)(uintptr_t)boot);
  if (lua_pcall(state, 1, 3, 0) == 0) { ka_handler_place(state, boot->handler); return true; }
  message = lua_tostring(state, -1);
  lua_pushstring(L, message != NULL ? message : "the module raised no text");
  return false;
}

static bool start_thread (struct httpd *self, const char **message) {
  if (ka_thread_start(&self->thread, &self->server)) return true;
  *message = strerror(errno);
  return false;
}

/* Serves from a background thread with a Lua state of its own, where require(module).boot(config,
   port) made the handler, and a watcher if it wants one. package.path and package.cpath are
   copied; nothing else of the caller's state is seen. options: module, config, and those of
   options.h.
   (options) -> server | nil, message  [-1, +1..2, e] */
static int l_start (lua_State *L) {
  struct ka_server_options options = ka_options_read(L);
  struct boot boot = {
    .module = ka_options_text(L, "module", NULL), .config = ka_options_text(L, "config", "") };
  const char *message = NULL;
  struct httpd *self;
  if (boot.module == NULL) return luaL_error(L, "module must be a string");
  lua_settop(L, 1);
  self = push_httpd(L);
  if (!open_server(self, &options, &message)) return ka_options_fail(L, &options, message);
  boot.port = self->server.port;
  boot.handler = &self->handler;
  lua_getglobal(L, "package");
  lua_getfield(L, -1, "path");
  lua_getfield(L, -2, "cpath");
  boot.path = lua_tostring(L, -2);
  boot.cpath = lua_tostring(L, -1);
  if (!boot_state(L, self, &boot)) {
    shut(self);
    lua_pushnil(L);
    lua_insert(L, -2);
    return 2;
  }
  if (!watch(self, &message) || !start_thread(self, &message)) {
    shut(self);
    return ka_options_fail(L, &options, message);
  }
  lua_settop(L, 2);
  return 1;
}

/* ---- server:... ---- */

static struct httpd *check_httpd (lua_State *L) {
  return luaL_checkudata(L, 1, SERVER_TYPE);
}

/* (server) -> port  [-1, +1, -] */
static int l_port (lua_State *L) {
  lua_pushinteger(L, check_httpd(L)->server.port);
  return 1;
}

/* (server) -> nothing; the thread has ended and its state is closed  [-1, +0, -] */
static int l_stop (lua_State *L) {
  shut(check_httpd(L));
  return 0;
}

/* (server) -> text  [-1, +1, m] */
static int l_tostring (lua_State *L) {
  const struct httpd *self = check_httpd(L);
  lua_pushfstring(L, "kassa.httpd server (port %d%s)", (int)self->server.port,
                  self->server.open ? "" : ", stopped");
  return 1;
}

static const luaL_Reg methods[] = { { "port", l_port }, { "stop", l_stop }, { NULL, NULL } };

static const luaL_Reg metamethods[] = {
  { "__gc", l_stop }, { "__close", l_stop }, { "__tostring", l_tostring }, { NULL, NULL } };

static const luaL_Reg functions[] = {
  { "serve", l_serve }, { "start", l_start }, { "open", ka_lent_open }, { NULL, NULL } };

/* () -> httpd  [-0, +1, m]; httpd.tls tells whether the library below can serve HTTPS */
KA_EXPORT int luaopen_kassa_httpd (lua_State *L);
KA_EXPORT int luaopen_kassa_httpd (lua_State *L) {
  luaL_newmetatable(L, SERVER_TYPE);
  luaL_setfuncs(L, metamethods, 0);
  lua_newtable(L);
  luaL_setfuncs(L, methods, 0);
  lua_setfield(L, -2, "__index");
  lua_pop(L, 1);
  ka_lent_class(L);
  luaL_newlib(L, functions);
  lua_pushboolean(L, MHD_is_feature_supported(MHD_FEATURE_TLS) == MHD_YES);
  lua_setfield(L, -2, "tls");
  return 1;
}
