-- Promises of kassa.sandbox.klarna: answers and events have the shape of the reference's examples,
-- and the shopper is sent back as the merchant asked.

local S = require "kassa.schema"
local api = require("kassa.api").whole(require "kassa.api.klarna")
local fixtures = require "support.fixtures"
local json = require "kassa.json"
local klarna = require "kassa.sandbox.klarna"
local shop = require "support.shop"

local CUSTOMER = { config = {
  request_customer_profile = { "profile:name", "profile:email", "profile:locale",
    "profile:date_of_birth" },
  request_customer_token = { scopes = { "payment:customer_not_present" } },
} }

local LINE_ITEMS = { { name = "Pen", quantity = 2, total_amount = 2000,
  product_identifier = "1234567890" } }

local function order(more)
  local body = { currency = "USD", payment_amount = 2000, payment_request_reference = "pr-1",
    supplementary_purchase_data = { purchase_reference = "order-1", line_items = LINE_ITEMS,
      shipping = { { recipient = { given_name = "Klara", family_name = "Angel" }, address = {
        street_address = "629 N High St", street_address2 = "Suite 300", postal_code = "43215",
        city = "Columbus", region = "OH", country = "US" } } } } }
  for name, value in pairs(more or {}) do body[name] = value end
  return body
end

local function confirmed(s, config)
  local _, token = s:pending(order(CUSTOMER))
  local _, request = s:confirm(token, { currency = "USD", payment_amount = 2000,
    payment_transaction_reference = "t-1", config = config })
  return request, request.state_context.payment_transaction.payment_transaction_id
end

-- Every member of the example that is not in the answer, with its path. Lists: their first member.
local function lacking(example, answer, path, out)
  out = out or {}
  for name, wanted in pairs(example) do
    local here = path .. "." .. name
    if answer[name] == nil then
      out[#out + 1] = here
    elseif type(wanted) == "table" and type(answer[name]) == "table" then
      lacking(wanted, answer[name], here, out)
    elseif type(wanted) ~= type(answer[name]) then
      out[#out + 1] = here .. " is a " .. type(answer[name])
    end
  end
  return out
end

local EXAMPLE = {}
for _, fixture in ipairs(fixtures.all()) do EXAMPLE[fixture.name] = json.decode(fixture.text) end

local function has_shape_of(name, answer, ignored)
  local faults = {}
  for _, path in ipairs(lacking(EXAMPLE[name], answer, "")) do
    if not (ignored or {})[path] then faults[#faults + 1] = path end
  end
  assert.same({}, faults)
end

local function fits(schema, value)
  local ok, faults = S.check(schema, value, true)
  assert(ok, faults and faults[1] and faults[1].path .. ": " .. faults[1].message)
end

describe("an answer", function()
  local s
  before_each(function() s = shop.open() end)

  it("has the shape of the example: payment request", function()
    has_shape_of("01-payment_request.create.response", s:request())
    local _, canceled = s:send("DELETE", "/payment/requests/" .. s:request().payment_request_id)
    has_shape_of("06-payment_request.cancel.response", canceled)
    local request = confirmed(s, { capture = true })
    has_shape_of("08-payment_request.confirm.response", request)
    local _, charged = s:charge(s:verb("token", "approved"),
      { currency = "USD", payment_amount = 1, payment_request_reference = "p",
        config = { capture = true } })
    has_shape_of("11-customer_token.charge.response", charged,
      { [".state_context.payment_transaction.payment_transaction_reference"] = true })
  end)

  it("has the shape of the example: transaction, capture, refund, chargeback", function()
    local _, id = confirmed(s)
    has_shape_of("13-payment_transaction.read.response", s:transaction(id),
      { [".supplementary_purchase_data.line_items.2"] = true })
    local _, capture = s:capture(id, 500, { payment_capture_reference = "c-1",
      supplementary_capture_data = { line_items = LINE_ITEMS, shipments = { {
        delivery = { tracking_number = "1", shipping_carrier = "DHL", shipping_type = "TO_DOOR",
          shipping_type_attribute = "SIGNATURE_REQUIRED",
          estimated_delivery_date = "2024-01-05" },
        ["return"] = { tracking_number = "2", shipping_carrier = "DHL" } } } } })
    has_shape_of("18-payment_transaction.capture.response", capture)
    local _, refund = s:post("/payment/captures/" .. capture.payment_capture_id .. "/refund",
      { refund_amount = 100, payment_refund_reference = "r-1",
        supplementary_refund_data = { line_items = LINE_ITEMS } })
    has_shape_of("27-payment_capture.refund.response", refund)
    has_shape_of("30-payment_chargeback.read.response",
      s:verb("chargeback", id, { line_items = LINE_ITEMS }))
    local _, voided = s:void(id)
    has_shape_of("23-payment_transaction.void.response", voided,
      { [".supplementary_purchase_data.line_items.2"] = true })
  end)

  it("has the shape of the example: dispute, attachment, answer to an evidence request", function()
    local _, id = confirmed(s, { capture = true })
    local dispute_id = s:verb("dispute", id, { state = "MERCHANT_EVIDENCE_PENDING",
      reason = "PRODUCTS_FAULTY" }).payment_dispute_id
    local _, attachment = s:upload(dispute_id, { { "file", "%PDF-1.7", filename = "a.pdf" } })
    has_shape_of("36-dispute.upload_attachment.response", attachment)
    attachment.description = "Shipment confirmation"
    local example = EXAMPLE["37-dispute.respond.request"]
    local details = { proof_of_delivery_attachments = { attachment } }
    for _, given in ipairs { example.details, EXAMPLE["32-dispute.list.response"].disputes[1]
        .merchant_evidence[1].response.details } do
      for name, value in pairs(given) do details[name] = details[name] or value end
    end
    local _, response = s:respond(dispute_id, { created_at = example.created_at, details = details,
      additional_information = example.additional_information, attachments = { attachment } })
    has_shape_of("38-dispute.respond.response", response)
    local _, read = s:get("/payment/disputes/" .. dispute_id)
    has_shape_of("33-dispute.read.response", read)
    s:verb("ask", dispute_id)
    local other = s:authorized(1000)
    s:capture(other, 1000)
    s:verb("dispute", other)
    local _, page = s:get "/payment/disputes?size=1"
    has_shape_of("32-dispute.list.response", page)
  end)

  it("has the shape of the example: error", function()
    local _, value = s:post("/payment/requests", "{")
    has_shape_of("35-error.response", value)
  end)

  it("fits the table's description of it", function()
    local request, id = confirmed(s)
    s:capture(id, 500)
    s:refund(id, 100)
    s:verb("chargeback", id)
    fits(api.objects.payment_request.schema, request)
    fits(api.objects.payment_request.schema, s:pending(order(CUSTOMER)))
    fits(api.objects.payment_transaction.schema, s:transaction(id))
    for _, state in ipairs { "PRE_ARBITRATION", "MERCHANT_EVIDENCE_PENDING", "CLOSED" } do
      local made = s:disputed { state = state }
      fits(api.objects.payment_dispute.schema, made)
      local _, attachment = s:upload(made.payment_dispute_id, { { "file", "%PDF-" } })
      if state == "MERCHANT_EVIDENCE_PENDING" then
        fits(api.objects.payment_dispute_attachment.schema, attachment)
        local _, response = s:respond(made.payment_dispute_id, { details = { x = 1 } })
        fits(api.objects.payment_dispute_response.schema, response)
        fits(api.objects.payment_dispute.schema, s:verb("view", made.payment_dispute_id))
      end
    end
    local _, refusal = s:post("/payment/requests", {})
    fits(api.error, refusal)
  end)
end)

describe("an event", function()
  local s
  before_each(function() s = shop.open() end)

  local function last(event_type)
    local found
    for _, delivery in ipairs(s:verb "deliveries") do
      if delivery.event_type == event_type then found = delivery.event end
    end
    return assert(found, "no event " .. event_type)
  end

  local function types()
    local out = {}
    for i, delivery in ipairs(s:verb "deliveries") do out[i] = delivery.event_type end
    return out
  end

  it("tells of each change of a payment request", function()
    local request, token = s:pending(order(CUSTOMER))
    has_shape_of("02-payment.request.state-change.submitted.event",
      last "payment.request.state-change.submitted")
    assert.equal(token, last("payment.request.state-change.pending-confirmation")
      .payload.state_context.payment_confirmation_token)
    s:confirm(token, { currency = "USD", payment_amount = 2000 })
    has_shape_of("09-payment.request.state-change.confirmed.event",
      last "payment.request.state-change.confirmed")
    assert.equal(request.payment_request_id,
      last("payment.request.state-change.confirmed").payload.payment_request_id)
  end)

  it("tells of each change of a transaction", function()
    local _, id = confirmed(s)
    has_shape_of("19-payment.transaction.state-change.authorized.event",
      last "payment.transaction.state-change.authorized")
    s:capture(id, 500)
    assert.equal(500, last("payment.transaction.captured").payload.capture_amount)
    s:post("/payment/transactions/" .. id .. "/refund",
      { refund_amount = 100, payment_refund_reference = "r" })
    has_shape_of("22-payment.transaction.refunded.event",
      last "payment.transaction.refunded")
    s:verb("chargeback", id)
    has_shape_of("31-payment.transaction.chargeback.event",
      last "payment.transaction.chargeback")
    s:verb("funding", id, "PENDING")
    has_shape_of("14-payment.funding.state-change.pending.event",
      last "payment.funding.state-change.pending")
    s:void(id)
    assert.equal("VOIDED",
      last("payment.transaction.state-change.completed").payload.state_reason)
  end)

  it("tells of each change of a dispute", function()
    local _, id = confirmed(s)
    s:capture(id, 500, { payment_capture_reference = "c-1" })
    local dispute_id = s:verb("dispute", id).payment_dispute_id
    has_shape_of("34-payment.dispute.state-change.pre-arbitration.event",
      last "payment.dispute.state-change.pre-arbitration")
    local metadata = last("payment.dispute.state-change.pre-arbitration").metadata
    assert.equal("v1", metadata.event_version)
    assert.is_nil(metadata.product_instance_id)
    s:verb("escalate", dispute_id)
    assert.equal("PRE_ARBITRATION",
      last("payment.dispute.state-change.arbitration-pending").payload.previous_state)
    s:verb("ask", dispute_id, { deadline = "1d" })
    assert.equal("2024-01-02T12:00:00Z",
      last("payment.dispute.state-change.merchant-evidence-pending")
        .payload.state_context.evidence_response_deadline_at)
    s:accept_loss(dispute_id)
    assert.equal("CLOSED", last("payment.dispute.state-change.closed").payload.state)
    assert.equal(dispute_id, last("payment.transaction.chargeback").payload.payment_dispute_id)
  end)

  it("comes once for what happened once, in order", function()
    local id = s:authorized(1000)
    s:capture(id, 1000)
    assert.same({
      "payment.request.state-change.submitted", "payment.request.state-change.in-progress",
      "payment.request.state-change.pending-confirmation",
      "payment.transaction.state-change.authorized", "payment.request.state-change.confirmed",
      "payment.transaction.captured", "payment.transaction.state-change.completed",
    }, types())
  end)

  it("bears the hour at which time brought it, not the hour somebody looked", function()
    s:request()
    s:verb("advance", "100d")
    local event = last "payment.request.state-change.expired"
    assert.equal("2024-01-03T12:00:00Z", event.metadata.occurred_at)
  end)
end)

describe("funding", function()
  it("takes only the states the reference has", function()
    local s = shop.open()
    local id = s:authorized(1)
    assert.equal("NON_GUARANTEED", s:verb("funding", id, "FUNDED").payment_funding.type)
    assert.has_error(function() s:verb("funding", id, "LOST") end)
    assert.has_error(function() s:verb("funding", "nobody", "FUNDED") end)
  end)
end)

describe("the way back to the shop", function()
  it("fills in the placeholders, escaped", function()
    local s = shop.open()
    local request, token = s:pending { currency = "USD", payment_amount = 1,
      payment_request_reference = "order 1/2",
      config = { redirect_url = "https://shop.example/?id={klarna.payment_request.id}"
        .. "&s={klarna.payment_request.state}"
        .. "&t={klarna.payment_request.payment_confirmation_token}"
        .. "&r={klarna.payment_request.payment_reference}&x={other}" } }
    local function escaped(text) return (text:gsub(":", "%%3A")) end
    assert.equal("https://shop.example/?id=" .. escaped(request.payment_request_id)
      .. "&s=PENDING_CONFIRMATION&t=" .. escaped(token) .. "&r=order%201%2F2&x={other}",
      s:verb("redirect", request.payment_request_id))
  end)

  it("is nowhere without a redirect_url", function()
    local s = shop.open()
    assert.has_error(function() s:verb("redirect", s:request().payment_request_id) end)
    assert.has_error(function() s:verb("redirect", "nobody") end)
  end)
end)

describe("the provider", function()
  it("answers 404 to an operation it does not play", function()
    local provider = klarna.new { seed = 1, now = function() return 0 end, plan = function() end,
      tell = function() end, page_url = function() return "" end }
    local status, refusal = provider:act("payment_dispute.read", {}, {}, {})
    assert.is_nil(status)
    assert.equal(404, refusal.status)
  end)

  it("says nothing of what it does not know", function()
    local s = shop.open()
    for _, verb in ipairs { "state", "view", "ledger", "close", "chargeback", "expire" } do
      assert.has_error(function() s:verb(verb, "nobody") end)
    end
  end)
end)
