/* Points in time between the text that the providers write (ISO 8601 with a zone) and milliseconds
   since 1970. It refuses a text without a zone, which would name a different time everywhere. */
#include "core/time.h"

#define SECOND_MS INT64_C(1000)
#define MINUTE_MS INT64_C(60000)
#define DAY_MS INT64_C(86400000)
#define ERA_DAYS 146097  /* 400 years, after which the calendar repeats */
#define ERA_SHIFT 719468 /* days from 0000-03-01 to 1970-01-01 */

static bool is_digit (char c) { return c >= '0' && c <= '9'; }

/* reading */

struct reader {
  const char *at, *end;
};

/* Each of these takes one thing off the text, or says that it is not there. */

static bool take_char (struct reader *r, char upper) {
  char c = r->at < r->end ? *r->at : '\0';
  if (c >= 'a' && c <= 'z') c = (char)(c - 'a' + 'A');
  if (r->at == r->end || c != upper) return false;
  r->at++;
  return true;
}

static bool take_number (struct reader *r, int digits, int *number) {
  if (r->end - r->at < digits) return false;
  *number = 0;
  for (int i = 0; i < digits; i++) {
    if (!is_digit(r->at[i])) return false;
    *number = *number * 10 + (r->at[i] - '0');
  }
  r->at += digits;
  return true;
}

/* The days of a date that exists. */
static bool take_date (struct reader *r, int64_t *days) {
  static const int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  int year, month, day, length;
  bool leap;
  if (!take_number(r, 4, &year) || !take_char(r, '-') || !take_number(r, 2, &month)
      || !take_char(r, '-') || !take_number(r, 2, &day) || month < 1 || month > 12)
    return false;
  leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
  length = lengths[month - 1] + (month == 2 && leap);
  *days = ka_time_days(year, month, day);
  return day >= 1 && day <= length;
}

/* The milliseconds of the day; second 60 is a leap second, the first of the next minute here. */
static bool take_clock (struct reader *r, int64_t *ms) {
  int hour, minute, second;
  if (!take_number(r, 2, &hour) || !take_char(r, ':') || !take_number(r, 2, &minute)
      || !take_char(r, ':') || !take_number(r, 2, &second))
    return false;
  *ms = ((hour * INT64_C(60) + minute) * 60 + second) * SECOND_MS;
  return hour < 24 && minute < 60 && second <= 60;
}

/* A fraction of a second, which may be missing; a point without digits behind it is refused. */
static bool take_fraction (struct reader *r, int64_t *ms) {
  int64_t unit = 100;
  const char *first;
  *ms = 0;
  if (!take_char(r, '.')) return true;
  for (first = r->at; r->at < r->end && is_digit(*r->at); r->at++, unit /= 10)
    *ms += (*r->at - '0') * unit;
  return r->at > first;
}

/* How far the zone is ahead of UTC. */
static bool take_zone (struct reader *r, int64_t *ahead_ms) {
  int hours, minutes = 0;
  bool west;
  *ahead_ms = 0;
  if (take_char(r, 'Z')) return true;
  west = take_char(r, '-');
  if (!west && !take_char(r, '+')) return false;
  if (!take_number(r, 2, &hours)) return false;
  if (r->at < r->end) {
    (void)take_char(r, ':');
    if (!take_number(r, 2, &minutes)) return false;
  }
  *ahead_ms = (hours * INT64_C(60) + minutes) * MINUTE_MS * (west ? -1 : 1);
  return hours < 24 && minutes < 60;
}

/* Counted from March, so that the leap day comes last. */
int64_t ka_time_days (int year, int month, int day) {
  int64_t y = year - (month <= 2);
  int64_t era = (y >= 0 ? y : y - 399) / 400;
  int64_t year_of_era = y - era * 400;
  int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return era * ERA_DAYS + day_of_era - ERA_SHIFT;
}

bool ka_time_read (const char *s, size_t size, int64_t *ms) {
  struct reader r = {s, s + size};
  int64_t days, clock_ms, fraction_ms, ahead_ms, found;
  if (!take_date(&r, &days) || !take_char(&r, 'T') || !take_clock(&r, &clock_ms)
      || !take_fraction(&r, &fraction_ms) || !take_zone(&r, &ahead_ms) || r.at != r.end)
    return false;
  found = days * DAY_MS + clock_ms + fraction_ms - ahead_ms;
  if (found < KA_TIME_MIN_MS || found > KA_TIME_MAX_MS) return false;
  *ms = found;
  return true;
}

/* writing */

static char *put_number (char *out, int64_t number, int digits) {
  for (int i = digits - 1; i >= 0; i--, number /= 10) out[i] = (char)('0' + number % 10);
  return out + digits;
}

static char *put_char (char *out, char c) {
  *out = c;
  return out + 1;
}

/* The inverse of ka_time_days, for a day of the year 0 or later. */
static char *put_date (char *out, int64_t days) {
  int64_t shifted = days + ERA_SHIFT;
  int64_t era = (shifted >= 0 ? shifted : shifted - (ERA_DAYS - 1)) / ERA_DAYS;
  int64_t day_of_era = shifted - era * ERA_DAYS;
  int64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524
                         - day_of_era / 146096) / 365;
  int64_t day = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  int64_t shifted_month = (5 * day + 2) / 153;
  int64_t month = shifted_month < 10 ? shifted_month + 3 : shifted_month - 9;
  out = put_char(put_number(out, year_of_era + era * 400 + (month <= 2), 4), '-');
  out = put_char(put_number(out, month, 2), '-');
  return put_number(out, day - (153 * shifted_month + 2) / 5 + 1, 2);
}

void ka_time_write (char *out, int64_t ms) {
  int64_t days = ms / DAY_MS - (ms % DAY_MS < 0);
  int64_t left = ms - days * DAY_MS;
  out = put_char(put_date(out, days), 'T');
  out = put_char(put_number(out, left / (60 * MINUTE_MS), 2), ':');
  out = put_char(put_number(out, left / MINUTE_MS % 60, 2), ':');
  out = put_char(put_number(out, left / SECOND_MS % 60, 2), '.');
  (void)put_char(put_number(out, left % SECOND_MS, 3), 'Z');
}
