/* core.engine: csrc/core/engine.h for Lua. It keeps no lua_State and runs no Lua while libcurl
   works: completions are asked for.

   One table hangs on an engine and on each of its channels: at 0 the engine, which therefore lives
   as long as its channels, and at slot + 1 the body of the request in that slot, or the texts of
   its form, which libcurl reads in place. */
#include <errno.h>
#include <math.h>
#include <string.h>
#include "body.h"
#include "check.h"
#include "bindings.h"
#include "core/engine.h"

#define ENGINE "kassa.engine"
#define CHANNEL "kassa.channel"
#define CONSTANT_MAX 32  /* constant header lines of a channel */

struct engine_box { struct ka_engine *engine; };  /* NULL: closed */
struct channel_box {
  struct ka_channel *channel;                     /* NULL: closed */
  const struct engine_box *owner;                 /* kept alive by the table */
};

/* ---- checks --------------------------------------------------------------------------------- */

static struct ka_engine *usable (lua_State *L, struct ka_engine *e) {
  if (e == NULL) luaL_error(L, "the engine is closed");
  if (ka_engine_state(e) == KA_ENGINE_FORKED)
    luaL_error(L, "the engine was made before a fork and cannot be used after fork");
  if (ka_engine_state(e) == KA_ENGINE_OVER) luaL_error(L, "the process is about to end");
  return e;
}

static struct ka_engine *check_engine (lua_State *L) {
  return usable(L, ((const struct engine_box *)ka_check_self(L, ENGINE))->engine);
}

struct ka_engine *ka_engine_at (lua_State *L, int index) {
  return usable(L, ((const struct engine_box *)luaL_checkudata(L, index, ENGINE))->engine);
}

static struct channel_box *check_channel (lua_State *L) {
  struct channel_box *box = ka_check_self(L, CHANNEL);
  if (box->channel == NULL) luaL_error(L, "the channel is closed");
  usable(L, box->owner->engine);
  return box;
}

/* Milliseconds, rounded up; infinity is a long time.  [-0, +0, v] */
static int64_t check_ms (lua_State *L, int arg, const char *name) {
  lua_Number ms = lua_tonumber(L, arg);
  if (lua_type(L, arg) != LUA_TNUMBER || ms != ms)
    ka_refuse(L, arg, name, "number of milliseconds");
  if (ms <= 0) return 0;
  return ms < KA_INTEGER_EXACT ? (int64_t)ceil(ms) : INT64_MAX;
}

/* A header line goes out as it is, so it must not contain another one.  [-0, +0, v] */
static void check_line (lua_State *L, const char *text, size_t size) {
  if (memchr(text, '\n', size) || memchr(text, '\r', size) || memchr(text, '\0', size))
    luaL_error(L, "a header line has CR, LF or NUL in it");
  if (memchr(text, ':', size) == NULL) luaL_error(L, "a header line has no colon in it");
}

static void check_target (lua_State *L, const char *text, size_t size) {
  for (size_t i = 0; i < size; i++)
    if ((unsigned char)text[i] <= ' ' || text[i] == 0x7f)
      luaL_argerror(L, 3, "target: a blank or control character, which must be escaped");
  if (size > 0 && text[0] != '/' && text[0] != '?')
    luaL_argerror(L, 3, "target: must be empty or begin with / or ?");
}

/* ---- bodies under way ----------------------------------------------------------------------- */

/* The body of a finished request may go.  [-0, +0, -] */
static void unpin (lua_State *L, uint32_t slot) {
  lua_getuservalue(L, 1);
  lua_rawgeti(L, -1, (int)slot + 1);
  if (lua_type(L, -1) == LUA_TUSERDATA) ka_body_return(lua_touserdata(L, -1));
  if (!lua_isnil(L, -1)) {
    lua_pushnil(L);
    lua_rawseti(L, -3, (int)slot + 1);
  }
  lua_pop(L, 2);
}

/* ---- the engine ----------------------------------------------------------------------------- */

/* The number of connections in the options at 1, or the usual one.  [-0, +0, v] */
static unsigned read_connections (lua_State *L) {
  int64_t number = KA_CONNECTIONS;
  lua_getfield(L, 1, "max_connections");
  if (!lua_isnil(L, -1) && (!ka_to_int64(L, -1, &number) || number < 1 ||
                            number > KA_CONNECTIONS_MAX))
    luaL_error(L, "max_connections: whole number from 1 to %d expected", KA_CONNECTIONS_MAX);
  lua_pop(L, 1);
  return (unsigned)number;
}

/* The mode in the options at 1.  [-0, +0, v] */
static enum ka_engine_mode read_mode (lua_State *L) {
  const char *mode;
  bool thread;
  lua_getfield(L, 1, "mode");
  mode = lua_isnil(L, -1) ? "inline" : lua_tostring(L, -1);
  thread = mode != NULL && strcmp(mode, "thread") == 0;
  if (!thread && (mode == NULL || strcmp(mode, "inline") != 0))
    luaL_error(L, "mode: \"inline\" or \"thread\" expected");
  lua_pop(L, 1);
  return thread ? KA_ENGINE_THREAD : KA_ENGINE_INLINE;
}

/* Raise what only a lack of memory or threads can cause.  [-0, +0, v] */
static int exhausted (lua_State *L, enum ka_rc rc) {
  if (rc != KA_FAILED) return luaL_error(L, "no memory");
  return luaL_error(L, "no thread could be started: %s", strerror(errno));
}

/* ({ max_connections = 32, mode = "inline" or "thread" }) -> engine. In thread mode a thread of its
   own drives it, from the first call on  [-0, +1, v] */
static int l_new (lua_State *L) {
  struct engine_box *box;
  enum ka_engine_mode mode;
  unsigned connections;
  enum ka_rc rc;
  ka_check_table(L, 1, "options");
  mode = read_mode(L);
  connections = read_connections(L);
  box = lua_newuserdatauv(L, sizeof *box, 1);
  box->engine = NULL;
  luaL_getmetatable(L, ENGINE);
  lua_setmetatable(L, -2);
  lua_createtable(L, 8, 1);
  lua_pushvalue(L, -2);
  lua_rawseti(L, -2, 0);
  lua_setuservalue(L, -2);
  rc = ka_engine_new(&box->engine, connections, mode);
  if (rc == KA_OK) return 1;
  return luaL_error(L, "no engine: %s", rc == KA_NOMEM ? "no memory" : strerror(errno));
}

/* (engine, ms: at most so long) -> completions waiting  [-0, +1, v] */
static int l_step (lua_State *L) {
  struct ka_engine *e = check_engine(L);
  lua_pushinteger(L, (lua_Integer)ka_engine_step(e, check_ms(L, 2, "ms")));
  return 1;
}

/* (engine, ms) -> id of a timer  [-0, +1, v] */
static int l_timer (lua_State *L) {
  struct ka_engine *e = check_engine(L);
  uint64_t id;
  enum ka_rc rc = ka_engine_timer(e, check_ms(L, 2, "ms"), &id);
  if (rc != KA_OK) return exhausted(L, rc);
  lua_pushinteger(L, (lua_Integer)id);
  return 1;
}

/* (engine, descriptor) -> id of a wait until it is readable; or nil and why not  [-0, +1..2, v] */
static int l_watch (lua_State *L) {
  struct ka_engine *e = check_engine(L);
  int64_t fd = ka_check_int64(L, 2, "descriptor");
  uint64_t id;
  enum ka_rc rc;
  luaL_argcheck(L, fd >= 0 && fd <= INT32_MAX, 2, "descriptor: number of an open file expected");
  rc = ka_engine_watch(e, (int)fd, &id);
  if (rc == KA_FAILED) {
    lua_pushnil(L);
    lua_pushfstring(L, "descriptor %d: %s", (int)fd, strerror(errno));
    return 2;
  }
  if (rc != KA_OK) return luaL_error(L, "no memory");
  lua_pushinteger(L, (lua_Integer)id);
  return 1;
}

/* (engine, id of a call) -> bytes of its body that have left, bytes of its body; nil: no such call,
   or it was taken  [-0, +1..2, v] */
static int l_progress (lua_State *L) {
  struct ka_engine *e = check_engine(L);
  int64_t id = ka_check_int64(L, 2, "id");
  size_t sent = 0, total = 0;
  if (id <= 0 || !ka_engine_progress(e, (uint64_t)id, &sent, &total)) {
    lua_pushnil(L);
    return 1;
  }
  lua_pushinteger(L, (lua_Integer)sent);
  lua_pushinteger(L, (lua_Integer)total);
  return 2;
}

/* (engine, id) -> was it still under way? Then it completes as canceled  [-0, +1, v] */
static int l_cancel (lua_State *L) {
  struct ka_engine *e = check_engine(L);
  int64_t id = ka_check_int64(L, 2, "id");
  lua_pushboolean(L, id > 0 && ka_engine_cancel(e, (uint64_t)id));
  return 1;
}

/* (engine) -> descriptor, readable when step has work or a completion waits  [-0, +1, v] */
static int l_fd (lua_State *L) {
  lua_pushinteger(L, ka_engine_fd(check_engine(L)));
  return 1;
}

/* (engine) -> can it be used: neither closed, made before a fork, nor stopped by the end of the
   process?  [-0, +1, v] */
static int l_usable (lua_State *L) {
  const struct engine_box *box = ka_check_self(L, ENGINE);
  lua_pushboolean(L, box->engine != NULL && ka_engine_state(box->engine) == KA_ENGINE_OPEN);
  return 1;
}

/* (engine) -> calls, timers and watches not taken yet  [-0, +1, v] */
static int l_pending (lua_State *L) {
  lua_pushinteger(L, (lua_Integer)ka_engine_pending(check_engine(L)));
  return 1;
}

/* (engine) -> milliseconds of a clock that never goes back  [-0, +1, v] */
static int l_now (lua_State *L) {
  check_engine(L);
  lua_pushnumber(L, (lua_Number)ka_clock_us() / 1000);
  return 1;
}

/* (engine) -> milliseconds since 1970  [-0, +1, v] */
static int l_time (lua_State *L) {
  check_engine(L);
  lua_pushnumber(L, (lua_Number)ka_epoch_ms());
  return 1;
}

/* (engine); also __gc and __close. May run twice  [-0, +0, -] */
static int l_close (lua_State *L) {
  struct engine_box *box = luaL_checkudata(L, 1, ENGINE);
  struct ka_engine *e = box->engine;
  uint32_t slots;
  box->engine = NULL;
  if (e == NULL) return 0;
  slots = ka_engine_slots(e);
  ka_engine_free(e);
  for (uint32_t slot = 0; slot < slots; slot++) unpin(L, slot);
  return 0;
}

/* ---- completions ---------------------------------------------------------------------------- */

static void set_text (lua_State *L, const char *name, const char *text, size_t size) {
  lua_pushlstring(L, text, size);
  lua_setfield(L, -2, name);
}

static void set_integer (lua_State *L, const char *name, lua_Integer number) {
  lua_pushinteger(L, number);
  lua_setfield(L, -2, name);
}

/* { status =, head =, body =, http =, ms = }  [-0, +1, m] */
static void push_answered (lua_State *L, const struct ka_answer *a) {
  lua_createtable(L, 0, 5);
  set_integer(L, "status", a->status);
  set_text(L, "head", a->head, a->head_size);
  set_text(L, "body", a->body, a->body_size);
  set_text(L, "http", a->http == 2 ? "2" : "1.1", a->http == 2 ? 1 : 3);
  set_integer(L, "ms", (lua_Integer)a->ms);
}

/* { code =, message =, wire =, ms =, status = }  [-0, +1, m] */
static void push_failed (lua_State *L, const struct ka_answer *a) {
  lua_createtable(L, 0, 5);
  lua_pushstring(L, ka_ending_name(a->ending));
  lua_setfield(L, -2, "code");
  lua_pushstring(L, a->message);
  lua_setfield(L, -2, "message");
  lua_pushstring(L, a->sent ? "sent" : "unsent");
  lua_setfield(L, -2, "wire");
  set_integer(L, "ms", (lua_Integer)a->ms);
  if (a->status != 0) set_integer(L, "status", a->status);
}

/* (engine) -> id, answer; nothing when none waits  [-0, +0..2, v] */
static int l_take (lua_State *L) {
  struct ka_engine *e = check_engine(L);
  struct ka_answer answer;
  if (!ka_engine_take(e, &answer)) return 0;
  lua_pushinteger(L, (lua_Integer)answer.id);
  if (answer.ending == KA_ANSWERED) {
    push_answered(L, &answer);
  } else if (answer.ending == KA_RANG || answer.ending == KA_READABLE) {
    lua_createtable(L, 0, 1);
    lua_pushboolean(L, 1);
    lua_setfield(L, -2, ka_ending_name(answer.ending));
  } else {
    push_failed(L, &answer);
  }
  if (answer.borrowed) unpin(L, answer.slot);
  ka_engine_took(e); /* last: what is above may raise for want of memory; then it is taken again */
  return 2;
}

/* ---- channels ------------------------------------------------------------------------------- */

/* The text in a field of the options at 2, or NULL; the table keeps it alive.  [-0, +0, v] */
static const char *text_field (lua_State *L, const char *name) {
  const char *text = NULL;
  lua_getfield(L, 2, name);
  if (!lua_isnil(L, -1)) {
    if (lua_type(L, -1) != LUA_TSTRING)
      luaL_error(L, "%s: string expected, got %s", name, luaL_typename(L, -1));
    text = lua_tostring(L, -1);
    if (strlen(text) != lua_rawlen(L, -1)) luaL_error(L, "%s: a NUL in it", name);
  }
  lua_pop(L, 1);
  return text;
}

/* A positive whole number in a field of the options at 2, or 0.  [-0, +0, v] */
static int64_t size_field (lua_State *L, const char *name) {
  int64_t number = 0;
  lua_getfield(L, 2, name);
  if (!lua_isnil(L, -1) && (!ka_to_int64(L, -1, &number) || number < 1))
    luaL_error(L, "%s: whole number above 0 expected", name);
  lua_pop(L, 1);
  return number;
}

static bool flag_field (lua_State *L, const char *name) {
  bool flag;
  lua_getfield(L, 2, name);
  flag = lua_toboolean(L, -1);
  lua_pop(L, 1);
  return flag;
}

static bool http1_field (lua_State *L) {
  const char *http = text_field(L, "http");
  if (http == NULL || strcmp(http, "auto") == 0) return false;
  if (strcmp(http, "1.1") != 0) luaL_error(L, "http: \"auto\" or \"1.1\" expected");
  return true;
}

/* The list of lines at the top of the stack; it keeps them alive.  [-0, +0, v] */
static size_t read_lines (lua_State *L, struct ka_line *lines, size_t max) {
  size_t count = lua_rawlen(L, -1);
  if (count > max) luaL_error(L, "headers: more than %d lines", (int)max);
  for (size_t i = 0; i < count; i++) {
    lua_rawgeti(L, -1, (int)i + 1);
    if (lua_type(L, -1) != LUA_TSTRING)
      luaL_error(L, "headers: string expected, got %s", luaL_typename(L, -1));
    lines[i].text = lua_tolstring(L, -1, &lines[i].size);
    lua_pop(L, 1);
    check_line(L, lines[i].text, lines[i].size);
  }
  return count;
}

static size_t constant_headers (lua_State *L, const char **texts) {
  struct ka_line lines[CONSTANT_MAX];
  size_t count = 0;
  lua_getfield(L, 2, "headers");
  if (!lua_isnil(L, -1)) {
    if (!lua_istable(L, -1))
      luaL_error(L, "headers: table expected, got %s", luaL_typename(L, -1));
    count = read_lines(L, lines, CONSTANT_MAX);
  }
  lua_pop(L, 1);
  for (size_t i = 0; i < count; i++) texts[i] = lines[i].text;
  return count;
}

/* (engine, { base_url =, ca_file =, client_cert =, client_key =, proxy =, connect_timeout_ms =,
   response_max =, http = "auto" | "1.1", gzip = false, headers = { "Name: value", ... } })
   -> channel; or nil and why not  [-0, +1..2, v] */
static int l_channel (lua_State *L) {
  struct ka_engine *e = check_engine(L);
  struct ka_channel_options options = {0};
  const char *texts[CONSTANT_MAX], *why;
  struct channel_box *box;
  ka_check_table(L, 2, "options");
  options.base_url = text_field(L, "base_url");
  options.ca_file = text_field(L, "ca_file");
  options.client_cert = text_field(L, "client_cert");
  options.client_key = text_field(L, "client_key");
  options.proxy = text_field(L, "proxy");
  options.connect_timeout_ms = size_field(L, "connect_timeout_ms");
  options.response_max = (size_t)size_field(L, "response_max");
  options.http1 = http1_field(L);
  options.gzip = flag_field(L, "gzip");
  options.headers_count = constant_headers(L, texts);
  options.headers = texts;
  box = lua_newuserdatauv(L, sizeof *box, 1);
  *box = (struct channel_box){.owner = lua_touserdata(L, 1)};
  luaL_getmetatable(L, CHANNEL);
  lua_setmetatable(L, -2);
  lua_getuservalue(L, 1);
  lua_setuservalue(L, -2);
  if (ka_channel_new(e, &options, &box->channel, &why) == KA_OK) return 1;
  lua_pushnil(L);
  lua_pushstring(L, why);
  return 2;
}

/* Put the method, the target and the headers at 2 to 4 into the request.  [-0, +0, v] */
static void read_request (lua_State *L, struct ka_request *r) {
  size_t size;
  r->method = ka_check_text(L, 2, "method", &size);
  if (size == 0 || size > KA_METHOD_MAX || strspn(r->method, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != size)
    luaL_argerror(L, 2, "method: capital letters expected");
  r->target = ka_check_text(L, 3, "target", &r->target_size);
  check_target(L, r->target, r->target_size);
  r->headers_count = 0;
  if (lua_isnoneornil(L, 4)) return;
  ka_check_table(L, 4, "headers");
  lua_pushvalue(L, 4);
  r->headers_count = read_lines(L, r->headers, KA_HEADERS_MAX);
  lua_pop(L, 1);
}

/* A text of the part at the top of the stack, or NULL; the table at `kept` keeps it alive, since
   the script may change the part.  [-0, +0, v] */
static const char *part_text (lua_State *L, int kept, const char *field, size_t *size) {
  const char *text;
  lua_getfield(L, -1, field);
  if (lua_isnil(L, -1)) {
    lua_pop(L, 1);
    return NULL;
  }
  if (lua_type(L, -1) != LUA_TSTRING)
    luaL_error(L, "body.parts: %s: string expected, got %s", field, luaL_typename(L, -1));
  text = lua_tolstring(L, -1, size);
  lua_rawseti(L, kept, (int)lua_rawlen(L, kept) + 1);
  return text;
}

/* The same for what stands in a line of the part's head, so that it cannot begin another one. */
static const char *part_word (lua_State *L, int kept, const char *field) {
  size_t size = 0;
  const char *text = part_text(L, kept, field, &size);
  for (size_t i = 0; i < size; i++)
    if ((unsigned char)text[i] < ' ' || text[i] == 0x7f)
      luaL_error(L, "body.parts: %s: a control character in it", field);
  return text;
}

/* The part at the top of the stack. A file tells its name, never its folder.  [-0, +0, v] */
static void read_part (lua_State *L, int kept, struct ka_part *part) {
  const char *slash;
  size_t size = 0;
  if (!lua_istable(L, -1)) luaL_error(L, "body.parts: tables expected");
  part->name = part_word(L, kept, "name");
  part->filename = part_word(L, kept, "filename");
  part->type = part_word(L, kept, "type");
  part->file = part_text(L, kept, "file", &size);
  if (part->file != NULL && strlen(part->file) != size)
    luaL_error(L, "body.parts: file: a NUL in it");
  part->data = part_text(L, kept, "data", &part->data_size);
  if (part->name == NULL) luaL_error(L, "body.parts: name: string expected, got nil");
  if ((part->file == NULL) == (part->data == NULL))
    luaL_error(L, "body.parts: either file or data expected");
  if (part->file == NULL || part->filename != NULL) return;
  slash = strrchr(part->file, '/');
  part->filename = slash != NULL ? slash + 1 : part->file;
}

/* The list of parts at the top of the stack, which is replaced by all texts in it.  [-1, +1, v] */
static void read_parts (lua_State *L, struct ka_request *r, struct ka_part *parts) {
  int list = lua_gettop(L), kept = list + 1;
  size_t count = lua_istable(L, list) ? lua_rawlen(L, list) : 0;
  if (count < 1 || count > KA_PARTS_MAX)
    luaL_error(L, "body.parts: list of 1 to %d parts expected", KA_PARTS_MAX);
  lua_createtable(L, (int)count * 4, 0);
  memset(parts, 0, count * sizeof *parts);
  for (size_t i = 0; i < count; i++) {
    lua_rawgeti(L, list, (int)i + 1);
    read_part(L, kept, &parts[i]);
    lua_pop(L, 1);
  }
  lua_remove(L, list);
  r->parts = parts;
  r->parts_count = count;
}

/* The body at 5: a string, what a writer filled, nothing, { file = path } or { parts = list }.
   Pushes what must be kept while the call lasts, or nil.  [-0, +1, v] */
static void read_body (lua_State *L, struct ka_request *r, struct ka_part *parts) {
  const struct ka_body *filled;
  r->body = r->body_file = NULL;
  r->body_size = r->parts_count = 0;
  lua_settop(L, 7);
  lua_pushvalue(L, 5);
  if (lua_isnil(L, 5)) return;
  if (lua_type(L, 5) == LUA_TSTRING) {
    r->body = lua_tolstring(L, 5, &r->body_size);
    return;
  }
  filled = ka_body_at(L, 5);
  if (filled != NULL) {
    r->body = filled->text.length > 0 ? filled->text.bytes : "";
    r->body_size = filled->text.length;
    return;
  }
  if (!lua_istable(L, 5)) ka_refuse(L, 5, "body", "string, { file = path } or { parts = list }");
  lua_getfield(L, 5, "parts");
  if (!lua_isnil(L, -1)) { read_parts(L, r, parts); return; }
  lua_getfield(L, 5, "file");
  if (lua_type(L, -1) != LUA_TSTRING) luaL_argerror(L, 5, "body.file: string expected");
  r->body_file = lua_tostring(L, -1);
}

/* Keep the value at the top where the next slot's owner looks for it, before anything can fail.
   [-0, +0, m] */
static void pin (lua_State *L, const struct ka_engine *e) {
  lua_getuservalue(L, 1);
  lua_pushvalue(L, -2);
  lua_rawseti(L, -2, (int)ka_engine_next_slot(e) + 1);
  lua_pop(L, 1);
  if (lua_type(L, -1) == LUA_TUSERDATA) ka_body_lend(lua_touserdata(L, -1));
}

/* (channel, method, target, headers or nil, body, timeout_ms, fresh: on a connection of its own and
   never sent twice) -> id; or nil and why a file cannot be read. body: a string, what a writer
   filled, nil, { file = path }, or a form: { parts = { { name =, file = path or data = bytes,
   filename =, type = }, ... } }  [-0, +1..2, v] */
static int l_submit (lua_State *L) {
  struct channel_box *box = check_channel(L);
  struct ka_engine *e = box->owner->engine;
  struct ka_request request;
  struct ka_part parts[KA_PARTS_MAX];
  const char *unreadable = NULL;
  bool pinned;
  uint64_t id;
  enum ka_rc rc;
  read_request(L, &request);
  read_body(L, &request, parts);
  request.timeout_ms = check_ms(L, 6, "timeout_ms");
  request.fresh = lua_toboolean(L, 7) != 0;
  pinned = request.body != NULL || request.parts_count > 0;
  if (pinned) pin(L, e);
  rc = ka_channel_submit(box->channel, &request, &id, &unreadable);
  if (rc == KA_OK) {
    lua_pushinteger(L, (lua_Integer)id);
    return 1;
  }
  if (pinned) unpin(L, ka_engine_next_slot(e));
  if (rc == KA_NOMEM || rc == KA_FAILED) return exhausted(L, rc);
  if (rc == KA_TOO_LARGE) return luaL_error(L, "target and headers are too large");
  lua_pushnil(L);
  lua_pushfstring(L, "%s: %s", unreadable, strerror(errno));
  return 2;
}

/* (channel); also __gc and __close: what is under way completes as canceled  [-0, +0, -] */
static int l_close_channel (lua_State *L) {
  struct channel_box *box = luaL_checkudata(L, 1, CHANNEL);
  struct ka_channel *c = box->channel;
  box->channel = NULL;
  if (c != NULL) ka_channel_free(c);
  return 0;
}

/* ---- the classes ---------------------------------------------------------------------------- */

static const luaL_Reg functions[] = {{"new", l_new}, {NULL, NULL}};
static const luaL_Reg engine_methods[] = {
  {"channel", l_channel}, {"timer", l_timer}, {"watch", l_watch}, {"cancel", l_cancel},
  {"step", l_step}, {"take", l_take}, {"fd", l_fd}, {"pending", l_pending},
  {"usable", l_usable}, {"now", l_now}, {"time", l_time}, {"progress", l_progress},
  {"close", l_close}, {NULL, NULL}
};

static const luaL_Reg channel_methods[] = {
  {"submit", l_submit}, {"close", l_close_channel}, {NULL, NULL}
};

/* Push { new = }.  [-0, +1, m] */
int ka_open_engine (lua_State *L) {
  ka_new_closable(L, ENGINE, engine_methods, l_close);
  ka_new_closable(L, CHANNEL, channel_methods, l_close_channel);
  luaL_newlib(L, functions);
  return 1;
}
