/* Numbers as JSON text: whole numbers exactly, others by the shortest text that reads back equal.
   It refuses to write NaN and infinity, and no locale can change what it writes. */
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "core/number.h"

#define EXACT_MAX 9007199254740992.0 /* 2^53: up to here a double counts by ones */
#define PLACES_MAX 9

/* How many digits the number has. */
static inline size_t digits_of (uint64_t value) {
  size_t count = 1;
  for (uint64_t limit = 10; count < KA_INTEGER_SIZE - 1 && value >= limit; limit *= 10) count++;
  return count;
}

size_t ka_integer_write (char *out, int64_t value) {
  uint64_t rest = value < 0 ? 0u - (uint64_t) value : (uint64_t) value;
  size_t size = digits_of(rest) + (value < 0);
  out[0] = '-'; /* a digit takes its place where there is no sign */
  for (char *end = out + size; end > out + (value < 0); rest /= 10)
    *--end = (char) ('0' + rest % 10);
  return size;
}

/* A number of few decimals, as prices, rates and coordinates are: when whole / 10^places is the
   number again, then so is what a reader makes of those digits, both being rounded once. Returns
   the length, or 0 when more places are needed. */
static size_t write_decimal (char *out, double value) {
  double power = 10;
  for (int places = 1; places <= PLACES_MAX; places++, power *= 10) {
    double scaled = value * power;
    int64_t whole;
    uint64_t part;
    size_t size = 0;
    if (!(scaled > -EXACT_MAX && scaled < EXACT_MAX)) return 0;
    whole = (int64_t) (value < 0 ? scaled - 0.5 : scaled + 0.5);
    if ((double) whole / power != value) continue;
    if (value < 0) out[size++] = '-';
    part = (uint64_t) (whole < 0 ? -whole : whole);
    size += ka_integer_write(out + size, (int64_t) (part / (uint64_t) power));
    out[size] = '.';
    for (int i = places; i > 0; i--, part /= 10) out[size + (size_t) i] = (char) ('0' + part % 10);
    return size + 1 + (size_t) places;
  }
  return 0;
}

/* printf writes the decimal point of the process's locale, which may be several bytes; JSON has
   one point. Returns the new length. */
static size_t set_point (char *text, size_t size) {
  const char *point = localeconv()->decimal_point;
  size_t point_size = strlen(point);
  char *found;
  if (point_size == 0 || strcmp(point, ".") == 0) return size;
  found = strstr(text, point);
  if (found == NULL) return size;
  *found = '.';
  memmove(found + 1, found + point_size, strlen(found + point_size) + 1);
  return size - point_size + 1;
}

size_t ka_number_write (char *out, double value) {
  size_t size = 0;
  if (!isfinite(value)) return 0;
  if (value >= -EXACT_MAX && value <= EXACT_MAX && (double) (int64_t) value == value)
    return ka_integer_write(out, (int64_t) value);
  size = write_decimal(out, value);
  if (size > 0) return size;
  for (int digits = 15; digits <= 17; digits++) {
    size = (size_t) snprintf(out, KA_NUMBER_SIZE, "%.*g", digits, value);
    if (strtod(out, NULL) == value) break;
  }
  return set_point(out, size);
}
