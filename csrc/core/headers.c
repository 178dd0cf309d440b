/* Reads HTTP header fields: the block as it came, rate limits, Retry-After, dates. It refuses
   nothing that a server may send: what makes no sense is left out, never an error. */
#include <string.h>
#include "core/headers.h"
#include "core/time.h"

#define COUNT_MAX INT32_MAX

static bool is_digit (char c) { return c >= '0' && c <= '9'; }
static bool is_blank (char c) { return c == ' ' || c == '\t'; }
static bool is_space (char c) { return is_blank(c) || c == '\r' || c == '\n'; }

/* RFC 9110, section 5.6.2. */
static bool is_token (char c) {
  return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
      || (c != '\0' && strchr("!#$%&'*+-.^_`|~", c) != NULL);
}

/* Visible ASCII, or a byte of some other script. */
static bool is_visible (char c) { return (unsigned char)c > ' ' && c != 127; }

static struct ka_slice trimmed (const char *at, const char *end) {
  while (at < end && is_space(*at)) at++;
  while (end > at && is_space(end[-1])) end--;
  return (struct ka_slice){at, (size_t)(end - at)};
}

/* blocks */

/* Where the line that begins at `at` ends: past its LF, or at the end of the text. */
static const char *line_end (const char *at, const char *end) {
  const char *lf = memchr(at, '\n', (size_t)(end - at));
  return lf != NULL ? lf + 1 : end;
}

/* The same for a field, which goes on in every following line that begins with a blank. */
static const char *field_end (const char *at, const char *end) {
  const char *next = line_end(at, end);
  while (next < end && is_blank(*next)) next = line_end(next, end);
  return next;
}

bool ka_headers_next (struct ka_slice *block, struct ka_header *header) {
  const char *at = block->at, *end = at + block->size;
  while (at < end) {
    const char *next = field_end(at, end);
    const char *colon = memchr(at, ':', (size_t)(next - at));
    if (colon != NULL && ka_header_name(at, (size_t)(colon - at))) {
      header->name = (struct ka_slice){at, (size_t)(colon - at)};
      header->value = trimmed(colon + 1, next);
      *block = (struct ka_slice){next, (size_t)(end - next)};
      return true;
    }
    at = next;
  }
  *block = (struct ka_slice){end, 0};
  return false;
}

bool ka_header_name (const char *text, size_t size) {
  size_t i = 0;
  while (i < size && is_token(text[i])) i++;
  return size > 0 && i == size;
}

bool ka_header_value (const char *text, size_t size) {
  size_t i = 0;
  if (size > 0 && (is_blank(text[0]) || is_blank(text[size - 1]))) return false;
  while (i < size && (is_visible(text[i]) || is_blank(text[i]))) i++;
  return i == size;
}

/* numbers and lists */

int64_t ka_count (const char *text, size_t size) {
  struct ka_slice s = trimmed(text, text + size);
  int64_t count = 0;
  for (size_t i = 0; i < s.size; i++) {
    if (!is_digit(s.at[i])) return KA_NOT_TOLD;
    count = count * 10 + (s.at[i] - '0');
    if (count > COUNT_MAX) count = COUNT_MAX;
  }
  return s.size > 0 ? count : KA_NOT_TOLD;
}

/* Cut the text up to the next separator off rest; separators inside quotes do not count. */
static struct ka_slice cut (struct ka_slice *rest, char separator) {
  const char *at = rest->at, *end = at + rest->size, *from = at;
  bool quoted = false;
  for (; at < end && (quoted || *at != separator); at++) {
    if (*at == '"') quoted = !quoted;
    if (quoted && *at == '\\' && at + 1 < end) at++;
  }
  rest->at = at < end ? at + 1 : end;
  rest->size = (size_t)(end - rest->at);
  return trimmed(from, at);
}

static bool same_text (struct ka_slice s, const char *text) {
  return s.size == strlen(text) && memcmp(s.at, text, s.size) == 0;
}

static struct ka_slice unquoted (struct ka_slice s) {
  if (s.size < 2 || s.at[0] != '"' || s.at[s.size - 1] != '"') return s;
  return (struct ka_slice){s.at + 1, s.size - 2};
}

/* One parameter of a policy: w=SECONDS or name="TEXT"; others are passed over. */
static void read_parameter (struct ka_slice text, struct ka_policy *policy) {
  struct ka_slice key = cut(&text, '=');
  struct ka_slice value = trimmed(text.at, text.at + text.size);
  if (same_text(key, "w")) policy->window_s = ka_count(value.at, value.size);
  else if (same_text(key, "name")) policy->name = unquoted(value);
}

/* One member of the list; false when it does not begin with a number. *bare: no parameters. */
static bool read_policy (struct ka_slice text, struct ka_policy *policy, bool *bare) {
  struct ka_slice number = cut(&text, ';');
  *policy = (struct ka_policy){ka_count(number.at, number.size), KA_NOT_TOLD, {NULL, 0}};
  *bare = text.size == 0;
  while (text.size > 0) read_parameter(cut(&text, ';'), policy);
  return policy->limit != KA_NOT_TOLD;
}

void ka_rate_limit (const char *text, size_t size, struct ka_rate *rate) {
  struct ka_slice rest = {text, size};
  rate->limit = KA_NOT_TOLD;
  rate->count = 0;
  while (rest.size > 0 && rate->count < KA_POLICIES_MAX) {
    struct ka_policy policy;
    bool bare, first = rate->limit == KA_NOT_TOLD;
    if (!read_policy(cut(&rest, ','), &policy, &bare)) continue;
    if (first) rate->limit = policy.limit;
    if (!first || !bare) rate->policies[rate->count++] = policy;
  }
}

/* Is the text at `at` this name, given in lower case, and a colon? */
static bool is_field (const char *at, const char *end, const char *name) {
  size_t i = 0;
  for (; name[i] != '\0' && at + i < end; i++)
    if ((at[i] >= 'A' && at[i] <= 'Z' ? at[i] - 'A' + 'a' : at[i]) != name[i]) return false;
  return name[i] == '\0' && at + i < end && at[i] == ':';
}

bool ka_rate_find (const char *block, size_t size, struct ka_rate_fields *fields) {
  static const char *const names[] = {"x-ratelimit-limit", "x-ratelimit-remaining",
                                      "x-ratelimit-reset"};
  struct ka_slice *const found[] = {&fields->limit, &fields->remaining, &fields->reset};
  const char *at = block, *end = block + size, *next;
  bool any = false;
  *fields = (struct ka_rate_fields){{NULL, 0}, {NULL, 0}, {NULL, 0}};
  for (; at < end; at = next) {
    next = line_end(at, end);
    if (*at != 'x' && *at != 'X') continue;
    next = field_end(at, end);
    for (size_t i = 0; i < 3; i++) {
      if (!is_field(at, next, names[i])) continue;
      *found[i] = trimmed(at + strlen(names[i]) + 1, next);
      any = true;
    }
  }
  return any;
}

/* dates */

struct date {
  int year, month, day, hour, minute, second; /* month and day count from 1 */
};

/* Each of these takes one thing off the text, or says that it is not there. */

static bool take_text (struct ka_slice *s, const char *text) {
  size_t size = strlen(text);
  if (s->size < size || memcmp(s->at, text, size) != 0) return false;
  *s = (struct ka_slice){s->at + size, s->size - size};
  return true;
}

static bool take_number (struct ka_slice *s, size_t digits, int *number) {
  if (s->size < digits) return false;
  *number = 0;
  for (size_t i = 0; i < digits; i++) {
    if (!is_digit(s->at[i])) return false;
    *number = *number * 10 + (s->at[i] - '0');
  }
  *s = (struct ka_slice){s->at + digits, s->size - digits};
  return true;
}

/* The index from 1 of the name that the text begins with. */
static bool take_name (struct ka_slice *s, const char *const names[], int count, int *index) {
  for (int i = 0; i < count; i++) {
    if (!take_text(s, names[i])) continue;
    *index = i + 1;
    return true;
  }
  return false;
}

static bool take_month (struct ka_slice *s, int *month) {
  static const char *const names[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                      "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  return take_name(s, names, 12, month);
}

static bool take_weekday (struct ka_slice *s) {
  static const char *const names[] = {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};
  int ignored; /* a wrong name of the day does not change the time */
  return take_name(s, names, 7, &ignored);
}

static bool take_long_weekday (struct ka_slice *s) {
  static const char *const names[] = {"Monday", "Tuesday", "Wednesday", "Thursday", "Friday",
                                      "Saturday", "Sunday"};
  int ignored;
  return take_name(s, names, 7, &ignored);
}

static bool take_time (struct ka_slice *s, struct date *d) {
  return take_number(s, 2, &d->hour) && take_text(s, ":") && take_number(s, 2, &d->minute)
      && take_text(s, ":") && take_number(s, 2, &d->second);
}

/* Sun, 06 Nov 1994 08:49:37 GMT */
static bool read_fixed (struct ka_slice s, struct date *d) {
  return take_weekday(&s) && take_text(&s, ", ") && take_number(&s, 2, &d->day)
      && take_text(&s, " ") && take_month(&s, &d->month) && take_text(&s, " ")
      && take_number(&s, 4, &d->year) && take_text(&s, " ") && take_time(&s, d)
      && take_text(&s, " GMT") && s.size == 0;
}

/* Sunday, 06-Nov-94 08:49:37 GMT */
static bool read_rfc850 (struct ka_slice s, struct date *d) {
  return take_long_weekday(&s) && take_text(&s, ", ") && take_number(&s, 2, &d->day)
      && take_text(&s, "-") && take_month(&s, &d->month) && take_text(&s, "-")
      && take_number(&s, 2, &d->year) && take_text(&s, " ") && take_time(&s, d)
      && take_text(&s, " GMT") && s.size == 0;
}

/* Sun Nov  6 08:49:37 1994 */
static bool read_asctime (struct ka_slice s, struct date *d) {
  return take_weekday(&s) && take_text(&s, " ") && take_month(&s, &d->month) && take_text(&s, " ")
      && (take_number(&s, 2, &d->day) || (take_text(&s, " ") && take_number(&s, 1, &d->day)))
      && take_text(&s, " ") && take_time(&s, d) && take_text(&s, " ")
      && take_number(&s, 4, &d->year) && s.size == 0;
}

static bool is_leap (int year) {
  return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static bool is_real (const struct date *d) {
  static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  int last = days[d->month - 1] + (d->month == 2 && is_leap(d->year));
  return d->year >= 1 && d->day >= 1 && d->day <= last && d->hour < 24 && d->minute < 60
      && d->second <= 60; /* 60 is a leap second */
}

static int64_t seconds_since_1970 (const struct date *d) {
  int64_t hours = ka_time_days(d->year, d->month, d->day) * 24 + d->hour;
  return (hours * 60 + d->minute) * 60 + d->second;
}

/* The century that brings a year of two digits into the 100 years that end 50 years after now. */
static int full_year (int year, int64_t now_s) {
  int64_t last = 1970 + now_s / 31556952 + 50; /* seconds of a mean year */
  if (last < 100 || last > 9999) last = 2069;
  return (int)(last - (last - year) % 100);
}

bool ka_http_date (const char *text, size_t size, int64_t now_s, int64_t *epoch_s) {
  struct ka_slice s = trimmed(text, text + size);
  struct date d = {0};
  if (read_rfc850(s, &d)) d.year = full_year(d.year, now_s);
  else if (!read_fixed(s, &d) && !read_asctime(s, &d)) return false;
  if (!is_real(&d)) return false;
  *epoch_s = seconds_since_1970(&d);
  return true;
}

int64_t ka_retry_after (const char *text, size_t size, int64_t now_s) {
  int64_t wait_s = ka_count(text, size), epoch_s;
  if (wait_s != KA_NOT_TOLD || !ka_http_date(text, size, now_s, &epoch_s)) return wait_s;
  if (epoch_s <= now_s) return 0;
  wait_s = (int64_t)((uint64_t)epoch_s - (uint64_t)now_s); /* now_s may be anything */
  return wait_s >= 0 && wait_s < COUNT_MAX ? wait_s : COUNT_MAX;
}
