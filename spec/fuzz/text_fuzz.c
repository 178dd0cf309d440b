/* Feeds random bytes to what requests are written with: texts, numbers, fixed forms, near names. It
   refuses to say what a form is, which the specs do; here nothing may break, and what is written
   must keep to its rules. */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "core/buffer.h"
#include "core/format.h"
#include "core/nearest.h"
#include "core/number.h"
#include "core/text.h"

#define LIMIT 16384

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

static void expect (int holds) {
  if (!holds) abort();
}

/* Count the characters one by one; false where one is not UTF-8. */
static int count (const char *s, size_t size, size_t *characters, size_t *at) {
  uint32_t code;
  *characters = 0;
  for (*at = 0; *at < size; ++*characters) {
    size_t length = ka_text_character(s + *at, size - *at, &code);
    if (length == 0) return 0;
    *at += length;
  }
  return 1;
}

/* Behind some bytes that are there already, which a failure must leave alone. */
static void write_text (const char *s, size_t size, size_t limit) {
  struct ka_buffer b;
  struct ka_text met;
  size_t characters, at;
  int fine = count(s, size, &characters, &at);
  enum ka_rc rc;
  ka_buffer_init(&b, limit);
  expect(ka_buffer_add(&b, "before", 6) == KA_OK);
  rc = ka_text_write(&b, s, size, &met);
  expect(rc == KA_TOO_LARGE || (rc == KA_OK) == fine);
  if (rc == KA_OK) expect(met.characters == characters && b.bytes[b.length - 1] == '"');
  if (rc == KA_INVALID) expect(met.bad_at == at);
  if (rc != KA_OK) expect(b.length == 6);
  expect(b.length <= limit && memcmp(b.bytes, "before", 6) == 0);
  for (size_t i = 6; i < b.length; i++) expect((unsigned char) b.bytes[i] >= 0x20);
  ka_buffer_free(&b);
}

static void write_number (const uint8_t *data, size_t size) {
  char text[KA_NUMBER_SIZE + 1];
  double value;
  size_t length;
  if (size < sizeof value) return;
  memcpy(&value, data, sizeof value);
  length = ka_number_write(text, value);
  expect((length > 0) == !!isfinite(value) && length < KA_NUMBER_SIZE);
  text[length] = '\0';
  if (length > 0) expect(strtod(text, NULL) == value);
}

static void check_forms (const char *s, size_t size) {
  if (ka_is_time(s, size)) expect(ka_is_date(s, 10));
  if (ka_is_country(s, size)) expect(size == 2 && !ka_is_currency(s, size));
  if (ka_is_email(s, size)) expect(memchr(s, '@', size) != NULL && size <= 64 + 1 + 255);
  if (ka_is_url(s, size)) expect(memchr(s, ' ', size) == NULL && memchr(s, '\n', size) == NULL);
  if (ka_is_phone(s, size)) expect(size <= 99);
  if (ka_is_locale(s, size)) expect(size >= 2);
  if (ka_is_spelled(s, size)) expect(size >= 1);
}

static void compare_names (const char *s, size_t size) {
  size_t half = size / 2;
  size_t there = ka_nearest_distance(s, half, s + half, size - half);
  expect(there == ka_nearest_distance(s + half, size - half, s, half));
  if (there == 0) expect(half == size - half);
}

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size) {
  const char *s = (const char *) data;
  if (size > 4096) return -1;
  write_text(s, size, LIMIT * 2);
  write_text(s, size, 6 + size); /* too little: there is no room for the quotes */
  write_text(s, size, 6 + size + size / 2 + 2);
  write_number(data, size);
  check_forms(s, size);
  compare_names(s, size);
  return 0;
}
