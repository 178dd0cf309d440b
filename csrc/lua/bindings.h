/* The classes of kassa.core: each line opens one binding file, whose function pushes exactly one
   table. It refuses to know what is in them. */
#ifndef KASSA_BINDINGS_H
#define KASSA_BINDINGS_H

#include <lua.h>

#define KA_BINDINGS \
  /* one line a class: {"sign", ka_open_sign}, and its prototype below */

#endif
