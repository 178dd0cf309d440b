/* core.webhook: csrc/core/webhook.h for Lua, with the search for headers and for the key. It
   refuses whatever is not one header, one known key and one right signature, and says which. */
#include <string.h>
#include <strings.h>
#include <openssl/crypto.h>
#include "check.h"
#include "schema.h"
#include "secret.h"
#include "bindings.h"
#include "core/time.h"
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
  bool used[KEYS_MAX];
  struct ka_keyed key[KEYS_MAX];
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

/* What is wrong with the keys at an index, a set or a table of them; NULL: nothing.
   [-0, +0, m] */
static const char *keys_fault (lua_State *L, int index) {
  if (lua_istable(L, index)) return table_fault(L, index);
  if (ka_test_class(L, index, CLASS) != NULL) return NULL;
  return "must be a table of keys by id, or a set of them";
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
  const char *fault = pair_fault(L, id, key), *bytes;
  struct ka_keyed *old, fresh;
  size_t size;
  int place;
  if (fault != NULL) return fault;
  old = find_key(L, set, id);
  if (old == NULL && keys->count == KEYS_MAX) return COUNT_FAULT;
  place = old != NULL ? (int) (old - keys->key) : free_place(keys);
  if (old == NULL) note_place(L, set, id, place + 1);
  bytes = ka_secret_bytes(L, key, &size);
  if (ka_keyed_set(&fresh, bytes, size) != KA_OK) luaL_error(L, "keys: libcrypto refused");
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

/* Options and headers ------------------------------------------------------------------------- */

/* Slots of l_check: the table of options, the two headers, then the options one by one. */
enum { OPTIONS = 1, SIGNATURE, KEY_ID, BODY, HEADERS, KEYS, PROVIDER, NOW_MS, RAW };

typedef int compare (const char *a, const char *b, size_t size);

static const struct word { const char *text; size_t size; int slot; } options[] = {
  {"body", 4, BODY}, {"headers", 7, HEADERS}, {"keys", 4, KEYS}, {"provider", 8, PROVIDER},
  {"now_ms", 6, NOW_MS}, {"raw", 3, RAW}, {NULL, 0, 0},
}, headers[] = {
  {"klarna-signature", 16, SIGNATURE}, {"klarna-signing-key-id", 21, KEY_ID}, {NULL, 0, 0},
};

/* The slot that the value at an index names; 0 for none.  [-0, +0, -] */
static int slot_of (lua_State *L, int index, const struct word *words, compare *differ) {
  size_t size;
  const char *text;
  if (lua_type(L, index) != LUA_TSTRING) return 0;
  text = lua_tolstring(L, index, &size);
  for (; words->text != NULL; words++)
    if (size == words->size && differ(text, words->text, size) == 0) return words->slot;
  return 0;
}

/* Bring each option to its slot. False for one that there is not; its name is then on top.
   [-0, +(0|1), -] */
static bool read_options (lua_State *L) {
  lua_pushnil(L);
  while (lua_next(L, OPTIONS)) {
    int slot = slot_of(L, -2, options, strncmp);
    if (slot == 0) { lua_pop(L, 1); return false; }
    lua_replace(L, slot);
  }
  return true;
}

/* Is it the name of a provider that signs like this?  [-0, +0, -] */
static bool is_provider (lua_State *L, int slot) {
  static const struct word providers[] = {{"klarna", 6, 1}, {NULL, 0, 0}};
  return slot_of(L, slot, providers, strncmp) != 0;
}

/* The name of the first option that cannot be meant, in *fault what is wrong with the keys; NULL
   when all fit.  [-0, +0, m] */
static const char *misused (lua_State *L, const char **fault) {
  int type = lua_type(L, HEADERS);
  if (lua_type(L, BODY) != LUA_TSTRING) return "body";
  if (type != LUA_TTABLE && type != LUA_TFUNCTION) return "headers";
  if ((*fault = keys_fault(L, KEYS)) != NULL) return "keys";
  if (!lua_isnil(L, PROVIDER) && !is_provider(L, PROVIDER)) return "provider";
  if (!lua_isnil(L, NOW_MS) && lua_type(L, NOW_MS) != LUA_TNUMBER) return "now_ms";
  if (!lua_isnil(L, RAW) && !lua_isboolean(L, RAW)) return "raw";
  return NULL;
}

/* Replace the value on top, a header's, by its text: a list of one text counts as that text;
   anything else but nil becomes false.  [-1, +1, -] */
static void settle_value (lua_State *L) {
  if (lua_istable(L, -1) && lua_rawlen(L, -1) == 1) {
    lua_rawgeti(L, -1, 1);
    lua_remove(L, -2);
  }
  if (lua_isnil(L, -1) || lua_type(L, -1) == LUA_TSTRING) return;
  lua_pop(L, 1);
  lua_pushboolean(L, 0);
}

/* Bring the two headers to their slots: a text; nil for none; false for two, or for no text. The
   table's metatable is not asked.  [-0, +0, -] */
static void find_headers (lua_State *L) {
  lua_pushnil(L);
  while (lua_next(L, HEADERS)) {
    int slot = slot_of(L, -2, headers, strncasecmp);
    if (slot == 0) { lua_pop(L, 1); continue; }
    settle_value(L);
    if (!lua_isnil(L, slot)) { lua_pop(L, 1); lua_pushboolean(L, 0); }
    lua_replace(L, slot);
  }
}

/* What a function said of the two headers, made the same.  [-0, +0, -] */
static void settle_slots (lua_State *L) {
  for (int slot = SIGNATURE; slot <= KEY_ID; slot++) {
    lua_pushvalue(L, slot);
    settle_value(L);
    lua_replace(L, slot);
  }
}

/* Checking ------------------------------------------------------------------------------------ */

/* The hasher in the first upvalue. It is opened for the first check: finding SHA-256 wakes
   libcrypto, for which a program that sends only would wait at every start.  [-0, +0, v] */
static struct ka_hasher *hasher (lua_State *L) {
  struct ka_hasher *h = lua_touserdata(L, lua_upvalueindex(1));
  if (h->context == NULL && ka_hasher_open(h) != KA_OK)
    luaL_error(L, "webhook: libcrypto has no SHA-256");
  return h;
}

/* HMAC of the body by a key of a plain table, prepared for this once.  [-0, +0, -] */
static enum ka_rc digest_once (lua_State *L, const char *key, size_t key_size, const char *body,
                               size_t size, unsigned char digest[KA_SHA256_SIZE]) {
  struct ka_keyed once;
  enum ka_rc rc = ka_keyed_set(&once, key, key_size);
  if (rc == KA_OK) rc = ka_keyed_digest(hasher(L), &once, body, size, digest);
  ka_keyed_wipe(&once);
  return rc;
}

/* The digest of the body by the key that the key id names; false: no such key. Of a plain table the
   metatable is not asked.  [-0, +0, v] */
static bool digest_body (lua_State *L, unsigned char digest[KA_SHA256_SIZE]) {
  enum ka_rc rc;
  size_t size;
  const char *body = lua_tolstring(L, BODY, &size);
  if (lua_istable(L, KEYS)) {
    size_t key_size;
    const char *key;
    lua_pushvalue(L, KEY_ID);
    lua_rawget(L, KEYS);
    key = ka_secret_bytes(L, -1, &key_size);
    if (key == NULL) return false;
    rc = digest_once(L, key, key_size, body, size, digest);
  } else {
    const struct ka_keyed *key = find_key(L, KEYS, KEY_ID);
    if (key == NULL) return false;
    rc = ka_keyed_digest(hasher(L), key, body, size, digest);
  }
  if (rc != KA_OK) luaL_error(L, "webhook: libcrypto refused");
  return true;
}

/* What is wrong with the delivery in the slots; NULL: nothing.  [-0, +0, v] */
static const char *judge (lua_State *L) {
  unsigned char digest[KA_SHA256_SIZE], said[KA_SHA256_SIZE];
  size_t size;
  const char *signature;
  bool right;
  if (lua_isnil(L, SIGNATURE) || lua_isnil(L, KEY_ID)) return "no_signature";
  if (lua_isboolean(L, SIGNATURE) || lua_isboolean(L, KEY_ID)) return "bad_format";
  signature = lua_tolstring(L, SIGNATURE, &size);
  if (!ka_signature_read(signature, size, said)) return "bad_format";
  if (!digest_body(L, digest)) return "unknown_key";
  right = ka_equal(digest, sizeof digest, said, sizeof said);
  OPENSSL_cleanse(digest, sizeof digest);
  return right ? NULL : "mismatch";
}

/* (options) -> nil, signature, key id when the delivery is right, or the reason before them; for
   what cannot be meant "option", its name, and of keys what is wrong. When headers is a function,
   (options) -> "ask", and what it says is then to be given: (options, signature, key id)
   [-0, +3, v] */
static int l_check (lua_State *L) {
  bool asked = lua_gettop(L) == KEY_ID;
  const char *name, *fault = NULL;
  ka_check_table(L, OPTIONS, "options");
  lua_settop(L, asked ? KEY_ID : OPTIONS);
  lua_settop(L, RAW);
  lua_pushliteral(L, "option");
  if (!read_options(L)) return 2;
  name = misused(L, &fault);
  if (name != NULL) {
    lua_pushstring(L, name);
    lua_pushstring(L, fault); /* nil for NULL */
    return 3;
  }
  if (lua_isfunction(L, HEADERS) && !asked) { lua_pushliteral(L, "ask"); return 1; }
  if (asked) settle_slots(L);
  else find_headers(L);
  lua_pushstring(L, judge(L));
  lua_pushvalue(L, SIGNATURE);
  lua_pushvalue(L, KEY_ID);
  return 3;
}

/* (keys: any) -> nil when they may be used, else what is wrong, to be read after their name
   [-0, +1, m] */
static int l_keys_fault (lua_State *L) {
  lua_settop(L, 1);
  lua_pushstring(L, keys_fault(L, 1));
  return 1;
}

/* Parts of an event --------------------------------------------------------------------------- */

/* Push table[name] when it is of this type, else nil.  [-0, +1, -] */
static bool push_part (lua_State *L, int table, const char *name, int type) {
  lua_pushstring(L, name);
  lua_rawget(L, table);
  if (lua_type(L, -1) == type) return true;
  lua_pop(L, 1);
  lua_pushnil(L);
  return false;
}

/* The same for a text that is not empty.  [-0, +1, -] */
static bool push_name (lua_State *L, int table, const char *name) {
  return push_part(L, table, name, LUA_TSTRING) && lua_rawlen(L, -1) > 0;
}

/* Is the table on top what the reader makes of a list, and not of a map?  [-0, +0, m] */
static bool is_list (lua_State *L) {
  bool list;
  lua_rawgeti(L, -1, 1);
  list = !lua_isnil(L, -1);
  lua_pop(L, 1);
  return list || ka_has_metatable(L, -1, KA_LIST_MARK);
}

/* [-0, +2, m] */
static int absent (lua_State *L, const char *what) {
  lua_pushnil(L);
  lua_pushstring(L, what);
  return 2;
}

/* (root: any) -> metadata, payload, event_type, event_id, event_version, occurred_at, the same in
   milliseconds, live; of these the last four may be nil. nil and which of the first four is not
   there. (klarna.md 5.1)  [-0, +(2|8), m] */
static int l_parts (lua_State *L) {
  enum { ROOT = 1, METADATA, PAYLOAD };
  size_t size;
  const char *occurred_at;
  int64_t ms;
  lua_settop(L, ROOT);
  if (!lua_istable(L, ROOT)) return absent(L, "the body is no JSON object");
  if (!push_part(L, ROOT, "metadata", LUA_TTABLE))
    return absent(L, "metadata is missing or no object");
  if (!push_part(L, ROOT, "payload", LUA_TTABLE) || is_list(L))
    return absent(L, "payload is missing or no object");
  if (!push_name(L, METADATA, "event_type"))
    return absent(L, "metadata.event_type is missing or empty");
  if (!push_name(L, METADATA, "event_id"))
    return absent(L, "metadata.event_id is missing or empty");
  push_part(L, METADATA, "event_version", LUA_TSTRING);
  push_part(L, METADATA, "occurred_at", LUA_TSTRING);
  occurred_at = lua_tolstring(L, -1, &size);
  if (occurred_at != NULL && ka_time_read(occurred_at, size, &ms)) ka_push_int64(L, ms);
  else lua_pushnil(L);
  push_part(L, METADATA, "live", LUA_TBOOLEAN);
  return 8;
}

/* (hasher), may run twice  [-0, +0, v] */
static int l_hasher_gc (lua_State *L) {
  ka_hasher_close(luaL_checkudata(L, 1, HASHER_CLASS));
  return 0;
}

static const luaL_Reg functions[] = {
  {"keys", l_keys}, {"keys_fault", l_keys_fault}, {"parts", l_parts},
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

/* Push a hasher that is not open yet.  [-0, +1, m] */
static void push_hasher (lua_State *L) {
  struct ka_hasher *h = lua_newuserdatauv(L, sizeof *h, 0);
  h->context = NULL;
  luaL_newmetatable(L, HASHER_CLASS);
  luaL_setfuncs(L, hasher_meta, 0);
  lua_setmetatable(L, -2);
}

/* Push the functions above; check keeps the hasher.  [-0, +1, m] */
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
