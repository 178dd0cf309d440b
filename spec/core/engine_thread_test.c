/* Promises of the engine's thread mode that need C, or a sanitizer that watches every step: what
   two threads hand each other, fork, signals, and a process that ends under calls in flight. */
#include <dirent.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include "core/engine.h"
#include "unit.h"

#define LIMIT_MS 20000
#define CALLS 60
#define OWNERS 3
#define FORKS 20

static const char reply[] = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
static char url[64];

/* ---- a server in a process of its own ------------------------------------------------------- */

/* Answers whatever arrives, but for a path that begins with "/h", which waits for ever. */
static void serve (int listening) {
  struct pollfd peers[256] = {{.fd = listening, .events = POLLIN}};
  nfds_t count = 1;
  char text[4096];
  for (;;) {
    poll(peers, count, -1);
    for (nfds_t i = 1; i < count; i++) {
      ssize_t got;
      if (peers[i].revents == 0) continue;
      got = recv(peers[i].fd, text, sizeof text, 0);
      if (got > 6 && memcmp(text, "GET /h", 6) == 0) continue;
      if (got > 0 && send(peers[i].fd, reply, sizeof reply - 1, MSG_NOSIGNAL) > 0) continue;
      close(peers[i].fd);
      peers[i] = peers[--count];
      peers[i--].revents = 0;
    }
    if (peers[0].revents != 0 && count < 256) {
      int fd = accept(listening, NULL, NULL);
      if (fd >= 0) peers[count++] = (struct pollfd){.fd = fd, .events = POLLIN};
    }
  }
}

static pid_t start_server (void) {
  struct sockaddr_in here = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t size = sizeof here;
  int fd = socket(AF_INET, SOCK_STREAM, 0);
  pid_t server;
  CHECK(bind(fd, (struct sockaddr *)&here, sizeof here) == 0 && listen(fd, 128) == 0);
  CHECK(getsockname(fd, (struct sockaddr *)&here, &size) == 0);
  snprintf(url, sizeof url, "http://127.0.0.1:%u", ntohs(here.sin_port));
  server = fork();
  if (server == 0) serve(fd);
  close(fd);
  CHECK(server > 0);
  return server;
}

/* ---- what the tests share ------------------------------------------------------------------- */

static struct ka_engine *engine_of (enum ka_engine_mode mode) {
  struct ka_engine *e = NULL;
  return ka_engine_new(&e, 16, mode) == KA_OK ? e : NULL;
}

static struct ka_channel *channel_of (struct ka_engine *e) {
  struct ka_channel_options options = {.base_url = url};
  struct ka_channel *c = NULL;
  const char *why;
  return ka_channel_new(e, &options, &c, &why) == KA_OK ? c : NULL;
}

/* -> id; 0 when refused */
static uint64_t submit (struct ka_channel *c, const char *target, int64_t timeout_ms) {
  struct ka_request request = {.method = "GET", .target = target, .target_size = strlen(target),
                               .timeout_ms = timeout_ms};
  const char *unreadable;
  uint64_t id = 0;
  return ka_channel_submit(c, &request, &id, &unreadable) == KA_OK ? id : 0;
}

/* Take one completion. -> how it ended; -1: none came in time, or it was another's */
static int take (struct ka_engine *e, uint64_t id) {
  struct ka_answer a;
  int ending;
  if (ka_engine_step(e, LIMIT_MS) == 0 || !ka_engine_take(e, &a) || (id != 0 && a.id != id))
    return -1;
  ending = (int)a.ending;
  ka_engine_took(e);
  return ending;
}

static int threads (void) {
  DIR *folder = opendir("/proc/self/task");
  struct dirent *entry;
  int count = 0;
  while (folder != NULL && (entry = readdir(folder)) != NULL)
    if (entry->d_name[0] != '.') count++;
  if (folder != NULL) closedir(folder);
  return count;
}

/* ---- the promises --------------------------------------------------------------------------- */

static void *nothing (void *unused) { return unused; }

/* No thread before the first call, one from it on, none after the end. The first thread of all is
   for ThreadSanitizer, which then starts one of its own; and the kernel may list an ended one for a
   moment. */
static void thread_comes_late (void) {
  pthread_t first;
  int before, tries = 0;
  struct ka_engine *e = engine_of(KA_ENGINE_THREAD);
  struct ka_channel *c = channel_of(e);
  CHECK(pthread_create(&first, NULL, nothing, NULL) == 0 && pthread_join(first, NULL) == 0);
  usleep(10000);
  before = threads();
  CHECK(c != NULL && ka_engine_fd(e) >= 0 && ka_engine_step(e, 0) == 0 && threads() == before);
  CHECK(take(e, submit(c, "/", 5000)) == KA_ANSWERED && threads() == before + 1);
  ka_channel_free(c);
  ka_engine_free(e);
  while (threads() > before && tries++ < LIMIT_MS) usleep(1000);
  CHECK(threads() == before);
}

static bool readable (int fd, int ms) {
  struct pollfd p = {fd, POLLIN, 0};
  return poll(&p, 1, ms) == 1;
}

/* The descriptor is readable from the first completion until the last was taken. */
static void descriptor_tells (void) {
  struct ka_engine *e = engine_of(KA_ENGINE_THREAD);
  int fd = ka_engine_fd(e);
  uint64_t first, second;
  CHECK(!readable(fd, 0));
  CHECK(ka_engine_timer(e, 0, &first) == KA_OK && ka_engine_timer(e, 1, &second) == KA_OK);
  CHECK(readable(fd, LIMIT_MS));
  CHECK(take(e, first) == KA_RANG);
  CHECK(readable(fd, LIMIT_MS));
  CHECK(take(e, second) == KA_RANG);
  CHECK(!readable(fd, 0) && ka_engine_step(e, 0) == 0 && ka_engine_pending(e) == 0);
  ka_engine_free(e);
}

/* A canceled call is canceled even where its answer is there, and its handle serves the next. */
static void cancel_is_final (void) {
  struct ka_engine *e = engine_of(KA_ENGINE_THREAD);
  struct ka_channel *c = channel_of(e);
  for (int i = 0; i < 200; i++) {
    uint64_t id = submit(c, "/", 5000);
    if (i % 3 == 0) readable(ka_engine_fd(e), 1);
    if (ka_engine_cancel(e, id)) {
      CHECK(!ka_engine_cancel(e, id) && take(e, id) == KA_ENDED_CANCELED);
    } else {
      CHECK(take(e, id) == KA_ANSWERED);
    }
  }
  CHECK(ka_engine_pending(e) == 0);
  ka_channel_free(c);
  ka_engine_free(e);
}

/* Calls, timers, cancellations and channels that come and go; each id completes once.
   -> NULL, or what went wrong */
static void *churn (void *seed) {
  uint32_t state = (uint32_t)(uintptr_t)seed;
  struct ka_engine *e = engine_of(KA_ENGINE_THREAD);
  struct ka_channel *last;
  size_t started = 0, ended = 0;
  static char fault[] = "churn";
  for (int round = 0; round < 20; round++) {
    struct ka_channel *c = channel_of(e);
    for (int i = 0; i < CALLS; i++) {
      uint64_t id = 0, timer = 0;
      state = state * 1664525u + 1013904223u;
      id = submit(c, state >> 30 == 0 ? "/hang" : "/", 1 + (int64_t)(state >> 8) % 100);
      if (id == 0 || ka_engine_timer(e, state % 5, &timer) != KA_OK) return fault;
      started += 2;
      if (state % 7 == 0) ka_engine_cancel(e, id);
      if (state % 11 == 0) ka_engine_cancel(e, timer);
      while (state % 3 == 0 && ka_engine_step(e, 0) > 0) {
        if (take(e, 0) < 0) return fault;
        ended++;
      }
    }
    if (round % 2 == 0) while (ended < started - CALLS) {
      if (take(e, 0) < 0) return fault;
      ended++;
    }
    ka_channel_free(c);
  }
  while (ka_engine_pending(e) > 0) {
    if (take(e, 0) < 0) return fault;
    ended++;
  }
  if (ended != started) return fault;
  last = channel_of(e);
  for (int i = 0; i < CALLS; i++) (void)submit(last, "/hang", 5000);
  ka_engine_free(e);
  ka_channel_free(last);
  return NULL;
}

/* Each owner has its own engine, and no engine disturbs another. */
static void owners_churn (void) {
  pthread_t owners[OWNERS];
  void *fault = NULL;
  for (uintptr_t i = 0; i < OWNERS; i++)
    CHECK(pthread_create(&owners[i], NULL, churn, (void *)(i + 1)) == 0);
  for (int i = 0; i < OWNERS; i++) CHECK(pthread_join(owners[i], &fault) == 0 && fault == NULL);
}

/* A signal to the process is never the thread's. */
static void signals_stay_away (void) {
  struct ka_engine *e = engine_of(KA_ENGINE_THREAD);
  sigset_t one, now;
  uint64_t id;
  int taken;
  CHECK(ka_engine_timer(e, 0, &id) == KA_OK && take(e, id) == KA_RANG);
  sigemptyset(&one);
  sigaddset(&one, SIGUSR1);
  CHECK(pthread_sigmask(SIG_BLOCK, &one, NULL) == 0 && kill(getpid(), SIGUSR1) == 0);
  CHECK(ka_engine_timer(e, 5, &id) == KA_OK && take(e, id) == KA_RANG);
  CHECK(sigpending(&now) == 0 && sigismember(&now, SIGUSR1));
  CHECK(sigwait(&one, &taken) == 0 && taken == SIGUSR1);
  CHECK(pthread_sigmask(SIG_UNBLOCK, &one, NULL) == 0);
  ka_engine_free(e);
}

/* In a child: the inherited engine refuses, and one of its own works. -> exit status */
static int be_child (struct ka_engine *e, struct ka_channel *c, enum ka_engine_mode mode) {
  struct ka_engine *own;
  struct ka_channel *channel;
  if (ka_engine_state(e) != KA_ENGINE_FORKED) return 1;
  ka_channel_free(c);
  ka_engine_free(e);
  own = engine_of(mode);
  channel = channel_of(own);
  if (take(own, submit(channel, "/", LIMIT_MS)) != KA_ANSWERED) return 2;
  ka_channel_free(channel);
  ka_engine_free(own);
  return 0;
}

/* Forked at any moment; the parent's calls go on. ThreadSanitizer cannot start threads there. */
static void forks_are_safe (void) {
  struct ka_engine *e = engine_of(KA_ENGINE_THREAD);
  struct ka_channel *c = channel_of(e);
  int status;
#ifdef __SANITIZE_THREAD__
  enum ka_engine_mode mode = KA_ENGINE_INLINE;
#else
  enum ka_engine_mode mode = KA_ENGINE_THREAD;
#endif
  for (int i = 0; i < FORKS; i++) {
    pid_t child;
    for (int n = 0; n < 8; n++) CHECK(submit(c, "/", LIMIT_MS) != 0);
    child = fork();
    if (child == 0) _exit(be_child(e, c, mode));
    CHECK(child > 0 && waitpid(child, &status, 0) == child && status == 0);
    for (int n = 0; n < 8; n++) CHECK(take(e, 0) == KA_ANSWERED);
  }
  ka_channel_free(c);
  ka_engine_free(e);
}

/* Left to the end of the process: the hook stops it, and frees nothing. */
static void end_in_flight (void) {
  static struct ka_engine *left;
  static struct ka_channel *channel;
  left = engine_of(KA_ENGINE_THREAD);
  channel = channel_of(left);
  for (int i = 0; i < CALLS; i++) CHECK(submit(channel, i % 2 == 0 ? "/" : "/hang", 5000) != 0);
}

int main (void) {
  pid_t server = start_server();
  thread_comes_late();
  descriptor_tells();
  cancel_is_final();
  owners_churn();
  signals_stay_away();
  forks_are_safe();
  kill(server, SIGKILL);
  CHECK(waitpid(server, NULL, 0) == server);
  end_in_flight();
  return UNIT_END();
}
