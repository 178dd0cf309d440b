/* A binary heap of timers that know their own place, so that clearing one is as cheap as setting
   it. It never looks at a clock by itself but for ka_timers_now_ms. */
#include "httpd/timers.h"

#include <assert.h>
#include <stdlib.h>
#include <time.h>

int64_t ka_timers_now_ms (void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

bool ka_timers_open (struct ka_timers *timers, size_t count_max) {
  timers->heap = calloc(count_max + 1, sizeof *timers->heap);
  timers->count_max = timers->heap == NULL ? 0 : count_max;
  return timers->heap != NULL;
}

void ka_timers_free (struct ka_timers *timers) {
  free(timers->heap);
  *timers = (struct ka_timers){0};
}

static void put (struct ka_timers *timers, size_t place, struct ka_timer *timer) {
  timers->heap[place] = timer;
  timer->place = place;
}

/* Move a timer towards the root until its parent is due no later. */
static void rise (struct ka_timers *timers, struct ka_timer *timer) {
  size_t place = timer->place;
  for (; place > 1 && timers->heap[place / 2]->due_ms > timer->due_ms; place /= 2)
    put(timers, place, timers->heap[place / 2]);
  put(timers, place, timer);
}

/* Move a timer towards the leaves until both its children are due no earlier. */
static void sink (struct ka_timers *timers, struct ka_timer *timer) {
  size_t place = timer->place;
  for (;;) {
    size_t child = place * 2;
    if (child > timers->count) break;
    if (child < timers->count && timers->heap[child + 1]->due_ms < timers->heap[child]->due_ms)
      child++;
    if (timers->heap[child]->due_ms >= timer->due_ms) break;
    put(timers, place, timers->heap[child]);
    place = child;
  }
  put(timers, place, timer);
}

void ka_timers_set (struct ka_timers *timers, struct ka_timer *timer, int64_t due_ms) {
  timer->due_ms = due_ms;
  if (timer->place == 0) {
    assert(timers->count < timers->count_max && "one timer a connection and one a request");
    put(timers, ++timers->count, timer);
  }
  rise(timers, timer);
  sink(timers, timer);
}

void ka_timers_clear (struct ka_timers *timers, struct ka_timer *timer) {
  struct ka_timer *last;
  size_t place = timer->place;
  if (place == 0) return;
  timer->place = 0;
  last = timers->heap[timers->count--];
  if (last == timer) return;
  put(timers, place, last);
  rise(timers, last);
  sink(timers, last);
}

void ka_timers_fire (struct ka_timers *timers, int64_t now_ms) {
  while (timers->count > 0 && timers->heap[1]->due_ms <= now_ms) {
    struct ka_timer *timer = timers->heap[1];
    ka_timers_clear(timers, timer);
    timer->fire(timer->owner);
  }
}

int64_t ka_timers_wait_ms (const struct ka_timers *timers, int64_t now_ms) {
  if (timers->count == 0) return -1;
  return timers->heap[1]->due_ms > now_ms ? timers->heap[1]->due_ms - now_ms : 0;
}
