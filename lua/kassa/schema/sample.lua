-- Values made from a type: one that is valid, and many that are each wrong in one way. They are for
-- tests and documentation; it refuses to be random, so that a failure comes again.

local json = require "kassa.json"

local sample = {}

local texts = {
  text = "text", token = "token", id = "id-1", url = "https://shop.example/thanks",
  email = "jo@shop.example", phone = "+46 8 123 456", locale = "en-US", currency = "USD",
  country = "US", time = "2024-01-31T12:00:00Z", date = "2024-01-31",
  decimal = "10",
}
local numbers = { amount = 1000, integer = 1, number = 1.5 }
local wrong_texts = {
  url = { "shop.example/thanks", "javascript://shop.example" },
  email = { "jo", "jo@", "@shop.example", "jo@shop", "jo shop@shop.example" },
  phone = { "call me", "+46 8 12 x", "()" },
  locale = { "e", "en-", "en US" },
  currency = { "US", "USDX", "U$D" },
  country = { "USA", "U", "1A" },
  time = { "2024-01-31", "2024-01-31T12:00:00", "2024-02-30T12:00:00Z", "2024-01-31T24:00:00Z" },
  date = { "2024-02-30", "31.01.2024", "2024-1-31" },
}

local function within(type_, value)
  if type_.min and value < type_.min then value = type_.min end
  if type_.max and value > type_.max then value = type_.max end
  return value
end

local function valid_text(type_)
  local text = type_[1] or type_.millis and "2024-01-31T12:00:00.000Z" or texts[type_.kind]
  if type_.min and #text < type_.min then text = text .. ("x"):rep(type_.min - #text) end
  if type_.max and #text > type_.max then text = text:sub(1, type_.max) end
  return text
end

-- The field at a dotted path below a table; every field that a [] goes through, in a list.
local function collect(value, path, found)
  local name, brackets, rest = path:match("^([^.%[]+)(%[?%]?)%.?(.*)$")
  local here = value[name]
  if here == nil then return found end
  for _, member in ipairs(brackets == "[]" and here or { here }) do
    if rest == "" then found[#found + 1] = member else collect(member, rest, found) end
  end
  return found
end

local function keep_rule(rule, value)
  if value[rule.equals] == nil then return end
  if rule.product then
    local a, b = value[rule.product[1]], value[rule.product[2]]
    if a and b then value[rule.equals] = a * b end
    return
  end
  local terms = collect(value, rule.sum, {})
  local sum = 0
  for _, term in ipairs(terms) do sum = sum + term end
  if #terms > 0 then value[rule.equals] = sum end
end

local function valid_record(type_, required_only)
  local value = {}
  for _, entry in ipairs(type_) do
    if entry.required or not required_only then
      local made = entry.example
      if made == nil then made = sample.valid(entry[2], required_only) end
      value[entry[1]] = made
    end
  end
  for _, rule in ipairs(type_.rules or {}) do keep_rule(rule, value) end
  return value
end

local function valid_list(type_, required_only)
  local value = json.list {}
  for position = 1, math.max(1, type_.min or 0) do
    value[position] = sample.valid(type_.item, required_only)
  end
  return value
end

--- A valid value of the type; with required_only without the fields that may be left out.
function sample.valid(type_, required_only)
  local kind = type_.kind
  if type_.example ~= nil then return type_.example end
  if kind == "record" then return valid_record(type_, required_only) end
  if kind == "list" then return valid_list(type_, required_only) end
  if kind == "map" then return { name = sample.valid(type_.item, required_only) } end
  if kind == "any" then return { free = true } end
  if kind == "flag" then return true end
  if numbers[kind] then return within(type_, numbers[kind]) end
  return valid_text(type_)
end

local function add(list, value, why)
  list[#list + 1] = { value = value, why = why }
end

local function break_text(type_, list)
  add(list, 7, "a number for text")
  add(list, {}, "a table for text")
  add(list, "\255\254", "bad UTF-8")
  for _, text in ipairs(wrong_texts[type_.kind] or {}) do
    add(list, text, "not the form: " .. text)
  end
  if type_.kind ~= "token" then add(list, "a\0b", "a control character") end
  if type_.kind == "text" and not type_.multiline then add(list, "a\nb", "a line break") end
  if #type_ > 0 then add(list, "no such value", "a value that is not listed") end
  if type_.max then add(list, ("x"):rep(type_.max + 1), "too long") end
  if (type_.min or 0) > 0 then add(list, ("x"):rep(type_.min - 1), "too short") end
end

local function break_decimal(type_, list)
  add(list, 19.99, "a fraction")
  add(list, 0 / 0, "NaN")
  add(list, true, "a flag for an amount")
  for _, text in ipairs { "", "1,50", "1e3", "-1", "1.", "1.00000", "\255", "x" } do
    add(list, text, "not the form: " .. text)
  end
  if type_.max then add(list, ("0"):rep(type_.max) .. "1", "too long") end
end

local function break_number(type_, list)
  add(list, "1000", "text for a number")
  add(list, true, "a flag for a number")
  add(list, 0 / 0, "NaN")
  add(list, 1 / 0, "infinity")
  if type_.kind ~= "number" then add(list, 19.99, "a fraction") end
  if type_.kind ~= "number" then add(list, 2 ^ 60 * 1.0, "a float beyond 2^53") end
  if type_.min then add(list, type_.min - 1, "too small") end
  if type_.max then add(list, type_.max + 1, "too large") end
end

local function break_list(type_, list)
  local item = sample.valid(type_.item)
  add(list, "text", "text for a list")
  add(list, { item, nil, item }, "a hole")
  add(list, { item, name = item }, "a name in a list")
  for _, broken in ipairs(sample.broken(type_.item)) do
    if broken.value ~= nil then add(list, { broken.value }, "member: " .. broken.why) end
  end
  if type_.max and type_.max < 1000 then
    local long = {}
    for position = 1, type_.max + 1 do long[position] = item end
    add(list, long, "too many members")
  end
  if (type_.min or 0) > 0 then add(list, json.list {}, "too few members") end
end

local function break_map(type_, list)
  add(list, "text", "text for a map")
  add(list, { sample.valid(type_.item) }, "a list for a map")
  for _, broken in ipairs(sample.broken(type_.item)) do
    add(list, { name = broken.value }, "member: " .. broken.why)
  end
end

-- A shallow copy of a valid record with one field changed: deeper parts are shared, not changed.
local function with_field(valid, name, value)
  local copy = {}
  for key, found in pairs(valid) do copy[key] = found end
  copy[name] = value
  return copy
end

local function break_record(type_, list)
  local valid = sample.valid(type_)
  add(list, "text", "text for an object")
  add(list, { 1 }, "a list for an object")
  add(list, with_field(valid, "no such field", 1), "an unknown field")
  for _, entry in ipairs(type_) do
    local name = entry[1]
    if entry.required then
      add(list, with_field(valid, name, nil), name .. ": missing")
      add(list, with_field(valid, name, json.null), name .. ": null")
    end
    for _, broken in ipairs(sample.broken(entry[2])) do
      add(list, with_field(valid, name, broken.value), name .. ": " .. broken.why)
    end
  end
end

local breakers = { list = break_list, map = break_map, record = break_record }
for kind in pairs(texts) do breakers[kind] = break_text end
for kind in pairs(numbers) do breakers[kind] = break_number end
breakers.enum, breakers.decimal = break_text, break_decimal

--- Values of the type that are each wrong in one way, as a list of { value =, why = }.
function sample.broken(type_)
  local list = {}
  local kind = type_.kind
  if kind == "flag" then
    add(list, "true", "text for a flag")
    add(list, 1, "a number for a flag")
  elseif kind == "any" then
    add(list, function() end, "a function")
    add(list, 0 / 0, "NaN")
  else
    breakers[kind](type_, list)
  end
  return list
end

return sample
