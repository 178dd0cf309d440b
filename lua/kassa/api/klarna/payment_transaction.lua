-- Bodies and answers of what follows a confirmed request: transaction, capture, refund,
-- chargeback. It says how they look; which of them is legal when is said by the rows and the
-- state machines.

local S = require "kassa.schema"
local common = require "kassa.api.klarna.common"
local purchase = require "kassa.api.klarna.purchase"

local payment_transaction = {}

local moved_amount = S.amount { min = 1, max = common.AMOUNT_MAX }

-- Captures ------------------------------------------------------------------------------------

-- Only the singular shipping_type_attribute exists here: one word, not the list of
-- shipping_option.
local function parcel(name)
  return S.record(name) {
    { "tracking_number", common.reference, sure = "likely", source = "S",
      doc = "Number to follow the parcel with.", example = "DHL123456789" },
    { "tracking_url", S.url { max = 2048 }, sure = "likely", source = "R6", since = "r6",
      doc = "Page to follow the parcel on." },
    { "shipping_carrier", common.label, sure = "likely", source = "S", doc = "Name of the carrier.",
      example = "DHL" },
    { "shipping_type", common.shipping_type, sure = "exact", source = "S", doc = "How it travels.",
      example = "TO_DOOR" },
    { "shipping_type_attribute", common.shipping_attribute, sure = "exact", source = "S",
      doc = "What else the carrier does: one word.", example = "SIGNATURE_REQUIRED" },
    { "estimated_delivery_date", S.date {}, sure = "exact", source = "S", doc = "Expected arrival.",
      example = "2024-01-05" },
  }
end

local shipment = S.record "shipment" {
  { "delivery", parcel "delivery", sure = "exact", source = "S", doc = "The way to the shopper." },
  { "return", parcel "return", sure = "exact", source = "S", doc = "The way back." },
}

local capture_data = S.record "supplementary_capture_data" {
  { "line_items", common.line_items, sure = "exact", source = "S", doc = "What is captured." },
  { "shipments", S.list(shipment, {}), sure = "exact", source = "S",
    doc = "Parcels on their way." },
}

local capture_reference = { "payment_capture_reference", common.reference, sure = "likely",
  source = "S", doc = "The merchant's reference of this capture.", example = "parcel-1" }

payment_transaction.capture_request = S.record "capture_request" {
  { "capture_amount", moved_amount, required = true, sure = "likely", source = "S",
    doc = "How much to take of what is authorised.", example = 1000 },
  capture_reference,
  { "supplementary_capture_data", capture_data, sure = "exact", source = "S",
    doc = "What is captured and how it travels." },
  { "remaining_authorization", S.enum { "KEEP", "RELEASE" }, sure = "guess", source = "C12",
    since = "r6", doc = "RELEASE frees what is left." },
  { "supplementary_purchase_data", purchase.reference_data, sure = "likely", source = "C12",
    since = "r6", doc = "A new order number." },
}

payment_transaction.capture = S.record "payment_capture" {
  { "payment_capture_id", S.id { max = 255 }, required = true, sure = "exact", source = "S",
    doc = "Id of the capture: the transaction's id and `:capture:N`.",
    example = "krn:payment:eu1:transaction:bc42b6ff-b222-463c-b4b2-d8d6a82e0162:capture:1" },
  capture_reference,
  { "capture_amount", moved_amount, sure = "exact", source = "S", doc = "How much was taken.",
    example = 5000 },
  { "captured_at", S.time {}, sure = "exact", source = "S", doc = "When." },
  { "supplementary_capture_data", capture_data, sure = "exact", source = "S",
    doc = "What was captured and how it travels." },
}

-- Refunds -------------------------------------------------------------------------------------

local refund_data = S.record "supplementary_refund_data" {
  { "line_items", common.line_items, sure = "exact", source = "S", doc = "What comes back." },
}

local refund_reference = { "payment_refund_reference", common.reference, sure = "likely",
  source = "S", doc = "The merchant's reference of this refund.", example = "return-1" }

payment_transaction.refund_request = S.record "refund_request" {
  { "refund_amount", moved_amount, required = true, sure = "likely", source = "S",
    doc = "How much to give back.", example = 400 },
  refund_reference,
  { "supplementary_refund_data", refund_data, sure = "exact", source = "S",
    doc = "What comes back; Klarna divides the refund of several captures by it." },
}

payment_transaction.refund = S.record "payment_refund" {
  { "payment_refund_id", S.id { max = 255 }, required = true, sure = "exact", source = "S",
    doc = "Id of the refund: the transaction's id and `:refund:N`.",
    example = "krn:payment:eu1:transaction:bc42b6ff-b222-463c-b4b2-d8d6a82e0162:refund:1" },
  { "payment_capture_id", S.id { max = 255 }, sure = "exact", source = "S",
    doc = "The capture, when the refund went through one." },
  refund_reference,
  { "refund_amount", moved_amount, sure = "exact", source = "S", doc = "How much was given back.",
    example = 5000 },
  { "refunded_at", S.time {}, sure = "exact", source = "S", doc = "When." },
  { "supplementary_refund_data", refund_data, sure = "exact", source = "S",
    doc = "What came back." },
}

-- Chargebacks ---------------------------------------------------------------------------------

payment_transaction.chargeback = S.record "payment_chargeback" {
  { "payment_chargeback_id", S.id { max = 255 }, required = true, sure = "exact", source = "S",
    doc = "Id of the chargeback: the transaction's id and `:chargeback:N`.",
    example = "krn:payment:eu1:transaction:f9669608-a24d-43ef-9f34-ec3d785dc1ae:chargeback:1" },
  { "payment_dispute_id", S.id { max = 255 }, sure = "exact", source = "S",
    doc = "The dispute that was lost." },
  { "chargeback_amount", moved_amount, sure = "exact", source = "S",
    doc = "How much was taken back.", example = 5000 },
  { "chargeback_reason", S.enum { "DISPUTE_ARBITRATION_LOST", open = true }, sure = "likely",
    source = "S", doc = "Why; the list is incomplete.", example = "DISPUTE_ARBITRATION_LOST" },
  { "chargeback_at", S.time {}, sure = "exact", source = "S", doc = "When." },
  { "line_items", common.line_items, sure = "exact", source = "S", doc = "What it is about." },
}

-- Transaction ---------------------------------------------------------------------------------

payment_transaction.states = S.enum { "AUTHORIZED", "EXPIRED", "COMPLETED", "CLOSED" }

local payment_funding = S.record "payment_funding" {
  { "type", S.enum { "GUARANTEED", "NON_GUARANTEED" }, sure = "exact", source = "S",
    doc = "NON_GUARANTEED: the merchant bears the risk, so ship after FUNDED.",
    example = "GUARANTEED" },
  { "state", S.enum { "PENDING", "FUNDED", "EXPIRED" }, sure = "exact", source = "S",
    doc = "Whether the money is there.", example = "FUNDED" },
}

local applicable_rate = S.record "applicable_rate" {
  { "fixed_fee", S.record "fixed_fee" {
      { "amount", common.price, sure = "exact", source = "S", doc = "The fee.", example = 100 },
      { "currency", S.currency {}, sure = "exact", source = "S", doc = "Its currency.",
        example = "USD" },
    }, sure = "exact", source = "S", doc = "Fee that does not depend on the amount." },
  { "variable_fee", S.record "variable_fee" {
      { "percentage", common.count, sure = "guess", source = "S",
        doc = "Hundredths of a percent: 120 is 1.20 %.", example = 120 },
    }, sure = "exact", source = "S", doc = "Fee that grows with the amount." },
  { "unit", S.enum { "CAPTURE", open = true }, sure = "likely", source = "S",
    doc = "What the fee is counted by; the list is incomplete.", example = "CAPTURE" },
}

local evaluation_parameters = S.record "evaluation_parameters" {
  { "price_plan_id", S.id { max = 255 }, sure = "exact", source = "S", doc = "The price plan." },
  { "payment_program_id", S.id { max = 255 }, sure = "exact", source = "S",
    doc = "The payment programme." },
  { "country", S.country {}, sure = "exact", source = "S", doc = "Country of the purchase.",
    example = "US" },
  { "merchant_category_code", common.label, sure = "exact", source = "S",
    doc = "Merchant category code, as text.", example = "5111" },
  { "evaluated_at", S.time {}, sure = "exact", source = "S", doc = "When the price was found." },
}

local payment_pricing = S.record "payment_pricing" {
  { "applicable_rate", applicable_rate, sure = "exact", source = "S",
    doc = "What Klarna charges." },
  { "evaluation_parameters", evaluation_parameters, sure = "exact", source = "S",
    doc = "Why that rate." },
}

local transaction_id = { "payment_transaction_id", S.id { max = 255 }, required = true,
  sure = "exact", source = "S", doc = "Id of the transaction.",
  example = "krn:payment:eu1:transaction:bc42b6ff-b222-463c-b4b2-d8d6a82e0162" }

local transaction_reference = { "payment_transaction_reference", S.text { min = 1, max = 255 },
  sure = "exact", source = "R5", doc = "The merchant's reference of the transaction.",
  example = "transaction-1001" }

local state = { "state", payment_transaction.states, sure = "exact", source = "S",
  doc = "Where the transaction is.", example = "AUTHORIZED" }

local funding = { "payment_funding", payment_funding, sure = "exact", source = "S",
  doc = "Whether Klarna guarantees the money." }

local captures = { "payment_captures", S.list(payment_transaction.capture, {}), sure = "exact",
  source = "S", doc = "What was taken." }

local pricing = { "payment_pricing", payment_pricing, sure = "exact", source = "S",
  doc = "What Klarna charges for it." }

-- The short form inside a payment request: of each capture only the id is shown.
payment_transaction.short = S.record "payment_transaction_short" {
  transaction_id, transaction_reference, state, captures, funding, pricing,
}

payment_transaction.reply = S.record "payment_transaction" {
  transaction_id,
  transaction_reference,
  state,
  { "state_reason", S.enum { "AUTHORIZED", "VOIDED", open = true }, sure = "likely", source = "S",
    doc = "Why it is there; the list is incomplete.", example = "AUTHORIZED" },
  { "previous_state", payment_transaction.states, sure = "exact", source = "S",
    doc = "Where it was before." },
  { "currency", S.currency {}, sure = "exact", source = "S", doc = "Currency of all amounts.",
    example = "USD" },
  { "payment_amount", moved_amount, sure = "exact", source = "S", doc = "Amount of the purchase.",
    example = 2100 },
  { "original_authorization_amount", common.price, sure = "exact", source = "S",
    doc = "What was authorised; never changes.", example = 2100 },
  { "remaining_authorization_amount", common.price, sure = "exact", source = "S",
    doc = "What can still be captured; 0 after a void.", example = 2100 },
  funding,
  { "supplementary_purchase_data", purchase.supplementary_data, sure = "exact", source = "S",
    doc = "What was bought." },
  captures,
  { "payment_refunds", S.list(payment_transaction.refund, {}), sure = "exact", source = "S",
    doc = "What was given back." },
  { "payment_chargebacks", S.list(payment_transaction.chargeback, {}), sure = "exact", source = "S",
    doc = "What was taken back." },
  { "created_at", S.time {}, sure = "exact", source = "S", doc = "When it was authorised." },
  { "updated_at", S.time {}, sure = "exact", source = "S", doc = "When it last changed." },
  { "expires_at", S.time {}, sure = "exact", source = "S",
    doc = "When the authorisation ends; 28 days after created_at in the examples." },
  { "customer_profile", common.customer_profile, sure = "exact", source = "S",
    doc = "The shopper, as far as it was asked for." },
  pricing,
}

payment_transaction.update_request = S.record "payment_transaction_update" {
  transaction_reference,
  { "supplementary_purchase_data", purchase.reference_data, sure = "exact", source = "S",
    doc = "A new order number." },
}

return payment_transaction
