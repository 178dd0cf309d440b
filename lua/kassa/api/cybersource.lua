-- THE table of Klarna operations through Cybersource (REST), in the order in which a merchant meets
-- them. It is pure data, refuses functions, and whatever kassa does there derives from its rows.
--
-- The fields of a row are those of kassa.api.klarna, and:
--   fixed     what is filled in under the caller's body
--   words     kassa's own words in the body, by name: each becomes a value elsewhere
--   link      where in the body the id of the object stands, when it is not in the path
--   total     the order has to add up (kassa.body), unless `sums = false`
--   without   what is refused, and why, by name
--   asks      reads, although it is a POST: may be repeated
--   advertised  another path of the same operation, taken when the object's own link says it
--   amount    the path to the field of the body that says how much
--             (there is no idempotency header, so no row is keyed)
--   from      { kind = { STATE, ... } } states of an object that has to come before
--   service   the name under which a search finds what the row did

local access = require "kassa.api.cybersource.access"

local KLARNA = { paymentType = { name = "INVOICE", method = { name = "KLARNA" } } }
local AMOUNT = "orderInformation.amountDetails.totalAmount"

-- What a row fills in: the action, and Klarna.
local function fills(action, session_type)
  return { paymentInformation = KLARNA,
    processingInformation = { actionList = { action }, sessionType = session_type } }
end

-- The five checks differ in what they are about only.
local function status_of(kind, resource)
  return { name = kind .. ".status", resource = resource, verb = "status", on = kind,
    method = "POST", path = "/pts/v2/refresh-payment-status/{id}",
    http = "POST /pts/v2/refresh-payment-status/{id}", params = { "id" }, asks = true,
    body = "payment.check", fixed = fills "AP_STATUS", reply = kind,
    success = { 200, 201 }, errors = { 400, 401, 404, 429, 502, 503 }, sure = "exact",
    source = "G", doc = "See where the " .. kind .. " is.",
    example = { given = kind, code = ([[
%s = kassa.assert(cybersource.%s:status(%s.id))
print(%s.status)]]):format(kind, resource, kind, kind) } }
end

local operations = {

  -- Sessions: what is bought, and a page or a widget for the shopper ---------------------------

  { name = "session.create", resource = "sessions", verb = "create",
    method = "POST", path = "/pts/v2/payment-references",
    http = "POST /pts/v2/payment-references", params = {},
    body = "session.create", fixed = fills("AP_SESSIONS", "N"), words = "transport.words",
    without = "session.personal", total = true, reply = "session",
    success = { 201 }, errors = { 400, 401, 429, 502, 503 }, sure = "exact", source = "G",
    doc = "Begin a checkout. Send the shopper to processorInformation.paymentUrl, or start the "
      .. "widget with processorInformation.token.",
    example = { code = [[
local session = kassa.assert(cybersource.sessions:create {
  flow = "hosted",
  merchantInformation = {
    successUrl = "https://shop.example/ok", cancelUrl = "https://shop.example/cancel",
    failureUrl = "https://shop.example/failed",
  },
  orderInformation = {
    amountDetails = { currency = "USD", totalAmount = 13500, taxAmount = 1500,
      discountAmount = 3000 },
    billTo = { country = "US", postalCode = "43215", administrativeArea = "OH" },
    lineItems = {
      { productName = "Pen", quantity = 4, unitPrice = 2500, totalAmount = 10000 },
      { productName = "Ink", quantity = 5, unitPrice = 1000, totalAmount = 5000 },
    },
  },
})
print(session.status, session.processorInformation.paymentUrl)]] } },

  { name = "session.update", resource = "sessions", verb = "update", on = "session",
    needs = { session = { "INITIATED", "COMPLETED" } },
    method = "PATCH", path = "/pts/v2/payment-references/{id}",
    http = "PATCH /pts/v2/payment-references/{id}", params = { "id" },
    body = "session.update", fixed = fills("AP_SESSIONS", "U"), words = "transport.words",
    total = true, reply = "session",
    success = { 200, 201 }, errors = { 400, 401, 404, 429, 502, 503 }, sure = "exact",
    source = "G", doc = "Change the order, add addresses; for 48 hours.",
    example = { given = "session", code = [[
session = kassa.assert(cybersource.sessions:update(session.id, {
  flow = "hosted",
  merchantInformation = {
    successUrl = "https://shop.example/ok", cancelUrl = "https://shop.example/cancel",
    failureUrl = "https://shop.example/failed",
  },
  orderInformation = {
    amountDetails = { currency = "USD", totalAmount = 2500, taxAmount = 0 },
    billTo = { country = "US", postalCode = "43215", administrativeArea = "OH",
      firstName = "John", lastName = "Doe" },
    lineItems = { { productName = "Pen", quantity = 1, unitPrice = 2500, totalAmount = 2500 } },
  },
}))]] } },

  status_of("session", "sessions"),

  -- Authorizations: reserve the money, take it, or let it go -----------------------------------

  { name = "authorization.create", resource = "authorizations", verb = "create",
    method = "POST", path = "/pts/v2/payments", http = "POST /pts/v2/payments", params = {},
    from = { session = { "INITIATED", "COMPLETED" } },
    money = "authorize", amount = AMOUNT, body = "payment.authorize", fixed = fills "AP_AUTH",
    service = "ics_ap_auth", total = true, reply = "authorization",
    success = { 201 }, errors = { 400, 401, 429, 502, 503 }, sure = "exact", source = "G",
    doc = "Reserve what the shopper agreed to, with Klarna's token.",
    example = { given = "token", code = [[
local authorization = kassa.assert(cybersource.authorizations:create {
  orderInformation = {
    amountDetails = { currency = "USD", totalAmount = 13500, taxAmount = 1500 },
    billTo = { country = "US", postalCode = "43215", administrativeArea = "OH" },
  },
  processorInformation = { preApprovalToken = token },
})
print(authorization.status)]] } },

  { name = "authorization.follow_on", resource = "authorizations", verb = "follow_on",
    on = "authorization", needs = { authorization = { "AUTHORIZED" } },
    method = "POST", path = "/pts/v2/payments", http = "POST /pts/v2/payments", params = {},
    arguments = { "id" }, link = "processingInformation.linkId",
    money = "authorize", amount = AMOUNT, body = "payment.follow_on", fixed = fills "AP_AUTH",
    service = "ics_ap_auth", total = true, reply = "authorization",
    success = { 201 }, errors = { 400, 401, 404, 429, 502, 503 }, sure = "exact", source = "G",
    doc = "Authorize a changed order: a new authorization, before any capture or reversal.",
    example = { given = "authorization", code = [[
authorization = kassa.assert(cybersource.authorizations:follow_on(authorization.id, {
  orderInformation = {
    amountDetails = { currency = "USD", totalAmount = 12000, taxAmount = 1500 },
    billTo = { country = "US", postalCode = "43215", administrativeArea = "OH" },
  },
  processorInformation = { preApprovalToken = token },
}))]] } },

  { name = "authorization.reverse", resource = "authorizations", verb = "reverse",
    on = "authorization", needs = { authorization = { "AUTHORIZED" } },
    method = "POST", path = "/pts/v2/payments/{id}/reversals",
    http = "POST /pts/v2/payments/{id}/reversals", params = { "id" },
    money = "release", body = "payment.reverse", fixed = fills "AP_AUTH_REVERSAL",
    service = "ics_ap_auth_reversal", reply = "reversal",
    success = { 201 }, errors = { 400, 401, 404, 429, 502, 503 }, sure = "exact", source = "G",
    doc = "Release the whole authorization, before any capture.",
    example = { given = "authorization", code = [[
local reversal = kassa.assert(cybersource.authorizations:reverse(authorization.id))
assert(reversal.status == "AUTH_REVERSED")]] } },

  { name = "authorization.capture", resource = "authorizations", verb = "capture",
    on = "authorization", needs = { authorization = { "AUTHORIZED" } },
    method = "POST", path = "/pts/v2/payments/{id}/captures",
    http = "POST /pts/v2/payments/{id}/captures", params = { "id" },
    money = "take", amount = AMOUNT, body = "payment.capture", fixed = fills "AP_CAPTURE",
    service = "ics_ap_capture", reply = "capture",
    success = { 201 }, errors = { 400, 401, 404, 429, 502, 503 }, sure = "exact", source = "G",
    doc = "Take some or all of the authorized amount, when the goods ship.",
    example = { given = "authorization", code = [[
local capture = kassa.assert(cybersource.authorizations:capture(authorization.id, {
  orderInformation = { amountDetails = { currency = "USD", totalAmount = "50.00" } },
}))
assert(capture.status == "SETTLED")]] } },

  status_of("authorization", "authorizations"),

  -- Captures, refunds, reversals ------------------------------------------------------------------

  { name = "capture.refund", resource = "captures", verb = "refund",
    on = "capture", needs = { capture = { "SETTLED" } },
    method = "POST", path = "/pts/v2/payments/{id}/refunds",
    http = "POST /pts/v2/payments/{id}/refunds", params = { "id" },
    advertised = { at = "_links.refund.href", path = "/pts/v2/captures/{id}/refunds" },
    money = "give_back", amount = AMOUNT, body = "payment.refund", fixed = fills "AP_REFUND",
    service = "ics_ap_refund", reply = "refund",
    success = { 201 }, errors = { 400, 401, 404, 429, 502, 503 }, sure = "likely",
    source = "G, O", doc = "Give back some or all of a capture.",
    example = { given = "capture", code = [[
local refund = kassa.assert(cybersource.captures:refund(capture.id, {
  orderInformation = { amountDetails = { currency = "USD", totalAmount = 400 } },
}))
assert(refund.status == "REFUNDED")]] } },

  status_of("capture", "captures"),
  status_of("refund", "refunds"),
  status_of("reversal", "reversals"),

  -- Transactions: reports of what was done, to find what nobody answered for ---------------------

  { name = "transaction.search", resource = "transactions", verb = "search",
    method = "POST", path = "/tss/v2/searches", http = "POST /tss/v2/searches", params = {},
    asks = true, body = "search.request", fixed = { sort = "submitTimeUtc:desc" },
    reply = "transaction_search",
    success = { 200, 201 }, errors = { 400, 401, 429, 500, 502, 503 }, sure = "likely",
    source = "T, S", doc = "Find transactions by the merchant's code, newest first. What has just "
      .. "been done may not be found yet.",
    example = { code = [[
local found = kassa.assert(cybersource.transactions:search {
  query = "clientReferenceInformation.code:order-1001", limit = 50,
})
local list = found._embedded and found._embedded.transactionSummaries or {}
for _, transaction in ipairs(list) do print(transaction.id, transaction.submitTimeUtc) end]] } },

  { name = "transaction.read", resource = "transactions", verb = "read", on = "transaction",
    method = "GET", path = "/tss/v2/transactions/{id}", http = "GET /tss/v2/transactions/{id}",
    params = { "id" }, reply = "transaction",
    success = { 200 }, errors = { 401, 404, 429, 500, 502, 503 }, sure = "likely",
    source = "T, S", doc = "Everything about one. A report, which may be minutes late and slow: "
      .. "for a 404 the guide asks for up to five more tries, five minutes apart.",
    example = { given = "capture", code = [[
local transaction = kassa.assert(cybersource.transactions:read(capture.id))
print(transaction.rootId, transaction.applicationInformation.reasonCode)]] } },
}

local function object(kind, schema)
  return { id = "id", resource = kind .. "s", state = kind, state_field = "status",
    schema = schema, nested = {}, kit = "kassa.wait" }
end

return {
  name = access.name,
  version = "REST",
  hosts = access.hosts,
  prefix = access.prefix,
  key_at = "clientReferenceInformation.transactionId", -- where an attempt is named in its body
  code_at = "clientReferenceInformation.code", -- by what a search finds it
  refused = "transport.refused",
  judge = "kassa.judge.cybersource",
  books = "kassa.books", -- its objects do not tell what became of their money
  unknown_waits = true, -- a status that is not listed means: keep asking, nothing is legal in it
  operations = operations,
  objects = {
    session = object("session", "payment.session"),
    authorization = object("authorization", "payment.authorization"),
    capture = object("capture", "payment.capture_reply"),
    refund = object("refund", "payment.refund_reply"),
    reversal = object("reversal", "payment.reversal"),
    transaction = { id = "id", resource = "transactions", schema = "search.transaction",
      nested = {} },
    transaction_search = { id = "searchId", resource = "transactions", schema = "search.found",
      nested = {
        { path = { "_embedded", "transactionSummaries" }, kind = "transaction", list = true },
      } },
  },
  machines = "machines",
  cases = "transport.cases",
  limits = "transport.limits",
  polling = "transport.polling",
  responses = "responses",
  error = "payment.error",
  errors = "errors",
}
