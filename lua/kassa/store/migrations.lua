-- The schema of a store, in numbered steps, the same on both engines. A step that was ever released
-- is never changed, and a database that has steps unknown here is refused.
--
-- Every table is called kassa_..., so that they can live in the shop's own database. Times are
-- milliseconds since 1970, amounts whole minor units.

local store = require "kassa.store"

local M = {}

--- Each step is a list of statements; its number is its place.
M.steps = {
  {
    -- One row for each thing that was meant to be done. `provider` is "klarna/test" and the like;
    -- `name` is the caller's and NULL where there is none; `object` is what it is done to, `parent`
    -- what tells whether it was done. `body` is there while it is not settled and is erased then;
    -- `fields` tells later which field of another body differs. `needs`: options that are not kept.
    -- sent_ms: when the provider may have seen the key first; last_ms: when the last run began.
    [[CREATE TABLE kassa_intents (
      provider TEXT NOT NULL, key TEXT NOT NULL, account TEXT NOT NULL,
      operation TEXT NOT NULL, object TEXT NOT NULL, parent TEXT, name TEXT,
      generation INTEGER NOT NULL, state TEXT NOT NULL,
      body_hash TEXT NOT NULL, body TEXT, fields TEXT,
      amount BIGINT, currency TEXT, reference TEXT,
      outcome TEXT, status INTEGER, correlation_id TEXT, provider_id TEXT, error TEXT,
      needs TEXT, tries INTEGER NOT NULL, created_ms BIGINT NOT NULL, sent_ms BIGINT NOT NULL,
      last_ms BIGINT NOT NULL, settled_ms BIGINT, PRIMARY KEY (provider, key),
      UNIQUE (provider, account, operation, object, name, generation))]],
    "CREATE INDEX kassa_intents_open ON kassa_intents (created_ms) "
      .. "WHERE state IN ('open', 'unknown')",
    -- Both are empty while nothing may wait for them: an intent is stored before the wire.
    "CREATE INDEX kassa_intents_settled ON kassa_intents (settled_ms) "
      .. "WHERE settled_ms IS NOT NULL",
    "CREATE INDEX kassa_intents_made ON kassa_intents (provider_id) "
      .. "WHERE provider_id IS NOT NULL",
    -- Every run of an intent that ended, or that was found dead by the next one.
    [[CREATE TABLE kassa_attempts (
      provider TEXT NOT NULL, intent TEXT NOT NULL, number INTEGER NOT NULL,
      sent_ms BIGINT NOT NULL, ended_ms BIGINT, result TEXT NOT NULL,
      PRIMARY KEY (provider, intent, number))]],
    [[CREATE TABLE kassa_flows (
      name TEXT PRIMARY KEY, version TEXT NOT NULL, result TEXT, begun_ms BIGINT NOT NULL,
      ended_ms BIGINT)]],
    [[CREATE TABLE kassa_steps (
      flow TEXT NOT NULL, position INTEGER NOT NULL, name TEXT NOT NULL, kind TEXT NOT NULL,
      result TEXT, PRIMARY KEY (flow, position))]],
  },
  {
    -- What providers told: `state` is waiting, failed or done, `about` what it tells of, `seq` its
    -- place in the row. It may be taken from due_ms on; NULL is never. `taken` counts the takings
    -- for ever, `tries` since a person last asked. `content` is erased once it is done.
    [[CREATE TABLE kassa_events (
      id TEXT PRIMARY KEY, about TEXT NOT NULL, seq BIGINT NOT NULL, state TEXT NOT NULL,
      due_ms BIGINT, occurred_ms BIGINT, received_ms BIGINT NOT NULL, done_ms BIGINT,
      tries INTEGER NOT NULL, taken INTEGER NOT NULL, why TEXT, content TEXT)]],
    "CREATE INDEX kassa_events_seq ON kassa_events (seq)",
    "CREATE INDEX kassa_events_due ON kassa_events (seq, id) WHERE due_ms IS NOT NULL",
    "CREATE INDEX kassa_events_about ON kassa_events (about, seq) WHERE due_ms IS NOT NULL",
    "CREATE INDEX kassa_events_open ON kassa_events (state) WHERE state <> 'done'",
    "CREATE INDEX kassa_events_done ON kassa_events (done_ms) WHERE done_ms IS NOT NULL",
    -- The newest state told of each object.
    [[CREATE TABLE kassa_objects (
      kind TEXT NOT NULL, id TEXT NOT NULL, state TEXT NOT NULL, occurred_ms BIGINT,
      PRIMARY KEY (kind, id))]],
  },
  -- 1 where an authorization takes its whole amount at once.
  { "ALTER TABLE kassa_intents ADD COLUMN takes INTEGER" },
}

local function newer(self, found)
  local err = store.failure(self, "schema " .. found)
  err.message = ("%s: a newer kassa has written it (its schema is %d, this kassa knows %d): "
    .. "install that kassa, or one after it"):format(self.where, found, #M.steps)
  return err
end

local function version_of(self)
  local row, err = self:one "SELECT version FROM kassa_schema"
  if row == nil then return nil, err end
  return row and row.version or 0
end

local function step(self, number)
  for _, sql in ipairs(M.steps[number]) do
    local done, err = self:run(sql)
    if not done then return nil, err end
  end
  local changed = self:run("UPDATE kassa_schema SET version = ?", number)
  if changed == 0 then return self:run("INSERT INTO kassa_schema (version) VALUES (?)", number) end
  return changed
end

local function climb(self)
  local done, err = self.dialect.lock_schema(self)
  if done then
    done, err = self:run "CREATE TABLE IF NOT EXISTS kassa_schema (version INTEGER NOT NULL)"
  end
  if not done then return nil, err end
  local version
  version, err = version_of(self)
  if not version then return nil, err end
  if version > #M.steps then return nil, newer(self, version) end
  for number = version + 1, #M.steps do
    done, err = step(self, number)
    if not done then return nil, err end
  end
  return true
end

--- Bring a database to the newest schema; of several processes one does it. -> true, or nil and the
-- error
function M.run(self)
  return self:transaction(climb)
end

return M
