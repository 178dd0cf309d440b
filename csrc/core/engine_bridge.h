/* A socket of the unix kind by which engines in thread mode wake an event loop that can wait for
   sockets it has connected itself, but for no descriptor of another's (nginx's). It carries no
   data: a byte says that completions wait, or that the thread lives and has work.

   One peer at a time: who connects last is told, and the one before sees the end. Nothing of it
   stays on disk, and no other process can connect. An engine keeps the bridge it tells, so it ends
   with the last of its holders. */
#ifndef KASSA_ENGINE_BRIDGE_H
#define KASSA_ENGINE_BRIDGE_H

#include <stdbool.h>
#include "core/rc.h"

/* While something is in flight a byte comes at least so often. */
#define KA_BEAT_MS 200

struct ka_bridge;
struct ka_engine;

/* Make one, held once. KA_NOMEM; KA_FAILED with the reason in errno and in `why` what failed. */
enum ka_rc ka_bridge_new (struct ka_bridge **bridge, const char **why) KA_CHECKED;

/* Hold it once more; give up one's hold of it. */
void ka_bridge_hold (struct ka_bridge *bridge);
void ka_bridge_drop (struct ka_bridge *bridge);

/* The path by which this process, and no other, connects to it. */
const char *ka_bridge_path (const struct ka_bridge *bridge);

/* Was it made in this process, not before a fork? */
bool ka_bridge_is_own (const struct ka_bridge *bridge);

/* Take the connection that this process has just made as the peer. Whoever pumps its engines after
   that misses nothing. False: there is none. */
bool ka_bridge_accept (struct ka_bridge *bridge);

/* Is the peer still connected? It is not when whoever read from it was killed. */
bool ka_bridge_has_peer (struct ka_bridge *bridge);

/* One byte to the peer, if there is one. From any thread; never waits. */
void ka_bridge_tell (struct ka_bridge *bridge);

/* From now on the engine tells this bridge, which it keeps, in place of its own descriptor. False:
   it is not in thread mode. */
bool ka_engine_tell (struct ka_engine *engine, struct ka_bridge *bridge);

#endif
