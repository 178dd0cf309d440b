--- What Klarna's webhooks say about a change: event type and payload (reference 5.2).
-- It knows no receiver: each call hands type and payload to the provider's `tell`.

local clock = require "kassa.sandbox.clock"
local shapes = require "kassa.sandbox.klarna.shapes"

local events = {}

local function state_word(state)
  return (state:lower():gsub("_", "-"))
end

--- A payment request came into its state.
function events.request(self, request)
  local purchase = request.purchase
  local payload = {
    payment_request_id = request.id,
    payment_request_reference = request.reference,
    state = request.state,
    previous_state = request.previous_state,
    state_reason = request.reason,
  }
  if purchase and purchase.purchase_reference then
    payload.supplementary_purchase_data = { purchase_reference = purchase.purchase_reference }
  end
  if request.state == "PENDING_CONFIRMATION" then
    payload.state_context = { payment_confirmation_token = request.confirmation.id }
  elseif request.state == "CONFIRMED" then
    payload.customer_token = request.customer_token
  end
  self.tell("payment.request.state-change." .. state_word(request.state), payload)
end

--- A transaction came into its state.
function events.transaction(self, transaction)
  self.tell("payment.transaction.state-change." .. state_word(transaction.state), {
    payment_transaction_id = transaction.id,
    payment_transaction_reference = transaction.reference,
    payment_amount = transaction.amount,
    currency = transaction.currency,
    state = transaction.state,
    previous_state = transaction.previous_state,
    state_reason = transaction.reason,
    remaining_authorization_amount = transaction.remaining,
    customer_id = transaction.customer_id,
    created_at = clock.iso(transaction.created_at),
    expires_at = clock.iso(transaction.expires_at),
  })
end

local function about(transaction, part, names)
  local payload = {
    payment_transaction_id = transaction.id,
    payment_transaction_reference = transaction.reference,
  }
  for _, name in ipairs(names) do payload[name] = part[name] end
  return payload
end

function events.captured(self, transaction, capture)
  self.tell("payment.transaction.captured", about(transaction, shapes.capture(capture),
    { "payment_capture_id", "payment_capture_reference", "capture_amount", "captured_at" }))
end

function events.refunded(self, transaction, refund)
  self.tell("payment.transaction.refunded", about(transaction, shapes.refund(refund),
    { "payment_refund_id", "payment_refund_reference", "refund_amount", "refunded_at" }))
end

function events.chargeback(self, transaction, chargeback)
  self.tell("payment.transaction.chargeback", about(transaction, shapes.chargeback(chargeback),
    { "payment_dispute_id", "payment_chargeback_id", "chargeback_amount", "chargeback_reason",
      "chargeback_at" }))
end

function events.funding(self, transaction)
  self.tell("payment.funding.state-change." .. state_word(transaction.funding.state),
    about(transaction, { payment_funding = shapes.funding(transaction) }, { "payment_funding" }))
end

--- A dispute came into its state.
function events.dispute(self, dispute)
  self.tell("payment.dispute.state-change." .. state_word(dispute.state),
    shapes.dispute_event(dispute), { older = true })
end

return events
