/* What happened to the money of one authorization: authorized, captured, refunded, remaining. It
   says before the wire what must fail, and refuses nothing that it does not know for certain.

   Amounts are whole minor units of one currency. A ledger is one flat struct; nobody frees it. */
#ifndef KASSA_LEDGER_H
#define KASSA_LEDGER_H

#include <stdint.h>
#include "core/rc.h"

/* klarna.md, section 1.7 */
#define KA_CAPTURES_MAX 200
#define KA_REFUNDS_MAX 200
#define KA_OPERATIONS_PER_TRANSACTION_MAX 500

#define KA_UNKNOWN (-1) /* of an amount or a count: never refused on */

struct ka_ledger {
  int64_t authorized, captured, refunded, remaining; /* 0 or more, or KA_UNKNOWN */
  int64_t captures, refunds, operations;             /* counts of what was done, or KA_UNKNOWN */
  int64_t amount_max;                                /* the largest total the caller can hold */
};

/* Why not. The order is that in which the rules are looked at. */
enum ka_verdict {
  KA_ALLOWED = 0,
  KA_NOT_POSITIVE,       /* an amount of 0 or less moves nothing */
  KA_OPERATIONS_FULL,    /* 500 operations of all kinds are done */
  KA_CAPTURES_FULL,      /* 200 captures are done */
  KA_REFUNDS_FULL,       /* 200 refunds are done */
  KA_NOTHING_REMAINS,    /* a void has nothing to release */
  KA_ABOVE_REMAINING,    /* a capture of more than what remains authorized */
  KA_ABOVE_CAPTURED,     /* a refund of more than what was captured and not yet given back */
  KA_ABOVE_COUNTING      /* the new total would pass amount_max */
};

/* One sentence without a full stop, for people. Lives forever. */
const char *ka_verdict_text (enum ka_verdict verdict);

/* All unknown. amount_max: INT64_MAX, or less where the caller cannot hold that. */
void ka_ledger_init (struct ka_ledger *l, int64_t amount_max);

/* To be called once after the known members are set: works out those that follow from others. */
void ka_ledger_settle (struct ka_ledger *l);

/* May it be done? In *limit the largest amount that may (for a void: what it would release), or
   KA_UNKNOWN when nothing limits it. Nothing is changed. */
enum ka_verdict ka_ledger_can_capture (const struct ka_ledger *l, int64_t amount,
                                       int64_t *limit) KA_CHECKED;
enum ka_verdict ka_ledger_can_refund (const struct ka_ledger *l, int64_t amount,
                                      int64_t *limit) KA_CHECKED;
enum ka_verdict ka_ledger_can_void (const struct ka_ledger *l, int64_t *limit) KA_CHECKED;

/* The same questions, and when the answer is KA_ALLOWED the books are changed accordingly. */
enum ka_verdict ka_ledger_capture (struct ka_ledger *l, int64_t amount,
                                   int64_t *limit) KA_CHECKED;
enum ka_verdict ka_ledger_refund (struct ka_ledger *l, int64_t amount, int64_t *limit) KA_CHECKED;
enum ka_verdict ka_ledger_void (struct ka_ledger *l, int64_t *limit) KA_CHECKED;

#endif
