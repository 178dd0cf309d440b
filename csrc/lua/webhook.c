/* core.webhook: csrc/core/webhook.h for Lua, with the search for headers and for the key. It
   refuses whatever is not one header, one known key and one right signature, and says which. */
#include <string.h>
#include <strings.h>
#include <openssl/crypto.h>
#include "check.h"
#include "schema.h"
#include "webhook_keys.h"
#include "bindings.h"
#include "core/time.h"
#include "core/webhook.h"

#define HASHER_CLASS "kassa.hasher"

/* Options and headers ------------------------------------------------------------------------- */

/* Slots of l_check: the table of options, the signature and the key id as the headers have them,
   then the options one by one. */
enum { OPTIONS = 1, SIGNATURE, KEY_ID, BODY, HEADERS, KEYS, PROVIDER, NOW_MS, RAW, TOLERANCE_S };

#define UNTIMED_FAULT "is for cybersource: Klarna signs no time"

typedef int compare (const char *a, const char *b, size_t size);

static const struct word { const char *text; size_t size; int slot; } options[] = {
  {"body", 4, BODY}, {"headers", 7, HEADERS}, {"keys", 4, KEYS}, {"provider", 8, PROVIDER},
  {"now_ms", 6, NOW_MS}, {"raw", 3, RAW}, {"tolerance_s", 11, TOLERANCE_S}, {NULL, 0, 0},
}, klarna_headers[] = {
  {"klarna-signature", 16, SIGNATURE}, {"klarna-signing-key-id", 21, KEY_ID}, {NULL, 0, 0},
}, cybersource_headers[] = {
  {"v-c-signature", 13, SIGNATURE}, {NULL, 0, 0},
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

/* What is wrong with a tolerance: NULL for nothing, "" when the name says it all.  [-0, +0, -] */
static const char *tolerance_fault (lua_State *L, enum ka_signer signer) {
  if (lua_isnil(L, TOLERANCE_S)) return NULL;
  if (signer == KA_KLARNA) return UNTIMED_FAULT;
  return lua_type(L, TOLERANCE_S) == LUA_TNUMBER && lua_tonumber(L, TOLERANCE_S) >= 0 ? NULL : "";
}

/* The name of the first option that cannot be meant, in *fault what is wrong where that is not its
   type; NULL when all fit.  [-0, +0, m] */
static const char *misused (lua_State *L, enum ka_signer signer, const char **fault) {
  int type = lua_type(L, HEADERS);
  *fault = NULL;
  if (lua_type(L, BODY) != LUA_TSTRING) return "body";
  if (type != LUA_TTABLE && type != LUA_TFUNCTION) return "headers";
  if (signer == KA_NOBODY) return "provider";
  if ((*fault = ka_keys_fault(L, KEYS, signer)) != NULL) return "keys";
  if (!lua_isnil(L, NOW_MS) && lua_type(L, NOW_MS) != LUA_TNUMBER) return "now_ms";
  if (!lua_isnil(L, RAW) && !lua_isboolean(L, RAW)) return "raw";
  if ((*fault = tolerance_fault(L, signer)) == NULL) return NULL;
  if (**fault == '\0') *fault = NULL;
  return "tolerance_s";
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

/* Bring the headers with these names to their slots: a text; nil for none; false for two, or for no
   text. The table's metatable is not asked.  [-0, +0, -] */
static void find_headers (lua_State *L, const struct word *names) {
  lua_pushnil(L);
  while (lua_next(L, HEADERS)) {
    int slot = slot_of(L, -2, names, strncasecmp);
    if (slot == 0) { lua_pop(L, 1); continue; }
    settle_value(L);
    if (!lua_isnil(L, slot)) { lua_pop(L, 1); lua_pushboolean(L, 0); }
    lua_replace(L, slot);
  }
}

/* What a function said of the headers, made the same.  [-0, +0, -] */
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

/* Read the signature in its slot, and bring the key id to its own where the signature names it.
   [-0, +0, m] */
static bool read_signature (lua_State *L, enum ka_signer signer, struct ka_stamp *stamp) {
  size_t size;
  const char *text = lua_tolstring(L, SIGNATURE, &size);
  if (signer == KA_KLARNA) return ka_signature_read(text, size, stamp->digest);
  if (!ka_stamp_read(text, size, stamp)) return false;
  lua_pushlstring(L, stamp->key_id.at, stamp->key_id.size);
  lua_replace(L, KEY_ID);
  return true;
}

/* The digest that the stamp should have said, by the key that the key id names; false: no such key.
   [-0, +0, v] */
static bool digest_body (lua_State *L, enum ka_signer signer, const struct ka_stamp *stamp,
                         unsigned char digest[KA_SHA256_SIZE]) {
  size_t size;
  const char *body = lua_tolstring(L, BODY, &size);
  struct ka_hasher *h = hasher(L);
  struct ka_keyed once;
  const struct ka_keyed *key = ka_keys_find(L, KEYS, KEY_ID, signer, &once);
  enum ka_rc rc;
  if (key == NULL) return false;
  rc = signer == KA_KLARNA ? ka_keyed_digest(h, key, body, size, digest)
    : ka_keyed_digest_at(h, key, stamp->time, body, size, digest);
  if (key == &once) ka_keyed_wipe(&once);
  if (rc != KA_OK) luaL_error(L, "webhook: libcrypto refused");
  return true;
}

/* What is wrong with the delivery in the slots; NULL: nothing.  [-0, +0, v] */
static const char *judge (lua_State *L, enum ka_signer signer, struct ka_stamp *stamp) {
  unsigned char digest[KA_SHA256_SIZE];
  bool right;
  if (lua_isnil(L, SIGNATURE)) return "no_signature";
  if (signer == KA_KLARNA && lua_isnil(L, KEY_ID)) return "no_signature";
  if (lua_isboolean(L, SIGNATURE) || lua_isboolean(L, KEY_ID)) return "bad_format";
  if (!read_signature(L, signer, stamp)) return "bad_format";
  if (!digest_body(L, signer, stamp, digest)) return "unknown_key";
  right = ka_equal(digest, sizeof digest, stamp->digest, sizeof stamp->digest);
  OPENSSL_cleanse(digest, sizeof digest);
  return right ? NULL : "mismatch";
}

/* (options) -> nil, signature, key id when the delivery is right, and when it was signed if that is
   signed too; or the reason before them; for what cannot be meant "option", its name, and of some
   what is wrong. When headers is a function, (options) -> "ask", and what it says is then to be
   given: (options, signature, key id)  [-0, +4, v] */
static int l_check (lua_State *L) {
  bool asked = lua_gettop(L) == KEY_ID;
  const char *name, *fault;
  struct ka_stamp stamp = {0};
  enum ka_signer signer;
  ka_check_table(L, OPTIONS, "options");
  lua_settop(L, asked ? KEY_ID : OPTIONS);
  lua_settop(L, TOLERANCE_S);
  lua_pushliteral(L, "option");
  if (!read_options(L)) return 2;
  signer = ka_to_signer(L, PROVIDER);
  name = misused(L, signer, &fault);
  if (name != NULL) {
    lua_pushstring(L, name);
    lua_pushstring(L, fault); /* nil for NULL */
    return 3;
  }
  if (lua_isfunction(L, HEADERS) && !asked) { lua_pushliteral(L, "ask"); return 1; }
  if (asked) settle_slots(L);
  else find_headers(L, signer == KA_KLARNA ? klarna_headers : cybersource_headers);
  lua_pushstring(L, judge(L, signer, &stamp));
  lua_pushvalue(L, SIGNATURE);
  lua_pushvalue(L, KEY_ID);
  if (signer == KA_KLARNA) return 3;
  ka_push_int64(L, stamp.at_ms);
  return 4;
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

static const luaL_Reg functions[] = {{"parts", l_parts}, {NULL, NULL}};

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
  luaL_newlib(L, functions);
  ka_keys_open(L);
  push_hasher(L);
  lua_pushcclosure(L, l_check, 1);
  lua_setfield(L, -2, "check");
  return 1;
}
