/* Texts of a fixed form: does this one have it? Each function looks at the whole text and refuses
   a NUL, a blank or a byte beyond ASCII like any other byte that does not belong there.

   Sources: reference/klarna.md 1.9 for currency, country, e-mail and phone; RFC 3339 for times;
   BCP 47 in its plain shape for locales; RFC 3986 for URLs, with the braces of Klarna's
   {klarna.payment_request.id} allowed. */
#include <string.h>
#include "core/format.h"

#define LOCAL_MAX 64
#define DOMAIN_MAX 255
#define LABEL_MAX 63
#define PHONE_MAX 99
#define SUBTAG_MAX 8
#define MINUTES_A_DAY 1440

/* ctype.h asks the locale; these formats do not. */
static inline bool is_digit (char c) { return c >= '0' && c <= '9'; }
static inline bool is_capital (char c) { return c >= 'A' && c <= 'Z'; }
static inline bool is_letter (char c) { return is_capital(c) || (c >= 'a' && c <= 'z'); }
static inline bool is_alnum (char c) { return is_letter(c) || is_digit(c); }

static bool is_among (char c, const char *set) {
  return c != '\0' && strchr(set, c) != NULL;
}

static bool are_letters (const char *s, size_t size) {
  for (size_t i = 0; i < size; i++)
    if (!is_letter(s[i])) return false;
  return true;
}

bool ka_is_currency (const char *s, size_t size) {
  return size == 3 && are_letters(s, size);
}

bool ka_is_country (const char *s, size_t size) {
  return size == 2 && are_letters(s, size);
}

bool ka_is_locale (const char *s, size_t size) {
  size_t tag = 0; /* length of the subtag we are in */
  bool first = true;
  for (size_t i = 0; i < size; i++) {
    if (s[i] == '-' || s[i] == '_') {
      if (tag < (first ? 2 : 1)) return false;
      tag = 0;
      first = false;
    } else if ((first ? !is_letter(s[i]) : !is_alnum(s[i])) || ++tag > SUBTAG_MAX) {
      return false;
    }
  }
  return tag >= (first ? 2 : 1);
}

/* The number that the first two bytes of s spell, or -1. */
static inline int two_digits (const char *s) {
  int tens = s[0] - '0', ones = s[1] - '0';
  return (unsigned) tens <= 9 && (unsigned) ones <= 9 ? tens * 10 + ones : -1;
}

static int days_in (int year, int month) {
  static const char days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
  bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
  return month == 2 && leap ? 29 : days[month - 1];
}

bool ka_is_date (const char *s, size_t size) {
  int century, year, month, day;
  if (size != 10 || s[4] != '-' || s[7] != '-') return false;
  century = two_digits(s);
  year = two_digits(s + 2);
  month = two_digits(s + 5);
  day = two_digits(s + 8);
  if (century < 0 || year < 0 || month < 1 || month > 12 || day < 1) return false;
  return day <= 28 || day <= days_in(century * 100 + year, month);
}

/* "12:30" as minutes of the day, or -1. */
static int minutes (const char *s) {
  int hour = two_digits(s), minute = two_digits(s + 3);
  if (s[2] != ':' || hour < 0 || minute < 0 || minute > 59) return -1;
  return hour * 60 + minute < MINUTES_A_DAY ? hour * 60 + minute : -1;
}

static bool is_zone (const char *s, size_t size) {
  if (size == 1) return s[0] == 'Z';
  return size == 6 && (s[0] == '+' || s[0] == '-') && minutes(s + 1) >= 0;
}

bool ka_is_time (const char *s, size_t size) {
  size_t at = 19; /* behind the seconds */
  int second;
  if (size < 20 || s[10] != 'T' || s[16] != ':' || !ka_is_date(s, 10)) return false;
  second = two_digits(s + 17);
  if (minutes(s + 11) < 0 || second < 0 || second > 59) return false;
  if (s[at] == '.') {
    size_t digits = 0;
    while (at + 1 + digits < size && is_digit(s[at + 1 + digits])) digits++;
    if (digits == 0) return false;
    at += 1 + digits;
  }
  return is_zone(s + at, size - at);
}

/* Words of letters, digits and the marks, parted by single dots. */
static bool is_local_part (const char *s, size_t size) {
  bool word = false;
  for (size_t i = 0; i < size; i++) {
    if (s[i] == '.') {
      if (!word) return false;
      word = false;
    } else if (is_alnum(s[i]) || is_among(s[i], "!#$%&'*+/=?^_`{|}~-")) {
      word = true;
    } else {
      return false;
    }
  }
  return word;
}

/* "john \" doe"@...: anything printable in quotes; a quote or backslash only behind a backslash. */
static bool is_quoted_part (const char *s, size_t size) {
  if (size < 2 || s[0] != '"' || s[size - 1] != '"') return false;
  for (size_t i = 1; i + 1 < size; i++) {
    if (s[i] == '"') return false;
    if (s[i] == '\\' && ++i + 1 == size) return false;
    if (s[i] < 0x20 || s[i] > 0x7e) return false;
  }
  return true;
}

/* Two labels or more of letters, digits and inner hyphens. */
static bool is_domain (const char *s, size_t size) {
  size_t label = 0, dots = 0;
  for (size_t i = 0; i < size; i++) {
    if (s[i] == '.') {
      if (label == 0 || s[i - 1] == '-') return false;
      label = 0;
      dots++;
    } else if (!is_alnum(s[i]) && (s[i] != '-' || label == 0)) {
      return false;
    } else if (++label > LABEL_MAX) {
      return false;
    }
  }
  return dots > 0 && label > 0 && s[size - 1] != '-';
}

/* [192.0.2.1] or [IPv6:2001:db8::1]; whether the address exists is not asked. */
static bool is_address_literal (const char *s, size_t size) {
  if (size < 4 || s[0] != '[' || s[size - 1] != ']') return false;
  for (size_t i = 1; i + 1 < size; i++)
    if (!is_alnum(s[i]) && s[i] != '.' && s[i] != ':') return false;
  return true;
}

bool ka_is_email (const char *s, size_t size) {
  size_t at = size;
  while (at > 0 && s[at - 1] != '@') at--; /* behind the last @; a quoted part may hold others */
  if (at < 2 || at - 1 > LOCAL_MAX || size - at < 1 || size - at > DOMAIN_MAX) return false;
  return (is_local_part(s, at - 1) || is_quoted_part(s, at - 1))
    && (is_domain(s + at, size - at) || is_address_literal(s + at, size - at));
}

bool ka_is_phone (const char *s, size_t size) {
  bool digit = false;
  if (size < 1 || size > PHONE_MAX) return false;
  for (size_t i = 0; i < size; i++) {
    if (is_digit(s[i])) digit = true;
    else if (!is_among(s[i], "+ ().-")) return false;
  }
  return digit;
}

static bool equals_folded (const char *s, size_t size, const char *lower) {
  size_t at = 0;
  while (at < size && lower[at] != '\0' && (s[at] | 0x20) == lower[at]) at++;
  return at == size && lower[at] == '\0';
}

/* Schemes that make a browser do something else than open a page or an app. */
static bool is_refused_scheme (const char *s, size_t size) {
  static const char *const refused[] = { "javascript", "vbscript", "data", "file", "blob" };
  for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
    if (equals_folded(s, size, refused[i])) return true;
  return false;
}

/* The length of the scheme that s starts with, 0 when there is none or it is refused. */
static size_t scheme_size (const char *s, size_t size) {
  size_t at = 0;
  while (at < size && (is_alnum(s[at]) || (at > 0 && is_among(s[at], "+-.")))) at++;
  if (at == 0 || at == size || s[at] != ':' || !is_letter(s[0])) return 0;
  return is_refused_scheme(s, at) ? 0 : at;
}

static bool names_host (const char *s, size_t scheme) {
  bool web = equals_folded(s, scheme, "http") || equals_folded(s, scheme, "https");
  return !web || !is_among(s[scheme + 3], "/?#:");
}

bool ka_is_url (const char *s, size_t size) {
  size_t scheme = scheme_size(s, size);
  size_t rest = scheme + 3;
  if (scheme == 0 || rest >= size || s[scheme + 1] != '/' || s[scheme + 2] != '/') return false;
  if (!names_host(s, scheme)) return false;
  for (size_t i = rest; i < size; i++)
    if (s[i] <= 0x20 || s[i] > 0x7e || is_among(s[i], "\"<>\\^`|")) return false;
  return true;
}

bool ka_is_spelled (const char *s, size_t size) {
  if (size == 0) return false;
  for (size_t i = 0; i < size; i++)
    if (!is_capital(s[i]) && !is_digit(s[i]) && s[i] != '_') return false;
  return true;
}
