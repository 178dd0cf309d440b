/* A peer for the specs of the engine that answers each path in its own wrong way, one process a
   connection. It ends when its standard input does, so that no test can leave it behind.

   wire serve PORT_FILE  serve on a free port of the loopback, which is written into the file
   wire hole PORT_FILE   the same, but take no connection out of the queue
   wire free COUNT       print so many free ports */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define REQUEST_MAX (16u << 20)
#define GULP 65536u

struct request {
  char *bytes;
  size_t size, head;  /* head: where the body begins */
  unsigned served;    /* requests before it on its connection */
};

static unsigned *requests;  /* how many were read, shared among the processes */

static void pause_ms (long ms) {
  struct timespec t = {ms / 1000, ms % 1000 * 1000000};
  nanosleep(&t, NULL);
}

static void put (int fd, const char *bytes, size_t size) {
  while (size > 0) {
    ssize_t sent = send(fd, bytes, size, MSG_NOSIGNAL);
    if (sent <= 0) _exit(0);
    bytes += sent;
    size -= (size_t)sent;
  }
}

static void say (int fd, const char *text) { put(fd, text, strlen(text)); }

static void answer (int fd, const char *body, size_t size) {
  char head[128];
  int length = snprintf(head, sizeof head, "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n", size);
  put(fd, head, (size_t)length);
  put(fd, body, size);
}

static size_t body_length (const char *head) {
  const char *field = strcasestr(head, "\r\nContent-Length:");
  return field != NULL ? strtoul(field + 17, NULL, 10) : 0;
}

static bool is_post_to (const struct request *r, const char *path) {
  return strncmp(r->bytes, "POST ", 5) == 0 && strncmp(r->bytes + 5, path, strlen(path)) == 0;
}

/* Whoever asks leave to send its body gets it, but not where the answer comes early or never. */
static void give_leave (int fd, const struct request *r) {
  if (r->size > r->head || is_post_to(r, "/early-")) return;
  if (is_post_to(r, "/again") && r->served > 0) return;
  if (strcasestr(r->bytes, "\r\nExpect: 100-continue\r\n") != NULL)
    say(fd, "HTTP/1.1 100 Continue\r\n\r\n");
}

/* What some paths do with a body that is still coming. True: it is not waited for. */
static bool interfere (int fd, const struct request *r) {
  const char *path = r->bytes + 5;
  give_leave(fd, r);
  if (is_post_to(r, "/sip-")) pause_ms(strtol(path + 5, NULL, 10)); /* after each gulp */
  if (is_post_to(r, "/choke")) pause_ms(60000);
  return is_post_to(r, "/early-") || (is_post_to(r, "/drop") && r->size > 1000000);
}

/* Read one request. False: the client is gone. */
static bool read_request (int fd, struct request *r) {
  r->size = r->head = 0;
  for (;;) {
    ssize_t got;
    size_t room;
    char *end;
    r->bytes[r->size] = '\0';
    end = strstr(r->bytes, "\r\n\r\n");
    if (end != NULL) {
      r->head = (size_t)(end + 4 - r->bytes);
      if (r->size - r->head >= body_length(r->bytes) || interfere(fd, r)) return true;
    }
    room = REQUEST_MAX - r->size;
    got = recv(fd, r->bytes + r->size, room < GULP ? room : GULP, 0);
    if (got <= 0) return false;
    r->size += (size_t)got;
  }
}

/* Close with a reset in place of a farewell. */
static void reset (int fd) {
  struct linger now = {1, 0};
  setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
  close(fd);
  _exit(0);
}

static void flood (int fd) {
  say(fd, "HTTP/1.1 200 OK\r\n");
  for (int i = 0; i < 5000; i++) say(fd, "X-Flood: 0123456789012345678901234567890\r\n");
}

/* 9 MiB of body: with a length told, or without. */
static void big (int fd, bool told) {
  static char block[65536];
  memset(block, 'x', sizeof block);
  say(fd, told ? "HTTP/1.1 200 OK\r\nContent-Length: 9437184\r\n\r\n"
               : "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n");
  for (int i = 0; i < 144; i++) put(fd, block, sizeof block);
}

static int dial (const char *port) {
  struct sockaddr_in to = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  int fd = socket(AF_INET, SOCK_STREAM, 0);
  to.sin_port = htons((unsigned short)strtoul(port, NULL, 10));
  return connect(fd, (struct sockaddr *)&to, sizeof to) == 0 ? fd : -1;
}

/* A proxy: CONNECT host:port, whatever the host, leads to the loopback. */
static void tunnel (int fd, const char *target) {
  char bytes[65536];
  const char *port = strchr(target, ':');
  int far = port != NULL ? dial(port + 1) : -1;
  struct pollfd both[2] = {{fd, POLLIN, 0}, {far, POLLIN, 0}};
  if (far < 0) { say(fd, "HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n"); return; }
  say(fd, "HTTP/1.1 200 Connected\r\nX-From: proxy\r\n\r\n");
  while (poll(both, 2, -1) > 0) {
    for (int i = 0; i < 2; i++) {
      ssize_t got = both[i].revents != 0 ? recv(both[i].fd, bytes, sizeof bytes, 0) : -1;
      if (both[i].revents != 0 && got <= 0) _exit(0);
      if (got > 0) put(both[1 - i].fd, bytes, (size_t)got);
    }
  }
}

/* "/sleep-50": how long, in the path itself. */
static long number_in (const char *path) { return strtol(strrchr(path, '-') + 1, NULL, 10); }

/* The wrong ways. True: the connection goes on. */
static bool serve (int fd, const struct request *r, const char *path) {
  char text[32];
  unsigned count = __atomic_add_fetch(requests, 1, __ATOMIC_SEQ_CST);
  int length = snprintf(text, sizeof text, "%u", count);
  if (strncmp(path, "/sleep-", 7) == 0) {
    pause_ms(number_in(path));
    answer(fd, "{}", 2);
    return true;
  }
  if (strcmp(path, "/echo") == 0) { answer(fd, r->bytes, r->size); return true; }
  if (strcmp(path, "/count") == 0) { answer(fd, text, (size_t)length); return true; }
  if (strcmp(path, "/once") == 0) { /* only the first request of a connection is answered */
    if (r->served > 0) return false;
    answer(fd, text, (size_t)length);
    return true;
  }
  if (strcmp(path, "/again") == 0) { /* the same, and it shows what came */
    if (r->served > 0) return false;
    answer(fd, r->bytes, r->size);
    return true;
  }
  if (strcmp(path, "/silence") == 0) pause_ms(60000);
  if (strcmp(path, "/half-head") == 0) { say(fd, "HTTP/1.1 200 OK\r\nCont"); pause_ms(60000); }
  if (strcmp(path, "/half-body") == 0) {
    say(fd, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n0123456789");
    pause_ms(60000);
  }
  if (strcmp(path, "/reset") == 0) reset(fd);
  if (strcmp(path, "/reset-body") == 0) {
    say(fd, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n0123456789");
    pause_ms(50);
    reset(fd);
  }
  if (strcmp(path, "/truncate") == 0) {
    say(fd, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n0123456789");
    return false;
  }
  if (strncmp(path, "/early-", 7) == 0) { /* before the body was read, then a reset */
    length = snprintf(text, sizeof text, "HTTP/1.1 %ld Early\r\n", number_in(path));
    put(fd, text, (size_t)length);
    say(fd, "Content-Length: 5\r\n\r\nearly");
    return false;
  }
  if (strcmp(path, "/close") == 0 || strcmp(path, "/drop") == 0) return false;
  if (strcmp(path, "/garbage") == 0) { say(fd, "\001\002 this is no HTTP\r\n\r\n"); return false; }
  if (strcmp(path, "/flood") == 0) { flood(fd); return false; }
  if (strcmp(path, "/big") == 0) { big(fd, true); return false; }
  if (strcmp(path, "/big-untold") == 0) { big(fd, false); return false; }
  if (strcmp(path, "/redirect") == 0) {
    say(fd, "HTTP/1.1 302 Found\r\nLocation: /echo\r\nContent-Length: 0\r\n\r\n");
    return true;
  }
  if (strcmp(path, "/interim") == 0) say(fd, "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n");
  if (strcmp(path, "/trailer") == 0) {
    say(fd, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
            "2\r\nok\r\n0\r\nX-Late: 1\r\n\r\n");
    return true;
  }
  answer(fd, "ok", 2);
  return true;
}

static void converse (int fd) {
  struct request r = {.bytes = malloc(REQUEST_MAX + 1)};
  char method[16], target[256];
  while (r.bytes != NULL && read_request(fd, &r)) {
    if (sscanf(r.bytes, "%15s %255s", method, target) != 2) break;
    if (strcmp(method, "CONNECT") == 0) { tunnel(fd, target); break; }
    target[strcspn(target, "?")] = '\0';
    if (!serve(fd, &r, target)) break;
    r.served++;
  }
  free(r.bytes);
}

static int listen_somewhere (unsigned *port) {
  struct sockaddr_in here = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t size = sizeof here;
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (bind(fd, (struct sockaddr *)&here, sizeof here) != 0 || listen(fd, 4096) != 0) exit(1);
  if (getsockname(fd, (struct sockaddr *)&here, &size) != 0) exit(1);
  *port = ntohs(here.sin_port);
  return fd;
}

static int print_free (unsigned count) {
  unsigned port;
  while (count-- > 0) { /* all stay open until the end, so that none comes twice */
    listen_somewhere(&port);
    printf("%u\n", port);
  }
  return 0;
}

static void write_port (const char *name, unsigned port) {
  FILE *file = fopen(name, "w");
  if (file == NULL) exit(1);
  fprintf(file, "%u\n", port);
  fclose(file);
}

static void accept_one (int fd) {
  int peer = accept(fd, NULL, NULL);
  if (peer < 0) return;
  if (fork() == 0) {
    signal(SIGTERM, SIG_DFL);
    close(STDIN_FILENO);
    close(fd);
    converse(peer);
    _exit(0);
  }
  close(peer);
}

int main (int count, char **words) {
  unsigned port;
  int fd;
  struct pollfd both[2];
  if (count != 3) return 2;
  if (strcmp(words[1], "free") == 0) return print_free((unsigned)strtoul(words[2], NULL, 10));
  setpgid(0, 0);
  signal(SIGTERM, SIG_IGN);
  signal(SIGCHLD, SIG_IGN);
  requests = mmap(NULL, sizeof *requests, PROT_READ | PROT_WRITE,
                  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  fd = listen_somewhere(&port);
  write_port(words[2], port);
  both[0] = (struct pollfd){STDIN_FILENO, POLLIN, 0};
  both[1] = (struct pollfd){strcmp(words[1], "serve") == 0 ? fd : -1, POLLIN, 0};
  while (poll(both, 2, -1) >= 0 || errno == EINTR) {
    char byte;
    if (both[0].revents != 0 && read(STDIN_FILENO, &byte, 1) <= 0) break;
    if (both[1].revents != 0) accept_one(fd);
  }
  kill(0, SIGTERM); /* the processes that still serve somebody */
  return 0;
}
