/* A type table becomes structs that the writer can follow without asking Lua. It refuses what is
   no type, so that the walk never has to doubt a struct. */
#include <math.h>
#include <string.h>
#include "lua/schema.h"

/* All memory is userdata kept in the anchor, a table, so that an error on the way leaks nothing.
   The anchor also maps each type table to its struct: a type used twice is compiled once, and one
   that holds itself ends. */
struct compile {
  lua_State *L;
  int anchor;
  int depth;
};

/* By the order of enum ka_kind. */
static const char *const kind_names[] = {
  "text", "token", "id", "url", "email", "phone", "locale", "currency", "country", "time", "date",
  "enum", "amount", "integer", "number", "flag", "list", "map", "any", "record", "decimal"
};

static const struct ka_type *compile_type (struct compile *c);

/* Zeroed memory that lives as long as the anchor.  [-0, +0, m] */
static void *new_memory (struct compile *c, size_t size) {
  void *memory = lua_newuserdatauv(c->L, size, 0);
  memset(memory, 0, size);
  lua_rawseti(c->L, c->anchor, (int) lua_rawlen(c->L, c->anchor) + 1);
  return memory;
}

/* Take the string on top of the stack into the anchor.  [-1, +0, v] */
static struct ka_name take_name (struct compile *c) {
  struct ka_name name;
  if (lua_type(c->L, -1) != LUA_TSTRING) luaL_error(c->L, "schema: expected a name");
  name.bytes = lua_tolstring(c->L, -1, &name.size);
  lua_rawseti(c->L, c->anchor, (int) lua_rawlen(c->L, c->anchor) + 1);
  return name;
}

int ka_names_find_content (const struct ka_names *names, const char *bytes, size_t size) {
  for (unsigned i = 0; i < names->count; i++) {
    const struct ka_name *name = &names->list[i];
    if (name->size == size && memcmp(name->bytes, bytes, size) == 0) return (int) i;
  }
  return -1;
}

/* Half of the slots stay empty, so that a miss ends soon.  [-0, +0, m] */
static void index_names (struct compile *c, struct ka_names *names) {
  unsigned size = 4;
  uint16_t *slots;
  while (size < names->count * 2 + 1) size *= 2;
  slots = new_memory(c, size * sizeof *slots);
  names->mask = size - 1;
  names->slots = slots;
  lua_pushliteral(c->L, "head");
  names->head = (uintptr_t) lua_tostring(c->L, -1) - (uintptr_t) lua_topointer(c->L, -1);
  lua_pop(c->L, 1);
  for (unsigned i = 0; i < names->count; i++) {
    unsigned slot = ka_names_slot(names, (uintptr_t) names->list[i].bytes);
    while (slots[slot] != 0) slot = (slot + 1) & names->mask;
    slots[slot] = (uint16_t) (i + 1);
  }
}

/* A field of the table on top, by raw access; its Lua type.  [-0, +1, -] */
static int get (struct compile *c, const char *name) {
  lua_pushstring(c->L, name);
  lua_rawget(c->L, -2);
  return lua_type(c->L, -1);
}

static bool get_flag (struct compile *c, const char *name) {
  bool flag;
  get(c, name);
  flag = lua_toboolean(c->L, -1);
  lua_pop(c->L, 1);
  return flag;
}

static bool is_discreet (struct compile *c) {
  return get_flag(c, "personal") || get_flag(c, "secret");
}

/* A limit of the table on top, where it has one.  [-0, +0, v] */
static void get_limit (struct compile *c, const char *name, struct ka_type *type,
                       int64_t *whole, double *number) {
  if (get(c, name) == LUA_TNUMBER) {
    *number = (double) lua_tonumber(c->L, -1);
    if (!ka_to_int64(c->L, -1, whole) && type->kind != KA_NUMBER)
      luaL_error(c->L, "schema: %s: expected a whole number", name);
  }
  lua_pop(c->L, 1);
}

static void read_limits (struct compile *c, struct ka_type *type) {
  bool whole = type->kind == KA_AMOUNT || type->kind == KA_INTEGER;
  type->min = whole ? INT64_MIN : 0;
  type->max = INT64_MAX;
  type->number_min = -HUGE_VAL;
  type->number_max = HUGE_VAL;
  get_limit(c, "min", type, &type->min, &type->number_min);
  get_limit(c, "max", type, &type->max, &type->number_max);
}

/* The values listed in the table on top; NULL when there are none.  [-0, +0, v] */
static const struct ka_names *read_codes (struct compile *c) {
  size_t count = lua_rawlen(c->L, -1);
  struct ka_names *codes;
  struct ka_name *list;
  if (count == 0) return NULL;
  if (count >= UINT16_MAX / 2) luaL_error(c->L, "schema: too many values");
  codes = new_memory(c, sizeof *codes);
  list = new_memory(c, count * sizeof *list);
  codes->list = list;
  for (; codes->count < count; codes->count++) {
    lua_rawgeti(c->L, -1, (int) codes->count + 1);
    list[codes->count] = take_name(c);
  }
  index_names(c, codes);
  return codes;
}

/* [-0, +0, v] */
static const struct ka_type *read_item (struct compile *c) {
  const struct ka_type *item;
  get(c, "item");
  item = compile_type(c);
  lua_pop(c->L, 1);
  return item;
}

/* As many blanks as a writer may copy beyond the opening of a field. */
static const char margin[] = "                                 ";
_Static_assert(sizeof margin > KA_OPENING_COPY, "the margin is as long as what is copied at once");

/* What stands before a field's value: ,"name": . The name has to be such that JSON writes it as it
   stands. Behind it lies the margin, which is not counted.  [-0, +0, v] */
static struct ka_name read_opening (struct compile *c, const struct ka_name *name) {
  struct ka_name opening;
  for (size_t i = 0; i < name->size; i++) {
    char byte = name->bytes[i];
    if (byte < 0x20 || byte > 0x7e || byte == '"' || byte == '\\')
      luaL_error(c->L, "schema: field %s: expected printable ASCII", name->bytes);
  }
  lua_pushfstring(c->L, ",\"%s\":%s", name->bytes, margin);
  opening = take_name(c);
  opening.size -= sizeof margin - 1;
  return opening;
}

/* The entry on top: { name, type, required =, ... }.  [-0, +0, v] */
static void read_entry (struct compile *c, struct ka_record *record, struct ka_name *name,
                        struct ka_field *field) {
  unsigned index = record->fields.count;
  struct ka_name opening;
  if (!lua_istable(c->L, -1)) luaL_error(c->L, "schema: record %s: expected an entry",
                                         record->name);
  lua_rawgeti(c->L, -1, 1);
  *name = take_name(c);
  opening = read_opening(c, name);
  field->opening = opening.bytes;
  field->opening_size = opening.size;
  field->discreet = is_discreet(c);
  field->name = *name;
  field->required = get_flag(c, "required");
  if (field->required) record->required |= UINT64_C(1) << index;
  lua_rawgeti(c->L, -1, 2);
  field->type = compile_type(c);
  field->discreet = field->discreet || field->type->discreet;
  lua_pop(c->L, 1);
  record->fields.count++;
}

/* The index of the field that the string on top names.  [-1, +0, v] */
static int take_field (struct compile *c, const struct ka_record *record) {
  struct ka_name name = take_name(c);
  int index = ka_names_find(&record->fields, name.bytes, name.size);
  if (index < 0) luaL_error(c->L, "schema: record %s: a rule names %s, which is no field",
                            record->name, name.bytes);
  return index;
}

static int get_field (struct compile *c, const struct ka_record *record, const char *name) {
  get(c, name);
  return take_field(c, record);
}

/* Split "data.items[].total" into its names.  [-0, +0, v] */
static void read_steps (struct compile *c, struct ka_rule *rule, const char *path) {
  struct ka_name *steps = new_memory(c, KA_DEPTH_MAX * sizeof *steps);
  bool listed = false;
  while (*path != '\0' && rule->step_count < KA_DEPTH_MAX) {
    size_t size = strcspn(path, ".[");
    lua_pushlstring(c->L, path, size);
    steps[rule->step_count] = take_name(c);
    path += size;
    if (strncmp(path, "[]", 2) == 0) {
      if (!listed) rule->list_at = rule->step_count;
      listed = true;
      path += 2;
    }
    rule->step_count++;
    if (*path == '.') path++;
  }
  if (!listed) luaL_error(c->L, "schema: a sum has to name a list");
  rule->steps = steps;
}

/* The rule on top: { sum = path, equals = } or { product = { a, b }, equals = }.  [-0, +0, v] */
static void read_rule (struct compile *c, const struct ka_record *record, struct ka_rule *rule) {
  lua_State *L = c->L;
  if (!lua_istable(L, -1)) luaL_error(L, "schema: record %s: expected a rule", record->name);
  rule->equals = get_field(c, record, "equals");
  if (get(c, "sum") == LUA_TSTRING) {
    read_steps(c, rule, lua_tostring(L, -1));
    lua_pushstring(L, rule->steps[0].bytes);
    rule->first = take_field(c, record);
    lua_pop(L, 1);
    return;
  }
  lua_pop(L, 1);
  if (get(c, "product") != LUA_TTABLE)
    luaL_error(L, "schema: record %s: expected a sum or a product", record->name);
  for (int i = 0; i < 2; i++) {
    lua_rawgeti(L, -1, i + 1);
    rule->factors[i] = take_field(c, record);
  }
  lua_pop(L, 1);
}

/* [-0, +0, v] */
static void read_rules (struct compile *c, struct ka_record *record) {
  if (get(c, "rules") == LUA_TTABLE) {
    unsigned count = (unsigned) lua_rawlen(c->L, -1);
    struct ka_rule *rules = new_memory(c, (count + 1) * sizeof *rules);
    for (unsigned i = 0; i < count; i++) {
      lua_rawgeti(c->L, -1, (int) i + 1);
      read_rule(c, record, &rules[i]);
      lua_pop(c->L, 1);
    }
    record->rules = rules;
    record->rule_count = count;
  }
  lua_pop(c->L, 1);
}

/* Where the currency of decimals stands below the record on top, as "details.currency".
   [-0, +0, v] */
static void read_currency (struct compile *c, struct ka_record *record) {
  const char *path;
  struct ka_name *steps;
  if (get(c, "currency") == LUA_TSTRING) {
    steps = new_memory(c, KA_DEPTH_MAX * sizeof *steps);
    path = lua_tostring(c->L, -1);
    while (*path != '\0' && record->currency_steps < KA_DEPTH_MAX) {
      size_t size = strcspn(path, ".");
      lua_pushlstring(c->L, path, size);
      steps[record->currency_steps++] = take_name(c);
      path += size + (path[size] == '.');
    }
    record->currency = steps;
  }
  lua_pop(c->L, 1);
}

/* The record type on top.  [-0, +0, v] */
static const struct ka_record *read_record (struct compile *c) {
  size_t count = lua_rawlen(c->L, -1);
  struct ka_record *record = new_memory(c, sizeof *record);
  struct ka_name *names = new_memory(c, (count + 1) * sizeof *names);
  struct ka_field *fields = new_memory(c, (count + 1) * sizeof *fields);
  get(c, "name");
  record->name = take_name(c).bytes;
  record->fields.list = names;
  record->field = fields;
  if (count > KA_FIELDS_MAX)
    luaL_error(c->L, "schema: record %s: more than %d fields", record->name, KA_FIELDS_MAX);
  for (size_t i = 0; i < count; i++) {
    lua_rawgeti(c->L, -1, (int) i + 1);
    read_entry(c, record, &names[i], &fields[i]);
    lua_pop(c->L, 1);
  }
  index_names(c, &record->fields);
  read_rules(c, record);
  read_currency(c, record);
  return record;
}

static enum ka_kind read_kind (struct compile *c) {
  const char *name = get(c, "kind") == LUA_TSTRING ? lua_tostring(c->L, -1) : "?";
  for (size_t kind = 0; kind < sizeof kind_names / sizeof *kind_names; kind++) {
    if (strcmp(kind_names[kind], name) != 0) continue;
    lua_pop(c->L, 1);
    return (enum ka_kind) kind;
  }
  luaL_error(c->L, "schema: unknown kind %s", name);
  return KA_ANY;
}

/* Make the type of a record that tells a currency one that holds the plain record's.
   [-0, +0, m] */
static void wrap_priced (struct compile *c, struct ka_type *type) {
  struct ka_type *plain = new_memory(c, sizeof *plain);
  *plain = *type;
  type->kind = KA_PRICED;
  type->item = plain;
}

static void read_details (struct compile *c, struct ka_type *type) {
  read_limits(c, type);
  type->discreet = is_discreet(c);
  switch (type->kind) {
    case KA_TEXT: type->multiline = get_flag(c, "multiline"); break;
    case KA_TIME: type->millis = get_flag(c, "millis"); break;
    case KA_ENUM: type->open = get_flag(c, "open"); type->codes = read_codes(c); break;
    case KA_CURRENCY: case KA_COUNTRY: type->codes = read_codes(c); break;
    case KA_LIST: case KA_MAP:
      type->item = read_item(c);
      type->discreet = type->discreet || type->item->discreet;
      break;
    case KA_RECORD:
      type->record = read_record(c);
      if (type->record->currency != NULL) wrap_priced(c, type);
      break;
    default: break;
  }
}

/* The struct of the type table on top, made now or before.  [-0, +0, v] */
static const struct ka_type *compile_type (struct compile *c) {
  lua_State *L = c->L;
  struct ka_type *type;
  if (c->depth >= KA_DEPTH_MAX) luaL_error(L, "schema: types nest deeper than %d", KA_DEPTH_MAX);
  if (!lua_istable(L, -1)) luaL_error(L, "schema: expected a type, got %s", luaL_typename(L, -1));
  luaL_checkstack(L, LUA_MINSTACK, "schema");
  lua_pushvalue(L, -1);
  lua_rawget(L, c->anchor);
  type = lua_touserdata(L, -1);
  lua_pop(L, 1);
  if (type != NULL) return type;
  type = new_memory(c, sizeof *type);
  type->kind = read_kind(c);
  lua_pushvalue(L, -1);
  lua_pushlightuserdata(L, type);
  lua_rawset(L, c->anchor);
  c->depth++;
  read_details(c, type);
  c->depth--;
  return type;
}

const struct ka_type *ka_compile (lua_State *L, int anchor) {
  struct compile c = { L, anchor, 0 };
  return compile_type(&c);
}
