--- From a request's bytes to a body that rules can read: fields by the table, amounts in minor
-- units' decimals, and what may be written in two ways in one. It knows no state.

local json = require "kassa.json"
local S = require "kassa.schema"
local core = require "kassa.core"
local answers = require "kassa.sandbox.cybersource.answers"

local bodies = {}

local DECIMALS_MAX = 4
local LIST_MARK = getmetatable(json.list {})

--- The value at the end of a dotted path, or nil.
function bodies.at(body, path)
  for name in path:gmatch "[^.]+" do
    if type(body) ~= "table" then return nil end
    body = body[name]
  end
  return body
end

--- Minor units of an amount's text, cut to the currency's decimals as the gateway cuts it (S); nil
-- when it is none.
function bodies.minor(text, currency)
  if type(text) ~= "string" or type(currency) ~= "string" or #currency ~= 3 then return nil end
  local decimals = core.money.decimals(currency:upper())
  local whole, rest = text:match "^(%d+)%.?(%d*)$"
  if not whole then return nil end
  local cut = rest:sub(1, decimals)
  return core.money.read(cut ~= "" and whole .. "." .. cut or whole, decimals)
end

--- The text of minor units.
function bodies.text(minor, currency)
  return core.money.write(minor, core.money.decimals(currency))
end

-- One way to write what may be written in two -----------------------------------------------------

local ONE_WAY = {}

-- A text of digits for a whole number (contradiction 6 of the reference).
function ONE_WAY.integer(_, value)
  if type(value) == "string" and value:match "^%d+$" and #value < 16 then return tonumber(value) end
  return value
end

-- An amount is a text: a number is left for the check to refuse.
function ONE_WAY.decimal(_, value, currency)
  if type(value) ~= "string" then return { value } end
  local whole, rest = value:match "^(%d+)%.(%d+)$"
  local decimals = type(currency) == "string" and #currency == 3
    and core.money.decimals(currency:upper()) or DECIMALS_MAX
  if not whole or #rest <= decimals then return value end
  return decimals == 0 and whole or whole .. "." .. rest:sub(1, decimals)
end

local tidy

-- A bare text for a list of one (actionList).
function ONE_WAY.list(kind, value, currency)
  if type(value) == "string" then value = json.list { value } end
  if type(value) ~= "table" then return value end
  local out = json.list {}
  for i, item in ipairs(value) do out[i] = tidy(kind.item, item, currency) end
  return next(value) ~= nil and #out == 0 and value or out
end

-- Members that the table does not know are let pass: a copy without them is checked.
function ONE_WAY.record(kind, value, currency)
  if type(value) ~= "table" or #value > 0 then return value end
  local out = {}
  for _, entry in ipairs(kind) do
    local name = entry[1]
    if value[name] ~= nil then out[name] = tidy(entry[2], value[name], currency) end
  end
  return out
end

function tidy(kind, value, currency)
  local one_way = ONE_WAY[kind.kind]
  if value == nil or value == json.null or not one_way then return value end
  return one_way(kind, value, currency)
end

-- Faults ------------------------------------------------------------------------------------------

-- Positions of lists are counted from 0.
local function path_of(path)
  local text = path:gsub("%[(%d+)%]", function(n)
    return ("[%d]"):format(tonumber(n) - 1)
  end)
  return text == "" and "body" or text:sub(1, 256)
end

local function add_fault(faults, path, missing)
  faults[#faults + 1] =
    { field = path_of(path), reason = missing and "MISSING_FIELD" or "INVALID_DATA" }
end

-- Which of the cases hold in which a field is required.
local function cases_of(body)
  local country = bodies.at(body, "orderInformation.billTo.country")
  local mode = bodies.at(body, "processingInformation.paymentFlowMode")
  local known = type(country) == "string"
  return {
    US = known and country:upper() == "US", elsewhere = known and country:upper() ~= "US",
    hosted = mode == "HOP", widget = mode == "inline",
  }
end

local function find_needed(kind, value, path, cases, faults)
  if type(value) ~= "table" then return end
  if kind.kind == "list" then
    for i, item in ipairs(value) do
      find_needed(kind.item, item, ("%s[%d]"):format(path, i), cases, faults)
    end
  elseif kind.kind == "record" then
    for _, entry in ipairs(kind) do
      local name, member = entry[1], value[entry[1]]
      local at = path == "" and name or path .. "." .. name
      if member == nil and cases[entry.needed] then add_fault(faults, at, true) end
      find_needed(entry[2], member, at, cases, faults)
    end
  end
end

-- No personal data where a session is made (section 3).
local function find_personal(row, body, faults)
  for _, path in ipairs(row.without and row.without.fields or {}) do
    if bodies.at(body, path) ~= nil then add_fault(faults, path) end
  end
end

local function field_faults(row, given, body)
  local faults = json.list {}
  local ok, found = S.check(row.body, body, true, false)
  for _, fault in ipairs(ok and {} or found) do
    add_fault(faults, fault.path, fault.message:find "required" ~= nil)
  end
  find_needed(row.body, body, "", cases_of(body), faults)
  find_personal(row, given, faults)
  return faults
end

-- Grand total (section 4) -------------------------------------------------------------------------

local function sum_of(lines, currency, in_us)
  local sum = 0
  for _, line in ipairs(lines) do
    local price = bodies.minor(line.unitPrice, currency)
    if not price then return nil end
    local coupon = line.productCode == "coupon"
    sum = sum + (coupon and -1 or 1) * price * (line.quantity or 1)
    if not coupon and not in_us then sum = sum + (bodies.minor(line.taxAmount, currency) or 0) end
  end
  return sum
end

local function adds_up(order)
  local details, lines = order.amountDetails or {}, order.lineItems
  local country = order.billTo and order.billTo.country
  local total = bodies.minor(details.totalAmount, details.currency)
  if not total or not lines or #lines == 0 or not country then return true end
  local in_us = country:upper() == "US"
  local sum = sum_of(lines, details.currency, in_us)
  if not sum then return true end
  if in_us then sum = sum + (bodies.minor(details.taxAmount, details.currency) or 0) end
  return sum - (bodies.minor(details.discountAmount, details.currency) or 0) == total
end

-- Reading -----------------------------------------------------------------------------------------

local function is_json(content_type)
  return (content_type or ""):lower():match "^%s*([^;%s]*)" == "application/json"
end

--- The body of a request as a table, or nil and a refusal.
-- @param row of the table of operations
-- @param given what the bytes decode to, nil when they do not
function bodies.read(row, request, given)
  if row.method == "GET" then return {} end
  if not is_json(request.headers["content-type"]) then
    return nil, answers.invalid("INVALID_DATA", "The content type must be application/json.")
  end
  if type(given) ~= "table" or #given > 0 or getmetatable(given) == LIST_MARK then
    return nil, answers.invalid("INVALID_DATA", "The request is no JSON object.")
  end
  if not row.body then return given end
  local currency = bodies.at(given, "orderInformation.amountDetails.currency")
  local body = tidy(row.body, given, currency)
  if row.name == "session.create" and body.processingInformation then
    body.processingInformation.sessionType = body.processingInformation.sessionType or "N"
  end
  local faults = field_faults(row, given, body)
  if #faults > 0 then return nil, answers.fields(faults) end
  if row.total and not adds_up(body.orderInformation) then
    return nil, answers.field "orderInformation.amountDetails.totalAmount"
  end
  return body
end

return bodies
