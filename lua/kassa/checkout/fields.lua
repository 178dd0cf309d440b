-- What a storefront says of an order, a capture and a refund, in words that belong to no provider;
-- every amount is in whole minor units. It holds the limits that fit all providers, and sends
-- nothing.

local json = require "kassa.json"
local S = require "kassa.schema"

local fields = {}

local AMOUNT_MAX = 2147483647 -- the largest that Klarna takes
local price = S.amount { min = 0, max = AMOUNT_MAX }
local money = S.amount { min = 1, max = AMOUNT_MAX }
local reference = S.text { min = 1, max = 50 }

fields.line = S.record "checkout_line" {
  { "name", S.text { min = 1, max = 255 }, required = true, doc = "As the shopper reads it." },
  { "unit_price", S.amount { min = -AMOUNT_MAX, max = AMOUNT_MAX }, required = true,
    doc = "Of one, without `tax`; below zero for a voucher or coupon." },
  { "quantity", S.integer { min = 1, max = 999999999 }, doc = "1 if left out." },
  { "tax", price, doc = "Of the whole line, on top; outside the US. 0 if left out." },
  { "reference", S.text { min = 1, max = 255 }, doc = "The shop's number of the product." },
}

local lines = S.list(fields.line, { min = 1 })

-- needs: the provider that cannot do without; only: the one that knows it; left_out: the one that
-- has no place for it and is not told (payment.left_out says so).
fields.rules = {
  country = { needs = "cybersource" }, postal_code = { needs = "cybersource" },
  region = { needs = "cybersource" }, lines = { needs = "cybersource" },
  locale = { left_out = "klarna" },
  cancel_url = { only = "cybersource" }, failure_url = { only = "cybersource" },
}

fields.order = S.record "checkout_order" {
  { "amount", money, required = true, doc = "The total to pay, after tax and discount." },
  { "currency", S.currency {}, required = true, doc = "Of every amount." },
  { "return_url", S.url { max = 2048 }, required = true,
    doc = "Where the shopper comes back to, to be handed to `authorize`." },
  { "cancel_url", S.url { max = 2048 },
    doc = "Where one who gave up comes back to; `return_url` if left out." },
  { "failure_url", S.url { max = 2048 },
    doc = "Where one who was refused comes back to; `return_url` if left out." },
  { "reference", reference, doc = "The shop's number of the order." },
  { "country", S.country {}, doc = "Of the bill." },
  { "postal_code", S.text { min = 1, max = 10 }, personal = true, doc = "Of the bill." },
  { "region", S.text { min = 1, max = 20 }, doc = "State or province of the bill." },
  { "locale", S.locale { max = 5 }, doc = "Language of the page." },
  { "lines", lines, doc = "What is bought; they add up to `amount`." },
  { "tax", price, doc = "Of the whole order, on top of the lines; in the US. 0 if left out." },
  { "discount", price, doc = "Taken off the order. 0 if left out." },
}

fields.capture = S.record "checkout_capture" {
  { "amount", money, required = true, doc = "How much to take of what is reserved." },
  { "reference", reference, doc = "The shop's name of the parcel, or of the return." },
  { "lines", lines, doc = "What ships, or comes back." },
}

fields.refund = S.record "checkout_refund" {
  { "amount", money, required = true, doc = "How much to give back." },
  { "capture", S.id {}, doc = "Of which capture: what `capture` returned, or its `id`." },
  { "reference", reference, doc = "The shop's name of the return." },
  { "lines", lines, doc = "What comes back." },
}

-- A payment as it is saved ------------------------------------------------------------------------

local function state(name)
  return { name, S.text { min = 1, max = 32 }, required = true, doc = "One of the states." }
end

local provider_state = { "provider_state", S.text { max = 64 }, doc = "The provider's own." }

local function part(name, more)
  local entries = {
    { "id", S.id { max = 1024 }, required = true, doc = "The provider's." },
    state "state", provider_state,
    { "amount", price, doc = "Minor units." },
    { "reference", S.text { max = 255 }, doc = "As given." },
  }
  for _, entry in ipairs(more) do entries[#entries + 1] = entry end
  return S.record(name)(entries)
end

fields.moved = part("checkout_part", {})
local refund = part("checkout_refunded",
  { { "capture_id", S.id { max = 1024 }, doc = "What it was taken from, if told." } })

fields.payment = S.record "checkout_payment" {
  { "version", S.integer { min = 1, max = 1 }, required = true, doc = "Of this form." },
  { "provider", S.enum { "klarna", "cybersource" }, required = true, doc = "Who pays." },
  { "id", S.id { max = 1024 }, required = true, doc = "The provider's: of the payment request, or "
    .. "of the session." },
  { "authorization_id", S.id { max = 1024 }, doc = "The provider's: of the payment transaction, or "
    .. "of the authorization." },
  state "state", provider_state,
  { "reason", S.text { max = 255 }, doc = "The provider's word for why it is there." },
  { "url", S.url { max = 2048 }, doc = "Where to send the shopper." },
  { "reference", S.text { max = 255 }, doc = "As given." },
  { "amount", money, required = true, doc = "As given." },
  { "currency", S.currency {}, required = true, doc = "As given." },
  { "country", S.country {}, doc = "As given." },
  { "postal_code", S.text { max = 10 }, personal = true, doc = "As given." },
  { "region", S.text { max = 20 }, doc = "As given." },
  { "tax", price, doc = "As given." },
  { "left_out", S.list(S.text {}), doc = "What was given and the provider has no place for." },
  { "authorized", price, required = true, doc = "Reserved at first; 0 before." },
  { "captured", price, required = true, doc = "Taken." },
  { "refunded", price, required = true, doc = "Given back." },
  { "charged_back", price, required = true, doc = "Taken back by the shopper." },
  { "remaining", price, required = true, doc = "Reserved, and not taken." },
  { "captures", S.list(fields.moved), required = true, doc = "One for each `capture`." },
  { "refunds", S.list(refund), required = true, doc = "One for each `refund`." },
  { "release", fields.moved, doc = "What `cancel` made, where the provider makes something." },
}

-- Checking ----------------------------------------------------------------------------------------

--- A copy of a value as its record has it: what is checked is what counts, whole numbers are
-- integers, and null is nothing. -> table; or nil and the list of faults
function fields.read(record, value)
  local text, faults = S.writer(record):write(value)
  if not text then return nil, faults end
  local copy = json.decode(text)
  for name, member in pairs(copy) do
    if member == json.null then copy[name] = nil end
  end
  return copy
end

return fields
