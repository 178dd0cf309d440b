/* Signing keys of webhooks by their id, for core.webhook: a Lua table of them or a prepared set. It
   refuses to lend a key's bytes: what is found is a key as HMAC takes it. */
#ifndef KASSA_WEBHOOK_KEYS_H
#define KASSA_WEBHOOK_KEYS_H

#include <lua.h>
#include "core/webhook.h"

/* Whose keys: Klarna's are the bytes themselves, Cybersource's are base64 of them. */
enum ka_signer { KA_KLARNA, KA_CYBERSOURCE, KA_NOBODY };

/* The one whose name is at index, Klarna for nil; KA_NOBODY for anything else.  [-0, +0, -] */
enum ka_signer ka_to_signer (lua_State *L, int index);

/* What is wrong with the keys at index, a set or a table of them, to be read after their name;
   NULL: nothing.  [-0, +0, m] */
const char *ka_keys_fault (lua_State *L, int index, enum ka_signer signer);

/* The key that the id at slot id names among those at slot keys, which have no fault; NULL: none.
   Of a plain table the metatable is not asked, and its key is prepared in once, which the caller
   wipes.  [-0, +0, v] */
const struct ka_keyed *ka_keys_find (lua_State *L, int keys, int id, enum ka_signer signer,
                                     struct ka_keyed *once);

/* Add the functions keys and keys_fault to the table on top.  [-0, +0, m] */
void ka_keys_open (lua_State *L);

#endif
