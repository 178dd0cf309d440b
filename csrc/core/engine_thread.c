/* Thread mode: one background thread drives the engine's loop, so that its owner never waits for a
   handshake, a name or a slow step of libcurl. It refuses to run before the first call, to receive
   a signal, and to be alive while the process takes libcrypto down.

   Exit: libcrypto's own end comes by atexit, under the feet of a thread that still works. The hook
   here is registered later, so it runs earlier; it stops and joins, and frees nothing.
   Fork: whoever forks waits until each thread is between two rounds. The child then finds neither a
   lock of libcrypto taken nor a table half written, and closes its copies of the descriptors. */
#include <dlfcn.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include "core/engine_thread.h"

#define STACK_BYTES ((size_t)1 << 20)  /* libcurl and OpenSSL use a tenth of it */
#define CANCELED "it was canceled"

/* ---- the process ---------------------------------------------------------------------------- */

/* Guards the list of threads; each passes it once a round, so that a fork is not kept waiting by a
   busy one. Taken before any other lock. */
static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;
static struct ka_thread *running;

static void before_fork (void) {
  pthread_mutex_lock(&gate);
  for (struct ka_thread *th = running; th != NULL; th = th->next) pthread_mutex_lock(&th->work);
}

static void after_fork (void) {
  for (struct ka_thread *th = running; th != NULL; th = th->next) pthread_mutex_unlock(&th->work);
  pthread_mutex_unlock(&gate);
}

/* The threads are the parent's. */
static void after_fork_in_child (void) {
  after_fork();
  running = NULL;
}

/* Out of the list; whoever takes it out is the one to join it. -> was it there? */
static bool claim (struct ka_thread *th) {
  struct ka_thread **at = &running;
  bool found;
  pthread_mutex_lock(&gate);
  while (*at != NULL && *at != th) at = &(*at)->next;
  found = *at != NULL;
  if (found) *at = th->next;
  pthread_mutex_unlock(&gate);
  return found;
}

static struct ka_thread *claim_any (void) {
  struct ka_thread *th;
  pthread_mutex_lock(&gate);
  th = running;
  if (th != NULL) running = th->next;
  pthread_mutex_unlock(&gate);
  return th;
}

/* Make one of the eventfds readable; `already` says whether it is. With the lock. */
static void ring (int fd, bool *already) {
  static const uint64_t one = 1;
  if (!*already) *already = write(fd, &one, sizeof one) == (ssize_t)sizeof one;
}

static void hush (int fd, bool *already) {
  uint64_t rings;
  if (*already) *already = read(fd, &rings, sizeof rings) != (ssize_t)sizeof rings;
}

static void stop_and_join (struct ka_thread *th) {
  pthread_mutex_lock(&th->lock);
  th->stop = true;
  ring(th->wake_fd, &th->woken);
  pthread_mutex_unlock(&th->lock);
  pthread_join(th->id, NULL);
}

static void stop_all (void) {
  struct ka_thread *th;
  while ((th = claim_any()) != NULL) {
    stop_and_join(th);
    atomic_store(&th->over, true);
  }
}

/* The code must stay where it is while a thread runs in it, whoever unloads the module. */
static void pin_code (void) {
  Dl_info here;
  if (dladdr(&gate, &here) != 0 && here.dli_fname != NULL)
    (void)dlopen(here.dli_fname, RTLD_NOW | RTLD_NOLOAD | RTLD_NODELETE);
}

/* The hook after libcurl, and thus after libcrypto. */
static void prepare_process (void) {
  ka_libcurl_init();
  pin_code();
  pthread_atfork(before_fork, after_fork, after_fork_in_child);
  atexit(stop_all);
}

/* ---- the thread's side ---------------------------------------------------------------------- */

/* Take part in the process again, unless somebody is about to fork. */
static void begin_round (struct ka_thread *th) {
  pthread_mutex_lock(&gate);
  pthread_mutex_lock(&th->work);
  pthread_mutex_unlock(&gate);
}

struct inbox {
  struct queue entering;
  struct transfer *canceling;
  struct ka_channel *opening, *closing;
  struct ka_bridge *bridge;
};

/* False: stop, and leave everything where it is. */
static bool take_inbox (struct ka_thread *th, struct inbox *in) {
  bool go_on;
  pthread_mutex_lock(&th->lock);
  go_on = !th->stop;
  if (go_on) {
    *in = (struct inbox){th->entering, th->canceling, th->opening, th->closing, th->bridge};
    th->in_hand += in->entering.count;
    th->entering = (struct queue){0};
    th->canceling = NULL;
    th->opening = th->closing = NULL;
  }
  pthread_mutex_unlock(&th->lock);
  return go_on;
}

static void begin (struct ka_engine *e, struct transfer *t) {
  const char *why = t->watched >= 0 ? "the descriptor cannot be watched" : "there is no memory";
  if (ka_begin(e, t) == KA_OK) return;
  t->phase = PHASE_DONE; /* it is in no list */
  ka_end(e, t, KA_ENDED_CANCELED, why);
}

/* In the order in which one could follow the other. */
static void work_off (struct ka_thread *th, struct inbox *in) {
  struct ka_engine *e = th->engine;
  struct transfer *t;
  struct ka_channel *c, *closed = in->closing;
  while ((c = in->opening) != NULL) {
    in->opening = c->opening_next;
    ka_channel_link(e, c);
  }
  while ((t = ka_queue_pop(&in->entering)) != NULL) begin(e, t);
  while ((t = in->canceling) != NULL) {
    in->canceling = t->canceling_next;
    if (t->phase != PHASE_DONE) ka_end(e, t, KA_ENDED_CANCELED, CANCELED);
  }
  for (c = closed; c != NULL; c = c->closing_next) ka_channel_halt(c);
  in->closing = closed;
}

/* A cancellation that comes too late must not meet the transfer's next call. */
static void forget_cancel (struct ka_thread *th, const struct transfer *t) {
  struct transfer **at = &th->canceling;
  while (*at != NULL && *at != t) at = &(*at)->canceling_next;
  if (*at != NULL) *at = t->canceling_next;
}

/* Channels come back behind the last of their transfers. -> must the bridge be told? */
static bool give_back (struct ka_thread *th, struct ka_channel *closed) {
  struct queue *done = &th->engine->done;
  struct transfer *t;
  bool any = done->first != NULL, untold;
  pthread_mutex_lock(&th->lock);
  untold = any && th->bridge != NULL && !th->told;
  th->told = th->told || untold;
  if (any && (th->bridge == NULL || th->waiting)) ring(th->ready_fd, &th->signalled);
  th->in_hand -= done->count;
  while ((t = ka_queue_pop(done)) != NULL) {
    t->is_back = true;
    forget_cancel(th, t);
    ka_queue_push(&th->back, t);
  }
  while (closed != NULL) {
    struct ka_channel *next = closed->closing_next;
    closed->closing_next = th->closed;
    th->closed = closed;
    closed = next;
  }
  pthread_mutex_unlock(&th->lock);
  return untold;
}

/* Tell the bridge of completions, or that the thread lives. -> when it is to be told next */
static int64_t tell (struct ka_thread *th, struct ka_bridge *bridge, bool completions) {
  int64_t now_us;
  if (bridge != NULL && completions) ka_bridge_tell(bridge);
  if (bridge == NULL || th->in_hand == 0) {
    th->beat_us = 0;
    return NEVER;
  }
  now_us = ka_clock_us();
  if (!completions && th->beat_us != 0 && now_us >= th->beat_us) {
    ka_bridge_tell(bridge);
    completions = true;
  }
  if (completions || th->beat_us == 0) th->beat_us = now_us + KA_BEAT_MS * 1000;
  return th->beat_us;
}

static void *drive (void *thread) {
  struct ka_thread *th = thread;
  struct ka_engine *e = th->engine;
  struct epoll_event events[EVENTS];
  struct inbox in;
  int count = 0, pause;
  pthread_setname_np(pthread_self(), "kassa");
  begin_round(th);
  for (;;) {
    ka_loop_handle(e, events, count); /* before the inbox, which may end what they are about */
    if (!take_inbox(th, &in)) break;
    work_off(th, &in);
    ka_loop_run(e);
    pause = ka_loop_pause(e, tell(th, in.bridge, give_back(th, in.closing)));
    pthread_mutex_unlock(&th->work);
    count = epoll_wait(e->epoll_fd, events, EVENTS, pause);
    begin_round(th);
  }
  pthread_mutex_unlock(&th->work);
  return NULL;
}

void ka_thread_woken (struct ka_engine *e) {
  struct ka_thread *th = e->thread;
  pthread_mutex_lock(&th->lock);
  hush(th->wake_fd, &th->woken);
  pthread_mutex_unlock(&th->lock);
}

/* ---- the owner's side ----------------------------------------------------------------------- */

/* The list must know of a thread before a fork can. */
enum ka_rc ka_thread_start (struct ka_engine *e) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  struct ka_thread *th = e->thread;
  pthread_attr_t about;
  sigset_t all, before;
  int why;
  if (th->started) return KA_OK;
  pthread_once(&once, prepare_process);
  pthread_attr_init(&about);
  pthread_attr_setstacksize(&about, STACK_BYTES);
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  pthread_mutex_lock(&gate);
  why = pthread_create(&th->id, &about, drive, th);
  if (why == 0) {
    th->next = running;
    running = th;
  }
  pthread_mutex_unlock(&gate);
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  pthread_attr_destroy(&about);
  th->started = why == 0;
  errno = why;
  return why == 0 ? KA_OK : KA_FAILED;
}

/* Can it be watched at all? The kernel tells without having to watch it. */
static bool is_pollable (const struct ka_engine *e, int fd) {
  struct epoll_event none = {0};
  return epoll_ctl(e->epoll_fd, EPOLL_CTL_DEL, fd, &none) == 0 || errno == ENOENT;
}

enum ka_rc ka_thread_enter (struct ka_engine *e, struct transfer *t) {
  struct ka_thread *th = e->thread;
  if (t->watched >= 0 && !is_pollable(e, t->watched)) return KA_FAILED;
  t->away = true;
  t->canceled = false;
  atomic_store_explicit(&t->told_sent, 0, memory_order_relaxed);
  atomic_store_explicit(&t->told_size, t->upload_size, memory_order_relaxed);
  pthread_mutex_lock(&th->lock);
  t->is_back = false;
  ka_queue_push(&th->entering, t);
  ring(th->wake_fd, &th->woken);
  pthread_mutex_unlock(&th->lock);
  return KA_OK;
}

/* One that came back. Canceled is canceled, even where an answer was quicker. */
static void welcome (struct ka_thread *th, struct transfer *t) {
  t->away = false;
  if (t->canceled) {
    t->answer.ending = KA_ENDED_CANCELED;
    t->answer.message = CANCELED;
  }
  if (t->channel != NULL && t->channel->closed) ka_transfer_part(t);
  ka_queue_push(&th->ready, t);
}

/* Take what came back. waiting: if nothing did, ready_fd is waited for. */
static void fetch (struct ka_thread *th, bool waiting) {
  struct queue back;
  struct ka_channel *closed, *next;
  struct transfer *t;
  pthread_mutex_lock(&th->lock);
  back = th->back;
  th->back = (struct queue){0};
  th->told = false;
  th->waiting = waiting && back.count == 0;
  closed = th->closed;
  th->closed = NULL;
  pthread_mutex_unlock(&th->lock);
  while ((t = ka_queue_pop(&back)) != NULL) welcome(th, t);
  for (; closed != NULL; closed = next) {
    next = closed->closing_next;
    ka_channel_dispose(closed);
  }
}

size_t ka_thread_step (struct ka_engine *e, int64_t until_us) {
  struct ka_thread *th = e->thread;
  fetch(th, until_us > 0);
  while (th->ready.count == 0 && until_us > 0) {
    struct pollfd ready = {.fd = th->ready_fd, .events = POLLIN};
    int pause = ka_pause_ms(until_us);
    if (pause == 0) break;
    (void)poll(&ready, 1, pause);
    fetch(th, true);
  }
  return th->ready.count;
}

bool ka_thread_cancel (struct ka_engine *e, struct transfer *t) {
  struct ka_thread *th = e->thread;
  fetch(th, false);
  if (!t->away || t->canceled) return false;
  t->canceled = true;
  pthread_mutex_lock(&th->lock);
  if (!t->is_back) {
    t->canceling_next = th->canceling;
    th->canceling = t;
    ring(th->wake_fd, &th->woken);
  }
  pthread_mutex_unlock(&th->lock);
  return true;
}

/* With the last one taken the descriptor falls silent. */
void ka_thread_took (struct ka_engine *e) {
  struct ka_thread *th = e->thread;
  if (th->ready.count > 0) return;
  pthread_mutex_lock(&th->lock);
  if (th->back.count == 0) hush(th->ready_fd, &th->signalled);
  pthread_mutex_unlock(&th->lock);
}

bool ka_engine_tell (struct ka_engine *e, struct ka_bridge *bridge) {
  struct ka_thread *th = e->thread;
  struct ka_bridge *before;
  if (th == NULL) return false;
  ka_bridge_hold(bridge);
  pthread_mutex_lock(&th->lock);
  before = th->bridge;
  th->bridge = bridge;
  th->told = false;
  ring(th->wake_fd, &th->woken); /* it has to know when to wake up next */
  pthread_mutex_unlock(&th->lock);
  if (before != NULL) ka_bridge_drop(before);
  return true;
}

int ka_thread_fd (const struct ka_engine *e) { return e->thread->ready_fd; }

void ka_thread_link (struct ka_engine *e, struct ka_channel *c) {
  struct ka_thread *th = e->thread;
  if (!th->started) { ka_channel_link(e, c); return; }
  pthread_mutex_lock(&th->lock);
  c->opening_next = th->opening;
  th->opening = c;
  pthread_mutex_unlock(&th->lock);
}

void ka_thread_halt (struct ka_engine *e, struct ka_channel *c) {
  struct ka_thread *th = e->thread;
  if (!th->started) {
    ka_channel_halt(c);
    ka_channel_dispose(c);
    return;
  }
  pthread_mutex_lock(&th->lock);
  c->closing_next = th->closing;
  th->closing = c;
  ring(th->wake_fd, &th->woken);
  pthread_mutex_unlock(&th->lock);
}

/* ---- life ----------------------------------------------------------------------------------- */

static void lock_share (CURL *easy, curl_lock_data data, curl_lock_access access, void *thread) {
  struct ka_thread *th = thread;
  (void)easy; (void)access;
  pthread_mutex_lock(&th->share[data]);
}

static void unlock_share (CURL *easy, curl_lock_data data, void *thread) {
  struct ka_thread *th = thread;
  (void)easy;
  pthread_mutex_unlock(&th->share[data]);
}

void ka_thread_share (struct ka_engine *e) {
  curl_share_setopt(e->share, CURLSHOPT_LOCKFUNC, lock_share);
  curl_share_setopt(e->share, CURLSHOPT_UNLOCKFUNC, unlock_share);
  curl_share_setopt(e->share, CURLSHOPT_USERDATA, e->thread);
}

enum ka_rc ka_thread_open (struct ka_engine *e) {
  struct epoll_event event = {.events = EPOLLIN, .data.u64 = WAKE_KEY};
  struct ka_thread *th = calloc(1, sizeof *th);
  if (th == NULL) return KA_NOMEM;
  e->thread = th;
  e->ready = &th->ready;
  th->engine = e;
  pthread_mutex_init(&th->lock, NULL);
  pthread_mutex_init(&th->work, NULL);
  for (int i = 0; i < CURL_LOCK_DATA_LAST; i++) pthread_mutex_init(&th->share[i], NULL);
  th->ready_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  th->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (th->ready_fd < 0 || th->wake_fd < 0) return KA_FAILED;
  return epoll_ctl(e->epoll_fd, EPOLL_CTL_ADD, th->wake_fd, &event) == 0 ? KA_OK : KA_FAILED;
}

/* What is still between the two belongs to the engine again. */
static void reunite (struct ka_thread *th) {
  struct ka_channel *c;
  while ((c = th->opening) != NULL) {
    th->opening = c->opening_next;
    ka_channel_link(th->engine, c);
  }
  th->started = false;
}

bool ka_thread_is_over (const struct ka_engine *e) { return atomic_load(&e->thread->over); }

bool ka_thread_stop (struct ka_engine *e) {
  struct ka_thread *th = e->thread;
  if (ka_thread_is_over(e)) return false;
  if (th->started && !claim(th)) return false; /* the end of the process was quicker */
  if (th->started) stop_and_join(th);
  reunite(th);
  return true;
}

static void dispose_all (struct ka_channel *c) {
  struct ka_channel *next;
  for (; c != NULL; c = next) {
    next = c->closing_next;
    ka_channel_dispose(c);
  }
}

void ka_thread_close (struct ka_engine *e, bool forked) {
  struct ka_thread *th = e->thread;
  for (struct transfer *t = th->entering.first; forked && t != NULL; t = t->next)
    if (t->watched >= 0) close(t->watched);
  if (th->ready_fd >= 0) close(th->ready_fd);
  if (th->wake_fd >= 0) close(th->wake_fd);
  if (th->bridge != NULL) ka_bridge_drop(th->bridge);
  if (forked) return;
  dispose_all(th->closing);
  dispose_all(th->closed);
  pthread_mutex_destroy(&th->lock);
  pthread_mutex_destroy(&th->work);
  for (int i = 0; i < CURL_LOCK_DATA_LAST; i++) pthread_mutex_destroy(&th->share[i]);
  free(th);
  e->thread = NULL;
}
