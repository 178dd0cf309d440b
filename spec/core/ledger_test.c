/* Tests of the ledger at the edges of int64, where Lua 5.1 cannot count. Prints "ok" and the number
   of checks, or the first promise that does not hold; it refuses arguments. */
#include "core/ledger.h"
#include "unit.h"

static struct ka_ledger l;
static int64_t limit;

static void start (int64_t authorized, int64_t captured, int64_t refunded) {
  ka_ledger_init(&l, INT64_MAX);
  l.authorized = authorized;
  l.captured = captured;
  l.refunded = refunded;
  ka_ledger_settle(&l);
}

static void counts_to_the_last_unit (void) {
  start(INT64_MAX, 0, 0);
  CHECK(l.remaining == INT64_MAX);
  CHECK(ka_ledger_capture(&l, INT64_MAX - 1, &limit) == KA_ALLOWED);
  CHECK(ka_ledger_capture(&l, 2, &limit) == KA_ABOVE_REMAINING && limit == 1);
  CHECK(ka_ledger_capture(&l, 1, &limit) == KA_ALLOWED && l.remaining == 0);
  CHECK(ka_ledger_refund(&l, INT64_MAX, &limit) == KA_ALLOWED && l.refunded == INT64_MAX);
  CHECK(ka_ledger_refund(&l, 1, &limit) == KA_ABOVE_CAPTURED && limit == 0);
}

static void never_overflows_what_it_does_not_know_the_end_of (void) {
  start(KA_UNKNOWN, INT64_MAX - 5, INT64_MAX - 5);
  CHECK(ka_ledger_capture(&l, 6, &limit) == KA_ABOVE_COUNTING && limit == 5);
  CHECK(ka_ledger_capture(&l, INT64_MAX, &limit) == KA_ABOVE_COUNTING && limit == 5);
  CHECK(ka_ledger_capture(&l, 5, &limit) == KA_ALLOWED && l.captured == INT64_MAX);
  l.captured = KA_UNKNOWN;
  CHECK(ka_ledger_refund(&l, 6, &limit) == KA_ABOVE_COUNTING && limit == 5);
  CHECK(ka_ledger_refund(&l, 5, &limit) == KA_ALLOWED);
}

static void holds_to_the_callers_largest_number (void) {
  ka_ledger_init(&l, 100);
  l.captured = 90;
  CHECK(ka_ledger_capture(&l, 11, &limit) == KA_ABOVE_COUNTING && limit == 10);
  CHECK(ka_ledger_capture(&l, 10, &limit) == KA_ALLOWED);
}

static void refuses_what_moves_nothing (void) {
  const int64_t amounts[] = {0, -1, INT64_MIN};
  start(100, 50, 0);
  for (int i = 0; i < 3; i++) {
    CHECK(ka_ledger_capture(&l, amounts[i], &limit) == KA_NOT_POSITIVE && limit == 50);
    CHECK(ka_ledger_refund(&l, amounts[i], &limit) == KA_NOT_POSITIVE && limit == 50);
  }
  CHECK(l.captured == 50 && l.refunded == 0 && l.remaining == 50);
}

static void books_that_disagree_leave_no_room (void) {
  start(100, 300, 400);
  CHECK(l.remaining == 0);
  CHECK(ka_ledger_capture(&l, 1, &limit) == KA_ABOVE_REMAINING && limit == 0);
  CHECK(ka_ledger_refund(&l, 1, &limit) == KA_ABOVE_CAPTURED && limit == 0);
}

static void has_a_text_for_every_verdict (void) {
  for (int v = KA_ALLOWED; v <= KA_ABOVE_COUNTING; v++)
    CHECK(ka_verdict_text((enum ka_verdict)v)[0] != '\0');
}

int main (void) {
  counts_to_the_last_unit();
  never_overflows_what_it_does_not_know_the_end_of();
  holds_to_the_callers_largest_number();
  refuses_what_moves_nothing();
  books_that_disagree_leave_no_room();
  has_a_text_for_every_verdict();
  return UNIT_END();
}
