/* State machines as bit masks: which state leads to which, which operation is legal where. It
   refuses to judge what it does not know: an unknown state or operation is never illegal.

   A machine is one flat struct without pointers; it may be copied, and nobody has to free it. */
#ifndef KASSA_MACHINE_H
#define KASSA_MACHINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "core/rc.h"

#define KA_STATES_MAX 64     /* as many as a mask has bits */
#define KA_OPERATIONS_MAX 64
#define KA_NAME_MAX 47       /* bytes of a state's or an operation's name */

struct ka_name {
  unsigned char size;
  char bytes[KA_NAME_MAX];
};

struct ka_machine {
  int states, operations;                    /* how many are in use */
  struct ka_name state[KA_STATES_MAX];
  struct ka_name operation[KA_OPERATIONS_MAX];
  uint64_t leads[KA_STATES_MAX];             /* bit t of leads[f]: f leads to t in one step */
  uint64_t reaches[KA_STATES_MAX];           /* the same in one step or more */
  uint64_t legal[KA_OPERATIONS_MAX];         /* bit s of legal[o]: o may be done in s */
};

enum ka_legality { KA_LEGAL, KA_ILLEGAL, KA_UNKNOWN_STATE, KA_UNKNOWN_OPERATION };

/* Each of these gives KA_TOO_LARGE when a limit above would be passed and KA_INVALID for an empty
   name or one already there; the machine is then as it was. A zeroed machine is ready for them. */
enum ka_rc ka_machine_add_state (struct ka_machine *m, const char *name, size_t size) KA_CHECKED;
enum ka_rc ka_machine_add_operation (struct ka_machine *m, const char *name,
                                     size_t size) KA_CHECKED;

/* Both states must be there. */
void ka_machine_add_edge (struct ka_machine *m, int from, int to);

/* Make the last operation added legal in a state that must be there. */
void ka_machine_allow (struct ka_machine *m, int state);

/* To be called once after the last edge: finds what each state can reach. */
void ka_machine_finish (struct ka_machine *m);

/* The number of a state, or -1. */
int ka_machine_find (const struct ka_machine *m, const char *name, size_t size);

/* May the operation be done in this state (-1: unknown)? In *states the mask of those where it may,
   for KA_LEGAL and KA_ILLEGAL. */
enum ka_legality ka_machine_legal (const struct ka_machine *m, const char *operation, size_t size,
                                   int state, uint64_t *states);

/* One step, one step or more, no step at all. An unknown state (-1) leads nowhere and is not
   final. */
bool ka_machine_leads (const struct ka_machine *m, int from, int to);
bool ka_machine_reaches (const struct ka_machine *m, int from, int to);
bool ka_machine_final (const struct ka_machine *m, int state);

#endif
