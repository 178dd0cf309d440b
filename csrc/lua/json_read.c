/* Reads JSON text into Lua values in one pass: whole numbers become integers, an empty list is
   told from an empty map, null is the null light userdata. It refuses what RFC 8259 refuses, bad
   UTF-8, and nesting deeper than it could write.

   lua-cjson does most of this, at twice the cost, but makes one thing of [] and {}, loses integers
   above 2^53 and takes NaN, hexadecimal numbers and control characters; a pass behind it would
   have to read the text again. */
#include <locale.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "lua/bindings.h"
#include "lua/check.h"
#include "lua/schema.h"

#define NAMES_BITS 9
#define NAMES (1 << NAMES_BITS)  /* names of members remembered */
#define NAME_SIZE_MAX 40         /* bytes of one; Lua itself keeps longer strings apart */
#define NAME_TABLE 2             /* stack slot of the table that holds them */
#define HELD_MAX 32              /* members of a map that wait on the stack for its table */
#define NUMBER_MAX 64            /* bytes of a number that is no integer */
#define DIGITS_MAX 18            /* digits that fit int64 whatever they are */

/* Names met before. An API says the same few names again and again: looking one up here is cheaper
   than having Lua make the string anew. bytes are those of the string that the table beside holds,
   at the same place from 1; NULL: none yet. A newer name takes the place of an older one. */
struct names {
  struct { const char *bytes; size_t size; } seen[NAMES];
};

struct reader {
  lua_State *L;
  struct names *names;
  const char *start, *at, *end;
  const char *expected;     /* what should have stood at `at`; NULL while all is well */
  int depth;
};

/* For what read_value leads to: each pays for the registers that it needs itself. */
#define OUT_OF_LINE __attribute__((noinline))

static bool read_value (struct reader *r);

static bool fail (struct reader *r, const char *expected) {
  if (r->expected == NULL) r->expected = expected;
  return false;
}

static inline void skip_space (struct reader *r) {
  while (r->at < r->end && (*r->at == ' ' || *r->at == '\n' || *r->at == '\r' || *r->at == '\t'))
    r->at++;
}

static inline bool accept (struct reader *r, char byte) {
  if (r->at == r->end) return false;
  if (*r->at != byte) {
    skip_space(r);
    if (r->at == r->end || *r->at != byte) return false;
  }
  r->at++;
  return true;
}

/* Strings ------------------------------------------------------------------------------------ */

static int hex_digit (char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f') return (c | 0x20) - 'a' + 10;
  return -1;
}

/* The four hexadecimal digits at s, or -1. */
static long read_unit (const char *s, const char *end) {
  long unit = 0;
  if (end - s < 4) return -1;
  for (int i = 0; i < 4; i++) {
    int digit = hex_digit(s[i]);
    if (digit < 0) return -1;
    unit = unit * 16 + digit;
  }
  return unit;
}

static char *put_utf8 (char *out, unsigned long code) {
  if (code < 0x80) {
    *out++ = (char) code;
  } else if (code < 0x800) {
    *out++ = (char) (0xC0 | code >> 6);
    *out++ = (char) (0x80 | (code & 0x3F));
  } else if (code < 0x10000) {
    *out++ = (char) (0xE0 | code >> 12);
    *out++ = (char) (0x80 | (code >> 6 & 0x3F));
    *out++ = (char) (0x80 | (code & 0x3F));
  } else {
    *out++ = (char) (0xF0 | code >> 18);
    *out++ = (char) (0x80 | (code >> 12 & 0x3F));
    *out++ = (char) (0x80 | (code >> 6 & 0x3F));
    *out++ = (char) (0x80 | (code & 0x3F));
  }
  return out;
}

/* \uXXXX at *s, behind the u: one unit, or a pair of surrogates. -1 for anything else. */
static long read_code (const char **s, const char *end) {
  long high = read_unit(*s, end), low;
  if (high < 0) return -1;
  *s += 4;
  if (high < 0xD800 || high > 0xDFFF) return high;
  if (high > 0xDBFF || end - *s < 6 || (*s)[0] != '\\' || (*s)[1] != 'u') return -1;
  low = read_unit(*s + 2, end);
  if (low < 0xDC00 || low > 0xDFFF) return -1;
  *s += 6;
  return 0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00);
}

/* What a letter behind a backslash stands for; 0 for none. */
static char short_escape (char letter) {
  switch (letter) {
    case 'b': return '\b';
    case 'f': return '\f';
    case 'n': return '\n';
    case 'r': return '\r';
    case 't': return '\t';
    case '"': case '\\': case '/': return letter;
    default: return '\0';
  }
}

/* Push the string from s to end, its escapes undone. The copy is never longer than the text.
   [-0, +(0|1), m] */
static bool push_unescaped (struct reader *r, const char *s, const char *end) {
  char *copy = lua_newuserdatauv(r->L, (size_t) (end - s), 0), *out = copy;
  while (s < end) {
    if (*s != '\\') { *out++ = *s++; continue; }
    r->at = s++;
    if (*s == 'u') {
      long code;
      s++;
      code = read_code(&s, end);
      if (code < 0) { lua_pop(r->L, 1); return fail(r, "a Unicode escape"); }
      out = put_utf8(out, (unsigned long) code);
    } else {
      char meant = short_escape(*s++);
      if (meant == '\0') { lua_pop(r->L, 1); return fail(r, "an escape"); }
      *out++ = meant;
    }
  }
  lua_pushlstring(r->L, copy, (size_t) (out - copy));
  lua_remove(r->L, -2);
  return true;
}

/* Step over one character that is not plain. */
static bool step_odd (struct reader *r, bool *escaped) {
  uint32_t code;
  size_t size;
  if (*r->at == '\\') {
    if (r->end - r->at < 2) return fail(r, "an escape");
    *escaped = true;
    r->at += 2;
    return true;
  }
  if (*r->at == 0x7f) { r->at++; return true; }
  if ((unsigned char) *r->at < 0x80) return fail(r, "no control character");
  size = ka_text_character(r->at, (size_t) (r->end - r->at), &code);
  if (size == 0) return fail(r, "UTF-8");
  r->at += size;
  return true;
}

/* The string whose quote has been read.  [-0, +(0|1), m] */
static OUT_OF_LINE bool read_string (struct reader *r) {
  const char *start = r->at;
  bool escaped = false;
  for (;;) {
    r->at = ka_text_plain_end(r->at, r->end);
    if (r->at == r->end) return fail(r, "the end of a string");
    if (*r->at == '"') break;
    if (!step_odd(r, &escaped)) return false;
  }
  if (escaped) {
    const char *quote = r->at;
    if (!push_unescaped(r, start, quote)) return false;
    r->at = quote;
  } else {
    lua_pushlstring(r->L, start, (size_t) (r->at - start));
  }
  r->at++;
  return true;
}

/* Names -------------------------------------------------------------------------------------- */

/* A place by the size and four of the bytes, mixed by multiplication: of the 233 names in Klarna's
   examples 149 have one of their own. */
static unsigned name_place (const char *s, size_t size) {
  const unsigned char *u = (const unsigned char *) s;
  uint32_t mixed = (((u[0] * 131u + u[size - 1]) * 131u + u[size / 2]) * 131u
                    + u[size * 3 / 4] * 37u + (uint32_t) size) * 2654435769u;
  return mixed >> (32 - NAMES_BITS);
}

/* Push the name, from memory where it was met before.  [-0, +1, m] */
static void push_name (struct reader *r, const char *s, size_t size) {
  unsigned place = name_place(s, size);
  if (r->names->seen[place].size == size && memcmp(r->names->seen[place].bytes, s, size) == 0) {
    lua_rawgeti(r->L, NAME_TABLE, (int) place + 1);
    return;
  }
  lua_pushlstring(r->L, s, size);
  lua_pushvalue(r->L, -1);
  lua_rawseti(r->L, NAME_TABLE, (int) place + 1);
  r->names->seen[place].bytes = lua_tostring(r->L, -1);
  r->names->seen[place].size = size;
}

/* The name whose quote has been read.  [-0, +(0|1), m] */
static bool read_name (struct reader *r) {
  const char *start = r->at, *end = ka_text_plain_end(start, r->end);
  bool short_and_plain = end > start && end - start <= NAME_SIZE_MAX;
  if (!short_and_plain || end == r->end || *end != '"') return read_string(r);
  push_name(r, start, (size_t) (end - start));
  r->at = end + 1;
  return true;
}

/* Numbers ------------------------------------------------------------------------------------ */

static bool is_digit (const struct reader *r, const char *s) {
  return s < r->end && *s >= '0' && *s <= '9';
}

static const char *skip_digits (const struct reader *r, const char *s) {
  while (is_digit(r, s)) s++;
  return s;
}

/* A number with a fraction, an exponent or many digits. Whole ones become integers up to 2^53.
   [-0, +(0|1), -] */
static bool push_double (struct reader *r, const char *start, size_t size) {
  char copy[NUMBER_MAX + 1], *point;
  double value;
  int64_t whole;
  if (size > NUMBER_MAX) return fail(r, "a shorter number");
  memcpy(copy, start, size);
  copy[size] = '\0';
  point = memchr(copy, '.', size);
  if (point != NULL) *point = *localeconv()->decimal_point;
  value = strtod(copy, NULL);
  if (!isfinite(value)) return fail(r, "a number that a double can hold");
  lua_pushnumber(r->L, value);
  if (!ka_to_int64(r->L, -1, &whole)) return true;
  lua_pop(r->L, 1);
  lua_pushinteger(r->L, (lua_Integer) whole);
  return true;
}

/* False when the digits pass what this Lua counts exactly.  [-0, +(0|1), -] */
static bool push_integer (struct reader *r, const char *digits, const char *end, bool minus) {
  int64_t value = 0;
  if (end - digits > DIGITS_MAX) return false;
  for (const char *s = digits; s < end; s++) value = value * 10 + (*s - '0');
  if (value > KA_INT64_MAX) return false;
  lua_pushinteger(r->L, (lua_Integer) (minus ? -value : value));
  return true;
}

static OUT_OF_LINE bool read_number (struct reader *r) {
  const char *start = r->at, *digits = start, *s;
  bool minus = *digits == '-', plain = true;
  digits += minus;
  if (!is_digit(r, digits)) return fail(r, "a digit");
  s = *digits == '0' ? digits + 1 : skip_digits(r, digits);
  if (s < r->end && *s == '.') {
    if (!is_digit(r, s + 1)) return fail(r, "a digit");
    s = skip_digits(r, s + 1);
    plain = false;
  }
  if (s < r->end && (*s | 0x20) == 'e') {
    s += s + 1 < r->end && (s[1] == '+' || s[1] == '-') ? 2 : 1;
    if (!is_digit(r, s)) return fail(r, "a digit");
    s = skip_digits(r, s);
    plain = false;
  }
  r->at = s;
  if (plain && push_integer(r, digits, s, minus)) return true;
  return push_double(r, start, (size_t) (s - start));
}

/* Containers --------------------------------------------------------------------------------- */

static bool enter (struct reader *r) {
  if (++r->depth > KA_DEPTH_MAX) return fail(r, "less nesting");
  if (!lua_checkstack(r->L, 2 * HELD_MAX + 6)) return fail(r, "less nesting");
  return true;
}

/* [-0, +1, m] */
static bool push_empty_list (struct reader *r) {
  lua_newtable(r->L);
  luaL_getmetatable(r->L, KA_LIST_MARK);
  lua_setmetatable(r->L, -2);
  return true;
}

/* The list whose bracket has been read.  [-0, +(0|n), m] */
static OUT_OF_LINE bool read_list (struct reader *r) {
  int place = 0;
  if (accept(r, ']')) return push_empty_list(r);
  if (!enter(r)) return false;
  lua_createtable(r->L, 1, 0);
  do {
    if (!read_value(r)) return false;
    lua_rawseti(r->L, -2, ++place);
  } while (accept(r, ','));
  r->depth--;
  return accept(r, ']') || fail(r, "a comma or ]");
}

/* Make a table in its final size of the pairs that wait on the stack above slot base, which it
   takes over.  [-2 * pairs, +0, m] */
static void gather (lua_State *L, int base, int pairs) {
  lua_createtable(L, 0, pairs);
  lua_replace(L, base);
  while (pairs-- > 0) lua_rawset(L, base);
}

/* A name and its value.  [-0, +(0..2), m] */
static bool read_pair (struct reader *r) {
  if (!accept(r, '"')) return fail(r, "a name");
  if (!read_name(r)) return false;
  if (!accept(r, ':')) return fail(r, "a colon");
  return read_value(r);
}

/* The map whose brace has been read. Of a name that comes twice one value stays.
   [-0, +(0|n), m] */
static OUT_OF_LINE bool read_map (struct reader *r) {
  int base = lua_gettop(r->L) + 1, pairs = 0;
  if (accept(r, '}')) { lua_newtable(r->L); return true; }
  if (!enter(r)) return false;
  lua_pushnil(r->L); /* keeps the place */
  do {
    if (!read_pair(r)) return false;
    if (++pairs == HELD_MAX) gather(r->L, base, pairs);
    else if (pairs > HELD_MAX) lua_rawset(r->L, base);
  } while (accept(r, ','));
  if (pairs < HELD_MAX) gather(r->L, base, pairs);
  r->depth--;
  return accept(r, '}') || fail(r, "a comma or }");
}

static OUT_OF_LINE bool read_word (struct reader *r, const char *word, size_t size) {
  if ((size_t) (r->end - r->at) < size || memcmp(r->at, word, size) != 0) return fail(r, "a value");
  r->at += size;
  switch (*word) {
    case 't': lua_pushboolean(r->L, 1); break;
    case 'f': lua_pushboolean(r->L, 0); break;
    default: lua_pushlightuserdata(r->L, NULL); break;
  }
  return true;
}

static bool read_value (struct reader *r) {
  skip_space(r);
  if (r->at == r->end) return fail(r, "a value");
  switch (*r->at) {
    case '{': r->at++; return read_map(r);
    case '[': r->at++; return read_list(r);
    case '"': r->at++; return read_string(r);
    case 't': return read_word(r, "true", 4);
    case 'f': return read_word(r, "false", 5);
    case 'n': return read_word(r, "null", 4);
    default: return read_number(r);
  }
}

/* (text) -> value | nil, message. null is the null light userdata, which cjson.null is too; an
   empty list has core.json.list_mt.  [-0, +(1|2), m] */
static int l_decode (lua_State *L) {
  struct reader r = { .L = L };
  size_t size;
  r.start = r.at = ka_check_text(L, 1, "text", &size);
  r.end = r.start + size;
  r.names = lua_touserdata(L, lua_upvalueindex(1));
  lua_settop(L, 1);
  lua_pushvalue(L, lua_upvalueindex(2));
  if (read_value(&r)) {
    skip_space(&r);
    if (r.at == r.end) return 1;
    fail(&r, "the end");
  }
  lua_settop(L, 1);
  lua_pushnil(L);
  lua_pushfstring(L, "expected %s at byte %d", r.expected, (int) (r.at - r.start) + 1);
  return 2;
}

void ka_json_push_decode (lua_State *L) {
  memset(lua_newuserdatauv(L, sizeof(struct names), 0), 0, sizeof(struct names));
  lua_createtable(L, NAMES, 0);
  lua_pushcclosure(L, l_decode, 2);
}
