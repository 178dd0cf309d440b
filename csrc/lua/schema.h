/* What the files of the schema writer share: a compiled type and the walk over a value. It offers
   nothing to other bindings but ka_marks.

     schema.c          the userdata: compile, write, the buffers
     schema_compile.c  a type table becomes these structs
     schema_write.c    a value of a described type
     schema_free.c     a value of no described type; lists and maps of any type
     schema_rule.c     sums and products
     schema_fault.c    paths, messages, "did you mean" */
#ifndef KASSA_SCHEMA_H
#define KASSA_SCHEMA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include "lua/compat.h"
#include "core/buffer.h"
#include "core/text.h"

#define KA_DEPTH_MAX 64             /* tables within tables */
#define KA_FIELDS_MAX 64            /* of a record: one bit of a word each */
#define KA_FAULTS_MAX 100
#define KA_JSON_MAX (8u << 20)      /* bytes of JSON */
#define KA_MESSAGE_MAX 4096         /* bytes of a path or of an equation */
#define KA_TERMS_MAX 8              /* of an equation spelled out */

enum ka_kind {
  KA_TEXT, KA_TOKEN, KA_ID, KA_URL, KA_EMAIL, KA_PHONE, KA_LOCALE, KA_CURRENCY, KA_COUNTRY,
  KA_TIME, KA_DATE, KA_ENUM, KA_AMOUNT, KA_INTEGER, KA_NUMBER, KA_FLAG, KA_LIST, KA_MAP, KA_ANY,
  KA_RECORD, KA_DECIMAL,
  KA_PRICED /* what a record that tells the currency of its decimals becomes */
};

struct ka_name {
  const char *bytes;  /* held by the anchor of the writer */
  size_t size;
};

/* Names found by address: Lua keeps one copy of each short string, so that a key of a value and
   the name in the schema are the same bytes. A miss is looked up again by content. */
struct ka_names {
  const struct ka_name *list;
  const uint16_t *slots;  /* mask + 1 of them: 0, or an index into list, plus one */
  unsigned count;
  unsigned mask;
  uintptr_t head;         /* as ka_address wants it */
};

struct ka_type {
  enum ka_kind kind;
  bool multiline, open;
  bool millis;                    /* of a time: written in UTC with milliseconds */
  bool discreet;                  /* personal or secret: no message repeats the value */
  int64_t min, max;               /* whole numbers; characters of a text; members of a list */
  double number_min, number_max;
  const struct ka_names *codes;   /* of an enum, currency or country: NULL when any will do */
  const struct ka_type *item;     /* of a list or map; of KA_PRICED, the record itself */
  const struct ka_record *record;
};

#define KA_OPENING_COPY 32          /* bytes that can be read from within an opening, at least */

struct ka_field {
  struct ka_name name;
  const struct ka_type *type;
  const char *opening;            /* ,"name": */
  size_t opening_size;
  bool discreet;                  /* the entry says so, or its type does */
  bool required;
};

/* A sum over a list, or a product of two fields, which has to equal another field. */
struct ka_rule {
  const struct ka_name *steps;    /* of a sum: the names down to the list, then down to the term */
  unsigned step_count, list_at;   /* steps[list_at] names the list; no steps: a product */
  int first;                      /* the field that steps[0] names */
  int factors[2];                 /* fields */
  int equals;                     /* field */
};

struct ka_record {
  const char *name;
  struct ka_names fields;
  const struct ka_field *field;   /* by the index that fields gives */
  uint64_t required;
  const struct ka_rule *rules;
  unsigned rule_count;
  const struct ka_name *currency; /* of a priced record: the names down to its currency */
  unsigned currency_steps;
};

/* What a pass over the keys of a record's value has found. */
struct ka_found {
  uint64_t present;
  bool others;                    /* keys that are no field */
  int at[KA_FIELDS_MAX];          /* stack slots of the values present */
};

/* One step of the path from the value's root to where the walk is; lives on the C stack. */
struct ka_step {
  const struct ka_step *up;
  const char *name;               /* NULL: a place in a list */
  size_t size;                    /* of the name, or the place, from 1 */
};

/* What marks a table as a list; addresses, held by the registry as long as the state lives. */
#define KA_LIST_MARK "kassa.list.given" /* registry key of the metatable the reader gives lists */

struct ka_marks {
  const void *list_mt, *array_mt, *empty_array_mt, *empty_array;
};

struct ka_walk {
  lua_State *L;
  struct ka_buffer *out;
  struct ka_buffer *scratch;      /* a path or message in the making */
  const struct ka_marks *marks;
  const struct ka_step *here;
  const void *tables[KA_DEPTH_MAX];
  int depth;
  int faults;                     /* stack slot: nil, or the list of faults */
  int fault_count;
  bool strict, sums, discreet;
  bool nullable;                  /* the value at hand may be null whatever its type */
  char currency[4];               /* of decimals, three letters; empty: not known */
  bool stopped;                   /* too many faults, too long, no memory: look no further */
  enum ka_rc rc;                  /* why, when it is not the faults */
};

/* schema_compile.c: the type table on top of the stack -> its struct, held by the table at slot
   anchor. Raises when it is no type.  [-0, +0, v] */
const struct ka_type *ka_compile (lua_State *L, int anchor);

/* The index of the string in names, or -1. The other half looks by content. */
int ka_names_find_content (const struct ka_names *names, const char *bytes, size_t size);

static inline unsigned ka_names_slot (const struct ka_names *names, uintptr_t address) {
  return (uint32_t) (address >> 4) * 2654435769u >> 16 & names->mask;
}

/* The index of the name whose bytes lie at the address, or -1. */
static inline int ka_names_at (const struct ka_names *names, uintptr_t address) {
  unsigned slot = ka_names_slot(names, address);
  for (; names->slots[slot] != 0; slot = (slot + 1) & names->mask) {
    int index = names->slots[slot] - 1;
    if ((uintptr_t) names->list[index].bytes == address) return index;
  }
  return -1;
}

static inline int ka_names_find (const struct ka_names *names, const char *bytes, size_t size) {
  int index = ka_names_at(names, (uintptr_t) bytes);
  return index >= 0 ? index : ka_names_find_content(names, bytes, size);
}

/* schema_write.c, schema_free.c: write the value at the stack slot. They leave the stack as it was
   and report what is wrong to the walk.  [-0, +0, m] */
void ka_write_value (struct ka_walk *w, const struct ka_type *type, int slot);
void ka_write_free (struct ka_walk *w, int slot);
void ka_write_map (struct ka_walk *w, const struct ka_type *type, int slot);

/* The table at the slot as a list; size: its length by lua_rawlen. type: NULL where nothing is
   known of the members. */
void ka_write_list (struct ka_walk *w, const struct ka_type *type, int slot, size_t size);
void ka_write_empty_list (struct ka_walk *w, const struct ka_type *type);

/* The members of the map at the slot whose keys are not in known (NULL: all), sorted: written,
   each of the type item (NULL: any), or with refuse made faults. Returns how many. */
struct ka_members {
  const struct ka_type *item;
  const struct ka_names *known;
  bool comma;                     /* before the first, too */
  bool refuse;
};
size_t ka_write_members (struct ka_walk *w, const struct ka_members *how, int slot);

/* Go into the table at the slot with room for so many more stack slots, and out again. False after
   a fault: too deep, or the table holds itself. */
bool ka_enter (struct ka_walk *w, int slot, int slots);
void ka_leave (struct ka_walk *w);
bool ka_is_null (struct ka_walk *w, int slot);
bool ka_is_marked_list (struct ka_walk *w, int slot);

/* What keeps a text from being written, as a fault or as the end of the walk. -> false */
bool ka_refuse_text (struct ka_walk *w, enum ka_rc rc, const struct ka_text *met);

/* The text as JSON; false after a fault. Only bad UTF-8 is one here. */
static inline bool ka_write_text (struct ka_walk *w, const char *bytes, size_t size,
                                  struct ka_text *met) {
  enum ka_rc rc = ka_text_write(w->out, bytes, size, met);
  return rc == KA_OK || ka_refuse_text(w, rc, met);
}

/* schema_rule.c: check the rules of a record whose fields have been found without a fault. */
void ka_check_rules (struct ka_walk *w, const struct ka_record *record,
                     const struct ka_found *found);

/* schema_fault.c: note a fault at the walk's place. hint may be NULL; the message is a format for
   lua_pushvfstring. */
void ka_fault (struct ka_walk *w, const char *hint, const char *message, ...)
  __attribute__((format(printf, 3, 4)));
void ka_fault_advice (struct ka_walk *w, const char *message, ...)
  __attribute__((format(printf, 2, 3)));
void ka_fault_got (struct ka_walk *w, const char *expected, int slot, const char *hint);
void ka_fault_unlisted (struct ka_walk *w, const char *message, const struct ka_names *listed,
                        struct ka_name got);
void ka_fault_cycle (struct ka_walk *w, int steps_up);
void ka_stop (struct ka_walk *w, enum ka_rc rc);

/* A name for a message: in quotes, escaped, cut when long. Lives until the next fault. */
const char *ka_quote (struct ka_walk *w, const char *bytes, size_t size);

static inline void ka_put (struct ka_walk *w, const char *bytes, size_t size) {
  struct ka_buffer *out = w->out;
  enum ka_rc rc = ka_buffer_room(out, size);
  if (rc != KA_OK) { ka_stop(w, rc); return; }
  memcpy(out->bytes + out->length, bytes, size);
  out->length += size;
}

/* json.c: the marks of this state.  [-0, +0, m] */
struct ka_marks *ka_marks (lua_State *L);

/* schema.c: push a writer of values of no described type.  [-0, +1, m] */
void ka_push_free_writer (lua_State *L);

/* Write the value at slot 2 with the writer at slot 1: pushes text, or nil and the faults.
   [-0, +(1|2), m] */
int ka_write (lua_State *L, bool strict, bool sums);

#endif
