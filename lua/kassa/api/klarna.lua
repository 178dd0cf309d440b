-- THE table of Klarna operations (payment API v2/r5), in the order in which a merchant meets them.
-- It is pure data, refuses functions, and whatever kassa does with Klarna derives from its rows.
--
-- Few programs need every field of every body. So a part that stands elsewhere is named, and found
-- (by kassa.api) when it is first used: "payment_request.create" is the field `create` of
-- klarna/payment_request.lua.
--
-- A row:
--   name      "payment_transaction.capture": the object and the verb
--   resource  the client's group of methods; verb, the method
--   on        the kind of object it acts on; nil when it makes one
--   method, path, params, http   how it is called; params are the names in the path, in order
--   arguments what the method takes before the body, when that is not `params`
--   needs     { kind = { STATE, ... } } states in which it is legal, by the kind that has the
--             state; a capture has none of its own, so `payment_capture.refund` asks for its
--             transaction's. nil: always legal
--   money     "authorize", "take", "give_back" or "release": journalled, keyed, never
--             repeated blindly
--   amount    the field of the body that says how much
--   bucket    rate category (see `rates`)
--   body      the record of the body, by name; nil for none
--   query     the record of what may follow the path, by name; lists become repeated names
--   reply     key of `objects`: what a success brings; nil for nothing
--   list      the field that holds a list of them; page, the record around it, by name
--   bare      a success may have an empty body: then only the id is known
--   secret    the field that becomes a kassa.secret
--   hook      what is no plain JSON: "multipart" sends a `file` (its kinds and limits, by name),
--             "download" brings the bytes of one
--   base      "plain": never under an account
--   headers   headers of this operation only, each filled from an option or an
--             argument of that name
--   keyed     carries an idempotency key (every POST and PATCH)
--   success, errors   statuses; any 2xx counts as success
--   sure, source      how sure method and path are: "exact", "likely", "guess"; a client option
--             `paths = { [name] = path }` overrides what is not exact
--   example   { given = what must exist, code = Lua }: `klarna` is a client; given "request"
--             binds `request`, "confirmation" `request` and `token`, "customer_token" `token`,
--             "transaction" `transaction` (15000 authorised), "capture" also `capture` (5000),
--             "refund" also `refund`, "chargeback" `chargeback_id`, "dispute" `dispute` (evidence
--             asked for), "signing_key" and "webhook" one of each
--
-- An object: id, the field that names it; resource; state, the machine that rules its `state`;
-- schema, by name; nested, objects found inside it: { path, kind, list = true when the path ends in
-- a list }; kit, the module that adds what is more than one call.

local access = require "kassa.api.klarna.access"

local client_id = { option = "client_id", name = "X-Klarna-Client-Id",
  type = { kind = "token", min = 1, max = 255 }, sure = "exact", source = "R5",
  doc = "Ties the request to a configured client." }

local customer_token = { option = "customer_token", name = "X-Klarna-Customer-Token",
  type = { kind = "token", min = 1, max = 1024 }, secret = true, sure = "exact", source = "S",
  doc = "Acts on behalf of a tokenised customer." }

local charged_token = { option = "customer_token", name = "X-Klarna-Customer-Token",
  type = { kind = "token", min = 1, max = 1024 }, required = true, secret = true, sure = "exact",
  source = "S", doc = "The token to charge." }

local operations = {

  -- Payment requests: ask for a payment, send the shopper to Klarna, confirm ----------------

  { name = "payment_request.create", resource = "payment_requests", verb = "create",
    method = "POST", path = "/payment/requests", http = "POST /payment/requests", params = {},
    bucket = "payment-request-management",
    body = "payment_request.create", reply = "payment_request",
    headers = { client_id, customer_token }, keyed = true,
    success = { 201 }, errors = { 400, 401, 404, 429, 500, 503 }, sure = "likely", source = "C12",
    doc = "Ask for a payment. Send the shopper to state_context.payment_distribution.url.",
    example = { code = [[
local request = kassa.assert(klarna.payment_requests:create {
  currency = "USD", payment_amount = 1000,
  config = { redirect_url = "https://shop.example/thanks" },
})
assert(request.state == "SUBMITTED")]] } },

  { name = "payment_request.read", resource = "payment_requests", verb = "read",
    on = "payment_request",
    method = "GET", path = "/payment/requests/{payment_request_id}",
    http = "GET /payment/requests/{payment_request_id}", params = { "payment_request_id" },
    bucket = "payment-request-management", reply = "payment_request",
    success = { 200 }, errors = { 400, 401, 404, 429, 500, 503 }, sure = "likely", source = "C12",
    doc = "See where the request is. PENDING_CONFIRMATION brings the confirmation token.",
    example = { given = "request", code = [[
local now = kassa.assert(klarna.payment_requests:read(request.payment_request_id))
print(now.state, now.state_reason)]] } },

  { name = "payment_request.update", resource = "payment_requests", verb = "update",
    on = "payment_request", needs = { payment_request = { "SUBMITTED" } },
    method = "PATCH", path = "/payment/requests/{payment_request_id}",
    http = "PATCH /payment/requests/{payment_request_id}", params = { "payment_request_id" },
    bucket = "payment-request-management",
    body = "payment_request.update", reply = "payment_request", keyed = true,
    success = { 200 }, errors = { 400, 401, 404, 409, 429, 500, 503 }, sure = "guess",
    source = "C12", doc = "Change the request while the shopper has not started.",
    example = { given = "request", code = [[
request = kassa.assert(klarna.payment_requests:update(request.payment_request_id, {
  currency = "USD", payment_amount = 2000,
}))
assert(request.payment_amount == 2000)]] } },

  { name = "payment_request.cancel", resource = "payment_requests", verb = "cancel",
    on = "payment_request",
    needs = { payment_request = { "SUBMITTED", "IN_PROGRESS", "PENDING_CONFIRMATION" } },
    method = "DELETE", path = "/payment/requests/{payment_request_id}",
    http = "DELETE /payment/requests/{payment_request_id}", params = { "payment_request_id" },
    bucket = "payment-request-management", reply = "payment_request",
    success = { 200 }, errors = { 400, 401, 404, 409, 429, 500, 503 }, sure = "guess",
    source = "C12, R6", doc = "Give the request up.",
    example = { given = "request", code = [[
request = kassa.assert(klarna.payment_requests:cancel(request.payment_request_id))
assert(request.state == "CANCELED")]] } },

  { name = "payment_request.confirm", resource = "payment_requests", verb = "confirm",
    on = "payment_request", needs = { payment_request = { "PENDING_CONFIRMATION", "CONFIRMED" } },
    method = "POST", path = "/payment/confirmation-tokens/{payment_confirmation_token}/confirm",
    http = "POST /payment/confirmation-tokens/{payment_confirmation_token}/confirm",
    params = { "payment_confirmation_token" },
    money = "authorize", amount = "payment_amount", bucket = "payment-transaction-authorization",
    body = "payment_request.confirm", reply = "payment_request", keyed = true,
    success = { 200 }, errors = { 400, 401, 404, 409, 429, 500, 503 }, sure = "exact",
    source = "R5",
    doc = "Make the transaction the shopper agreed to. The same token gives the same answer.",
    example = { given = "confirmation", code = [[
request = kassa.assert(klarna.payment_requests:confirm(token, {
  currency = request.currency, payment_amount = request.payment_amount,
}))
print(request.state_context.payment_transaction.payment_transaction_id)]] } },

  -- Customer tokens: charge a shopper who agreed to be charged again --------------------------

  { name = "customer_token.charge", resource = "customer_tokens", verb = "charge",
    method = "POST", path = "/payment/customer-token/charge",
    http = "POST /payment/customer-token/charge", params = {}, arguments = { "customer_token" },
    money = "authorize", amount = "payment_amount", bucket = "payment-transaction-authorization",
    body = "payment_request.charge", reply = "payment_request",
    headers = { charged_token }, keyed = true,
    success = { 200, 201 }, errors = { 400, 401, 403, 404, 409, 429, 500, 503 }, sure = "guess",
    source = "INF",
    doc = "Charge a token. CONFIRMED: paid; DECLINED: see state_reason; SUBMITTED: step-up, "
      .. "send the shopper to Klarna.",
    example = { given = "customer_token", code = [[
local request = kassa.assert(klarna.customer_tokens:charge(token, {
  currency = "USD", payment_amount = 999, config = { customer_present = false },
}))
print(request.state, request.state_reason)]] } },

  -- Payment transactions: take the money, give it back, let the rest go -----------------------

  { name = "payment_transaction.read", resource = "payment_transactions", verb = "read",
    on = "payment_transaction",
    method = "GET", path = "/payment/transactions/{payment_transaction_id}",
    http = "GET /payment/transactions/{payment_transaction_id}",
    params = { "payment_transaction_id" },
    bucket = "payment-transaction-management", reply = "payment_transaction",
    success = { 200 }, errors = { 400, 401, 404, 429, 500, 503 }, sure = "exact", source = "R5",
    doc = "See what is authorised, captured, refunded and charged back.",
    example = { given = "transaction", code = [[
transaction = kassa.assert(klarna.payment_transactions:read(transaction.payment_transaction_id))
print(transaction.state, transaction.remaining_authorization_amount)]] } },

  { name = "payment_transaction.update", resource = "payment_transactions", verb = "update",
    on = "payment_transaction", needs = { payment_transaction = { "AUTHORIZED" } },
    method = "PATCH", path = "/payment/transactions/{payment_transaction_id}",
    http = "PATCH /payment/transactions/{payment_transaction_id}",
    params = { "payment_transaction_id" },
    bucket = "payment-transaction-management",
    body = "payment_transaction.update_request", reply = "payment_transaction", keyed = true,
    success = { 200 }, errors = { 400, 401, 404, 429, 500, 503 }, sure = "likely", source = "C12",
    doc = "Change the merchant's references.",
    example = { given = "transaction", code = [[
transaction = kassa.assert(klarna.payment_transactions:update(transaction.payment_transaction_id, {
  payment_transaction_reference = "transaction-1001b",
  supplementary_purchase_data = { purchase_reference = "order-1001b" },
}))]] } },

  { name = "payment_transaction.capture", resource = "payment_transactions", verb = "capture",
    on = "payment_transaction", needs = { payment_transaction = { "AUTHORIZED" } },
    method = "POST", path = "/payment/transactions/{payment_transaction_id}/capture",
    http = "POST /payment/transactions/{payment_transaction_id}/capture",
    params = { "payment_transaction_id" },
    money = "take", amount = "capture_amount", bucket = "payment-transaction-capture",
    body = "payment_transaction.capture_request", reply = "payment_capture", keyed = true,
    success = { 200, 201 }, errors = { 400, 401, 403, 404, 429, 500, 503 }, sure = "likely",
    source = "C12", doc = "Take some or all of the authorised amount, when the goods ship.",
    example = { given = "transaction", code = [[
local id = transaction.payment_transaction_id
local capture = kassa.assert(klarna.payment_transactions:capture(id, {
  capture_amount = 5000, payment_capture_reference = "parcel-1",
}, { intent = "order-1001/parcel-1" }))
print(capture.payment_capture_id, capture.captured_at)]] } },

  { name = "payment_transaction.refund", resource = "payment_transactions", verb = "refund",
    on = "payment_transaction",
    needs = { payment_transaction = { "AUTHORIZED", "EXPIRED", "COMPLETED" } },
    method = "POST", path = "/payment/transactions/{payment_transaction_id}/refund",
    http = "POST /payment/transactions/{payment_transaction_id}/refund",
    params = { "payment_transaction_id" },
    money = "give_back", amount = "refund_amount", bucket = "payment-transaction-management",
    body = "payment_transaction.refund_request", reply = "payment_refund", keyed = true,
    success = { 200, 201 }, errors = { 400, 401, 403, 404, 429, 500, 503 }, sure = "likely",
    source = "C12", doc = "Give back some or all of what was captured.",
    example = { given = "capture", code = [[
local id = transaction.payment_transaction_id
local refund = kassa.assert(klarna.payment_transactions:refund(id, {
  refund_amount = 400, payment_refund_reference = "return-1",
}, { intent = "order-1001/return-1" }))
print(refund.payment_refund_id, refund.refunded_at)]] } },

  { name = "payment_transaction.void", resource = "payment_transactions", verb = "void",
    on = "payment_transaction", needs = { payment_transaction = { "AUTHORIZED" } },
    method = "POST", path = "/payment/transactions/{payment_transaction_id}/void",
    http = "POST /payment/transactions/{payment_transaction_id}/void",
    params = { "payment_transaction_id" },
    money = "release", bucket = "payment-transaction-management",
    reply = "payment_transaction", keyed = true,
    success = { 200 }, errors = { 400, 401, 403, 404, 429, 500, 503 }, sure = "likely",
    source = "C12", doc = "Release what is not captured; nothing can be captured after it.",
    example = { given = "capture", code = [[
transaction = kassa.assert(klarna.payment_transactions:void(transaction.payment_transaction_id))
assert(transaction.remaining_authorization_amount == 0)]] } },

  -- Captures: one taking of money, refundable by itself ---------------------------------------

  { name = "payment_capture.read", resource = "payment_captures", verb = "read",
    on = "payment_capture",
    method = "GET", path = "/payment/captures/{payment_capture_id}",
    http = "GET /payment/captures/{payment_capture_id}", params = { "payment_capture_id" },
    bucket = "payment-transaction-management", reply = "payment_capture",
    success = { 200 }, errors = { 400, 401, 404, 429, 500, 503 }, sure = "likely", source = "C12",
    doc = "See a capture.",
    example = { given = "capture", code = [[
capture = kassa.assert(klarna.payment_captures:read(capture.payment_capture_id))
print(capture.capture_amount)]] } },

  { name = "payment_capture.refund", resource = "payment_captures", verb = "refund",
    on = "payment_capture",
    needs = { payment_transaction = { "AUTHORIZED", "EXPIRED", "COMPLETED" } },
    method = "POST", path = "/payment/captures/{payment_capture_id}/refund",
    http = "POST /payment/captures/{payment_capture_id}/refund", params = { "payment_capture_id" },
    money = "give_back", amount = "refund_amount", bucket = "payment-transaction-management",
    body = "payment_transaction.refund_request", reply = "payment_refund", keyed = true,
    success = { 200, 201 }, errors = { 400, 401, 403, 404, 429, 500, 503 }, sure = "likely",
    source = "C12", doc = "Give back some or all of one capture.",
    example = { given = "capture", code = [[
local refund = kassa.assert(klarna.payment_captures:refund(capture.payment_capture_id, {
  refund_amount = 400, payment_refund_reference = "return-1",
}, { intent = "order-1001/return-1" }))
assert(refund.payment_capture_id == capture.payment_capture_id)]] } },

  -- Refunds: one giving back ------------------------------------------------------------------

  { name = "payment_refund.read", resource = "payment_refunds", verb = "read",
    on = "payment_refund",
    method = "GET", path = "/payment/refunds/{payment_refund_id}",
    http = "GET /payment/refunds/{payment_refund_id}", params = { "payment_refund_id" },
    bucket = "payment-transaction-management", reply = "payment_refund",
    success = { 200 }, errors = { 400, 401, 404, 429, 500, 503 }, sure = "likely", source = "C12",
    doc = "See a refund.",
    example = { given = "refund", code = [[
refund = kassa.assert(klarna.payment_refunds:read(refund.payment_refund_id))
print(refund.refund_amount)]] } },

  -- Chargebacks: what a lost dispute took back ------------------------------------------------

  { name = "payment_chargeback.read", resource = "payment_chargebacks", verb = "read",
    on = "payment_chargeback",
    method = "GET", path = "/payment/chargebacks/{payment_chargeback_id}",
    http = "GET /payment/chargebacks/{payment_chargeback_id}",
    params = { "payment_chargeback_id" },
    bucket = "payment-transaction-management", reply = "payment_chargeback",
    success = { 200 }, errors = { 400, 401, 404, 429, 500, 503 }, sure = "likely", source = "C12",
    doc = "See a chargeback and the dispute behind it.",
    example = { given = "chargeback", code = [[
local chargeback = kassa.assert(klarna.payment_chargebacks:read(chargeback_id))
print(chargeback.chargeback_amount, chargeback.chargeback_reason)]] } },

  -- Disputes: what Klarna asks when a shopper complains, what the merchant answers --------------

  { name = "payment_dispute.list", resource = "disputes", verb = "list",
    method = "GET", path = "/payment/disputes", http = "GET /payment/disputes", params = {},
    bucket = "dispute", query = "dispute.list_query", list = "disputes", page = "dispute.page",
    reply = "payment_dispute",
    success = { 200 }, errors = { 400, 401, 403, 404, 429, 500 }, sure = "likely", source = "C12",
    doc = "See disputes, page by page, by state, reason, time or order.",
    example = { given = "dispute", code = [[
local page, err = klarna.disputes:list {
  state = { "MERCHANT_EVIDENCE_PENDING" }, sort_by = { "deadline_expires_at" }, size = 20,
}
while page do
  for _, found in ipairs(page.disputes) do print(found.payment_dispute_id, found.state) end
  page, err = page:next()
end
assert(not err, err)]] } },

  { name = "payment_dispute.read", resource = "disputes", verb = "read",
    on = "payment_dispute",
    method = "GET", path = "/payment/disputes/{payment_dispute_id}",
    http = "GET /payment/disputes/{payment_dispute_id}", params = { "payment_dispute_id" },
    bucket = "dispute", reply = "payment_dispute",
    success = { 200 }, errors = { 400, 401, 404, 429, 500 }, sure = "likely", source = "C12",
    doc = "See where a dispute is, what is asked, and what was answered.",
    example = { given = "dispute", code = [[
dispute = kassa.assert(klarna.disputes:read(dispute.payment_dispute_id))
print(dispute.state, dispute.state_context.evidence_response_deadline_at)]] } },

  { name = "payment_dispute.accept_loss", resource = "disputes", verb = "accept_loss",
    on = "payment_dispute", needs = { payment_dispute = {
      "PRE_ARBITRATION", "ARBITRATION_PENDING", "MERCHANT_EVIDENCE_PENDING" } },
    method = "POST", path = "/payment/disputes/{payment_dispute_id}/accept-loss",
    http = "POST /payment/disputes/{payment_dispute_id}/accept-loss",
    params = { "payment_dispute_id" },
    bucket = "dispute", reply = "payment_dispute", bare = true, keyed = true,
    success = { 202 }, errors = { 400, 401, 404, 409, 429, 500 }, sure = "likely", source = "C12",
    doc = "Give in: the shopper keeps the money. What comes back may hold no more than the id.",
    example = { given = "dispute", code = [[
dispute = kassa.assert(klarna.disputes:accept_loss(dispute.payment_dispute_id))
print(dispute.payment_dispute_id) -- dispute:refresh() tells how it stands now]] } },

  { name = "payment_dispute.upload_attachment", resource = "disputes", verb = "upload_attachment",
    on = "payment_dispute", needs = { payment_dispute = {
      "PRE_ARBITRATION", "ARBITRATION_PENDING", "MERCHANT_EVIDENCE_PENDING" } },
    method = "POST", path = "/payment/disputes/{payment_dispute_id}/attachments",
    http = "POST /payment/disputes/{payment_dispute_id}/attachments",
    params = { "payment_dispute_id" }, hook = "multipart", file = "dispute.file",
    bucket = "dispute", reply = "payment_dispute_attachment", keyed = true,
    success = { 201 }, errors = { 400, 401, 403, 404, 409, 413, 429, 500 }, sure = "likely",
    source = "C12",
    doc = "Send a PDF, JPEG, PNG or DOCX of at most 7 MB; the answer then names it by its id.",
    example = { given = "dispute", code = [[
local attachment = kassa.assert(klarna.disputes:upload_attachment(dispute.payment_dispute_id, {
  bytes = "%PDF-1.4 a receipt", filename = "receipt.pdf", -- or: file = "/srv/shop/receipt.pdf"
}))
print(attachment.payment_dispute_attachment_id)]] } },

  { name = "payment_dispute.respond", resource = "disputes", verb = "respond",
    on = "payment_dispute", needs = { payment_dispute = { "MERCHANT_EVIDENCE_PENDING" } },
    method = "POST", path = "/payment/disputes/{payment_dispute_id}/respond",
    http = "POST /payment/disputes/{payment_dispute_id}/respond",
    params = { "payment_dispute_id" },
    bucket = "dispute", body = "dispute.respond_request", reply = "payment_dispute_response",
    keyed = true,
    success = { 201 }, errors = { 400, 401, 403, 404, 409, 429, 500 }, sure = "likely",
    source = "C12", doc = "Answer what is asked, once, before the deadline.",
    example = { given = "dispute", code = [[
local response = kassa.assert(klarna.disputes:respond(dispute.payment_dispute_id, {
  additional_information = "Delivered on Friday.",
  details = { tracking_number = "JCYPE32JAAR4", shipping_carrier = "DHL" },
}))
print(response.response_id, response.created_at)]] } },

  { name = "payment_dispute.download_attachment", resource = "disputes",
    verb = "download_attachment", on = "payment_dispute",
    method = "GET",
    path = "/payment/disputes/{payment_dispute_id}/attachments/{payment_dispute_attachment_id}"
      .. "/download",
    http = "GET /payment/disputes/{payment_dispute_id}/attachments/"
      .. "{payment_dispute_attachment_id}/download",
    params = { "payment_dispute_id", "payment_dispute_attachment_id" }, hook = "download",
    bucket = "dispute",
    success = { 200 }, errors = { 400, 401, 404, 429, 500 }, sure = "likely", source = "C12",
    doc = "Fetch an attachment, into a string or into a file.",
    example = { given = "dispute", code = [[
local id = kassa.assert(dispute:upload_attachment { bytes = "%PDF-1.4 a receipt" })
  .payment_dispute_attachment_id
local download = kassa.assert(klarna.disputes:download_attachment(dispute.payment_dispute_id, id))
assert(download.bytes == "%PDF-1.4 a receipt")]] } },

  -- Signing keys: what Klarna signs its events with -------------------------------------------

  { name = "signing_key.create", resource = "signing_keys", verb = "create",
    method = "POST", path = "/notification/signing-keys",
    http = "POST /notification/signing-keys", params = {}, base = "plain",
    bucket = "partner-management", reply = "signing_key", secret = "signing_key", keyed = true,
    success = { 201 }, errors = { 400, 401, 403, 404, 429, 500, 503 }, sure = "likely",
    source = "C12",
    doc = "Make a key. It is shown once, as a kassa.secret; at most 50 exist at a time.",
    example = { code = [[
local key = kassa.assert(klarna.signing_keys:create())
print(key.signing_key_id, key.signing_key)]] } },

  { name = "signing_key.list", resource = "signing_keys", verb = "list",
    method = "GET", path = "/notification/signing-keys",
    http = "GET /notification/signing-keys", params = {}, base = "plain",
    bucket = "partner-management", list = "signing_keys", page = "notification.signing_key_page",
    reply = "signing_key",
    success = { 200 }, errors = { 400, 401, 404, 429, 500, 503 }, sure = "likely", source = "C12",
    doc = "See which keys there are; the keys themselves are not shown.",
    example = { given = "signing_key", code = [[
local page = kassa.assert(klarna.signing_keys:list())
for _, key in ipairs(page.signing_keys) do print(key.signing_key_id) end]] } },

  { name = "signing_key.read", resource = "signing_keys", verb = "read", on = "signing_key",
    method = "GET", path = "/notification/signing-keys/{signing_key_id}",
    http = "GET /notification/signing-keys/{signing_key_id}", params = { "signing_key_id" },
    base = "plain", bucket = "partner-management", reply = "signing_key",
    success = { 200 }, errors = { 400, 401, 404, 429, 500, 503 }, sure = "likely", source = "C12",
    doc = "See one key; the key itself is not shown.",
    example = { given = "signing_key", code = [[
local seen = kassa.assert(klarna.signing_keys:read(signing_key.signing_key_id))
assert(seen.signing_key == nil)]] } },

  { name = "signing_key.delete", resource = "signing_keys", verb = "delete", on = "signing_key",
    method = "DELETE", path = "/notification/signing-keys/{signing_key_id}",
    http = "DELETE /notification/signing-keys/{signing_key_id}", params = { "signing_key_id" },
    base = "plain", bucket = "partner-management",
    success = { 204 }, errors = { 400, 401, 404, 429, 500, 503 }, sure = "likely", source = "C12",
    doc = "Take a key out of use: nothing is signed with it any more.",
    example = { given = "signing_key", code = [[
kassa.assert(klarna.signing_keys:delete(signing_key.signing_key_id))]] } },

  -- Webhooks: where events go -----------------------------------------------------------------

  { name = "webhook.create", resource = "webhooks", verb = "create",
    method = "POST", path = "/notification/webhooks", http = "POST /notification/webhooks",
    params = {}, base = "plain", bucket = "partner-management",
    body = "notification.webhook_create", reply = "webhook", keyed = true,
    success = { 201 }, errors = { 400, 401, 404, 409, 429, 500, 503 }, sure = "likely",
    source = "C12", doc = "Have events sent to an address, signed with a key.",
    example = { given = "signing_key", code = [[
local webhook = kassa.assert(klarna.webhooks:create {
  url = "https://shop.example/klarna", event_types = { "payment.*" }, event_version = "v2",
  signing_key_id = signing_key.signing_key_id, status = "ENABLED",
})
print(webhook.webhook_id)]] } },

  { name = "webhook.list", resource = "webhooks", verb = "list",
    method = "GET", path = "/notification/webhooks", http = "GET /notification/webhooks",
    params = {}, base = "plain", bucket = "partner-management",
    list = "webhooks", page = "notification.webhook_page", reply = "webhook",
    success = { 200 }, errors = { 400, 401, 404, 429, 500, 503 }, sure = "likely", source = "C12",
    doc = "See which webhooks there are.",
    example = { given = "webhook", code = [[
local page = kassa.assert(klarna.webhooks:list())
for _, found in ipairs(page.webhooks) do print(found.webhook_id, found.url, found.status) end]] } },

  { name = "webhook.read", resource = "webhooks", verb = "read", on = "webhook",
    method = "GET", path = "/notification/webhooks/{webhook_id}",
    http = "GET /notification/webhooks/{webhook_id}", params = { "webhook_id" },
    base = "plain", bucket = "partner-management", reply = "webhook",
    success = { 200 }, errors = { 400, 401, 404, 429, 500, 503 }, sure = "likely", source = "C12",
    doc = "See one webhook.",
    example = { given = "webhook", code = [[
webhook = kassa.assert(klarna.webhooks:read(webhook.webhook_id))
print(webhook.url)]] } },

  { name = "webhook.update", resource = "webhooks", verb = "update", on = "webhook",
    method = "PATCH", path = "/notification/webhooks/{webhook_id}",
    http = "PATCH /notification/webhooks/{webhook_id}", params = { "webhook_id" },
    base = "plain", bucket = "partner-management",
    body = "notification.webhook_update", reply = "webhook", keyed = true,
    success = { 200 }, errors = { 400, 401, 404, 409, 429, 500, 503 }, sure = "likely",
    source = "C12", doc = "Change the address, the events, the key, or switch it off.",
    example = { given = "webhook", code = [[
webhook = kassa.assert(klarna.webhooks:update(webhook.webhook_id, { status = "DISABLED" }))
assert(webhook.status == "DISABLED")]] } },

  { name = "webhook.delete", resource = "webhooks", verb = "delete", on = "webhook",
    method = "DELETE", path = "/notification/webhooks/{webhook_id}",
    http = "DELETE /notification/webhooks/{webhook_id}", params = { "webhook_id" },
    base = "plain", bucket = "partner-management",
    success = { 204 }, errors = { 400, 401, 404, 429, 500, 503 }, sure = "likely", source = "C12",
    doc = "Have no more events sent there.",
    example = { given = "webhook", code = [[
kassa.assert(klarna.webhooks:delete(webhook.webhook_id))]] } },

  { name = "webhook.simulate", resource = "webhooks", verb = "simulate", on = "webhook",
    method = "POST", path = "/notification/webhooks/{webhook_id}/simulate",
    http = "POST /notification/webhooks/{webhook_id}/simulate", params = { "webhook_id" },
    base = "plain", bucket = "partner-management",
    body = "notification.simulate", keyed = true,
    success = { 200, 202, 204 }, errors = { 400, 401, 404, 429, 500, 503 }, sure = "likely",
    source = "C12", doc = "Have an invented event sent, to see whether it arrives.",
    example = { given = "webhook", code = [[
kassa.assert(klarna.webhooks:simulate(webhook.webhook_id, {
  event_type = "payment.request.state-change.submitted", event_version = "v2",
}))]] } },
}

local objects = {
  payment_request = { id = "payment_request_id", resource = "payment_requests",
    state = "payment_request", schema = "payment_request.reply",
    nested = {
      { path = { "state_context", "payment_transaction" }, kind = "payment_transaction" },
    } },
  payment_transaction = { id = "payment_transaction_id", resource = "payment_transactions",
    state = "payment_transaction", schema = "payment_transaction.reply",
    nested = {
      { path = { "payment_captures" }, kind = "payment_capture", list = true },
      { path = { "payment_refunds" }, kind = "payment_refund", list = true },
      { path = { "payment_chargebacks" }, kind = "payment_chargeback", list = true },
    } },
  payment_capture = { id = "payment_capture_id", resource = "payment_captures",
    schema = "payment_transaction.capture", nested = {} },
  payment_refund = { id = "payment_refund_id", resource = "payment_refunds",
    schema = "payment_transaction.refund", nested = {} },
  payment_chargeback = { id = "payment_chargeback_id", resource = "payment_chargebacks",
    schema = "payment_transaction.chargeback", nested = {} },
  payment_dispute = { id = "payment_dispute_id", resource = "disputes",
    state = "payment_dispute", schema = "dispute.reply", nested = {}, kit = "kassa.dispute" },
  payment_dispute_attachment = { id = "payment_dispute_attachment_id", resource = "disputes",
    schema = "dispute.attachment", nested = {} },
  payment_dispute_response = { id = "response_id", resource = "disputes",
    schema = "dispute.response", nested = {} },
  signing_key = { id = "signing_key_id", resource = "signing_keys",
    schema = "notification.signing_key", nested = {} },
  webhook = { id = "webhook_id", resource = "webhooks", schema = "notification.webhook",
    nested = {} },
}

return {
  name = access.name,
  version = "v2/r5",
  hosts = access.hosts,
  prefix = access.prefix,
  key_prefix = access.key_prefix,
  integration = access.integration,
  key_header = "Klarna-Idempotency-Key: ",
  operations = operations,
  objects = objects,
  machines = "machines",
  currencies = "transport.currencies",
  headers = "transport.headers",
  limits = "transport.limits",
  rates = "transport.rates",
  error = "transport.error",
  errors = "transport.errors",
}
