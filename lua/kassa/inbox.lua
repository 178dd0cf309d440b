-- A store of webhook events in the journal's database, with the face that kassa.webhook.memory
-- describes: an event is safe on disk before it is acknowledged, and is handled after, by one of
-- any number of processes. It promises no more: a handler that dies half-way is run again.
--
-- Who handles an object's events holds a lock on the object, which ends with its process or its
-- connection, so that nothing is left to clean up or to wait for. A row lock (FOR UPDATE SKIP
-- LOCKED) would ask for a transaction that stays open as long as the handler runs, and hold up all
-- else that this process writes. Each taking counts in the row, so that a handler who lost the lock
-- with the connection cannot end the event for whoever has it now.

local core = require "kassa.core"
local error_value = require "kassa.error"
local event_of = require "kassa.webhook.event"
local options_of = require "kassa.options"
local store_of = require "kassa.store"

local KEEP_H = 30 * 24    -- the providers repeat for less than a day, people by hand for longer
local KEEP_H_MIN = 72
local TRIES_MAX = 5
local PAUSE_S = 60        -- before the second try, and four times longer before each further one
local PAUSE_FACTOR = 4
local PAGE = 16           -- objects looked at in one reading
local pack, unpack = store_of.pack, store_of.unpack -- texts that others wrote
local SWEEP_MS = 600000   -- between two removals of ids that are old enough
local SWEEP_ROWS = 1000   -- removed at once

local Inbox = {}
Inbox.__index = Inbox

local M = {}

-- Options -----------------------------------------------------------------------------------------

local function at_least(least, unit)
  return function(value)
    local fits = type(value) == "number" and value >= least and value < math.huge
    return not fits and ("a number of %s, at least %d"):format(unit, least) or nil
  end
end

local function count(value)
  local fits = type(value) == "number" and value >= 1 and value % 1 == 0
  return not fits and "a whole number of at least 1" or nil
end

local function text(value) return type(value) ~= "string" and "a string" or nil end

local function journal(value)
  local fits = type(value) == "table" and type(value.store) == "table"
  return not fits and "a journal made by kassa.journal" or nil
end

local CHECKS = { path = text, postgres = text, journal = journal, tries_max = count,
  pause_s = at_least(0, "seconds"), keep_h = at_least(KEEP_H_MIN, "hours"),
  now = function(value) return type(value) ~= "function" and "a function" or nil end }

local function fault_of(options)
  if options == M then return "call it with a dot, not with a colon" end
  if type(options) ~= "table" then return "options must be a table, got " .. type(options) end
  local faults, places = options_of.faults(options, CHECKS), 0
  for _, name in ipairs { "path", "postgres", "journal" } do
    places = places + (options[name] ~= nil and 1 or 0)
  end
  if places ~= 1 then faults[#faults + 1] = "give one of path, postgres and journal" end
  return faults[1] and table.concat(faults, "; ")
end

local function engine_time()
  return require("kassa.host"):driver().engine:time()
end

--- A store of events for kassa.webhook.router { store = }. options: one of path = a file (SQLite),
-- postgres = a connection string of libpq's, journal = of kassa.journal, whose database it shares;
-- tries_max, how often an event is handed out before it is parked (5: a handler that failed, or
-- that ended its process); pause_s before a failed one is handed out again (60, then four times
-- longer each time); keep_h, for how many hours the id of a handled event is known (720, at least
-- 72); now = function that gives milliseconds since 1970.
-- -> inbox; or nil and an error of code "journal" that says which database and what to do
function M.new(options)
  local fault = fault_of(options)
  if fault then error("kassa.inbox: " .. fault, 2) end
  local store, err = options.journal and options.journal.store, nil
  if not store then store, err = store_of.open(options) end
  if not store then return nil, err end
  return setmetatable({
    store = store, own = not options.journal, now = options.now or engine_time,
    tries_max = options.tries_max or TRIES_MAX, pause_ms = (options.pause_s or PAUSE_S) * 1000,
    keep_ms = (options.keep_h or KEEP_H) * 3600000, swept_ms = 0,
    taken = {},  -- id -> { event, about, number = of its lock, token = how often it was taken }
    busy = {},   -- about -> true, of those that are taken here
    owed = {},   -- id -> what the database could not be told yet
  }, Inbox)
end

-- The database ------------------------------------------------------------------------------------

local function failure(cause, event)
  return nil, error_value.new("store", { operation = event and event.type,
    event_id = event and event.id, cause = cause, message = cause.message })
end

local PUT = [[INSERT INTO kassa_events (id, about, seq, state, due_ms, occurred_ms, received_ms,
    tries, taken, content)
  VALUES (?, ?, (SELECT COALESCE(MAX(seq), 0) + 1 FROM kassa_events), 'waiting', 0, ?, ?, 0, 0, ?)
  ON CONFLICT (id) DO NOTHING]]

local KNOWN = "SELECT state, tries FROM kassa_events WHERE id = ?"

-- Objects with something to take, by their oldest event of that kind, after a place in the row.
local HEADS = [[SELECT e.id AS id, e.about AS about, CAST(e.seq AS TEXT) AS seq
  FROM kassa_events AS e
  WHERE e.due_ms <= ? AND (e.seq > ? OR (e.seq = ? AND e.id > ?)) AND NOT EXISTS (
    SELECT 1 FROM kassa_events AS f
    WHERE f.about = e.about AND f.due_ms <= ? AND f.seq < e.seq)
  ORDER BY e.seq, e.id LIMIT ]] .. PAGE

local OLDEST = [[SELECT id, tries, taken, content FROM kassa_events
  WHERE about = ? AND due_ms <= ? ORDER BY seq, id LIMIT 1]]

local TAKE = [[UPDATE kassa_events SET state = 'waiting', due_ms = 0, tries = tries + 1,
  taken = taken + 1 WHERE id = ? AND taken = ?]]

local PARK = [[UPDATE kassa_events SET state = 'failed', due_ms = NULL, why = ?
  WHERE id = ? AND taken = ?]]

local DONE = [[UPDATE kassa_events SET state = 'done', due_ms = NULL, done_ms = ?, content = NULL,
  why = NULL WHERE id = ? AND taken = ? AND state = 'waiting']]

local FAILED = [[UPDATE kassa_events SET state = 'failed', due_ms = ?, why = ?
  WHERE id = ? AND taken = ? AND state = 'waiting']]

local ENDED = "SELECT 1 AS so FROM kassa_events WHERE id = ? AND taken = ? AND state = ?"

local AGAIN = [[UPDATE kassa_events SET state = 'waiting', due_ms = 0, tries = 0,
  seq = (SELECT COALESCE(MAX(seq), 0) + 1 FROM kassa_events) WHERE id = ? AND state = 'failed']]

local FAILURES = [[SELECT id, about, tries, why, content, CAST(due_ms AS TEXT) AS due_ms
  FROM kassa_events WHERE state = 'failed' AND state <> 'done'
  ORDER BY COALESCE(occurred_ms, 0), id]]

local OPEN = [[SELECT state, COUNT(*) AS number FROM kassa_events WHERE state <> 'done'
  GROUP BY state]]

local SWEEP = [[DELETE FROM kassa_events WHERE id IN (
  SELECT id FROM kassa_events WHERE done_ms < ? ORDER BY done_ms LIMIT ]] .. SWEEP_ROWS .. ")"

local STATE = [[SELECT state, CAST(occurred_ms AS TEXT) AS occurred_ms FROM kassa_objects
  WHERE kind = ? AND id = ?]]

local MOVED = [[INSERT INTO kassa_objects (kind, id, state, occurred_ms) VALUES (?, ?, ?, ?)
  ON CONFLICT (kind, id) DO UPDATE SET state = excluded.state, occurred_ms = excluded.occurred_ms]]

-- Change one row. -> how many were changed, and whether an earlier try may have changed it; or nil,
-- err. A connection that broke leaves that open, and the statements above may run twice.
local function change(self, sql, ...)
  local changed, err = self.store:run(sql, ...)
  if changed or not err.unsure then return changed, not changed and err or false end
  changed, err = self.store:run(sql, ...)
  return changed, not changed and err or true
end

-- Storing -----------------------------------------------------------------------------------------

--- Keep an event. -> "new" | "duplicate" | "failed" | nil, err
function Inbox:put(event)
  local content, why = event_of.write(event)
  if not content then return failure({ message = why }, event) end
  local about = event.about or "event " .. event.id
  local added, unsure = change(self, PUT, pack(event.id), pack(about), event.occurred_ms,
    self.now(), content)
  if not added then return failure(unsure, event) end
  if added == 1 then return "new" end
  local row, err = self.store:one(KNOWN, pack(event.id))
  if row == nil then return failure(err, event) end
  if unsure and row and row.state == "waiting" and row.tries == 0 then return "new" end
  return row and row.state == "failed" and "failed" or "duplicate"
end

-- Taking ------------------------------------------------------------------------------------------

local function lock_number(about)
  return tonumber(core.sign.hex(core.sign.sha256("event of " .. about)):sub(1, 13), 16)
end

local KILLED = "it was handed out %d times, and each time its handler's process ended before it "
  .. "had answered"

-- The oldest event of an object whose lock is held here. One that was handed out too often without
-- an end is parked. -> { event, token, tries }; false when none is left; or nil, err
local function claim(self, about)
  while true do
    local row, err = self.store:one(OLDEST, pack(about), self.now())
    if not row then return row, err end
    local changed
    if row.tries >= self.tries_max then
      changed, err = self.store:run(PARK, KILLED:format(row.tries), row.id, row.taken)
    else
      changed, err = self.store:run(TAKE, row.id, row.taken)
      if changed == 1 then
        return { event = event_of.read(row.content), token = row.taken + 1, tries = row.tries + 1 }
      end
    end
    if not changed then return nil, err end
  end
end

-- -> event; false when another handler has the object, or it has nothing left; or nil, err
local function take_of(self, about)
  if self.busy[about] then return false end
  local number = lock_number(about)
  local locked, err = self.store:try_lock(number, about)
  if not locked then return locked, err end
  local ok, taken, why = pcall(claim, self, about)
  if not ok or not taken then
    self.store:unlock(number, about)
    if not ok then error(taken, 0) end
    return taken, why
  end
  local event = taken.event
  event.about, taken.about, taken.number = about, about, number
  self.busy[about], self.taken[event.id] = true, taken
  return event
end

-- The next event of any object. -> event, or nil; or nil, err
local function take_any(self)
  local seq, id = 0, ""
  while true do
    local now = self.now()
    local heads, err = self.store:all(HEADS, now, seq, seq, id, now)
    if not heads then return nil, err end
    for _, head in ipairs(heads) do
      local event
      event, err = take_of(self, unpack(head.about))
      if event or event == nil then return event, err end
    end
    if #heads < PAGE then return nil end
    seq, id = tonumber(heads[#heads].seq), heads[#heads].id
  end
end

-- Ending ------------------------------------------------------------------------------------------

local function release(self, taken)
  local id = taken.event.id
  self.taken[id], self.busy[taken.about], self.owed[id] = nil, nil, nil
  self.store:unlock(taken.number, taken.about)
end

local ELSEWHERE = "the connection broke while the event was handled, and it was handed to another "
  .. "handler"

-- Write how a taken event ended, { state =, due_ms =, why = }.
-- -> how many rows were changed, whether an earlier try may have; or nil, err
local function write_end(self, taken, ended)
  local id = pack(taken.event.id)
  if ended.state == "done" then return change(self, DONE, self.now(), id, taken.token) end
  return change(self, FAILED, ended.due_ms, ended.why, id, taken.token)
end

-- Was it so written by an earlier try, the answer to which was lost? -> true, false; or nil, err
local function was_written(self, taken, ended)
  local row, err = self.store:one(ENDED, pack(taken.event.id), taken.token, ended.state)
  if row == nil then return nil, err end
  return row and true
end

-- What the database cannot be told now is owed; until it is paid nobody else gets the object.
local function settle(self, taken, ended)
  local id = taken.event.id
  local so, err
  local changed, unsure = write_end(self, taken, ended)
  if not changed then so, err = nil, unsure
  elseif changed == 1 then so = true
  elseif unsure or self.owed[id] then so, err = was_written(self, taken, ended)
  else so = false end
  if so == nil then
    self.owed[id] = ended
    return failure(err, taken.event)
  end
  release(self, taken)
  if so then return true end
  return failure({ message = ELSEWHERE }, taken.event)
end

-- Pay what is owed. -> true; or nil, err
local function pay(self)
  for id, ended in pairs(self.owed) do
    local done, err = settle(self, self.taken[id], ended)
    if not done and self.owed[id] then return nil, err.cause end
  end
  return true
end

local function must_be_taken(self, event)
  return assert(self.taken[event.id], "the event is not one that was taken")
end

-- Remove ids that nobody will send again; what is not removed today will be another day.
local function sweep(self)
  local now = self.now()
  if now - self.swept_ms < SWEEP_MS then return end
  local removed = self.store:run(SWEEP, now - self.keep_ms)
  if removed and removed < SWEEP_ROWS then self.swept_ms = now end
end

--- The next event of this object, or of any. -> event, or nil; or nil, err
function Inbox:take(about)
  local fine, err = true, nil
  if next(self.owed) then fine, err = pay(self) end
  if not fine then return failure(err) end
  local event
  if about then event, err = take_of(self, about) else event, err = take_any(self) end
  if event then return event end
  if err then return failure(err) end
  return nil
end

--- A taken event was handled: what it held is erased, its id stays known. -> true; or nil, err
function Inbox:done(event)
  local done, err = settle(self, must_be_taken(self, event), { state = "done" })
  if done then sweep(self) end
  return done, err
end

-- When an event that failed is to be handed out again; nil: it is parked.
local function due_ms(self, tries)
  if tries >= self.tries_max then return nil end
  return self.now() + self.pause_ms * PAUSE_FACTOR ^ (tries - 1)
end

--- A taken event could not be handled: it is kept, and handed out again after a pause, or parked
-- when that was its last try. why: a text for people. -> true; or nil, err
function Inbox:failed(event, why)
  local taken = must_be_taken(self, event)
  return settle(self, taken, {
    state = "failed", why = pack(tostring(why or "failed")), due_ms = due_ms(self, taken.tries),
  })
end

-- For people --------------------------------------------------------------------------------------

local function failed_ids(self)
  local rows, err = self.store:all(FAILURES)
  if not rows then return nil, err end
  for i, row in ipairs(rows) do rows[i] = unpack(row.id) end
  return rows
end

--- This failed event, or every one in the order in which they occurred, is to be handled again, now
-- and with all its tries. -> how many; or nil, err
function Inbox:again(id)
  local ids, err = { id }, nil
  if not id then ids, err = failed_ids(self) end
  if not ids then return failure(err) end
  local revived = 0
  for _, one in ipairs(ids) do
    local changed
    changed, err = self.store:run(AGAIN, pack(one))
    if not changed then return failure(err) end
    revived = revived + changed
  end
  return revived
end

--- -> { { event =, why =, tries =, parked = true when it waits for `again`, due_ms = when it is
-- handed out again }, ... }, in the order in which they occurred; or nil, err
function Inbox:failures()
  local rows, err = self.store:all(FAILURES)
  if not rows then return failure(err) end
  for i, row in ipairs(rows) do
    local event = event_of.read(row.content)
    event.about = unpack(row.about)
    rows[i] = { event = event, why = unpack(row.why), tries = row.tries,
      due_ms = row.due_ms, parked = row.due_ms == nil }
  end
  return rows
end

--- -> how many wait or are being handled, how many have failed; or nil, err
function Inbox:pending()
  local rows, err = self.store:all(OPEN)
  if not rows then return failure(err) end
  local number = { waiting = 0, failed = 0 }
  for _, row in ipairs(rows) do number[row.state] = row.number end
  return number.waiting, number.failed
end

--- The newest state known of an object. -> state, occurred_ms; or nil. Raises the error of a
-- database that fails: not to know it would pass an old event for a new one.
function Inbox:state(kind, id)
  local row, err = self.store:one(STATE, kind, pack(id))
  if row == nil then error(err, 0) end
  if row then return unpack(row.state), row.occurred_ms end
end

--- An object came into a newer state. -> true; raises as state does
function Inbox:moved(kind, id, state, occurred_ms)
  local changed, err = change(self, MOVED, kind, pack(id), pack(state), occurred_ms)
  if not changed then error(err, 0) end
  return true
end

--- Close the database, unless it is a journal's. What was taken and not ended is handed out again.
function Inbox:close()
  for _, taken in pairs(self.taken) do self.store:unlock(taken.number, taken.about) end
  self.taken, self.busy, self.owed = {}, {}, {}
  if self.own then self.store:close() end
end

return M
