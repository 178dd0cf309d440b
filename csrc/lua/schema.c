/* kassa.core.schema: a compiled type and the buffer that its values are written into. Writing
   returns text or the list of every fault; it never raises for a value, whatever it holds. */
#include "lua/body.h"
#include "lua/check.h"
#include "lua/schema.h"
#include "lua/bindings.h"
#include "core/buffer.h"

#define WRITER "kassa.schema.writer"
#define BUFFER_KEPT_MAX (64u << 10) /* bytes of buffer that a writer keeps between calls */

/* Stack slots of a write. */
enum { SELF = 1, VALUE, FAULTS, BODY };

struct writer {
  const struct ka_type *type;  /* held by the user value; NULL until the first use */
  struct ka_buffer out, scratch;
  bool busy;                   /* a finalizer that writes while we write gets a buffer of its own */
};

static void push_metatable (lua_State *L);

/* A closed writer of no type yet.  [-0, +1, m] */
static struct writer *new_writer (lua_State *L) {
  struct writer *own = lua_newuserdatauv(L, sizeof *own, 1);
  *own = (struct writer) { .type = NULL };
  ka_buffer_init(&own->out, KA_JSON_MAX);
  ka_buffer_init(&own->scratch, KA_MESSAGE_MAX);
  push_metatable(L);
  lua_setmetatable(L, -2);
  return own;
}

/* Compile the type table on top of the stack for the writer at the slot, whose user value then
   holds all that the compiled type is made of.  [-1, +0, v] */
static void compile (lua_State *L, struct writer *own, int slot) {
  lua_newtable(L);
  lua_insert(L, -2);
  own->type = ka_compile(L, lua_gettop(L) - 1);
  lua_pop(L, 1);
  lua_setuservalue(L, slot);
}

/* Leave the type table on top of the stack in the writer's user value until its first use.
   [-1, +0, m] */
static void compile_later (lua_State *L, int slot) {
  lua_newtable(L);
  lua_insert(L, -2);
  lua_rawseti(L, -2, 1);
  lua_setuservalue(L, slot);
}

/* [-0, +0, v] */
static void compile_now (lua_State *L, struct writer *own, int slot) {
  lua_getuservalue(L, slot);
  lua_rawgeti(L, -1, 1);
  compile(L, own, slot);
  lua_pop(L, 1);
}

/* (type, later = false) -> writer. Raises when it is no type; with later on the first write, so
   that a program does not wait for what it never sends.  [-0, +1, v] */
static int l_compile (lua_State *L) {
  struct writer *own;
  luaL_checktype(L, 1, LUA_TTABLE);
  lua_settop(L, 2);
  own = new_writer(L);
  lua_pushvalue(L, 1);
  if (lua_toboolean(L, 2)) compile_later(L, 3);
  else compile(L, own, 3);
  return 1;
}

void ka_push_free_writer (lua_State *L) {
  struct writer *own = new_writer(L);
  int slot = lua_gettop(L);
  lua_newtable(L);
  lua_pushliteral(L, "any");
  lua_setfield(L, -2, "kind");
  compile(L, own, slot);
}

/* Free what one large value left behind; the usual request fits into what is kept. */
static void tidy (struct ka_buffer *b) {
  if (b->capacity > BUFFER_KEPT_MAX) ka_buffer_free(b);
}

/* The body, whose buffer and that of the walk change places, so that nothing is copied. */
static void push_body (struct ka_walk *w, struct ka_body *body) {
  struct ka_buffer filled = *w->out;
  *w->out = body->text;
  body->text = filled;
  lua_pushvalue(w->L, BODY);
}

/* text, or the body where there is one; or nil and the faults.  [-0, +(1|2), m] */
static int push_result (struct ka_walk *w, struct ka_body *body) {
  if (w->rc == KA_NOMEM) return luaL_error(w->L, "not enough memory");
  if (w->fault_count == 0) {
    if (body != NULL) push_body(w, body);
    else lua_pushlstring(w->L, w->out->bytes, w->out->length);
    return 1;
  }
  lua_pushnil(w->L);
  lua_pushvalue(w->L, w->faults);
  return 2;
}

struct how { bool strict, sums; struct ka_body *body; };

/* Write with the buffers of own, which nobody else uses meanwhile. */
static int write_with (lua_State *L, struct writer *own, const struct ka_type *type,
                       const struct how *how) {
  struct ka_walk w = {
    .L = L, .out = &own->out, .scratch = &own->scratch, .marks = ka_marks(L), .faults = FAULTS,
    .strict = how->strict, .sums = how->strict && how->sums, .rc = KA_OK
  };
  int results;
  own->busy = true; /* stays so when memory ends in here: then others write with their own, too */
  ka_buffer_clear(&own->out);
  ka_write_value(&w, type, VALUE);
  results = push_result(&w, how->body);
  tidy(&own->out);
  own->busy = false;
  return results;
}

/* SELF and VALUE, FAULTS being nil, and BODY when it is to be filled.  [-0, +(1|2), m] */
static int write_how (lua_State *L, const struct how *how) {
  struct writer *own = ka_check_self(L, WRITER);
  const struct ka_type *type;
  luaL_checkstack(L, LUA_MINSTACK, "kassa.schema");
  if (own->type == NULL) compile_now(L, own, SELF);
  type = own->type;
  if (own->busy) own = new_writer(L);
  return write_with(L, own, type, how);
}

int ka_write (lua_State *L, bool strict, bool sums) {
  struct how how = { strict, sums, NULL };
  lua_settop(L, VALUE);
  lua_settop(L, BODY);
  return write_how(L, &how);
}

/* A flag that is on unless the caller says false. */
static bool is_on (lua_State *L, int slot) {
  return lua_type(L, slot) != LUA_TBOOLEAN || lua_toboolean(L, slot);
}

/* (writer, value, strict = true, sums = true) -> text | nil, faults. With strict = false unknown
   fields and values of the wrong kind are written as they are, and rules are not asked.
   [-0, +(1|2), m] */
static int l_write (lua_State *L) {
  bool strict = is_on(L, 3), sums = is_on(L, 4);
  return ka_write(L, strict, sums);
}

/* (writer, value, strict = true, sums = true, spare: a body nobody needs any more, or nil) -> body
   | nil, faults. The same, but into the spare body or a new one.  [-0, +(1|2), m] */
static int l_fill (lua_State *L) {
  struct how how = { is_on(L, 3), is_on(L, 4), NULL };
  lua_settop(L, 5);
  how.body = ka_body_at(L, 5);
  if (how.body == NULL || how.body->lent > 0) how.body = ka_push_body(L, KA_JSON_MAX);
  lua_replace(L, BODY);
  lua_settop(L, BODY);
  lua_pushnil(L);
  lua_replace(L, FAULTS);
  return write_how(L, &how);
}

/* (writer). May run twice.  [-0, +0, -] */
static int l_gc (lua_State *L) {
  struct writer *own = luaL_checkudata(L, SELF, WRITER);
  ka_buffer_free(&own->out);
  ka_buffer_free(&own->scratch);
  return 0;
}

static const luaL_Reg methods[] = {
  {"write", l_write}, {"fill", l_fill},
  {NULL, NULL}
};

static const luaL_Reg functions[] = {
  {"compile", l_compile},
  {NULL, NULL}
};

/* The metatable of writers, made on first use.  [-0, +1, m] */
static void push_metatable (lua_State *L) {
  luaL_getmetatable(L, WRITER);
  if (!lua_isnil(L, -1)) return;
  lua_pop(L, 1);
  ka_new_class(L, WRITER, methods);
  lua_pushcfunction(L, l_gc);
  lua_setfield(L, -2, "__gc");
}

/* () -> core.schema  [-0, +1, m] */
int ka_open_schema (lua_State *L) {
  luaL_newlib(L, functions);
  return 1;
}
