-- Random values, many of them hostile, through the writer: never a Lua error, and bytes come out
-- when and only when JSON can hold the value, which then reads back equal. The judge of that is
-- written here; it refuses to ask the code it judges. KASSA_SEED repeats a run, KASSA_RUNS sets how
-- many values.

local core = require "kassa.core"
local S = require "kassa.schema"
local json = require "kassa.json"
local api = require("kassa.api").whole(require "kassa.api.klarna")
local cjson = require("cjson").new()
local canon = require "support.canon"
local heavy = require "support.heavy"

local DEPTH_MAX = 64

local seed = tonumber(os.getenv "KASSA_SEED") or 1
local runs = tonumber(os.getenv "KASSA_RUNS") or heavy.part(20000)
local state = seed

-- Park and Miller's generator: the same numbers under every Lua.
local function random(limit)
  state = (state * 16807) % 2147483647
  return state % limit + 1
end

local function pick(list) return list[random(#list)] end

-- Values ---------------------------------------------------------------------------------------

local function boom() error "a metamethod ran" end
local trap = { __index = boom, __newindex = boom, __len = boom, __pairs = boom, __ipairs = boom,
  __tostring = boom, __call = boom, __eq = boom }

local thread = coroutine.create(function() end)
local hostile = { print, thread, io.stdout, 0 / 0, 1 / 0, -1 / 0, "\255", "a\192\128",
  "\237\160\128", "\244\144\128\128", ("x"):rep(200) .. "\195" }
local harmless = { 0, -1, 1000, 2147483648, 0.1, 1e300, -2.5e-7, 2 ^ 53, true, false, json.null, "",
  "text", "\0\1\31\127", '"\\/', "\195\164\226\130\172\240\159\152\128", ("y"):rep(70), "a\nb",
  "\226\128\168" }
local names = { "a", "b", "c", "name", "quantity", "", "a.b", "\195\164", "with space",
  ("n"):rep(80) }
local odd_keys = { 0, -1, 1.5, 2, 7, true, print, "\255", {} }

local made -- the tables of the value in the making, for cycles and shared parts

local value_of_depth

local function list_of_depth(depth)
  local list = {}
  for position = 1, random(4) - 1 do list[position] = value_of_depth(depth - 1) end
  return list
end

local function map_of_depth(depth)
  local map = {}
  for _ = 1, random(4) - 1 do map[pick(names)] = value_of_depth(depth - 1) end
  return map
end

local function deep()
  local value = pick(harmless)
  for _ = 1, random(80) do value = random(2) == 1 and { value } or { a = value } end
  return value
end

local function spoil(value)
  local way = random(12)
  if way == 1 then value[pick(odd_keys)] = 1
  elseif way == 2 then value[random(9)] = 1
  elseif way == 3 then value[pick(names)] = pick(made)
  elseif way == 4 then value[1] = pick(made)
  elseif way == 5 then setmetatable(value, trap)
  elseif way == 6 and next(value) == nil then json.list(value)
  elseif way == 7 then value[#value] = nil end
  return value
end

function value_of_depth(depth)
  local kind = random(20)
  if depth <= 0 or kind <= 7 then
    if random(40) == 1 then return pick(hostile) end
    return pick(harmless)
  end
  if kind == 8 and random(10) == 1 then return deep() end
  local value = kind <= 13 and list_of_depth(depth) or map_of_depth(depth)
  made[#made + 1] = value
  return random(8) == 1 and spoil(value) or value
end

local function new_value()
  made = { {} }
  return value_of_depth(5)
end

-- The judge ------------------------------------------------------------------------------------

local is_text = require("support.utf8").is_valid

local function is_list(value)
  local count, highest = 0, 0
  for key in next, value do
    if type(key) ~= "number" or key < 1 or key % 1 ~= 0 then return false end
    count = count + 1
    if key > highest then highest = key end
  end
  return count == highest
end

local function is_map(value)
  for key in next, value do
    if type(key) ~= "string" or not is_text(key) then return false end
  end
  return true
end

-- Can JSON hold the value? above: the tables that hold it.
local function is_writable(value, above, depth)
  local kind = type(value)
  if kind == "string" then return is_text(value) end
  if kind == "number" then return value == value and value ~= 1 / 0 and value ~= -1 / 0 end
  if kind ~= "table" then return kind == "boolean" or value == json.null end
  if above[value] or depth > DEPTH_MAX then return false end
  local marked = getmetatable(value) ~= nil and getmetatable(value) ~= trap
  if not is_list(value) and (marked or not is_map(value)) then return false end
  above[value] = true
  local fine = true
  for _, member in next, value do fine = fine and is_writable(member, above, depth + 1) end
  above[value] = nil
  return fine
end

local function is_equal(value, read)
  if type(value) ~= "table" then return value == read end
  if type(read) ~= "table" then return false end
  for key, member in next, value do
    if not is_equal(member, rawget(read, key)) then return false end
  end
  for key in next, read do
    if rawget(value, key) == nil then return false end
  end
  return true
end

local function check_faults(faults)
  assert(type(faults) == "table" and #faults >= 1 and #faults <= 101)
  for _, fault in ipairs(faults) do
    assert(type(fault.path) == "string" and type(fault.message) == "string")
    assert(is_text(fault.path) and is_text(fault.message))
  end
end

-- Write, and hold what comes out against the judge's word.
local function check_free(value, run)
  local text, faults = core.json.encode(value)
  local writable = is_writable(value, {}, 1)
  local what = ("seed %d, value %d: "):format(seed, run)
  if not writable then
    if text then error(what .. "written, but JSON cannot hold it: " .. text) end
    check_faults(faults)
    return false
  end
  if not text then error(what .. faults[1].path .. ": " .. faults[1].message) end
  if not is_equal(value, cjson.decode(text)) then error(what .. "otherwise: " .. text) end
  assert(canon.of(text))
  assert(core.json.encode(core.json.decode(text)) == text, what .. text)
  return true
end

-- Described values: valid ones, broken in random places ------------------------------------------

local function break_somewhere(value)
  local keys = {}
  for key in next, value do keys[#keys + 1] = key end
  table.sort(keys, function(a, b) return tostring(a) < tostring(b) end)
  local key = #keys > 0 and pick(keys)
  if not key then return end
  if type(value[key]) == "table" and random(4) > 1 then return break_somewhere(value[key]) end
  if random(10) == 1 then value[pick(odd_keys)] = 1 end
  if random(10) == 1 then value[pick(names)] = pick(harmless) end
  value[key] = random(3) > 1 and new_value() or nil
end

local function copy(value)
  if type(value) ~= "table" then return value end
  local new = {}
  for key, member in pairs(value) do new[key] = copy(member) end
  return new
end

local bodies = {}
for _, row in ipairs(api.operations) do
  if row.body then bodies[#bodies + 1] = { type_ = row.body, sample = S.sample(row.body) } end
end

local function check_described(run)
  local body = pick(bodies)
  local value = copy(body.sample)
  local what = ("seed %d, described value %d: "):format(seed, run)
  for _ = 1, random(3) - 1 do break_somewhere(value) end
  for _, strict in ipairs { true, false } do
    local text, faults = S.writer(body.type_):write(value, strict)
    if not text then check_faults(faults)
    elseif not is_writable(value, {}, 1) then error(what .. "JSON cannot hold it: " .. text)
    elseif not is_equal(value, cjson.decode(text)) then error(what .. "otherwise: " .. text) end
    if not text and not strict and is_writable(value, {}, 1) then
      error(what .. "not sent as it is: " .. faults[1].path .. ": " .. faults[1].message)
    end
  end
end

describe("the writer", function()
  it("takes " .. runs .. " random values without an error and without a wrong byte", function()
    local written = 0
    for run = 1, runs do
      if check_free(new_value(), run) then written = written + 1 end
    end
    assert.is_true(written > runs / 10 and written < runs)
  end)

  it("takes random changes to the bodies of the operations likewise", function()
    for run = 1, runs / 10 do check_described(run) end
  end)

  it("writes what the reader makes of any changed text, or the reader refuses it", function()
    local function change(text)
      local at = random(#text + 1)
      local bytes = pick { "", "", "[", "]", "{", "}", '"', ",", ":", "\\", "0", "-", "u",
        "\255", "\0" }
      return text:sub(1, at - 1) .. bytes .. text:sub(at + random(3) - 1)
    end
    for _ = 1, runs / 10 do
      local text = core.json.encode(new_value()) or "[]"
      for _ = 1, random(3) do text = change(text) end
      local value, message = core.json.decode(text)
      if value == nil then
        assert(type(message) == "string")
      else
        assert(canon.of(text) == canon.of(core.json.encode(value)), text)
      end
    end
  end)
end)
