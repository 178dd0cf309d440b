--- How a dispute begins: who may dispute what, and how a new one is led to the state a test wants.
-- It changes no dispute that is open; that is disputes.lua.

local json = require "kassa.json"
local disputes = require "kassa.sandbox.klarna.disputes"
local events = require "kassa.sandbox.klarna.events"
local transactions = require "kassa.sandbox.klarna.transactions"

local opening = {}

local RESOLUTION_MS = 21 * 24 * 3600 * 1000
local DISPUTES_MAX = 10000 -- of one transaction; a number of the sandbox's own

-- What a dispute can still be about: money that was taken, not given back, not charged back, and
-- not in dispute already.
local function disputable(transaction)
  local left = transactions.left(transaction)
  for _, dispute in ipairs(transaction.disputes) do
    if dispute.state ~= "CLOSED" then left = left - dispute.amount end
  end
  return math.max(0, left)
end

-- Terms ------------------------------------------------------------------------------------------

local STATES = disputes.STATES

-- What can be said of a dispute that is opened, and for which states.
local EVIDENCE_ONLY = { MERCHANT_EVIDENCE_PENDING = true }
local TERMS = {
  reason = STATES, state = STATES, amount = STATES,
  deadline = { PRE_ARBITRATION = true, MERCHANT_EVIDENCE_PENDING = true },
  type = EVIDENCE_ONLY, comment = EVIDENCE_ONLY, outcome = { CLOSED = true },
}

local function state_fault(terms, reason, state)
  if disputes.REASONS[reason] == nil then
    return "there is no dispute reason " .. tostring(reason)
  end
  if not STATES[state] then return "a dispute has no state " .. tostring(state) end
  if state == "PRE_ARBITRATION" and disputes.REASONS[reason] then
    return "a dispute for " .. reason .. " passes PRE_ARBITRATION at once"
  end
  local fault = disputes.terms_fault(terms, TERMS)
  if fault then return fault end
  for name in pairs(terms) do
    if not TERMS[name][state] then return "a dispute that is " .. state .. " has no " .. name end
  end
end

local function amount_fault(transaction, amount)
  local left = disputable(transaction)
  if left == 0 then return "there is nothing to dispute: no captured money is left" end
  amount = amount or left
  if type(amount) ~= "number" or amount % 1 ~= 0 or amount < 1 or amount > left then
    return "a dispute is about 1 .. " .. left .. " here, not " .. tostring(amount)
  end
  if #transaction.disputes >= DISPUTES_MAX then
    return "a transaction takes " .. DISPUTES_MAX .. " disputes here"
  end
end

local function terms_fault(transaction, terms, reason, state)
  local lasts, message = disputes.lasting(terms, 0)
  return state_fault(terms, reason, state) or amount_fault(transaction, terms.amount)
    or disputes.outcome_fault(terms.outcome or "won") or disputes.evidence_fault(terms)
    or (not lasts and message) or nil
end

-- The record -------------------------------------------------------------------------------------

-- What one piece costs, where it is said or can be told (3.6).
local function unit_price(item)
  local even = item.quantity > 0 and item.total_amount % item.quantity == 0
  return item.unit_price or even and math.floor(item.total_amount / item.quantity) or nil
end

-- The purchase's line items as a dispute shows them (3.15).
local function disputed_items(transaction)
  local out = json.list {}
  for i, item in ipairs((transaction.purchase or {}).line_items or {}) do
    out[i] = {
      name = item.name, product_type = "PHYSICAL_ITEM", quantity = item.quantity,
      unit_price = unit_price(item),
    }
  end
  return #out > 0 and out or nil
end

local function capture_reference(transaction)
  local last = transaction.captures[#transaction.captures]
  return last and last.reference or nil
end

local function new_dispute(self, transaction, reason, amount)
  local now = self.now()
  return {
    id = string.format("%s:dispute:%d", transaction.id, #transaction.disputes + 1),
    order = #self.dispute_order + 1, transaction = transaction, product_id = self.product_id,
    reason = reason, state = "PRE_ARBITRATION", amount = amount, currency = transaction.currency,
    line_items = disputed_items(transaction), capture_reference = capture_reference(transaction),
    created_by = "CUSTOMER", evidence = {},
    evidence_max = disputes.EVIDENCE_REQUESTS_MAX, attachments = {}, attachment_order = {},
    created_at = now, updated_at = now,
  }
end

local function store(self, dispute, resolution_ms)
  local list = dispute.transaction.disputes
  list[#list + 1] = dispute
  self.disputes[dispute.id] = dispute
  self.dispute_order[dispute.order] = dispute.id
  dispute.resolution_at = dispute.created_at + resolution_ms
  self.plan(dispute.resolution_at, { kind = "resolution", id = dispute.id })
  events.dispute(self, dispute)
end

--- Open a dispute and lead it to a state.
-- @param terms { reason = "PRODUCTS_NOT_RECEIVED", state = the first one a dispute for that reason
--   rests in, amount = all that can be disputed, deadline = how long that state lasts,
--   type =, comment = of the evidence request, outcome = "won" or "lost" of one that is CLOSED }
-- @return the dispute's record | nil, a sentence; then nothing happened
function opening.open(self, transaction, terms)
  local reason = terms.reason or "PRODUCTS_NOT_RECEIVED"
  local at_once = disputes.REASONS[reason]
  local state = terms.state or (at_once and "ARBITRATION_PENDING" or "PRE_ARBITRATION")
  local fault = terms_fault(transaction, terms, reason, state)
  if fault then return nil, fault end
  local dispute = new_dispute(self, transaction, reason, terms.amount or disputable(transaction))
  local rests = state == "PRE_ARBITRATION"
  store(self, dispute, rests and disputes.lasting(terms, RESOLUTION_MS)
    or at_once and 0 or RESOLUTION_MS)
  if not rests then disputes.escalate(self, dispute) end
  if state == "MERCHANT_EVIDENCE_PENDING" then
    disputes.ask(self, dispute,
      { type = terms.type, comment = terms.comment, deadline = terms.deadline })
  elseif state == "CLOSED" then
    disputes.decide(self, dispute, terms.outcome or "won")
  end
  return dispute
end

return opening
