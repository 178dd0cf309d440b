/* A server's background thread: started with every signal blocked, stopped and joined by its
   owner or, at the latest, when the process exits. It does nothing in a child after fork, where
   the thread does not exist. */
#ifndef KASSA_HTTPD_THREAD_H
#define KASSA_HTTPD_THREAD_H

#include <pthread.h>
#include <stdbool.h>
#include <sys/types.h>

#include "httpd/server.h"

struct ka_thread {
  struct ka_server *server;           /* the owner's; open as long as the thread runs */
  pthread_t id;
  pid_t pid;                          /* the process that started it; 0: never started */
  struct ka_thread *next, *previous;  /* in the list of running threads */
  bool listed;
};

/* Run the server in a new thread. False: errno says why, and nothing was started. */
bool ka_thread_start (struct ka_thread *thread, struct ka_server *server);

/* End the server and join the thread. May be called twice, and after the exit hook did it. */
void ka_thread_stop (struct ka_thread *thread);

/* Is this process the child of the one that started the thread? */
bool ka_thread_foreign (const struct ka_thread *thread);

#endif
