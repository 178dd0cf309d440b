/* Feeds random bytes to what reads times, and checks that a time read is written as a text that
   reads back equal. It refuses to know a right answer: that is spec/core/time_spec.lua's part. */
#include <stdint.h>
#include <stdlib.h>
#include "core/time.h"

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size) {
  char text[KA_TIME_SIZE];
  int64_t ms, again;
  if (!ka_time_read((const char *)data, size, &ms)) return 0;
  if (ms < KA_TIME_MIN_MS || ms > KA_TIME_MAX_MS) abort();
  ka_time_write(text, ms);
  if (!ka_time_read(text, sizeof text, &again) || again != ms) abort();
  return 0;
}
