/* Between a server's call and the Lua function that answers it. It never lets a Lua error out: a
   handler that raises makes a 500 of its call, and nothing of its message is sent or printed. */
#ifndef KASSA_HTTPD_HANDLER_H
#define KASSA_HTTPD_HANDLER_H

#include <lua.h>

#include "httpd/server.h"

/* Where the handler stands: two slots of a stack that nothing else moves while the server runs.
   */
struct ka_handler {
  lua_State *L;
  int asker;     /* the C function that asks, kept on the stack since making it could fail */
  int function;  /* what the user gave */
};

/* (handler) -> asker, handler  [-1, +2, m]: prepares the stack; the server then calls
   ka_handler_ask. */
void ka_handler_prepare (lua_State *L, struct ka_handler *handler);

/* The ka_handle of a server whose context is a struct ka_handler. */
void ka_handler_ask (void *context, struct ka_call *call);

#endif
