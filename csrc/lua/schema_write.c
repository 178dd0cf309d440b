/* The value of a described type: checked and written as JSON in the same step. It never raises,
   runs no metamethod, and refuses to write a value that the type does not allow. */
#include <math.h>
#include <string.h>
#include "lua/schema.h"
#include "core/format.h"
#include "core/money.h"
#include "core/number.h"
#include "core/time.h"

#define SPARE_SLOTS 16 /* what a fault or a scalar takes of the Lua stack */

/* For what ka_write_value leads to: each pays for the registers that it needs itself. */
#define OUT_OF_LINE __attribute__((noinline))

/* What a kind is called in a fault. By the order of enum ka_kind. */
static const char *const expected[] = {
  "text", "a token (text)", "an id (text)", "a URL", "an e-mail address", "a phone number",
  "a locale such as en-US", "a currency code of three letters", "a country code of two letters",
  "a time such as 2024-01-31T12:00:00Z", "a date such as 2024-01-31", "one of the listed values",
  "a whole number of minor units", "a whole number", "a number", "true or false", "a list",
  "a map", "a value", "an object", "whole minor units or a decimal text such as \"19.99\"",
  "an object"
};

static const char money_hint[] =
  "amounts are whole minor units, 19.99 USD is 1999: kassa.money converts";

/* A value of another kind than the type's: a fault, or with strict = false written as it is. null
   may stand for a field that is not required: it asks the server to clear it. */
static void write_other (struct ka_walk *w, const struct ka_type *type, int slot) {
  const char *hint = NULL;
  if (!w->strict || (w->nullable && ka_is_null(w, slot))) { ka_write_free(w, slot); return; }
  if (type->kind == KA_AMOUNT && lua_isnumber(w->L, slot)) hint = money_hint;
  else if (type->kind <= KA_ENUM && lua_type(w->L, slot) == LUA_TNUMBER)
    hint = "a number that is text stands in quotes";
  ka_fault_got(w, expected[type->kind], slot, hint);
}

/* Text ------------------------------------------------------------------------------------- */

static bool has_format (enum ka_kind kind, const char *s, size_t size) {
  switch (kind) {
    case KA_URL: return ka_is_url(s, size);
    case KA_EMAIL: return ka_is_email(s, size);
    case KA_PHONE: return ka_is_phone(s, size);
    case KA_LOCALE: return ka_is_locale(s, size);
    case KA_CURRENCY: return ka_is_currency(s, size);
    case KA_COUNTRY: return ka_is_country(s, size);
    case KA_TIME: return ka_is_time(s, size);
    case KA_DATE: return ka_is_date(s, size);
    default: return true;
  }
}

static void check_length (struct ka_walk *w, const struct ka_type *type, size_t characters) {
  if ((int64_t) characters < type->min)
    ka_fault(w, NULL, "expected at least %d characters, got %d",
             (int) type->min, (int) characters);
  else if ((int64_t) characters > type->max)
    ka_fault(w, NULL, "expected at most %d characters, got %d",
             (int) type->max, (int) characters);
}

static void check_characters (struct ka_walk *w, const struct ka_type *type,
                              const struct ka_text *met) {
  if (type->kind == KA_TOKEN || !(met->controls || (met->breaks && !type->multiline))) return;
  ka_fault(w, NULL, met->controls ? "has a control character in it"
                                  : "has a line break or a TAB in it");
}

static void check_code (struct ka_walk *w, const struct ka_type *type, const char *s, size_t size) {
  struct ka_name got = { s, size };
  if (type->codes == NULL || ka_names_find(type->codes, s, size) >= 0) return;
  if (type->open && ka_is_spelled(s, size)) return;
  ka_fault_unlisted(w, "is none of the allowed values", type->codes, got);
}

/* A text that is not plain ASCII, or that needs more room. False after a fault in its bytes. */
static OUT_OF_LINE bool write_odd (struct ka_walk *w, const struct ka_type *type, const char *s,
                                   size_t size, size_t *characters) {
  struct ka_text met;
  if (!ka_write_text(w, s, size, &met)) return false;
  *characters = met.characters;
  if (w->strict && (met.controls || met.breaks)) check_characters(w, type, &met);
  return true;
}

static OUT_OF_LINE void write_text (struct ka_walk *w, const struct ka_type *type, int slot) {
  const char *s;
  size_t size, characters;
  if (lua_type(w->L, slot) != LUA_TSTRING) { write_other(w, type, slot); return; }
  s = lua_tolstring(w->L, slot, &size);
  characters = size;
  if (!ka_text_write_plain(w->out, s, size) && !write_odd(w, type, s, size, &characters)) return;
  if (!w->strict) return;
  if ((int64_t) characters > type->max || (int64_t) characters < type->min)
    check_length(w, type, characters);
  else if (!has_format(type->kind, s, size))
    ka_fault(w, NULL, "expected %s", expected[type->kind]);
  else
    check_code(w, type, s, size);
}

/* A time as the newer APIs take it: 2024-01-31T12:00:00.000Z. What is no time is a fault, or with
   strict = false written as it is. */
static OUT_OF_LINE void write_millis (struct ka_walk *w, const struct ka_type *type, int slot) {
  char text[KA_TIME_SIZE];
  size_t size = 0;
  int64_t ms;
  const char *s = lua_type(w->L, slot) == LUA_TSTRING ? lua_tolstring(w->L, slot, &size) : NULL;
  if (s == NULL || !ka_is_time(s, size) || !ka_time_read(s, size, &ms)) {
    write_text(w, type, slot);
    return;
  }
  ka_time_write(text, ms);
  ka_put(w, "\"", 1);
  ka_put(w, text, sizeof text);
  ka_put(w, "\"", 1);
}

/* Numbers ---------------------------------------------------------------------------------- */

static void fault_range (struct ka_walk *w, const char *side, int64_t limit, int64_t got) {
  char limit_text[KA_INTEGER_SIZE + 1], got_text[KA_INTEGER_SIZE + 1];
  limit_text[ka_integer_write(limit_text, limit)] = '\0';
  got_text[ka_integer_write(got_text, got)] = '\0';
  if (w->discreet) ka_fault(w, NULL, "expected %s %s", side, limit_text);
  else ka_fault(w, NULL, "expected %s %s, got %s", side, limit_text, got_text);
}

/* A number that is not whole, or too large for Lua to hold exactly. */
static void fault_not_whole (struct ka_walk *w, const struct ka_type *type, int slot) {
  double value = (double) lua_tonumber(w->L, slot);
  if (isfinite(value) && fabs(value) > KA_INTEGER_EXACT)
    ka_fault_got(w, "a whole number up to 2^53 (a float counts no further)", slot, NULL);
  else
    ka_fault_got(w, expected[type->kind], slot,
                 type->kind == KA_AMOUNT && isfinite(value) ? money_hint : NULL);
}

static void put_integer (struct ka_walk *w, int64_t value) {
  struct ka_buffer *out = w->out;
  if (ka_buffer_room(out, KA_INTEGER_SIZE) == KA_OK) {
    out->length += ka_integer_write(out->bytes + out->length, value);
  } else { /* at the limit, where each byte counts */
    char digits[KA_INTEGER_SIZE] = {0};
    size_t size = ka_integer_write(digits, value);
    ka_put(w, digits, size);
  }
}

static inline bool to_whole (lua_State *L, int slot, int64_t *value) {
  if (!lua_isinteger(L, slot)) return ka_to_int64(L, slot, value);
  *value = (int64_t) lua_tointeger(L, slot);
  return true;
}

static OUT_OF_LINE void write_whole (struct ka_walk *w, const struct ka_type *type, int slot) {
  int64_t value;
  if (!to_whole(w->L, slot, &value)) {
    if (lua_type(w->L, slot) != LUA_TNUMBER) { write_other(w, type, slot); return; }
    if (w->strict) fault_not_whole(w, type, slot);
    else ka_write_free(w, slot);
    return;
  }
  put_integer(w, value);
  if (!w->strict) return;
  if (value < type->min) fault_range(w, "at least", type->min, value);
  else if (value > type->max) fault_range(w, "at most", type->max, value);
}

static OUT_OF_LINE void write_number (struct ka_walk *w, const struct ka_type *type, int slot) {
  double value;
  if (lua_type(w->L, slot) != LUA_TNUMBER) { write_other(w, type, slot); return; }
  value = (double) lua_tonumber(w->L, slot);
  ka_write_free(w, slot);
  if (!w->strict || !isfinite(value)) return;
  if (value < type->number_min) ka_fault(w, NULL, "expected at least %f", type->number_min);
  else if (value > type->number_max) ka_fault(w, NULL, "expected at most %f", type->number_max);
}

static OUT_OF_LINE void write_flag (struct ka_walk *w, const struct ka_type *type, int slot) {
  if (lua_type(w->L, slot) != LUA_TBOOLEAN) write_other(w, type, slot);
  else if (lua_toboolean(w->L, slot)) ka_put(w, "true", 4);
  else ka_put(w, "false", 5);
}

/* Decimals --------------------------------------------------------------------------------- */

static const char float_hint[] =
  "a float is not exact: 19.99 USD is 1999 in minor units, or the text \"19.99\"";

/* The text as it will be sent has to be within the limit of its type.  [-0, +0, m] */
static void put_decimal (struct ka_walk *w, const struct ka_type *type, const char *s,
                         size_t size) {
  ka_put(w, "\"", 1);
  ka_put(w, s, size);
  ka_put(w, "\"", 1);
  if (w->strict) check_length(w, type, size);
}

static void write_minor (struct ka_walk *w, const struct ka_type *type, int64_t minor) {
  char text[KA_MONEY_SIZE];
  size_t size;
  if (*w->currency == '\0')
    ka_fault(w, "minor units have no meaning without one", "needs the currency to be known");
  else if (w->strict && minor < 0)
    fault_range(w, "at least", 0, minor);
  else {
    size = ka_money_write(text, minor, ka_money_decimals(w->currency));
    put_decimal(w, type, text, size);
  }
}

static void write_decimal_text (struct ka_walk *w, const struct ka_type *type, int slot) {
  bool known = *w->currency != '\0';
  unsigned decimals = known ? ka_money_decimals(w->currency) : KA_MONEY_DECIMALS_MAX;
  int64_t minor = 0;
  size_t size;
  const char *s = lua_tolstring(w->L, slot, &size);
  switch (ka_money_read(s, size, decimals, &minor)) {
    case KA_MONEY_OK:
      if (minor < 0) ka_fault(w, NULL, "expected an amount of at least 0");
      put_decimal(w, type, s, size);
      break;
    case KA_MONEY_DECIMALS:
      ka_fault(w, "the provider would cut them off", "has more decimals than the %d of %s",
               (int) decimals, known ? w->currency : "any currency");
      break;
    case KA_MONEY_LARGE:
      ka_fault(w, NULL, "has more than %d digits", KA_MONEY_DIGITS_MAX);
      break;
    default:
      ka_fault_got(w, expected[KA_DECIMAL], slot, "a point, no comma, no blanks, no sign");
      break;
  }
}

/* Money that goes out as text, by the currency that the record around it tells. */
static OUT_OF_LINE void write_decimal (struct ka_walk *w, const struct ka_type *type, int slot) {
  int64_t minor;
  int kind = lua_type(w->L, slot);
  if (kind == LUA_TSTRING && w->strict) write_decimal_text(w, type, slot);
  else if (kind == LUA_TNUMBER && to_whole(w->L, slot, &minor)) write_minor(w, type, minor);
  else if (kind == LUA_TNUMBER && w->strict)
    ka_fault_got(w, expected[KA_DECIMAL], slot, float_hint);
  else write_other(w, type, slot);
}

/* Records ---------------------------------------------------------------------------------- */

/* Pass over the keys of the table at the slot. The values of fields stay on the stack, each below
   a copy of its key.  [-0, +2 * fields, -] */
static void find_fields (lua_State *L, const struct ka_record *record, int slot,
                         struct ka_found *found) {
  int top = lua_gettop(L);
  found->present = 0;
  found->others = false;
  lua_pushnil(L);
  while (lua_next(L, slot)) {
    int index = ka_names_at(&record->fields, ka_address(L, -2, record->fields.head));
    if (index < 0 && lua_type(L, -2) == LUA_TSTRING) {
      size_t size;
      const char *name = lua_tolstring(L, -2, &size);
      index = ka_names_find_content(&record->fields, name, size);
    }
    if (index < 0) {
      found->others = true;
      lua_pop(L, 1);
    } else {
      top += 2;
      found->present |= UINT64_C(1) << index;
      found->at[index] = top;
      lua_pushvalue(L, -2);
    }
  }
}

static int take_lowest (uint64_t *set) {
  int index = __builtin_ctzll(*set);
  *set &= *set - 1;
  return index;
}

/* Openings are short and many: a copy of fixed size takes the place of a call to memcpy. */
static inline void put_opening (struct ka_walk *w, const char *opening, size_t size) {
  struct ka_buffer *out = w->out;
  if (size > KA_OPENING_COPY || ka_buffer_room(out, KA_OPENING_COPY) != KA_OK) {
    ka_put(w, opening, size);
    return;
  }
  memcpy(out->bytes + out->length, opening, KA_OPENING_COPY);
  out->length += size;
}

static void write_fields (struct ka_walk *w, const struct ka_record *record,
                          const struct ka_found *found) {
  struct ka_step step = { w->here, NULL, 0 };
  bool discreet = w->discreet;
  size_t comma = 1; /* openings start with one, which the first field leaves out */
  uint64_t rest = found->present;
  w->here = &step;
  while (rest != 0 && !w->stopped) {
    int index = take_lowest(&rest);
    const struct ka_field *field = &record->field[index];
    step.name = field->name.bytes;
    step.size = field->name.size;
    w->discreet = discreet || field->discreet;
    put_opening(w, field->opening + comma, field->opening_size - comma);
    comma = 0;
    w->nullable = !field->required;
    ka_write_value(w, field->type, found->at[index]);
  }
  w->discreet = discreet;
  w->here = step.up;
}

static void fault_missing (struct ka_walk *w, const struct ka_record *record, uint64_t missing) {
  struct ka_step step = { w->here, NULL, 0 };
  w->here = &step;
  while (missing != 0 && !w->stopped) {
    const struct ka_name *name = &record->fields.list[take_lowest(&missing)];
    step.name = name->bytes;
    step.size = name->size;
    ka_fault(w, NULL, "is required");
  }
  w->here = step.up;
}

/* Keys that are no fields: faults, or with strict = false written behind the fields. */
static void write_others (struct ka_walk *w, const struct ka_record *record, int slot,
                          const struct ka_found *found) {
  struct ka_members how = { NULL, &record->fields, found->present != 0, w->strict };
  ka_write_members(w, &how, slot);
}

/* Is the table without a field a list? */
static bool is_list (struct ka_walk *w, int slot, const struct ka_found *found) {
  return found->others ? lua_rawlen(w->L, slot) > 0 : ka_is_marked_list(w, slot);
}

static void write_object (struct ka_walk *w, const struct ka_record *record, int slot,
                          const struct ka_found *found) {
  uint64_t missing = record->required & ~found->present;
  ka_put(w, "{", 1);
  write_fields(w, record, found);
  if (found->others) write_others(w, record, slot, found);
  ka_put(w, "}", 1);
  if (missing != 0 && w->strict) fault_missing(w, record, missing);
}

static OUT_OF_LINE void write_record (struct ka_walk *w, const struct ka_type *type, int slot) {
  const struct ka_record *record = type->record;
  struct ka_found found;
  int faults = w->fault_count;
  int top = lua_gettop(w->L);
  if (lua_type(w->L, slot) != LUA_TTABLE) { write_other(w, type, slot); return; }
  if (!ka_enter(w, slot, 2 * (int) record->fields.count + SPARE_SLOTS)) return;
  find_fields(w->L, record, slot, &found);
  if (found.present == 0 && is_list(w, slot, &found)) {
    ka_leave(w);
    write_other(w, type, slot);
    return;
  }
  write_object(w, record, slot, &found);
  if (w->sums && record->rule_count > 0 && w->fault_count == faults)
    ka_check_rules(w, record, &found);
  lua_settop(w->L, top);
  ka_leave(w);
}

/* Take the currency at the end of the record's path, where there is one.  [-0, +0, m] */
static void take_currency (struct ka_walk *w, const struct ka_record *record, int slot) {
  lua_State *L = w->L;
  lua_pushvalue(L, slot);
  for (unsigned i = 0; i < record->currency_steps && lua_istable(L, -1); i++) {
    lua_pushlstring(L, record->currency[i].bytes, record->currency[i].size);
    lua_rawget(L, -2);
    lua_replace(L, -2);
  }
  if (lua_type(L, -1) == LUA_TSTRING) {
    size_t size;
    const char *code = lua_tolstring(L, -1, &size);
    if (ka_is_currency(code, size)) memcpy(w->currency, code, sizeof w->currency - 1);
  }
  lua_pop(L, 1);
}

/* A record that tells the currency of the decimals below it. */
static OUT_OF_LINE void write_priced (struct ka_walk *w, const struct ka_type *type, int slot) {
  char around[sizeof w->currency];
  memcpy(around, w->currency, sizeof around);
  if (lua_istable(w->L, slot) && lua_checkstack(w->L, SPARE_SLOTS))
    take_currency(w, type->record, slot);
  ka_write_value(w, type->item, slot);
  memcpy(w->currency, around, sizeof around);
}

/* Lists and maps -------------------------------------------------------------------------- */

static bool is_empty (lua_State *L, int slot) {
  lua_pushnil(L);
  if (!lua_next(L, slot)) return true;
  lua_pop(L, 2);
  return false;
}

/* The empty table is a list where the schema says so, and a map where it does not. */
static OUT_OF_LINE void write_container (struct ka_walk *w, const struct ka_type *type, int slot) {
  size_t size;
  if (lua_type(w->L, slot) != LUA_TTABLE) { write_other(w, type, slot); return; }
  size = lua_rawlen(w->L, slot);
  if (type->kind == KA_LIST && size > 0) ka_write_list(w, type, slot, size);
  else if (type->kind == KA_LIST && is_empty(w->L, slot)) ka_write_empty_list(w, type);
  else if (type->kind == KA_MAP && size == 0 && !ka_is_marked_list(w, slot))
    ka_write_map(w, type, slot);
  else write_other(w, type, slot);
}

void ka_write_value (struct ka_walk *w, const struct ka_type *type, int slot) {
  switch (type->kind) {
    case KA_AMOUNT: case KA_INTEGER: write_whole(w, type, slot); break;
    case KA_NUMBER: write_number(w, type, slot); break;
    case KA_FLAG: write_flag(w, type, slot); break;
    case KA_RECORD: write_record(w, type, slot); break;
    case KA_PRICED: write_priced(w, type, slot); break;
    case KA_DECIMAL: write_decimal(w, type, slot); break;
    case KA_LIST: case KA_MAP: write_container(w, type, slot); break;
    case KA_ANY: ka_write_free(w, slot); break;
    case KA_TIME:
      if (type->millis) write_millis(w, type, slot);
      else write_text(w, type, slot);
      break;
    default: write_text(w, type, slot); break;
  }
}
