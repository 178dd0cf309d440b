/* Points in time between the text that the providers write (ISO 8601 with a zone) and milliseconds
   since 1970. It refuses a text without a zone, which would name a different time everywhere. */
#ifndef KASSA_TIME_H
#define KASSA_TIME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define KA_TIME_SIZE 24 /* 2024-01-31T12:00:00.000Z */
#define KA_TIME_MIN_MS INT64_C(-62167219200000) /* 0000-01-01T00:00:00.000Z */
#define KA_TIME_MAX_MS INT64_C(253402300799999) /* 9999-12-31T23:59:59.999Z */

/* Days from 1970-01-01 to a day of the Gregorian calendar; the month and the day count from 1. */
int64_t ka_time_days (int year, int month, int day);

/* The time that the text names, in *ms: 2024-01-31T12:00:00[.123](Z|+01:00|+0100|+01). Letters may
   be small; digits beyond the millisecond are cut off. False for any other text, and for a time
   that ends up outside the years 0 to 9999. */
bool ka_time_read (const char *s, size_t size, int64_t *ms);

/* Write ms, which lies between the limits above, at out (room for KA_TIME_SIZE), without a NUL. */
void ka_time_write (char *out, int64_t ms);

#endif
