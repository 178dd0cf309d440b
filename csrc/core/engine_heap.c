/* A binary heap over an array of pointers: place n has its children at 2n and 2n + 1. It refuses
   to allocate while it sorts, so that only ka_heap_reserve can fail. */
#include <stdbool.h>
#include <stdlib.h>
#include "core/engine_heap.h"

#define FIRST_ROOM 64

static void put (struct ka_heap *heap, struct ka_due *due, size_t place) {
  heap->entries[place - 1] = due;
  due->place = place;
}

static struct ka_due *at (const struct ka_heap *heap, size_t place) {
  return heap->entries[place - 1];
}

static bool earlier (const struct ka_due *a, const struct ka_due *b) {
  return a->at_us < b->at_us || (a->at_us == b->at_us && a->order < b->order);
}

/* Move an entry towards the top while it is earlier than its parent. */
static void rise (struct ka_heap *heap, struct ka_due *due) {
  size_t place = due->place;
  while (place > 1 && earlier(due, at(heap, place / 2))) {
    put(heap, at(heap, place / 2), place);
    place /= 2;
  }
  put(heap, due, place);
}

/* Move an entry away from the top while a child is earlier. */
static void sink (struct ka_heap *heap, struct ka_due *due) {
  size_t place = due->place;
  for (;;) {
    size_t child = place * 2;
    if (child > heap->count) break;
    if (child < heap->count && earlier(at(heap, child + 1), at(heap, child))) child++;
    if (!earlier(at(heap, child), due)) break;
    put(heap, at(heap, child), place);
    place = child;
  }
  put(heap, due, place);
}

void ka_heap_free (struct ka_heap *heap) {
  free(heap->entries);
  heap->entries = NULL;
  heap->count = heap->room = 0;
}

enum ka_rc ka_heap_reserve (struct ka_heap *heap) {
  size_t room = heap->room > 0 ? heap->room * 2 : FIRST_ROOM;
  struct ka_due **grown;
  if (heap->count < heap->room) return KA_OK;
  grown = realloc(heap->entries, room * sizeof *grown);
  if (grown == NULL) return KA_NOMEM;
  heap->entries = grown;
  heap->room = room;
  return KA_OK;
}

void ka_heap_add (struct ka_heap *heap, struct ka_due *due, int64_t at_us) {
  due->at_us = at_us;
  put(heap, due, ++heap->count);
  rise(heap, due);
}

void ka_heap_remove (struct ka_heap *heap, struct ka_due *due) {
  struct ka_due *last;
  if (due->place == 0) return;
  last = at(heap, heap->count--);
  if (last != due) {
    put(heap, last, due->place);
    rise(heap, last);
    sink(heap, last);
  }
  due->place = 0;
}

struct ka_due *ka_heap_first (const struct ka_heap *heap) {
  return heap->count > 0 ? heap->entries[0] : NULL;
}
