/* What a Lua caller says about a server to be opened, and what it hears when that fails. It opens
   nothing itself. */
#ifndef KASSA_HTTPD_OPTIONS_H
#define KASSA_HTTPD_OPTIONS_H

#include <lua.h>

#include "httpd/server.h"

/* The field of the options table, which is argument 1, or `missing` when it is nil; anything but a
   string raises. The text lives as long as the table.  [-0, +0, e] */
const char *ka_options_text (lua_State *L, const char *name, const char *missing);

/* The fields address, port, tls_cert, tls_key, body_max, idle_s and receive_s of argument 1; raises
   for those that cannot be meant.  [-0, +0, e] */
struct ka_server_options ka_options_read (lua_State *L);

/* () -> nil, message  [-0, +2, m]; returns 2 */
int ka_options_fail (lua_State *L, const struct ka_server_options *options, const char *message);

#endif
