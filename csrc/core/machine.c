/* State machines as bit masks: which state leads to which, which operation is legal where. It
   refuses to judge what it does not know: an unknown state or operation is never illegal. */
#include <string.h>
#include "core/machine.h"

static uint64_t bit (int state) { return UINT64_C(1) << state; }

/* names */

static int find_name (const struct ka_name *names, int count, const char *name, size_t size) {
  for (int i = 0; i < count; i++)
    if (names[i].size == size && memcmp(names[i].bytes, name, size) == 0) return i;
  return -1;
}

/* Put one more name into a list of max. */
static enum ka_rc add_name (struct ka_name *names, int *count, int max, const char *name,
                            size_t size) {
  if (size > KA_NAME_MAX || *count >= max) return KA_TOO_LARGE;
  if (size == 0 || find_name(names, *count, name, size) >= 0) return KA_INVALID;
  names[*count].size = (unsigned char)size;
  memcpy(names[*count].bytes, name, size);
  ++*count;
  return KA_OK;
}

/* building */

enum ka_rc ka_machine_add_state (struct ka_machine *m, const char *name, size_t size) {
  return add_name(m->state, &m->states, KA_STATES_MAX, name, size);
}

enum ka_rc ka_machine_add_operation (struct ka_machine *m, const char *name, size_t size) {
  return add_name(m->operation, &m->operations, KA_OPERATIONS_MAX, name, size);
}

void ka_machine_add_edge (struct ka_machine *m, int from, int to) { m->leads[from] |= bit(to); }

void ka_machine_allow (struct ka_machine *m, int state) {
  m->legal[m->operations - 1] |= bit(state);
}

/* Warshall's closure: whoever reaches `via` also reaches all that `via` reaches. */
void ka_machine_finish (struct ka_machine *m) {
  memcpy(m->reaches, m->leads, sizeof m->reaches);
  for (int via = 0; via < m->states; via++)
    for (int from = 0; from < m->states; from++)
      if (m->reaches[from] & bit(via)) m->reaches[from] |= m->reaches[via];
}

/* asking */

static bool is_known (const struct ka_machine *m, int state) {
  return state >= 0 && state < m->states;
}

int ka_machine_find (const struct ka_machine *m, const char *name, size_t size) {
  return find_name(m->state, m->states, name, size);
}

enum ka_legality ka_machine_legal (const struct ka_machine *m, const char *operation, size_t size,
                                   int state, uint64_t *states) {
  int found = find_name(m->operation, m->operations, operation, size);
  *states = 0;
  if (found < 0) return KA_UNKNOWN_OPERATION;
  if (!is_known(m, state)) return KA_UNKNOWN_STATE;
  *states = m->legal[found];
  return (*states & bit(state)) != 0 ? KA_LEGAL : KA_ILLEGAL;
}

bool ka_machine_leads (const struct ka_machine *m, int from, int to) {
  return is_known(m, from) && is_known(m, to) && (m->leads[from] & bit(to)) != 0;
}

bool ka_machine_reaches (const struct ka_machine *m, int from, int to) {
  return is_known(m, from) && is_known(m, to) && (m->reaches[from] & bit(to)) != 0;
}

bool ka_machine_final (const struct ka_machine *m, int state) {
  return is_known(m, state) && m->leads[state] == 0;
}
