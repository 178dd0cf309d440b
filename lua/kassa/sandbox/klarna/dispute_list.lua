--- The list of disputes: filters, order and pages (reference 2.10).
-- It reads disputes and changes none; limits the reference does not have are the sandbox's own.

local core = require "kassa.core"
local json = require "kassa.json"
local answers = require "kassa.sandbox.answers"
local disputes = require "kassa.sandbox.klarna.disputes"
local query = require "kassa.sandbox.query"
local shapes = require "kassa.sandbox.klarna.shapes"

local dispute_list = { handlers = {} }

local SIZE_USUAL, SIZE_MAX = 20, 100

-- Words ------------------------------------------------------------------------------------------

local SORTS = {
  deadline_expires_at = true, ["-deadline_expires_at"] = true,
  opened_at = true, ["-opened_at"] = true,
}

-- Names that may come several times, with how often; and which values there are where not all.
local LISTS = {
  payment_product_instance_id = 100, payment_transaction_id = 100, state = 100, reason = 10,
  sort_by = 10, purchase_references = 10,
}
local VALUES = { state = disputes.STATES, reason = disputes.REASONS, sort_by = SORTS }

-- Each reader takes a name's values and returns what they say, or nil and why they say nothing.
local READ = {}

for name, max in pairs(LISTS) do
  READ[name] = function(values)
    if #values > max then return nil, "There are more than " .. max .. " values." end
    for _, value in ipairs(values) do
      if value == "" or (VALUES[name] and VALUES[name][value] == nil) then
        return nil, "The value is not one of those there are."
      end
    end
    return values
  end
end

local function one(read)
  return function(values, self)
    if values[2] then return nil, "The value may come once." end
    return read(values[1], self)
  end
end

local read_time = one(function(text)
  return core.time.ms(text), "The value must be a time like 2024-01-31T12:00:00.000Z."
end)

for _, name in ipairs { "opened_at_start", "opened_at_end", "closed_at_start", "closed_at_end" } do
  READ[name] = read_time
end

READ.size = one(function(text)
  local size = text:find "^%d%d?%d?$" and tonumber(text)
  return size and size >= 1 and size <= SIZE_MAX and size or nil,
    "The value must be a whole number from 1 to " .. SIZE_MAX .. "."
end)

READ.starting_after = one(function(text, self)
  return self.dispute_cursors[text], "The value is no item of a page before."
end)

READ.ending_before = READ.starting_after

-- What is asked for, or nil and a refusal. Names that the reference does not have are let pass.
local function read_terms(self, given)
  local terms, faults = { size = SIZE_USUAL, sort_by = { "opened_at" } }, json.list {}
  for name, read in pairs(READ) do
    if given[name] then
      local value, why = read(given[name], self)
      terms[name] = value
      if not value then faults[#faults + 1] = { parameter = name, reason = why } end
    end
  end
  if given.starting_after and given.ending_before then
    faults[#faults + 1] = { parameter = "ending_before",
      reason = "The value cannot go together with starting_after." }
  end
  if #faults == 0 then return terms end
  table.sort(faults, function(a, b) return a.parameter .. a.reason < b.parameter .. b.reason end)
  return nil, answers.invalid(faults)
end

-- Filters and order ------------------------------------------------------------------------------

local function among(values, value)
  for _, wanted in ipairs(values or { value }) do
    if wanted == value then return true end
  end
  return values == nil
end

-- From start on, and before the end.
local function within(at, from, to)
  if not from and not to then return true end
  return at ~= nil and (not from or at >= from) and (not to or at < to)
end

local function wanted(dispute, terms)
  local transaction = dispute.transaction
  return among(terms.payment_product_instance_id, dispute.product_id)
    and among(terms.payment_transaction_id, transaction.id)
    and among(terms.state, dispute.state)
    and among(terms.reason, dispute.reason)
    and among(terms.purchase_references, (transaction.purchase or {}).purchase_reference)
    and within(dispute.created_at, terms.opened_at_start, terms.opened_at_end)
    and within(dispute.closed_at, terms.closed_at_start, terms.closed_at_end)
end

local KEY = {}

function KEY.opened_at(dispute) return dispute.created_at end

function KEY.deadline_expires_at(dispute)
  local request = disputes.open_request(dispute)
  return request and request.deadline_at
end

-- What comes first. A dispute without a deadline comes after all that have one.
local function order_by(names)
  local keys = {}
  for i, name in ipairs(names) do
    keys[i] = { of = KEY[name:gsub("^%-", "")], down = name:sub(1, 1) == "-" }
  end
  return function(a, b)
    for _, key in ipairs(keys) do
      local x, y = key.of(a), key.of(b)
      if x ~= y then
        if not x or not y then return x ~= nil end
        if key.down then return x > y end
        return x < y
      end
    end
    if keys[1].down then return a.order > b.order end
    return a.order < b.order
  end
end

-- Pages ------------------------------------------------------------------------------------------

-- An item's cursor: a text that says nothing, and stays the same.
local function cursor_of(self, dispute)
  dispute.cursor = dispute.cursor or core.sign.hex(core.sign.sha256("cursor of " .. dispute.id))
  self.dispute_cursors[dispute.cursor] = dispute
  return dispute.cursor
end

-- First and last of the page in the sorted list. A cursor holds its place by the order, so that its
-- dispute need not be in the list any more.
local function bounds(list, terms, before)
  if terms.ending_before then
    local last = 0
    while list[last + 1] and before(list[last + 1], terms.ending_before) do last = last + 1 end
    return math.max(1, last - terms.size + 1), last
  end
  local first = 1
  while terms.starting_after and list[first] and not before(terms.starting_after, list[first]) do
    first = first + 1
  end
  return first, math.min(#list, first + terms.size - 1)
end

local function link_to(asked, name, cursor)
  if cursor == json.null then return nil end
  local pairs_of = {}
  for _, pair in ipairs(asked.pairs) do
    if pair[1] ~= "starting_after" and pair[1] ~= "ending_before" then
      pairs_of[#pairs_of + 1] = pair
    end
  end
  pairs_of[#pairs_of + 1] = { name, cursor }
  return {
    href = asked.path .. "?" .. query.write(pairs_of), method = "GET",
    rel = name == "starting_after" and "next" or "prev",
  }
end

local function pagination(self, list, first, last, asked)
  local shown = last >= first
  local before = shown and first > 1 and cursor_of(self, list[first]) or json.null
  local after = shown and last < #list and cursor_of(self, list[last]) or json.null
  return {
    count = math.max(0, last - first + 1), total = #list,
    first_item = before, last_item = after,
    links = {
      prev = link_to(asked, "ending_before", before),
      next = link_to(asked, "starting_after", after),
    },
  }
end

dispute_list.handlers["payment_dispute.list"] = function(self, _, _, _, asked)
  local terms, refusal = read_terms(self, asked.query)
  if not terms then return nil, refusal end
  local list, before = {}, order_by(terms.sort_by)
  for _, id in ipairs(self.dispute_order) do
    local dispute = self.disputes[id]
    if wanted(dispute, terms) then list[#list + 1] = dispute end
  end
  table.sort(list, before)
  local first, last = bounds(list, terms, before)
  local page = json.list {}
  for i = first, last do page[#page + 1] = shapes.dispute(list[i]) end
  return 200, { disputes = page, pagination = pagination(self, list, first, last, asked) }
end

return dispute_list
