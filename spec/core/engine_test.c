/* Promises of the engine that Lua cannot check: the heap, polling the descriptor, fork, SIGPIPE. */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include "core/engine.h"
#include "core/engine_heap.h"
#include "unit.h"

#define MANY 500

static struct ka_due dues[MANY];

static uint32_t next_random (uint32_t *state) { return *state = *state * 1664525u + 1013904223u; }

/* What goes in at random leaves in order, whatever was taken out between. */
static void heap_orders (void) {
  struct ka_heap heap = {0};
  uint32_t state = 7;
  int64_t last = -1;
  size_t left = 0;
  for (uint64_t i = 0; i < MANY; i++) {
    dues[i].order = i;
    CHECK(ka_heap_reserve(&heap) == KA_OK);
    ka_heap_add(&heap, &dues[i], next_random(&state) % 100);
  }
  for (size_t i = 0; i < MANY; i += 3) ka_heap_remove(&heap, &dues[i]);
  for (size_t i = 0; i < MANY; i += 3) ka_heap_remove(&heap, &dues[i]); /* harmless */
  while (ka_heap_first(&heap) != NULL) {
    struct ka_due *first = ka_heap_first(&heap);
    CHECK(first->at_us >= last);
    last = first->at_us;
    ka_heap_remove(&heap, first);
    left++;
  }
  CHECK(left == MANY - (MANY + 2) / 3);
  ka_heap_free(&heap);
}

static bool readable (int fd, int ms) {
  struct pollfd p = {fd, POLLIN, 0};
  return poll(&p, 1, ms) == 1;
}

static struct ka_engine *engine_of (unsigned connections) {
  struct ka_engine *e = NULL;
  CHECK(ka_engine_new(&e, connections, KA_ENGINE_INLINE) == KA_OK);
  return e;
}

static int listener (char *url, size_t room) {
  struct sockaddr_in here = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t size = sizeof here;
  int fd = socket(AF_INET, SOCK_STREAM, 0);
  CHECK(bind(fd, (struct sockaddr *)&here, sizeof here) == 0 && listen(fd, 8) == 0);
  CHECK(getsockname(fd, (struct sockaddr *)&here, &size) == 0);
  snprintf(url, room, "http://127.0.0.1:%u", ntohs(here.sin_port));
  return fd;
}

static struct ka_channel *channel_of (struct ka_engine *e, const char *url) {
  struct ka_channel_options options = {.base_url = url};
  struct ka_channel *c = NULL;
  const char *why;
  CHECK(ka_channel_new(e, &options, &c, &why) == KA_OK);
  return c;
}

static uint64_t submit (struct ka_channel *c, int64_t timeout_ms) {
  struct ka_request request = {.method = "GET", .target = "/", .target_size = 1,
                               .timeout_ms = timeout_ms};
  const char *unreadable;
  uint64_t id;
  CHECK(ka_channel_submit(c, &request, &id, &unreadable) == KA_OK);
  return id;
}

static void take_one (struct ka_engine *e, uint64_t id, enum ka_ending ending) {
  struct ka_answer a;
  while (!ka_engine_take(e, &a)) ka_engine_step(e, 1000);
  CHECK(a.id == id && a.ending == ending);
  ka_engine_took(e);
}

/* Whoever polls hears of a timer, of a deadline and of what completes outside step. */
static void descriptor_tells (void) {
  struct ka_engine *e = engine_of(4);
  char url[64];
  int server = listener(url, sizeof url), fd = ka_engine_fd(e);
  struct ka_channel *c = channel_of(e, url);
  uint64_t id;
  CHECK(!readable(fd, 0));
  CHECK(ka_engine_timer(e, 20, &id) == KA_OK);
  CHECK(!readable(fd, 0) && readable(fd, 2000));
  CHECK(ka_engine_step(e, 0) == 1 && readable(fd, 0));
  take_one(e, id, KA_RANG);
  ka_engine_step(e, 0);
  CHECK(!readable(fd, 0));
  id = submit(c, 40);
  while (ka_engine_step(e, 0) == 0) CHECK(readable(fd, 2000));
  take_one(e, id, KA_ENDED_TIMEOUT);
  id = submit(c, 5000);
  CHECK(ka_engine_cancel(e, id) && readable(fd, 0));
  take_one(e, id, KA_ENDED_CANCELED);
  ka_channel_free(c);
  ka_engine_free(e);
  close(server);
}

/* A watch makes the engine's own descriptor readable; a plain file cannot be watched. The child of
   a fork closes its copies, and the parent's watch still works. */
static void watch_tells (void) {
  struct ka_engine *e = engine_of(4);
  int ends[2], status, fd = ka_engine_fd(e);
  FILE *plain = tmpfile();
  uint64_t id = 0;
  pid_t child;
  CHECK(pipe(ends) == 0 && plain != NULL);
  CHECK(ka_engine_watch(e, fileno(plain), &id) == KA_FAILED && errno == EPERM);
  CHECK(ka_engine_watch(e, ends[0], &id) == KA_OK && !readable(fd, 0));
  child = fork();
  if (child == 0) {
    ka_engine_free(e);
    close(ends[0]);
    _exit(write(ends[1], "x", 1) == 1 ? 0 : 1);
  }
  CHECK(waitpid(child, &status, 0) == child && status == 0);
  CHECK(readable(fd, 2000) && ka_engine_step(e, 0) == 1);
  take_one(e, id, KA_READABLE);
  CHECK(ka_engine_step(e, 0) == 0 && ka_engine_pending(e) == 0);
  ka_engine_free(e);
  close(ends[0]);
  CHECK(write(ends[1], "x", 1) < 0 && errno == EPIPE); /* nobody kept a reading end */
  close(ends[1]);
  fclose(plain);
}

/* The child is told, and its end leaves the parent's call alone. */
static void fork_is_safe (void) {
  static const char reply[] = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
  struct ka_engine *e = engine_of(4);
  char url[64], request[1024];
  int server = listener(url, sizeof url), peer, status;
  struct ka_channel *c = channel_of(e, url);
  uint64_t id = submit(c, 5000);
  pid_t child;
  ka_engine_step(e, 10);
  peer = accept(server, NULL, NULL);
  CHECK(peer >= 0 && ka_engine_state(e) == KA_ENGINE_OPEN);
  child = fork();
  if (child == 0) {
    bool told = ka_engine_state(e) == KA_ENGINE_FORKED;
    ka_channel_free(c);
    ka_engine_free(e);
    _exit(told ? 0 : 1);
  }
  CHECK(waitpid(child, &status, 0) == child && status == 0);
  ka_engine_step(e, 10);
  CHECK(recv(peer, request, sizeof request, 0) > 0);
  CHECK(send(peer, reply, sizeof reply - 1, 0) == (ssize_t)sizeof reply - 1);
  take_one(e, id, KA_ANSWERED);
  ka_engine_free(e);
  ka_channel_free(c); /* a channel may outlive its engine */
  close(peer);
  close(server);
}

#define FILL 4

/* libcurl 7.88 closes a socket that was still connecting without saying so. The engine must not
   take the next file of that number for its own, which a forked child would close. */
static void silent_close_is_seen (void) {
  struct sockaddr_in there = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  struct ka_engine *e = engine_of(4);
  char url[64];
  int server = listener(url, sizeof url), full[FILL], again[FILL], status;
  struct ka_channel *c = channel_of(e, url);
  pid_t child;
  there.sin_port = htons((uint16_t)strtol(strrchr(url, ':') + 1, NULL, 10));
  CHECK(listen(server, 0) == 0);
  for (int i = 0; i < FILL; i++) {
    full[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    CHECK(connect(full[i], (struct sockaddr *)&there, sizeof there) == 0 || errno == EINPROGRESS);
  }
  take_one(e, submit(c, 50), KA_ENDED_TIMEOUT);
  for (int i = 0; i < FILL; i++) CHECK((again[i] = dup(server)) >= 0);
  child = fork();
  if (child == 0) {
    ka_channel_free(c);
    ka_engine_free(e);
    for (int i = 0; i < FILL; i++) if (fcntl(again[i], F_GETFD) < 0) _exit(1);
    _exit(0);
  }
  CHECK(waitpid(child, &status, 0) == child && status == 0);
  for (int i = 0; i < FILL; i++) { close(full[i]); close(again[i]); }
  ka_channel_free(c);
  ka_engine_free(e);
  close(server);
}

#define FORM_SIZE 3000000

/* Take what the engine sends, up to the line that ends a form. -> bytes */
static size_t drain (struct ka_engine *e, int peer, char *room, size_t size) {
  size_t taken = 0;
  for (int i = 0; i < 20000; i++) {
    ssize_t got = recv(peer, room + taken, size - taken, MSG_DONTWAIT);
    if (got > 0) taken += (size_t)got;
    if (taken > FORM_SIZE && memcmp(room + taken - 4, "--\r\n", 4) == 0) break;
    ka_engine_step(e, 1);
  }
  return taken;
}

/* A child forked in the middle of an upload, and its end, leave the bytes as they are. */
static void fork_leaves_uploads (void) {
  static const char reply[] = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
  static const char leave[] = "HTTP/1.1 100 Continue\r\n\r\n";
  static char sent[FORM_SIZE], got[FORM_SIZE + 4096];
  struct ka_engine *e = engine_of(4);
  char url[64], name[] = "/tmp/kassa-spec.XXXXXX";
  int server = listener(url, sizeof url), file = mkstemp(name), peer, status;
  struct ka_channel *c = channel_of(e, url);
  struct ka_part part = {.name = "file", .file = name};
  struct ka_request request = {.method = "POST", .target = "/", .target_size = 1, .parts = &part,
                               .parts_count = 1, .timeout_ms = 20000};
  const char *unreadable;
  size_t size, before, total = 0;
  uint64_t id = 0;
  pid_t child;
  for (size_t i = 0; i < FORM_SIZE; i++) sent[i] = (char)(i % 251);
  CHECK(file >= 0 && write(file, sent, FORM_SIZE) == FORM_SIZE);
  CHECK(ka_channel_submit(c, &request, &id, &unreadable) == KA_OK);
  ka_engine_step(e, 10);
  peer = accept(server, NULL, NULL);
  CHECK(peer >= 0 && recv(peer, got, sizeof got, 0) > 0);
  CHECK(send(peer, leave, sizeof leave - 1, 0) == (ssize_t)sizeof leave - 1);
  ka_engine_step(e, 20);
  CHECK(ka_engine_progress(e, id, &before, &total) && before > 0 && total > FORM_SIZE);
  child = fork();
  if (child == 0) {
    ka_channel_free(c);
    ka_engine_free(e);
    _exit(0);
  }
  CHECK(waitpid(child, &status, 0) == child && status == 0);
  CHECK(unlink(name) == 0);
  size = drain(e, peer, got, sizeof got);
  CHECK(size == total && memmem(got, size, sent, FORM_SIZE) != NULL);
  CHECK(send(peer, reply, sizeof reply - 1, 0) == (ssize_t)sizeof reply - 1);
  take_one(e, id, KA_ANSWERED);
  ka_channel_free(c);
  ka_engine_free(e);
  close(file);
  close(peer);
  close(server);
}

/* Neither a blocked nor a pending SIGPIPE of the caller is touched; one of ours never arrives. */
static void pipe_is_guarded (void) {
  struct ka_engine *e = engine_of(4);
  sigset_t pipe, now;
  sigemptyset(&pipe);
  sigaddset(&pipe, SIGPIPE);
  ka_engine_step(e, 0);
  CHECK(sigprocmask(SIG_BLOCK, NULL, &now) == 0 && !sigismember(&now, SIGPIPE));
  CHECK(sigprocmask(SIG_BLOCK, &pipe, NULL) == 0 && raise(SIGPIPE) == 0);
  ka_engine_step(e, 0);
  CHECK(sigpending(&now) == 0 && sigismember(&now, SIGPIPE));
  ka_engine_free(e);
  signal(SIGPIPE, SIG_IGN);
  CHECK(sigprocmask(SIG_UNBLOCK, &pipe, NULL) == 0);
}

/* A peer that closes under a large body: the write fails, the process lives. */
static void pipe_does_not_kill (void) {
  static char large[8 << 20];
  struct ka_engine *e = engine_of(4);
  char url[64], some[64];
  int server = listener(url, sizeof url), peer;
  struct ka_channel *c = channel_of(e, url);
  struct ka_request request = {.method = "POST", .target = "/", .target_size = 1, .body = large,
                               .body_size = sizeof large, .timeout_ms = 3000};
  const char *unreadable;
  uint64_t id;
  signal(SIGPIPE, SIG_DFL);
  CHECK(ka_channel_submit(c, &request, &id, &unreadable) == KA_OK);
  ka_engine_step(e, 20);
  peer = accept(server, NULL, NULL);
  CHECK(peer >= 0 && recv(peer, some, sizeof some, 0) > 0);
  close(peer);
  take_one(e, id, KA_ENDED_PROTOCOL);
  ka_channel_free(c);
  ka_engine_free(e);
  close(server);
}

int main (void) {
  heap_orders();
  descriptor_tells();
  fork_is_safe();
  fork_leaves_uploads();
  silent_close_is_seen();
  signal(SIGPIPE, SIG_IGN);
  watch_tells();
  pipe_does_not_kill();
  pipe_is_guarded();
  return UNIT_END();
}
