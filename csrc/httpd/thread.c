/* The background threads of this process, and the hook that ends them before the libraries below
   them are torn down. It frees nothing of a server: the owner does that, if it still comes to it.
   */
#include "httpd/thread.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

/* The only state of this module. Process exit knows no lua_State, so the threads to end must be
   found here. */
static struct {
  pthread_mutex_t lock;
  struct ka_thread *first;
  bool hooked;
} running = { PTHREAD_MUTEX_INITIALIZER, NULL, false };

static pthread_once_t once = PTHREAD_ONCE_INIT;

static void enlist (struct ka_thread *thread) {
  thread->previous = NULL;
  thread->next = running.first;
  if (thread->next != NULL) thread->next->previous = thread;
  running.first = thread;
  thread->listed = true;
}

/* Who takes a thread off the list, and nobody else, joins it. */
static bool strike (struct ka_thread *thread) {
  bool mine = thread != NULL && thread->listed;
  if (!mine) return false;
  if (thread->next != NULL) thread->next->previous = thread->previous;
  if (thread->previous != NULL) thread->previous->next = thread->next;
  else running.first = thread->next;
  thread->listed = false;
  return true;
}

/* A handler that calls os.exit runs on the thread itself, which cannot wait for its own end. */
static void end (struct ka_thread *thread) {
  if (pthread_equal(thread->id, pthread_self())) return;
  ka_server_stop(thread->server);
  pthread_join(thread->id, NULL);
}

static struct ka_thread *strike_first (void) {
  struct ka_thread *thread;
  pthread_mutex_lock(&running.lock);
  thread = running.first;
  strike(thread);
  pthread_mutex_unlock(&running.lock);
  return thread;
}

static void at_exit (void) {
  struct ka_thread *thread;
  while ((thread = strike_first()) != NULL) end(thread);
}

/* A child made by fork gets memory as it stands: it must not stand in the middle of a request,
   with locks of the libraries below held by a thread that the child does not have. So fork waits
   until every server waits. */
static void each_other (int act (pthread_mutex_t *)) {
  for (struct ka_thread *thread = running.first; thread != NULL; thread = thread->next)
    if (!pthread_equal(thread->id, pthread_self())) act(&thread->server->working);
}

static void before_fork (void) {
  pthread_mutex_lock(&running.lock);
  each_other(pthread_mutex_lock);
}

static void after_fork_in_parent (void) {
  each_other(pthread_mutex_unlock);
  pthread_mutex_unlock(&running.lock);
}

/* None of the threads is here, and so nobody to hand the servers' locks to. */
static void after_fork_in_child (void) {
  running.first = NULL;
  pthread_mutex_unlock(&running.lock);
}

static void *run (void *server) {
  ka_server_run(server);
  return NULL;
}

/* Signals belong to the host's own threads: a new thread inherits the mask of the one that makes
   it. */
static int start_blocked (struct ka_thread *thread) {
  sigset_t all, before;
  int rc;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  rc = pthread_create(&thread->id, NULL, run, thread->server);
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  return rc;
}

/* Hooks run last registered first. libcrypto registers its own when it is first used, which may
   be in a handler much later, and would then be taken apart under the running thread: so it is
   set up here, before our hook is registered. (Asked for no option, it would set up nothing.) */
static void register_hooks (void) {
  OPENSSL_init_crypto(OPENSSL_INIT_LOAD_CRYPTO_STRINGS, NULL);
  running.hooked = atexit(at_exit) == 0
    && pthread_atfork(before_fork, after_fork_in_parent, after_fork_in_child) == 0;
}

bool ka_thread_start (struct ka_thread *thread, struct ka_server *server) {
  int rc;
  thread->server = server;
  pthread_once(&once, register_hooks);
  if (!running.hooked) { errno = ENOMEM; return false; }
  pthread_mutex_lock(&running.lock);
  rc = start_blocked(thread);
  if (rc == 0) {
    thread->pid = getpid();
    enlist(thread);
  }
  pthread_mutex_unlock(&running.lock);
  errno = rc;
  return rc == 0;
}

bool ka_thread_foreign (const struct ka_thread *thread) {
  return thread->pid != 0 && thread->pid != getpid();
}

void ka_thread_stop (struct ka_thread *thread) {
  bool mine;
  if (thread->pid == 0 || ka_thread_foreign(thread)) return;
  pthread_mutex_lock(&running.lock);
  mine = strike(thread);
  pthread_mutex_unlock(&running.lock);
  if (mine) end(thread);
}
