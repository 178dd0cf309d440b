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

-- Disputes (3.15) --------------------------------------------------------------------------------

--- What an answer to an evidence request is read back as (2.12).
function shapes.evidence_answer(response)
  return {
    response_id = response.id,
    created_at = time(response.at),
    additional_information = response.information,
    attachments = response.attachments or json.list {},
    details = response.details or {},
  }
end

local function evidence(entry)
  local response = entry.response and shapes.evidence_answer(entry.response)
  if response then response.response_id = nil end
  return {
    payment_dispute_merchant_evidence_id = entry.id,
    request = {
      created_at = time(entry.created_at),
      state = entry.state,
      previous_state = entry.previous_state,
      comment = entry.comment,
    },
    response = response,
  }
end

local function dispute_details(dispute, line_items)
  return {
    dispute_amount = dispute.amount,
    currency = dispute.currency,
    created_by = dispute.created_by,
    line_items = line_items,
  }
end

local function dispute_context(dispute)
  if dispute.state ~= "MERCHANT_EVIDENCE_PENDING" then return nil end
  local asked = dispute.evidence[#dispute.evidence]
  return {
    evidence_request_type = asked.type,
    evidence_response_deadline_at = time(asked.deadline_at),
  }
end

-- The name of the config's id is an accident of Klarna's, one word longer here than in the webhook.
local function dispute_config(dispute, name)
  return {
    [name] = dispute.id .. ":config:1",
    total_merchant_evidence_requests = dispute.evidence_max,
  }
end

--- A dispute.
function shapes.dispute(dispute)
  local transaction = dispute.transaction
  return {
    payment_dispute_id = dispute.id,
    payment_transaction_id = transaction.id,
    payment_transaction_reference = transaction.reference,
    purchase_reference = (transaction.purchase or {}).purchase_reference,
    payment_product_instance_id = dispute.product_id,
    payment_capture_reference = dispute.capture_reference,
    dispute_reason = dispute.reason,
    state = dispute.state,
    previous_state = dispute.previous_state,
    state_context = dispute_context(dispute),
    dispute_details = dispute_details(dispute, dispute.line_items),
    merchant_evidence = list(dispute.evidence, evidence),
    config = dispute_config(dispute, "payment_dispute_payment_dispute_payment_dispute_config_id"),
    created_at = time(dispute.created_at),
    updated_at = time(dispute.updated_at),
    arbitration_started_at = time(dispute.arbitration_at),
    closed_at = time(dispute.closed_at),
  }
end

--- What a webhook says of a dispute (5.2).
function shapes.dispute_event(dispute)
  return {
    payment_dispute_id = dispute.id,
    payment_transaction_id = dispute.transaction.id,
    payment_capture_reference = dispute.capture_reference,
    state = dispute.state,
    previous_state = dispute.previous_state,
    state_context = dispute_context(dispute),
    dispute_reason = dispute.reason,
    dispute_details = dispute_details(dispute),
    config = dispute_config(dispute, "payment_dispute_payment_dispute_config_id"),
    created_at = time(dispute.created_at),
    updated_at = time(dispute.updated_at),
  }
end

-- Payment requests (3.1) -------------------------------------------------------------------------

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
