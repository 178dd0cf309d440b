-- A store of webhook events in memory: what came, what is still to be handled, what is known of
-- each object's state. It ends with the process, so what must survive one is for a store on disk.
--
-- The store's face, the same for every store that a router is given. No event is lost by a store
-- that keeps these:
--   put(event)     keep it, before it is acknowledged. -> "new"; "duplicate" when its id is known;
--                  "failed" when it is known and its handling has failed; or nil, err: not kept
--   take(about)    the next event to handle, of this object or (nil) of any, oldest first, but none
--                  of an object that has one taken. -> event, or nil; or nil, err
--   done(event)    a taken event was handled; its id stays known. -> true; or nil, err
--   failed(event, why)  a taken event could not be handled; it is kept, and not taken again until
--   again(id)      ... this failed event, or (nil) every one, is to be handled again. -> how many,
--                  or nil, err
--   pending()      -> how many wait or are being handled, how many have failed
--   failures()     -> the failed ones, { { event =, why = }, ... }, in the order they occurred
--   state(kind, id)  the newest state known of an object. -> state, occurred_ms; or nil
--   moved(kind, id, state, occurred_ms)  remember a newer one. -> true
-- `event.about` is a text that is the same for all events of one object.

local options_of = require "kassa.options"

local KEEP_MS = 72 * 3600 * 1000 -- Klarna sends an event again for at most 21.5 hours
local IDS_MAX = 200000
local STATES_MAX = 200000
local OPEN_MAX = 10000

local function count(value)
  local fits = type(value) == "number" and value >= 2 and value % 1 == 0
  return not fits and "a whole number of at least 2" or nil
end

local CHECKS = { ids_max = count, states_max = count, open_max = count,
  now = function(value) return type(value) ~= "function" and "a function" or nil end }

local Memory = {}
Memory.__index = Memory

local M = {}

-- Remembering: two generations, the older of which is dropped when the younger is full or has aged.
-- So a key is kept for KEEP_MS, unless half the limit of other keys come in less time.

local Kept = {}
Kept.__index = Kept

local function kept(count_max)
  return setmetatable({ young = {}, old = {}, count = 0, half = math.floor(count_max / 2) }, Kept)
end

function Kept:get(key)
  local value = self.young[key]
  if value == nil then value = self.old[key] end
  return value
end

function Kept:set(key, value, now)
  self.since = self.since or now
  if self.count >= self.half or now - self.since >= KEEP_MS then
    self.old, self.young, self.count, self.since = self.young, {}, 0, now
  end
  if self.young[key] == nil then self.count = self.count + 1 end
  self.young[key] = value
end

local function engine_time()
  return require("kassa.host"):driver().engine:time()
end

--- A store. options, all of which may be left out: ids_max, how many ids of handled events are kept
-- (200,000); states_max, of how many objects the state (200,000); open_max, how many events may
-- wait, be handled or have failed (10,000): more are refused; now = function that gives
-- milliseconds since 1970.
function M.new(options)
  options = options or {}
  if type(options) ~= "table" then
    error("kassa.webhook.memory: options must be a table, got " .. type(options), 2)
  end
  local faults = options_of.faults(options, CHECKS)
  if faults[1] then error("kassa.webhook.memory: " .. table.concat(faults, "; "), 2) end
  return setmetatable({
    now = options.now or engine_time,
    open_max = options.open_max or OPEN_MAX, open = 0, failed_count = 0,
    entries = {},                                -- id -> entry, until it is done
    ids = kept(options.ids_max or IDS_MAX),      -- id -> true, of those that are done
    states = kept(options.states_max or STATES_MAX),
    objects = {},                                -- about -> { first, last, busy, listed, entries }
    ready = {}, first = 1, last = 0,             -- the objects with something to take, in order
  }, Memory)
end

local function takes(object)
  return object ~= nil and not object.busy and object.first <= object.last
end

-- Drop what stands at the head of the list with nothing to take: it was taken by name, or is busy
-- and will be listed again.
local function trim(self)
  while self.first <= self.last do
    local object = self.ready[self.first]
    if takes(object) then return object end
    self.ready[self.first], object.listed = nil, false
    self.first = self.first + 1
    if not object.busy then self.objects[object.about] = nil end
  end
  self.first, self.last = 1, 0
end

-- List an object that has something to take, once.
local function list(self, object)
  if object.listed or not takes(object) then return end
  trim(self)
  object.listed = true
  self.last = self.last + 1
  self.ready[self.last] = object
end

local function enqueue(self, entry)
  local about = entry.about
  local object = self.objects[about]
  if not object then
    object = { about = about, first = 1, last = 0 }
    self.objects[about] = object
  end
  object.last = object.last + 1
  object[object.last] = entry
  list(self, object)
end

--- Keep an event. -> "new" | "duplicate" | "failed" | nil, err
function Memory:put(event)
  local id = event.id
  local entry = self.entries[id]
  if entry then return entry.failed and "failed" or "duplicate" end
  if self.ids:get(id) then return "duplicate" end
  if self.open >= self.open_max then
    return nil, require "kassa.error".new("store", {
      message = ("%d events wait to be handled, which is as many as this store takes"):format(
        self.open),
    })
  end
  self.open = self.open + 1
  entry = { event = event, about = event.about or "event " .. id }
  self.entries[id] = entry
  enqueue(self, entry)
  return "new"
end

local function take_of(object)
  local entry = object[object.first]
  object[object.first] = nil
  object.first = object.first + 1
  object.busy = true
  return entry.event
end

--- The next event of this object, or of any. -> event, or nil
function Memory:take(about)
  if about then
    local object = self.objects[about]
    return takes(object) and take_of(object) or nil
  end
  local object = trim(self)
  if not object then return nil end
  self.ready[self.first], object.listed = nil, false
  self.first = self.first + 1
  return take_of(object)
end

-- Its object may have the next one taken.
local function release(self, entry)
  local object = self.objects[entry.about]
  object.busy = false
  list(self, object)
  if not object.listed then self.objects[entry.about] = nil end
end

local function taken(self, event)
  local entry = self.entries[event.id]
  local object = entry and self.objects[entry.about]
  assert(object and object.busy and not entry.failed, "the event is not one that was taken")
  return entry
end

--- A taken event was handled.
function Memory:done(event)
  local entry = taken(self, event)
  self.entries[event.id] = nil
  self.open = self.open - 1
  self.ids:set(event.id, true, self.now())
  release(self, entry)
  return true
end

--- A taken event could not be handled: it is kept. why: a text for people.
function Memory:failed(event, why)
  local entry = taken(self, event)
  entry.failed = why or "failed"
  self.failed_count = self.failed_count + 1
  release(self, entry)
  return true
end

local function revive(self, entry)
  entry.failed = nil
  self.failed_count = self.failed_count - 1
  enqueue(self, entry)
end

local function by_order(a, b)
  local x, y = a.event.occurred_ms or 0, b.event.occurred_ms or 0
  return x < y or x == y and a.event.id < b.event.id
end

local function failed_entries(self)
  local found = {}
  for _, entry in pairs(self.entries) do
    if entry.failed then found[#found + 1] = entry end
  end
  table.sort(found, by_order)
  return found
end

--- This failed event, or every one in the order in which they occurred, is to be handled again.
-- -> how many
function Memory:again(id)
  local one = id and self.entries[id]
  local chosen = id and { one and one.failed and one or nil } or failed_entries(self)
  for _, entry in ipairs(chosen) do revive(self, entry) end
  return #chosen
end

--- -> { { event =, why = }, ... }, in the order in which they occurred
function Memory:failures()
  local found = failed_entries(self)
  for i, entry in ipairs(found) do found[i] = { event = entry.event, why = entry.failed } end
  return found
end

--- -> how many wait or are being handled, how many have failed
function Memory:pending()
  return self.open - self.failed_count, self.failed_count
end

--- The newest state known of an object. -> state, occurred_ms; or nil
function Memory:state(kind, id)
  local found = self.states:get(kind .. " " .. id)
  if found then return found.state, found.ms end
end

--- An object came into a newer state.
function Memory:moved(kind, id, state, occurred_ms)
  self.states:set(kind .. " " .. id, { state = state, ms = occurred_ms }, self.now())
  return true
end

return M
