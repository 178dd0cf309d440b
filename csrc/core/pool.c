/* Random bytes for identifiers, from a pool of the thread's own. It refuses to hand the same bytes
   to a parent and its child: two payments with one idempotency key would be one payment.

   A forked child has another process id; where it has not (each the first of its own namespace),
   the handler of fork has emptied the pool before the child runs. */
#include <pthread.h>
#include <stdbool.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/random.h>
#endif
#include <openssl/crypto.h>
#include "core/pool.h"
#include "core/sign.h"

#define POOL_SIZE (32 * KA_POOL_DRAW)

struct pool {
  pid_t owner;
  size_t left;  /* unused bytes, at the end */
  unsigned char bytes[POOL_SIZE];
};

static _Thread_local struct pool pool;

static pthread_once_t registered = PTHREAD_ONCE_INIT;
static int watched; /* whether the handler of fork is in place */

/* Runs in the child, in its only thread. */
static void forget (void) {
  pool.left = 0;
}

static void watch_forks (void) {
  watched = pthread_atfork(NULL, NULL, forget) == 0;
}

/* The kernel's own bytes, from which libcrypto's generator is seeded too: that one costs some
   hundred times as many instructions a byte. False where they did not come, or not at once. */
static bool ask_kernel (unsigned char *bytes, size_t size) {
#ifdef __linux__
  return getrandom(bytes, size, 0) == (ssize_t) size;
#else
  (void) bytes; (void) size;
  return false;
#endif
}

static enum ka_rc refill (pid_t owner) {
  pthread_once(&registered, watch_forks);
  pool.left = 0;
  if (!ask_kernel(pool.bytes, sizeof pool.bytes)
      && ka_random(pool.bytes, sizeof pool.bytes) != KA_OK) return KA_FAILED;
  pool.owner = owner;
  pool.left = sizeof pool.bytes;
  return KA_OK;
}

enum ka_rc ka_pool_draw (unsigned char bytes[KA_POOL_DRAW]) {
  pid_t owner = getpid();
  unsigned char *next;
  if ((pool.left == 0 || pool.owner != owner) && refill(owner) != KA_OK) return KA_FAILED;
  next = pool.bytes + (sizeof pool.bytes - pool.left);
  memcpy(bytes, next, KA_POOL_DRAW);
  OPENSSL_cleanse(next, KA_POOL_DRAW);
  pool.left = watched ? pool.left - KA_POOL_DRAW : 0;
  return KA_OK;
}
