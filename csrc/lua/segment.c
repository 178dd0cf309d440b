/* core.segment: an id as one segment of a path, at a tenth of what a pattern of Lua costs for an id
   that needs no escape. It refuses to judge an id; which ones are none is known to the caller. */
#include <string.h>
#include "bindings.h"
#include "check.h"

/* May the byte stand in a segment as it is? RFC 3986, 3.3: pchar without its escapes. */
static bool is_plain (unsigned char c) {
  if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= ':') || c == '-') return true; /* most of an id */
  return (c >= 'A' && c <= 'Z') || (c != '\0' && strchr("._~@!$&'()*+,;=", c) != NULL);
}

/* Push the text with %XX for each byte that may not stand as it is.  [-0, +1, m] */
static void push_escaped (lua_State *L, const char *text, size_t size) {
  static const char digits[] = "0123456789ABCDEF";
  luaL_Buffer out;
  luaL_buffinit(L, &out);
  for (size_t i = 0; i < size; i++) {
    unsigned char c = (unsigned char) text[i];
    if (is_plain(c)) { luaL_addchar(&out, text[i]); continue; }
    luaL_addchar(&out, '%');
    luaL_addchar(&out, digits[c >> 4]);
    luaL_addchar(&out, digits[c & 15]);
  }
  luaL_pushresult(&out);
}

/* (text) -> the text, escaped where it has to be  [-0, +1, v] */
static int l_escape (lua_State *L) {
  size_t size, plain = 0;
  const char *text = ka_check_text(L, 1, "text", &size);
  while (plain < size && is_plain((unsigned char) text[plain])) plain++;
  if (plain == size) lua_settop(L, 1);
  else push_escaped(L, text, size);
  return 1;
}

static const luaL_Reg functions[] = {
  {"escape", l_escape},
  {NULL, NULL}
};

/* () -> segment  [-0, +1, m] */
int ka_open_segment (lua_State *L) {
  luaL_newlib(L, functions);
  return 1;
}
