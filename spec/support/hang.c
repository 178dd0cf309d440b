/* For LD_PRELOAD: a host name that ends in ".hang" does not resolve for a minute, as when no name
   server answers. All other names are the system's business. */
#include <dlfcn.h>
#include <netdb.h>
#include <string.h>
#include <unistd.h>

#define HANG_S 60

typedef int (*lookup) (const char *, const char *, const struct addrinfo *, struct addrinfo **);

int getaddrinfo (const char *node, const char *service, const struct addrinfo *hints,
                 struct addrinfo **found) {
  size_t size = node != NULL ? strlen(node) : 0;
  lookup real;
  if (size >= 5 && strcmp(node + size - 5, ".hang") == 0) {
    for (unsigned left = HANG_S; left > 0;) left = sleep(left);
    return EAI_AGAIN;
  }
  *(void **)&real = dlsym(RTLD_NEXT, "getaddrinfo");
  return real != NULL ? real(node, service, hints, found) : EAI_FAIL;
}
