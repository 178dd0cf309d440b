/* Decimal amounts by whole numbers alone: no float is near them. It refuses what is only almost an
   amount (".5", "1.", "1,50", "1e3"). */
#include <stdbool.h>
#include <string.h>
#include "core/money.h"
#include "core/number.h"

/* Currencies without two decimals (ISO 4217, list one), by their number of decimals. */
static const char *const unusual[KA_MONEY_DECIMALS_MAX + 1] = {
  "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF ",
  "",
  "",
  "BHD IQD JOD KWD LYD OMR TND ",
  "CLF UYW "
};

static char upper (char c) {
  return c >= 'a' && c <= 'z' ? (char) (c - 'a' + 'A') : c;
}

unsigned ka_money_decimals (const char *code) {
  char name[] = { upper(code[0]), upper(code[1]), upper(code[2]), ' ', '\0' };
  for (unsigned decimals = 0; decimals <= KA_MONEY_DECIMALS_MAX; decimals++)
    if (strstr(unusual[decimals], name) != NULL) return decimals;
  return 2;
}

static bool is_digit (char c) {
  return c >= '0' && c <= '9';
}

static const char *skip_digits (const char *s, const char *end) {
  while (s < end && is_digit(*s)) s++;
  return s;
}

/* The digits from s to end, behind those in *value; false when there are too many. */
static bool take_digits (const char *s, const char *end, int64_t *value) {
  static const int64_t limit = INT64_C(1000000000000000); /* KA_MONEY_DIGITS_MAX zeros */
  for (; s < end; s++) {
    *value = *value * 10 + (*s - '0');
    if (*value >= limit) return false;
  }
  return true;
}

enum ka_money ka_money_read (const char *s, size_t size, unsigned decimals, int64_t *minor) {
  static const char zeros[KA_MONEY_DECIMALS_MAX + 1] = "0000";
  const char *end = s + size, *point, *fraction;
  bool negative = size > 0 && *s == '-';
  int64_t value = 0;
  if (negative) s++;
  point = skip_digits(s, end);
  if (point == s) return KA_MONEY_FORM;
  fraction = point < end && *point == '.' ? point + 1 : point;
  if (skip_digits(fraction, end) != end || (fraction > point && fraction == end))
    return KA_MONEY_FORM;
  if ((size_t) (end - fraction) > decimals) return KA_MONEY_DECIMALS;
  if (!take_digits(s, point, &value) || !take_digits(fraction, end, &value)
      || !take_digits(zeros, zeros + decimals - (end - fraction), &value)) return KA_MONEY_LARGE;
  *minor = negative ? -value : value;
  return KA_MONEY_OK;
}

size_t ka_money_write (char *out, int64_t minor, unsigned decimals) {
  char digits[KA_INTEGER_SIZE];
  size_t count = ka_integer_write(digits, minor), size = 0;
  const char *digit = digits;
  if (*digit == '-') { out[size++] = *digit++; count--; }
  for (size_t place = count > decimals ? count : decimals + 1; place > 0; place--) {
    if (place == decimals) out[size++] = '.';
    out[size++] = place > count ? '0' : *digit++;
  }
  return size;
}
