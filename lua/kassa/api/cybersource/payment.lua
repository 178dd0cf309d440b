-- The bodies that move money at Cybersource, the one that asks for a status, and what all of them
-- are answered with. It looks at no state.

local S = require "kassa.schema"
local common = require "kassa.api.cybersource.common"
local fields = require "kassa.api.cybersource.fields"

local payment = {}

local part, pick = fields.part, fields.pick

local PERSON = "firstName lastName address1 address2 locality district email"
local PLACE = "country postalCode administrativeArea "
local NAMES = "code transactionId"

local token = part("processorInformation",
  pick("processor_information", fields.processor, "preApprovalToken!"), "Klarna's token.", true)
local defined = part("merchantDefinedInformation",
  S.list(pick("merchant_defined", fields.defined, "key value")),
  "The merchant's own fields; personal data in them gets an account suspended.")

local order = common.order("payment", {
  amountDetails = "!currency! totalAmount! taxAmount@US discountAmount?",
  billTo = "!country! postalCode! administrativeArea! " .. PERSON,
  shipTo = PLACE .. PERSON,
  lineItems = "productName unitPrice totalAmount? quantity taxAmount@elsewhere "
    .. "productCode productSku productDescription",
})
local reference = common.client_reference("payment", NAMES)

payment.authorize = S.record "authorize_request" {
  reference, order, common.payment, token, defined,
  common.processing("authorize", { "AP_AUTH" }),
}

payment.follow_on = S.record "follow_on_request" {
  reference, order, common.payment, token, defined,
  common.processing("follow_on", { "AP_AUTH" }, "linkId!"),
}

payment.reverse = S.record "reverse_request" {
  common.client_reference("reverse", "code? transactionId"), common.payment,
  common.processing("reverse", { "AP_AUTH_REVERSAL" }),
}

payment.capture = S.record "capture_request" {
  reference, common.payment, common.processing("capture", { "AP_CAPTURE" }),
  common.order("capture", {
    amountDetails = "!currency! totalAmount!",
    lineItems = "productName unitPrice totalAmount quantity productCode? productSku?",
  }),
}

payment.refund = S.record "refund_request" {
  reference, common.payment, defined, common.processing("refund", { "AP_REFUND" }),
  common.order("refund", {
    amountDetails = "!currency! totalAmount!",
    billTo = PLACE .. PERSON, shipTo = PLACE .. PERSON,
    lineItems = "productName unitPrice totalAmount quantity "
      .. "productCode productSku productDescription",
  }),
}

payment.check = S.record "status_request" {
  common.client_reference("status", "code"), common.payment,
  common.processing("status", { "AP_STATUS", "AP_SESSION_STATUS", "AP_AUTH_STATUS",
    "AP_CAPTURE_STATUS", "AP_REFUND_STATUS", "AP_ORDER_STATUS", "AP_INITIATE_STATUS" }),
}

-- Answers ---------------------------------------------------------------------------------------
-- Amounts of answers are decimal text and left as such.

local answered_reference = S.record "answered_reference" {
  { "code", S.text { max = 50 }, sure = "likely", source = "S20", doc = "As sent, or filled in." },
  { "returnReconciliationId", S.id { max = 60 }, sure = "exact", source = "G",
    doc = "Of a refund." },
}

local answered_processor = S.record "answered_processor" {
  { "token", S.token {}, secret = true, sure = "exact", source = "G",
    doc = "Of a session: what the widget is started with." },
  { "paymentUrl", S.url {}, sure = "exact", source = "G",
    doc = "Of a hosted session: send the shopper there." },
  { "transactionId", S.id { max = 50 }, sure = "likely", source = "S20", doc = "Klarna's order." },
  { "responseCode", S.text { max = 10 }, sure = "likely", source = "S20",
    doc = "Explains the status; never decide by it." },
  { "responseDetails", S.text { max = 255 }, sure = "likely", source = "S20", doc = "The same." },
}

local answered_order = S.record "answered_order" {
  part("amountDetails", S.record "answered_amount" {
    { "totalAmount", S.text { max = 19 }, sure = "exact", source = "G", doc = "Decimal text." },
    { "currency", S.currency {}, sure = "exact", source = "G", doc = "Its currency." },
  }, "The amount."),
  part("invoiceDetails", S.record "answered_invoice" {
    { "productId", S.text { max = 50 }, sure = "exact", source = "G",
      doc = "Klarna's product, such as `paylaterbycard`." },
  }, "How the shopper pays."),
}

local error_information = S.record "error_information" {
  { "reason", S.text { max = 64 }, sure = "likely", source = "S", doc = "Why, in one word." },
  { "message", S.text { max = 2048, multiline = true }, sure = "likely", source = "S",
    doc = "For logs." },
  { "details", S.list(S.record "error_detail" {
      { "field", S.text { max = 256 }, sure = "likely", source = "S", doc = "Path of the field." },
      { "reason", S.text { max = 64 }, sure = "likely", source = "S",
        doc = "MISSING_FIELD or INVALID_DATA." },
    }), sure = "likely", source = "S", doc = "Field by field." },
}

-- The answer of one kind. more: entries of its own.
local function answer(name, more)
  local entries = {
    { "id", S.id { max = 26 }, required = true, sure = "likely", source = "S20",
      doc = "Names this step; check its status by it." },
    { "status", S.text { max = 64 }, required = true, sure = "exact", source = "G",
      doc = "Where it is; one that is not listed means: keep asking." },
    { "submitTimeUtc", S.text { max = 32 }, sure = "exact", source = "G",
      doc = "When; `2024-10-23T20:58:47Z`, for sessions also `2024-10-23T203147Z`." },
    { "reconciliationId", S.id { max = 60 }, sure = "likely", source = "S20",
      doc = "Names it in reports and notifications." },
    part("clientReferenceInformation", answered_reference, "The merchant's names."),
    part("processorInformation", answered_processor, "What Klarna says."),
    part("orderInformation", answered_order, "The amount."),
    { "errorInformation", error_information, sure = "likely", source = "S",
      doc = "Why it was refused." },
    { "_links", S.any {}, sure = "exact", source = "G", doc = "What may come next." },
  }
  for _, entry in ipairs(more or {}) do entries[#entries + 1] = entry end
  return S.record(name)(entries)
end

local function amount_text(record, field)
  return S.record(record) {
    { field, S.text { max = 19 }, sure = "exact", source = "G", doc = "Decimal text." },
  }
end

payment.session = answer "session"
payment.authorization = answer "authorization"
payment.capture_reply = answer "capture"
payment.reversal = answer("reversal", {
  part("reversalAmountDetails", amount_text("reversal_amount", "reversedAmount"),
    "What was released; samples say 0."),
})
payment.refund_reply = answer("refund", {
  part("refundAmountDetails", amount_text("refund_amount", "refundAmount"), "What was given back."),
})

payment.error = S.record "error" {
  { "id", S.id { max = 26 }, sure = "likely", source = "S", doc = "Of what was refused." },
  { "submitTimeUtc", S.text { max = 32 }, sure = "likely", source = "S", doc = "When." },
  { "status", S.text { max = 64 }, sure = "likely", source = "S",
    doc = "INVALID_REQUEST or SERVER_ERROR." },
  { "reason", S.text { max = 64 }, sure = "likely", source = "S", doc = "Why, in one word." },
  { "message", S.text { max = 2048, multiline = true }, sure = "likely", source = "S",
    doc = "For logs." },
  { "details", error_information[3][2], sure = "likely", source = "S", doc = "Field by field." },
}

return payment
