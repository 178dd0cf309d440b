/* Feeds random bytes to all that reads header fields, and checks what must hold for any text. It
   refuses to know a right answer: that is spec/core/headers_spec.lua's part.

   `make fuzz SECONDS=20` builds and runs every target here for so long, each from its own folder of
   inputs under build/fuzz; a crash leaves its input there. Needs clang. */
#include <stdlib.h>
#include <string.h>
#include "core/headers.h"

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

static void expect (int holds) {
  if (!holds) abort();
}

/* Every field lies inside the block, has a name that could be written, and comes after the last. */
static void read_block (const char *text, size_t size) {
  struct ka_slice block = {text, size};
  struct ka_header header;
  const char *last = text;
  while (ka_headers_next(&block, &header)) {
    expect(ka_header_name(header.name.at, header.name.size));
    expect(header.name.at >= last && block.at <= text + size);
    expect(header.value.at + header.value.size <= block.at);
    last = block.at;
  }
  expect(block.size == 0);
}

static void read_rate (const char *text, size_t size) {
  struct ka_rate rate;
  ka_rate_limit(text, size, &rate);
  expect(rate.count <= KA_POLICIES_MAX && rate.limit >= KA_NOT_TOLD);
  for (size_t i = 0; i < rate.count; i++) {
    const struct ka_policy *p = &rate.policies[i];
    expect(p->limit >= 0 && p->window_s >= KA_NOT_TOLD && p->name.size <= size);
    expect(p->name.at == NULL || (p->name.at >= text && p->name.at <= text + size));
  }
}

/* What is found lies inside the block. */
static void find_rate (const char *text, size_t size) {
  struct ka_rate_fields f;
  const struct ka_slice *each[] = {&f.limit, &f.remaining, &f.reset};
  bool any = false;
  bool found = ka_rate_find(text, size, &f);
  for (size_t i = 0; i < 3; i++) {
    if (each[i]->at == NULL) continue;
    any = true;
    expect(each[i]->at >= text && each[i]->at + each[i]->size <= text + size);
  }
  expect(any == found);
}

/* now_s comes from the input too, since it takes part in the arithmetic. */
static void read_time (const char *text, size_t size) {
  int64_t now_s = 0, epoch_s = 0, wait_s;
  if (size >= sizeof now_s) {
    memcpy(&now_s, text, sizeof now_s);
    text += sizeof now_s;
    size -= sizeof now_s;
  }
  wait_s = ka_retry_after(text, size, now_s);
  expect(wait_s >= KA_NOT_TOLD && wait_s <= INT32_MAX);
  if (ka_http_date(text, size, now_s, &epoch_s)) {
    expect(epoch_s >= INT64_C(-62135596800) && epoch_s <= INT64_C(253402300800));
    expect(wait_s >= 0);
  }
}

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size) {
  const char *text = (const char *)data;
  read_block(text, size);
  read_rate(text, size);
  find_rate(text, size);
  read_time(text, size);
  expect(!ka_header_value(text, size) || memchr(text, '\n', size) == NULL);
  return 0;
}
