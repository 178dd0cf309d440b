/* Timers of one server: a heap of what is due, each entry part of the struct that waits for it.
   It allocates once, when the server opens, and refuses nothing later: a server has a known
   number of connections, so a known number of timers. */
#ifndef KASSA_HTTPD_TIMERS_H
#define KASSA_HTTPD_TIMERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ka_timer {
  int64_t due_ms;
  size_t place; /* in the heap, counted from 1; 0: not set */
  void (*fire) (void *owner);
  void *owner;
};

struct ka_timers {
  struct ka_timer **heap; /* heap[1] is due first; heap[0] is not used */
  size_t count;
  size_t count_max;
};

/* Milliseconds of the monotonic clock. */
int64_t ka_timers_now_ms (void);

/* False when there is no memory. The caller frees with ka_timers_free, also after a failure. */
bool ka_timers_open (struct ka_timers *timers, size_t count_max);
void ka_timers_free (struct ka_timers *timers);

/* Set or move a timer; `fire` and `owner` are the caller's business. */
void ka_timers_set (struct ka_timers *timers, struct ka_timer *timer, int64_t due_ms);
void ka_timers_clear (struct ka_timers *timers, struct ka_timer *timer);

/* Fire what is due; a fired timer is no longer set. */
void ka_timers_fire (struct ka_timers *timers, int64_t now_ms);

/* Milliseconds until the next one, 0 when overdue, -1 when none is set. */
int64_t ka_timers_wait_ms (const struct ka_timers *timers, int64_t now_ms);

#endif
