/* kassa.deepbind: loads the core, and before it libcurl, so that they call their own OpenSSL inside
   a program that exports another one, as an nginx with a static OpenSSL does: there the dynamic
   linker would give libcurl the program's functions, of whatever version. It is linked with none of
   them, and does nothing where it is not needed. */
#include <dlfcn.h>
#include <string.h>
#include "lua/compat.h"

#define HOW (RTLD_NOW | RTLD_LOCAL | RTLD_DEEPBIND)

/* One of the functions that would be taken from the program. */
#define SYMBOL "SSL_CTX_new"

static const char *const libcurl_names[] = {"libcurl.so.4", "libcurl.so", NULL};

/* Sanitizers stand in the place of the C library, which deep binding undoes. */
static bool is_sanitized (void) {
  return dlsym(RTLD_DEFAULT, "__asan_init") != NULL || dlsym(RTLD_DEFAULT, "__tsan_init") != NULL;
}

/* () -> does this program export an OpenSSL that is not libssl?  [-0, +1, -] */
static int l_needed (lua_State *L) {
  void *found = dlsym(RTLD_DEFAULT, SYMBOL);
  Dl_info where = {0};
  bool needed = found != NULL && !is_sanitized() && dladdr(found, &where) != 0 &&
                where.dli_fname != NULL && strstr(where.dli_fname, "libssl") == NULL;
  lua_pushboolean(L, needed);
  return 1;
}

/* nil, what the linker says  [-0, +2, m] */
static int fail (lua_State *L) {
  const char *why = dlerror();
  lua_pushnil(L);
  lua_pushstring(L, why != NULL ? why : "the dynamic linker does not say why");
  return 2;
}

/* (path of the core) -> its luaopen function; or nil and why it cannot be loaded  [-0, +1..2, v] */
static int l_load (lua_State *L) {
  const char *path = luaL_checkstring(L, 1);
  void *library = NULL, *symbol;
  lua_CFunction open;
  for (int i = 0; library == NULL && libcurl_names[i] != NULL; i++)
    library = dlopen(libcurl_names[i], HOW);
  if (library == NULL) return fail(L);
  library = dlopen(path, HOW);
  if (library == NULL) return fail(L);
  symbol = dlsym(library, "luaopen_kassa_core");
  if (symbol == NULL) return fail(L);
  *(void **)&open = symbol;
  lua_pushcfunction(L, open);
  return 1;
}

static const luaL_Reg functions[] = {{"needed", l_needed}, {"load", l_load}, {NULL, NULL}};

/* () -> { needed =, load = }  [-0, +1, m] */
KA_EXPORT int luaopen_kassa_deepbind (lua_State *L);
KA_EXPORT int luaopen_kassa_deepbind (lua_State *L) {
  luaL_newlib(L, functions);
  return 1;
}
