--- Checks of a status, and the search for transactions (sections 2, 10). It changes nothing, and
-- asks for what the guide to the search says can be asked for.

local json = require "kassa.json"
local core = require "kassa.core"
local answers = require "kassa.sandbox.cybersource.answers"
local bodies = require "kassa.sandbox.cybersource.bodies"
local shapes = require "kassa.sandbox.cybersource.shapes"

local search = { handlers = {} }
local handlers = search.handlers

local LIMIT = 20
local DAY_MS = 24 * 3600 * 1000

for _, kind in ipairs { "session", "authorization", "reversal", "capture", "refund" } do
  handlers[kind .. ".status"] = function(self, params)
    local step = self.steps:find(params.id)
    if not step then return nil, answers.missing() end
    return 201, shapes.status(step)
  end
end

-- Reports are late: what is younger than the lag is not in them yet.
local function reported(self, step)
  return step.at + self.report_lag_ms <= self.now()
end

-- Steps that stand on one another, oldest first.
local function related_to(self, step)
  local out = {}
  for _, other in ipairs(self.steps.order) do
    if other.parent == step or step.parent == other then out[#out + 1] = other.id end
  end
  return out
end

handlers["transaction.read"] = function(self, params)
  local step = self.steps:find(params.id)
  if not step or not reported(self, step) then return nil, answers.missing() end
  return 200, shapes.transaction(step, self.merchant_id, related_to(self, step))
end

-- The query language: field:value, or field:[from TO to], joined by AND --------------------------

-- Milliseconds of a moment: ISO text, "*", or NOW with days added or taken off, by the whole day
-- with NOW/DAY; nil when it is none.
local function moment(text, now, open)
  if text == "*" then return open end
  local rest = text:match "^NOW(.*)$"
  if not rest then return core.time.ms(text) end
  local at = now
  if rest:match "^/DAY" then at, rest = now - now % DAY_MS, rest:sub(5) end
  for sign, count, unit in rest:gmatch "([+-])(%d+)(%a+)" do
    local size = unit:match "^HOUR" and DAY_MS / 24 or unit:match "^DAY" and DAY_MS
    if not size then return nil end
    at = at + (sign == "-" and -1 or 1) * tonumber(count) * size
  end
  return at
end

local function range_of(value, now)
  local from, to = value:match "^[%[{](%S+) TO (%S+)[%]}]$"
  if not from then return nil end
  return moment(from, now, 0), moment(to, now, math.huge)
end

-- The fields that can be asked for beside submitTimeUtc.
local FIELDS = {
  id = true, merchantId = true, reconciliationId = true,
  ["clientReferenceInformation.code"] = true,
  ["orderInformation.amountDetails.totalAmount"] = true,
  ["orderInformation.amountDetails.currency"] = true,
}

local function term_of(text, now)
  local field, value = text:match "^%s*([%w_.]+):(.-)%s*$"
  if not field or value == "" then return nil end
  if field == "submitTimeUtc" then
    local from, to = range_of(value, now)
    if not from or not to then return nil end
    return function(step) return step.at >= from and step.at <= to end
  end
  value = value:match '^"(.*)"$' or not value:find "%s" and value
  if not FIELDS[field] or not value then return nil end
  return function(_, row) return tostring(bodies.at(row, field)) == value end
end

-- What stands between the separators, each read by read; nil when one cannot be read.
local function split(text, separator, read, now)
  local out, from = {}, 1
  repeat
    local first, last = text:find(separator, from, true)
    local made = read(text:sub(from, (first or 0) - 1), now)
    if not made then return nil end
    out[#out + 1], from = made, last and last + 1
  until not first
  return out
end

local function all_of(text, now)
  local terms = split(text, " AND ", term_of, now)
  return terms and function(step, row)
    for _, term in ipairs(terms) do
      if not term(step, row) then return false end
    end
    return true
  end
end

-- A function(step, row) for a query; nil for one that cannot be read. AND binds before OR.
local function condition_of(query, now)
  local choices = split(query, " OR ", all_of, now)
  return choices and function(step, row)
    for _, choice in ipairs(choices) do
      if choice(step, row) then return true end
    end
    return false
  end
end

-- Oldest first, or newest first where the sort says so.
local function found_by(self, condition, newest_first)
  local order, out = self.steps.order, {}
  local first, last, by = 1, #order, 1
  if newest_first then first, last, by = #order, 1, -1 end
  for i = first, last, by do
    local row = shapes.summary(order[i], self.merchant_id)
    if reported(self, order[i]) and condition(order[i], row) then out[#out + 1] = row end
  end
  return out
end

local function page_of(rows, offset, limit)
  local out = json.list {}
  for i = offset + 1, math.min(#rows, offset + limit) do out[#out + 1] = rows[i] end
  return out
end

handlers["transaction.search"] = function(self, _, body)
  local condition = condition_of(body.query, self.now())
  if not condition then return nil, answers.field "query" end
  local rows = found_by(self, condition, body.sort:find "submitTimeUtc:desc" ~= nil)
  local limit, offset = body.limit or LIMIT, body.offset or 0
  local page, id = page_of(rows, offset, limit), self.tokens:uuid()
  return 201, {
    searchId = id, save = false, name = body.name, timezone = body.timezone, query = body.query,
    offset = offset, limit = limit, sort = body.sort, count = #page, totalCount = #rows,
    submitTimeUtc = shapes.moment { at = self.now() },
    _embedded = #page > 0 and { transactionSummaries = page } or nil,
    _links = { self = { href = "/tss/v2/searches/" .. id, method = "GET" } },
  }
end

return search
