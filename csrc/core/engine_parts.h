/* What the files of the engine share among themselves. Nothing outside csrc/core/engine*.c may
   include it, and it declares nothing that others need.

   Who owns what: the engine owns the slots, the lanes, the sockets' table and both heaps; a channel
   owns its idle transfers; a transfer under way belongs to its slot until it was taken. libcurl
   owns the sockets and closes them through socket_closed, so that the table never lies. Who owns
   what where a thread drives the engine, engine_thread.h says. */
#ifndef KASSA_ENGINE_PARTS_H
#define KASSA_ENGINE_PARTS_H

#include <stdatomic.h>
#include <curl/curl.h>
#include "core/buffer.h"
#include "core/engine.h"
#include "core/engine_heap.h"

#define NEVER INT64_MAX
#define EVENTS 64            /* of one wait */
#define WAKE_KEY (UINT64_MAX - 1)  /* of the thread's own descriptor, among the events */

/* A stream limit that every known server grants at once; libcurl's own default. */
#define STREAMS_MAX 100

/* A request body over HTTP/2 may have this size; larger ones go over HTTP/1.1. engine_transfer.c
   says why. */
#define H2_BODY_MAX 8192

/* Lines that a request may have to keep libcurl from adding its own. */
#define OWN_LINES 2

struct epoll_event;

enum phase { PHASE_FREE, PHASE_QUEUED, PHASE_RUNNING, PHASE_DONE };

struct transfer {
  struct ka_due due;           /* its deadline; first, so that the heap's entry is the transfer */
  uint64_t id;
  uint32_t slot;
  enum phase phase;
  bool timer;                  /* no call at all, but a timer or a watch */
  int watched;                 /* the engine's own copy of a descriptor; -1 for none */
  struct ka_channel *channel;  /* NULL when timer, and once it was closed */
  struct transfer *next, *previous;  /* in the one list that its phase says */
  CURL *easy;
  struct ka_answer answer;
  int64_t start_us;
  struct ka_buffer head, body;
  struct ka_buffer text;       /* target and header lines of this call */
  struct curl_slist nodes[KA_HEADERS_MAX + OWN_LINES];  /* the last leads to the channel's */
  char method[KA_METHOD_MAX + 1];
  const char *upload;          /* the caller's bytes */
  size_t upload_size;          /* of all that is the caller's */
  struct source *sources;      /* in their place: one, or one for each part of the form */
  size_t sources_count;
  curl_mime *mime;             /* the form; it reads from the sources */
  const char *broken;          /* why a source gave less than its size */
  size_t head_total;           /* bytes of all header blocks */
  unsigned sends;              /* how often the request was about to leave */
  bool head_complete, oversized, fresh;
  bool alone;                  /* needs a connection that it shares with nobody */
  bool http1;                  /* although its channel may use HTTP/2 */
  bool easy_http1;             /* how the handle is set now */
  bool away, canceled;         /* a thread has it; its owner canceled it meanwhile */
  bool is_back;                /* the thread is done with it; with the thread's lock */
  struct transfer *canceling_next;
  atomic_size_t told_sent, told_size;  /* of the body, as the thread saw it last */
  char error[CURL_ERROR_SIZE];
};

/* Where a body, or a part of one, is read from. */
struct source {
  struct transfer *transfer;
  const char *bytes;           /* the caller's; NULL: the file */
  int file;                    /* -1: none */
  size_t size, at;
};

struct queue { struct transfer *first, *last; size_t count; };

enum multiplexing { MULTIPLEXING_UNKNOWN, MULTIPLEXING_NO, MULTIPLEXING_YES };

struct ka_channel {
  struct ka_engine *engine;    /* NULL once either was closed */
  struct ka_channel *next, *previous;
  CURLU *url;
  char *path;                  /* of base_url, without a slash at its end */
  size_t path_size;
  char *ca_file, *client_cert, *client_key, *proxy;
  struct curl_slist *headers;  /* those that name the type of bodies first */
  struct curl_slist *untyped;  /* the rest of them */
  bool typed;                  /* they name the type of bodies */
  long connect_timeout_ms;
  size_t response_max;
  bool http1, tls, gzip;
  enum multiplexing multiplexing;
  struct queue started;        /* transfers that libcurl has */
  unsigned running;            /* those of them that may share connections */
  unsigned running_alone;      /* and the others */
  unsigned sockets;            /* open ones that may be shared */
  unsigned sockets_before;     /* of them, those there were when the opener started */
  size_t uploading;            /* bytes of the bodies in `running` */
  bool proven;                 /* something came over every connection that may be shared */
  size_t refused;              /* bytes of bodies answered with a refusal, less those accepted */
  struct transfer *opener;     /* the transfer that is opening a further connection */
  struct queue queued, idle;
  bool closed;                 /* by its owner, while a thread may still work on it */
  struct ka_channel *opening_next, *closing_next;
};

/* One libcurl multi. HTTP/1.1 of a host that speaks HTTP/2 has a lane of its own, because libcurl
   notes for a host, not for a connection, whether it multiplexes. */
struct lane {
  struct ka_engine *engine;
  CURLM *multi;                /* NULL until first used */
  int64_t due_us;              /* when libcurl wants to be called */
};

enum { LANE_ANY, LANE_HTTP1, LANES };

struct sock {
  struct ka_channel *channel;
  unsigned char lane, wanted, watched;  /* the lane; epoll masks libcurl wants and epoll has */
  bool known;                  /* it is the engine's: open until it or libcurl closes it */
  struct transfer *watch;      /* what it serves; NULL: libcurl */
};

struct ka_engine {
  unsigned forks;              /* how many lay between the first process and its maker */
  int epoll_fd, timer_fd;
  bool polled;                 /* somebody waits on epoll_fd, so that timer_fd must ring */
  int64_t armed_us;            /* what timer_fd is set to */
  unsigned max_connections;
  struct lane lanes[LANES];
  CURLSH *share;               /* TLS sessions */
  struct ka_heap heap;
  struct sock *socks;
  int socks_count;
  struct transfer **slots;
  uint32_t slots_count, slots_room;
  uint32_t *slots_free;        /* a stack */
  uint32_t slots_free_count;
  uint64_t serial;
  size_t pending;
  struct queue done, timers;   /* completions; idle ones for timers and watches */
  struct queue *ready;         /* completions to be taken: done, or what a thread gave back */
  struct ka_thread *thread;    /* NULL: whoever calls step drives the engine */
  struct ka_channel *channels;
};

/* engine_queue.c: lists, slots, and which queued call may start. */
void ka_queue_push (struct queue *q, struct transfer *t);
void ka_queue_unlink (struct queue *q, struct transfer *t);
struct transfer *ka_queue_pop (struct queue *q);
struct transfer *ka_queue_pop_last (struct queue *q);
enum ka_rc ka_slot_take (struct ka_engine *e, struct transfer *t) KA_CHECKED;
void ka_slot_give (struct ka_engine *e, struct transfer *t);
struct transfer *ka_slot_find (const struct ka_engine *e, uint64_t id);
bool ka_admit (struct ka_engine *e);

/* engine_loop.c: epoll, the timer and libcurl's callbacks for both. */
enum ka_rc ka_loop_open (struct ka_engine *e) KA_CHECKED;
enum ka_rc ka_loop_watch (struct ka_engine *e, struct transfer *t) KA_CHECKED;
void ka_loop_unwatch (struct ka_engine *e, struct transfer *t);
void ka_loop_close (struct ka_engine *e, bool forked);
CURLM *ka_lane_multi (struct lane *lane);
void ka_loop_run (struct ka_engine *e);
int ka_pause_ms (int64_t until_us);
int ka_loop_pause (const struct ka_engine *e, int64_t until_us);
void ka_loop_handle (struct ka_engine *e, const struct epoll_event *events, int count);
void ka_loop_wait (struct ka_engine *e, int64_t until_us);
void ka_loop_settle (struct ka_engine *e);
curl_socket_t ka_socket_open (void *channel, curlsocktype purpose, struct curl_sockaddr *address);
int ka_socket_close (void *engine, curl_socket_t fd);
void ka_loop_forget (struct ka_engine *e, const struct ka_channel *channel);

/* engine_transfer.c: one exchange, from request to answer. */
struct transfer *ka_transfer_new (struct ka_channel *channel);
void ka_transfer_free (struct transfer *t);
enum ka_rc ka_transfer_fill (struct transfer *t, const struct ka_request *request,
                             const char **unreadable) KA_CHECKED;
void ka_transfer_route (struct transfer *t);
enum ka_rc ka_transfer_start (struct transfer *t) KA_CHECKED;
void ka_transfer_stop (struct transfer *t);
void ka_transfer_judge (struct transfer *t, CURLcode code);
void ka_transfer_clear (struct transfer *t);
void ka_transfer_part (struct transfer *t);
struct lane *ka_transfer_lane (const struct transfer *t);

/* engine_upload.c: the body, from wherever it comes. */
enum ka_rc ka_upload_open (struct transfer *t, const struct ka_request *request,
                           const char **unreadable) KA_CHECKED;
void ka_upload_close (struct transfer *t);
size_t ka_upload_size (const struct transfer *t);
size_t ka_upload_sent (const struct transfer *t);

/* engine_channel.c: what is constant among transfers. */
bool ka_is_content_type (const char *line);
void ka_libcurl_init (void);
CURL *ka_channel_easy (struct ka_channel *channel);
void ka_channel_link (struct ka_engine *e, struct ka_channel *c);
void ka_channel_halt (struct ka_channel *c);
void ka_channel_dispose (struct ka_channel *c);
void ka_channel_detach (struct ka_channel *channel);

/* engine.c: a beginning and an end of any kind. */
enum ka_rc ka_begin (struct ka_engine *e, struct transfer *t) KA_CHECKED;
void ka_end (struct ka_engine *e, struct transfer *t, enum ka_ending ending, const char *message);

#endif
