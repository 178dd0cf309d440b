/* Random bytes for identifiers, drawn from the system many at a time: one draw costs as much as the
   rest of writing a small request. It refuses to hand the same bytes to a parent and its child. */
#ifndef KASSA_POOL_H
#define KASSA_POOL_H

#include "core/rc.h"

#define KA_POOL_DRAW 16 /* bytes of one identifier */

/* Fill with bytes nobody can guess. KA_FAILED when the system has none; then make nothing. */
enum ka_rc ka_pool_draw (unsigned char bytes[KA_POOL_DRAW]) KA_CHECKED;

#endif
