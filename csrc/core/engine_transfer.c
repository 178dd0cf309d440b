/* One exchange: the request as libcurl wants it, what comes back, and what the end of it means. It
   refuses to call anything an answer that did not come whole, but for one case below.

   Early answers. A server may answer before it has read the body (401, 413, 429). Over HTTP/2 it
   then resets the stream with NO_ERROR, and libcurl 7.88 throws away what it has of an answer when
   it reads the reset along with it, as it often does on behalf of another stream. Only a stream
   whose upload is not finished suffers: the reset of a finished one is no longer listened to. So
   here an upload over HTTP/2 is finished as soon as it is begun:
   - a body over H2_BODY_MAX, or a form, goes over HTTP/1.1, where a connection belongs to one call;
   - the bodies on a connection that has not answered yet fit its first window (engine_queue.c);
   - libcurl is never told of reading without writing (on_event in engine_loop.c);
   - a host that has refused 6 MiB of bodies gets them over HTTP/1.1 until it has accepted some
     again, since nginx counts what it skips and at 8 MiB ends the connection as flooded, under
     whatever is in flight.
   An upload that fails after the headers of an early answer have come counts as answered.
   Over HTTP/1.1 a server that closes at once sends a reset on the heels of its answer, and libcurl,
   about to send, sees the reset first. So large files and forms ask leave (Expect: 100-continue):
   whoever refuses them by their head is heard. One that says nothing gets them after a second.

   Sending twice. libcurl repeats a request by itself when a kept connection turns out to be dead
   before a byte of the answer came, or when the server says that it has not touched the stream. The
   repeat carries the same bytes and thus the same idempotency key, and `sent` stays true. A `fresh`
   request takes a new connection, and a second sending is forbidden before it leaves. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "core/engine_parts.h"

#define TEXT_MAX (256u * 1024)     /* target and headers of one request */
#define KEEP_BYTES (16u * 1024)    /* a larger buffer is not kept for the next call */
#define REFUSED_MAX (6u << 20)     /* bytes of refused bodies that a host may get over HTTP/2 */
#define EXPECT_SIZE (512u * 1024)  /* libcurl asks leave for bodies somewhat larger than this */
#define ASK_SIZE (64u * 1024)      /* and so do files and forms from here on */
#define HEAD_TOO_LARGE "the answer's headers are over 64 KiB"
#define BODY_TOO_LARGE "the answer's body is over the limit"

/* ---- what comes back ------------------------------------------------------------------------ */

/* "HTTP/1.1 200 OK" or "HTTP/2 200": a new block begins, whatever was before. */
static void read_status_line (struct transfer *t, const char *line, size_t size) {
  const char *space = memchr(line, ' ', size);
  int status = 0;
  for (const char *p = space != NULL ? space + 1 : line + size;
       p < line + size && *p >= '0' && *p <= '9' && status < 100; p++)
    status = status * 10 + (*p - '0');
  ka_buffer_clear(&t->head);
  t->head_complete = false;
  t->answer.status = status;
  t->answer.http = size > 5 && line[5] == '2' ? 2 : 1;
}

/* The final block is whole: now it is known whether the host multiplexes. */
static void end_head (struct transfer *t) {
  struct ka_channel *c = t->channel;
  t->head_complete = true;
  if (!c->tls || c->http1 || t->http1) return;
  c->proven = true;
  c->multiplexing = t->answer.http == 2 ? MULTIPLEXING_YES : MULTIPLEXING_NO;
}

/* libcurl gives one line at a time, and after the body the trailers, which nobody asked for. */
static size_t on_header (char *line, size_t one, size_t size, void *transfer) {
  struct transfer *t = transfer;
  (void)one;
  t->head_total += size;
  t->oversized = t->head_total > KA_HEAD_MAX;
  if (t->oversized) return 0;
  if (size >= 5 && memcmp(line, "HTTP/", 5) == 0) read_status_line(t, line, size);
  if (t->head_complete) return size;
  if (ka_buffer_add(&t->head, line, size) != KA_OK) return 0;
  if (t->answer.status >= 200 && size <= 2 && (line[0] == '\r' || line[0] == '\n')) end_head(t);
  return size;
}

static size_t on_body (char *bytes, size_t one, size_t size, void *transfer) {
  struct transfer *t = transfer;
  enum ka_rc rc = ka_buffer_add(&t->body, bytes, size);
  (void)one;
  if (rc == KA_TOO_LARGE) t->oversized = true;
  return rc == KA_OK ? size : 0;
}

/* ---- what is sent --------------------------------------------------------------------------- */

/* A connection is there and the request is about to leave: from now on it counts as sent. */
static int on_ready (void *transfer, char *peer, char *local, int peer_port, int local_port) {
  struct transfer *t = transfer;
  (void)peer; (void)local; (void)peer_port; (void)local_port;
  if (t->channel->opener == t) t->channel->opener = NULL;
  if (t->fresh && t->sends > 0) return CURL_PREREQFUNC_ABORT;
  t->sends++;
  return CURL_PREREQFUNC_OK;
}

/* How far the body is, for whoever must not ask the handle while a thread works with it. */
static int on_progress (void *transfer, curl_off_t in_size, curl_off_t in, curl_off_t out_size,
                        curl_off_t out) {
  struct transfer *t = transfer;
  (void)in_size; (void)in; (void)out_size; (void)out;
  if (t->upload_size == 0) return 0;
  atomic_store_explicit(&t->told_sent, ka_upload_sent(t), memory_order_relaxed);
  atomic_store_explicit(&t->told_size, ka_upload_size(t), memory_order_relaxed);
  return 0;
}

static void tell_progress (struct transfer *t) {
  curl_easy_setopt(t->easy, CURLOPT_XFERINFOFUNCTION, on_progress);
  curl_easy_setopt(t->easy, CURLOPT_XFERINFODATA, t);
  curl_easy_setopt(t->easy, CURLOPT_NOPROGRESS, 0L);
}

/* What is the same for all calls of one transfer. */
static void set_callbacks (struct transfer *t) {
  CURL *easy = t->easy;
  curl_easy_setopt(easy, CURLOPT_PRIVATE, t);
  curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, t->error);
  curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
  curl_easy_setopt(easy, CURLOPT_HEADERDATA, t);
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, t);
  curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, on_ready);
  curl_easy_setopt(easy, CURLOPT_PREREQDATA, t);
  curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, ka_socket_open);
  curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, t);
  curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, ka_socket_close);
  curl_easy_setopt(easy, CURLOPT_CLOSESOCKETDATA, t->channel->engine);
}

/* ---- a transfer's life ---------------------------------------------------------------------- */

/* A timer or a watch when channel is NULL. */
struct transfer *ka_transfer_new (struct ka_channel *channel) {
  struct transfer *t = calloc(1, sizeof *t);
  if (t == NULL) return NULL;
  t->timer = channel == NULL;
  t->watched = -1;
  if (t->timer) return t;
  t->channel = channel;
  ka_buffer_init(&t->head, KA_HEAD_MAX);
  ka_buffer_init(&t->body, channel->response_max);
  ka_buffer_init(&t->text, TEXT_MAX);
  t->easy = ka_channel_easy(channel);
  if (t->easy == NULL) {
    free(t);
    return NULL;
  }
  t->easy_http1 = channel->http1 || !channel->tls;
  set_callbacks(t);
  if (channel->engine->thread != NULL) tell_progress(t);
  return t;
}

void ka_transfer_free (struct transfer *t) {
  if (t->easy != NULL) curl_easy_cleanup(t->easy);
  ka_upload_close(t);
  if (t->watched >= 0) close(t->watched);
  ka_buffer_free(&t->head);
  ka_buffer_free(&t->body);
  ka_buffer_free(&t->text);
  free(t);
}

/* Its channel goes, to whose things the handle points. */
void ka_transfer_part (struct transfer *t) {
  t->channel = NULL;
  curl_easy_cleanup(t->easy);
  t->easy = NULL;
}

static void clear_buffer (struct ka_buffer *b) {
  if (b->capacity > KEEP_BYTES) ka_buffer_free(b);
  else ka_buffer_clear(b);
}

/* Ready for the next call. */
void ka_transfer_clear (struct transfer *t) {
  clear_buffer(&t->head);
  clear_buffer(&t->body);
  clear_buffer(&t->text);
  ka_upload_close(t);
  t->head_total = 0;
  t->sends = 0;
  t->head_complete = t->oversized = false;
  t->answer = (struct ka_answer){0};
}

/* Copy target and headers, each with a NUL behind it. */
static KA_CHECKED enum ka_rc fill_text (struct transfer *t, const struct ka_request *request) {
  struct ka_buffer *b = &t->text;
  enum ka_rc rc = ka_buffer_add(b, t->channel->path, t->channel->path_size);
  if (rc == KA_OK) rc = ka_buffer_add(b, request->target, request->target_size);
  if (rc == KA_OK) rc = ka_buffer_add_byte(b, '\0');
  for (size_t i = 0; rc == KA_OK && i < request->headers_count; i++)
    rc = ka_buffer_add(b, request->headers[i].text, request->headers[i].size + 1);
  return rc;
}

/* Whether to ask leave for the body, or not to; NULL where libcurl would not ask anyway. */
static char *expectation (const struct transfer *t) {
  static char ask[] = "Expect: 100-continue", do_not_ask[] = "Expect:";
  if (t->sources != NULL && t->upload_size > ASK_SIZE) return ask;
  return t->upload_size > EXPECT_SIZE ? do_not_ask : NULL;
}

/* Chain a node to each line and the channel's list to the last; libcurl only reads them. A name
   alone keeps libcurl from calling the body a form. What is one goes without any type but its. */
static struct curl_slist *chain (struct transfer *t, const struct ka_request *request, bool body) {
  static char no_type[] = "Content-Type:";
  const struct ka_channel *c = t->channel;
  char *line = t->text.bytes + c->path_size + request->target_size + 1;
  bool form = t->mime != NULL, typed = c->typed || form;
  struct curl_slist *rest = form ? c->untyped : c->headers;
  size_t count = 0;
  for (size_t i = 0; i < request->headers_count; i++) {
    bool type = ka_is_content_type(line);
    if (!(form && type)) t->nodes[count++].data = line;
    typed = typed || type;
    line += request->headers[i].size + 1;
  }
  if (body && !typed) t->nodes[count++].data = no_type;
  if (expectation(t) != NULL) t->nodes[count++].data = expectation(t);
  for (size_t i = 0; i < count; i++)
    t->nodes[i].next = i + 1 < count ? &t->nodes[i + 1] : rest;
  return count > 0 ? t->nodes : rest;
}

/* These methods announce a body even where there is none. */
static bool is_posting (const char *method) {
  return strcmp(method, "POST") == 0 || strcmp(method, "PUT") == 0 || strcmp(method, "PATCH") == 0;
}

/* The method and the body. A custom verb is set only where libcurl would send another one. */
static CURLcode set_request (struct transfer *t, const char *method, bool has_body, bool post) {
  CURL *easy = t->easy;
  bool head = strcmp(method, "HEAD") == 0;
  const char *own = post ? "POST" : head ? "HEAD" : "GET";
  CURLcode code = curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST,
                                   strcmp(method, own) == 0 ? NULL : method);
  if (code != CURLE_OK) return code;
  if (head && !post) return curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
  if (!post) return curl_easy_setopt(easy, CURLOPT_HTTPGET, 1L);
  curl_easy_setopt(easy, CURLOPT_POST, 1L);
  curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)t->upload_size);
  if (t->sources == NULL)
    return curl_easy_setopt(easy, CURLOPT_POSTFIELDS, has_body ? t->upload : "");
  code = curl_easy_setopt(easy, CURLOPT_POSTFIELDS, NULL); /* with any, nothing is rewound */
  if (code != CURLE_OK || t->mime == NULL) return code;
  return curl_easy_setopt(easy, CURLOPT_MIMEPOST, t->mime);
}

enum ka_rc ka_transfer_fill (struct transfer *t, const struct ka_request *request,
                             const char **unreadable) {
  bool has_body = request->body != NULL || request->body_file != NULL || request->parts_count > 0;
  bool post = has_body || is_posting(request->method);
  enum ka_rc rc = fill_text(t, request);
  if (rc == KA_OK) rc = ka_upload_open(t, request, unreadable);
  if (rc != KA_OK) return rc;
  t->fresh = request->fresh;
  if (set_request(t, request->method, has_body, post) != CURLE_OK) return KA_NOMEM;
  curl_easy_setopt(t->easy, CURLOPT_HTTPHEADER, chain(t, request, post));
  if (curl_easy_setopt(t->easy, CURLOPT_REQUEST_TARGET, t->text.bytes) != CURLE_OK)
    return KA_NOMEM;
  return KA_OK;
}

/* By which protocol, and on what kind of connection: that depends on how the host has behaved. */
void ka_transfer_route (struct transfer *t) {
  const struct ka_channel *c = t->channel;
  bool has_body = t->upload != NULL || t->sources != NULL;
  t->http1 = c->tls && !c->http1 && (t->mime != NULL || t->upload_size > H2_BODY_MAX ||
                                     (has_body && c->refused > REFUSED_MAX));
  t->alone = t->http1 || t->fresh;
}

struct lane *ka_transfer_lane (const struct transfer *t) {
  bool http1 = t->http1 || (t->channel->tls && t->channel->http1);
  return &t->channel->engine->lanes[http1 ? LANE_HTTP1 : LANE_ANY];
}

enum ka_rc ka_transfer_start (struct transfer *t) {
  CURLM *multi = ka_lane_multi(ka_transfer_lane(t));
  bool http1 = t->http1 || t->channel->http1 || !t->channel->tls;
  if (multi == NULL) return KA_NOMEM;
  if (http1 != t->easy_http1)
    curl_easy_setopt(t->easy, CURLOPT_HTTP_VERSION,
                     http1 ? (long)CURL_HTTP_VERSION_1_1 : (long)CURL_HTTP_VERSION_2TLS);
  t->easy_http1 = http1;
  curl_easy_setopt(t->easy, CURLOPT_FRESH_CONNECT, t->fresh ? 1L : 0L);
  return curl_multi_add_handle(multi, t->easy) == CURLM_OK ? KA_OK : KA_FAILED;
}

/* Take it back from libcurl. Unless complete, its stream is reset or its connection closed. */
void ka_transfer_stop (struct transfer *t) {
  struct ka_channel *c = t->channel;
  CURLM *multi = ka_transfer_lane(t)->multi;
  if (multi != NULL) curl_multi_remove_handle(multi, t->easy);
  ka_queue_unlink(&c->started, t);
  if (c->opener == t) c->opener = NULL;
  if (t->alone) {
    c->running_alone--;
  } else {
    c->running--;
    c->uploading -= t->upload_size;
  }
}

/* ---- what the end means --------------------------------------------------------------------- */

/* The server refused the request without waiting for all of its body. */
static bool is_early_answer (const struct transfer *t) {
  if (!t->head_complete || t->answer.status < 300 || t->oversized) return false;
  return ka_upload_sent(t) < ka_upload_size(t);
}

static enum ka_ending ending_of (const struct transfer *t, CURLcode code) {
  if (t->oversized) return KA_ENDED_TOO_LARGE;
  if (t->broken != NULL) return KA_ENDED_CANCELED;
  switch (code) {
    case CURLE_FILESIZE_EXCEEDED:
      return KA_ENDED_TOO_LARGE;
    case CURLE_COULDNT_RESOLVE_PROXY: case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_CONNECT: case CURLE_PROXY: case CURLE_OPERATION_TIMEDOUT:
      return KA_ENDED_CONNECT;
    case CURLE_SSL_CONNECT_ERROR: case CURLE_SSL_ENGINE_NOTFOUND: case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER: case CURLE_PEER_FAILED_VERIFICATION: case CURLE_USE_SSL_FAILED:
    case CURLE_SSL_ENGINE_INITFAILED: case CURLE_SSL_CACERT_BADFILE: case CURLE_SSL_CRL_BADFILE:
    case CURLE_SSL_ISSUER_ERROR: case CURLE_SSL_INVALIDCERTSTATUS: case CURLE_SSL_CLIENTCERT:
      return KA_ENDED_TLS;
    default: /* before a connection was there nothing can have gone wrong with HTTP */
      return t->sends > 0 ? KA_ENDED_PROTOCOL : KA_ENDED_CONNECT;
  }
}

static const char *message_of (const struct transfer *t, CURLcode code) {
  if (t->oversized) return t->head_total > KA_HEAD_MAX ? HEAD_TOO_LARGE : BODY_TOO_LARGE;
  if (code == CURLE_FILESIZE_EXCEEDED) return BODY_TOO_LARGE;
  if (t->broken != NULL) return t->broken;
  if (t->fresh && code == CURLE_ABORTED_BY_CALLBACK) return "the connection died; not sent twice";
  return t->error[0] != '\0' ? t->error : curl_easy_strerror(code);
}

/* Keep the balance of bodies that were refused and accepted. */
static void weigh (const struct transfer *t) {
  struct ka_channel *c = t->channel;
  if (t->answer.status >= 300) c->refused += t->upload_size;
  else c->refused -= t->upload_size < c->refused ? t->upload_size : c->refused;
}

void ka_transfer_judge (struct transfer *t, CURLcode code) {
  bool whole = code == CURLE_OK && t->head_complete;
  if (whole || is_early_answer(t)) {
    t->answer.ending = KA_ANSWERED;
    t->answer.message = NULL;
    weigh(t);
    return;
  }
  t->answer.ending = code == CURLE_OK ? KA_ENDED_PROTOCOL : ending_of(t, code);
  t->answer.message = code == CURLE_OK ? "no answer came" : message_of(t, code);
}
