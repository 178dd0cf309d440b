/* What is constant among the requests to one base URL, and the libcurl handles set up with it once.
   It refuses what would weaken a call: no other protocol than HTTP, no redirect, no unverified
   peer, no proxy that nobody named. */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "core/engine_thread.h"

#define USER_AGENT "kassa" /* gateways turn away requests without one */
#define RECEIVE_BYTES 4096L   /* libcurl's buffer a transfer: most of what a waiting call holds */
#define UPLOAD_BYTES 16384L   /* the least that libcurl takes */
#define CONNECT_MS 10000L
#define RESPONSE_LIMIT ((size_t)1 << 31)

static void init (void) { curl_global_init(CURL_GLOBAL_DEFAULT); }

void ka_libcurl_init (void) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, init);
}

static char *copy_text (const char *text) { return text != NULL ? strdup(text) : NULL; }

/* The scheme and path of the base URL. On success url stands for the host alone. */
static const char *read_url (struct ka_channel *c, const char *base_url) {
  char *scheme = NULL, *path = NULL, *query = NULL, *fragment = NULL;
  const char *why = "base_url is not an absolute URL";
  if (base_url == NULL || curl_url_set(c->url, CURLUPART_URL, base_url, 0) != CURLUE_OK) return why;
  curl_url_get(c->url, CURLUPART_SCHEME, &scheme, 0);
  curl_url_get(c->url, CURLUPART_PATH, &path, 0);
  curl_url_get(c->url, CURLUPART_QUERY, &query, 0);
  curl_url_get(c->url, CURLUPART_FRAGMENT, &fragment, 0);
  if (scheme == NULL || path == NULL) goto out;
  c->tls = strcmp(scheme, "https") == 0;
  why = "base_url must begin with https:// or http://";
  if (!c->tls && strcmp(scheme, "http") != 0) goto out;
  why = "base_url must end with its path: no query, no fragment";
  if (query != NULL || fragment != NULL) goto out;
  why = "there is no memory";
  c->path_size = strlen(path);
  while (c->path_size > 0 && path[c->path_size - 1] == '/') c->path_size--;
  c->path = strndup(path, c->path_size);
  if (c->path == NULL || curl_url_set(c->url, CURLUPART_PATH, "/", 0) != CURLUE_OK) goto out;
  why = NULL;
out:
  curl_free(scheme);
  curl_free(path);
  curl_free(query);
  curl_free(fragment);
  return why;
}

/* Is this header line the one that names the type of the body? */
bool ka_is_content_type (const char *line) {
  return (line[0] | ' ') == 'c' && strncasecmp(line, "Content-Type:", 13) == 0;
}

static bool add_header (struct ka_channel *c, const char *line) {
  struct curl_slist *grown = curl_slist_append(c->headers, line);
  if (grown != NULL) c->headers = grown;
  return grown != NULL;
}

static bool add_headers (struct ka_channel *c, const struct ka_channel_options *options,
                         bool types) {
  for (size_t i = 0; i < options->headers_count; i++) {
    const char *line = options->headers[i];
    if (ka_is_content_type(line) == types && !add_header(c, line)) return false;
  }
  return true;
}

/* The constant lines, and none of libcurl's own for Accept: a name alone keeps it away. The user
   agent is a line too: for CURLOPT_USERAGENT libcurl formats one for every request. A form brings
   its own type, so it leaves out the lines that stand first. */
static bool list_headers (struct ka_channel *c, const struct ka_channel_options *options) {
  struct curl_slist *last = NULL;
  if (!add_headers(c, options, true)) return false;
  for (last = c->headers; last != NULL && last->next != NULL;) last = last->next;
  if (!add_headers(c, options, false)) return false;
  if (!add_header(c, "User-Agent: " USER_AGENT) || !add_header(c, "Accept:")) return false;
  c->typed = last != NULL;
  c->untyped = last != NULL ? last->next : c->headers;
  return true;
}

/* Why the options cannot be meant, or NULL when the channel has them all. */
static const char *fill (struct ka_channel *c, const struct ka_channel_options *options) {
  const char *why = read_url(c, options->base_url);
  if (why != NULL) return why;
  c->http1 = options->http1;
  c->gzip = options->gzip;
  c->multiplexing = c->tls && !c->http1 ? MULTIPLEXING_UNKNOWN : MULTIPLEXING_NO;
  c->response_max = options->response_max > 0 ? options->response_max : KA_RESPONSE_MAX;
  if (c->response_max > RESPONSE_LIMIT) return "response_max is larger than 2 GiB";
  c->connect_timeout_ms = options->connect_timeout_ms > 0 && options->connect_timeout_ms < INT32_MAX
                          ? (long)options->connect_timeout_ms : CONNECT_MS;
  c->ca_file = copy_text(options->ca_file);
  c->client_cert = copy_text(options->client_cert);
  c->client_key = copy_text(options->client_key);
  c->proxy = copy_text(options->proxy);
  if ((options->ca_file != NULL && c->ca_file == NULL) ||
      (options->client_cert != NULL && c->client_cert == NULL) ||
      (options->client_key != NULL && c->client_key == NULL) ||
      (options->proxy != NULL && c->proxy == NULL) || !list_headers(c, options))
    return "there is no memory";
  return NULL;
}

/* The headers may carry a key, so they are wiped. */
void ka_channel_dispose (struct ka_channel *c) {
  for (struct curl_slist *node = c->headers; node != NULL; node = node->next)
    explicit_bzero(node->data, strlen(node->data));
  curl_slist_free_all(c->headers);
  curl_url_cleanup(c->url);
  free(c->path);
  free(c->ca_file);
  free(c->client_cert);
  free(c->client_key);
  free(c->proxy);
  free(c);
}

void ka_channel_link (struct ka_engine *e, struct ka_channel *c) {
  c->next = e->channels;
  if (c->next != NULL) c->next->previous = c;
  e->channels = c;
}

enum ka_rc ka_channel_new (struct ka_engine *engine, const struct ka_channel_options *options,
                           struct ka_channel **channel, const char **why) {
  struct ka_channel *c;
  *channel = NULL;
  *why = "there is no memory";
  ka_libcurl_init();
  c = calloc(1, sizeof *c);
  if (c == NULL) return KA_NOMEM;
  c->url = curl_url();
  *why = c->url != NULL ? fill(c, options) : *why;
  if (*why != NULL) {
    ka_channel_dispose(c);
    return KA_INVALID;
  }
  c->engine = engine;
  if (engine->thread != NULL) ka_thread_link(engine, c);
  else ka_channel_link(engine, c);
  *channel = c;
  return KA_OK;
}

/* Part what is complete, or idle, from its channel: the handles point to what is the channel's. */
static void part (struct ka_channel *c) {
  struct transfer *t;
  for (t = c->engine->ready->first; t != NULL; t = t->next)
    if (t->channel == c) ka_transfer_part(t);
  while ((t = ka_queue_pop(&c->idle)) != NULL) ka_transfer_free(t);
}

/* End a channel's calls, and start none any more. */
void ka_channel_halt (struct ka_channel *c) {
  static const char why[] = "its channel was closed";
  struct ka_engine *e = c->engine;
  while (c->queued.first != NULL) ka_end(e, c->queued.first, KA_ENDED_CANCELED, why);
  while (c->started.first != NULL) ka_end(e, c->started.first, KA_ENDED_CANCELED, why);
  ka_loop_forget(e, c);
  if (c->previous != NULL) c->previous->next = c->next;
  else e->channels = c->next;
  if (c->next != NULL) c->next->previous = c->previous;
}

/* Part a channel from its engine; it can only be freed. */
void ka_channel_detach (struct ka_channel *c) {
  ka_channel_halt(c);
  part(c);
  c->engine = NULL;
}

void ka_channel_free (struct ka_channel *channel) {
  struct ka_engine *e = channel->engine;
  if (e != NULL && ka_engine_state(e) != KA_ENGINE_OPEN) return; /* as ka_loop_close */
  if (e != NULL && e->thread != NULL) {
    channel->closed = true;
    part(channel);
    ka_thread_halt(e, channel);
    return;
  }
  if (e != NULL) {
    ka_channel_detach(channel);
    ka_loop_settle(e);
  }
  ka_channel_dispose(channel);
}

/* TLS sessions are shared by all handles of an engine, so that a further connection need not
   shake hands in full. Without memory there is just no sharing. */
static CURLSH *share_of (struct ka_engine *e) {
  if (e->share != NULL) return e->share;
  e->share = curl_share_init();
  if (e->share == NULL) return NULL;
  if (e->thread != NULL) ka_thread_share(e);
  curl_share_setopt(e->share, CURLSHOPT_SHARE, CURL_LOCK_DATA_SSL_SESSION);
  return e->share;
}

/* With a CA file libcurl's default CA directory must go: it would switch the cache of the parsed
   file off, which costs some 20 ms a connection. */
static void set_trust (CURL *easy, const struct ka_channel *c) {
  curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L);
  curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L);
  curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
  curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
  if (c->ca_file != NULL) curl_easy_setopt(easy, CURLOPT_CAINFO, c->ca_file);
  if (c->client_cert != NULL) curl_easy_setopt(easy, CURLOPT_SSLCERT, c->client_cert);
  if (c->client_key != NULL) curl_easy_setopt(easy, CURLOPT_SSLKEY, c->client_key);
  curl_easy_setopt(easy, CURLOPT_SHARE, share_of(c->engine));
}

static void set_route (CURL *easy, const struct ka_channel *c) {
#if LIBCURL_VERSION_NUM >= 0x075500
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
#else
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS, (long)(CURLPROTO_HTTP | CURLPROTO_HTTPS));
#endif
  curl_easy_setopt(easy, CURLOPT_CURLU, c->url);
  curl_easy_setopt(easy, CURLOPT_NOPROXY, c->proxy != NULL ? "" : "*");
  if (c->proxy != NULL) {
    curl_easy_setopt(easy, CURLOPT_PROXY, c->proxy);
    curl_easy_setopt(easy, CURLOPT_USERAGENT, USER_AGENT); /* of CONNECT */
    curl_easy_setopt(easy, CURLOPT_HTTPPROXYTUNNEL, 1L);
    curl_easy_setopt(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  }
  curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, c->http1 || !c->tls
                   ? (long)CURL_HTTP_VERSION_1_1 : (long)CURL_HTTP_VERSION_2TLS);
  curl_easy_setopt(easy, CURLOPT_PIPEWAIT, 1L);
  curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, c->connect_timeout_ms);
}

/* QUICK_EXIT: a name that does not resolve must not hold up the end of a call. The resolver's
   thread is let go and cleans up after itself whenever the system's resolver returns. */
static void set_limits (CURL *easy, const struct ka_channel *c) {
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
#if LIBCURL_VERSION_NUM >= 0x075700
  curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
#endif
  curl_easy_setopt(easy, CURLOPT_MAXFILESIZE_LARGE, (curl_off_t)c->response_max);
  curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, RECEIVE_BYTES);
  curl_easy_setopt(easy, CURLOPT_UPLOAD_BUFFERSIZE, UPLOAD_BYTES);
  if (c->gzip) curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, "gzip");
}

CURL *ka_channel_easy (struct ka_channel *channel) {
  CURL *easy = curl_easy_init();
  if (easy == NULL) return NULL;
  set_route(easy, channel);
  if (channel->tls) set_trust(easy, channel);
  set_limits(easy, channel);
  return easy;
}
