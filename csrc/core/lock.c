/* Byte-range locks by fcntl(2), of the open file description where the system has them. It refuses
   to wait: who finds a lock taken asks again later. */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>
#include "core/lock.h"

enum ka_rc ka_lock_open (struct ka_lock *l, const char *path) {
  *l = (struct ka_lock){.file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666)};
  l->open = l->file >= 0;
  return l->open ? KA_OK : KA_FAILED;
}

void ka_lock_close (struct ka_lock *l) {
  if (l->open) close(l->file);
  l->open = false;
}

static int ask (const struct ka_lock *l, int command, short type, int64_t number) {
  struct flock range = {.l_type = type, .l_whence = SEEK_SET, .l_start = (off_t)number, .l_len = 1};
  int rc;
  do rc = fcntl(l->file, command, &range); while (rc < 0 && errno == EINTR);
  return rc;
}

/* A kernel older than 3.15 refuses the newer command as invalid. */
static int set (struct ka_lock *l, short type, int64_t number) {
#ifdef F_OFD_SETLK
  if (!l->posix) {
    int rc = ask(l, F_OFD_SETLK, type, number);
    if (rc == 0 || errno != EINVAL) return rc;
    l->posix = true;
  }
#endif
  return ask(l, F_SETLK, type, number);
}

enum ka_lock_result ka_lock_try (struct ka_lock *l, int64_t number) {
  if (set(l, F_WRLCK, number) == 0) return KA_LOCK_TAKEN;
  return errno == EACCES || errno == EAGAIN ? KA_LOCK_BUSY : KA_LOCK_FAILED;
}

enum ka_rc ka_lock_release (struct ka_lock *l, int64_t number) {
  return set(l, F_UNLCK, number) == 0 ? KA_OK : KA_FAILED;
}
