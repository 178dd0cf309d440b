/* Reads HTTP header fields: the block as it came, rate limits, Retry-After, dates. It refuses
   nothing that a server may send: what makes no sense is left out, never an error.

   All results point into the caller's text and live as long as it; nothing is copied or owned. */
#ifndef KASSA_HEADERS_H
#define KASSA_HEADERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ka_slice {
  const char *at;
  size_t size;
};

/* One field. The value has no white space around it; if it was folded over several lines, the line
   ends are still inside it and each CR and LF means a space (RFC 9112, section 5.2). */
struct ka_header {
  struct ka_slice name, value;
};

/* Take the next field off the block: false at its end. Lines that are no field are passed over. */
bool ka_headers_next (struct ka_slice *block, struct ka_header *header);

/* May these bytes be written as a field name (a token), as a field value (RFC 9110, section 5.5)?
   Neither can hold CR, LF, NUL, nor white space at its ends; a name is not empty. */
bool ka_header_name (const char *text, size_t size);
bool ka_header_value (const char *text, size_t size);

/* Rate limits (klarna.md, 1.5): a number, then policies such as 40;w=1;name="capture". */

#define KA_POLICIES_MAX 16
#define KA_NOT_TOLD (-1)

struct ka_policy {
  int64_t limit;
  int64_t window_s;      /* KA_NOT_TOLD */
  struct ka_slice name;  /* without its quotes, escapes as sent; at == NULL when not told */
};

struct ka_rate {
  int64_t limit;         /* the quota nearest to its end, or KA_NOT_TOLD */
  size_t count;
  struct ka_policy policies[KA_POLICIES_MAX];
};

void ka_rate_limit (const char *text, size_t size, struct ka_rate *rate);

/* The three fields of a block that tell of a rate, the last one of each name; at == NULL for what
   is not there. False when none is: of other lines it looks at the first letter, no further. */
struct ka_rate_fields {
  struct ka_slice limit, remaining, reset;
};

bool ka_rate_find (const char *block, size_t size, struct ka_rate_fields *fields);

/* A whole number without a sign, spaces around it allowed; KA_NOT_TOLD for anything else. A number
   past 2^31 - 1 is read as that: nobody waits or counts so far. */
int64_t ka_count (const char *text, size_t size);

/* An HTTP date in its three forms (RFC 9110, section 5.6.7) as seconds since 1970. A year of two
   digits is the one at most 50 years after now_s. False when it is no such date. */
bool ka_http_date (const char *text, size_t size, int64_t now_s, int64_t *epoch_s);

/* Retry-After: seconds to wait from now_s, never negative; KA_NOT_TOLD when it cannot be read. */
int64_t ka_retry_after (const char *text, size_t size, int64_t now_s);

#endif
