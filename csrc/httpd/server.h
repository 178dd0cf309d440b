/* An HTTP server in one thread: libmicrohttpd polled from outside, with timers and a way to stop
   it. It knows no Lua and never decides what to answer: `handle` does, once per complete request.

   One struct ka_call lives from the request line to the last byte of its answer. libmicrohttpd
   tells when both happen, and whatever a call owns is given back in the second of these
   callbacks, whichever way the connection ended. */
#ifndef KASSA_HTTPD_SERVER_H
#define KASSA_HTTPD_SERVER_H

#include <microhttpd.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/buffer.h"
#include "httpd/timers.h"

struct ka_call;

/* Fill call->reply and the fields after it. Must not keep the call and must not jump out of the
   function. */
typedef void ka_handle (void *context, struct ka_call *call);

/* Called on the server's thread when the watched descriptor is readable. Must not jump out of the
   function. False ends the watch. */
typedef bool ka_step (void *context);

/* What a server is made of. The strings are the caller's and are read by ka_server_open only. */
struct ka_server_options {
  const char *address;      /* numeric, IPv4 or IPv6 */
  uint16_t port;            /* 0: a free one */
  const char *tls_cert;     /* PEM text; NULL: plain HTTP */
  const char *tls_key;
  size_t body_max;          /* bytes of a request's body; more is answered with 413 */
  unsigned idle_s;          /* silence after which a connection is closed */
  unsigned receive_s;       /* time for one whole request, however steadily it drips */
  unsigned connections_max; /* more wait to be accepted; 0: as many as a server can have */
};

struct ka_server {
  bool open;
  struct MHD_Daemon *daemon;  /* owns the listening socket once it is there */
  int listen_fd;              /* -1 when the daemon owns it */
  int wait_fd;                /* epoll: the daemon's own, the four below, silent connections */
  int stop_fd;                /* eventfd: written to by ka_server_stop, from any thread */
  int signal_fd;              /* -1 unless ka_server_catch was called */
  int clock_fd;               /* timerfd of the next timer; -1 unless ka_server_lend was called */
  int watched_fd;             /* somebody else's; -1 unless ka_server_watch was called */
  sigset_t signals_before;
  uint16_t port;
  size_t body_max;
  unsigned idle_s;
  unsigned receive_s;
  bool ending;
  pthread_mutex_t working;    /* held while anything but waiting is done, so that a fork can wait */
  struct ka_timers timers;
  struct ka_call *parked;     /* the calls whose connections are suspended */
  ka_handle *handle;
  ka_step *step;
  void *context;              /* of both */
};

/* Ways to treat an answer badly, on purpose. */
enum ka_fault {
  KA_FAULT_NONE = 0,
  KA_FAULT_RESET,     /* no answer; the client's socket reads a TCP reset */
  KA_FAULT_SILENCE,   /* no answer until the client leaves or the server stops */
  KA_FAULT_TRUNCATE,  /* the head promises the whole body, reply_max bytes of it come */
  KA_FAULT_DRIP       /* one byte of the body every drip_ms */
};

enum ka_stage { KA_STAGE_HEAD = 0, KA_STAGE_BODY, KA_STAGE_ANSWER, KA_STAGE_GONE };

struct ka_call {
  struct ka_server *server;
  struct MHD_Connection *connection;
  enum ka_stage stage;

  char *target;               /* as the client wrote it; cut in two at the first '?' */
  char *query;                /* inside target; NULL when there is no '?' */
  const char *method;         /* libmicrohttpd's */
  struct ka_buffer headers;   /* name NUL value NUL, repeated */
  struct ka_buffer body;
  size_t refused;             /* bytes thrown away since the body passed the limit */
  char remote[INET6_ADDRSTRLEN];

  struct ka_buffer reply;          /* the answer's body */
  struct MHD_Response *response;   /* made by ka_call_respond; NULL: nothing to send */
  unsigned status;
  int64_t delay_ms;
  enum ka_fault fault;
  size_t reply_max;
  int64_t drip_ms;
  bool begun;                      /* before a reset an interim answer comes */
  bool last;                       /* the server ends when this answer is out */

  struct ka_timer timer;           /* the end of a delay, the next byte of a drip */
  int64_t dripped_ms;              /* when the last byte was let go */
  bool suspended;
  struct ka_call *next, *previous; /* in server->parked */
};

/* Bind, listen and make the daemon; nothing is accepted before ka_server_run. False: *message
   says why (a static text or strerror's) and the server is closed. The zeroed struct is a closed
   server. */
bool ka_server_open (struct ka_server *server, const struct ka_server_options *options,
                     const char **message);

/* From now on call `step` whenever the descriptor is readable. The descriptor stays the caller's,
   who keeps it open as long as the server runs. False: errno says why. */
bool ka_server_watch (struct ka_server *server, int fd, ka_step *step);

/* Serve until ka_server_stop, a call with `last`, or a signal that ka_server_catch waits for. */
void ka_server_run (struct ka_server *server);

/* Make the server one for somebody else's event loop: instead of ka_server_run, ka_server_step is
   called whenever wait_fd is readable, which it is when there is something to do, be it for a
   timer. False: errno says why. */
bool ka_server_lend (struct ka_server *server);

/* Do what there is to do without waiting. -> milliseconds until there is something to do though
   nobody sends anything, or -1; server->ending tells whether it was the last step. */
int ka_server_step (struct ka_server *server);

/* Before ka_server_close: send the answers that are made, as far as that needs no waiting. Requests
   that are complete only now are answered with 503. */
void ka_server_flush (struct ka_server *server);

/* From here until ka_server_close, which the same thread calls, SIGINT and SIGTERM end the server
   instead of the process. False: errno says why, and nothing changed. */
bool ka_server_catch (struct ka_server *server);

/* Make ka_server_run return soon. Any thread may call it as long as the server is open. */
void ka_server_stop (struct ka_server *server);

/* Close every connection and free everything. Not while ka_server_run runs. May be called twice.
   */
void ka_server_close (struct ka_server *server);

/* In a child after fork: close the child's copies of the descriptors, touch nothing that the
   parent can see. */
void ka_server_abandon (struct ka_server *server);

/* call.c: what libmicrohttpd calls, with the server as `cls`. */
void *ka_call_begin (void *cls, const char *uri, struct MHD_Connection *connection);
enum MHD_Result ka_call_step (void *cls, struct MHD_Connection *connection, const char *url,
                              const char *method, const char *version, const char *data,
                              size_t *size, void **call);
void ka_call_end (void *cls, struct MHD_Connection *connection, void **call,
                  enum MHD_RequestTerminationCode code);

/* call.c: make call->response from call->reply, before headers are added to it. */
enum ka_rc ka_call_respond (struct ka_call *call) KA_CHECKED;

/* call.c: answer with a short plain text instead of whatever was prepared. */
void ka_call_plain (struct ka_call *call, unsigned status, const char *text);

/* call.c: the client of a silent call left, or the server ends: let the connection go. */
void ka_call_release (struct ka_call *call);

/* connection.c: from accept to close; cuts off who takes too long to send a request. */
void ka_connection_event (void *cls, struct MHD_Connection *connection, void **socket_context,
                          enum MHD_ConnectionNotificationCode code);

/* connection.c: a whole request is here (no deadline), or the next one may come (a new deadline).
   */
void ka_connection_received (struct ka_server *server, struct MHD_Connection *connection);
void ka_connection_waits (struct ka_server *server, struct MHD_Connection *connection);

/* connection.c: drop the connection so that the client's socket reads a reset; with `begun` after
   an interim answer, so that no client takes it for a kept connection that had died before. */
void ka_connection_reset (struct MHD_Connection *connection, bool begun);

int ka_connection_fd (struct MHD_Connection *connection);

#endif
