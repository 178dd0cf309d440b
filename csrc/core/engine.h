/* HTTP calls and timers behind one pollable descriptor, driven by whoever calls step, or by a
   thread of the engine's own. It knows no Lua, follows no redirect and calls nobody back:
   completions wait in a list until they are taken.

   In thread mode no function here waits for the network, a name or a handshake but step, which
   waits for a completion; the thread starts with the first call, timer or watch.

   One owner at a time: an engine, its channels and its answers belong to the thread that made it.
   After fork only the parent may use it; the child sees KA_ENGINE_FORKED and may only free. Once
   the process ends (atexit), KA_ENGINE_OVER: in thread mode nothing is done any more. */
#ifndef KASSA_ENGINE_H
#define KASSA_ENGINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "core/rc.h"

#define KA_CONNECTIONS_MAX 1024             /* the largest max_connections */
#define KA_CONNECTIONS 32                   /* the usual one */
#define KA_HEAD_MAX (64u * 1024)            /* bytes of headers an answer may have, all blocks */
#define KA_RESPONSE_MAX (8u * 1024 * 1024)  /* bytes of body after decompression, by default */
#define KA_HEADERS_MAX 32                   /* header lines of one request */
#define KA_PARTS_MAX 16                     /* parts of one form */
#define KA_METHOD_MAX 15                    /* letters of a method */

struct ka_engine;
struct ka_channel;

enum ka_engine_mode { KA_ENGINE_INLINE, KA_ENGINE_THREAD };

enum ka_engine_state { KA_ENGINE_OPEN, KA_ENGINE_FORKED, KA_ENGINE_OVER };

/* How a call, a timer or a watch ended. All from KA_ENDED_TIMEOUT on mean: no usable answer. */
enum ka_ending {
  KA_ANSWERED,         /* a complete HTTP answer, whatever its status */
  KA_RANG,             /* a timer */
  KA_READABLE,         /* a watched descriptor */
  KA_ENDED_TIMEOUT,    /* its own deadline came first */
  KA_ENDED_CONNECT,    /* no connection: name, refusal, proxy, connect timeout */
  KA_ENDED_TLS,        /* no trust: certificate, protocol version, key */
  KA_ENDED_PROTOCOL,   /* reset, cut short, or not HTTP */
  KA_ENDED_TOO_LARGE,  /* headers or body over their limit */
  KA_ENDED_CANCELED    /* cancel, or its channel was closed */
};

/* The name of an ending: "timeout", "connect", ... */
const char *ka_ending_name (enum ka_ending ending);

struct ka_answer {
  uint64_t id;
  uint32_t slot;        /* as ka_slot of the id */
  enum ka_ending ending;
  bool sent;            /* false: certainly no byte of the request left */
  bool borrowed;        /* the request had bytes of the caller's, who may let go of them now */
  int status;           /* 0 when no status line came */
  int http;             /* 1 or 2; 0 when no status line came */
  int64_t ms;           /* since it was submitted */
  const char *head;     /* the final header block as received; not a string of C */
  size_t head_size;
  const char *body;
  size_t body_size;
  const char *message;  /* why there is no usable answer */
};

struct ka_channel_options {
  const char *base_url;     /* https://host[:port][/path], or http:// */
  const char *ca_file;      /* PEM; NULL: the system's */
  const char *client_cert;  /* PEM */
  const char *client_key;   /* PEM; NULL: inside client_cert */
  const char *proxy;        /* URL; NULL: none, whatever the environment says */
  int64_t connect_timeout_ms;
  size_t response_max;
  bool http1;               /* never HTTP/2 */
  bool gzip;                /* offer to take a compressed body */
  const char *const *headers;  /* constant lines "Name: value" */
  size_t headers_count;
};

struct ka_line { const char *text; size_t size; };

/* One part of a form. The texts are copied, data is not. */
struct ka_part {
  const char *name;
  const char *filename;     /* NULL: none is told */
  const char *type;         /* NULL: libcurl tells one by the file name, if it knows the ending */
  const char *file;         /* streamed from here; NULL: data */
  const char *data;
  size_t data_size;
};

/* Only `body` and the data of parts must outlive submit: they are not copied and must stay until
   the answer is taken. A form's type, with its boundary, comes from libcurl, whatever the headers
   say, and it goes over HTTP/1.1. */
struct ka_request {
  const char *method;
  const char *target;       /* path and query, escaped; appended to the path of base_url */
  size_t target_size;
  struct ka_line headers[KA_HEADERS_MAX];  /* each followed by a NUL */
  size_t headers_count;
  const char *body;         /* NULL: none */
  size_t body_size;
  const char *body_file;    /* in its place: streamed from here */
  const struct ka_part *parts;  /* or these, as multipart/form-data */
  size_t parts_count;       /* 0: no form */
  int64_t timeout_ms;
  bool fresh;               /* on a connection of its own, and never sent twice */
};

/* Make an engine. KA_NOMEM, or KA_FAILED with the reason in errno. */
enum ka_rc ka_engine_new (struct ka_engine **engine, unsigned max_connections,
                          enum ka_engine_mode mode) KA_CHECKED;

/* End everything; answers not taken are lost. A name that does not resolve holds it up in neither
   mode. In a forked child only its copies of the descriptors are closed. Channels stay valid
   objects, on which every call fails, until they are freed. */
void ka_engine_free (struct ka_engine *engine);

enum ka_engine_state ka_engine_state (const struct ka_engine *engine);

/* A channel keeps what is constant among requests to one base URL. KA_INVALID: why says what. */
enum ka_rc ka_channel_new (struct ka_engine *engine, const struct ka_channel_options *options,
                           struct ka_channel **channel, const char **why) KA_CHECKED;

/* End its calls as canceled; they are still to be taken. May come before or after the engine's
   end. */
void ka_channel_free (struct ka_channel *channel);

/* Start a call, or queue it behind the connection limit. KA_NOMEM; KA_TOO_LARGE: target and headers
   are; KA_INVALID: a file cannot be read (errno), the one that `unreadable` then names; KA_FAILED:
   no thread can be started (errno). */
enum ka_rc ka_channel_submit (struct ka_channel *channel, const struct ka_request *request,
                              uint64_t *id, const char **unreadable) KA_CHECKED;

/* How much of a call's body has left, and how large it is: with what libcurl puts around the parts
   of a form, once it has begun to send. When the request is sent a second time, `sent` begins anew.
   False: no such call, or it was taken. */
bool ka_engine_progress (const struct ka_engine *engine, uint64_t id, size_t *sent,
                         size_t *total);

/* Start a timer. KA_NOMEM; KA_FAILED: no thread can be started (errno). */
enum ka_rc ka_engine_timer (struct ka_engine *engine, int64_t ms, uint64_t *id) KA_CHECKED;

/* Wait once until the descriptor is readable, or its peer is gone. The engine watches a copy, which
   it closes when the wait is over: cancel it before what it belongs to is meant to end. KA_NOMEM;
   KA_FAILED when it cannot be watched: none, a plain file, or none left for the copy (errno). */
enum ka_rc ka_engine_watch (struct ka_engine *engine, int fd, uint64_t *id) KA_CHECKED;

/* End a call, a timer or a watch now, as canceled; in thread mode it completes as that in a moment.
   False: no such id, or it is complete already. */
bool ka_engine_cancel (struct ka_engine *engine, uint64_t id);

/* Work for at most ms milliseconds, or until something is complete. -> completions waiting. */
size_t ka_engine_step (struct ka_engine *engine, int64_t ms);

/* The oldest completion; what it points to lives until ka_engine_took. False: there is none. */
bool ka_engine_take (struct ka_engine *engine, struct ka_answer *answer);
void ka_engine_took (struct ka_engine *engine);

/* Readable when step has something to do or a completion waits. */
int ka_engine_fd (struct ka_engine *engine);

/* Calls, timers and watches that were not taken yet. */
size_t ka_engine_pending (const struct ka_engine *engine);

/* Ids count up, with the slot in the low bits: slots are small numbers, each used by one call or
   timer at a time, so that an owner can keep what belongs to it in an array. */
#define KA_SLOT_BITS 20
#define ka_slot(id) ((uint32_t)((id) & ((1u << KA_SLOT_BITS) - 1)))

/* The slot that the next call or timer will have, and how many there have been. */
uint32_t ka_engine_next_slot (const struct ka_engine *engine);
uint32_t ka_engine_slots (const struct ka_engine *engine);

/* Microseconds of a clock that never goes back. */
int64_t ka_clock_us (void);

/* Milliseconds since 1970. */
int64_t ka_epoch_ms (void);

#endif
