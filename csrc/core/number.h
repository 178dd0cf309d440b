/* Numbers as JSON text: whole numbers exactly, others by the shortest text that reads back equal.
   It refuses to write NaN and infinity, and no locale can change what it writes. */
#ifndef KASSA_NUMBER_H
#define KASSA_NUMBER_H

#include <stddef.h>
#include <stdint.h>

#define KA_INTEGER_SIZE 20 /* -9223372036854775808 */
#define KA_NUMBER_SIZE 32

/* Write value in decimal at out (room for KA_INTEGER_SIZE); returns the length, without a NUL. */
size_t ka_integer_write (char *out, int64_t value);

/* Write value at out (room for KA_NUMBER_SIZE) so that it reads back equal; returns the length,
   without a NUL, or 0 for NaN and infinity. */
size_t ka_number_write (char *out, double value);

#endif
