-- JSON as kassa reads and writes it, both in the core; null and the marks of lists are lua-cjson's,
-- so that values pass between the two. It refuses to guess whether an empty table is a list.

local core = require "kassa.core"
local cjson = require "cjson"

core.json.adopt(cjson.empty_array, cjson.array_mt, cjson.empty_array_mt)

local json = {}

--- What stands for JSON's null; the same value as cjson.null.
json.null = cjson.null

--- Read JSON text. Returns its value, or nil and what was expected where. Whole numbers come as
-- integers where the Lua has them, null as json.null, and an empty list is told from an empty map.
json.decode = core.json.decode

--- Write a value as JSON, keys sorted. Returns text, or nil and the list of faults.
json.encode = core.json.encode

local list_mt = cjson.array_mt or core.json.list_mt

--- The metatable of a marked list: what tells an empty list from an empty map.
json.list_mt = list_mt

--- Mark a table as a list, so that it is written as [] when empty. Returns the table; one that has
-- a metatable of its own is refused.
function json.list(list)
  if list == nil then list = {} end
  if type(list) ~= "table" then
    error("bad argument #1 to 'kassa.list' (table expected, got " .. type(list) .. ")", 2)
  end
  local mark = getmetatable(list)
  if mark ~= nil and mark ~= list_mt and mark ~= core.json.list_mt then
    error("bad argument #1 to 'kassa.list' (the table has a metatable of its own)", 2)
  end
  return setmetatable(list, list_mt)
end

return json
