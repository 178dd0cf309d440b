/* Locks between processes that die with their holder: bytes of a file, of which one handle at a
   time holds each. It never waits, and it refuses to say who holds what.

   A lock belongs to the handle that took it (an open file description: Linux's F_OFD_SETLK), so two
   handles of one process exclude each other as two processes do, and the same handle may take what
   it holds again. Where the system has none of these, the locks are POSIX's, which belong to the
   process: they exclude other processes only, and closing one handle gives back what any other of
   this process holds on that file. Both end when the process ends, however it ends. A forked child
   shares its parent's handle; a program that is executed does not get it.

   A zeroed struct is a closed lock: closing it is harmless. */
#ifndef KASSA_LOCK_H
#define KASSA_LOCK_H

#include <stdbool.h>
#include <stdint.h>
#include "core/rc.h"

#define KA_LOCK_LAST INT64_C(9007199254740991) /* the largest number that every Lua counts to */

struct ka_lock {
  int file;
  bool open;
  bool posix; /* the fallback; set it between open and the first try to ask for it */
};

enum ka_lock_result { KA_LOCK_TAKEN, KA_LOCK_BUSY, KA_LOCK_FAILED };

/* Open or create the file. It stays empty and must never be removed: another process may hold a
   lock on it. KA_FAILED: errno says why, and l is closed. */
enum ka_rc ka_lock_open (struct ka_lock *l, const char *path) KA_CHECKED;

/* Give back all that the handle holds. May be called twice. */
void ka_lock_close (struct ka_lock *l);

/* Take the lock of this number, 0 to KA_LOCK_LAST, if nobody else holds it. KA_LOCK_FAILED: errno
   says why (no more locks, a file system without). */
enum ka_lock_result ka_lock_try (struct ka_lock *l, int64_t number) KA_CHECKED;

/* Give it back; one that is not held stays so. KA_FAILED: errno says why. */
enum ka_rc ka_lock_release (struct ka_lock *l, int64_t number) KA_CHECKED;

#endif
