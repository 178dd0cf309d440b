/* A thread that drives an engine, and what its owner and the thread hand each other. It refuses to
   be seen outside csrc/core/engine*.c, and no engine without a thread takes any of its locks.

   Who owns what: a transfer belongs to the owner, but for the time from ka_thread_enter until it
   comes back, when it is the thread's (`away`). The slots, the idle handles and all that is
   constant of a channel are always the owner's; the loop (heap, lanes, sockets, done, the rest of a
   channel, the list of channels) is the thread's once it runs. Both meet only under the lock. */
#ifndef KASSA_ENGINE_THREAD_H
#define KASSA_ENGINE_THREAD_H

#include <stdatomic.h>
#include "core/engine_bridge.h"
#include "core/engine_parts.h"

struct ka_thread {
  struct ka_thread *next;      /* in the list of those that run */
  struct ka_engine *engine;
  pthread_t id;
  bool started;                /* the owner's */
  atomic_bool over;            /* the process is about to end and has stopped it */
  int wake_fd, ready_fd;       /* the thread waits for the first, those who poll for the second */
  size_t in_hand;              /* the thread's: what it was given and has not given back */
  int64_t beat_us;             /* the thread's: when the bridge hears next of its life; 0: idle */
  struct queue ready;          /* the owner's: what came back and is to be taken */
  pthread_mutex_t share[CURL_LOCK_DATA_LAST];  /* of the TLS sessions */
  pthread_mutex_t work;        /* the thread's but while it waits: whoever forks takes it */
  pthread_mutex_t lock;        /* guards all that follows */
  bool stop, woken, signalled; /* of wake_fd and ready_fd: it is readable */
  struct ka_bridge *bridge;    /* told in place of ready_fd; NULL: none */
  bool told;                   /* it was, and what it was told of was not fetched yet */
  bool waiting;                /* the owner waits for ready_fd all the same */
  struct queue entering, back;
  struct transfer *canceling;
  struct ka_channel *opening, *closing, *closed;
};

/* Make what an engine in thread mode needs beside the thread. KA_NOMEM, KA_FAILED with errno. */
enum ka_rc ka_thread_open (struct ka_engine *e) KA_CHECKED;

/* Start the thread unless it runs. KA_FAILED with errno. */
enum ka_rc ka_thread_start (struct ka_engine *e) KA_CHECKED;

/* Stop the thread and wait until it has ended, which takes as long as what it is doing right now;
   all its things are then the caller's. False: the process is about to end, so leave them alone. */
bool ka_thread_stop (struct ka_engine *e);

/* Has the end of the process begun, and stopped it? */
bool ka_thread_is_over (const struct ka_engine *e);

/* Give back what ka_thread_open took. In a forked child only its copies of descriptors go. */
void ka_thread_close (struct ka_engine *e, bool forked);

/* The owner's side of a beginning (KA_FAILED: no descriptor to watch, see errno), of
   ka_engine_step, _cancel, _took and _fd, and of a channel's life. */
enum ka_rc ka_thread_enter (struct ka_engine *e, struct transfer *t) KA_CHECKED;
size_t ka_thread_step (struct ka_engine *e, int64_t until_us);
bool ka_thread_cancel (struct ka_engine *e, struct transfer *t);
void ka_thread_took (struct ka_engine *e);
int ka_thread_fd (const struct ka_engine *e);
void ka_thread_link (struct ka_engine *e, struct ka_channel *c);
void ka_thread_halt (struct ka_engine *e, struct ka_channel *c);

/* The loop has seen that wake_fd is readable. */
void ka_thread_woken (struct ka_engine *e);

/* Let the handles of several threads share TLS sessions. */
void ka_thread_share (struct ka_engine *e);

#endif
