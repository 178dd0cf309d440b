-- Writes what follows the question mark of a path: checks a table by its record, as bodies are, and
-- repeats the name for each member of a list. It refuses members that have no text of their own.

local json = require "kassa.json"
local schema = require "kassa.schema"

local M = {}

local function escape_byte(byte)
  return ("%%%02X"):format(byte:byte())
end

-- RFC 3986: unreserved characters, and the colon of ids and times, stay as they are.
local function escape(text)
  return (text:gsub("[^%w%-._~:]", escape_byte))
end

local function text_of(value)
  if type(value) == "number" then
    return (value == math.floor(value) and "%.0f" or "%.14g"):format(value)
  end
  if type(value) == "boolean" then return tostring(value) end
  return type(value) == "string" and escape(value) or nil
end

local function add(parts, name, value)
  local text = text_of(value)
  if text then parts[#parts + 1] = escape(name) .. "=" .. text end
  return text ~= nil
end

-- A list that turned out empty is no filter, and without a filter all are meant.
local function empty_list(name, value, strict)
  if strict == false or type(value) ~= "table" or next(value) ~= nil then return nil end
  return { path = name, message = "an empty list filters nothing",
    hint = "leave it out to ask for all" }
end

-- A member of the checked query. -> nil, or what is wrong with it
local function write_member(parts, name, value)
  if value == json.null then return nil end
  if type(value) ~= "table" then
    add(parts, name, value)
    return nil
  end
  for position, member in ipairs(value) do
    if not add(parts, name, member) then
      return { path = ("%s[%d]"):format(name, position), message = "expected text or a number" }
    end
  end
  if next(value) ~= nil and value[1] == nil then
    return { path = name, message = "expected text, a number or a list of them" }
  end
end

-- The names of a query: those of the record in its order, then others, sorted.
local function names_of(record, value)
  local names, known, others = {}, {}, {}
  for i, entry in ipairs(record) do names[i], known[entry[1]] = entry[1], true end
  for name in pairs(value) do
    if not known[name] then others[#others + 1] = name end
  end
  table.sort(others)
  for _, name in ipairs(others) do names[#names + 1] = name end
  return names
end

--- Write a query. record: of the query's members; query: a table, or nil for none; strict = false
-- sends what the rules would refuse.
-- -> "state=CLOSED&size=20", "" for an empty one; or nil and a list of faults
function M.write(record, query, strict)
  if query == nil then return "" end
  local text, faults = schema.writer(record):write(query, strict)
  if not text then return nil, faults end
  local value, parts = json.decode(text), {} -- what was checked is what is sent
  for _, name in ipairs(names_of(record, value)) do
    if value[name] ~= nil then
      local fault = empty_list(name, value[name], strict)
        or write_member(parts, name, value[name])
      if fault then return nil, { fault } end
    end
  end
  return table.concat(parts, "&")
end

return M
