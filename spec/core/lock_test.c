/* Tests of the locks where Lua cannot reach: a child that dies holding one, and the fallback for
   systems without locks of the open file. Prints "ok" and the number of checks; it refuses
   arguments. */
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>
#include "core/lock.h"
#include "unit.h"

static char path[] = "/tmp/kassa-lock.XXXXXX";

static void open_as (struct ka_lock *l, bool posix) {
  CHECK(ka_lock_open(l, path) == KA_OK);
  l->posix = posix;
}

/* A child that takes a lock, says so, and waits to be killed. */
static pid_t start_holder (bool posix, int64_t number) {
  int ends[2];
  char word = 0;
  pid_t child;
  CHECK(pipe(ends) == 0);
  child = fork();
  if (child == 0) {
    struct ka_lock l;
    open_as(&l, posix);
    word = ka_lock_try(&l, number) == KA_LOCK_TAKEN ? 'y' : 'n';
    if (write(ends[1], &word, 1) == 1) pause();
    _exit(1);
  }
  CHECK(child > 0 && read(ends[0], &word, 1) == 1);
  CHECK(word == 'y');
  close(ends[0]);
  close(ends[1]);
  return child;
}

static void a_lock_dies_with_its_holder (bool posix) {
  struct ka_lock l;
  pid_t child = start_holder(posix, 7);
  open_as(&l, posix);
  CHECK(ka_lock_try(&l, 7) == KA_LOCK_BUSY);
  CHECK(ka_lock_try(&l, 8) == KA_LOCK_TAKEN);
  CHECK(kill(child, SIGKILL) == 0 && waitpid(child, NULL, 0) == child);
  CHECK(ka_lock_try(&l, 7) == KA_LOCK_TAKEN);
  CHECK(ka_lock_release(&l, 7) == KA_OK);
  child = start_holder(posix, 7);
  CHECK(ka_lock_try(&l, 7) == KA_LOCK_BUSY);
  CHECK(kill(child, SIGKILL) == 0 && waitpid(child, NULL, 0) == child);
  ka_lock_close(&l);
}

static void what_is_closed_fails (void) {
  struct ka_lock l = {.open = false};
  ka_lock_close(&l);
  CHECK(ka_lock_open(&l, "/nowhere/at/all") == KA_FAILED);
  CHECK(!l.open);
  open_as(&l, false);
  close(l.file);
  CHECK(ka_lock_try(&l, 1) == KA_LOCK_FAILED);
  CHECK(ka_lock_release(&l, 1) == KA_FAILED);
  l.open = false;
}

int main (void) {
  int file = mkstemp(path);
  CHECK(file >= 0);
  a_lock_dies_with_its_holder(false);
  a_lock_dies_with_its_holder(true);
  what_is_closed_fails();
  close(file);
  unlink(path);
  return UNIT_END();
}
