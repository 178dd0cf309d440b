--- What happens to money: authorize, follow on, reverse, capture, refund (sections 7.2 to 7.5), by
-- hand. It shares no rule with the client's table and ledger, so that the two can disagree.

local answers = require "kassa.sandbox.cybersource.answers"
local bodies = require "kassa.sandbox.cybersource.bodies"
local shapes = require "kassa.sandbox.cybersource.shapes"
local triggers = require "kassa.sandbox.cybersource.triggers"

local payments = { handlers = {} }
local handlers = payments.handlers

local AUTHORIZATION_MS = 28 * 24 * 3600 * 1000
local TAKEN = { SETTLED = true, PENDING = true, CHARGEBACK = true } -- captures that hold money
local GIVEN = { REFUNDED = true, PENDING = true }
local REVERSED = { AUTH_REVERSED = true, PENDING = true }

local function details_of(body)
  local details = body.orderInformation.amountDetails
  return bodies.minor(details.totalAmount, details.currency), details.currency
end

local function amount_refused(amount, currency, wanted)
  if not amount or amount < 1 then
    return answers.invalid("INVALID_AMOUNT", "The amount must be above zero.",
      { { field = "orderInformation.amountDetails.totalAmount", reason = "INVALID_DATA" } })
  end
  if wanted and currency ~= wanted then
    return answers.field "orderInformation.amountDetails.currency"
  end
end

-- Answer with a step, or as a server that lost it on the way.
local function answer(step, trigger)
  if trigger and trigger.server then return nil, answers.timeout() end
  return 201, shapes.step(step)
end

-- What a trigger answers that leaves nothing behind.
local function lost(trigger)
  if not trigger then return nil end
  if trigger.server == "before" then return answers.timeout() end
  return trigger.refuses and answers.triggered(trigger.refuses) or nil
end

-- The sum of the amounts of steps in these statuses.
local function sum(list, statuses)
  local total = 0
  for _, step in ipairs(list) do
    if statuses[step.status] then total = total + step.amount end
  end
  return total
end

-- Authorizations ----------------------------------------------------------------------------------

-- The authorization that took this one's place, or may yet.
local function successor(authorization)
  local next_one = authorization.followed_by
  local status = next_one and next_one.status
  return (status == "AUTHORIZED" or status == "PENDING" or status == "AUTH_REVERSED") and next_one
    or nil
end

-- Why a token is worth nothing, as the processor's code of a FAILED authorization; nil when it is
-- good. One consent is good for one order, and for what follows on that.
local function token_fault(self, token, linked)
  if triggers.of_token(token) then return nil end
  local session = self.sessions_by_token[token]
  if not session or session.status ~= "COMPLETED" then return "10000" end
  for _, used in ipairs(session.authorizations or {}) do
    local gone = used.status == "FAILED" or used.status == "ABANDONED"
    if not gone and used ~= linked and not successor(used) then return "10000" end
  end
end

local function new_authorization(self, body, linked)
  local amount, currency = details_of(body)
  local token = body.processorInformation.preApprovalToken
  local trigger = triggers.of_token(token) or triggers.of_amount("authorization", amount)
  local refusal = amount_refused(amount, currency, linked and linked.currency) or lost(trigger)
  if refusal then return nil, refusal end
  local fault = token_fault(self, token, linked)
  local step = self.steps:add("authorization", body)
  step.amount, step.currency, step.captures = amount, currency, {}
  step.order_id, step.ends_at = self.tokens:uuid(), step.at + AUTHORIZATION_MS
  if fault then trigger = { statuses = { "FAILED" }, code = fault } end
  self.steps:begin(step, "AUTHORIZED", trigger)
  local session = not fault and self.sessions_by_token[token]
  if session then
    step.session, step.session_totals = session, session.totals
    session.authorizations = session.authorizations or {}
    table.insert(session.authorizations, step)
  end
  return step, trigger
end

handlers["authorization.create"] = function(self, _, body)
  local step, more = new_authorization(self, body)
  if not step then return nil, more end
  return answer(step, more)
end

--- What is held by captures: settled, reviewed or taken back by the shopper.
function payments.captured(authorization)
  return sum(authorization.captures, TAKEN)
end

local function reversal_of(authorization)
  local reversal = authorization.reversal
  return reversal and REVERSED[reversal.status] and reversal or nil
end

-- Why an authorization cannot be captured or reversed.
local function closed(self, authorization)
  if reversal_of(authorization) then
    local done = authorization.reversal.status == "AUTH_REVERSED"
    return answers.invalid(done and "AUTH_ALREADY_REVERSED"
      or "TRANSACTION_ALREADY_REVERSED_OR_SETTLED", done and "The authorization is reversed."
      or "The authorization is being reversed.")
  end
  if authorization.status ~= "AUTHORIZED" then
    return answers.invalid("MISSING_AUTH", "The authorization is " .. authorization.status .. ".")
  end
  if successor(authorization) then
    return answers.invalid("MISSING_AUTH", "The authorization was followed by "
      .. authorization.followed_by.id .. ".")
  end
  if self.now() >= authorization.ends_at then
    return answers.invalid("MISSING_AUTH", "The authorization is older than 28 days.")
  end
end

local function find_authorization(self, id)
  local found = self.steps:find(id, "authorization")
  if found then return found end
  return nil, answers.invalid("MISSING_AUTH", "There is no such authorization.")
end

-- A follow-on comes before any capture or reversal; its amount is that of the newest session, when
-- that was updated since (O).
local function follow_on_refused(self, linked, body)
  local link = { { field = "processingInformation.linkId", reason = "INVALID_DATA" } }
  if not linked then
    return answers.invalid("INVALID_PAYMENT_ID", "There is no such authorization.", link)
  end
  local refusal = closed(self, linked)
  if refusal or payments.captured(linked) > 0 then
    return answers.invalid("INVALID_PAYMENT_ID", refusal and refusal.message
      or "The authorization is captured.", link)
  end
  local session = linked.session
  local updated = session and session.totals > linked.session_totals
  if updated and details_of(body) ~= session.amount then
    return answers.invalid("INVALID_AMOUNT", "The amount is not that of the updated session.",
      { { field = "orderInformation.amountDetails.totalAmount", reason = "INVALID_DATA" } })
  end
end

handlers["authorization.follow_on"] = function(self, _, body)
  local linked = self.steps:find(body.processingInformation.linkId, "authorization")
  local refusal = follow_on_refused(self, linked, body)
  if refusal then return nil, refusal end
  local step, more = new_authorization(self, body, linked)
  if not step then return nil, more end
  step.parent, linked.followed_by = linked, step
  return answer(step, more)
end

-- Reversals ---------------------------------------------------------------------------------------

-- A trigger that holds `once` has held for this authorization already.
local function reversal_trigger(authorization)
  local trigger = triggers.of_amount("reversal", authorization.amount)
  if trigger and trigger.once and authorization.tried then return nil end
  return trigger
end

handlers["authorization.reverse"] = function(self, params, body)
  local authorization, refusal = find_authorization(self, params.id)
  refusal = refusal or closed(self, authorization)
  if not refusal and payments.captured(authorization) > 0 then
    refusal = answers.invalid("TRANSACTION_ALREADY_SETTLED", "The authorization is captured.")
  end
  local trigger = not refusal and reversal_trigger(authorization)
  refusal = refusal or lost(trigger)
  if authorization then authorization.tried = true end
  if refusal then return nil, refusal end
  local step = self.steps:add("reversal", body)
  step.parent, step.amount, step.currency = authorization, authorization.amount,
    authorization.currency
  authorization.reversal = step
  self.steps:begin(step, "AUTH_REVERSED", trigger)
  payments.arrived(self, step)
  return answer(step, trigger)
end

--- A step came into a status by itself: what follows for the one it stands on. That an
-- authorization is itself AUTH_REVERSED then is a guess.
function payments.arrived(self, step)
  if step.kind == "reversal" and step.status == "AUTH_REVERSED" then
    self.steps:move(step.parent, "AUTH_REVERSED")
  end
end

-- Captures and refunds ----------------------------------------------------------------------------

handlers["authorization.capture"] = function(self, params, body)
  local authorization, refusal = find_authorization(self, params.id)
  if not authorization then return nil, refusal end
  local amount, currency = details_of(body)
  refusal = closed(self, authorization)
    or amount_refused(amount, currency, authorization.currency)
  if refusal then return nil, refusal end
  if amount > authorization.amount - payments.captured(authorization) then
    return nil, answers.invalid("EXCEEDS_AUTH_AMOUNT",
      "The captures would be above the authorized amount.")
  end
  local trigger = triggers.of_amount("capture", amount)
  if lost(trigger) then return nil, lost(trigger) end
  local step = self.steps:add("capture", body)
  step.parent, step.amount, step.currency, step.refunds = authorization, amount, currency, {}
  table.insert(authorization.captures, step)
  self.steps:begin(step, "SETTLED", trigger)
  return answer(step, trigger)
end

--- What refunds gave back, or are about to.
function payments.refunded(capture)
  return sum(capture.refunds, GIVEN)
end

-- Refunds after a chargeback are refused: a guess.
local function refund_refused(capture, amount, currency)
  if capture.status == "CHARGEBACK" then
    return answers.invalid("CAPTURE_ALREADY_VOIDED", "The capture was charged back.")
  end
  if capture.status ~= "SETTLED" then
    return answers.invalid("NOT_SUPPORTED", "The capture is " .. capture.status .. ".")
  end
  local refusal = amount_refused(amount, currency, capture.currency)
  if refusal then return refusal end
  if amount > capture.amount - payments.refunded(capture) then
    return answers.invalid("INVALID_AMOUNT", "The refunds would be above the captured amount.")
  end
end

handlers["capture.refund"] = function(self, params, body)
  local capture = self.steps:find(params.id, "capture")
  if not capture then return nil, answers.missing() end
  local amount, currency = details_of(body)
  local trigger = triggers.of_amount("refund", amount)
  local refusal = refund_refused(capture, amount, currency) or lost(trigger)
  if refusal then return nil, refusal end
  local step = self.steps:add("refund", body)
  step.parent, step.amount, step.currency = capture, amount, currency
  table.insert(capture.refunds, step)
  self.steps:begin(step, "REFUNDED", trigger)
  return answer(step, trigger)
end

--- The sums of an authorization, in minor units. What a chargeback took back is captured still.
function payments.ledger(authorization)
  local captured, refunded, refunds, charged_back = payments.captured(authorization), 0, 0, 0
  for _, capture in ipairs(authorization.captures) do
    refunded, refunds = refunded + payments.refunded(capture), refunds + #capture.refunds
    if capture.status == "CHARGEBACK" then charged_back = charged_back + capture.amount end
  end
  local open = authorization.status == "AUTHORIZED" and not successor(authorization)
  return {
    authorized = authorization.amount, captured = captured, refunded = refunded,
    charged_back = charged_back, captures = #authorization.captures, refunds = refunds,
    remaining = open and authorization.amount - captured or 0,
    currency = authorization.currency, state = authorization.status,
  }
end

return payments
