/* Feeds random bytes to what reads amounts, and checks that an amount read is written as a text
   that reads back equal. It refuses to know a right answer: spec/core/money_spec.lua does. */
#include <stdint.h>
#include <stdlib.h>
#include "core/money.h"

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size) {
  char text[KA_MONEY_SIZE];
  int64_t minor, again;
  for (unsigned decimals = 0; decimals <= KA_MONEY_DECIMALS_MAX; decimals++) {
    size_t written;
    if (ka_money_read((const char *)data, size, decimals, &minor) != KA_MONEY_OK) continue;
    written = ka_money_write(text, minor, decimals);
    if (ka_money_read(text, written, decimals, &again) != KA_MONEY_OK || again != minor) abort();
  }
  return 0;
}
