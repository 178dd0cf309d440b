/* "Did you mean": which of some names was probably meant by one that is not among them. It refuses
   to guess from far away: a wrong guess misleads more than none. */
#include <ctype.h>
#include <string.h>
#include "core/nearest.h"

#define SLIPS_MAX 3

static size_t smaller (size_t a, size_t b) {
  return a < b ? a : b;
}

static int folded (char c) {
  return tolower((unsigned char) c);
}

/* A slip for each third of the name, one at least: "id" is not "url", "quantiti" is "quantity". */
static size_t slips_allowed (size_t size) {
  size_t slips = size / 3;
  if (slips < 1) slips = 1;
  return smaller(slips, SLIPS_MAX);
}

/* Optimal string alignment over three rolling rows: row[i % 3][j] is the distance of the first i
   letters of a and the first j of b. */
static size_t distance (const char *a, size_t a_size, const char *b, size_t b_size) {
  size_t row[3][KA_NEAREST_SIZE + 1];
  for (size_t j = 0; j <= b_size; j++) row[0][j] = j;
  for (size_t i = 1; i <= a_size; i++) {
    size_t *now = row[i % 3], *last = row[(i - 1) % 3], *before = row[(i + 1) % 3];
    now[0] = i;
    for (size_t j = 1; j <= b_size; j++) {
      int same = folded(a[i - 1]) == folded(b[j - 1]);
      size_t best = smaller(last[j - 1] + !same, smaller(last[j], now[j - 1]) + 1);
      if (i > 1 && j > 1 && folded(a[i - 1]) == folded(b[j - 2])
          && folded(a[i - 2]) == folded(b[j - 1]))
        best = smaller(best, before[j - 2] + 1);
      now[j] = best;
    }
  }
  return row[a_size % 3][b_size];
}

size_t ka_nearest_distance (const char *a, size_t a_size, const char *b, size_t b_size) {
  size_t allowed, found;
  if (a_size > KA_NEAREST_SIZE || b_size > KA_NEAREST_SIZE) return KA_NEAREST_FAR;
  allowed = slips_allowed(smaller(a_size, b_size));
  if ((a_size > b_size ? a_size - b_size : b_size - a_size) > allowed) return KA_NEAREST_FAR;
  found = distance(a, a_size, b, b_size);
  return found <= allowed ? found : KA_NEAREST_FAR;
}
