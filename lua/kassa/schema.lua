-- The few kinds of field from which every request, reply and option of kassa is described: each
-- call here returns plain data. It knows no operation and no provider, and it refuses a description
-- that it does not understand.
--
--   local S = require "kassa.schema"
--   local address = S.record "address" {
--     { "city",    S.text { min = 1, max = 99 }, required = true, personal = true, doc = "Town." },
--     { "country", S.country {}, required = true },
--   }
--
-- A type is `{ kind = "text", min = 1, max = 99 }`; a record is
-- `{ kind = "record", name = "address", entry, ..., rules = }`.

local core = require "kassa.core"

-- Every start of a program that uses kassa goes through here some hundreds of times.
local type, next = type, next

local S = {}

-- What an option of a type or an entry may be, by the word used in the tables below.
local expected = {
  count = "a whole number from 0",
  integer = "a whole number",
  number = "a number",
  flag = "true or false",
  text = "a string",
  list = "a list",
  sure = '"exact", "likely" or "guess"',
  value = "a value",
}

local fits = {
  count = function(value)
    return type(value) == "number" and value >= 0 and value % 1 == 0 and value < 2 ^ 63
  end,
  integer = function(value)
    return type(value) == "number" and value % 1 == 0 and value >= -2 ^ 63 and value < 2 ^ 63
  end,
  number = function(value) return type(value) == "number" and value == value end,
  flag = function(value) return value == true or value == false end,
  text = function(value) return type(value) == "string" end,
  list = function(value) return type(value) == "table" end,
  sure = function(value) return value == "exact" or value == "likely" or value == "guess" end,
  value = function(value) return value ~= nil end,
}

-- Facts that a type and an entry may both carry; where both do, the entry's word counts.
local facts = {
  doc = "text", source = "text", sure = "sure", example = "value",
  personal = "flag", secret = "flag",
}

local function with_facts(own)
  for name, shape in pairs(facts) do own[name] = own[name] or shape end
  return own
end

-- The options of each kind. A kind with `codes` also takes a list of the values it allows.
local options = {
  text = with_facts { min = "count", max = "count", multiline = "flag" },
  token = with_facts { min = "count", max = "count" },
  id = with_facts { min = "count", max = "count" },
  url = with_facts { min = "count", max = "count" },
  email = with_facts { max = "count" },
  phone = with_facts { max = "count" },
  locale = with_facts { max = "count" },
  currency = with_facts {},
  country = with_facts {},
  time = with_facts { millis = "flag" },
  date = with_facts {},
  amount = with_facts { min = "integer", max = "integer" },
  decimal = with_facts { max = "count" },
  integer = with_facts { min = "integer", max = "integer" },
  number = with_facts { min = "number", max = "number" },
  flag = with_facts {},
  enum = with_facts { open = "flag" },
  list = with_facts { min = "count", max = "count" },
  map = with_facts { max = "count" },
  any = with_facts {},
}
local takes_codes = { enum = true, currency = true, country = true }
local entry_options = with_facts {
  required = "flag", needed = "text", note = "text", since = "text",
}
local kinds = { record = true }
for kind in pairs(options) do kinds[kind] = true end

local function sorted_names(set)
  local names = {}
  for name in pairs(set) do names[#names + 1] = name end
  table.sort(names)
  return table.concat(names, ", ")
end

-- Misuse raises at the line that holds the description: the first up the stack outside this file.
local own_source = debug.getinfo(1, "S").source

local function misuse(...)
  local level = 2
  local frame = debug.getinfo(level, "S")
  while frame and (frame.source == own_source or frame.what == "tail") do
    level = level + 1
    frame = debug.getinfo(level, "S")
  end
  error(string.format(...), level)
end

local function check_option(where, allowed, name, value, field)
  local shape = allowed[name]
  if shape and fits[shape](value) then return end
  if field then where = string.format("%s: field %q", where, field) end
  if not shape then
    misuse("%s: unknown option %q; expected %s", where, tostring(name), sorted_names(allowed))
  else
    misuse("%s: option %q: expected %s, got %s", where, name, expected[shape], tostring(value))
  end
end

local function check_range(where, type_)
  if type_.min and type_.max and type_.min > type_.max then
    misuse("%s: min %s is above max %s", where, tostring(type_.min), tostring(type_.max))
  end
end

local function check_codes(where, type_)
  local seen = {}
  for position, code in ipairs(type_) do
    if type(code) ~= "string" or code == "" then
      misuse("%s: value %d: expected a string, got %s", where, position, tostring(code))
    end
    if seen[code] then misuse("%s: value %q stands twice", where, code) end
    seen[code] = true
  end
  if type_.kind == "enum" and #type_ == 0 then
    misuse("%s: expected at least one value", where)
  end
end

-- A fresh type from the options of its constructor: what the caller keeps stays the caller's.
local function new_type(kind, given)
  local where = "schema." .. kind
  if given == nil then given = {} end
  if type(given) ~= "table" then
    misuse("%s: expected a table of options, got %s", where, type(given))
  end
  local made, allowed = { kind = kind, min = given.min, max = given.max }, options[kind]
  for name, value in next, given do
    if allowed[name] or type(name) ~= "number" then check_option(where, allowed, name, value)
    elseif not takes_codes[kind] then misuse("%s: expected named options, got a list", where) end
    made[name] = value
  end
  if takes_codes[kind] then check_codes(where, made) end
  check_range(where, made)
  return made
end

local function is_type(value)
  return type(value) == "table" and kinds[value.kind] == true
end

--- Text: min and max count Unicode characters. Control characters, line breaks and TAB are faults
-- unless `multiline`.
function S.text(given) return new_type("text", given) end

--- Opaque text that somebody else made and that is passed on untouched.
function S.token(given) return new_type("token", given) end

--- An identifier: 1 to 255 characters unless said otherwise, opaque.
function S.id(given)
  local made = new_type("id", given)
  if made.min == nil then made.min = 1 end
  if made.max == nil then made.max = 255 end
  return made
end

--- An absolute URL, http, https or an app's own scheme; `{klarna...}` placeholders are legal in it.
function S.url(given) return new_type("url", given) end

--- An e-mail address: local part 1 to 64, domain 1 to 255 characters.
function S.email(given) return new_type("email", given) end

--- A phone number: digits, blanks and `+ ( ) . -`, at most 99, at least one digit.
function S.phone(given) return new_type("phone", given) end

--- A language tag such as en-US.
function S.locale(given) return new_type("locale", given) end

--- A currency code of three letters; with a list, one of that list.
function S.currency(given) return new_type("currency", given) end

--- A country code of two letters; with a list, one of that list.
function S.country(given) return new_type("country", given) end

--- A point in time, ISO 8601 with its zone: 2024-01-01T12:00:00Z; with `millis` it is written in
-- UTC with milliseconds, 2024-01-01T12:00:00.000Z.
function S.time(given) return new_type("time", given) end

--- A calendar date: 2024-01-31.
function S.date(given) return new_type("date", given) end

--- Money in whole minor units: 1999 is 19.99 USD.
function S.amount(given) return new_type("amount", given) end

--- Money that is sent as decimal text, "19.99". Given as that text, or in whole minor units, which
-- the record that tells its `currency` gives a point. max counts characters.
function S.decimal(given) return new_type("decimal", given) end

--- A whole number.
function S.integer(given) return new_type("integer", given) end

--- A finite number.
function S.number(given) return new_type("number", given) end

--- true or false.
function S.flag(given) return new_type("flag", given) end

--- One of the listed values; with `open = true` also any other in capitals, digits and underscores.
function S.enum(given) return new_type("enum", given) end

--- Any JSON value, written as it stands.
function S.any(given) return new_type("any", given) end

local function new_container(kind, item, given)
  if not is_type(item) then
    misuse("schema.%s: expected a type for its members, got %s", kind, type(item))
  end
  if given ~= nil and type(given) ~= "table" then
    misuse("schema.%s: expected a table of options, got %s", kind, type(given))
  end
  local made = { kind = kind, item = item }
  for name, value in pairs(given or {}) do
    check_option("schema." .. kind, options[kind], name, value)
    made[name] = value
  end
  check_range("schema." .. kind, made)
  return made
end

--- A list whose members are all of one type; min and max count members.
function S.list(item, given) return new_container("list", item, given) end

--- A map from any text to members of one type; max counts members.
function S.map(item, given) return new_container("map", item, given) end

local function check_entry(where, entry, seen)
  if type(entry) ~= "table" then
    misuse('%s: expected an entry { "name", type, ... }, got %s', where, type(entry))
  end
  local name = entry[1]
  if type(name) ~= "string" or name == "" then
    misuse("%s: expected a field's name first, got %s", where, tostring(name))
  end
  if seen[name] then misuse("%s: field %q stands twice", where, name) end
  if not is_type(entry[2]) then
    misuse("%s: field %q: expected a type such as schema.text {}", where, name)
  end
  for option, value in next, entry do
    if option ~= 1 and option ~= 2 then
      check_option(where, entry_options, option, value, name)
    end
  end
  seen[name] = entry
end

-- The type at the end of a dotted path such as "data.line_items[].total_amount", or nil.
local function type_at(record, path)
  local here = record
  for step in path:gmatch("[^.]+") do
    local name, brackets = step:match("^([^%[%]]+)(.*)$")
    if not here or here.kind ~= "record" then return nil end
    local found
    for _, entry in ipairs(here) do
      if entry[1] == name then found = entry[2] end
    end
    if brackets == "[]" then
      if not found or found.kind ~= "list" then return nil end
      found = found.item
    elseif brackets ~= "" then
      return nil
    end
    here = found
  end
  return here
end

local function check_whole(where, record, path)
  local found = type(path) == "string" and type_at(record, path)
  if not found or (found.kind ~= "amount" and found.kind ~= "integer") then
    misuse("%s: rule: %q is not the path of a whole number here", where, tostring(path))
  end
end

local function check_rule(where, record, rule)
  if type(rule) ~= "table" or (rule.sum == nil) == (rule.product == nil) then
    misuse("%s: expected a rule { sum = path, equals = field } or"
      .. " { product = { field, field }, equals = field }", where)
  end
  check_whole(where, record, rule.equals)
  if rule.sum ~= nil then
    check_whole(where, record, rule.sum)
    local _, lists = rule.sum:gsub("%[%]", "")
    if lists ~= 1 then misuse("%s: rule: %q has to name one list", where, rule.sum) end
  else
    local factors = type(rule.product) == "table" and rule.product or {}
    check_whole(where, record, factors[1])
    check_whole(where, record, factors[2])
  end
end

local record_options = { doc = "text", source = "text", rules = "list", currency = "text" }

local function check_record_options(where, given, made)
  for option, value in pairs(given) do
    if type(option) ~= "number" then
      check_option(where, record_options, option, value)
    elseif made[option] == nil then
      misuse("%s: the list of entries has a hole", where)
    end
  end
  for _, rule in ipairs(given.rules or {}) do check_rule(where, made, rule) end
  local told_by = given.currency and type_at(made, given.currency)
  if given.currency and not (told_by and told_by.kind == "currency") then
    misuse("%s: %q is not the path of a currency here", where, given.currency)
  end
end

--- A record: `S.record "address" { { "city", S.text { max = 99 }, required = true }, ... }`.
-- An entry may carry required, personal, secret, example, doc, source, sure ("exact", "likely",
-- "guess"), note, since, and `needed`, the name of a case in which it is required (kassa.body).
-- `rules` are checked after the fields and can be switched off:
-- `{ sum = "items[].total", equals = "amount" }` adds up, and
-- `{ product = { "unit_price", "quantity" }, equals = "total_amount" }` multiplies. `currency` is
-- the path to the currency of the decimals in it: "details.currency".
function S.record(name)
  if type(name) ~= "string" or name == "" then
    misuse("schema.record: expected the record's name, got %s", type(name))
  end
  return function(given)
    local where = string.format("schema.record %q", name)
    if type(given) ~= "table" then
      misuse("%s: expected a table of entries, got %s", where, type(given))
    end
    local made = { kind = "record", name = name, doc = given.doc, source = given.source }
    local seen = {}
    for position, entry in ipairs(given) do
      check_entry(where, entry, seen)
      made[position] = entry
    end
    check_record_options(where, given, made)
    made.rules, made.currency = given.rules, given.currency
    return made
  end
end

-- Using types ------------------------------------------------------------------------------------

local writers = setmetatable({}, { __mode = "k" })

--- The core's writer of a type: `writer:write(value, strict, sums)` returns JSON text, or nil and
-- the list of faults; `writer:fill(value, strict, sums, spare)` a body for the engine in place of
-- the text. Made once for each type, and compiled when it first writes.
function S.writer(type_)
  local writer = writers[type_]
  if not writer then
    if not is_type(type_) then error("schema.writer: expected a type, got " .. type(type_), 2) end
    writer = core.schema.compile(type_, true)
    writers[type_] = writer
  end
  return writer
end

--- Check a value: true, or nil and a list of `{ path =, message =, hint =, advisory = }`. strict
-- and sums are on unless false: see the core's writer.
function S.check(type_, value, strict, sums)
  local text, faults = S.writer(type_):write(value, strict, sums)
  if text then return true end
  return nil, faults
end

--- One line of text about a type: what it is and its limits.
function S.describe(type_) return require "kassa.schema.describe" (type_) end

--- A copy of a value for a log: personal and secret fields, and what the type does not know,
-- become "[personal]", "[secret]" and "[unknown]".
function S.redact(type_, value) return require "kassa.schema.redact" (type_, value) end

--- A valid value of a type; with `required_only` without the fields that may be left out.
function S.sample(type_, required_only)
  return require "kassa.schema.sample".valid(type_, required_only)
end

--- A list of values that are each wrong in one way: `{ value =, why = }`.
function S.broken(type_) return require "kassa.schema.sample".broken(type_) end

return S
