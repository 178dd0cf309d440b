/* Waits: a private epoll set with every socket of libcurl and one timerfd for the earliest of the
   deadlines and libcurl's own times. It refuses to decide what an end means; it only sees to it
   that what is due runs, and that the one descriptor is readable when something is.

   Sockets that libcurl lets go of between two calls stay in the set, unheard: a keep-alive call
   then costs no epoll_ctl. An event on such a socket (its server closed it) takes it out. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include "core/engine_thread.h"

#define FIRST_SOCKS 32
#define TIMER_KEY UINT64_MAX

int64_t ka_clock_us (void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

int64_t ka_epoch_ms (void) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* The table's entry for a descriptor; NULL without memory. */
static struct sock *sock_of (struct ka_engine *e, int fd) {
  int count = e->socks_count > 0 ? e->socks_count : FIRST_SOCKS;
  struct sock *grown;
  if (fd < e->socks_count) return &e->socks[fd];
  while (count <= fd) count *= 2;
  grown = realloc(e->socks, (size_t)count * sizeof *grown);
  if (grown == NULL) return NULL;
  memset(grown + e->socks_count, 0, (size_t)(count - e->socks_count) * sizeof *grown);
  e->socks = grown;
  e->socks_count = count;
  return &e->socks[fd];
}

static void watch (struct ka_engine *e, int fd, struct sock *s, unsigned char mask) {
  struct epoll_event event = {.events = mask, .data.u64 = (uint64_t)fd};
  int action = mask == 0 ? EPOLL_CTL_DEL : s->watched == 0 ? EPOLL_CTL_ADD : EPOLL_CTL_MOD;
  if (s->watched == mask) return;
  if (epoll_ctl(e->epoll_fd, action, fd, &event) != 0 && mask != 0) {
    /* the kernel forgot a closed descriptor, or still knows a reused one */
    action = errno == ENOENT ? EPOLL_CTL_ADD : EPOLL_CTL_MOD;
    if (epoll_ctl(e->epoll_fd, action, fd, &event) != 0) mask = 0;
  }
  s->watched = mask;
}

/* A socket is closed: it counts for its channel no longer. */
static void forget_sock (struct sock *s) {
  if (s->channel != NULL) s->channel->sockets--;
  *s = (struct sock){0};
}

/* libcurl waits for a socket of ours no longer. It may have closed it: 7.88 says nothing when it
   was still connecting, and the number may be another file's by now, so it stays in the set. */
static void let_go (int fd, struct sock *s) {
  s->wanted = 0;
  if (s->watched != EPOLLIN && fcntl(fd, F_GETFD) < 0) forget_sock(s);
}

/* libcurl says what it waits for on a socket. */
static int on_socket (CURL *easy, curl_socket_t fd, int what, void *lane_ptr, void *unused) {
  struct lane *lane = lane_ptr;
  struct sock *s = sock_of(lane->engine, fd);
  unsigned char mask = 0;
  (void)easy; (void)unused;
  if (s == NULL) return -1;
  if (what == CURL_POLL_IN || what == CURL_POLL_INOUT) mask |= EPOLLIN;
  if (what == CURL_POLL_OUT || what == CURL_POLL_INOUT) mask |= EPOLLOUT;
  s->lane = (unsigned char)(lane - lane->engine->lanes);
  s->wanted = mask;
  if (mask == 0 && s->known) let_go(fd, s);
  else watch(lane->engine, fd, s, mask);
  return 0;
}

/* libcurl says when it wants to be called; -1: not at all. */
static int on_timer (CURLM *multi, long ms, void *lane_ptr) {
  struct lane *lane = lane_ptr;
  (void)multi;
  lane->due_us = ms < 0 ? NEVER : ms == 0 ? 0 : ka_clock_us() + (int64_t)ms * 1000;
  return 0;
}

curl_socket_t ka_socket_open (void *transfer, curlsocktype purpose, struct curl_sockaddr *address) {
  struct transfer *t = transfer;
  int fd = socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
  struct sock *s = fd >= 0 ? sock_of(t->channel->engine, fd) : NULL;
  (void)purpose;
  if (s == NULL) {
    if (fd >= 0) close(fd);
    return CURL_SOCKET_BAD;
  }
  forget_sock(s);
  s->known = true;
  if (t->http1) return fd;
  s->channel = t->channel;
  s->channel->sockets++;
  s->channel->proven = false;
  return fd;
}

int ka_socket_close (void *engine, curl_socket_t fd) {
  struct sock *s = sock_of(engine, fd);
  if (s != NULL) forget_sock(s);
  return close(fd);
}

/* Hear when the descriptor of a watch is readable. */
enum ka_rc ka_loop_watch (struct ka_engine *e, struct transfer *t) {
  struct epoll_event event = {.events = EPOLLIN, .data.u64 = (uint64_t)t->watched};
  struct sock *s = sock_of(e, t->watched);
  if (s == NULL) return KA_NOMEM;
  if (epoll_ctl(e->epoll_fd, EPOLL_CTL_ADD, t->watched, &event) != 0) return KA_FAILED;
  *s = (struct sock){.known = true, .watch = t};
  return KA_OK;
}

/* The copy must leave the set before it is closed: the kernel would keep what is still open. */
void ka_loop_unwatch (struct ka_engine *e, struct transfer *t) {
  epoll_ctl(e->epoll_fd, EPOLL_CTL_DEL, t->watched, NULL);
  if (t->watched < e->socks_count) e->socks[t->watched] = (struct sock){0};
  close(t->watched);
  t->watched = -1;
}

/* A channel goes; its connections stay with libcurl, unowned. */
void ka_loop_forget (struct ka_engine *e, const struct ka_channel *channel) {
  for (int fd = 0; fd < e->socks_count; fd++)
    if (e->socks[fd].channel == channel) e->socks[fd].channel = NULL;
}

/* The lane's multi, made when first asked for: an engine that only counts time needs none. */
CURLM *ka_lane_multi (struct lane *lane) {
  CURLM *multi = lane->multi;
  long connections = (long)lane->engine->max_connections;
  if (multi != NULL) return multi;
  multi = curl_multi_init();
  if (multi == NULL) return NULL;
  curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, on_socket);
  curl_multi_setopt(multi, CURLMOPT_SOCKETDATA, lane);
  curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, on_timer);
  curl_multi_setopt(multi, CURLMOPT_TIMERDATA, lane);
  curl_multi_setopt(multi, CURLMOPT_MAX_TOTAL_CONNECTIONS, connections);
  curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, connections);
  curl_multi_setopt(multi, CURLMOPT_MAX_CONCURRENT_STREAMS, (long)STREAMS_MAX);
  lane->multi = multi;
  return multi;
}

enum ka_rc ka_loop_open (struct ka_engine *e) {
  struct epoll_event event = {.events = EPOLLIN, .data.u64 = TIMER_KEY};
  for (int i = 0; i < LANES; i++) e->lanes[i] = (struct lane){.engine = e, .due_us = NEVER};
  e->armed_us = NEVER;
  e->timer_fd = -1;
  e->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
  if (e->epoll_fd < 0) return KA_FAILED;
  e->timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
  if (e->timer_fd < 0) return KA_FAILED;
  return epoll_ctl(e->epoll_fd, EPOLL_CTL_ADD, e->timer_fd, &event) == 0 ? KA_OK : KA_FAILED;
}

/* In a forked child nothing is cleaned up, since a TLS goodbye would end the parent's connections:
   its copies of the descriptors are closed and the memory is left. */
void ka_loop_close (struct ka_engine *e, bool forked) {
  for (int i = 0; i < LANES; i++)
    if (e->lanes[i].multi != NULL && !forked) curl_multi_cleanup(e->lanes[i].multi);
  for (int fd = 0; forked && fd < e->socks_count; fd++)
    if (e->socks[fd].known) close(fd);
  if (e->share != NULL && !forked) curl_share_cleanup(e->share);
  if (e->epoll_fd >= 0) close(e->epoll_fd);
  if (e->timer_fd >= 0) close(e->timer_fd);
  free(e->socks);
}

/* Take the finished transfers from libcurl. */
static void reap (struct lane *lane) {
  CURLMsg *message;
  int left;
  while ((message = curl_multi_info_read(lane->multi, &left)) != NULL) {
    struct transfer *t = NULL;
    CURLcode code = message->data.result;
    if (message->msg != CURLMSG_DONE) continue;
    curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&t);
    ka_transfer_judge(t, code);
    ka_end(lane->engine, t, t->answer.ending, t->answer.message);
  }
}

/* Let libcurl do what its own time asks for, until it wants to wait. */
static void kick (struct ka_engine *e) {
  int running;
  for (int i = 0; i < LANES; i++) {
    struct lane *lane = &e->lanes[i];
    while (lane->due_us != NEVER && lane->due_us <= ka_clock_us()) {
      lane->due_us = NEVER; /* libcurl sets it anew when there is more */
      curl_multi_socket_action(lane->multi, CURL_SOCKET_TIMEOUT, 0, &running);
      reap(lane);
    }
  }
}

/* End what is over its deadline and ring the timers; a watch has no due time. */
static void expire (struct ka_engine *e) {
  struct ka_due *due = ka_heap_first(&e->heap);
  int64_t now_us = due != NULL ? ka_clock_us() : 0;
  while (due != NULL && due->at_us <= now_us) {
    struct transfer *t = (struct transfer *)due;
    if (t->timer) ka_end(e, t, KA_RANG, NULL);
    else ka_end(e, t, KA_ENDED_TIMEOUT, "no complete answer within the time for this request");
    due = ka_heap_first(&e->heap);
  }
}

/* Everything that is due now, and what that lets start. */
void ka_loop_run (struct ka_engine *e) {
  do {
    kick(e);
    expire(e);
  } while (ka_admit(e));
}

/* libcurl is always told that it may read and write. It asks the kernel anyway, and told only of
   reading it would let a request on the same connection, whose headers it has just sent, wait with
   its body: long enough for an early answer, which it then loses (engine_transfer.c). */
static void on_event (struct ka_engine *e, const struct epoll_event *event) {
  int fd = (int)event->data.u64, running;
  struct sock *s = &e->socks[fd];
  struct lane *lane = &e->lanes[s->lane];
  if (s->watch != NULL) { ka_end(e, s->watch, KA_READABLE, NULL); return; }
  if (s->wanted == 0) { watch(e, fd, s, 0); return; }
  curl_multi_socket_action(lane->multi, fd, CURL_CSELECT_IN | CURL_CSELECT_OUT, &running);
  reap(lane);
}

static void on_timer_fd (struct ka_engine *e) {
  uint64_t rings;
  ssize_t got = read(e->timer_fd, &rings, sizeof rings);
  if (got == (ssize_t)sizeof rings) e->armed_us = NEVER;
}

/* When the next thing is due that no socket tells of. */
static int64_t next_due (const struct ka_engine *e) {
  const struct ka_due *first = ka_heap_first(&e->heap);
  int64_t due_us = first != NULL ? first->at_us : NEVER;
  for (int i = 0; i < LANES; i++)
    if (e->lanes[i].due_us < due_us) due_us = e->lanes[i].due_us;
  return due_us;
}

/* Milliseconds until then, rounded up so that nothing spins. */
int ka_pause_ms (int64_t until_us) {
  int64_t left_us = until_us == NEVER ? INT32_MAX : until_us - ka_clock_us();
  if (left_us <= 0) return 0;
  return left_us / 1000 + 1 < INT32_MAX ? (int)(left_us / 1000 + 1) : INT32_MAX;
}

/* How long to wait at most: until then, or until something is due. */
int ka_loop_pause (const struct ka_engine *e, int64_t until_us) {
  int64_t due_us = next_due(e);
  return ka_pause_ms(due_us < until_us ? due_us : until_us);
}

void ka_loop_handle (struct ka_engine *e, const struct epoll_event *events, int count) {
  for (int i = 0; i < count; i++) {
    if (events[i].data.u64 == TIMER_KEY) on_timer_fd(e);
    else if (events[i].data.u64 == WAKE_KEY) ka_thread_woken(e);
    else on_event(e, &events[i]);
  }
}

/* Handle what is ready; when nothing is, wait for it until until_us (0: do not wait). */
void ka_loop_wait (struct ka_engine *e, int64_t until_us) {
  struct epoll_event events[EVENTS];
  int pause = until_us == 0 ? 0 : ka_loop_pause(e, until_us);
  int count = epoll_wait(e->epoll_fd, events, EVENTS, pause);
  ka_loop_handle(e, events, count);
  ka_loop_run(e);
}

/* Arm the timer for whoever polls the descriptor: at once while completions wait. It is left alone
   when it rings early enough; a ring for nothing is cheaper than setting it for each call. */
void ka_loop_settle (struct ka_engine *e) {
  int64_t due_us = e->done.count > 0 ? 0 : next_due(e);
  struct itimerspec at = {{0, 0}, {0, 1}};
  if (!e->polled || due_us >= e->armed_us) return;
  if (due_us > 0) {
    at.it_value.tv_sec = (time_t)(due_us / 1000000);
    at.it_value.tv_nsec = (long)(due_us % 1000000) * 1000;
  }
  timerfd_settime(e->timer_fd, TFD_TIMER_ABSTIME, &at, NULL);
  e->armed_us = due_us;
}
