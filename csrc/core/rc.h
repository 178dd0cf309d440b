/* The results that functions of the core return. No function here prints, aborts or raises: the
   caller decides, and the compiler refuses a caller that does not look. */
#ifndef KASSA_RC_H
#define KASSA_RC_H

enum ka_rc {
  KA_OK = 0,
  KA_NOMEM,      /* the system has no memory; the object is as it was before the call */
  KA_TOO_LARGE,  /* a named limit would be passed; the object is as it was before the call */
  KA_INVALID,    /* the input does not have the form asked for */
  KA_FAILED      /* a library below refused to work: no randomness, no such digest */
};

#define KA_CHECKED __attribute__((warn_unused_result))

#endif
