-- Promises of kassa.sandbox.klarna.charges: a token's plan decides what its charges lead to.

local shop = require "support.shop"

describe("charging a token", function()
  local s
  before_each(function() s = shop.open() end)

  it("is approved with a transaction", function()
    local status, request = s:charge(s:verb("token", "approved"))
    assert.equal(201, status)
    assert.equal("CONFIRMED", request.state)
    local transaction = request.state_context.payment_transaction
    assert.equal("AUTHORIZED", transaction.state)
    assert.equal(999, s:verb("ledger", transaction.payment_transaction_id).authorized)
  end)

  it("captures at once when asked to", function()
    local _, request = s:charge(s:verb("token", "approved"),
      { currency = "USD", payment_amount = 999, config = { capture = true } })
    assert.equal("COMPLETED", request.state_context.payment_transaction.state)
  end)

  it("is declined with a reason and no transaction", function()
    local _, request = s:charge(s:verb("token", "declined"))
    assert.equal("DECLINED", request.state)
    assert.equal("CUSTOMER_ACTION_REQUIRED", request.state_reason)
    assert.same({}, request.state_context)
    _, request = s:charge(s:verb("token", { outcome = "declined", reason = "PERMANENT" }))
    assert.equal("PERMANENT", request.state_reason)
  end)

  it("needs the customer for a step-up, then goes on as any request", function()
    local _, request = s:charge(s:verb("token", "step_up"), { currency = "USD",
      payment_amount = 999,
      config = { customer_present = true, redirect_url = "https://shop.example/" } })
    assert.equal("SUBMITTED", request.state)
    assert.equal("STEP_UP_REQUIRED", request.state_reason)
    assert.truthy(request.state_context.payment_distribution.url)
    local pending = s:verb("approve", request.payment_request_id)
    local status, confirmed = s:confirm(pending.state_context.payment_confirmation_token,
      { currency = "USD", payment_amount = 999 })
    assert.equal(200, status)
    assert.equal("CONFIRMED", confirmed.state)
  end)

  it("follows the plan charge by charge; the last outcome repeats", function()
    local token = s:verb("token", { "approved", { outcome = "declined" }, "step-up" })
    local states = {}
    for i = 1, 4 do states[i] = select(2, s:charge(token)).state end
    assert.same({ "CONFIRMED", "DECLINED", "SUBMITTED", "SUBMITTED" }, states)
  end)

  it("knows some tokens without being told", function()
    local known = s:verb "well_known_tokens"
    local state = { approved = "CONFIRMED", declined = "DECLINED", revoked = "DECLINED",
      ["step-up"] = "SUBMITTED" }
    for name, token in pairs(known) do
      assert.equal(state[name], select(2, s:charge(token)).state, name)
    end
    assert.equal("PERMANENT", select(2, s:charge(known.revoked)).state_reason)
  end)

  it("is 404 for a token nobody has and 400 without one", function()
    local status, value = s:charge("krn:partner:eu1:test:identity:customer-token:nobody")
    assert.equal(404, status)
    assert.equal("RESOURCE_NOT_FOUND", value.error_code)
    assert.is_nil(value.error_message:find("nobody", 1, true))
    status, value = s:post("/payment/customer-token/charge",
      { currency = "USD", payment_amount = 1 })
    assert.equal(400, status)
    assert.equal("X-Klarna-Customer-Token", value.validation_errors[1].parameter)
  end)

  it("also reads the header's newer name", function()
    assert.equal(201, (s:post("/payment/customer-token/charge",
      { currency = "USD", payment_amount = 1 },
      { ["klarna-customer-token"] = s:verb("token", "approved") })))
  end)

  it("needs a redirect_url for a present customer, and a scope that fits", function()
    local token = s:verb("token",
      { outcome = "approved", scopes = { "payment:customer_not_present" } })
    local function charge(config)
      return s:charge(token, { currency = "USD", payment_amount = 1, config = config })
    end
    local status, value = charge { customer_present = true }
    assert.equal(400, status)
    assert.equal("config.redirect_url", value.validation_errors[1].parameter)
    assert.equal(403, (charge { customer_present = true, redirect_url = "https://a.example/" }))
    assert.equal(201, (charge { customer_present = false }))
    assert.equal(201, (charge(nil)))
  end)

  it("acts once for one idempotency key", function()
    local token = s:verb("token", { "approved", "declined" })
    local headers = { ["klarna-idempotency-key"] = "month-1" }
    local _, first = s:charge(token, nil, headers)
    local _, again = s:charge(token, nil, headers)
    assert.equal(first.payment_request_id, again.payment_request_id)
    assert.equal("DECLINED", select(2, s:charge(token)).state)
  end)
end)

describe("a token's plan", function()
  it("is refused when it cannot be meant", function()
    local s = shop.open()
    for _, spec in ipairs { "maybe", 7, { outcome = "maybe" }, { "approved", "maybe" },
        { outcome = "declined", reason = "BORED" } } do
      assert.has_error(function() s:verb("token", spec) end)
    end
  end)

  it("is approved when nothing is said", function()
    local s = shop.open()
    assert.equal("CONFIRMED", select(2, s:charge(s:verb "token")).state)
    assert.equal("CONFIRMED",
      select(2, s:charge(s:verb("token", { scopes = { "customer:login" } }))).state)
  end)
end)
