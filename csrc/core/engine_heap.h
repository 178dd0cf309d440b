/* A heap of due times, the earliest first. It refuses to own what it orders: entries are embedded
   in their owners and know their own place, so that any of them can be taken out again. */
#ifndef KASSA_ENGINE_HEAP_H
#define KASSA_ENGINE_HEAP_H

#include <stddef.h>
#include <stdint.h>
#include "core/rc.h"

/* Zeroed: in no heap. */
struct ka_due {
  int64_t at_us;
  uint64_t order;  /* among equal times the lower leaves first */
  size_t place;    /* from 1; 0: in no heap */
};

struct ka_heap {
  struct ka_due **entries;
  size_t count, room;
};

void ka_heap_free (struct ka_heap *heap);

/* Make sure that one more entry fits. KA_NOMEM. */
enum ka_rc ka_heap_reserve (struct ka_heap *heap) KA_CHECKED;

/* Put in an entry that is in no heap, after ka_heap_reserve. Its order must be set. */
void ka_heap_add (struct ka_heap *heap, struct ka_due *due, int64_t at_us);

/* Take an entry out; harmless when it is in no heap. */
void ka_heap_remove (struct ka_heap *heap, struct ka_due *due);

/* The earliest, or NULL. */
struct ka_due *ka_heap_first (const struct ka_heap *heap);

#endif
