-- What an event is about: the object its payload names, what state it tells of, and that object
-- with its operations. It makes no request, and for a type it does not know it says nothing.

local find = require("kassa.api").find
local news = require "kassa.webhook.news"
local object_of = require "kassa.object"

local M = {}

local Subjects = {}
Subjects.__index = Subjects

--- The subjects of an API's events. access: of the API; client: its inside (kassa.client), or nil
-- where no objects are to be made.
function M.new(access, client)
  local by_type = {}
  for _, row in ipairs(find(access, "events")) do by_type[row.type] = row end
  local api = require("kassa.api").table(access)
  return setmetatable({
    rows = by_type, objects = api.objects, rules = news.rules(access), client = client,
  }, Subjects)
end

local function text(value)
  return type(value) == "string" and value ~= "" and value or nil
end

-- What the payload calls its object: an id, or another name that its events have in common.
local function id_of(self, row, payload)
  if row and row.names then return text(payload[row.names]) end
  local class = row and row.object and self.objects[row.object]
  return class and text(payload[class.id])
end

--- A text that is the same for all events of one object, and different for any other.
function Subjects:about(event)
  local row = self.rows[event.type]
  local id = id_of(self, row, event.payload)
  return id and (row.object or row.names) .. " " .. id or "event " .. event.id
end

-- The table in which the state stands, and its name there.
local function place_of(payload, path)
  local place = payload
  for i = 1, #path - 1 do
    place = type(place) == "table" and place[path[i]] or nil
  end
  return type(place) == "table" and place or nil, path[#path]
end

-- What the event tells of a state, by the names of its machine; or nil.
local function told_by(row, rule, event)
  local place, name = place_of(event.payload, row.at)
  local state = place and text(place[name]) or row.becomes
  local previous = place and text(place["previous_" .. name])
  return { state = rule:name(state), previous = previous, ms = event.occurred_ms }
end

-- An event that tells of no state of its own may say all the same in which one its object is.
local function ruled(self, row)
  if row.machine or row.names then return row end
  return { machine = self.objects[row.object].state, at = { "state" } }
end

--- Compare what an event tells with what the store knows, and let the store know what is newer.
-- -> { state = the newest, known or told, or nil, behind = does the payload tell of an older one,
--   stale = and is that what the event is sent for }
function Subjects:learn(event, store)
  local row = self.rows[event.type]
  local id = id_of(self, row, event.payload)
  if not id then return { stale = false } end
  local told_row, known = ruled(self, row), nil
  local rule, name = self.rules[told_row.machine] or news.timed, told_row.machine or row.names
  local told = told_by(told_row, rule, event)
  local state, ms = store:state(name, id)
  if not told.state then return { state = state, stale = false } end
  if state then known = { state = state, ms = ms } end
  if not rule:newer(known, told) then
    return { state = known.state, behind = true, stale = told_row == row }
  end
  store:moved(name, id, told.state, told.ms or ms)
  return { state = told.state, stale = false }
end

-- Copies keep what marks an empty list.
local function copy_of(value)
  if type(value) ~= "table" then return value end
  local copy = {}
  for key, inner in pairs(value) do copy[key] = copy_of(inner) end
  return setmetatable(copy, getmetatable(value))
end

-- An object that would read as it was some time ago reads in its newest state instead.
local function bring_up(payload, row, state)
  local place, name = place_of(payload, row.at)
  if not place then return end
  place[name], place["previous_" .. name], place[name .. "_reason"] = state, nil, nil
end

--- The object of an event, with its operations: the fields of the payload, never in a state older
-- than the one that `learned` brings. -> object, or nil where kassa knows none
function Subjects:object(event, learned)
  local row, client = self.rows[event.type], self.client
  local known = client and row and row.object and id_of(self, row, event.payload)
  if not known then return nil end
  local fields = copy_of(event.payload)
  if learned.behind then bring_up(fields, ruled(self, row), learned.state) end
  return object_of.wrap(client, row.object, fields, { body = event.body, head = "" })
end

return M
