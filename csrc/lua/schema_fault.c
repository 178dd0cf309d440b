/* Faults: where, what, and what was probably meant. A message repeats names and codes, never the
   value of a field that is marked personal or secret. */
#include <math.h>
#include <stdarg.h>
#include <string.h>
#include "lua/schema.h"
#include "core/nearest.h"
#include "core/number.h"

#define NAME_SHOWN_MAX 64 /* bytes of a name in a message */

/* scratch grows by these; what does not fit is left out, a message may be cut. */
static void add (struct ka_walk *w, const char *bytes, size_t size) {
  if (ka_buffer_add(w->scratch, bytes, size) != KA_OK) return;
}

static void add_quoted (struct ka_walk *w, const char *bytes, size_t size) {
  struct ka_text met;
  size_t shown = size;
  if (size > NAME_SHOWN_MAX) { /* cut before a character, not inside one */
    shown = NAME_SHOWN_MAX;
    while (shown > 0 && (bytes[shown] & 0xc0) == 0x80) shown--;
  }
  if (ka_text_write(w->scratch, bytes, shown, &met) != KA_OK) add(w, "\"?\"", 3);
  if (shown < size) add(w, "...", 3);
}

const char *ka_quote (struct ka_walk *w, const char *bytes, size_t size) {
  ka_buffer_clear(w->scratch);
  add_quoted(w, bytes, size);
  add(w, "", 1);
  return w->scratch->bytes == NULL ? "?" : w->scratch->bytes;
}

/* Paths ------------------------------------------------------------------------------------ */

static bool is_bare (const char *name, size_t size) {
  if (size == 0 || size > NAME_SHOWN_MAX) return false;
  return strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-") == size;
}

static void add_step (struct ka_walk *w, const struct ka_step *step) {
  char digits[KA_INTEGER_SIZE];
  if (step->name != NULL && is_bare(step->name, step->size)) {
    if (step->up != NULL) add(w, ".", 1);
    add(w, step->name, step->size);
    return;
  }
  add(w, "[", 1);
  if (step->name != NULL) add_quoted(w, step->name, step->size);
  else add(w, digits, ka_integer_write(digits, (int64_t) step->size));
  add(w, "]", 1);
}

/* As deep as the value, which is at most KA_DEPTH_MAX. */
static void add_path (struct ka_walk *w, const struct ka_step *step) {
  if (step == NULL) return;
  add_path(w, step->up);
  add_step(w, step);
}

/* [-0, +1, m] */
static void push_path (struct ka_walk *w, const struct ka_step *step) {
  ka_buffer_clear(w->scratch);
  add_path(w, step);
  lua_pushlstring(w->L, w->scratch->length > 0 ? w->scratch->bytes : "", w->scratch->length);
}

/* The list ---------------------------------------------------------------------------------- */

/* The list of faults, made with the first of them.  [-0, +1, m] */
static void push_list (struct ka_walk *w) {
  if (lua_isnil(w->L, w->faults)) {
    lua_newtable(w->L);
    lua_replace(w->L, w->faults);
  }
  lua_pushvalue(w->L, w->faults);
}

/* Put the fault with the message on top of the stack into the list.  [-1, +0, m] */
static void add_fault (struct ka_walk *w, const struct ka_step *at, const char *hint,
                       bool advisory) {
  lua_State *L = w->L;
  push_list(w);
  lua_createtable(L, 0, 4);
  lua_pushvalue(L, -3);
  lua_setfield(L, -2, "message");
  push_path(w, at);
  lua_setfield(L, -2, "path");
  lua_pushstring(L, hint);
  lua_setfield(L, -2, "hint");
  if (advisory) {
    lua_pushboolean(L, 1);
    lua_setfield(L, -2, "advisory");
  }
  lua_rawseti(L, -2, ++w->fault_count);
  lua_pop(L, 2);
}

/* [-1, +0, m] */
static void note (struct ka_walk *w, const char *hint, bool advisory) {
  if (w->stopped) { lua_pop(w->L, 1); return; }
  add_fault(w, w->here, hint, advisory);
  if (w->fault_count < KA_FAULTS_MAX) return;
  w->stopped = true;
  lua_pushfstring(w->L, "has more faults than the %d listed", KA_FAULTS_MAX);
  add_fault(w, NULL, NULL, false);
}

void ka_fault (struct ka_walk *w, const char *hint, const char *message, ...) {
  va_list arguments;
  va_start(arguments, message);
  lua_pushvfstring(w->L, message, arguments);
  va_end(arguments);
  note(w, hint, false);
}

void ka_fault_advice (struct ka_walk *w, const char *message, ...) {
  va_list arguments;
  va_start(arguments, message);
  lua_pushvfstring(w->L, message, arguments);
  va_end(arguments);
  note(w, "sums = false sends it as it is", true);
}

void ka_stop (struct ka_walk *w, enum ka_rc rc) {
  if (w->stopped) return;
  if (rc == KA_TOO_LARGE) {
    lua_pushfstring(w->L, "is longer than %d bytes of JSON", (int) KA_JSON_MAX);
    add_fault(w, NULL, NULL, false);
  }
  w->rc = rc;
  w->stopped = true;
}

/* What was found --------------------------------------------------------------------------- */

static const char *number_name (struct ka_walk *w, int slot, char *digits) {
  double value = (double) lua_tonumber(w->L, slot);
  if (isnan(value)) return "NaN";
  if (isinf(value)) return value > 0 ? "infinity" : "minus infinity";
  if (w->discreet) return "another number";
  if (lua_isinteger(w->L, slot))
    digits[ka_integer_write(digits, (int64_t) lua_tointeger(w->L, slot))] = '\0';
  else
    digits[ka_number_write(digits, value)] = '\0';
  return digits;
}

static const char *got_name (struct ka_walk *w, int slot, char *digits) {
  switch (lua_type(w->L, slot)) {
    case LUA_TNUMBER: return number_name(w, slot, digits);
    case LUA_TSTRING: return "text";
    case LUA_TBOOLEAN: return lua_toboolean(w->L, slot) ? "true" : "false";
    case LUA_TLIGHTUSERDATA: return ka_is_null(w, slot) ? "null" : "userdata";
    case LUA_TTABLE:
      return lua_rawlen(w->L, slot) > 0 || ka_is_marked_list(w, slot) ? "a list" : "an object";
    default: return luaL_typename(w->L, slot);
  }
}

void ka_fault_got (struct ka_walk *w, const char *expected, int slot, const char *hint) {
  char digits[KA_NUMBER_SIZE + 1];
  ka_fault(w, hint, "expected %s, got %s", expected, got_name(w, slot, digits));
}

static const struct ka_name *nearest (const struct ka_names *listed, struct ka_name got) {
  const struct ka_name *best = NULL;
  size_t least = KA_NEAREST_FAR;
  for (unsigned i = 0; i < listed->count; i++) {
    const struct ka_name *name = &listed->list[i];
    size_t distance = ka_nearest_distance(got.bytes, got.size, name->bytes, name->size);
    if (distance < least) { least = distance; best = name; }
  }
  return best;
}

/* The first few of a list of names, when none is near.  [-0, +1, m] */
static void push_listed (struct ka_walk *w, const struct ka_names *listed) {
  ka_buffer_clear(w->scratch);
  add(w, "one of", 6);
  for (unsigned i = 0; i < listed->count && i < KA_TERMS_MAX; i++) {
    add(w, i > 0 ? ", " : " ", i > 0 ? 2 : 1);
    add(w, listed->list[i].bytes, listed->list[i].size);
  }
  if (listed->count > KA_TERMS_MAX) add(w, ", ...", 5);
  lua_pushlstring(w->L, w->scratch->bytes, w->scratch->length);
}

/* A name or code that is not listed, with the nearest that is. */
void ka_fault_unlisted (struct ka_walk *w, const char *message, const struct ka_names *listed,
                        struct ka_name got) {
  const struct ka_name *meant = nearest(listed, got);
  if (meant != NULL) lua_pushfstring(w->L, "did you mean \"%s\"?", meant->bytes);
  else push_listed(w, listed);
  ka_fault(w, lua_tostring(w->L, -1), "%s", message);
  lua_pop(w->L, 1);
}

/* steps_up: how far above the walk's place the same table was entered. */
void ka_fault_cycle (struct ka_walk *w, int steps_up) {
  const struct ka_step *step = w->here;
  while (steps_up-- > 0 && step != NULL) step = step->up;
  push_path(w, step);
  ka_fault(w, NULL, "is the table that holds it, the one at \"%s\"", lua_tostring(w->L, -1));
  lua_pop(w->L, 1);
}
