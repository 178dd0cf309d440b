/* A program that embeds Lua and exports functions by the names of OpenSSL's, as a server with a
   static OpenSSL does. It is built to show who calls them: host SCRIPT ARGUMENTS, with Lua 5.4. */
#include <dlfcn.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

typedef struct lua_State lua_State;

/* Whoever gets this in place of libssl's has lost. */
__attribute__((visibility("default"))) void *SSL_CTX_new (const void *method);
void *SSL_CTX_new (const void *method) {
  (void)method;
  puts("the host's SSL_CTX_new was called");
  return NULL;
}

static void *lua;

static void *get (const char *name) {
  void *found = dlsym(lua, name);
  if (found == NULL) exit(77);
  return found;
}

int main (int count, char **arguments) {
  lua_State *(*newstate) (void);
  void (*openlibs) (lua_State *);
  int (*loadfile) (lua_State *, const char *, const char *);
  int (*pcallk) (lua_State *, int, int, int, ptrdiff_t, void *);
  const char *(*tolstring) (lua_State *, int, size_t *);
  const char *(*pushstring) (lua_State *, const char *);
  lua_State *L;
  int failed;
  lua = dlopen("liblua5.4.so.0", RTLD_NOW | RTLD_GLOBAL);
  if (lua == NULL) return 77;
  *(void **)&newstate = get("luaL_newstate");
  *(void **)&openlibs = get("luaL_openlibs");
  *(void **)&loadfile = get("luaL_loadfilex");
  *(void **)&pcallk = get("lua_pcallk");
  *(void **)&tolstring = get("lua_tolstring");
  *(void **)&pushstring = get("lua_pushstring");
  L = newstate();
  openlibs(L);
  failed = count < 2 || loadfile(L, arguments[1], NULL) != 0;
  for (int i = 2; i < count; i++) pushstring(L, arguments[i]);
  failed = failed || pcallk(L, count - 2, 0, 0, 0, NULL) != 0;
  if (failed) printf("%s\n", tolstring(L, -1, NULL));
  return failed;
}
