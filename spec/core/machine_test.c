/* Tests of state machines at their limits: the 64th state, the longest name, the last bit. Prints
   "ok" and the number of checks, or the first promise that does not hold; it refuses arguments. */
#include <string.h>
#include "core/machine.h"
#include "unit.h"

static struct ka_machine m;

/* Add a state S0, S1, ... for the number. */
static enum ka_rc add_state (int number) {
  char name[16];
  snprintf(name, sizeof name, "S%d", number);
  return ka_machine_add_state(&m, name, strlen(name));
}

static void holds_64_states_and_no_more (void) {
  memset(&m, 0, sizeof m);
  for (int i = 0; i < KA_STATES_MAX; i++) CHECK(add_state(i) == KA_OK);
  CHECK(add_state(64) == KA_TOO_LARGE);
  CHECK(m.states == 64 && ka_machine_find(&m, "S63", 3) == 63);
  CHECK(ka_machine_find(&m, "S64", 3) == -1 && ka_machine_find(&m, "S6", 2) == 6);
}

static void reaches_through_every_bit (void) {
  for (int i = 0; i + 1 < KA_STATES_MAX; i++) ka_machine_add_edge(&m, i, i + 1);
  ka_machine_finish(&m);
  for (int from = 0; from < KA_STATES_MAX; from++)
    for (int to = 0; to < KA_STATES_MAX; to++) {
      CHECK(ka_machine_reaches(&m, from, to) == (from < to));
      CHECK(ka_machine_leads(&m, from, to) == (from + 1 == to));
    }
  CHECK(ka_machine_final(&m, 63) && !ka_machine_final(&m, 62));
}

static void unknown_numbers_are_harmless (void) {
  const int wild[] = {-1, 64, 1000, INT32_MAX, INT32_MIN};
  uint64_t states;
  CHECK(ka_machine_add_operation(&m, "pay", 3) == KA_OK);
  ka_machine_allow(&m, 63);
  for (size_t i = 0; i < sizeof wild / sizeof wild[0]; i++) {
    CHECK(!ka_machine_leads(&m, wild[i], 0) && !ka_machine_leads(&m, 0, wild[i]));
    CHECK(!ka_machine_reaches(&m, wild[i], 0) && !ka_machine_reaches(&m, 0, wild[i]));
    CHECK(!ka_machine_final(&m, wild[i]));
    CHECK(ka_machine_legal(&m, "pay", 3, wild[i], &states) == KA_UNKNOWN_STATE);
  }
  CHECK(ka_machine_legal(&m, "pay", 3, 63, &states) == KA_LEGAL);
  CHECK(ka_machine_legal(&m, "pay", 3, 0, &states) == KA_ILLEGAL);
  CHECK(states == UINT64_C(1) << 63);
  CHECK(ka_machine_legal(&m, "play", 4, 0, &states) == KA_UNKNOWN_OPERATION);
}

static void refuses_names_it_cannot_hold (void) {
  char longest[KA_NAME_MAX + 1];
  memset(&m, 0, sizeof m);
  memset(longest, 'n', sizeof longest);
  CHECK(ka_machine_add_state(&m, longest, KA_NAME_MAX) == KA_OK);
  CHECK(ka_machine_add_state(&m, longest, KA_NAME_MAX + 1) == KA_TOO_LARGE);
  CHECK(ka_machine_add_state(&m, longest, KA_NAME_MAX) == KA_INVALID);
  CHECK(ka_machine_add_state(&m, "", 0) == KA_INVALID);
  CHECK(ka_machine_find(&m, longest, KA_NAME_MAX + 1) == -1 && m.states == 1);
}

static void holds_64_operations_and_no_more (void) {
  char name[2] = "a";
  for (int i = 0; i < KA_OPERATIONS_MAX; i++) {
    name[0] = (char)(' ' + i);
    CHECK(ka_machine_add_operation(&m, name, 1) == KA_OK);
  }
  CHECK(ka_machine_add_operation(&m, "more", 4) == KA_TOO_LARGE);
}

int main (void) {
  holds_64_states_and_no_more();
  reaches_through_every_bit();
  unknown_numbers_are_harmless();
  refuses_names_it_cannot_hold();
  holds_64_operations_and_no_more();
  return UNIT_END();
}
