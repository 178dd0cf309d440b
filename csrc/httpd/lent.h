/* A server that runs in its caller's Lua state and event loop: it lends a descriptor and works when
   it is stepped. It never waits and starts no thread. */
#ifndef KASSA_HTTPD_LENT_H
#define KASSA_HTTPD_LENT_H

#include <lua.h>

/* Register the class of these servers.  [-0, +0, m] */
void ka_lent_class (lua_State *L);

/* httpd.open.  (options) -> server | nil, message  [-1, +1..2, e] */
int ka_lent_open (lua_State *L);

#endif
