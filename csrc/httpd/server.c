/* A server from its listening socket to its last connection, driven by one epoll loop. It starts
   no thread and prints nothing; whoever calls ka_server_run or ka_server_step lends it the
   thread. */
#include "httpd/server.h"

#include <errno.h>
#include <netdb.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <unistd.h>

#define CONNECTIONS_MAX 1100u
#define CONNECTION_MEMORY 65536u /* bytes of a request's head; a larger one is answered with 431 */
#define EVENTS_MAX 64
#define FLUSHES_MAX 16

/* ---- opening ---- */

static void begin (struct ka_server *server, const struct ka_server_options *options) {
  *server = (struct ka_server){
    .open = true, .listen_fd = -1, .wait_fd = -1, .stop_fd = -1, .signal_fd = -1,
    .clock_fd = -1, .watched_fd = -1, .working = PTHREAD_MUTEX_INITIALIZER,
    .body_max = options->body_max, .idle_s = options->idle_s, .receive_s = options->receive_s };
}

static bool fail (const char **message, const char *text) {
  *message = text;
  return false;
}

static struct addrinfo *resolve (const struct ka_server_options *options) {
  const struct addrinfo hints = {
    .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE, .ai_socktype = SOCK_STREAM };
  struct addrinfo *found = NULL;
  char port[8];
  snprintf(port, sizeof port, "%u", (unsigned)options->port);
  return getaddrinfo(options->address, port, &hints, &found) == 0 ? found : NULL;
}

static bool bound_port (struct ka_server *server) {
  struct sockaddr_storage bound;
  socklen_t size = sizeof bound;
  if (getsockname(server->listen_fd, (struct sockaddr *)&bound, &size) != 0) return false;
  server->port = ntohs(bound.ss_family == AF_INET6
    ? ((const struct sockaddr_in6 *)&bound)->sin6_port
    : ((const struct sockaddr_in *)&bound)->sin_port);
  return true;
}

static bool listen_on (struct ka_server *server, const struct ka_server_options *options,
                       const char **message) {
  struct addrinfo *to = resolve(options);
  const int yes = 1;
  bool bound;
  if (to == NULL) return fail(message, "the address is not a numeric IPv4 or IPv6 address");
  server->listen_fd = socket(to->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  bound = server->listen_fd >= 0
    && setsockopt(server->listen_fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) == 0
    && bind(server->listen_fd, to->ai_addr, to->ai_addrlen) == 0
    && listen(server->listen_fd, (int)CONNECTIONS_MAX) == 0
    && bound_port(server);
  freeaddrinfo(to);
  return bound ? true : fail(message, strerror(errno));
}

/* The path and the query reach the handler as the client wrote them. */
static size_t keep_escapes (void *cls, struct MHD_Connection *connection, char *text) {
  (void)cls, (void)connection;
  return strlen(text);
}

/* libmicrohttpd closes the socket it was given in some of its failures; closing the number again
   might close what another thread has opened meanwhile. */
static bool same_file (int fd, const struct stat *before) {
  struct stat now;
  return fstat(fd, &now) == 0 && now.st_dev == before->st_dev && now.st_ino == before->st_ino;
}

static bool make_daemon (struct ka_server *server, const struct ka_server_options *options,
                         const char **message) {
  bool tls = options->tls_cert != NULL;
  unsigned connections = options->connections_max;
  unsigned flags = MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | (tls ? (unsigned)MHD_USE_TLS : 0u);
  const struct MHD_OptionItem tls_items[] = {
    { MHD_OPTION_HTTPS_MEM_CERT, 0, (void *)(uintptr_t)options->tls_cert },
    { MHD_OPTION_HTTPS_MEM_KEY, 0, (void *)(uintptr_t)options->tls_key },
    { MHD_OPTION_END, 0, NULL } };
  const struct MHD_OptionItem no_items[] = { { MHD_OPTION_END, 0, NULL } };
  struct stat before;
  if (connections == 0 || connections > CONNECTIONS_MAX) connections = CONNECTIONS_MAX;
  if (tls && MHD_is_feature_supported(MHD_FEATURE_TLS) != MHD_YES)
    return fail(message, "this libmicrohttpd is built without TLS");
  if (fstat(server->listen_fd, &before) != 0) return fail(message, strerror(errno));
  server->daemon = MHD_start_daemon(flags, 0, NULL, NULL, ka_call_step, server,
    MHD_OPTION_LISTEN_SOCKET, server->listen_fd,
    MHD_OPTION_CONNECTION_LIMIT, connections,
    MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_MEMORY,
    MHD_OPTION_CONNECTION_TIMEOUT, options->idle_s,
    MHD_OPTION_URI_LOG_CALLBACK, ka_call_begin, server,
    MHD_OPTION_NOTIFY_COMPLETED, ka_call_end, server,
    MHD_OPTION_NOTIFY_CONNECTION, ka_connection_event, server,
    MHD_OPTION_UNESCAPE_CALLBACK, keep_escapes, NULL,
    MHD_OPTION_ARRAY, tls ? tls_items : no_items,
    MHD_OPTION_END);
  if (server->daemon == NULL) {
    if (!same_file(server->listen_fd, &before)) server->listen_fd = -1;
    return fail(message, tls ? "the TLS certificate and key do not work"
                             : "libmicrohttpd does not start");
  }
  server->listen_fd = -1;
  return true;
}

static bool watch (const struct ka_server *server, int fd, const void *mark) {
  struct epoll_event event = { .events = EPOLLIN, .data.ptr = (void *)(uintptr_t)mark };
  return epoll_ctl(server->wait_fd, EPOLL_CTL_ADD, fd, &event) == 0;
}

/* The marks in epoll's data: NULL for the daemon, the addresses of the four descriptors for
   themselves, else a call. */
static bool make_loop (struct ka_server *server, const char **message) {
  const union MHD_DaemonInfo *info = MHD_get_daemon_info(server->daemon, MHD_DAEMON_INFO_EPOLL_FD);
  if (!ka_timers_open(&server->timers, 2 * (size_t)CONNECTIONS_MAX))
    return fail(message, strerror(ENOMEM));
  server->wait_fd = epoll_create1(EPOLL_CLOEXEC);
  server->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (server->wait_fd < 0 || server->stop_fd < 0 || info == NULL
      || !watch(server, info->epoll_fd, NULL) || !watch(server, server->stop_fd, &server->stop_fd))
    return fail(message, strerror(errno));
  return true;
}

bool ka_server_open (struct ka_server *server, const struct ka_server_options *options,
                     const char **message) {
  begin(server, options);
  if (listen_on(server, options, message) && make_daemon(server, options, message)
      && make_loop(server, message))
    return true;
  ka_server_close(server);
  return false;
}

bool ka_server_watch (struct ka_server *server, int fd, ka_step *step) {
  if (!watch(server, fd, &server->watched_fd)) return false;
  server->watched_fd = fd;
  server->step = step;
  return true;
}

/* ---- running ---- */

static int wait_ms (const struct ka_server *server) {
  MHD_UNSIGNED_LONG_LONG daemon_ms = 0;
  int64_t shortest = ka_timers_wait_ms(&server->timers, ka_timers_now_ms());
  if (MHD_get_timeout(server->daemon, &daemon_ms) == MHD_YES
      && (shortest < 0 || daemon_ms < (MHD_UNSIGNED_LONG_LONG)shortest))
    shortest = (int64_t)daemon_ms;
  return shortest > 60000 ? 60000 : (int)shortest;
}

/* A step that failed would fail again at once, and for ever. */
static void step_watched (struct ka_server *server) {
  if (server->step(server->context)) return;
  epoll_ctl(server->wait_fd, EPOLL_CTL_DEL, server->watched_fd, NULL);
  server->watched_fd = -1;
}

static void on_event (struct ka_server *server, void *mark) {
  if (mark == &server->stop_fd || mark == &server->signal_fd) server->ending = true;
  else if (mark == &server->watched_fd) step_watched(server);
  else if (mark != NULL && mark != &server->clock_fd) ka_call_release(mark);
}

static void turn (struct ka_server *server, int ms) {
  struct epoll_event events[EVENTS_MAX];
  int count = epoll_wait(server->wait_fd, events, EVENTS_MAX, ms);
  pthread_mutex_lock(&server->working);
  for (int i = 0; i < count; i++) on_event(server, events[i].data.ptr);
  ka_timers_fire(&server->timers, ka_timers_now_ms());
  MHD_run(server->daemon);
  pthread_mutex_unlock(&server->working);
}

void ka_server_run (struct ka_server *server) {
  while (!server->ending) turn(server, wait_ms(server));
}

void ka_server_stop (struct ka_server *server) {
  const uint64_t one = 1;
  if (write(server->stop_fd, &one, sizeof one) < 0) return; /* full: told often enough already */
}

/* ---- being stepped ---- */

/* Setting the timer also makes the descriptor unreadable again. */
static bool set_clock (const struct ka_server *server, int ms) {
  struct itimerspec next = {0};
  if (ms > 0) next.it_value = (struct timespec){ .tv_sec = ms / 1000,
                                                 .tv_nsec = (long)(ms % 1000) * 1000000 };
  else if (ms == 0) next.it_value.tv_nsec = 1;
  return timerfd_settime(server->clock_fd, 0, &next, NULL) == 0;
}

bool ka_server_lend (struct ka_server *server) {
  server->clock_fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
  return server->clock_fd >= 0 && watch(server, server->clock_fd, &server->clock_fd);
}

int ka_server_step (struct ka_server *server) {
  int ms;
  turn(server, 0);
  ms = wait_ms(server);
  set_clock(server, ms);
  return ms;
}

static void refuse (void *context, struct ka_call *call) {
  (void)context;
  ka_call_plain(call, 503, "the server is stopping\n");
}

void ka_server_flush (struct ka_server *server) {
  MHD_UNSIGNED_LONG_LONG ms = 0;
  server->handle = refuse;
  for (int i = 0; i < FLUSHES_MAX && ms == 0; i++) {
    MHD_run(server->daemon);
    if (MHD_get_timeout(server->daemon, &ms) != MHD_YES) break;
  }
}

/* ---- signals ---- */

/* They are read from a descriptor, so that no handler of the host is replaced. */
bool ka_server_catch (struct ka_server *server) {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGTERM);
  server->signal_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
  if (server->signal_fd < 0) return false;
  pthread_sigmask(SIG_BLOCK, &set, &server->signals_before);
  return watch(server, server->signal_fd, &server->signal_fd);
}

/* The signal that ended the server is spent; another one that came meanwhile is too. */
static void let_signals_go (struct ka_server *server) {
  struct signalfd_siginfo spent;
  if (server->signal_fd < 0) return;
  while (read(server->signal_fd, &spent, sizeof spent) == (ssize_t)sizeof spent) {}
  close(server->signal_fd);
  server->signal_fd = -1;
  pthread_sigmask(SIG_SETMASK, &server->signals_before, NULL);
}

/* ---- closing ---- */

static void close_fd (int *fd) {
  if (*fd >= 0) close(*fd);
  *fd = -1;
}

void ka_server_close (struct ka_server *server) {
  if (!server->open) return;
  server->open = false;
  while (server->parked != NULL) ka_call_release(server->parked);
  if (server->daemon != NULL) MHD_stop_daemon(server->daemon);
  server->daemon = NULL;
  close_fd(&server->listen_fd);
  close_fd(&server->wait_fd);
  close_fd(&server->stop_fd);
  close_fd(&server->clock_fd);
  let_signals_go(server);
  ka_timers_free(&server->timers);
}

void ka_server_abandon (struct ka_server *server) {
  const union MHD_DaemonInfo *info;
  if (!server->open) return;
  server->open = false;
  info = MHD_get_daemon_info(server->daemon, MHD_DAEMON_INFO_LISTEN_FD);
  if (info != NULL) close(info->listen_fd);
  info = MHD_get_daemon_info(server->daemon, MHD_DAEMON_INFO_EPOLL_FD);
  if (info != NULL) close(info->epoll_fd);
  server->daemon = NULL; /* its memory stays as it is: the thread that owned it is not here */
  close_fd(&server->wait_fd);
  close_fd(&server->stop_fd);
  close_fd(&server->clock_fd);
}
