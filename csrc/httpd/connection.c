/* One client's connection: how long it may take to send a request, and how to break it. It never
   looks at what is sent. */
#include "httpd/server.h"

#include <stdlib.h>
#include <sys/socket.h>

#define INTERIM "HTTP/1.1 100 Continue\r\n\r\n"

/* Lives in libmicrohttpd's socket context, from accept to close. */
struct connection {
  struct ka_timer deadline; /* of the request that is being received */
  int fd;                   /* libmicrohttpd's */
};

int ka_connection_fd (struct MHD_Connection *connection) {
  return MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
}

static struct connection *of (struct MHD_Connection *connection) {
  const union MHD_ConnectionInfo *info =
    MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
  return info == NULL ? NULL : info->socket_context;
}

/* A slow sender: libmicrohttpd sees the end of the stream and closes. */
static void cut_off (void *owner) {
  const struct connection *self = owner;
  shutdown(self->fd, SHUT_RDWR);
}

static void open_connection (struct ka_server *server, struct MHD_Connection *connection,
                             void **socket_context) {
  struct connection *self = calloc(1, sizeof *self);
  if (self == NULL) return; /* served without a deadline */
  self->fd = ka_connection_fd(connection);
  self->deadline.owner = self;
  self->deadline.fire = cut_off;
  *socket_context = self;
  ka_timers_set(&server->timers, &self->deadline,
                ka_timers_now_ms() + (int64_t)server->receive_s * 1000);
}

void ka_connection_event (void *cls, struct MHD_Connection *connection, void **socket_context,
                          enum MHD_ConnectionNotificationCode code) {
  struct ka_server *server = cls;
  struct connection *self = *socket_context;
  if (code == MHD_CONNECTION_NOTIFY_STARTED) {
    open_connection(server, connection, socket_context);
  } else if (self != NULL) {
    ka_timers_clear(&server->timers, &self->deadline);
    free(self);
    *socket_context = NULL;
  }
}

void ka_connection_received (struct ka_server *server, struct MHD_Connection *connection) {
  struct connection *self = of(connection);
  if (self != NULL) ka_timers_clear(&server->timers, &self->deadline);
}

/* Between two requests a client may be idle first and then send: both times together. */
void ka_connection_waits (struct ka_server *server, struct MHD_Connection *connection) {
  struct connection *self = of(connection);
  int64_t patience_ms = (int64_t)server->idle_s * 1000 + (int64_t)server->receive_s * 1000;
  if (self != NULL)
    ka_timers_set(&server->timers, &self->deadline, ka_timers_now_ms() + patience_ms);
}

/* Dissolving the association of a TCP socket sends a reset at once, where close() with SO_LINGER
   0 would be too late: libmicrohttpd shuts the socket down in order before it closes it, and the
   client would read a clean end. */
void ka_connection_reset (struct MHD_Connection *connection, bool begun) {
  int fd = ka_connection_fd(connection);
  const struct linger none = { .l_onoff = 1, .l_linger = 0 };
  const struct sockaddr nowhere = { .sa_family = AF_UNSPEC };
  if (begun && MHD_get_connection_info(connection, MHD_CONNECTION_INFO_PROTOCOL) == NULL)
    (void)!send(fd, INTERIM, sizeof INTERIM - 1, MSG_NOSIGNAL); /* not inside TLS */
  setsockopt(fd, SOL_SOCKET, SO_LINGER, &none, sizeof none);
  connect(fd, &nowhere, sizeof nowhere);
}
