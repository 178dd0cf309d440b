-- JSON as kassa reads and writes it: lua-cjson decodes, the core settles integers and empty lists,
-- and the core writes. It refuses NaN, infinity and text that goes deeper than it could be written.
--
-- The decoder is an instance of its own: a program that sets up its cjson otherwise changes
-- nothing here.

local core = require "kassa.core"
local cjson_safe = require "cjson.safe"

local depth_max = 64 -- what csrc/lua/schema.h allows to write

local decoder = cjson_safe.new()
decoder.decode_invalid_numbers(false)
decoder.decode_max_depth(depth_max)
if decoder.decode_array_with_array_mt then decoder.decode_array_with_array_mt(true) end
core.json.adopt(cjson_safe.empty_array, cjson_safe.array_mt, cjson_safe.empty_array_mt)

local json = {}

--- What stands for JSON's null; the same value as cjson.null.
json.null = cjson_safe.null

--- Read JSON text. Returns its value, or nil and a message. Whole numbers up to 2^53 come as
-- integers where the Lua has them, null as json.null, and an empty list is told from an empty map.
function json.decode(text)
  if type(text) ~= "string" then return nil, "expected text, got " .. type(text) end
  local value, message = decoder.decode(text)
  if value == nil then return nil, message or "not JSON" end
  return core.json.settle(value, text)
end

--- Write a value as JSON, keys sorted. Returns text, or nil and the list of faults.
json.encode = core.json.encode

local list_mt = cjson_safe.array_mt or core.json.list_mt

--- The metatable of a marked list: what tells an empty list from an empty map.
json.list_mt = list_mt

--- Mark a table as a list, so that it is written as [] when empty. Returns the table; one that has
-- a metatable of its own is refused.
function json.list(list)
  if list == nil then list = {} end
  if type(list) ~= "table" then error("expected a table, got " .. type(list), 2) end
  local mark = getmetatable(list)
  if mark ~= nil and mark ~= list_mt and mark ~= core.json.list_mt then
    error("the table has a metatable of its own", 2)
  end
  return setmetatable(list, list_mt)
end

return json
