-- JSON text in one canonical form, read by a parser of its own: what means the same compares equal.
-- It shares no code with what it checks, keeps [] and {} apart, and refuses text that is not JSON.

local canon = {}

local read

local function fail(state, what)
  error(("JSON: %s at %d"):format(what, state.at), 0)
end

local function skip(state)
  state.at = state.text:find("[^ \t\r\n]", state.at) or #state.text + 1
end

local function take(state, pattern)
  local found = state.text:match("^" .. pattern, state.at)
  if found then state.at = state.at + #found end
  return found
end

local SHORT = { b = "\b", f = "\f", n = "\n", r = "\r", t = "\t" }

local function utf8_of(code)
  if code < 0x80 then return string.char(code) end
  if code < 0x800 then return string.char(0xC0 + (code - code % 64) / 64, 0x80 + code % 64) end
  if code < 0x10000 then
    return string.char(0xE0 + math.floor(code / 4096), 0x80 + math.floor(code / 64) % 64,
      0x80 + code % 64)
  end
  return string.char(0xF0 + math.floor(code / 262144), 0x80 + math.floor(code / 4096) % 64,
    0x80 + math.floor(code / 64) % 64, 0x80 + code % 64)
end

-- Surrogate pairs first: two \u make one character.
local function unescaped(raw)
  raw = raw:gsub("\\u([dD][89abAB]%x%x)\\u([dD][c-fC-F]%x%x)", function(high, low)
    return utf8_of(0x10000 + (tonumber(high, 16) - 0xD800) * 1024 + tonumber(low, 16) - 0xDC00)
  end)
  raw = raw:gsub("\\(.)(%x?%x?%x?%x?)", function(letter, digits)
    if letter == "u" then return utf8_of(tonumber(digits, 16)) end
    return (SHORT[letter] or letter) .. digits
  end)
  return raw
end

local function string_at(state)
  local start = state.at + 1
  local at = start
  while true do
    at = state.text:find('["\\]', at) or fail(state, "open string")
    if state.text:sub(at, at) == '"' then break end
    at = at + 2
  end
  state.at = at + 1
  return ("%q"):format(unescaped(state.text:sub(start, at - 1)))
end

local function list_at(state)
  local parts = {}
  state.at = state.at + 1
  skip(state)
  if take(state, "%]") then return "[]" end
  repeat
    parts[#parts + 1] = read(state)
    skip(state)
  until not take(state, ",")
  if not take(state, "%]") then fail(state, "open list") end
  return "[" .. table.concat(parts, ",") .. "]"
end

local function map_at(state)
  local parts = {}
  state.at = state.at + 1
  skip(state)
  if take(state, "}") then return "{}" end
  repeat
    skip(state)
    local key = string_at(state)
    skip(state)
    if not take(state, ":") then fail(state, "no colon") end
    parts[#parts + 1] = key .. ":" .. read(state)
    skip(state)
  until not take(state, ",")
  if not take(state, "}") then fail(state, "open map") end
  table.sort(parts)
  return "{" .. table.concat(parts, ",") .. "}"
end

local READER = { ['"'] = string_at, ["["] = list_at, ["{"] = map_at }

function read(state)
  skip(state)
  local reader = READER[state.text:sub(state.at, state.at)]
  if reader then return reader(state) end
  local word = take(state, "%l+") or take(state, "%-?%d[%d.eE+-]*") or fail(state, "no value")
  local number = tonumber(word)
  return number and ("%.17g"):format(number == 0 and 0 or number) or word
end

--- The canonical form of a JSON text: keys sorted, no blanks, strings and numbers normalised.
function canon.of(text)
  local state = { text = text, at = 1 }
  local value = read(state)
  skip(state)
  if state.at <= #text then fail(state, "text after the value") end
  return value
end

--- Does the text write a number with a fraction of zeros or an exponent, as floats are written?
function canon.writes_floats(text)
  local bare = text:gsub("\\.", ""):gsub('"[^"]*"', '""')
  return bare:find("%.0+[^%d]") ~= nil or bare:find("%d[eE]") ~= nil
end

return canon
