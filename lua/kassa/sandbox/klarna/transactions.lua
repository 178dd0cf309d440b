--- What happens to authorised money: capture, refund, void, expiry (reference 4.2), by hand.
-- It shares no rule with the client's table and ledger, so that the two can disagree.

local answers = require "kassa.sandbox.answers"
local events = require "kassa.sandbox.klarna.events"
local shapes = require "kassa.sandbox.klarna.shapes"

local transactions = { handlers = {} }
local handlers = transactions.handlers

local DAY_MS = 24 * 3600 * 1000
local AUTHORIZATION_MS = 28 * DAY_MS
local SETTLEMENT_MS = 7 * DAY_MS
local CAPTURES_MAX = 200
local REFUNDS_MAX = 200
local OPERATIONS_MAX = 500

local LEGAL = {
  update = { AUTHORIZED = true },
  capture = { AUTHORIZED = true },
  void = { AUTHORIZED = true },
  refund = { AUTHORIZED = true, EXPIRED = true, COMPLETED = true },
}

local function move(self, transaction, state, reason)
  transaction.previous_state, transaction.state = transaction.state, state
  transaction.reason = reason
  transaction.updated_at = self.now()
  events.transaction(self, transaction)
end

local function find(self, id)
  local transaction = self.transactions[id]
  if transaction then return transaction end
  return nil, answers.missing("payment transaction", id)
end

-- State and the limit on operations of all kinds; counts the operation only when it is done.
local function refused(transaction, verb)
  if not LEGAL[verb][transaction.state] then
    return answers.forbidden("A payment transaction that is " .. transaction.state
      .. " does not allow to " .. verb .. ".")
  end
  if transaction.operations >= OPERATIONS_MAX then
    return answers.forbidden("A payment transaction takes " .. OPERATIONS_MAX .. " operations.")
  end
end

local function done(self, transaction)
  transaction.operations = transaction.operations + 1
  transaction.updated_at = self.now()
end

local function add_capture(self, transaction, body)
  local number = #transaction.captures + 1
  local capture = {
    id = string.format("%s:capture:%d", transaction.id, number),
    transaction = transaction,
    amount = body.capture_amount,
    reference = body.payment_capture_reference,
    data = body.supplementary_capture_data,
    at = self.now(),
    refunded = 0,
  }
  transaction.captures[number] = capture
  self.captures[capture.id] = capture
  transaction.captured = transaction.captured + capture.amount
  transaction.remaining = transaction.amount - transaction.captured
  return capture
end

--- Open a transaction for a confirmed request: AUTHORIZED, or COMPLETED with one capture.
-- @param terms { reference =, purchase =, capture = bool, profile =, customer_id = }
function transactions.authorize(self, request, terms)
  local now = self.now()
  local transaction = {
    id = "krn:payment:eu1:transaction:" .. self.random:uuid(),
    reference = terms.reference,
    currency = request.currency, amount = request.amount,
    captured = 0, refunded = 0, remaining = request.amount, operations = 0, voided = false,
    captures = {}, refunds = {}, chargebacks = {}, disputes = {},
    state = "AUTHORIZED", reason = "AUTHORIZED",
    created_at = now, expires_at = now + AUTHORIZATION_MS,
    purchase = terms.purchase, profile = terms.profile, customer_id = terms.customer_id,
    funding = { type = "GUARANTEED", state = "FUNDED" },
    pricing = self.pricing,
  }
  self.transactions[transaction.id] = transaction
  if terms.capture then
    local capture = add_capture(self, transaction, { capture_amount = transaction.amount })
    transaction.operations = 1
    transaction.state, transaction.reason = "COMPLETED", nil
    events.transaction(self, transaction)
    events.captured(self, transaction, capture)
  else
    self.plan(transaction.expires_at, { kind = "authorization", id = transaction.id })
    events.transaction(self, transaction)
  end
  return transaction
end

handlers["payment_transaction.read"] = function(self, params)
  local transaction, refusal = find(self, params.payment_transaction_id)
  if not transaction then return nil, refusal end
  return 200, shapes.transaction(transaction)
end

handlers["payment_transaction.update"] = function(self, params, body)
  local transaction, refusal = find(self, params.payment_transaction_id)
  refusal = refusal or refused(transaction, "update")
  if refusal then return nil, refusal end
  transaction.reference = body.payment_transaction_reference or transaction.reference
  local reference = (body.supplementary_purchase_data or {}).purchase_reference
  if reference then
    transaction.purchase = transaction.purchase or {}
    transaction.purchase.purchase_reference = reference
  end
  done(self, transaction)
  return 200, shapes.transaction(transaction)
end

local function capture_refused(transaction, amount)
  if #transaction.captures >= CAPTURES_MAX then
    return answers.forbidden("A payment transaction takes " .. CAPTURES_MAX .. " captures.")
  end
  if amount > transaction.remaining then
    return answers.forbidden("The capture amount is above the remaining authorization amount.")
  end
end

handlers["payment_transaction.capture"] = function(self, params, body)
  local transaction, refusal = find(self, params.payment_transaction_id)
  refusal = refusal or refused(transaction, "capture")
    or capture_refused(transaction, body.capture_amount)
  if refusal then return nil, refusal end
  local capture = add_capture(self, transaction, body)
  done(self, transaction)
  events.captured(self, transaction, capture)
  if transaction.remaining == 0 then
    move(self, transaction, "COMPLETED")
  elseif body.remaining_authorization == "RELEASE" then
    transaction.remaining = 0
    move(self, transaction, "COMPLETED")
  end
  return 201, shapes.capture(capture)
end

handlers["payment_transaction.void"] = function(self, params)
  local transaction, refusal = find(self, params.payment_transaction_id)
  refusal = refusal or refused(transaction, "void")
  if refusal then return nil, refusal end
  transaction.voided = true
  transaction.remaining = 0
  done(self, transaction)
  move(self, transaction, transaction.captured > 0 and "COMPLETED" or "CLOSED", "VOIDED")
  return 200, shapes.transaction(transaction)
end

local function refund_refused(transaction, amount, capture)
  if #transaction.refunds >= REFUNDS_MAX then
    return answers.forbidden("A payment transaction takes " .. REFUNDS_MAX .. " refunds.")
  end
  if amount > transaction.captured - transaction.refunded then
    return answers.forbidden("The refunds would be above the captured amount.")
  end
  if capture and amount > capture.amount - capture.refunded then
    return answers.forbidden("The refunds would be above the capture's amount.")
  end
end

local function refund(self, transaction, body, capture)
  local refusal = refused(transaction, "refund")
    or refund_refused(transaction, body.refund_amount, capture)
  if refusal then return nil, refusal end
  local number = #transaction.refunds + 1
  local made = {
    id = string.format("%s:refund:%d", transaction.id, number),
    capture_id = capture and capture.id,
    reference = body.payment_refund_reference,
    amount = body.refund_amount,
    data = body.supplementary_refund_data,
    at = self.now(),
  }
  transaction.refunds[number] = made
  self.refunds[made.id] = made
  transaction.refunded = transaction.refunded + made.amount
  if capture then capture.refunded = capture.refunded + made.amount end
  done(self, transaction)
  events.refunded(self, transaction, made)
  return 201, shapes.refund(made)
end

handlers["payment_transaction.refund"] = function(self, params, body)
  local transaction, refusal = find(self, params.payment_transaction_id)
  if not transaction then return nil, refusal end
  return refund(self, transaction, body)
end

handlers["payment_capture.refund"] = function(self, params, body)
  local capture = self.captures[params.payment_capture_id]
  if not capture then return nil, answers.missing("capture", params.payment_capture_id) end
  return refund(self, capture.transaction, body, capture)
end

handlers["payment_capture.read"] = function(self, params)
  local capture = self.captures[params.payment_capture_id]
  if not capture then return nil, answers.missing("capture", params.payment_capture_id) end
  return 200, shapes.capture(capture)
end

handlers["payment_refund.read"] = function(self, params)
  local made = self.refunds[params.payment_refund_id]
  if not made then return nil, answers.missing("refund", params.payment_refund_id) end
  return 200, shapes.refund(made)
end

handlers["payment_chargeback.read"] = function(self, params)
  local made = self.chargebacks[params.payment_chargeback_id]
  if not made then return nil, answers.missing("chargeback", params.payment_chargeback_id) end
  return 200, shapes.chargeback(made)
end

--- The authorisation's time is over: EXPIRED, and seven days later settled.
function transactions.expire(self, transaction)
  if transaction.state ~= "AUTHORIZED" then return false end
  move(self, transaction, "EXPIRED")
  self.plan(self.now() + SETTLEMENT_MS, { kind = "settlement", id = transaction.id })
  return true
end

--- Seven days after expiry: CLOSED when nothing was captured, else COMPLETED; the rest is released.
function transactions.settle(self, transaction)
  if transaction.state ~= "EXPIRED" then return false end
  transaction.remaining = 0
  move(self, transaction, transaction.captured > 0 and "COMPLETED" or "CLOSED")
  return true
end

--- The end of a completed transaction's life. Klarna's trigger is not known: only a verb does it.
function transactions.close(self, transaction)
  if transaction.state ~= "COMPLETED" then return false end
  move(self, transaction, "CLOSED")
  return true
end

--- What was captured and neither refunded nor charged back.
function transactions.left(transaction)
  local taken = 0
  for _, made in ipairs(transaction.chargebacks) do taken = taken + made.amount end
  return transaction.captured - transaction.refunded - taken
end

--- Record what a lost dispute takes back. Returns the chargeback, or nil and a sentence.
-- @param terms { amount = all that is left, dispute_id =, reason =, line_items = }
function transactions.charge_back(self, transaction, terms)
  local left = transactions.left(transaction)
  local amount = terms.amount or left
  if type(amount) ~= "number" or amount < 1 or amount > left or amount % 1 ~= 0 then
    return nil, "a chargeback is 1 .. " .. left .. " here, not " .. tostring(amount)
  end
  local number = #transaction.chargebacks + 1
  local made = {
    id = string.format("%s:chargeback:%d", transaction.id, number),
    dispute_id = terms.dispute_id, amount = amount, reason = terms.reason,
    line_items = terms.line_items, at = self.now(),
  }
  transaction.chargebacks[number] = made
  self.chargebacks[made.id] = made
  events.chargeback(self, transaction, made)
  return made
end

--- The sums of a transaction.
function transactions.ledger(transaction)
  return {
    authorized = transaction.amount, captured = transaction.captured,
    refunded = transaction.refunded, remaining = transaction.remaining,
    captures = #transaction.captures, refunds = #transaction.refunds,
    operations = transaction.operations, voided = transaction.voided,
    currency = transaction.currency, state = transaction.state,
  }
end

return transactions
