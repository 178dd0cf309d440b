/* The bridge: a listener that nobody finds, and the one connection to it. It refuses connections
   of other processes, and never waits for a peer that does not read.

   The listener is bound in a folder of its own and unlinked at once. A descriptor that was opened
   before that, by O_PATH, still leads to it: connect goes through /proc/self/fd. An abstract name
   would need none of this, but nginx ends a path at its first NUL. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include "core/engine_bridge.h"

#define BACKLOG 16
#define PATH_MAX_BYTES 32 /* of /proc/self/fd/ and a number */

struct ka_bridge {
  atomic_int holders;
  pid_t owner;
  int listener, place;      /* the place is the listener's, by O_PATH */
  char path[PATH_MAX_BYTES];
  pthread_mutex_t lock;     /* guards the peer */
  int peer;                 /* -1: none */
};

/* ---- the listener --------------------------------------------------------------------------- */

/* Bind a listener at that path and keep a way to it. */
static bool bind_at (struct ka_bridge *b, const struct sockaddr_un *at) {
  b->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (b->listener < 0) return false;
  if (bind(b->listener, (const struct sockaddr *)at, sizeof *at) != 0) return false;
  b->place = open(at->sun_path, O_PATH | O_CLOEXEC);
  return b->place >= 0 && listen(b->listener, BACKLOG) == 0;
}

static void close_listener (struct ka_bridge *b) {
  int why = errno;
  if (b->listener >= 0) close(b->listener);
  if (b->place >= 0) close(b->place);
  b->listener = b->place = -1;
  errno = why;
}

/* In a folder of its own below this one, which is gone when it returns. */
static bool open_below (struct ka_bridge *b, const char *where) {
  struct sockaddr_un at = {.sun_family = AF_UNIX};
  char folder[sizeof at.sun_path - 4];
  int size = snprintf(folder, sizeof folder, "%s/kassa.XXXXXX", where);
  bool bound;
  int why;
  if (size < 0 || (size_t)size >= sizeof folder) { errno = ENAMETOOLONG; return false; }
  if (mkdtemp(folder) == NULL) return false; /* its mode is 0700 */
  (void)snprintf(at.sun_path, sizeof at.sun_path, "%s/s", folder);
  bound = bind_at(b, &at);
  why = errno;
  (void)unlink(at.sun_path);
  (void)rmdir(folder);
  errno = why;
  if (!bound) close_listener(b);
  return bound;
}

/* Workers may write to few places; the first that works will do. */
static bool open_listener (struct ka_bridge *b) {
  const char *const places[] = {getenv("TMPDIR"), "/tmp", "/dev/shm", "/var/tmp", "/run"};
  int first = 0;
  for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
    if (places[i] == NULL || places[i][0] != '/') continue;
    if (open_below(b, places[i])) return true;
    if (first == 0) first = errno;
  }
  errno = first;
  return false;
}

/* ---- life ----------------------------------------------------------------------------------- */

enum ka_rc ka_bridge_new (struct ka_bridge **bridge, const char **why) {
  struct ka_bridge *b = calloc(1, sizeof *b);
  if (b == NULL) return KA_NOMEM;
  atomic_init(&b->holders, 1);
  b->owner = getpid();
  b->listener = b->place = b->peer = -1;
  if (!open_listener(b)) {
    *why = "no folder for a socket (TMPDIR, /tmp, /dev/shm, /var/tmp, /run)";
    free(b);
    return KA_FAILED;
  }
  (void)snprintf(b->path, sizeof b->path, "/proc/self/fd/%d", b->place);
  if (access(b->path, W_OK) != 0) {
    *why = "no /proc/self/fd to reach a socket by";
    close_listener(b);
    free(b);
    return KA_FAILED;
  }
  pthread_mutex_init(&b->lock, NULL);
  *bridge = b;
  return KA_OK;
}

void ka_bridge_drop (struct ka_bridge *bridge) {
  if (atomic_fetch_sub(&bridge->holders, 1) > 1) return;
  if (bridge->peer >= 0) close(bridge->peer);
  close_listener(bridge);
  pthread_mutex_destroy(&bridge->lock);
  free(bridge);
}

void ka_bridge_hold (struct ka_bridge *bridge) { atomic_fetch_add(&bridge->holders, 1); }

const char *ka_bridge_path (const struct ka_bridge *bridge) { return bridge->path; }

bool ka_bridge_is_own (const struct ka_bridge *bridge) { return bridge->owner == getpid(); }

/* ---- the peer ------------------------------------------------------------------------------- */

static bool is_of_this_process (int fd) {
  struct ucred who = {0};
  socklen_t size = sizeof who;
  return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &size) == 0 && who.pid == getpid();
}

/* The last of those that wait is the one that was just made. */
bool ka_bridge_accept (struct ka_bridge *bridge) {
  int fd, found = -1, before;
  while ((fd = accept4(bridge->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK)) >= 0) {
    bool own = is_of_this_process(fd);
    int done = own ? found : fd;
    if (done >= 0) close(done);
    if (own) found = fd;
  }
  if (found < 0) return false;
  pthread_mutex_lock(&bridge->lock);
  before = bridge->peer;
  bridge->peer = found;
  pthread_mutex_unlock(&bridge->lock);
  if (before >= 0) close(before);
  return true;
}

bool ka_bridge_has_peer (struct ka_bridge *bridge) {
  struct pollfd peer = {.events = 0}; /* an end is told unasked */
  bool connected;
  pthread_mutex_lock(&bridge->lock);
  peer.fd = bridge->peer;
  connected = peer.fd >= 0 && poll(&peer, 1, 0) == 0;
  pthread_mutex_unlock(&bridge->lock);
  return connected;
}

/* A peer that is full has bytes to read, which is all that is to be said. */
void ka_bridge_tell (struct ka_bridge *bridge) {
  pthread_mutex_lock(&bridge->lock);
  if (bridge->peer >= 0 && send(bridge->peer, ".", 1, MSG_DONTWAIT | MSG_NOSIGNAL) < 0 &&
      errno != EAGAIN && errno != EINTR) {
    close(bridge->peer);
    bridge->peer = -1;
  }
  pthread_mutex_unlock(&bridge->lock);
}
