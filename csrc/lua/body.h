/* A request body outside Lua's heap: bytes that a writer made and that libcurl reads in place. As
   strings the bodies would be most of what a busy client's collector has to sweep. It refuses to
   free or change the bytes while an engine has them, whatever becomes of the Lua object. */
#ifndef KASSA_BODY_H
#define KASSA_BODY_H

#include "lua/compat.h"
#include "core/buffer.h"

struct ka_body {
  struct ka_buffer text;
  unsigned lent;      /* requests under way that read it */
  bool collected;     /* the last of them frees the text */
};

/* Push a body without text yet, which may grow to limit bytes.  [-0, +1, m] */
struct ka_body *ka_push_body (lua_State *L, size_t limit);

/* The body at the slot, or NULL for any other value.  [-0, +0, m] */
struct ka_body *ka_body_at (lua_State *L, int slot);

/* Lend it to one more request, and take it back from one. */
void ka_body_lend (struct ka_body *body);
void ka_body_return (struct ka_body *body);

#endif
