/* kassa.core.json: JSON for values of no described type, and what the decoder leaves undone. It
   refuses to parse: lua-cjson does that, and settle goes by its result. */
#include <string.h>
#include "lua/schema.h"
#include "lua/bindings.h"

#define SETTLE_DEPTH_MAX 1000

/* Marks -------------------------------------------------------------------------------------- */

static const char marks_key; /* its address is the key of the marks in the registry */

/* Keep the value at the slot alive for good and return its address; NULL for nil.
   [-0, +0, m] */
static const void *hold (lua_State *L, int slot) {
  if (lua_isnoneornil(L, slot)) return NULL;
  lua_pushvalue(L, slot);
  luaL_ref(L, LUA_REGISTRYINDEX);
  return lua_topointer(L, slot);
}

/* The marks, and the list mark's metatable with them.  [-0, +0, m] */
static struct ka_marks *new_marks (lua_State *L) {
  struct ka_marks *marks = lua_newuserdatauv(L, sizeof *marks, 0);
  memset(marks, 0, sizeof *marks);
  lua_pushlightuserdata(L, (void *) (uintptr_t) &marks_key);
  lua_pushvalue(L, -2);
  lua_rawset(L, LUA_REGISTRYINDEX);
  lua_pop(L, 1);
  luaL_newmetatable(L, "kassa.list");
  marks->list_mt = hold(L, lua_gettop(L));
  lua_pop(L, 1);
  return marks;
}

struct ka_marks *ka_marks (lua_State *L) {
  struct ka_marks *marks;
  lua_pushlightuserdata(L, (void *) (uintptr_t) &marks_key);
  lua_rawget(L, LUA_REGISTRYINDEX);
  marks = lua_touserdata(L, -1);
  lua_pop(L, 1);
  return marks != NULL ? marks : new_marks(L);
}

/* (empty_array, array_mt, empty_array_mt): honour the marks that the installed cjson has, each of
   which may be nil.  [-0, +0, m] */
static int l_adopt (lua_State *L) {
  struct ka_marks *marks = ka_marks(L);
  lua_settop(L, 3);
  marks->empty_array = lua_touserdata(L, 1);
  marks->array_mt = hold(L, 2);
  marks->empty_array_mt = hold(L, 3);
  return 0;
}

/* (value) -> text | nil, faults. Keys sorted; an empty table is {} unless marked as a list. The
   writer is the upvalue.  [-0, +(1|2), m] */
static int l_encode (lua_State *L) {
  lua_settop(L, 1);
  lua_pushvalue(L, lua_upvalueindex(1));
  lua_insert(L, 1);
  return ka_write(L, true, true);
}

/* Integers ----------------------------------------------------------------------------------- */

/* Make the number on top of the stack an integer where it is a whole one; true when it changed.
   [-0, +0, -] */
static bool settle_number (lua_State *L) {
  int64_t whole;
  if (lua_isinteger(L, -1) || !ka_to_int64(L, -1, &whole)) return false;
  lua_pop(L, 1);
  lua_pushinteger(L, (lua_Integer) whole);
  return true;
}

/* All numbers in the table at the slot and in the tables it holds. budget: how many tables may be
   looked at, since a value that no decoder made may hold itself.  [-0, +0, -] */
static void settle_numbers (lua_State *L, int slot, size_t *budget, int depth) {
  int top = lua_gettop(L);
  if (*budget == 0 || depth >= SETTLE_DEPTH_MAX || !lua_checkstack(L, 6)) return;
  --*budget;
  lua_pushnil(L);
  while (lua_next(L, slot)) {
    int type = lua_type(L, -1);
    if (type == LUA_TTABLE) {
      settle_numbers(L, top + 2, budget, depth + 1);
    } else if (type == LUA_TNUMBER && settle_number(L)) {
      lua_pushvalue(L, -2);
      lua_insert(L, -2);
      lua_rawset(L, slot); /* an existing key: the traversal stays valid */
      continue;
    }
    lua_pop(L, 1);
  }
}

/* Empty lists ---------------------------------------------------------------------------------

   lua-cjson makes the same empty table of [] and {}. Where the text holds a [], follow the text and
   the value together and mark the lists. The pair need not match: what does not is left alone. */

struct cursor {
  lua_State *L;
  const char *at, *end;
  int depth;
};

static bool follow (struct cursor *c, int slot);

static bool is_space (char byte) {
  return byte == ' ' || byte == '\t' || byte == '\n' || byte == '\r';
}

/* The next byte that is no blank, or 0 at the end. */
static char peek (struct cursor *c) {
  while (c->at < c->end && is_space(*c->at)) c->at++;
  return c->at < c->end ? *c->at : '\0';
}

static bool accept (struct cursor *c, char byte) {
  if (peek(c) != byte || c->at == c->end) return false;
  c->at++;
  return true;
}

/* Step over the string at the cursor; *size is what stands between its quotes. NULL: no string. */
static const char *take_string (struct cursor *c, size_t *size) {
  const char *start;
  if (!accept(c, '"')) return NULL;
  for (start = c->at; c->at < c->end && *c->at != '"'; c->at++)
    if (*c->at == '\\' && ++c->at == c->end) return NULL;
  if (c->at >= c->end) return NULL;
  *size = (size_t) (c->at++ - start);
  return start;
}

static int hex (char digit) {
  if (digit >= '0' && digit <= '9') return digit - '0';
  if ((digit | 0x20) >= 'a' && (digit | 0x20) <= 'f') return (digit | 0x20) - 'a' + 10;
  return -1;
}

/* The four hexadecimal digits at s, or -1. */
static long unit (const char *s, const char *end) {
  long value = 0;
  if (end - s < 4) return -1;
  for (int i = 0; i < 4; i++) {
    if (hex(s[i]) < 0) return -1;
    value = value * 16 + hex(s[i]);
  }
  return value;
}

static void add_utf8 (luaL_Buffer *b, long code) {
  if (code < 0x80) {
    luaL_addchar(b, (char) code);
    return;
  }
  if (code < 0x800) {
    luaL_addchar(b, (char) (0xc0 | code >> 6));
  } else {
    if (code < 0x10000) {
      luaL_addchar(b, (char) (0xe0 | code >> 12));
    } else {
      luaL_addchar(b, (char) (0xf0 | code >> 18));
      luaL_addchar(b, (char) (0x80 | (code >> 12 & 0x3f)));
    }
    luaL_addchar(b, (char) (0x80 | (code >> 6 & 0x3f)));
  }
  luaL_addchar(b, (char) (0x80 | (code & 0x3f)));
}

/* The escape behind a backslash; returns where the text goes on. */
static const char *add_escape (luaL_Buffer *b, const char *s, const char *end) {
  static const char pairs[] = "b\bt\tn\nf\fr\r";
  const char *found = strchr(pairs, *s);
  long high, low;
  if (*s != 'u' || (high = unit(s + 1, end)) < 0) {
    luaL_addchar(b, found != NULL && *s != '\0' ? found[1] : *s);
    return s + 1;
  }
  s += 5;
  if (high >= 0xd800 && high < 0xdc00 && end - s >= 6 && s[0] == '\\' && s[1] == 'u') {
    low = unit(s + 2, end);
    if (low >= 0xdc00 && low < 0xe000) {
      high = 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00);
      s += 6;
    }
  }
  add_utf8(b, high);
  return s;
}

/* A key as the decoder made it.  [-0, +1, m] */
static void push_key (lua_State *L, const char *s, size_t size) {
  const char *end = s + size;
  luaL_Buffer b;
  if (memchr(s, '\\', size) == NULL) {
    lua_pushlstring(L, s, size);
    return;
  }
  luaL_buffinit(L, &b);
  while (s < end) {
    if (*s != '\\' || s + 1 == end) luaL_addchar(&b, *s++);
    else s = add_escape(&b, s + 1, end);
  }
  luaL_pushresult(&b);
}

static bool is_empty_table (lua_State *L, int slot) {
  if (lua_type(L, slot) != LUA_TTABLE) return false;
  lua_pushnil(L);
  if (!lua_next(L, slot)) return true;
  lua_pop(L, 2);
  return false;
}

/* The text says here whether the empty table at the slot is a list. A metatable of somebody else
   stays; the mark goes when a key stands twice in the text and its last value is an object. */
static void mark (struct cursor *c, int slot, bool list) {
  const void *mark_mt = ka_marks(c->L)->list_mt;
  bool marked = false;
  if (!is_empty_table(c->L, slot)) return;
  if (lua_getmetatable(c->L, slot)) {
    marked = lua_topointer(c->L, -1) == mark_mt;
    lua_pop(c->L, 1);
    if (!marked || list) return;
  }
  if (list) luaL_getmetatable(c->L, "kassa.list");
  else lua_pushnil(c->L);
  lua_setmetatable(c->L, slot);
}

/* [-0, +0, m] */
static bool follow_object (struct cursor *c, int slot) {
  bool table = lua_type(c->L, slot) == LUA_TTABLE;
  if (accept(c, '}')) { mark(c, slot, false); return true; }
  do {
    size_t size;
    const char *key = take_string(c, &size);
    bool followed;
    if (key == NULL || !accept(c, ':')) return false;
    if (table) {
      push_key(c->L, key, size);
      lua_rawget(c->L, slot);
    } else {
      lua_pushnil(c->L);
    }
    followed = follow(c, lua_gettop(c->L));
    lua_pop(c->L, 1);
    if (!followed) return false;
  } while (accept(c, ','));
  return accept(c, '}');
}

/* [-0, +0, m] */
static bool follow_list (struct cursor *c, int slot) {
  bool table = lua_type(c->L, slot) == LUA_TTABLE;
  int place = 0;
  if (accept(c, ']')) { mark(c, slot, true); return true; }
  do {
    bool followed;
    if (table && place < INT32_MAX) lua_rawgeti(c->L, slot, ++place);
    else lua_pushnil(c->L);
    followed = follow(c, lua_gettop(c->L));
    lua_pop(c->L, 1);
    if (!followed) return false;
  } while (accept(c, ','));
  return accept(c, ']');
}

/* Step over the value at the cursor; slot holds what was decoded of it, or nil. False when the
   text ends or is no JSON.  [-0, +0, m] */
static bool follow (struct cursor *c, int slot) {
  size_t size;
  bool followed = false;
  if (c->depth >= SETTLE_DEPTH_MAX || !lua_checkstack(c->L, 6)) return false;
  c->depth++;
  switch (peek(c)) {
    case '{': c->at++; followed = follow_object(c, slot); break;
    case '[': c->at++; followed = follow_list(c, slot); break;
    case '"': followed = take_string(c, &size) != NULL; break;
    default:
      while (c->at < c->end && strchr(",]}: \t\r\n", *c->at) == NULL) { c->at++; followed = true; }
  }
  c->depth--;
  return followed;
}

/* Does the text hold a [] anywhere? One inside a string only costs the time of following. */
static bool has_empty_list (const char *text, size_t size) {
  const char *end = text + size;
  for (const char *at = text; (at = memchr(at, '[', (size_t) (end - at))) != NULL; ) {
    do at++; while (at < end && is_space(*at));
    if (at < end && *at == ']') return true;
    if (at >= end) return false;
  }
  return false;
}

/* (value, text) -> value, changed in place: whole floats become integers where the Lua has them,
   and empty lists carry the list mark. text: what value was decoded from; any other is harmless.
   [-0, +1, v] */
static int l_settle (lua_State *L) {
  struct cursor c = { .L = L };
  size_t size;
  size_t budget;
  c.at = luaL_checklstring(L, 2, &size);
  c.end = c.at + size;
  lua_settop(L, 2);
  lua_pushvalue(L, 1);
  budget = size; /* each table takes two bytes of text or more */
  if (KA_INT64_MAX == INT64_MAX) { /* else this Lua has one form of number only */
    if (lua_type(L, 3) == LUA_TTABLE) settle_numbers(L, 3, &budget, 0);
    else if (lua_type(L, 3) == LUA_TNUMBER) settle_number(L);
  }
  if (has_empty_list(c.at, size)) follow(&c, 3);
  lua_settop(L, 3);
  return 1;
}

static const luaL_Reg functions[] = {
  {"adopt", l_adopt},
  {"settle", l_settle},
  {NULL, NULL}
};

/* () -> core.json  [-0, +1, m] */
int ka_open_json (lua_State *L) {
  luaL_newlib(L, functions);
  ka_push_free_writer(L);
  lua_pushcclosure(L, l_encode, 1);
  lua_setfield(L, -2, "encode");
  ka_marks(L);
  luaL_getmetatable(L, "kassa.list");
  lua_setfield(L, -2, "list_mt");
  return 1;
}
