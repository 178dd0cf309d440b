/* Promises of the bridge by which an engine's thread wakes a foreign loop: who may connect, what is
   told and when, and that no end of either side takes the other along. */
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>
#include "core/engine.h"
#include "core/engine_bridge.h"
#include "unit.h"

#define LIMIT_MS 20000
#define ROUNDS 200

static struct ka_engine *engine_of (void) {
  struct ka_engine *e = NULL;
  return ka_engine_new(&e, 16, KA_ENGINE_THREAD) == KA_OK ? e : NULL;
}

static struct ka_bridge *bridge_of (void) {
  struct ka_bridge *b = NULL;
  const char *why = "";
  if (ka_bridge_new(&b, &why) != KA_OK) printf("%s\n", why);
  return b;
}

static int connect_to (const char *path) {
  struct sockaddr_un at = {.sun_family = AF_UNIX};
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  snprintf(at.sun_path, sizeof at.sun_path, "%s", path);
  if (connect(fd, (struct sockaddr *)&at, sizeof at) == 0) return fd;
  close(fd);
  return -1;
}

/* A connection that is told. */
static int peer_of (struct ka_bridge *b) {
  int fd = connect_to(ka_bridge_path(b));
  CHECK(fd >= 0 && ka_bridge_accept(b));
  return fd;
}

/* Bytes that come within so long: what is there once something is; 0: none; -1: the end. */
static ssize_t told (int fd, int ms) {
  struct pollfd p = {.fd = fd, .events = POLLIN};
  char bytes[64];
  ssize_t got;
  if (poll(&p, 1, ms) <= 0) return 0;
  got = recv(fd, bytes, sizeof bytes, 0);
  return got > 0 ? got : -1;
}

static uint64_t timer (struct ka_engine *e, int64_t ms) {
  uint64_t id = 0;
  return ka_engine_timer(e, ms, &id) == KA_OK ? id : 0;
}

/* Take all that is there. -> how many */
static int pump (struct ka_engine *e) {
  struct ka_answer answer;
  int count = 0;
  ka_engine_step(e, 0);
  while (ka_engine_take(e, &answer)) {
    ka_engine_took(e);
    count++;
  }
  return count;
}

static void is_for_this_process_alone (void) {
  struct ka_bridge *b = bridge_of();
  char path[64];
  int status, fd;
  pid_t child;
  CHECK(b != NULL && ka_bridge_is_own(b));
  CHECK(strncmp(ka_bridge_path(b), "/proc/self/fd/", 14) == 0);
  snprintf(path, sizeof path, "/proc/%d/fd/%s", getpid(), ka_bridge_path(b) + 14);
  child = fork();
  if (child == 0) {
    int own = !ka_bridge_is_own(b) && (fd = connect_to(path)) >= 0;
    _exit(own && told(fd, LIMIT_MS) == -1 ? 0 : 1); /* it is let go of, and told nothing */
  }
  while (waitpid(child, &status, WNOHANG) == 0) {
    CHECK(!ka_bridge_accept(b));
    usleep(1000);
  }
  CHECK(status == 0);
  ka_bridge_drop(b);
}

static void leaves_nothing_on_disk (void) {
  char folder[] = "/tmp/kassa-spec.XXXXXX";
  struct ka_bridge *b;
  int fd;
  CHECK(mkdtemp(folder) != NULL && setenv("TMPDIR", folder, 1) == 0);
  b = bridge_of();
  CHECK(b != NULL && rmdir(folder) == 0); /* it was in there, and the folder is empty */
  fd = peer_of(b);
  ka_bridge_tell(b);
  CHECK(told(fd, LIMIT_MS) == 1);
  ka_bridge_drop(b);
  CHECK(told(fd, LIMIT_MS) == -1);
  close(fd);
  b = bridge_of(); /* TMPDIR is gone: there are other places */
  CHECK(b != NULL && unsetenv("TMPDIR") == 0);
  ka_bridge_drop(b);
}

static void tells_of_completions_and_of_life (void) {
  struct ka_engine *e = engine_of();
  struct ka_bridge *b = bridge_of();
  int fd = peer_of(b);
  CHECK(ka_engine_tell(e, b));
  CHECK(timer(e, 1) != 0 && told(fd, LIMIT_MS) == 1 && pump(e) == 1);
  CHECK(told(fd, KA_BEAT_MS * 2) == 0); /* nothing in flight: nothing to be told */
  CHECK(timer(e, LIMIT_MS) != 0);
  for (int i = 0; i < 3; i++) CHECK(told(fd, LIMIT_MS) == 1 && pump(e) == 0);
  CHECK(timer(e, 1) != 0 && ka_engine_step(e, LIMIT_MS) == 1); /* who blocks is woken as well */
  CHECK(pump(e) == 1);
  ka_engine_free(e);
  close(fd);
  ka_bridge_drop(b);
}

static void has_one_peer (void) {
  struct ka_engine *e = engine_of();
  struct ka_bridge *b = bridge_of();
  int first = peer_of(b), second;
  CHECK(ka_engine_tell(e, b) && timer(e, 1) != 0);
  CHECK(told(first, LIMIT_MS) > 0);
  second = peer_of(b); /* the first was told and has not pumped: the second pumps first */
  CHECK(told(first, LIMIT_MS) == -1 && pump(e) == 1);
  CHECK(timer(e, 1) != 0 && told(second, LIMIT_MS) > 0 && pump(e) == 1);
  CHECK(ka_bridge_has_peer(b));
  close(second);
  CHECK(!ka_bridge_has_peer(b) && timer(e, 1) != 0);
  while (pump(e) == 0) usleep(1000); /* nobody is told, nothing is lost, nobody dies of it */
  second = peer_of(b);
  CHECK(timer(e, 1) != 0 && told(second, LIMIT_MS) > 0 && pump(e) == 1);
  ka_bridge_drop(b); /* the engine keeps it */
  CHECK(timer(e, 1) != 0 && told(second, LIMIT_MS) > 0 && pump(e) == 1);
  ka_engine_free(e);
  CHECK(told(second, LIMIT_MS) == -1);
  close(first);
  close(second);
}

/* As leaders of nginx do: connect, pump, wait, pump; the connection changes now and then. */
static void misses_nothing (void) {
  struct ka_engine *e = engine_of(), *other = engine_of();
  struct ka_bridge *b = bridge_of();
  int fd = peer_of(b), left = 0;
  CHECK(ka_engine_tell(e, b) && ka_engine_tell(other, b));
  for (int i = 0; i < ROUNDS; i++) {
    CHECK(timer(e, i % 4) != 0 && timer(other, i % 3) != 0);
    left += 2;
    if (i % 7 == 0) {
      close(fd);
      fd = peer_of(b);
      left -= pump(e) + pump(other);
    }
    if (left == 0) continue;
    CHECK(told(fd, LIMIT_MS) > 0);
    left -= pump(e) + pump(other);
  }
  while (left > 0) {
    CHECK(told(fd, LIMIT_MS) > 0);
    left -= pump(e) + pump(other);
  }
  ka_engine_free(other);
  ka_engine_free(e);
  ka_bridge_drop(b);
  close(fd);
}

static void wants_a_thread (void) {
  struct ka_engine *e = NULL;
  struct ka_bridge *b = bridge_of();
  CHECK(ka_engine_new(&e, 16, KA_ENGINE_INLINE) == KA_OK && !ka_engine_tell(e, b));
  ka_engine_free(e);
  ka_bridge_drop(b);
}

int main (void) {
  is_for_this_process_alone();
  leaves_nothing_on_disk();
  tells_of_completions_and_of_life();
  has_one_peer();
  misses_nothing();
  wants_a_thread();
  return UNIT_END();
}
