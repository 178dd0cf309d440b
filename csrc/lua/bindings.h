/* The classes of kassa.core: each line opens one binding file, whose function pushes exactly one
   table. It refuses to know what is in them. */
#ifndef KASSA_BINDINGS_H
#define KASSA_BINDINGS_H

#include <lua.h>

int ka_open_bridge (lua_State *L);
int ka_open_coroutine (lua_State *L);
int ka_open_engine (lua_State *L);
int ka_open_errors (lua_State *L);
int ka_open_headers (lua_State *L);
int ka_open_json (lua_State *L);
int ka_open_jws (lua_State *L);
int ka_open_ledger (lua_State *L);
int ka_open_lock (lua_State *L);
int ka_open_machine (lua_State *L);
int ka_open_media (lua_State *L);
int ka_open_money (lua_State *L);
int ka_open_nearest (lua_State *L);
int ka_open_process (lua_State *L);
int ka_open_schema (lua_State *L);
int ka_open_secret (lua_State *L);
int ka_open_segment (lua_State *L);
int ka_open_sign (lua_State *L);
int ka_open_time (lua_State *L);
int ka_open_webhook (lua_State *L);

/* engine.c, for bridge.c: the engine at index, which can be used.  [-0, +0, v] */
struct ka_engine *ka_engine_at (lua_State *L, int index);

/* json_read.c, for json.c: push the decoder with the names it will remember.  [-0, +1, m] */
void ka_json_push_decode (lua_State *L);

#define KA_BINDINGS \
  {"bridge", ka_open_bridge}, \
  {"coroutine", ka_open_coroutine}, \
  {"engine", ka_open_engine}, \
  {"errors", ka_open_errors}, \
  {"headers", ka_open_headers}, \
  {"json", ka_open_json}, \
  {"jws", ka_open_jws}, \
  {"ledger", ka_open_ledger}, \
  {"lock", ka_open_lock}, \
  {"machine", ka_open_machine}, \
  {"media", ka_open_media}, \
  {"money", ka_open_money}, \
  {"nearest", ka_open_nearest}, \
  {"process", ka_open_process}, \
  {"schema", ka_open_schema}, \
  {"secret", ka_open_secret}, \
  {"segment", ka_open_segment}, \
  {"sign", ka_open_sign}, \
  {"time", ka_open_time}, \
  {"webhook", ka_open_webhook},

#endif
