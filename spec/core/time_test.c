/* Tests of times at their limits: the first and the last millisecond, and a walk between them that
   reads back every text written. It prints "ok" and a count, and refuses arguments. */
#include <string.h>
#include "core/time.h"
#include "unit.h"

static void check_one (int64_t ms) {
  char text[KA_TIME_SIZE];
  int64_t read = -1;
  ka_time_write(text, ms);
  CHECK(ka_time_read(text, sizeof text, &read));
  CHECK(read == ms);
}

static void reads_back_over_all_years (void) {
  const int64_t step = INT64_C(4000037) * 1000 + 1; /* about 46 days, at any time of the day */
  for (int64_t ms = KA_TIME_MIN_MS; ms <= KA_TIME_MAX_MS; ms += step) check_one(ms);
  check_one(KA_TIME_MAX_MS);
  check_one(-1);
}

static void leaves_the_result_alone_on_failure (void) {
  int64_t ms = 7;
  CHECK(!ka_time_read("9999-12-31T23:59:60Z", 20, &ms));
  CHECK(!ka_time_read("", 0, &ms));
  CHECK(ms == 7);
}

static void counts_days_before_the_year_0 (void) {
  CHECK(ka_time_days(1970, 1, 1) == 0 && ka_time_days(1969, 12, 31) == -1);
  CHECK(ka_time_days(0, 1, 1) * INT64_C(86400000) == KA_TIME_MIN_MS);
  CHECK(ka_time_days(-1, 12, 31) == ka_time_days(0, 1, 1) - 1);
}

int main (void) {
  reads_back_over_all_years();
  leaves_the_result_alone_on_failure();
  counts_days_before_the_year_0();
  return UNIT_END();
}
