/* What happened to the money of one authorization: authorized, captured, refunded, remaining. It
   says before the wire what must fail, and refuses nothing that it does not know for certain. */
#include <stdbool.h>
#include "core/ledger.h"

static bool known (int64_t n) { return n != KA_UNKNOWN; }

/* a - b, unknown when either is. Known members are never negative, so it cannot overflow. */
static int64_t difference (int64_t a, int64_t b) {
  if (!known(a) || !known(b)) return KA_UNKNOWN;
  return a > b ? a - b : 0;
}

static int64_t smaller (int64_t a, int64_t b) {
  if (!known(a) || !known(b)) return known(a) ? a : b;
  return a < b ? a : b;
}

const char *ka_verdict_text (enum ka_verdict verdict) {
  switch (verdict) {
    case KA_ALLOWED: return "it may be done";
    case KA_NOT_POSITIVE: return "the amount must be 1 or more";
    case KA_OPERATIONS_FULL: return "the transaction has had its 500 operations";
    case KA_CAPTURES_FULL: return "the transaction has had its 200 captures";
    case KA_REFUNDS_FULL: return "the transaction has had its 200 refunds";
    case KA_NOTHING_REMAINS: return "nothing remains authorized";
    case KA_ABOVE_REMAINING: return "the amount is more than what remains authorized";
    case KA_ABOVE_CAPTURED: return "the amount is more than what was captured and not refunded";
    case KA_ABOVE_COUNTING: return "the total would be too large to count";
  }
  return "no such verdict";
}

void ka_ledger_init (struct ka_ledger *l, int64_t amount_max) {
  *l = (struct ka_ledger){KA_UNKNOWN, KA_UNKNOWN, KA_UNKNOWN, KA_UNKNOWN,
                          KA_UNKNOWN, KA_UNKNOWN, KA_UNKNOWN, amount_max};
}

/* A remaining amount of 0 may be a void's, so only a positive one tells what was captured. */
void ka_ledger_settle (struct ka_ledger *l) {
  if (!known(l->remaining)) l->remaining = difference(l->authorized, l->captured);
  if (!known(l->captured) && l->remaining > 0)
    l->captured = difference(l->authorized, l->remaining);
}

static bool is_full (const struct ka_ledger *l) {
  return l->operations >= KA_OPERATIONS_PER_TRANSACTION_MAX;
}

/* What the amounts say. room: what is left by the rule `above`, or unknown; total: what the amount
   will be added to. *limit gets the narrower of the two. */
static enum ka_verdict amount_verdict (const struct ka_ledger *l, int64_t amount, int64_t room,
                                       int64_t total, enum ka_verdict above, int64_t *limit) {
  int64_t countable = difference(l->amount_max, total);
  *limit = smaller(room, countable);
  if (amount <= 0) return KA_NOT_POSITIVE;
  if (known(room) && amount > room) return above;
  if (known(countable) && amount > countable) return KA_ABOVE_COUNTING;
  return KA_ALLOWED;
}

enum ka_verdict ka_ledger_can_capture (const struct ka_ledger *l, int64_t amount, int64_t *limit) {
  *limit = 0;
  if (is_full(l)) return KA_OPERATIONS_FULL;
  if (l->captures >= KA_CAPTURES_MAX) return KA_CAPTURES_FULL;
  return amount_verdict(l, amount, l->remaining, l->captured, KA_ABOVE_REMAINING, limit);
}

/* Where the refunds are unknown, everything captured is the most that can be left. */
enum ka_verdict ka_ledger_can_refund (const struct ka_ledger *l, int64_t amount, int64_t *limit) {
  int64_t room = known(l->refunded) ? difference(l->captured, l->refunded) : l->captured;
  *limit = 0;
  if (is_full(l)) return KA_OPERATIONS_FULL;
  if (l->refunds >= KA_REFUNDS_MAX) return KA_REFUNDS_FULL;
  return amount_verdict(l, amount, room, l->refunded, KA_ABOVE_CAPTURED, limit);
}

enum ka_verdict ka_ledger_can_void (const struct ka_ledger *l, int64_t *limit) {
  *limit = 0;
  if (is_full(l)) return KA_OPERATIONS_FULL;
  *limit = l->remaining;
  return l->remaining == 0 ? KA_NOTHING_REMAINS : KA_ALLOWED;
}

/* Add to a member that stays unknown when it is. A verdict has made sure that it fits. */
static void add (int64_t *member, int64_t amount) {
  if (known(*member)) *member += amount;
}

enum ka_verdict ka_ledger_capture (struct ka_ledger *l, int64_t amount, int64_t *limit) {
  enum ka_verdict verdict = ka_ledger_can_capture(l, amount, limit);
  if (verdict != KA_ALLOWED) return verdict;
  add(&l->captured, amount);
  add(&l->remaining, -amount);
  add(&l->captures, 1);
  add(&l->operations, 1);
  return KA_ALLOWED;
}

enum ka_verdict ka_ledger_refund (struct ka_ledger *l, int64_t amount, int64_t *limit) {
  enum ka_verdict verdict = ka_ledger_can_refund(l, amount, limit);
  if (verdict != KA_ALLOWED) return verdict;
  add(&l->refunded, amount);
  add(&l->refunds, 1);
  add(&l->operations, 1);
  return KA_ALLOWED;
}

enum ka_verdict ka_ledger_void (struct ka_ledger *l, int64_t *limit) {
  enum ka_verdict verdict = ka_ledger_can_void(l, limit);
  if (verdict != KA_ALLOWED) return verdict;
  l->remaining = 0;
  add(&l->operations, 1);
  return KA_ALLOWED;
}
