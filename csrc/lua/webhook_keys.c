/* Signing keys of webhooks by their id: a plain table, or a set that holds them prepared. It keeps
   hash states, not keys, wipes them, and no message of it holds a key. */
#include <string.h>
#include <openssl/crypto.h>
#include "check.h"
#include "secret.h"
#include "webhook_keys.h"

#define CLASS "kassa.webhook_keys"
#define KEYS_MAX 50       /* as many as an account may have */
#define BASE64_MAX 1024   /* characters of a key in base64; Cybersource's have 44 */

/* What is wrong with a key or its id, for sentences that begin with the argument's name. */
#define ID_FAULT "must name each key by its id, a string that is not empty"
#define KEY_FAULT "must hold each key as a string or a secret"
#define EMPTY_FAULT "holds an empty key: everybody could sign with it"
#define SPACE_FAULT "holds a key that begins or ends with white space (was it read from a file?)"
#define BASE64_FAULT "holds a key that is not base64, as which Cybersource gives it"
#define COUNT_FAULT "holds more than 50 keys"
#define TYPE_FAULT "must be a table of keys by id, or a set of them"
#define SET_FAULT "is a set for another provider: webhook.keys(keys, provider) makes one"

enum ka_signer ka_to_signer (lua_State *L, int index) {
  size_t size;
  const char *name;
  if (lua_isnoneornil(L, index)) return KA_KLARNA;
  if (lua_type(L, index) != LUA_TSTRING) return KA_NOBODY;
  name = lua_tolstring(L, index, &size);
  if (size == 6 && memcmp(name, "klarna", size) == 0) return KA_KLARNA;
  return size == 11 && memcmp(name, "cybersource", size) == 0 ? KA_CYBERSOURCE : KA_NOBODY;
}

/* A prepared set. The uservalue maps each id to the place of its key, from 1. */
struct keys {
  enum ka_signer signer;
  int count;
  bool used[KEYS_MAX];
  struct ka_keyed key[KEYS_MAX];
};

static bool is_space (char c) {
  return c == ' ' || (c >= '\t' && c <= '\r');
}

/* Prepare a key that was given as text. KA_INVALID: it is no base64, and k is wiped. */
static enum ka_rc prepare (enum ka_signer signer, const char *text, size_t size,
                           struct ka_keyed *k) {
  unsigned char bytes[BASE64_MAX / 4 * 3];
  enum ka_rc rc;
  if (signer == KA_KLARNA) return ka_keyed_set(k, text, size);
  ka_keyed_wipe(k);
  if (size > BASE64_MAX) return KA_INVALID;
  rc = ka_unbase64(text, size, bytes, &size);
  if (rc == KA_OK) rc = ka_keyed_set(k, bytes, size);
  OPENSSL_cleanse(bytes, sizeof bytes);
  return rc;
}

static bool is_base64 (const char *text, size_t size) {
  struct ka_keyed trial;
  bool fits = prepare(KA_CYBERSOURCE, text, size, &trial) == KA_OK;
  ka_keyed_wipe(&trial);
  return fits;
}

/* What is wrong with the id and the key at these slots; NULL: nothing.  [-0, +0, -] */
static const char *pair_fault (lua_State *L, int id, int key, enum ka_signer signer) {
  size_t size;
  const char *text;
  if (lua_type(L, id) != LUA_TSTRING || lua_rawlen(L, id) == 0) return ID_FAULT;
  text = ka_secret_bytes(L, key, &size);
  if (text == NULL) return KEY_FAULT;
  if (size == 0) return EMPTY_FAULT;
  if (is_space(text[0]) || is_space(text[size - 1])) return SPACE_FAULT;
  return signer == KA_KLARNA || is_base64(text, size) ? NULL : BASE64_FAULT;
}

/* What is wrong with a table of keys by id, which nothing is read from past its limit; NULL:
   nothing.  [-0, +0, m] */
static const char *table_fault (lua_State *L, int table, enum ka_signer signer) {
  int count = 0;
  lua_pushnil(L);
  while (lua_next(L, table)) {
    int top = lua_gettop(L);
    const char *fault = ++count > KEYS_MAX ? COUNT_FAULT : pair_fault(L, top - 1, top, signer);
    if (fault != NULL) { lua_pop(L, 2); return fault; }
    lua_pop(L, 1);
  }
  return NULL;
}

const char *ka_keys_fault (lua_State *L, int index, enum ka_signer signer) {
  const struct keys *set;
  if (lua_istable(L, index)) return table_fault(L, index, signer);
  set = ka_test_class(L, index, CLASS);
  if (set == NULL) return TYPE_FAULT;
  return set->signer == signer ? NULL : SET_FAULT;
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
  return place > 0 && keys->used[place - 1] ? &keys->key[place - 1] : NULL;
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

/* The first free place, from 0; the caller knows that there is one. */
static int free_place (const struct keys *keys) {
  int place = 0;
  while (keys->used[place]) place++;
  return place;
}

/* Add or replace the key at slot key. What was wrong with it, or NULL; the set is then as it was.
   [-0, +0, v] */
static const char *put_key (lua_State *L, int set, int id, int key) {
  struct keys *keys = lua_touserdata(L, set);
  const char *fault = pair_fault(L, id, key, keys->signer), *text;
  struct ka_keyed *old, fresh;
  size_t size;
  int place;
  if (fault != NULL) return fault;
  old = find_key(L, set, id);
  if (old == NULL && keys->count == KEYS_MAX) return COUNT_FAULT;
  place = old != NULL ? (int) (old - keys->key) : free_place(keys);
  if (old == NULL) note_place(L, set, id, place + 1);
  text = ka_secret_bytes(L, key, &size);
  if (prepare(keys->signer, text, size, &fresh) != KA_OK)
    luaL_error(L, "keys: libcrypto refused");
  keys->key[place] = fresh;
  keys->used[place] = true;
  keys->count += old == NULL;
  ka_keyed_wipe(&fresh);
  return NULL;
}

/* Forget the key at a place, from 0. */
static void drop_key (struct keys *keys, int place) {
  keys->count -= keys->used[place];
  keys->used[place] = false;
  ka_keyed_wipe(&keys->key[place]);
}

/* An empty set.  [-0, +1, m] */
static void push_keys (lua_State *L, enum ka_signer signer) {
  struct keys *keys = lua_newuserdatauv(L, sizeof *keys, 1);
  memset(keys, 0, sizeof *keys);
  keys->signer = signer;
  luaL_getmetatable(L, CLASS);
  lua_setmetatable(L, -2);
  lua_newtable(L);
  lua_setuservalue(L, -2);
}

/* (keys: { [id] = string or secret }, provider: name or nil) -> a prepared set of them
   [-0, +1, v] */
static int l_keys (lua_State *L) {
  enum { KEYS = 1, PROVIDER, SET, ID, KEY };
  enum ka_signer signer = ka_to_signer(L, PROVIDER);
  ka_check_table(L, KEYS, "keys");
  if (signer == KA_NOBODY) return ka_refuse(L, PROVIDER, "provider", "\"klarna\", \"cybersource\"");
  lua_settop(L, PROVIDER);
  push_keys(L, signer);
  lua_pushnil(L);
  while (lua_next(L, KEYS)) {
    const char *fault = put_key(L, SET, ID, KEY);
    if (fault != NULL) return luaL_argerror(L, KEYS, lua_pushfstring(L, "keys %s", fault));
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
  struct ka_keyed *key;
  size_t size;
  ka_check_text(L, 2, "id", &size);
  key = find_key(L, 1, 2);
  if (key != NULL) {
    note_place(L, 1, 2, 0);
    drop_key(keys, (int) (key - keys->key));
  }
  lua_pushboolean(L, key != NULL);
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
  for (int place = 0; place < KEYS_MAX; place++) drop_key(keys, place);
  return 0;
}

const struct ka_keyed *ka_keys_find (lua_State *L, int keys, int id, enum ka_signer signer,
                                     struct ka_keyed *once) {
  size_t size;
  const char *text;
  if (!lua_istable(L, keys)) return find_key(L, keys, id);
  lua_pushvalue(L, id);
  lua_rawget(L, keys);
  text = ka_secret_bytes(L, -1, &size);
  lua_pop(L, 1); /* the table still holds it */
  if (text == NULL) return NULL;
  if (prepare(signer, text, size, once) != KA_OK) luaL_error(L, "webhook: libcrypto refused");
  return once;
}

/* (keys: any, provider: name or nil) -> nil when they may be used, else what is wrong, to be read
   after their name  [-0, +1, m] */
static int l_keys_fault (lua_State *L) {
  lua_settop(L, 2);
  lua_pushstring(L, ka_keys_fault(L, 1, ka_to_signer(L, 2)));
  return 1;
}

static const luaL_Reg functions[] = {
  {"keys", l_keys}, {"keys_fault", l_keys_fault}, {NULL, NULL}
};

static const luaL_Reg methods[] = {
  {"add", l_add}, {"remove", l_remove}, {NULL, NULL}
};

static const luaL_Reg meta[] = {
  {"__len", l_len}, {"__tostring", l_tostring}, {"__gc", l_keys_gc}, {NULL, NULL}
};

void ka_keys_open (lua_State *L) {
  ka_new_class(L, CLASS, methods);
  luaL_setfuncs(L, meta, 0);
  lua_pop(L, 1);
  luaL_setfuncs(L, functions, 0);
}
