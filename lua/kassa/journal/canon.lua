-- Two bodies mean the same when they hold the same values, in whatever order they were written. It
-- tells which fields differ, and keeps for that no more of a body than cannot be read back.

local core = require "kassa.core"
local json = require "kassa.json"

local sha256 = core.sign.sha256

local M = {}

local DIGITS = 2 -- of a field's hash: 8 bits tell a change, and tell nobody a birthday

-- The bytes of a hash as hexadecimal digits.
local function hex(bytes)
  return (bytes:gsub(".", function(byte) return ("%02x"):format(byte:byte()) end))
end

M.hex = hex

-- A body is an object in JSON, or nothing.
local function decode(bytes)
  local value = bytes ~= "" and json.decode(bytes) or nil
  return type(value) == "table" and value or nil
end

M.decode = decode

--- The hash of what a body says. bytes: as sent, "" for none. -> 64 hexadecimal digits
function M.hash(bytes)
  local value = decode(bytes)
  return hex(sha256(value and json.encode(value) or bytes))
end

local function leaves(value, path, into)
  if type(value) ~= "table" then into[path] = value; return into end
  if next(value) == nil then into[path] = "{}"; return into end
  for name, inner in pairs(value) do
    local at = type(name) == "number" and ("%s[%d]"):format(path, name)
      or path == "" and name or path .. "." .. name
    leaves(inner, at, into)
  end
  return into
end

-- A value with its type: 1 is not "1".
local function word_of(value)
  if value == json.null then return "null" end
  if type(value) == "number" then return ("number %.17g"):format(value) end
  return type(value) .. " " .. tostring(value)
end

--- Enough of a body to say later which fields of another one differ. key: of the intent, so that
-- equal values of two intents do not look equal. -> { path = digits }, paths as Lua writes them
function M.fields(bytes, key)
  local digits = {}
  for path, value in pairs(leaves(decode(bytes) or {}, "", {})) do
    local hash = sha256(key .. " " .. path .. " " .. word_of(value)) -- 5.1's format stops at NUL
    digits[path] = hex(hash):sub(1, DIGITS)
  end
  return digits
end

--- The paths in which two results of M.fields differ, sorted; one in 256 changes goes unseen.
function M.differences(before, now)
  local paths = {}
  for path, digits in pairs(now) do
    if before[path] ~= digits then paths[#paths + 1] = path end
  end
  for path in pairs(before) do
    if now[path] == nil then paths[#paths + 1] = path end
  end
  table.sort(paths)
  return paths
end

return M
