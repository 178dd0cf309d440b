/* Between a server's call and the Lua function that answers it. It never lets a Lua error out: a
   handler that raises makes a 500 of its call, a watcher that raises is called no more, and nothing
   of their messages is sent or printed. */
#ifndef KASSA_HTTPD_HANDLER_H
#define KASSA_HTTPD_HANDLER_H

#include <lua.h>

#include "httpd/server.h"

/* Where the handler stands: three slots of a stack that nothing else moves while the server runs.
   */
struct ka_handler {
  lua_State *L;
  int asker;     /* the C function that asks, kept on the stack since making it could fail */
  int function;  /* what the user gave */
  int step;      /* of the user's watcher; nil when there is none */
  int fd;        /* of the user's watcher; -1 when there is none */
};

/* (handler, watcher: { fd =, step = } or nil) -> asker, handler, step  [-2, +3, e]; raises for
   any other watcher. */
void ka_handler_prepare (lua_State *L, struct ka_handler *handler);

/* The three of them are on top of this stack, and stay there; the server then calls
   ka_handler_ask. Raises nothing. */
void ka_handler_place (lua_State *L, struct ka_handler *handler);

/* The ka_handle of a server whose context is a struct ka_handler. */
void ka_handler_ask (void *context, struct ka_call *call);

/* The ka_step of such a server; false when the watcher's step raised. */
bool ka_handler_step (void *context);

#endif
