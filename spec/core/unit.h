/* The few lines that a C test needs: a check that says what was expected and where. It counts, and
   refuses to go on after the first failure, so that a sanitizer's report stays close to it. */
#ifndef KASSA_UNIT_H
#define KASSA_UNIT_H

#include <stdio.h>
#include <stdlib.h>

static int unit_checks;

#define CHECK(condition) \
  do { \
    unit_checks++; \
    if (!(condition)) { \
      printf("%s:%d: not so: %s\n", __FILE__, __LINE__, #condition); \
      exit(1); \
    } \
  } while (0)

/* Each test program ends with this line; its spec waits for it. */
#define UNIT_END() (printf("ok %d\n", unit_checks), 0)

#endif
