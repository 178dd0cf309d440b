-- A copy of a value for people to read in a log, without what the schema marks as personal or
-- secret. What the schema does not know is left out too: it refuses to guess that it is harmless.

local json = require "kassa.json"

local depth_max = 64

local redact

local function mark(entry)
  if entry.secret then return "[secret]" end
  if entry.personal then return "[personal]" end
end

local function redact_record(record, value, depth)
  local copy = {}
  for key in next, value do
    if type(key) == "string" then copy[key] = "[unknown]" end
  end
  for _, entry in ipairs(record) do
    local found = rawget(value, entry[1])
    if found ~= nil then
      copy[entry[1]] = mark(entry) or redact(entry[2], found, depth + 1)
    end
  end
  return copy
end

local function redact_list(list, value, depth)
  local copy = {}
  while rawget(value, #copy + 1) ~= nil do
    copy[#copy + 1] = redact(list.item, rawget(value, #copy + 1), depth + 1)
  end
  return json.list(copy)
end

local function redact_map(map, value, depth)
  local copy = {}
  for key, found in next, value do
    if type(key) == "string" then copy[key] = redact(map.item, found, depth + 1) end
  end
  return copy
end

local function copy_free(value, depth)
  if type(value) ~= "table" then return value end
  if depth > depth_max then return "[deep]" end
  local copy = {}
  for key, found in next, value do copy[key] = copy_free(found, depth + 1) end
  return copy
end

local containers = { record = redact_record, list = redact_list, map = redact_map }

function redact(type_, value, depth)
  if mark(type_) then return mark(type_) end
  if value == json.null then return value end
  if depth > depth_max then return "[deep]" end
  if type_.kind == "any" then return copy_free(value, depth) end
  local container = containers[type_.kind]
  if not container then return type(value) == "table" and "[unknown]" or value end
  if type(value) ~= "table" then return "[unknown]" end
  return container(type_, value, depth)
end

return function(type_, value)
  return redact(type_, value, 0)
end
