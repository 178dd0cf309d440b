/* Lists of transfers, the slots they sit in, and the one decision which queued call may start now.
   It refuses to let libcurl queue: its own waiting under a connection limit is slow in some
   versions and does not obey deadlines in others. */
#include <stdlib.h>
#include "core/engine_parts.h"

#define FIRST_ROOM 64
#define FIRST_WINDOW 65535 /* HTTP/2, RFC 9113, 6.9.2 */
#define SLOTS_MAX (1u << KA_SLOT_BITS)

void ka_queue_push (struct queue *q, struct transfer *t) {
  q->count++;
  t->next = NULL;
  t->previous = q->last;
  if (q->last != NULL) q->last->next = t;
  else q->first = t;
  q->last = t;
}

void ka_queue_unlink (struct queue *q, struct transfer *t) {
  if (t->previous != NULL) t->previous->next = t->next;
  else q->first = t->next;
  if (t->next != NULL) t->next->previous = t->previous;
  else q->last = t->previous;
  t->next = t->previous = NULL;
  q->count--;
}

struct transfer *ka_queue_pop (struct queue *q) {
  struct transfer *t = q->first;
  if (t != NULL) ka_queue_unlink(q, t);
  return t;
}

struct transfer *ka_queue_pop_last (struct queue *q) {
  struct transfer *t = q->last;
  if (t != NULL) ka_queue_unlink(q, t);
  return t;
}

/* Room for one more slot in both arrays. */
static KA_CHECKED enum ka_rc reserve_slot (struct ka_engine *e) {
  uint32_t room = e->slots_room > 0 ? e->slots_room * 2 : FIRST_ROOM;
  struct transfer **slots;
  uint32_t *unused;
  if (e->slots_count < e->slots_room) return KA_OK;
  if (e->slots_count >= SLOTS_MAX) return KA_TOO_LARGE;
  slots = realloc(e->slots, room * sizeof *slots);
  if (slots == NULL) return KA_NOMEM;
  e->slots = slots;
  unused = realloc(e->slots_free, room * sizeof *unused);
  if (unused == NULL) return KA_NOMEM;
  e->slots_free = unused;
  e->slots_room = room;
  return KA_OK;
}

uint32_t ka_engine_next_slot (const struct ka_engine *e) {
  return e->slots_free_count > 0 ? e->slots_free[e->slots_free_count - 1] : e->slots_count;
}

uint32_t ka_engine_slots (const struct ka_engine *e) { return e->slots_count; }

enum ka_rc ka_slot_take (struct ka_engine *e, struct transfer *t) {
  if (e->slots_free_count > 0) {
    t->slot = e->slots_free[--e->slots_free_count];
  } else {
    enum ka_rc rc = reserve_slot(e);
    if (rc != KA_OK) return rc;
    t->slot = e->slots_count++;
  }
  e->slots[t->slot] = t;
  t->id = ++e->serial << KA_SLOT_BITS | t->slot;
  t->due.order = t->id;
  e->pending++;
  return KA_OK;
}

void ka_slot_give (struct ka_engine *e, struct transfer *t) {
  e->slots[t->slot] = NULL;
  e->slots_free[e->slots_free_count++] = t->slot;
  e->pending--;
}

struct transfer *ka_slot_find (const struct ka_engine *e, uint64_t id) {
  uint32_t slot = ka_slot(id);
  if (slot >= e->slots_count || e->slots[slot] == NULL) return NULL;
  return e->slots[slot]->id == id ? e->slots[slot] : NULL;
}

/* The connections that the calls of a channel, and more beside them, need at most. Before the first
   answer a TLS host is taken to multiplex; libcurl's own limit holds should it not. */
static unsigned connections_of (const struct ka_channel *c, unsigned more) {
  unsigned shared = c->running + more;
  if (c->multiplexing != MULTIPLEXING_NO) shared = (shared + STREAMS_MAX - 1) / STREAMS_MAX;
  return shared + c->running_alone;
}

static bool connections_left (const struct ka_engine *e, const struct ka_channel *c) {
  unsigned sum = connections_of(c, 1);
  for (const struct ka_channel *other = e->channels; other != NULL; other = other->next)
    if (other != c) sum += connections_of(other, 0);
  return sum <= e->max_connections;
}

/* On a connection that has not answered yet, the bodies under way must fit into the window that all
   servers grant unasked: a body that waits for more is one whose early answer may get lost. */
static bool fits_window (const struct ka_channel *c, const struct transfer *t) {
  return c->proven || c->uploading == 0 || c->uploading + t->upload_size <= FIRST_WINDOW;
}

/* May the channel start its next call? Where streams share connections, a call that finds all of
   them full opens a further one, alone: those behind it wait until it is open and then share it. */
static bool may_start (const struct ka_engine *e, const struct ka_channel *c) {
  const struct transfer *t = c->queued.first;
  if (t == NULL || !connections_left(e, c)) return false;
  if (c->multiplexing == MULTIPLEXING_NO || t->alone) return true;
  if (c->opener == NULL) return fits_window(c, t);
  return c->running <= c->sockets_before * STREAMS_MAX && fits_window(c, t);
}

static void start_next (struct ka_engine *e, struct ka_channel *c) {
  struct transfer *t = ka_queue_pop(&c->queued);
  t->phase = PHASE_RUNNING;
  ka_queue_push(&c->started, t);
  if (t->alone) {
    c->running_alone++;
  } else {
    if (c->multiplexing != MULTIPLEXING_NO && c->running >= c->sockets * STREAMS_MAX) {
      c->opener = t;
      c->sockets_before = c->sockets;
    }
    c->running++;
    c->uploading += t->upload_size;
  }
  if (ka_transfer_start(t) != KA_OK)
    ka_end(e, t, KA_ENDED_PROTOCOL, "libcurl refused the request");
}

/* Start what may start, one of each channel in turn, so that none starves another. -> did any? */
bool ka_admit (struct ka_engine *e) {
  bool any = false, started = true;
  while (started) {
    started = false;
    for (struct ka_channel *c = e->channels; c != NULL; c = c->next) {
      if (!may_start(e, c)) continue;
      start_next(e, c);
      started = true;
    }
    any = any || started;
  }
  return any;
}
