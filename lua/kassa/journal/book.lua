-- The rows of intents in a store: found, begun, settled. It decides nothing: what a row means for
-- the next call stands in kassa.journal.executor.
--
-- An intent is `open` from the moment it is stored, and ends `ok` or `failed` (the provider did not
-- act); it is `unknown` when the call ended and nobody knows. Only open and unknown ones keep their
-- body.

local store_of = require "kassa.store"

local pack, unpack = store_of.pack, store_of.unpack

local M = {}

local COLUMNS = [[key, provider, account, operation, object, parent, name, generation, state,
  body_hash, body, fields, CAST(amount AS TEXT) AS amount, currency, reference, outcome, status,
  correlation_id, provider_id, error, needs, tries, CAST(created_ms AS TEXT) AS created_ms,
  CAST(sent_ms AS TEXT) AS sent_ms, CAST(last_ms AS TEXT) AS last_ms,
  CAST(settled_ms AS TEXT) AS settled_ms]]

-- What tells people of an intent, and says which one it is. There may be very many.
local TOLD = [[key, provider, account, operation, object, name, generation, state,
  CAST(amount AS TEXT) AS amount, currency, reference, error, tries,
  CAST(created_ms AS TEXT) AS created_ms, CAST(last_ms AS TEXT) AS last_ms]]

local SELECT = "SELECT " .. COLUMNS .. " FROM kassa_intents WHERE "
local UNSETTLED = "state IN ('open', 'unknown')"

local SQL = {
  by_name = SELECT .. "provider = ? AND account = ? AND operation = ? AND object = ? AND name = ? "
    .. "ORDER BY generation DESC LIMIT 1",
  by_key = SELECT .. "provider = ? AND key = ?",
  unsettled = "SELECT " .. TOLD .. " FROM kassa_intents WHERE " .. UNSETTLED
    .. " ORDER BY created_ms, key",
  siblings = SELECT .. "provider = ? AND account = ? AND operation = ? AND object = ?",
  currency = "SELECT currency FROM kassa_intents WHERE provider_id = ? AND currency IS NOT NULL "
    .. "LIMIT 1",
  insert = [[INSERT INTO kassa_intents (key, provider, account, operation, object, parent, name,
    generation, state, body_hash, body, amount, currency, reference, needs, tries, created_ms,
    sent_ms, last_ms, takes)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, 'open', ?, ?, ?, ?, ?, ?, 1, ?, ?, ?, ?)
    ON CONFLICT DO NOTHING]],
  again = "UPDATE kassa_intents SET state = 'open', tries = tries + 1, last_ms = ? "
    .. "WHERE provider = ? AND key = ? AND tries = ? AND " .. UNSETTLED,
  settle = [[UPDATE kassa_intents SET state = ?, body = ?, fields = ?, outcome = ?, status = ?,
    correlation_id = ?, provider_id = ?, error = ?, settled_ms = ?
    WHERE provider = ? AND key = ? AND tries = ? AND ]] .. UNSETTLED,
  reopen = [[UPDATE kassa_intents SET state = 'open', body_hash = ?, body = ?, amount = ?,
    currency = ?, reference = ?, takes = ?, error = NULL, settled_ms = NULL, tries = tries + 1,
    sent_ms = ?, last_ms = ? WHERE provider = ? AND key = ? AND state = 'failed']],
  attempt = "INSERT INTO kassa_attempts (provider, intent, number, sent_ms, ended_ms, result) "
    .. "VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
}

local PACKED = { "account", "object", "parent", "name", "body", "fields", "reference", "outcome",
  "error", "correlation_id", "provider_id" }

local PACKED_TOLD = { "account", "object", "name", "reference", "error" }

local function read(row, packed)
  if row then
    for _, column in ipairs(packed or PACKED) do row[column] = unpack(row[column]) end
  end
  return row
end

local function read_all(packed, rows, err)
  if not rows then return nil, err end
  for _, row in ipairs(rows) do read(row, packed) end
  return rows
end

--- The newest generation of a named intent. identity: { provider, account, operation, object,
-- name }. -> row or false; or nil and the error
function M.by_name(store, identity)
  local row, err = store:one(SQL.by_name, identity.provider, pack(identity.account),
    identity.operation, pack(identity.object), pack(identity.name))
  return read(row), err
end

--- The intent that has this key. -> row or false; or nil and the error
function M.by_key(store, provider, key)
  local row, err = store:one(SQL.by_key, provider, key)
  return read(row), err
end

--- Every intent that is not settled, oldest first, without its body and what else nobody is told.
-- -> list of rows; or nil and the error
function M.unsettled(store)
  return read_all(PACKED_TOLD, store:all(SQL.unsettled))
end

--- Every intent of one operation on one object, settled or not. -> list of rows; or nil, error
function M.siblings(store, row)
  return read_all(PACKED, store:all(SQL.siblings, row.provider, pack(row.account), row.operation,
    pack(row.object)))
end

--- The currency of an object that an intent of this store has made, or nil.
function M.currency(store, id)
  local row = store:one(SQL.currency, pack(id))
  return row and row.currency or nil
end

--- Store a new intent, synced. row: what a row holds; now_ms: milliseconds since 1970.
-- -> true, or false when there is one of this name or key; or nil and the error
function M.begin(store, row, now_ms)
  local count, err = store:run(SQL.insert, row.key, row.provider, pack(row.account),
    row.operation, pack(row.object), pack(row.parent), pack(row.name), row.generation,
    row.body_hash, pack(row.body), row.amount, row.currency, pack(row.reference), row.needs,
    now_ms, now_ms, now_ms, row.takes)
  return count and count == 1, err
end

--- Begin a refused intent again under its own key, which its caller chose. row: as for `begin`.
-- -> true, or false when it is refused no more; or nil and the error
function M.reopen(store, row, now_ms)
  local count, err = store:run(SQL.reopen, row.body_hash, pack(row.body), row.amount, row.currency,
    pack(row.reference), row.takes, now_ms, now_ms, row.provider, row.key)
  return count and count == 1, err
end

local DIED = "no answer: the run did not end"

--- Begin a further run of an intent that is not settled.
-- -> true, or false when another worker has begun one, or has settled it; or nil and the error
function M.again(store, row, now_ms)
  return store:transaction(function()
    local changed, err = store:run(SQL.again, now_ms, row.provider, row.key, row.tries)
    if not changed then return nil, err end
    if changed == 0 then return false end
    if row.state == "open" then
      changed, err = store:run(SQL.attempt, row.provider, row.key, row.tries, row.last_ms, nil,
        DIED)
      if not changed then return nil, err end
    end
    return true
  end)
end

--- Close a run, unless a later one has begun. row: the intent; outcome: { state = "ok", "failed" or
-- "unknown", result = words for people, sent_ms =, number = of the run, and what the row is to
-- hold: body, fields, outcome, status, correlation_id, provider_id, error }
-- -> true; or nil and the error
function M.settle(store, row, outcome, now_ms)
  local settled_ms = outcome.state ~= "unknown" and now_ms or nil
  return store:transaction(function()
    local changed, err = store:run(SQL.settle, outcome.state, pack(outcome.body),
      pack(outcome.fields), pack(outcome.outcome), outcome.status,
      pack(outcome.correlation_id), pack(outcome.provider_id), pack(outcome.error),
      settled_ms, row.provider, row.key, outcome.number)
    if changed then
      changed, err = store:run(SQL.attempt, row.provider, row.key, outcome.number,
        outcome.sent_ms, now_ms, outcome.result)
    end
    if not changed then return nil, err end
    return true
  end)
end

return M
