/* "Did you mean": which of some names was probably meant by one that is not among them. It refuses
   to guess from far away: a wrong guess misleads more than none. */
#ifndef KASSA_NEAREST_H
#define KASSA_NEAREST_H

#include <stddef.h>

#define KA_NEAREST_SIZE 64 /* longer names are not compared */
#define KA_NEAREST_FAR ((size_t) -1)

/* How many letters have to be added, dropped, changed or swapped with their neighbour to make b of
   a, case left aside; KA_NEAREST_FAR when that is more than a slip of the hand. */
size_t ka_nearest_distance (const char *a, size_t a_size, const char *b, size_t b_size);

#endif
