/* Sums and products that have to hold between fields: line items add up to the amount. It refuses
   to judge records with another fault, and its faults are advice: they can be switched off. */
#include <string.h>
#include "lua/schema.h"
#include "core/number.h"

#define NAME_SHOWN_MAX 64

/* An equation in the making: the terms as text, the result beside them. */
struct equation {
  char terms[KA_TERMS_MAX * (KA_INTEGER_SIZE + 4) + 8];
  size_t size;
  int count;
  int64_t result;
  bool overflow;
};

static void spell (struct equation *e, const char *sign, int64_t value) {
  size_t sign_size = strlen(sign);
  memcpy(e->terms + e->size, sign, sign_size);
  e->size += sign_size;
  e->size += ka_integer_write(e->terms + e->size, value);
  e->terms[e->size] = '\0';
}

static void add_term (struct equation *e, int64_t value) {
  if (__builtin_add_overflow(e->result, value, &e->result)) e->overflow = true;
  if (e->count < KA_TERMS_MAX) spell(e, e->count > 0 ? " + " : "", value);
  else if (e->count == KA_TERMS_MAX) memcpy(e->terms + e->size, " + ...", 7);
  e->count++;
}

/* "line_items" in a sentence: line items. Returns the length. */
static size_t speak (char *out, const struct ka_name *name) {
  size_t size = name->size < NAME_SHOWN_MAX ? name->size : NAME_SHOWN_MAX - 1;
  for (size_t i = 0; i < size; i++) out[i] = name->bytes[i] == '_' ? ' ' : name->bytes[i];
  out[size] = '\0';
  return size;
}

static bool whole_at (struct ka_walk *w, const struct ka_found *found, int field, int64_t *value) {
  if (!(found->present >> field & 1)) return false;
  return ka_to_int64(w->L, found->at[field], value);
}

/* What a rule says of its terms: "line items add up to" or "unit price x quantity is". */
struct claim {
  char subject[2 * NAME_SHOWN_MAX + 8];
  const char *verb;
};

/* Compare with the field that the terms have to make up. */
static void compare (struct ka_walk *w, const struct ka_name *field, const struct equation *e,
                     int64_t value, const struct claim *claim) {
  struct ka_step step = { w->here, field->bytes, field->size };
  char result[KA_INTEGER_SIZE + 1], is[KA_INTEGER_SIZE + 1];
  result[ka_integer_write(result, e->result)] = '\0';
  is[ka_integer_write(is, value)] = '\0';
  w->here = &step;
  if (e->overflow)
    ka_fault_advice(w, "%s %s more than 64 bits hold (%s)", claim->subject, claim->verb, e->terms);
  else
    ka_fault_advice(w, "%s %s %s, %s is %s (%s = %s)", claim->subject, claim->verb, result,
                    field->bytes, is, e->terms, result);
  w->here = step.up;
}

/* Push the table at slot, then follow the names from..to of the rule down from it; what is found,
   or nil, is on top.  [-0, +1, -] */
static void push_at (lua_State *L, const struct ka_rule *rule, unsigned from, unsigned to,
                     int slot) {
  lua_pushvalue(L, slot);
  for (; from < to; from++) {
    if (lua_type(L, -1) != LUA_TTABLE) break;
    lua_pushlstring(L, rule->steps[from].bytes, rule->steps[from].size);
    lua_rawget(L, -2);
    lua_replace(L, -2);
  }
}

/* Add the terms in the list at the slot.  [-0, +0, -] */
static void add_terms (lua_State *L, const struct ka_rule *rule, int slot, struct equation *e) {
  size_t size = lua_rawlen(L, slot);
  for (size_t place = 1; place <= size; place++) {
    int64_t value;
    lua_rawgeti(L, slot, (int) place);
    push_at(L, rule, rule->list_at + 1, rule->step_count, lua_gettop(L));
    if (ka_to_int64(L, -1, &value)) add_term(e, value);
    lua_pop(L, 2);
  }
}

static void check_sum (struct ka_walk *w, const struct ka_record *record,
                       const struct ka_rule *rule, const struct ka_found *found) {
  struct equation e = { .size = 0 };
  struct claim claim = { .verb = "add up to" };
  int64_t value;
  if (!(found->present >> rule->first & 1)) return;
  if (!whole_at(w, found, rule->equals, &value)) return;
  push_at(w->L, rule, 1, rule->list_at + 1, found->at[rule->first]);
  if (lua_type(w->L, -1) == LUA_TTABLE) add_terms(w->L, rule, lua_gettop(w->L), &e);
  lua_pop(w->L, 1);
  if (e.count == 0) return; /* no list is sent, so nothing has to add up */
  if (!e.overflow && e.result == value) return;
  speak(claim.subject, &rule->steps[rule->list_at]);
  compare(w, &record->fields.list[rule->equals], &e, value, &claim);
}

static void check_product (struct ka_walk *w, const struct ka_record *record,
                           const struct ka_rule *rule, const struct ka_found *found) {
  const struct ka_name *names = record->fields.list;
  struct equation e = { .size = 0 };
  struct claim claim = { .verb = "is" };
  int64_t value, factors[2];
  size_t size;
  if (!whole_at(w, found, rule->equals, &value)) return;
  if (!whole_at(w, found, rule->factors[0], &factors[0])) return;
  if (!whole_at(w, found, rule->factors[1], &factors[1])) return;
  e.overflow = __builtin_mul_overflow(factors[0], factors[1], &e.result);
  if (!e.overflow && e.result == value) return;
  spell(&e, "", factors[0]);
  spell(&e, " x ", factors[1]);
  size = speak(claim.subject, &names[rule->factors[0]]);
  memcpy(claim.subject + size, " x ", 3);
  speak(claim.subject + size + 3, &names[rule->factors[1]]);
  compare(w, &names[rule->equals], &e, value, &claim);
}

void ka_check_rules (struct ka_walk *w, const struct ka_record *record,
                     const struct ka_found *found) {
  for (unsigned i = 0; i < record->rule_count; i++) {
    const struct ka_rule *rule = &record->rules[i];
    if (rule->steps != NULL) check_sum(w, record, rule, found);
    else check_product(w, record, rule, found);
  }
}
