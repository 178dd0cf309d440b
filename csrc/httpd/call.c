/* One request and its answer, as libmicrohttpd tells it: the body is gathered, the handler asked
   once, the answer delayed, dripped, cut or withheld as the handler says. It knows no Lua and
   never reads what a body means. */
#include "httpd/server.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

#define HEADERS_MAX 65536u          /* bytes of all request headers */
#define REPLY_MAX (64u << 20)       /* bytes of one answer's body */
#define REFUSED_MAX (16u << 20)     /* bytes swallowed of a too large body, so its 413 is read */

/* ---- from the request line to the last byte ---- */

static void park (struct ka_call *call) {
  struct ka_server *server = call->server;
  call->suspended = true;
  call->previous = NULL;
  call->next = server->parked;
  if (call->next != NULL) call->next->previous = call;
  server->parked = call;
  MHD_suspend_connection(call->connection);
}

static void unpark (struct ka_call *call) {
  struct ka_server *server = call->server;
  if (!call->suspended) return;
  call->suspended = false;
  if (call->next != NULL) call->next->previous = call->previous;
  if (call->previous != NULL) call->previous->next = call->next;
  else server->parked = call->next;
  MHD_resume_connection(call->connection);
}

static void on_timer (void *owner) {
  unpark(owner);
}

void *ka_call_begin (void *cls, const char *uri, struct MHD_Connection *connection) {
  struct ka_server *server = cls;
  struct ka_call *call = calloc(1, sizeof *call);
  if (call == NULL) return NULL;
  call->server = server;
  call->connection = connection;
  call->timer.owner = call;
  call->timer.fire = on_timer;
  ka_buffer_init(&call->headers, HEADERS_MAX);
  ka_buffer_init(&call->body, server->body_max);
  ka_buffer_init(&call->reply, REPLY_MAX);
  call->target = strdup(uri);
  if (call->target != NULL && (call->query = strchr(call->target, '?')) != NULL)
    *call->query++ = '\0';
  return call;
}

void ka_call_end (void *cls, struct MHD_Connection *connection, void **holder,
                  enum MHD_RequestTerminationCode code) {
  struct ka_server *server = cls;
  struct ka_call *call = *holder;
  if (code == MHD_REQUEST_TERMINATED_COMPLETED_OK) ka_connection_waits(server, connection);
  if (call == NULL) return;
  *holder = NULL;
  if (call->last) server->ending = true;
  ka_timers_clear(&server->timers, &call->timer);
  if (call->response != NULL) MHD_destroy_response(call->response);
  ka_buffer_free(&call->headers);
  ka_buffer_free(&call->body);
  ka_buffer_free(&call->reply);
  free(call->target);
  free(call);
}

/* ---- the answer ---- */

/* Gives the daemon the reply as the faults of the call allow. Runs on the server's thread, like
   everything here. */
static ssize_t read_reply (void *cls, uint64_t position, char *out, size_t size) {
  struct ka_call *call = cls;
  if (position >= call->reply_max) return MHD_CONTENT_READER_END_WITH_ERROR;
  if (size > call->reply_max - position) size = call->reply_max - (size_t)position;
  if (call->fault == KA_FAULT_DRIP) {
    int64_t due_ms = call->dripped_ms + call->drip_ms, now_ms = ka_timers_now_ms();
    if (now_ms < due_ms) {
      ka_timers_set(&call->server->timers, &call->timer, due_ms);
      park(call);
      return 0;
    }
    call->dripped_ms = now_ms;
    size = 1;
  }
  memcpy(out, call->reply.bytes + position, size);
  return (ssize_t)size;
}

enum ka_rc ka_call_respond (struct ka_call *call) {
  struct ka_buffer *reply = &call->reply;
  bool misbehaves = call->fault == KA_FAULT_TRUNCATE || call->fault == KA_FAULT_DRIP;
  if (call->response != NULL) MHD_destroy_response(call->response);
  if (call->fault != KA_FAULT_TRUNCATE || call->reply_max > reply->length)
    call->reply_max = reply->length;
  call->response = misbehaves && reply->length > 0
    ? MHD_create_response_from_callback(reply->length, 4096, read_reply, call, NULL)
    : MHD_create_response_from_buffer(reply->length, reply->bytes, MHD_RESPMEM_PERSISTENT);
  return call->response == NULL ? KA_NOMEM : KA_OK;
}

void ka_call_plain (struct ka_call *call, unsigned status, const char *text) {
  ka_buffer_clear(&call->reply);
  call->status = status;
  call->delay_ms = 0;
  call->fault = KA_FAULT_NONE;
  if (ka_buffer_add(&call->reply, text, strlen(text)) != KA_OK || ka_call_respond(call) != KA_OK)
    call->fault = KA_FAULT_RESET; /* no memory even for this */
  else
    MHD_add_response_header(call->response, "Content-Type", "text/plain; charset=utf-8");
}

void ka_call_release (struct ka_call *call) {
  call->stage = KA_STAGE_GONE;
  unpark(call);
}

/* Hold the connection without an answer, but see when its client leaves. */
static void fall_silent (struct ka_call *call) {
  struct epoll_event event = { .events = EPOLLRDHUP | EPOLLET, .data.ptr = call };
  epoll_ctl(call->server->wait_fd, EPOLL_CTL_ADD, ka_connection_fd(call->connection), &event);
  park(call);
}

static enum MHD_Result send_answer (struct ka_call *call) {
  if (call->fault == KA_FAULT_RESET || call->response == NULL) {
    ka_connection_reset(call->connection, call->begun);
    return MHD_NO;
  }
  call->dripped_ms = ka_timers_now_ms();
  return MHD_queue_response(call->connection, call->status, call->response);
}

/* The answer is known; now or later it is sent. */
static enum MHD_Result answer (struct ka_call *call) {
  call->stage = KA_STAGE_ANSWER;
  if (call->fault == KA_FAULT_SILENCE) {
    fall_silent(call);
    return MHD_YES;
  }
  if (call->delay_ms > 0) {
    ka_timers_set(&call->server->timers, &call->timer, ka_timers_now_ms() + call->delay_ms);
    park(call);
    return MHD_YES;
  }
  return send_answer(call);
}

/* ---- the request ---- */

static enum MHD_Result add_header (void *cls, enum MHD_ValueKind kind, const char *name,
                                   const char *value) {
  struct ka_call *call = cls;
  (void)kind;
  if (value == NULL) value = "";
  if (ka_buffer_add(&call->headers, name, strlen(name) + 1) != KA_OK) return MHD_NO;
  return ka_buffer_add(&call->headers, value, strlen(value) + 1) == KA_OK ? MHD_YES : MHD_NO;
}

static void name_remote (struct ka_call *call) {
  const union MHD_ConnectionInfo *info =
    MHD_get_connection_info(call->connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
  const struct sockaddr *from = info == NULL ? NULL : info->client_addr;
  const void *address = NULL;
  if (from != NULL && from->sa_family == AF_INET)
    address = &((const struct sockaddr_in *)(const void *)from)->sin_addr;
  else if (from != NULL && from->sa_family == AF_INET6)
    address = &((const struct sockaddr_in6 *)(const void *)from)->sin6_addr;
  if (address != NULL) inet_ntop(from->sa_family, address, call->remote, sizeof call->remote);
}

static const char *header (const struct ka_call *call, const char *name) {
  return MHD_lookup_connection_value(call->connection, MHD_HEADER_KIND, name);
}

/* A client that asks before it sends, or that would send more than anyone swallows, hears the
   refusal at once. */
static bool refused_at_once (const struct ka_call *call) {
  const char *length = header(call, "Content-Length"), *expect = header(call, "Expect");
  unsigned long long size = length == NULL ? 0 : strtoull(length, NULL, 10);
  if (size <= call->body.limit) return false;
  return expect != NULL || size - call->body.limit > REFUSED_MAX;
}

static enum MHD_Result refuse_body (struct ka_call *call) {
  ka_call_plain(call, 413, "the request body is larger than this server accepts\n");
  return answer(call);
}

static enum MHD_Result take_head (struct ka_call *call, const char *method) {
  call->stage = KA_STAGE_BODY;
  call->method = method;
  return refused_at_once(call) ? refuse_body(call) : MHD_YES;
}

static enum MHD_Result take_body (struct ka_call *call, const char *data, size_t *size) {
  size_t taken = *size;
  *size = 0;
  if (call->refused == 0 && ka_buffer_add(&call->body, data, taken) == KA_OK) return MHD_YES;
  ka_buffer_free(&call->body);
  call->refused += taken;
  return call->refused > REFUSED_MAX ? MHD_NO : MHD_YES;
}

static enum MHD_Result ask_handler (struct ka_call *call) {
  ka_connection_received(call->server, call->connection);
  if (call->refused > 0) return refuse_body(call);
  name_remote(call);
  MHD_get_connection_values(call->connection, MHD_HEADER_KIND, add_header, call);
  call->server->handle(call->server->context, call);
  return answer(call);
}

enum MHD_Result ka_call_step (void *cls, struct MHD_Connection *connection, const char *url,
                              const char *method, const char *version, const char *data,
                              size_t *size, void **holder) {
  struct ka_call *call = *holder;
  (void)cls, (void)connection, (void)url, (void)version;
  if (call == NULL || call->target == NULL) return MHD_NO;
  switch (call->stage) {
    case KA_STAGE_HEAD: return take_head(call, method);
    case KA_STAGE_BODY: return *size > 0 ? take_body(call, data, size) : ask_handler(call);
    case KA_STAGE_ANSWER: return send_answer(call);
    case KA_STAGE_GONE: break;
  }
  return MHD_NO;
}
