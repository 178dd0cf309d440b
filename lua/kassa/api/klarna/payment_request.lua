-- Bodies and answer of a payment request: what a merchant asks for, and what Klarna says became
-- of it. A token charge and a confirmation answer with a payment request too, so their bodies
-- stand here.

local S = require "kassa.schema"
local common = require "kassa.api.klarna.common"
local purchase = require "kassa.api.klarna.purchase"
local payment_transaction = require "kassa.api.klarna.payment_transaction"

local payment_request = {}

-- config: one entry a setting, shared by the four bodies that offer different ones ------------

local redirect_url = { "redirect_url", S.url { max = 2048 }, sure = "exact", source = "W1",
  doc = "Where the shopper comes back to. Klarna fills in {klarna.payment_request.id}, "
    .. "{klarna.payment_request.state}, {klarna.payment_request.payment_confirmation_token} and "
    .. "{klarna.payment_request.payment_reference}, URL-encoded.",
  example = "https://shop.example/thanks?id={klarna.payment_request.id}" }

local request_shipping_data = { "request_shipping_data",
  S.list(S.enum { "SHIPPING_ADDRESS", "SHIPPING_OPTION" }, {}), sure = "exact", source = "W1",
  doc = "What Klarna shall ask the shopper; SHIPPING_OPTION only together with SHIPPING_ADDRESS.",
  example = { "SHIPPING_ADDRESS" } }

local allowed_shipping_countries = { "allowed_shipping_countries", S.list(S.country {}, {}),
  sure = "exact", source = "S", doc = "Countries the shopper may choose.", example = { "US" } }

local request_customer_profile = { "request_customer_profile",
  S.list(S.enum { "profile:name", "profile:email", "profile:phone", "profile:locale",
    "profile:billing_address", "profile:country", "profile:national_identification",
    "profile:date_of_birth" }, {}), sure = "exact", source = "S",
  doc = "Parts of the shopper's Klarna profile to share with the merchant.",
  example = { "profile:email" } }

local request_customer_token = { "request_customer_token", S.record "request_customer_token" {
    { "scopes", S.list(S.enum { "payment:customer_present", "payment:customer_not_present",
        "customer:login" }, {}), sure = "exact", source = "S",
          doc = "What the token may be used for.", example = { "payment:customer_not_present" } },
    { "customer_token_reference", common.reference, sure = "likely", source = "S",
      doc = "The merchant's reference of the token." },
  }, sure = "exact", source = "S", doc = "Ask for a token that can be charged later." }

local payment_option_id = { "payment_option_id", S.id { max = 255 }, sure = "likely", source = "S",
  doc = "Payment option to preselect." }

local capture = { "capture", S.flag {}, sure = "exact", source = "S",
  doc = "true captures the whole amount at once; false (the likely default) leaves it authorised.",
  example = false }

local customer_present = { "customer_present", S.flag {}, sure = "exact", source = "S",
  doc = "Whether the shopper is there; must fit the scope of the token.", example = false }

local request_config = S.record "request_config" {
  redirect_url, request_shipping_data, allowed_shipping_countries, request_customer_profile,
  request_customer_token, payment_option_id,
}

local confirm_config = S.record "confirm_config" { capture }

local charge_config = S.record "charge_config" {
  customer_present, redirect_url, capture, request_shipping_data, allowed_shipping_countries,
  request_customer_profile, request_customer_token, payment_option_id,
}

-- What the answer may repeat: every setting of the bodies above.
local config = S.record "config" {
  redirect_url, request_shipping_data, allowed_shipping_countries, request_customer_profile,
  request_customer_token, payment_option_id, capture, customer_present,
}

-- Bodies --------------------------------------------------------------------------------------

local interoperability = S.record "interoperability" {
  { "interoperability_token", S.token { max = 8192 }, sure = "exact", source = "R6", secret = true,
    doc = "Token from Klarna's browser script; forward it untouched." },
  { "interoperability_data", S.text { multiline = true }, sure = "likely", source = "S",
    personal = true, doc = "Data from Klarna's browser script; forward it untouched." },
}

local payment_amount = S.amount { min = 1, max = common.AMOUNT_MAX }

local LINES = { sum = "supplementary_purchase_data.line_items[].total_amount",
  equals = "payment_amount" }

local request_reference = { "payment_request_reference", common.reference, sure = "likely",
  source = "S", doc = "The merchant's reference of this request.", example = "request-1001" }

local purchase_data = { "supplementary_purchase_data", purchase.supplementary_data, sure = "exact",
  source = "S", doc = "What is bought, and by whom." }

local interoperability_entry = { "interoperability", interoperability, sure = "exact", source = "S",
  doc = "What Klarna's browser script handed to the shop." }

payment_request.create = S.record "payment_request_create" {
  { "currency", S.currency {}, required = true, sure = "exact", source = "R5",
    doc = "AUD EUR CAD CZK DKK HUF MXN NZD NOK PLN RON SEK CHF GBP or USD.", example = "USD" },
  { "payment_amount", payment_amount, required = true, sure = "exact", source = "R5",
    doc = "Total with tax and discounts, without subscriptions: the sum of the line items.",
    example = 1000 },
  request_reference,
  purchase_data,
  { "config", request_config, sure = "exact", source = "S", doc = "How the request behaves." },
  interoperability_entry,
  rules = { LINES },
}

-- The same fields, none required: what is left out is likely kept, lists are likely replaced
-- whole.
payment_request.update = S.record "payment_request_update" {
  { "currency", S.currency {}, sure = "guess", source = "S", doc = "New currency.",
    example = "USD" },
  { "payment_amount", payment_amount, sure = "guess", source = "S", doc = "New amount.",
    example = 2000 },
  request_reference,
  purchase_data,
  { "config", request_config, sure = "exact", source = "S", doc = "How the request behaves." },
  interoperability_entry,
  rules = { LINES },
}

payment_request.confirm = S.record "payment_request_confirm" {
  { "currency", S.currency {}, required = true, sure = "exact", source = "R5",
    doc = "Must be the currency of the request.", example = "USD" },
  { "payment_amount", payment_amount, required = true, sure = "exact", source = "R5",
    doc = "Must be the amount of the request.", example = 1000 },
  { "payment_transaction_reference", S.text { min = 1, max = 255 }, sure = "exact", source = "R5",
    doc = "The merchant's reference of the transaction.", example = "transaction-1001" },
  { "supplementary_purchase_data", purchase.confirmation_data, sure = "exact", source = "R5",
    doc = "Shipping that Klarna did not collect; Klarna rejects what differs from the request." },
  { "config", confirm_config, sure = "exact", source = "S", doc = "Capture now or later." },
}

payment_request.charge = S.record "customer_token_charge" {
  { "currency", S.currency {}, required = true, sure = "exact", source = "S",
    doc = "Currency of the charge.", example = "USD" },
  { "payment_amount", payment_amount, required = true, sure = "exact", source = "S",
    doc = "Amount of the charge.", example = 999 },
  request_reference,
  purchase_data,
  { "config", charge_config, sure = "exact", source = "S",
    doc = "Whether the shopper is present; redirect_url for the step-up of a present shopper." },
  interoperability_entry,
  rules = { LINES },
}

-- Answer --------------------------------------------------------------------------------------

payment_request.states = S.enum {
  "CREATED", "SUBMITTED", "PREPARED", "IN_PROGRESS", "PENDING_CONFIRMATION", "CONFIRMED",
  "AUTHORIZED", "CANCELED", "EXPIRED", "DECLINED",
}

payment_request.reasons = S.enum {
  "PAYMENT_REQUEST_SUBMITTED", "PARTNER_CANCELED", "PURCHASE_FLOW_ABORTED",
  "CONFIRMATION_TOKEN_EXPIRED", "STEP_UP_REQUIRED", "CUSTOMER_ACTION_REQUIRED", "PERMANENT",
  "TECHNICAL_ERROR", open = true,
}

local payment_distribution = S.record "payment_distribution" {
  { "url", S.url { max = 2048 }, sure = "exact", source = "S",
    doc = "Send the shopper here." },
}

local klarna_customer = S.record "klarna_customer" {
  { "customer_profile", common.customer_profile, sure = "exact", source = "S",
    doc = "The parts of the profile that were asked for." },
  { "customer_token", S.token { max = 1024 }, sure = "likely", source = "W2", secret = true,
    doc = "The token that was asked for: charge it later." },
  { "customer_token_reference", common.reference, sure = "likely", source = "W2",
    doc = "The merchant's reference of the token." },
}

local collected_shipping = S.record "collected_shipping" {
  { "recipient", common.recipient, sure = "likely", source = "W1",
    doc = "Who receives the goods." },
  { "address", common.address, sure = "likely", source = "W1", doc = "Where they go." },
  { "shipping_option", common.shipping_option, sure = "likely", source = "W1",
    doc = "How they go." },
}

local state_context = S.record "state_context" {
  { "payment_distribution", payment_distribution, sure = "exact", source = "S",
    doc = "In SUBMITTED: how the shopper gets to Klarna." },
  { "payment_confirmation_token", S.token { max = 255 }, sure = "exact", source = "R5",
    secret = true, doc = "In PENDING_CONFIRMATION: confirm with it within 60 minutes." },
  { "shipping", collected_shipping, sure = "likely", source = "W1",
    doc = "In PENDING_CONFIRMATION: shipping that Klarna collected." },
  { "klarna_customer", klarna_customer, sure = "exact", source = "S",
    doc = "The shopper, as far as it was asked for." },
  { "payment_transaction", payment_transaction.short, sure = "exact", source = "S",
    doc = "In CONFIRMED: the transaction that was made." },
}

payment_request.reply = S.record "payment_request" {
  { "payment_request_id", S.id { max = 255 }, required = true, sure = "exact", source = "S",
    doc = "Id of the request.",
    example = "krn:payment:eu1:request:552603c0-fe8b-4ab1-aacb-41d55fafbdb4" },
  request_reference,
  { "state", payment_request.states, required = true, sure = "exact", source = "S",
    doc = "Where the request is.", example = "SUBMITTED" },
  { "previous_state", payment_request.states, sure = "exact", source = "S",
    doc = "Where it was before." },
  { "state_reason", payment_request.reasons, sure = "exact", source = "W1",
    doc = "Why it is there; not always sent.", example = "PAYMENT_REQUEST_SUBMITTED" },
  { "state_expires_at", S.time {}, sure = "exact", source = "S",
    doc = "When the state ends by itself; sent in final states too." },
  { "state_context", state_context, sure = "exact", source = "S",
    doc = "What the state brings; empty in CANCELED." },
  { "expires_at", S.time {}, sure = "exact", source = "S", doc = "When the request expires." },
  { "created_at", S.time {}, sure = "exact", source = "S", doc = "When it was created." },
  { "updated_at", S.time {}, sure = "exact", source = "S", doc = "When it last changed." },
  { "currency", S.currency {}, sure = "exact", source = "S", doc = "Currency of the amount.",
    example = "USD" },
  { "payment_amount", payment_amount, sure = "exact", source = "S", doc = "The amount asked for.",
    example = 1000 },
  { "config", config, sure = "exact", source = "S", doc = "The settings that were sent." },
  purchase_data,
  interoperability_entry,
}

return payment_request
