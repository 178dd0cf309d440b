-- The bodies that make and change a session at Cybersource. They take nothing personal before the
-- shopper has picked Klarna.

local S = require "kassa.schema"
local common = require "kassa.api.cybersource.common"
local fields = require "kassa.api.cybersource.fields"

local session = {}

local part, pick = fields.part, fields.pick

local flow = { "flow", S.enum { "hosted", "widget" }, sure = "exact", source = "G",
  doc = "kassa's word for processingInformation.paymentFlowMode; it is not sent itself.",
  example = "hosted" }

local merchant = part("merchantInformation",
  pick("merchant_information", fields.merchant, "successUrl! cancelUrl! failureUrl!"),
  "Where the shopper is sent.", true)
local buyer = part("buyerInformation", pick("buyer_information", fields.buyer, "language"),
  "The shopper.")

local LINES = "!productName! unitPrice! totalAmount! quantity%s taxAmount@elsewhere "
  .. "productCode productSku productDescription"
local PERSON = "firstName lastName address1 address2 locality district email"

session.create = S.record "session_create" {
  flow,
  common.client_reference("session_create", "code@widget"),
  merchant, buyer,
  common.order("session_create", {
    amountDetails = "!currency! totalAmount@widget taxAmount@US discountAmount",
    billTo = "!country! postalCode@hosted administrativeArea@US",
    lineItems = LINES:format "@widget",
  }),
  common.payment_choice,
  common.processing("session_create", { "AP_SESSIONS" }, "paymentFlowMode!", "N"),
}

session.update = S.record "session_update" {
  flow,
  common.client_reference("session_update", "code"),
  merchant, buyer,
  common.order("session_update", {
    amountDetails = "!currency! totalAmount taxAmount@US discountAmount",
    billTo = "!country! postalCode! administrativeArea@US " .. PERSON,
    shipTo = "country postalCode administrativeArea " .. PERSON,
    lineItems = LINES:format "",
  }),
  common.payment_choice,
  common.processing("session_update", { "AP_SESSIONS" }, "paymentFlowMode!", "U"),
}

-- What a create refuses, and why.
session.personal = {
  why = "is personal: it belongs in an update, after the shopper has picked Klarna and agreed",
  fields = { "orderInformation.shipTo" },
}
for name in (PERSON .. " phoneNumber"):gmatch "%S+" do
  local list = session.personal.fields
  list[#list + 1] = "orderInformation.billTo." .. name
end

return session
