--- What follows the question mark of a path: names and values, as a server reads and writes them.
-- It knows no operation; a name may come any number of times.

local percent = require "kassa.sandbox.percent"

local query = {}

local PAIRS_MAX = 1000

local function unescape(text)
  return percent.unescape((text:gsub("+", " ")))
end

--- Read a query.
-- @param text without its question mark, or nil
-- @return { [name] = list of values }, { { name, value }, ... } in their order | nil, a sentence
function query.read(text)
  local by_name, pairs_of = {}, {}
  for part in (text or ""):gmatch "[^&]+" do
    local name, value = part:match("^([^=]*)=?(.*)$")
    name, value = unescape(name), unescape(value)
    if not name or not value then return nil, "a percent sign escapes nothing" end
    if #pairs_of >= PAIRS_MAX then return nil, "there are over " .. PAIRS_MAX .. " values" end
    by_name[name] = by_name[name] or {}
    table.insert(by_name[name], value)
    pairs_of[#pairs_of + 1] = { name, value }
  end
  return by_name, pairs_of
end

local function escape(text)
  return percent.escape(text, ":")
end

--- Write { { name, value }, ... } as a query.
function query.write(pairs_of)
  local out = {}
  for i, pair in ipairs(pairs_of) do out[i] = escape(pair[1]) .. "=" .. escape(pair[2]) end
  return table.concat(out, "&")
end

return query
