/* The engine's life: calls and timers come in, completions go out, one at a time. It refuses to
   know how libcurl waits (engine_loop.c) and what an answer means (engine_transfer.c). */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include "core/engine_thread.h"

#define TIMER_MS_MAX (INT64_C(1) << 42) /* more than a hundred years */
#define IDLE_MAX 256                    /* handles that a channel keeps for later calls */

const char *ka_ending_name (enum ka_ending ending) {
  static const char *const names[] = {
    [KA_ANSWERED] = "answered", [KA_RANG] = "timer", [KA_READABLE] = "readable",
    [KA_ENDED_TIMEOUT] = "timeout", [KA_ENDED_CONNECT] = "connect", [KA_ENDED_TLS] = "tls",
    [KA_ENDED_PROTOCOL] = "protocol", [KA_ENDED_TOO_LARGE] = "too_large",
    [KA_ENDED_CANCELED] = "canceled",
  };
  return names[ending];
}

/* ---- SIGPIPE -------------------------------------------------------------------------------- */

/* A script's process must not die of a closed peer. libcurl leaves SIGPIPE to its caller, but from
   7.88 on, where OpenSSL too writes through libcurl, it sends with MSG_NOSIGNAL. Before that the
   signal is blocked around every call of libcurl, which costs six system calls a request. */
struct guard { sigset_t before; bool needless; };

static bool sends_quietly (void) {
#ifdef MSG_NOSIGNAL
  static int quietly = -1;
  if (quietly < 0) quietly = curl_version_info(CURLVERSION_NOW)->version_num >= 0x075800;
  return quietly == 1;
#else
  return false;
#endif
}

static void block_pipe (struct guard *g) {
  sigset_t pipe;
  g->needless = sends_quietly();
  if (g->needless) return;
  sigemptyset(&pipe);
  sigaddset(&pipe, SIGPIPE);
  pthread_sigmask(SIG_BLOCK, &pipe, &g->before);
  g->needless = sigismember(&g->before, SIGPIPE) == 1;
}

/* Whatever came meanwhile was ours. */
static void unblock_pipe (const struct guard *g) {
  static const struct timespec at_once = {0, 0};
  sigset_t pipe;
  if (g->needless) return;
  sigemptyset(&pipe);
  sigaddset(&pipe, SIGPIPE);
  while (sigtimedwait(&pipe, NULL, &at_once) < 0 && errno == EINTR) {}
  pthread_sigmask(SIG_SETMASK, &g->before, NULL);
}

/* ---- life ----------------------------------------------------------------------------------- */

/* How often this process was forked off from one that had an engine; cheaper than asking for its
   number at every call. */
static unsigned forks;

static void count_fork (void) { forks++; }

static void listen_for_forks (void) { pthread_atfork(NULL, NULL, count_fork); }

enum ka_rc ka_engine_new (struct ka_engine **engine, unsigned max_connections,
                          enum ka_engine_mode mode) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  struct ka_engine *e = calloc(1, sizeof *e);
  enum ka_rc rc;
  *engine = NULL;
  if (e == NULL) return KA_NOMEM;
  pthread_once(&once, listen_for_forks);
  e->forks = forks;
  e->max_connections = max_connections;
  e->ready = &e->done;
  rc = ka_loop_open(e);
  if (rc == KA_OK && mode == KA_ENGINE_THREAD) rc = ka_thread_open(e);
  if (rc == KA_OK) {
    *engine = e;
  } else {
    int why = errno;
    ka_engine_free(e);
    errno = why;
  }
  return rc;
}

enum ka_engine_state ka_engine_state (const struct ka_engine *engine) {
  if (engine->forks != forks) return KA_ENGINE_FORKED;
  return engine->thread != NULL && ka_thread_is_over(engine) ? KA_ENGINE_OVER : KA_ENGINE_OPEN;
}

static void free_transfers (struct ka_engine *e) {
  struct transfer *t;
  for (uint32_t slot = 0; slot < e->slots_count; slot++)
    if (e->slots[slot] != NULL) ka_transfer_free(e->slots[slot]);
  while ((t = ka_queue_pop(&e->timers)) != NULL) ka_transfer_free(t);
}

void ka_engine_free (struct ka_engine *engine) {
  struct guard g;
  if (ka_engine_state(engine) == KA_ENGINE_FORKED) {
    ka_loop_close(engine, true);
    if (engine->thread != NULL) ka_thread_close(engine, true);
    return; /* the rest may be in any state: the fork may have come from anywhere */
  }
  if (engine->thread != NULL && !ka_thread_stop(engine)) return;
  block_pipe(&g);
  while (engine->channels != NULL) ka_channel_detach(engine->channels);
  free_transfers(engine);
  ka_loop_close(engine, false);
  unblock_pipe(&g);
  if (engine->thread != NULL) ka_thread_close(engine, false);
  ka_heap_free(&engine->heap);
  free(engine->slots);
  free(engine->slots_free);
  free(engine);
}

/* ---- in ------------------------------------------------------------------------------------- */

/* From here on it is under way: an event, its time or a free connection takes it further. */
enum ka_rc ka_begin (struct ka_engine *e, struct transfer *t) {
  bool watch = t->watched >= 0;
  enum ka_rc rc = watch ? ka_loop_watch(e, t) : ka_heap_reserve(&e->heap);
  if (rc != KA_OK) return rc;
  if (!watch) ka_heap_add(&e->heap, &t->due, t->due.at_us);
  t->phase = t->timer ? PHASE_RUNNING : PHASE_QUEUED;
  if (t->timer) return KA_OK;
  ka_transfer_route(t);
  ka_queue_push(&t->channel->queued, t);
  return KA_OK;
}

/* Give it a slot, and begin. On failure t is as it was. */
static KA_CHECKED enum ka_rc enter (struct ka_engine *e, struct transfer *t, int64_t ms) {
  enum ka_rc rc = e->thread != NULL ? ka_thread_start(e) : KA_OK;
  if (rc == KA_OK) rc = ka_slot_take(e, t);
  if (rc != KA_OK) return rc;
  if (ms < 0) ms = 0;
  t->start_us = ka_clock_us();
  t->due.at_us = t->start_us + (ms < TIMER_MS_MAX ? ms : TIMER_MS_MAX) * 1000;
  rc = e->thread != NULL ? ka_thread_enter(e, t) : ka_begin(e, t);
  if (rc != KA_OK) ka_slot_give(e, t);
  return rc;
}

/* Free what did not come to be, and keep errno, which may say why. */
static void discard (struct transfer *t) {
  int why = errno;
  ka_transfer_free(t);
  errno = why;
}

/* What a timer or a watch needs, perhaps used before; NULL without memory. */
static struct transfer *idle_timer (struct ka_engine *e) {
  struct transfer *t = ka_queue_pop_last(&e->timers);
  return t != NULL ? t : ka_transfer_new(NULL);
}

enum ka_rc ka_engine_timer (struct ka_engine *engine, int64_t ms, uint64_t *id) {
  struct transfer *t = idle_timer(engine);
  enum ka_rc rc;
  if (t == NULL) return KA_NOMEM;
  rc = enter(engine, t, ms);
  if (rc != KA_OK) {
    discard(t);
    return rc;
  }
  *id = t->id;
  if (engine->thread == NULL) ka_loop_settle(engine);
  return KA_OK;
}

/* A copy is watched, so that the original may be closed, and may be watched twice. */
enum ka_rc ka_engine_watch (struct ka_engine *engine, int fd, uint64_t *id) {
  struct transfer *t = idle_timer(engine);
  enum ka_rc rc = KA_FAILED;
  if (t == NULL) return KA_NOMEM;
  t->watched = fcntl(fd, F_DUPFD_CLOEXEC, 0);
  if (t->watched >= 0) rc = enter(engine, t, 0);
  if (rc != KA_OK) {
    discard(t);
    return rc;
  }
  *id = t->id;
  return KA_OK;
}

/* Send what may be sent now: a request that finds a connection is on the wire before submit
   returns. */
static void set_off (struct ka_engine *e) {
  struct guard g;
  block_pipe(&g);
  ka_loop_run(e);
  unblock_pipe(&g);
  ka_loop_settle(e);
}

enum ka_rc ka_channel_submit (struct ka_channel *channel, const struct ka_request *request,
                              uint64_t *id, const char **unreadable) {
  struct ka_engine *e = channel->engine;
  struct transfer *t = ka_queue_pop_last(&channel->idle);
  enum ka_rc rc;
  if (t == NULL) t = ka_transfer_new(channel);
  if (t == NULL) return KA_NOMEM;
  rc = ka_transfer_fill(t, request, unreadable);
  if (rc == KA_OK) rc = enter(e, t, request->timeout_ms);
  if (rc != KA_OK) {
    discard(t);
    return rc;
  }
  *id = t->id;
  if (e->thread == NULL) set_off(e);
  return KA_OK;
}

bool ka_engine_progress (const struct ka_engine *engine, uint64_t id, size_t *sent,
                         size_t *total) {
  const struct transfer *t = ka_slot_find(engine, id);
  if (t == NULL || t->timer) return false;
  if (t->away) {
    *sent = atomic_load_explicit(&t->told_sent, memory_order_relaxed);
    *total = atomic_load_explicit(&t->told_size, memory_order_relaxed);
    return true;
  }
  *sent = ka_upload_sent(t);
  *total = ka_upload_size(t);
  return true;
}

/* ---- out ------------------------------------------------------------------------------------ */

/* The one way to completion, from any phase. message must live as long as the transfer. */
void ka_end (struct ka_engine *e, struct transfer *t, enum ka_ending ending, const char *message) {
  struct ka_answer *a = &t->answer;
  if (!t->timer && t->phase == PHASE_RUNNING) ka_transfer_stop(t);
  if (t->watched >= 0) ka_loop_unwatch(e, t);
  if (t->phase == PHASE_QUEUED) ka_queue_unlink(&t->channel->queued, t);
  ka_heap_remove(&e->heap, &t->due);
  a->id = t->id;
  a->slot = t->slot;
  a->ending = ending;
  if (a->status < 200) a->status = 0; /* an interim one says nothing */
  a->message = message;
  a->sent = t->sends > 0;
  a->borrowed = t->upload != NULL || t->mime != NULL;
  a->ms = (ka_clock_us() - t->start_us) / 1000;
  t->phase = PHASE_DONE;
  ka_queue_push(&e->done, t);
}

bool ka_engine_cancel (struct ka_engine *engine, uint64_t id) {
  struct transfer *t = ka_slot_find(engine, id);
  if (t != NULL && engine->thread != NULL) return ka_thread_cancel(engine, t);
  if (t == NULL || t->phase == PHASE_DONE) return false;
  ka_end(engine, t, KA_ENDED_CANCELED, "it was canceled");
  set_off(engine);
  return true;
}

size_t ka_engine_step (struct ka_engine *engine, int64_t ms) {
  int64_t until_us = ms > 0 ? ka_clock_us() + (ms < TIMER_MS_MAX ? ms : TIMER_MS_MAX) * 1000 : 0;
  struct guard g;
  if (engine->thread != NULL) return ka_thread_step(engine, until_us);
  block_pipe(&g);
  ka_loop_run(engine);
  do {
    ka_loop_wait(engine, engine->done.count > 0 ? 0 : until_us);
  } while (engine->done.count == 0 && until_us > 0 && ka_clock_us() < until_us);
  unblock_pipe(&g);
  ka_loop_settle(engine);
  return engine->done.count;
}

bool ka_engine_take (struct ka_engine *engine, struct ka_answer *answer) {
  struct transfer *t = engine->ready->first;
  if (t == NULL) return false;
  *answer = t->answer;
  answer->head = t->head.bytes;
  answer->head_size = t->head.length;
  answer->body = t->body.bytes != NULL ? t->body.bytes : "";
  answer->body_size = t->body.length;
  return true;
}

/* Keep the handle for a later call where there is room for it. */
static void put_away (struct ka_engine *e, struct transfer *t) {
  struct ka_channel *c = t->channel;
  struct queue *idle = t->timer ? &e->timers : c != NULL ? &c->idle : NULL;
  if (idle == NULL || idle->count >= IDLE_MAX) ka_transfer_free(t);
  else ka_queue_push(idle, t);
}

void ka_engine_took (struct ka_engine *engine) {
  struct transfer *t = ka_queue_pop(engine->ready);
  ka_slot_give(engine, t);
  t->phase = PHASE_FREE;
  ka_transfer_clear(t);
  put_away(engine, t);
  if (engine->thread != NULL) ka_thread_took(engine);
}

int ka_engine_fd (struct ka_engine *engine) {
  if (engine->thread != NULL) return ka_thread_fd(engine);
  engine->polled = true;
  ka_loop_settle(engine);
  return engine->epoll_fd;
}

size_t ka_engine_pending (const struct ka_engine *engine) { return engine->pending; }
