/* Texts of a fixed form: does this one have it? Each function looks at the whole text and refuses
   a NUL, a blank or a byte beyond ASCII like any other byte that does not belong there. */
#ifndef KASSA_FORMAT_H
#define KASSA_FORMAT_H

#include <stdbool.h>
#include <stddef.h>

bool ka_is_currency (const char *s, size_t size);  /* three letters */
bool ka_is_country (const char *s, size_t size);   /* two letters */
bool ka_is_locale (const char *s, size_t size);    /* language and subtags: en, en-US, zh-Hant-TW */
bool ka_is_date (const char *s, size_t size);      /* 2024-02-29, a day that exists */
bool ka_is_time (const char *s, size_t size);      /* 2024-02-29T12:00:00[.123](Z|+01:00) */
bool ka_is_email (const char *s, size_t size);     /* local part 1..64, domain 1..255 with a dot */
bool ka_is_phone (const char *s, size_t size);     /* digits, blanks, + ( ) . -; 1..99, one digit */
bool ka_is_url (const char *s, size_t size);       /* http, https or an app's own scheme, with // */
bool ka_is_spelled (const char *s, size_t size);   /* A_NAME_LIKE_THIS: capitals, digits, _ */

#endif
