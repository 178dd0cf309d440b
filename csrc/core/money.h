/* Amounts between decimal text ("19.99") and whole minor units (1999), by the currency's decimals
   in ISO 4217. It refuses to round: a text with more decimals than the currency has is none. */
#ifndef KASSA_MONEY_H
#define KASSA_MONEY_H

#include <stddef.h>
#include <stdint.h>

#define KA_MONEY_DIGITS_MAX 15  /* exact as integer and as double, on every Lua */
#define KA_MONEY_DECIMALS_MAX 4
#define KA_MONEY_SIZE 28        /* -922337203685477.5807, and more decimals than any currency has */

enum ka_money {
  KA_MONEY_OK,
  KA_MONEY_FORM,      /* no decimal text */
  KA_MONEY_DECIMALS,  /* more decimals than asked for */
  KA_MONEY_LARGE      /* more digits than KA_MONEY_DIGITS_MAX */
};

/* The decimals of the currency whose three letters stand at code, in either case; 2 for one that
   is not listed. */
unsigned ka_money_decimals (const char *code);

/* The amount that the text names, in *minor: a sign, digits, and at most so many decimals, at most
   KA_MONEY_DECIMALS_MAX. *minor is left alone unless KA_MONEY_OK comes back. */
enum ka_money ka_money_read (const char *s, size_t size, unsigned decimals, int64_t *minor)
  __attribute__((warn_unused_result));

/* Write minor with so many decimals at out (room for KA_MONEY_SIZE), without a NUL; returns the
   length. */
size_t ka_money_write (char *out, int64_t minor, unsigned decimals);

#endif
