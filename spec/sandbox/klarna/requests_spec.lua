-- Promises of kassa.sandbox.klarna.requests: the states of a payment request as reference 4.1 has
-- them. The tables here are written from the reference, not computed from any row.

local shop = require "support.shop"

local BODY = { currency = "USD", payment_amount = 1000 }

-- How to bring a request into each state. Returns the request's id and its token, if it has one.
local REACH = {}

function REACH.SUBMITTED(s) return s:request().payment_request_id end
function REACH.PREPARED(s)
  return s:verb("prepare", s:request().payment_request_id).payment_request_id
end
function REACH.IN_PROGRESS(s)
  return s:verb("open", s:request().payment_request_id).payment_request_id
end
function REACH.PENDING_CONFIRMATION(s)
  local request, token = s:pending()
  return request.payment_request_id, token
end
function REACH.CONFIRMED(s)
  local request, token = s:pending()
  assert(s:confirm(token, BODY) == 200)
  return request.payment_request_id, token
end
function REACH.CANCELED(s)
  local id = s:request().payment_request_id
  assert(s:send("DELETE", "/payment/requests/" .. id) == 200)
  return id
end
function REACH.EXPIRED(s)
  local id = s:request().payment_request_id
  s:verb("advance", "48h")
  return id
end
function REACH.DECLINED(s)
  local _, request = s:charge(s:verb("token", "declined"))
  return request.payment_request_id
end

-- Operation x state: the status. A confirmation without a token of its own is tried with none.
local ANSWER = {
  SUBMITTED = { read = 200, update = 200, cancel = 200, confirm = 404 },
  PREPARED = { read = 200, update = 409, cancel = 409, confirm = 404 },
  IN_PROGRESS = { read = 200, update = 409, cancel = 200, confirm = 404 },
  PENDING_CONFIRMATION = { read = 200, update = 409, cancel = 200, confirm = 200 },
  CONFIRMED = { read = 200, update = 409, cancel = 409, confirm = 200 },
  CANCELED = { read = 200, update = 409, cancel = 409, confirm = 404 },
  EXPIRED = { read = 200, update = 409, cancel = 409, confirm = 404 },
  DECLINED = { read = 200, update = 409, cancel = 409, confirm = 404 },
}

local CALL = {}

function CALL.read(s, id) return s:get("/payment/requests/" .. id) end
function CALL.update(s, id)
  return s:send("PATCH", "/payment/requests/" .. id, BODY)
end
function CALL.cancel(s, id) return s:send("DELETE", "/payment/requests/" .. id) end
function CALL.confirm(s, _, token) return s:confirm(token or "none", BODY) end

describe("a payment request", function()
  for state, answers in pairs(ANSWER) do
    for operation, wanted in pairs(answers) do
      it("answers " .. wanted .. " to " .. operation .. " when " .. state, function()
        local s = shop.open()
        local id, token = REACH[state](s)
        assert.equal(state, s:verb("state", id))
        local status, value = CALL[operation](s, id, token)
        assert.equal(wanted, status)
        if wanted == 409 then
          assert.equal("RESOURCE_CONFLICT", value.error_code)
          assert.equal(state, s:verb("state", id))
        end
      end)
    end
  end

  it("begins SUBMITTED with a page to send the shopper to", function()
    local s = shop.open()
    local request = s:request {
      currency = "EUR", payment_amount = 5, payment_request_reference = "r-1",
      config = { redirect_url = "https://shop.example/" },
      supplementary_purchase_data = { purchase_reference = "order-1" },
    }
    assert.equal("SUBMITTED", request.state)
    assert.equal("PAYMENT_REQUEST_SUBMITTED", request.state_reason)
    assert.is_nil(request.previous_state)
    assert.equal("2024-01-01T12:00:00Z", request.created_at)
    assert.equal("2024-01-03T12:00:00Z", request.expires_at)
    assert.equal("r-1", request.payment_request_reference)
    assert.equal("EUR", request.currency)
    assert.equal(5, request.payment_amount)
    assert.same({ redirect_url = "https://shop.example/" }, request.config)
    assert.same({ purchase_reference = "order-1" }, request.supplementary_purchase_data)
    assert.truthy(request.payment_request_id:match("^krn:payment:eu1:request:%x+%-"))
    assert.truthy(request.state_context.payment_distribution.url:find(
      "/_sandbox/pay/" .. request.payment_request_id, 1, true))
  end)

  it("is updated at the top level: what is named is replaced, the rest stays", function()
    local s = shop.open()
    local id = s:request {
      currency = "USD", payment_amount = 10, payment_request_reference = "r-1",
      supplementary_purchase_data = { purchase_reference = "o-1", line_items = {
        { name = "Pen", quantity = 1, total_amount = 4 },
        { name = "Ink", quantity = 1, total_amount = 6 },
      } },
    }.payment_request_id
    s:verb("advance", "1h")
    local status, request = s:send("PATCH", "/payment/requests/" .. id, {
      currency = "USD", payment_amount = 7,
      supplementary_purchase_data = { line_items = {
        { name = "Pen", quantity = 1, total_amount = 7 },
      } },
    })
    assert.equal(200, status)
    assert.equal(7, request.payment_amount)
    assert.equal("r-1", request.payment_request_reference)
    assert.is_nil(request.supplementary_purchase_data.purchase_reference)
    assert.equal(1, #request.supplementary_purchase_data.line_items)
    assert.equal("2024-01-01T13:00:00Z", request.updated_at)
    assert.equal("2024-01-01T12:00:00Z", request.created_at)
    assert.equal("SUBMITTED", request.state)
  end)

  it("needs an amount that is the sum of its line items", function()
    local s = shop.open()
    local function create(...)
      local items = {}
      for i, total in ipairs { ... } do
        items[i] = { name = "Thing", quantity = 1, total_amount = total }
      end
      return s:post("/payment/requests", { currency = "USD", payment_amount = 1000,
        supplementary_purchase_data = { line_items = items } })
    end
    assert.equal(201, (create(600, 400)))
    assert.equal(201, (create(1200, -200)))
    local status, value = create(600, 401)
    assert.equal(400, status)
    assert.equal("payment_amount", value.validation_errors[1].parameter)
  end)

  it("asks for a shipping option only together with the address", function()
    local s = shop.open()
    local function create(asked)
      return (s:post("/payment/requests", { currency = "USD", payment_amount = 1,
        config = { request_shipping_data = asked } }))
    end
    assert.equal(400, create { "SHIPPING_OPTION" })
    assert.equal(201, create { "SHIPPING_ADDRESS", "SHIPPING_OPTION" })
  end)

  it("is CANCELED with reason and an empty context", function()
    local s = shop.open()
    local id = s:request().payment_request_id
    local status, request, response = s:send("DELETE", "/payment/requests/" .. id)
    assert.equal(200, status)
    assert.equal("CANCELED", request.state)
    assert.equal("PARTNER_CANCELED", request.state_reason)
    assert.equal("SUBMITTED", request.previous_state)
    assert.truthy(response.body:find('"state_context":{}', 1, true))
  end)
end)

describe("the shopper", function()
  local s
  before_each(function() s = shop.open() end)

  it("agrees: a confirmation token for 60 minutes", function()
    local request, token = s:pending()
    assert.equal("PENDING_CONFIRMATION", request.state)
    assert.equal("IN_PROGRESS", request.previous_state)
    assert.equal("2024-01-01T13:00:00Z", request.state_expires_at)
    assert.truthy(token:match("^krn:payment:eu1:confirmation%-token:%x+%-"))
  end)

  it("leaves: SUBMITTED again, with the reason", function()
    local id = s:request().payment_request_id
    local request = s:verb("abort", id)
    assert.equal("SUBMITTED", request.state)
    assert.equal("PURCHASE_FLOW_ABORTED", request.state_reason)
    assert.equal("IN_PROGRESS", request.previous_state)
    assert.equal("PENDING_CONFIRMATION", s:verb("approve", id).state)
  end)

  it("is declined for every option: DECLINED, for good", function()
    local request = s:verb("decline", s:request().payment_request_id)
    assert.equal("DECLINED", request.state)
    assert.equal("PERMANENT", request.state_reason)
    assert.same({}, request.state_context)
  end)

  it("cannot agree, leave or be declined where that leads nowhere", function()
    for _, state in ipairs { "PENDING_CONFIRMATION", "CONFIRMED", "CANCELED", "EXPIRED",
        "DECLINED" } do
      local id = REACH[state](s)
      for _, verb in ipairs { "approve", "abort", "decline", "prepare" } do
        assert.has_error(function() s:verb(verb, id) end)
        assert.equal(state, s:verb("state", id))
      end
    end
    assert.has_error(function() s:verb("approve", "nobody") end)
  end)

  it("gives the profile and the shipping the merchant asked for, and no more", function()
    local request = s:pending { currency = "USD", payment_amount = 1, config = {
      request_customer_profile = { "profile:name", "profile:email" },
      request_shipping_data = { "SHIPPING_ADDRESS" },
    } }
    local profile = request.state_context.klarna_customer.customer_profile
    assert.equal("Klara", profile.given_name)
    assert.is_true(profile.email_verified)
    assert.is_nil(profile.phone)
    assert.is_nil(profile.date_of_birth)
    assert.truthy(profile.customer_id:match("^krn:kuid:%w+$"))
    assert.equal("US", request.state_context.shipping.address.country)
    assert.is_nil(request.state_context.shipping.shipping_option)
    assert.is_nil(s:pending().state_context.klarna_customer)
  end)

  it("reopening the page makes the token void", function()
    local request, token = s:pending()
    assert.equal("IN_PROGRESS", s:verb("open", request.payment_request_id).state)
    assert.equal(409, (s:confirm(token, BODY)))
    local again = s:verb("approve", request.payment_request_id)
    assert.not_equal(token, again.state_context.payment_confirmation_token)
  end)
end)

describe("a confirmation", function()
  local s
  before_each(function() s = shop.open() end)

  it("makes a transaction and shows it in short form", function()
    local request, token = s:pending()
    local status, confirmed = s:confirm(token, { currency = "USD", payment_amount = 1000,
      payment_transaction_reference = "t-1" })
    assert.equal(200, status)
    assert.equal(request.payment_request_id, confirmed.payment_request_id)
    assert.equal("CONFIRMED", confirmed.state)
    assert.is_nil(confirmed.state_reason)
    local transaction = confirmed.state_context.payment_transaction
    assert.equal("AUTHORIZED", transaction.state)
    assert.equal("t-1", transaction.payment_transaction_reference)
    assert.same({}, transaction.payment_captures)
    assert.same({ type = "GUARANTEED", state = "FUNDED" }, transaction.payment_funding)
    assert.equal("CAPTURE", transaction.payment_pricing.applicable_rate.unit)
  end)

  it("captures at once when asked to", function()
    local id, request = s:authorized(1000, { capture = true })
    local short = request.state_context.payment_transaction
    assert.equal("COMPLETED", short.state)
    assert.same({ { payment_capture_id = id .. ":capture:1" } }, short.payment_captures)
    assert.same({ authorized = 1000, captured = 1000, refunded = 0, remaining = 0, captures = 1,
      refunds = 0, operations = 1, voided = false, currency = "USD", state = "COMPLETED" },
      s:verb("ledger", id))
  end)

  it("of the same token brings the same bytes, whatever key and body come with it", function()
    local _, token = s:pending()
    local _, first, response = s:confirm(token, BODY)
    local id = first.state_context.payment_transaction.payment_transaction_id
    s:capture(id, 10)
    local status, _, again = s:confirm(token, { currency = "USD", payment_amount = 1 })
    assert.equal(200, status)
    assert.equal(response.body, again.body)
    s:verb("advance", "30d")
    assert.equal(response.body, select(3, s:confirm(token, BODY)).body)
  end)

  it("needs the request's amount and currency", function()
    local request, token = s:pending()
    for parameter, body in pairs {
      payment_amount = { currency = "USD", payment_amount = 999 },
      currency = { currency = "EUR", payment_amount = 1000 },
    } do
      local status, value = s:confirm(token, body)
      assert.equal(400, status)
      assert.equal(parameter, value.validation_errors[1].parameter)
    end
    assert.equal("PENDING_CONFIRMATION", s:verb("state", request.payment_request_id))
    assert.equal(200, (s:confirm(token, BODY)))
  end)

  it("needs the request's shipping where both name one", function()
    local function shipping(city)
      return { { recipient = { given_name = "A", family_name = "B" },
        address = { street_address = "Street 1", city = city, country = "US" } } }
    end
    local _, token = s:pending { currency = "USD", payment_amount = 1,
      supplementary_purchase_data = { shipping = shipping "Columbus" } }
    local function confirm(city)
      return s:confirm(token, { currency = "USD", payment_amount = 1,
        supplementary_purchase_data = { shipping = shipping(city) } })
    end
    local status, value = confirm "Dayton"
    assert.equal(400, status)
    assert.equal("supplementary_purchase_data.shipping", value.validation_errors[1].parameter)
    assert.equal(200, (confirm "Columbus"))
  end)

  it("issues a customer's token where one was asked for, which can be charged", function()
    local _, token = s:pending { currency = "USD", payment_amount = 1, config = {
      request_customer_token = { scopes = { "payment:customer_not_present" },
        customer_token_reference = "ref-1" } } }
    local _, confirmed = s:confirm(token, { currency = "USD", payment_amount = 1 })
    local customer = confirmed.state_context.klarna_customer
    assert.equal("ref-1", customer.customer_token_reference)
    local status, charged = s:charge(customer.customer_token)
    assert.equal(201, status)
    assert.equal("CONFIRMED", charged.state)
    assert.equal(403, (s:charge(customer.customer_token, { currency = "USD", payment_amount = 1,
      config = { customer_present = true, redirect_url = "https://shop.example/" } })))
  end)
end)

describe("time", function()
  local s
  before_each(function() s = shop.open() end)

  it("ends a confirmation token after 60 minutes: SUBMITTED again, the token a conflict", function()
    local request, token = s:pending()
    s:verb("advance", "59m59s")
    assert.equal("PENDING_CONFIRMATION", s:verb("state", request.payment_request_id))
    s:verb("advance", "1s")
    local now = s:verb("view", request.payment_request_id)
    assert.equal("SUBMITTED", now.state)
    assert.equal("CONFIRMATION_TOKEN_EXPIRED", now.state_reason)
    assert.equal("PENDING_CONFIRMATION", now.previous_state)
    assert.equal("2024-01-01T13:00:00Z", now.updated_at)
    assert.truthy(now.state_context.payment_distribution.url)
    assert.equal(409, (s:confirm(token, BODY)))
    assert.equal("PENDING_CONFIRMATION", s:verb("approve", request.payment_request_id).state)
  end)

  it("ends a request after 48 hours, not a second before", function()
    local id = s:request().payment_request_id
    local open = s:verb("open", s:request().payment_request_id).payment_request_id
    s:verb("advance", "47h59m59s")
    assert.equal("SUBMITTED", s:verb("state", id))
    s:verb("advance", "1s")
    assert.equal("EXPIRED", s:verb("state", id))
    assert.equal("EXPIRED", s:verb("state", open))
    assert.equal("2024-01-03T12:00:00Z", s:verb("view", id).updated_at)
  end)

  it("lets a token's hour run out over the 48 hours, then ends the request", function()
    local id = s:request().payment_request_id
    s:verb("advance", "47h30m")
    local token = s:verb("approve", id).state_context.payment_confirmation_token
    s:verb("advance", "59m")
    assert.equal("PENDING_CONFIRMATION", s:verb("state", id))
    assert.equal(200, (s:confirm(token, BODY)))
    local late = s:request().payment_request_id
    s:verb("advance", "47h30m")
    s:verb("approve", late)
    s:verb("advance", "1h")
    assert.equal("EXPIRED", s:verb("state", late))
  end)

  it("does not touch what is final", function()
    local ids = {}
    for _, state in ipairs { "CONFIRMED", "CANCELED", "DECLINED" } do
      ids[state] = REACH[state](s)
    end
    s:verb("advance", "10d")
    for state, id in pairs(ids) do assert.equal(state, s:verb("state", id)) end
  end)

  it("can be hurried for one request, or for its token", function()
    local request = s:pending()
    local id = request.payment_request_id
    assert.equal("SUBMITTED", s:verb("expire", id, "confirmation_token").state)
    assert.has_error(function() s:verb("expire", id, "confirmation_token") end)
    assert.equal("EXPIRED", s:verb("expire", id).state)
    assert.has_error(function() s:verb("expire", id) end)
    local pending = s:pending()
    assert.equal("EXPIRED", s:verb("expire", pending.payment_request_id).state)
  end)
end)
