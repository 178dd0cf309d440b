/* Tests of the limited buffer where Lua cannot reach: limits, growth, ownership. Prints "ok" and
   the number of checks, or the first promise that does not hold; it refuses arguments. */
#include <stdint.h>
#include "core/buffer.h"
#include "unit.h"

static void holds_what_was_added (void) {
  struct ka_buffer b;
  ka_buffer_init(&b, 100);
  CHECK(b.bytes == NULL && b.length == 0);
  CHECK(ka_buffer_add(&b, "pay", 3) == KA_OK);
  CHECK(ka_buffer_add_byte(&b, '!') == KA_OK);
  CHECK(b.length == 4 && strcmp(b.bytes, "pay!") == 0);
  ka_buffer_clear(&b);
  CHECK(b.length == 0 && b.bytes[0] == '\0' && b.capacity > 0);
  ka_buffer_free(&b);
  ka_buffer_free(&b);
  CHECK(b.bytes == NULL && b.limit == 100);
}

static void never_passes_its_limit (void) {
  struct ka_buffer b;
  ka_buffer_init(&b, 5);
  CHECK(ka_buffer_add(&b, "12345", 5) == KA_OK);
  CHECK(ka_buffer_add_byte(&b, '6') == KA_TOO_LARGE);
  CHECK(ka_buffer_reserve(&b, SIZE_MAX) == KA_TOO_LARGE);
  CHECK(ka_buffer_add(&b, "", 0) == KA_OK);
  CHECK(b.length == 5 && b.capacity == 5 && strcmp(b.bytes, "12345") == 0);
  ka_buffer_free(&b);
}

static void a_zeroed_buffer_is_closed (void) {
  struct ka_buffer b = {0};
  CHECK(ka_buffer_add_byte(&b, 'x') == KA_TOO_LARGE);
  ka_buffer_clear(&b);
  ka_buffer_free(&b);
}

static void an_impossible_size_leaves_it_as_it_was (void) {
  struct ka_buffer b;
  ka_buffer_init(&b, SIZE_MAX);
  CHECK(b.limit == SIZE_MAX - 1);
  CHECK(ka_buffer_add(&b, "kept", 4) == KA_OK);
  CHECK(ka_buffer_reserve(&b, SIZE_MAX - 4) == KA_TOO_LARGE);
  CHECK(strcmp(b.bytes, "kept") == 0);
  ka_buffer_free(&b);
}

static void room_is_there_even_for_nothing (void) {
  struct ka_buffer b;
  ka_buffer_init(&b, 4);
  CHECK(ka_buffer_room(&b, 0) == KA_OK && b.bytes != NULL && b.length == 0);
  CHECK(ka_buffer_room(&b, 4) == KA_OK && ka_buffer_room(&b, 5) == KA_TOO_LARGE);
  ka_buffer_free(&b);
}

static void growing_costs_few_moves (void) {
  struct ka_buffer b;
  size_t moves = 0, last = 0;
  ka_buffer_init(&b, 1000000);
  for (int i = 0; i < 1000000; i++) {
    if (ka_buffer_add_byte(&b, (char)('a' + i % 26)) != KA_OK) break;
    if (b.capacity != last) { last = b.capacity; moves++; }
  }
  CHECK(b.length == 1000000 && moves <= 13);
  CHECK(b.bytes[999999] == 'a' + 999999 % 26 && b.bytes[1000000] == '\0');
  ka_buffer_free(&b);
}

int main (void) {
  holds_what_was_added();
  never_passes_its_limit();
  a_zeroed_buffer_is_closed();
  an_impossible_size_leaves_it_as_it_was();
  room_is_there_even_for_nothing();
  growing_costs_few_moves();
  return UNIT_END();
}
