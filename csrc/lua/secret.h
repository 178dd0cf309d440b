/* The C face of secrets, for bindings that take a key. It refuses to show more than bytes and size:
   only core.secret makes one. */
#ifndef KASSA_SECRET_H
#define KASSA_SECRET_H

#include <stddef.h>
#include <lua.h>

/* The bytes of a string or of a secret at index; NULL for anything else and for a secret that was
   collected. They live as long as the value does; nobody frees them.  [-0, +0, -] */
const char *ka_secret_bytes (lua_State *L, int index, size_t *size);

/* The same for an argument: anything else raises with the name.  [-0, +0, v] */
const char *ka_check_secret (lua_State *L, int arg, const char *name, size_t *size);

#endif
