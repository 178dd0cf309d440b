/* Values of no described type, and lists and maps of any: what JSON can hold is written, and what
   it cannot hold is a fault. It never guesses at a table that is neither list nor map. */
#include <stdlib.h>
#include <string.h>
#include "lua/schema.h"
#include "core/number.h"

#define SPARE_SLOTS 16
#define HOLE_HINT "positions go from 1 to n without a gap; kassa.null keeps a place empty"
#define KEYS_AT_HAND 24 /* members of a map that are sorted without asking for memory */

bool ka_is_null (struct ka_walk *w, int slot) {
  return lua_type(w->L, slot) == LUA_TLIGHTUSERDATA && lua_touserdata(w->L, slot) == NULL;
}

bool ka_is_marked_list (struct ka_walk *w, int slot) {
  const void *mark;
  if (!lua_getmetatable(w->L, slot)) return false;
  mark = lua_topointer(w->L, -1);
  lua_pop(w->L, 1);
  return mark == w->marks->list_mt || mark == w->marks->array_mt
    || mark == w->marks->empty_array_mt;
}

bool ka_enter (struct ka_walk *w, int slot, int slots) {
  const void *table = lua_topointer(w->L, slot);
  for (int i = 0; i < w->depth; i++) {
    if (w->tables[i] != table) continue;
    ka_fault_cycle(w, w->depth - i);
    return false;
  }
  if (w->depth >= KA_DEPTH_MAX || !lua_checkstack(w->L, slots)) {
    ka_fault(w, NULL, "nests deeper than %d tables", KA_DEPTH_MAX);
    return false;
  }
  w->tables[w->depth++] = table;
  return true;
}

void ka_leave (struct ka_walk *w) {
  w->depth--;
}

bool ka_refuse_text (struct ka_walk *w, enum ka_rc rc, const struct ka_text *met) {
  if (rc == KA_INVALID)
    ka_fault(w, NULL, "text is not UTF-8 from byte %d on", (int) met->bad_at + 1);
  else
    ka_stop(w, rc);
  return false;
}

static void write_number (struct ka_walk *w, int slot) {
  char digits[KA_NUMBER_SIZE];
  size_t size;
  if (lua_isinteger(w->L, slot))
    size = ka_integer_write(digits, (int64_t) lua_tointeger(w->L, slot));
  else
    size = ka_number_write(digits, (double) lua_tonumber(w->L, slot));
  if (size > 0) ka_put(w, digits, size);
  else ka_fault_got(w, "a finite number", slot, NULL);
}

/* Lists ------------------------------------------------------------------------------------ */

/* Is the key on top but one a place from 1 to size? */
static bool is_place (lua_State *L, size_t size) {
  int64_t place;
  if (lua_isinteger(L, -2)) place = (int64_t) lua_tointeger(L, -2);
  else if (lua_type(L, -2) != LUA_TNUMBER || !ka_to_int64(L, -2, &place)) return false;
  return place >= 1 && (uint64_t) place <= size;
}

static void fault_key (struct ka_walk *w) {
  size_t size;
  const char *bytes;
  if (lua_type(w->L, -2) == LUA_TNUMBER) {
    ka_fault(w, HOLE_HINT, "is a list with holes");
  } else if (lua_type(w->L, -2) == LUA_TSTRING) {
    bytes = lua_tolstring(w->L, -2, &size);
    ka_fault(w, "a list has positions only, an object has names only",
             "is a list, but has the name %s too", ka_quote(w, bytes, size));
  } else {
    ka_fault(w, NULL, "has a key that is a %s", luaL_typename(w->L, -2));
  }
}

/* A list has the keys 1 to n and no other; false after a fault. */
static bool is_list (struct ka_walk *w, int slot, size_t size) {
  size_t count = 0;
  lua_pushnil(w->L);
  while (lua_next(w->L, slot)) {
    if (!is_place(w->L, size)) {
      fault_key(w);
      lua_pop(w->L, 2);
      return false;
    }
    count++;
    lua_pop(w->L, 1);
  }
  if (count < size) ka_fault(w, HOLE_HINT, "is a list with holes");
  return count == size;
}

static void write_places (struct ka_walk *w, const struct ka_type *item, int slot, size_t size) {
  struct ka_step step = { w->here, NULL, 0 };
  int member = lua_gettop(w->L) + 1;
  w->here = &step;
  while (step.size < size && !w->stopped) {
    if (step.size++ > 0) ka_put(w, ",", 1);
    lua_rawgeti(w->L, slot, (int) step.size);
    w->nullable = false;
    if (item != NULL) ka_write_value(w, item, member);
    else ka_write_free(w, member);
    lua_pop(w->L, 1);
  }
  w->here = step.up;
}

static void check_count (struct ka_walk *w, const struct ka_type *type, size_t size) {
  if (type == NULL || !w->strict) return;
  if ((int64_t) size > type->max)
    ka_fault(w, NULL, "expected at most %d members, got %d", (int) type->max, (int) size);
  else if ((int64_t) size < type->min)
    ka_fault(w, NULL, "expected at least %d members, got %d", (int) type->min, (int) size);
}

void ka_write_empty_list (struct ka_walk *w, const struct ka_type *type) {
  ka_put(w, "[]", 2);
  check_count(w, type, 0);
}

void ka_write_list (struct ka_walk *w, const struct ka_type *type, int slot, size_t size) {
  if (!ka_enter(w, slot, SPARE_SLOTS)) return;
  if (is_list(w, slot, size)) {
    ka_put(w, "[", 1);
    write_places(w, type == NULL ? NULL : type->item, slot, size);
    ka_put(w, "]", 1);
    check_count(w, type, size);
  }
  ka_leave(w);
}

/* Maps ------------------------------------------------------------------------------------- */

struct key {
  const char *bytes;
  size_t size;
  int slot;
};

static int compare (const void *left, const void *right) {
  const struct key *a = left, *b = right;
  size_t size = a->size < b->size ? a->size : b->size;
  int order = memcmp(a->bytes, b->bytes, size);
  if (order != 0) return order;
  return (a->size > b->size) - (a->size < b->size);
}

static bool is_known (const struct ka_names *known, const char *bytes, size_t size) {
  return known != NULL && ka_names_find(known, bytes, size) >= 0;
}

/* The text keys that are not known, left on the stack; other keys are faults. A stack slot a key is
   also what keeps it alive while faults take memory.  [-0, +n, m] */
static size_t push_keys (struct ka_walk *w, const struct ka_names *known, int slot) {
  lua_State *L = w->L;
  size_t count = 0;
  lua_pushnil(L);
  while (lua_next(L, slot)) {
    size_t size = 0;
    const char *bytes = lua_type(L, -2) == LUA_TSTRING ? lua_tolstring(L, -2, &size) : NULL;
    if (bytes == NULL)
      ka_fault(w, "names are text; a list has the positions 1 to n and no other key",
               "has a key that is a %s", luaL_typename(L, -2));
    lua_pop(L, 1);
    if (bytes == NULL || is_known(known, bytes, size)) continue;
    if (!lua_checkstack(L, SPARE_SLOTS)) {
      ka_fault(w, NULL, "has too many members");
      break;
    }
    lua_pushvalue(L, -1);
    count++;
  }
  return count;
}

static void write_member (struct ka_walk *w, const struct ka_members *how) {
  int member = lua_gettop(w->L);
  struct ka_text met;
  struct ka_name name = { w->here->name, w->here->size };
  if (how->refuse) {
    ka_fault_unlisted(w, "is not a field of this object", how->known, name);
  } else if (ka_write_text(w, name.bytes, name.size, &met)) {
    ka_put(w, ":", 1);
    w->nullable = false;
    if (how->item != NULL) ka_write_value(w, how->item, member);
    else ka_write_free(w, member);
  }
}

/* keys: as push_keys left them; room for count of them. */
static void write_sorted (struct ka_walk *w, const struct ka_members *how, int slot, int first,
                          struct key *keys, size_t count) {
  struct ka_step step = { w->here, NULL, 0 };
  for (size_t i = 0; i < count; i++) {
    keys[i].slot = first + (int) i;
    keys[i].bytes = lua_tolstring(w->L, keys[i].slot, &keys[i].size);
  }
  qsort(keys, count, sizeof *keys, compare);
  w->here = &step;
  for (size_t i = 0; i < count && !w->stopped; i++) {
    step.name = keys[i].bytes;
    step.size = keys[i].size;
    if (!how->refuse && (i > 0 || how->comma)) ka_put(w, ",", 1);
    lua_pushvalue(w->L, keys[i].slot);
    lua_rawget(w->L, slot);
    write_member(w, how);
    lua_pop(w->L, 1);
  }
  w->here = step.up;
}

size_t ka_write_members (struct ka_walk *w, const struct ka_members *how, int slot) {
  struct key at_hand[KEYS_AT_HAND];
  struct key *keys = at_hand;
  int top = lua_gettop(w->L);
  size_t count = push_keys(w, how->known, slot);
  if (count > KEYS_AT_HAND) {
    lua_settop(w->L, top + (int) count);
    keys = lua_newuserdatauv(w->L, count * sizeof *keys, 0);
  }
  write_sorted(w, how, slot, top + 1, keys, count);
  lua_settop(w->L, top);
  return count;
}

/* type: NULL where nothing is known of the members. */
void ka_write_map (struct ka_walk *w, const struct ka_type *type, int slot) {
  struct ka_members how = { type == NULL ? NULL : type->item, NULL, false, false };
  size_t count;
  if (!ka_enter(w, slot, SPARE_SLOTS)) return;
  ka_put(w, "{", 1);
  count = ka_write_members(w, &how, slot);
  ka_put(w, "}", 1);
  check_count(w, type, count);
  ka_leave(w);
}

/* Values ----------------------------------------------------------------------------------- */

static void write_light (struct ka_walk *w, int slot) {
  if (ka_is_null(w, slot)) ka_put(w, "null", 4);
  else if (lua_touserdata(w->L, slot) == w->marks->empty_array) ka_put(w, "[]", 2);
  else ka_fault_got(w, "a value", slot, NULL);
}

static void write_string (struct ka_walk *w, int slot) {
  struct ka_text met;
  size_t size;
  const char *bytes = lua_tolstring(w->L, slot, &size);
  ka_write_text(w, bytes, size, &met);
}

static void write_table (struct ka_walk *w, int slot) {
  size_t size = lua_rawlen(w->L, slot);
  if (size > 0 || ka_is_marked_list(w, slot)) ka_write_list(w, NULL, slot, size);
  else ka_write_map(w, NULL, slot);
}

void ka_write_free (struct ka_walk *w, int slot) {
  switch (lua_type(w->L, slot)) {
    case LUA_TSTRING: write_string(w, slot); break;
    case LUA_TNUMBER: write_number(w, slot); break;
    case LUA_TTABLE: write_table(w, slot); break;
    case LUA_TLIGHTUSERDATA: write_light(w, slot); break;
    case LUA_TBOOLEAN:
      if (lua_toboolean(w->L, slot)) ka_put(w, "true", 4);
      else ka_put(w, "false", 5);
      break;
    default: ka_fault_got(w, "a value", slot, NULL); break;
  }
}
