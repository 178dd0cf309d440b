/* Numbers as JSON text: whole numbers exactly, others by the shortest text that reads back equal.
   It refuses to write NaN and infinity, and no locale can change what it writes. */
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "core/number.h"

#define EXACT_MAX 9007199254740992.0 /* 2^53: up to here a double counts by ones */

size_t ka_integer_write (char *out, int64_t value) {
  char digits[KA_INTEGER_SIZE];
  uint64_t rest = value < 0 ? 0u - (uint64_t) value : (uint64_t) value;
  size_t at = sizeof digits;
  size_t size;
  do {
    digits[--at] = (char) ('0' + rest % 10);
    rest /= 10;
  } while (rest > 0);
  if (value < 0) digits[--at] = '-';
  size = sizeof digits - at;
  memcpy(out, digits + at, size);
  return size;
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
  if (value >= -EXACT_MAX && value <= EXACT_MAX && value == floor(value))
    return ka_integer_write(out, (int64_t) value);
  for (int digits = 15; digits <= 17; digits++) {
    size = (size_t) snprintf(out, KA_NUMBER_SIZE, "%.*g", digits, value);
    if (strtod(out, NULL) == value) break;
  }
  return set_point(out, size);
}
