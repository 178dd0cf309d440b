/* core.webhook: csrc/core/webhook.h for Lua, with the search for headers and for the key. It
   refuses whatever is not one header, one known key and one right signature, and says which. */
#include <string.h>
#include <strings.h>
#include <openssl/crypto.h>
#include "check.h"
#include "secret.h"
#include "bindings.h"
#include "core/webhook.h"

#define CLASS "kassa.webhook_keys"
#define HASHER_CLASS "kassa.hasher"
#define KEYS_MAX 50 /* as many as an account may have */

/* What is wrong with a key or its id, for sentences that begin with the argument's name. */
#define ID_FAULT "must name each key by its id, a string that is not empty"
#define KEY_FAULT "must hold each key as a string or a secret"
#define EMPTY_FAULT "holds an empty key: everybody could sign with it"
#define SPACE_FAULT "holds a key that begins or ends with white space (was it read from a file?)"
#define COUNT_FAULT "holds more than 50 keys"

/* Keys ----------------------------------------------------------------------------------------- */

/* A prepared set. The uservalue maps each id to the place of its key, from 1. */
struct keys {
  int count;
  struct ka_keyed place[KEYS_MAX]; /* closed: free */
};

static bool is_space (char c) {
  return c == ' ' || (c >= '\t' && c <= '\r');
}

/* What is wrong with the id and the key at these slots; NULL: nothing.  [-0, +0, -] */
static const char *pair_fault (lua_State *L, int id, int key) {
  size_t size;
  const char *bytes;
  if (lua_type(L, id) != LUA_TSTRING || lua_rawlen(L, id) == 0) return ID_FAULT;
  bytes = ka_secret_bytes(L, key, &size);
  if (bytes == NULL) return KEY_FAULT;
  if (size == 0) return EMPTY_FAULT;
  return is_space(bytes[0]) || is_space(bytes[size - 1]) ? SPACE_FAULT : NULL;
}

/* What is wrong with a table of keys by id, which nothing is read from past its limit; NULL:
   nothing.  [-0, +0, m] */
static const char *table_fault (lua_State *L, int table) {
  int count = 0;
  lua_pushnil(L);
  while (lua_next(L, table)) {
    int top = lua_gettop(L);
    const char *fault = ++count > KEYS_MAX ? COUNT_FAULT : pair_fault(L, top - 1, top);
    if (fault != NULL) { lua_pop(L, 2); return fault; }
    lua_pop(L, 1);
  }
  return NULL;
}

/* The set at index, or NULL.  [-0, +0, m] */
static struct keys *test_keys (lua_State *L, int index) {
  void *data = lua_touserdata(L, index);
  bool same;
  if (data == NULL || !lua_getmetatable(L, index)) return NULL;
  luaL_getmetatable(L, CLASS);
  same = lua_rawequal(L, -1, -2);
  lua_pop(L, 2);
  return same ? data : NULL;
}

static struct keys *check_keys (lua_State *L) { return luaL_checkudata(L, 1, CLASS); }

/* The key of the set at slot set that the text at slot id names; NULL: none.  [-0, +0, -] */
static struct ka_keyed *find_key (lua_State *L, int set, int id) {
  struct keys *keys = lua_touserdata(L, set);
  int place;
  lua_getuservalue(L, set);
  lua_pushvalue(L, id);
  lua_rawget(L, -2);
  place = (int) lua_tointeger(L, -1);
  lua_pop(L, 2);
  return place > 0 && keys->place[place - 1].inner != NULL ? &keys->place[place - 1] : NULL;
}

/* Write down that the id at slot id stands at a place, 0: nowhere.  [-0, +0, m] */
static void note_place (lua_State *L, int set, int id, int place) {
  lua_getuservalue(L, set);
  lua_pushvalue(L, id);
  if (place > 0) lua_pushinteger(L, place);
  else lua_pushnil(L);
  lua_rawset(L, -3);
  lua_pop(L, 1);
}

/* The first free place; the caller knows that there is one. */
static struct ka_keyed *free_place (struct keys *keys) {
  int i = 0;
  while (keys->place[i].inner != NULL) i++;
  return &keys->place[i];
}

/* Add or replace the key at slot key. What was wrong with it, or NULL; the set is then as it was.
   [-0, +0, v] */
static const char *put_key (lua_State *L, int set, int id, int key) {
  struct keys *keys = lua_touserdata(L, set);
  const char *fault = pair_fault(L, id, key), *bytes;
  struct ka_keyed fresh, *old, *place;
  size_t size;
  if (fault != NULL) return fault;
  place = old = find_key(L, set, id);
  if (old == NULL && keys->count == KEYS_MAX) return COUNT_FAULT;
  if (old == NULL) {
    place = free_place(keys);
    note_place(L, set, id, (int) (place - keys->place) + 1);
  }
  bytes = ka_secret_bytes(L, key, &size);
  if (ka_keyed_open(&fresh, bytes, size) != KA_OK) {
    if (old == NULL) note_place(L, set, id, 0);
    luaL_error(L, "keys: libcrypto refused");
  }
  keys->count += old == NULL;
  ka_keyed_close(place);
  *place = fresh;
  return NULL;
}

/* An empty set.  [-0, +1, m] */
static void push_keys (lua_State *L) {
  struct keys *keys = lua_newuserdatauv(L, sizeof *keys, 1);
  memset(keys, 0, sizeof *keys);
  luaL_getmetatable(L, CLASS);
  lua_setmetatable(L, -2);
  lua_newtable(L);
  lua_setuservalue(L, -2);
}

/* (keys: { [id] = string or secret }) -> a prepared set of them  [-0, +1, v] */
static int l_keys (lua_State *L) {
  ka_check_table(L, 1, "keys");
  lua_settop(L, 1);
  push_keys(L);
  lua_pushnil(L);
  while (lua_next(L, 1)) {
    const char *fault = put_key(L, 2, 3, 4);
    if (fault != NULL) return luaL_argerror(L, 1, lua_pushfstring(L, "keys %s", fault));
    lua_pop(L, 1);
  }
  return 1;
}

/* (keys, id: string, key: string or secret) -> keys; another key of that id is replaced
   [-0, +1, v] */
static int l_add (lua_State *L) {
  const char *fault;
  check_keys(L);
  lua_settop(L, 3);
  fault = put_key(L, 1, 2, 3);
  if (fault != NULL) return luaL_error(L, "keys:add: the set %s", fault);
  lua_settop(L, 1);
  return 1;
}

/* (keys, id: string) -> was it there?  [-0, +1, v] */
static int l_remove (lua_State *L) {
  struct keys *keys = check_keys(L);
  struct ka_keyed *place;
  size_t size;
  ka_check_text(L, 2, "id", &size);
  place = find_key(L, 1, 2);
  lua_pushboolean(L, place != NULL);
  if (place == NULL) return 1;
  note_place(L, 1, 2, 0);
  ka_keyed_close(place);
  keys->count--;
  return 1;
}

/* (keys) -> how many  [-0, +1, v] */
static int l_len (lua_State *L) {
  lua_pushinteger(L, check_keys(L)->count);
  return 1;
}

/* (keys) -> "kassa.webhook.keys (2)"  [-0, +1, v] */
static int l_tostring (lua_State *L) {
  lua_pushfstring(L, "kassa.webhook.keys (%d)", check_keys(L)->count);
  return 1;
}

/* (keys), may run twice  [-0, +0, v] */
static int l_keys_gc (lua_State *L) {
  struct keys *keys = check_keys(L);
  for (int i = 0; i < KEYS_MAX; i++) ka_keyed_close(&keys->place[i]);
  keys->count = 0;
  return 0;
}

/* Headers -------------------------------------------------------------------------------------- */

static const struct wanted { const char *name; size_t size; } wanted[] = {
  {"klarna-signature", 16}, {"klarna-signing-key-id", 21},
};
#define WANTED (int) (sizeof wanted / sizeof wanted[0])

/* Which of the wanted headers the key at slot names, -1 for none.  [-0, +0, -] */
static int which (lua_State *L, int slot) {
  size_t size;
  const char *name;
  if (lua_type(L, slot) != LUA_TSTRING) return -1;
  name = lua_tolstring(L, slot, &size);
  for (int i = 0; i < WANTED; i++)
    if (size == wanted[i].size && strncasecmp(name, wanted[i].name, size) == 0) return i;
  return -1;
}

/* Replace the value on top, a header's, by its text: a list of one text counts as that text;
   anything else becomes false.  [-1, +1, -] */
static void settle_value (lua_State *L) {
  if (lua_istable(L, -1) && lua_rawlen(L, -1) == 1) {
    lua_rawgeti(L, -1, 1);
    lua_remove(L, -2);
  }
  if (lua_type(L, -1) == LUA_TSTRING) return;
  lua_pop(L, 1);
  lua_pushboolean(L, 0);
}

/* (headers: table) -> signature, key id. Names in any case; each is a string, nil when there is
   none, false when there is more than one or no text. Metatables are not asked  [-0, +2, v] */
static int l_find (lua_State *L) {
  ka_check_table(L, 1, "headers");
  lua_settop(L, 1);
  lua_settop(L, 3); /* 2 and 3: what was found */
  lua_pushnil(L);
  while (lua_next(L, 1)) {
    int found = which(L, 4);
    if (found < 0) { lua_pop(L, 1); continue; }
    settle_value(L);
    if (!lua_isnil(L, 2 + found)) { lua_pop(L, 1); lua_pushboolean(L, 0); }
    lua_replace(L, 2 + found);
  }
  return 2;
}

/* (value: any) -> what a header of this value says: a string, nil, or false as above
   [-0, +1, -] */
static int l_value (lua_State *L) {
  lua_settop(L, 1);
  if (!lua_isnil(L, 1)) settle_value(L);
  return 1;
}

/* Checking ------------------------------------------------------------------------------------- */

/* The hasher in the first upvalue.  [-0, +0, -] */
static struct ka_hasher *hasher (lua_State *L) {
  return lua_touserdata(L, lua_upvalueindex(1));
}

/* The digest of the body by the key that the text at slot id names; false: no such key. keys is a
   set or a plain table, whose metatable is not asked.  [-0, +0, v] */
static bool digest_by (lua_State *L, int keys, int id, const char *body, size_t size,
                       unsigned char digest[KA_SHA256_SIZE]) {
  enum ka_rc rc;
  if (lua_istable(L, keys)) {
    size_t key_size;
    const char *key;
    lua_pushvalue(L, id);
    lua_rawget(L, keys);
    key = ka_secret_bytes(L, -1, &key_size);
    if (key == NULL) { lua_pop(L, 1); return false; }
    rc = ka_once_digest(hasher(L), key, key_size, body, size, digest);
    lua_pop(L, 1);
  } else {
    const struct ka_keyed *key = find_key(L, keys, id);
    if (key == NULL) return false;
    rc = ka_keyed_digest(hasher(L), key, body, size, digest);
  }
  if (rc != KA_OK) luaL_error(L, "webhook: libcrypto refused");
  return true;
}

/* [-0, +1, m] */
static int say (lua_State *L, const char *reason) {
  lua_pushstring(L, reason);
  return 1;
}

/* (body: string, signature, key id: as found, keys: set or table) -> nil when it is right, else the
   reason  [-0, +1, v] */
static int l_check (lua_State *L) {
  unsigned char digest[KA_SHA256_SIZE];
  size_t size, signature_size;
  const char *body = ka_check_text(L, 1, "body", &size), *signature;
  bool right;
  if (lua_isnoneornil(L, 2) || lua_isnoneornil(L, 3)) return say(L, "no_signature");
  if (lua_type(L, 2) != LUA_TSTRING || lua_type(L, 3) != LUA_TSTRING) return say(L, "bad_format");
  signature = lua_tolstring(L, 2, &signature_size);
  if (!ka_signature_form(signature, signature_size)) return say(L, "bad_format");
  if (!lua_istable(L, 4) && test_keys(L, 4) == NULL)
    return ka_refuse(L, 4, "keys", "table or keys");
  if (!digest_by(L, 4, 3, body, size, digest)) return say(L, "unknown_key");
  right = ka_signature_says(signature, digest);
  OPENSSL_cleanse(digest, sizeof digest);
  if (!right) return say(L, "mismatch");
  lua_pushnil(L);
  return 1;
}

/* (keys: any) -> nil when they may be used, else what is wrong, to be read after their name
   [-0, +1, m] */
static int l_keys_fault (lua_State *L) {
  const char *fault;
  lua_settop(L, 1);
  if (test_keys(L, 1) != NULL) fault = NULL;
  else if (!lua_istable(L, 1)) fault = "must be a table of keys by id, or kassa.webhook.keys";
  else fault = table_fault(L, 1);
  if (fault != NULL) lua_pushstring(L, fault);
  else lua_pushnil(L);
  return 1;
}

/* (hasher), may run twice  [-0, +0, v] */
static int l_hasher_gc (lua_State *L) {
  ka_hasher_close(luaL_checkudata(L, 1, HASHER_CLASS));
  return 0;
}

static const luaL_Reg functions[] = {
  {"find", l_find}, {"value", l_value}, {"keys", l_keys}, {"keys_fault", l_keys_fault},
  {NULL, NULL}
};

static const luaL_Reg methods[] = {
  {"add", l_add}, {"remove", l_remove}, {NULL, NULL}
};

static const luaL_Reg meta[] = {
  {"__len", l_len}, {"__tostring", l_tostring}, {"__gc", l_keys_gc}, {NULL, NULL}
};

static const luaL_Reg hasher_meta[] = {
  {"__gc", l_hasher_gc}, {NULL, NULL}
};

/* [-0, +1, v] */
static void push_hasher (lua_State *L) {
  struct ka_hasher *h = lua_newuserdatauv(L, sizeof *h, 0);
  h->context = NULL;
  luaL_newmetatable(L, HASHER_CLASS);
  luaL_setfuncs(L, hasher_meta, 0);
  lua_setmetatable(L, -2);
  if (ka_hasher_open(h) != KA_OK) luaL_error(L, "webhook: libcrypto has no SHA-256");
}

/* Push the functions above; check keeps the hasher.  [-0, +1, v] */
int ka_open_webhook (lua_State *L) {
  ka_new_class(L, CLASS, methods);
  luaL_setfuncs(L, meta, 0);
  lua_pop(L, 1);
  luaL_newlib(L, functions);
  push_hasher(L);
  lua_pushcclosure(L, l_check, 1);
  lua_setfield(L, -2, "check");
  return 1;
}
