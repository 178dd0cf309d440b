-- An event of a provider as a value: how it reads in one line, and how it becomes text for a
-- database and comes back the same. It refuses what no text can hold, and judges nothing.

local json = require "kassa.json"

local M = {}

-- Who only verifies events needs no database.
local function store_of() return require "kassa.store" end

local event_mt = { __name = "kassa.event" }

--- One line that names the event and nothing of its content.
function event_mt:__tostring()
  local line = tostring(self.type) .. " " .. tostring(self.id)
  return (line:gsub("%c", "?"))
end

--- What marks a table as an event.
M.metatable = event_mt

-- The first thing in a list of faults that is none of the event's personal data.
local function place_of(faults)
  local path = faults[1] and faults[1].path
  return path and path:match "^[%w_]+" or "a field"
end

--- An event as text; `about` is left out. -> text, or nil and what cannot be kept
function M.write(event)
  local fields = {}
  for name, value in pairs(event) do fields[name] = value end
  fields.about = nil
  if type(fields.body) == "string" then fields.body = store_of().pack(fields.body) end
  local text, faults = json.encode(fields)
  if text then return text end
  return nil, "event." .. place_of(faults) .. " cannot be written as JSON"
end

--- The event of a text that write made. -> event
function M.read(text)
  local fields = assert(json.decode(text))
  if type(fields.body) == "string" then fields.body = store_of().unpack(fields.body) end
  return setmetatable(fields, event_mt)
end

return M
