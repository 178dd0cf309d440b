/* Makes a Lua table of a request, calls the handler, and makes the answer of the table it
   returns. It never lets a Lua error out of ka_handler_ask, and never looks into what a handler
   answers. */
#include "httpd/handler.h"

#include <lauxlib.h>
#include <string.h>
#include "lua/compat.h"

/* Stack slots of `ask`. */
enum { HANDLER = 1, CALL, RESPONSE };

/* ---- the request ---- */

static void set_text (lua_State *L, const char *name, const char *text) {
  lua_pushstring(L, text); /* nil for NULL */
  lua_setfield(L, -2, name);
}

/* () -> name in lower case  [-0, +1, m] */
static void push_lower (lua_State *L, const char *name) {
  luaL_Buffer b;
  luaL_buffinit(L, &b);
  for (; *name != '\0'; name++)
    luaL_addchar(&b, (char)(*name >= 'A' && *name <= 'Z' ? *name - 'A' + 'a' : *name));
  luaL_pushresult(&b);
}

/* (headers) -> headers  [-0, +0, m]: a header sent twice reads as one list, as HTTP says it may.
   */
static void set_header (lua_State *L, const char *name, const char *value) {
  push_lower(L, name);
  lua_pushvalue(L, -1);
  lua_rawget(L, -3);
  if (lua_isnil(L, -1)) lua_pushstring(L, value);
  else lua_pushfstring(L, "%s, %s", lua_tostring(L, -1), value);
  lua_remove(L, -2);
  lua_rawset(L, -3);
}

/* () -> table  [-0, +1, m] */
static void push_headers (lua_State *L, const struct ka_buffer *headers) {
  size_t at = 0;
  lua_newtable(L);
  while (at < headers->length) {
    const char *name = headers->bytes + at;
    const char *value = name + strlen(name) + 1;
    set_header(L, name, value);
    at = (size_t)(value - headers->bytes) + strlen(value) + 1;
  }
}

/* () -> request  [-0, +1, m] */
static void push_request (lua_State *L, const struct ka_call *call) {
  lua_createtable(L, 0, 6);
  set_text(L, "method", call->method);
  set_text(L, "path", call->target);
  set_text(L, "query", call->query);
  set_text(L, "remote", call->remote);
  push_headers(L, &call->headers);
  lua_setfield(L, -2, "headers");
  lua_pushlstring(L, call->body.length > 0 ? call->body.bytes : "", call->body.length);
  lua_setfield(L, -2, "body");
}

/* ---- the answer ---- */

/* A whole number in [min, max], or `missing` when the field is nil; anything else raises. */
static lua_Integer number_field (lua_State *L, int table, const char *name, lua_Number min,
                                 lua_Number max, lua_Integer missing) {
  lua_Number n = (lua_Number)missing;
  lua_getfield(L, table, name);
  if (!lua_isnil(L, -1)) {
    n = lua_type(L, -1) == LUA_TNUMBER ? lua_tonumber(L, -1) : min - 1;
    if (!(n >= min && n <= max)) luaL_error(L, "response.%s is not a number in range", name);
  }
  lua_pop(L, 1);
  return (lua_Integer)n;
}

static void read_body (lua_State *L, struct ka_call *call) {
  size_t size;
  const char *body;
  lua_getfield(L, RESPONSE, "body");
  body = lua_tolstring(L, -1, &size);
  if (body == NULL && !lua_isnil(L, -1)) luaL_error(L, "response.body is not a string");
  if (body != NULL && ka_buffer_add(&call->reply, body, size) != KA_OK)
    luaL_error(L, "response.body is too large");
  lua_pop(L, 1);
}

static enum ka_fault fault_kind (lua_State *L, int fault) {
  static const struct { const char *name; enum ka_fault kind; } kinds[] = {
    { "reset", KA_FAULT_RESET }, { "silence", KA_FAULT_SILENCE },
    { "truncate", KA_FAULT_TRUNCATE }, { "drip", KA_FAULT_DRIP } };
  const char *name;
  lua_getfield(L, fault, "kind");
  name = lua_tostring(L, -1);
  for (size_t i = 0; name != NULL && i < sizeof kinds / sizeof kinds[0]; i++)
    if (strcmp(name, kinds[i].name) == 0) { lua_pop(L, 1); return kinds[i].kind; }
  luaL_error(L, "response.fault.kind is not reset, silence, truncate or drip");
  return KA_FAULT_NONE;
}

static void read_fault (lua_State *L, struct ka_call *call) {
  lua_getfield(L, RESPONSE, "fault");
  if (lua_istable(L, -1)) {
    int fault = lua_gettop(L);
    call->fault = fault_kind(L, fault);
    call->reply_max = (size_t)number_field(L, fault, "at", 0, 1e9, 0);
    lua_getfield(L, fault, "begun");
    call->begun = lua_toboolean(L, -1) != 0;
    lua_pop(L, 1);
    call->drip_ms = (int64_t)number_field(L, fault, "ms", 0, 1e9, 1);
  }
  lua_pop(L, 1);
}

/* The daemon itself tells how long a body is; it refuses a name or a value that would break the
   head. */
static void add_header (lua_State *L, struct ka_call *call) {
  const char *name, *value;
  lua_pushvalue(L, -2); /* copies: lua_tostring must not change a key that lua_next walks */
  lua_pushvalue(L, -2);
  name = lua_tostring(L, -2);
  value = lua_tostring(L, -1);
  if (name == NULL || value == NULL) luaL_error(L, "response.headers holds more than texts");
  if (strcasecmp(name, "Content-Length") != 0 && strcasecmp(name, "Transfer-Encoding") != 0
      && MHD_add_response_header(call->response, name, value) != MHD_YES)
    luaL_error(L, "response.headers holds a name or a value that cannot be sent");
  lua_pop(L, 2);
}

static void read_headers (lua_State *L, struct ka_call *call) {
  lua_getfield(L, RESPONSE, "headers");
  if (lua_istable(L, -1))
    for (lua_pushnil(L); lua_next(L, -2) != 0; lua_pop(L, 1)) add_header(L, call);
  lua_pop(L, 1);
}

/* What is acquired on the way belongs to the call, so an error may pass at any point. */
static void read_response (lua_State *L, struct ka_call *call) {
  if (!lua_istable(L, RESPONSE)) luaL_error(L, "the handler returned no table");
  read_fault(L, call);
  call->status = (unsigned)number_field(L, RESPONSE, "status", 100, 999, 200);
  call->delay_ms = (int64_t)number_field(L, RESPONSE, "delay_ms", 0, 1e9, 0);
  read_body(L, call);
  if (ka_call_respond(call) != KA_OK) luaL_error(L, "not enough memory");
  read_headers(L, call);
  lua_getfield(L, RESPONSE, "stop");
  call->last = lua_toboolean(L, -1) != 0;
}

/* ---- asking ---- */

/* (handler, call) -> nothing  [-2, +0, e] */
static int l_ask (lua_State *L) {
  struct ka_call *call = lua_touserdata(L, CALL);
  lua_pushvalue(L, HANDLER);
  push_request(L, call);
  lua_call(L, 1, 1);
  read_response(L, call);
  return 0;
}

/* (watcher) -> step; its descriptor goes to *fd  [-1, +1, e] */
static void read_watcher (lua_State *L, int *fd) {
  *fd = -1;
  if (lua_isnil(L, -1)) return;
  if (!lua_istable(L, -1)) luaL_error(L, "the watcher must be a table with fd and step");
  lua_getfield(L, -1, "fd");
  if (lua_type(L, -1) != LUA_TNUMBER || lua_tonumber(L, -1) < 0)
    luaL_error(L, "watcher.fd must be a descriptor");
  *fd = (int)lua_tointeger(L, -1);
  lua_pop(L, 1);
  lua_getfield(L, -1, "step");
  if (!lua_isfunction(L, -1)) luaL_error(L, "watcher.step must be a function");
  lua_remove(L, -2);
}

void ka_handler_prepare (lua_State *L, struct ka_handler *handler) {
  luaL_checkstack(L, LUA_MINSTACK, "handler");
  read_watcher(L, &handler->fd);
  lua_pushcfunction(L, l_ask);
  lua_insert(L, -3);
}

void ka_handler_place (lua_State *L, struct ka_handler *handler) {
  handler->L = L;
  handler->step = lua_gettop(L);
  handler->function = handler->step - 1;
  handler->asker = handler->step - 2;
}

void ka_handler_ask (void *context, struct ka_call *call) {
  const struct ka_handler *handler = context;
  lua_State *L = handler->L;
  lua_pushvalue(L, handler->asker);
  lua_pushvalue(L, handler->function);
  lua_pushlightuserdata(L, call);
  if (lua_pcall(L, 2, 0, 0) == 0) return;
  lua_pop(L, 1); /* the message may hold anything: it goes nowhere */
  ka_call_plain(call, 500, "the handler failed\n");
}

bool ka_handler_step (void *context) {
  const struct ka_handler *handler = context;
  lua_State *L = handler->L;
  lua_pushvalue(L, handler->step);
  if (lua_pcall(L, 0, 0, 0) == 0) return true;
  lua_pop(L, 1);
  return false;
}
