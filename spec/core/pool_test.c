/* Tests of the pool of random bytes: no identifier comes twice, least of all in a parent and its
   forked children or in two threads. Prints "ok" and the number of checks; it refuses arguments. */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include "core/pool.h"
#include "unit.h"

#define DRAWS 100
#define CHILDREN 8
#define ALL ((CHILDREN + 3) * DRAWS)

static unsigned char drawn[ALL][KA_POOL_DRAW];

static void draw_into (unsigned char (*place)[KA_POOL_DRAW]) {
  for (int i = 0; i < DRAWS; i++)
    if (ka_pool_draw(place[i]) != KA_OK) abort();
}

/* What a child draws right after the fork, sent to the parent through a pipe. */
static void draw_in_child (unsigned char (*place)[KA_POOL_DRAW]) {
  int ends[2];
  pid_t child;
  CHECK(pipe(ends) == 0);
  child = fork();
  if (child == 0) {
    draw_into(place);
    _exit(write(ends[1], place, DRAWS * KA_POOL_DRAW) == DRAWS * KA_POOL_DRAW ? 0 : 1);
  }
  CHECK(child > 0 && read(ends[0], place, DRAWS * KA_POOL_DRAW) == DRAWS * KA_POOL_DRAW);
  CHECK(waitpid(child, NULL, 0) == child);
  close(ends[0]);
  close(ends[1]);
}

static void *draw_in_thread (void *place) {
  draw_into(place);
  return NULL;
}

static int compare (const void *a, const void *b) {
  return memcmp(a, b, KA_POOL_DRAW);
}

static void nothing_comes_twice (void) {
  pthread_t thread;
  draw_into(drawn); /* the pool is half used when the children come */
  for (int i = 0; i < CHILDREN; i++) draw_in_child(drawn + (i + 1) * DRAWS);
  CHECK(pthread_create(&thread, NULL, draw_in_thread, drawn + (CHILDREN + 1) * DRAWS) == 0);
  draw_into(drawn + (CHILDREN + 2) * DRAWS);
  CHECK(pthread_join(thread, NULL) == 0);
  qsort(drawn, ALL, KA_POOL_DRAW, compare);
  for (int i = 1; i < ALL; i++) CHECK(compare(drawn[i - 1], drawn[i]) != 0);
}

int main (void) {
  nothing_comes_twice();
  return UNIT_END();
}
