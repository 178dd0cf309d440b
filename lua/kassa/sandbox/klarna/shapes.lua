--- Klarna's answers as they look on the wire, made from the sandbox's own records (reference 3).
-- It reads records and writes none; a member the record does not have is left out.

local json = require "kassa.json"
local clock = require "kassa.sandbox.clock"

local shapes = {}

local function time(ms)
  return ms and clock.iso(ms) or nil
end

local function list(items, shape)
  local out = json.list {}
  for i, item in ipairs(items) do out[i] = shape(item) end
  return out
end

--- What a request for a refund of a transaction or a capture answers (3.13).
function shapes.refund(refund)
  return {
    payment_refund_id = refund.id,
    payment_capture_id = refund.capture_id,
    payment_refund_reference = refund.reference,
    refund_amount = refund.amount,
    refunded_at = time(refund.at),
    supplementary_refund_data = refund.data,
  }
end

function shapes.capture(capture)
  return {
    payment_capture_id = capture.id,
    payment_capture_reference = capture.reference,
    capture_amount = capture.amount,
    captured_at = time(capture.at),
    supplementary_capture_data = capture.data,
  }
end

function shapes.chargeback(chargeback)
  return {
    payment_chargeback_id = chargeback.id,
    payment_dispute_id = chargeback.dispute_id,
    chargeback_amount = chargeback.amount,
    chargeback_reason = chargeback.reason,
    chargeback_at = time(chargeback.at),
    line_items = chargeback.line_items,
  }
end

local function pricing(transaction)
  local made = transaction.pricing
  return {
    applicable_rate = {
      fixed_fee = { amount = 100, currency = transaction.currency },
      variable_fee = { percentage = 120 },
      unit = "CAPTURE",
    },
    evaluation_parameters = {
      price_plan_id = made.plan_id,
      payment_program_id = made.program_id,
      country = made.country,
      merchant_category_code = "5111",
      evaluated_at = time(transaction.created_at),
    },
  }
end

local function funding(transaction)
  return { type = transaction.funding.type, state = transaction.funding.state }
end

shapes.funding = funding

function shapes.transaction(transaction)
  return {
    payment_transaction_id = transaction.id,
    payment_transaction_reference = transaction.reference,
    currency = transaction.currency,
    payment_amount = transaction.amount,
    payment_funding = funding(transaction),
    supplementary_purchase_data = transaction.purchase,
    payment_captures = list(transaction.captures, shapes.capture),
    payment_refunds = list(transaction.refunds, shapes.refund),
    payment_chargebacks = list(transaction.chargebacks, shapes.chargeback),
    state = transaction.state,
    state_reason = transaction.reason,
    previous_state = transaction.previous_state,
    created_at = time(transaction.created_at),
    updated_at = time(transaction.updated_at),
    expires_at = time(transaction.expires_at),
    original_authorization_amount = transaction.amount,
    remaining_authorization_amount = transaction.remaining,
    customer_profile = transaction.profile,
    payment_pricing = pricing(transaction),
  }
end

-- The short form inside a payment request.
local function short_transaction(transaction)
  return {
    payment_transaction_id = transaction.id,
    payment_transaction_reference = transaction.reference,
    state = transaction.state,
    payment_captures = list(transaction.captures, function(capture)
      return { payment_capture_id = capture.id }
    end),
    payment_funding = funding(transaction),
    payment_pricing = pricing(transaction),
  }
end

local function customer(request, with_token)
  local out = {
    customer_profile = request.profile,
    customer_token = with_token and request.customer_token or nil,
    customer_token_reference = with_token and request.customer_token_reference or nil,
  }
  return next(out) and out or nil
end

local CONTEXT = {}

function CONTEXT.SUBMITTED(request)
  return { payment_distribution = { url = request.page_url } }
end

CONTEXT.PREPARED = CONTEXT.SUBMITTED
CONTEXT.IN_PROGRESS = CONTEXT.SUBMITTED

function CONTEXT.PENDING_CONFIRMATION(request)
  return {
    payment_confirmation_token = request.confirmation.id,
    shipping = request.shipping,
    klarna_customer = customer(request, false),
  }
end

function CONTEXT.CONFIRMED(request)
  return {
    payment_transaction = short_transaction(request.transaction),
    klarna_customer = customer(request, true),
  }
end

--- A payment request (3.1).
function shapes.request(request)
  local context = CONTEXT[request.state]
  return {
    payment_request_id = request.id,
    payment_request_reference = request.reference,
    state = request.state,
    previous_state = request.previous_state,
    state_reason = request.reason,
    state_context = context and context(request) or {},
    state_expires_at = time(request.state_expires_at),
    expires_at = time(request.expires_at),
    created_at = time(request.created_at),
    updated_at = time(request.updated_at),
    currency = request.currency,
    payment_amount = request.amount,
    config = request.config or {},
    supplementary_purchase_data = request.purchase,
    interoperability = request.interoperability,
  }
end

return shapes
