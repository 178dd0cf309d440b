-- The eight numbered steps of Cybersource's page on the statuses of a Klarna transaction, each with
-- every status that it lists: a test for each step, through the client and against the sandbox.

local kassa = require "kassa"
local sandbox = require "kassa.sandbox"

local US = { country = "US", postalCode = "43215", administrativeArea = "OH" }

local box, cybersource

-- An order of one line, without tax, so that its total may be any amount.
local function order(amount)
  return { orderInformation = {
    amountDetails = { currency = "USD", totalAmount = amount, taxAmount = 0 }, billTo = US,
    lineItems = { { productName = "Pen", quantity = 1, unitPrice = amount, totalAmount = amount } },
  } }
end

local function money(amount)
  return { orderInformation = { amountDetails = { currency = "USD", totalAmount = amount } } }
end

local function create_session(amount)
  local body = order(amount)
  body.flow = "hosted"
  body.merchantInformation = { successUrl = "https://shop.example/ok",
    cancelUrl = "https://shop.example/cancel", failureUrl = "https://shop.example/failed" }
  return cybersource.sessions:create(body)
end

local function authorize(token, amount)
  local body = order(amount)
  body.processorInformation = { preApprovalToken = token }
  return cybersource.authorizations:create(body)
end

-- The token of a shopper who agreed to a new session.
local function token_for(amount)
  local session = kassa.assert(create_session(amount))
  return assert(box:approve(session.id)).auth_token
end

local function authorized(amount)
  return kassa.assert(authorize(token_for(amount), amount))
end

local function captured(amount)
  return kassa.assert(cybersource.authorizations:capture(authorized(amount).id, money(amount)))
end

-- A call that was refused for good: nothing happened, and a new request may be sent. The id of what
-- was refused is told.
local function assert_failed(value, err)
  assert.is_nil(value)
  assert.equal("declined", err.code)
  assert.equal("no", err.happened)
  assert.equal("new_key", err.retry)
  assert.equal("FAILED", err.object.status)
  return err.provider.error_id
end

local function check(resource, id)
  return kassa.assert(cybersource[resource]:status(id)).status
end

-- Check until it is not `from` any more, as long as a review may take.
local function check_until(resource, id, from)
  local status = check(resource, id)
  for _ = 1, 48 do
    if status ~= from then break end
    assert(box:advance "1h")
    status = check(resource, id)
  end
  return status
end

describe("the workflow of transaction statuses", function()
  before_each(function()
    box = sandbox.world { provider = "cybersource", seed = 7 }
    cybersource = kassa.cybersource(box:options())
  end)

  after_each(function()
    cybersource:close()
    box:stop()
  end)

  it("step 1: a session is COMPLETED, FAILED or INITIATED", function()
    assert.equal("COMPLETED", kassa.assert(create_session(10902)).status)
    local id = assert_failed(create_session(10901))
    assert.equal("FAILED", check("sessions", id))
    local session = kassa.assert(create_session(10000))
    assert.equal("INITIATED", session.status)
    assert.equal("INITIATED", check("sessions", session.id))
    assert(box:approve(session.id))
    assert.equal("COMPLETED", check("sessions", session.id))
  end)

  it("step 2: an authorization is FAILED or AUTHORIZED", function()
    assert.equal("AUTHORIZED", authorized(10000).status)
    assert_failed(authorize(token_for(10911), 10911))
    assert_failed(authorize("sandbox-no-funds", 10000))
    -- "Send a new authorization request": the shopper's token is good for a second one.
    local token = token_for(10000)
    assert_failed(authorize(token, 10911))
    assert.equal("AUTHORIZED", kassa.assert(authorize(token, 10000)).status)
  end)

  it("step 3: a check tells ABANDONED, AUTHORIZED or FAILED", function()
    local session = kassa.assert(create_session(10000))
    assert(box:abandon(session.id))
    assert.equal("ABANDONED", check("sessions", session.id))

    for token, status in pairs { ["sandbox-pending-authorized"] = "AUTHORIZED",
        ["sandbox-pending-failed"] = "FAILED", ["sandbox-pending-abandoned"] = "ABANDONED" } do
      local authorization = kassa.assert(authorize(token, 10000))
      assert.equal("PENDING", authorization.status)
      assert.equal("PENDING", check("authorizations", authorization.id))
      assert.equal(status, check_until("authorizations", authorization.id, "PENDING"))
    end
    assert.equal("AUTHORIZED", check("authorizations", authorized(10000).id))
    local id = assert_failed(authorize("sandbox-failed", 10000))
    assert.equal("FAILED", check("authorizations", id))
  end)

  it("step 4: a reversal is FAILED or AUTH_REVERSED", function()
    local reversal = kassa.assert(cybersource.authorizations:reverse(authorized(10000).id))
    assert.equal("AUTH_REVERSED", reversal.status)
    assert.equal("AUTH_REVERSED", check("reversals", reversal.id))

    local authorization = authorized(10921)
    assert_failed(cybersource.authorizations:reverse(authorization.id))
    assert.equal("AUTHORIZED", check("authorizations", authorization.id))
    -- "Send a new request."
    assert.equal("AUTH_REVERSED",
      kassa.assert(cybersource.authorizations:reverse(authorization.id)).status)
  end)

  it("step 5: a capture is FAILED or SETTLED", function()
    local authorization = authorized(10931)
    assert_failed(cybersource.authorizations:capture(authorization.id, money(10931)))
    assert.equal(0, box:ledger(authorization.id).captured)
    -- "Send a new capture request."
    local capture = kassa.assert(cybersource.authorizations:capture(authorization.id, money(10930)))
    assert.equal("SETTLED", capture.status)
    assert.equal(10930, box:ledger(authorization.id).captured)
  end)

  it("step 6: a check of a capture tells CHARGEBACK, FAILED or SETTLED", function()
    local capture = captured(10000)
    assert.equal("SETTLED", check("captures", capture.id))
    assert(box:chargeback(capture.id))
    assert.equal("CHARGEBACK", check("captures", capture.id))

    local disputed = captured(10934)
    assert.equal("SETTLED", check("captures", disputed.id))
    assert(box:advance "14d")
    assert.equal("CHARGEBACK", check("captures", disputed.id))

    local failing = captured(10933)
    assert.equal("PENDING", failing.status)
    assert.equal("FAILED", check_until("captures", failing.id, "PENDING"))
    local settling = captured(10932)
    assert.equal("SETTLED", check_until("captures", settling.id, "PENDING"))
  end)

  it("step 7: a refund is FAILED or REFUNDED", function()
    local capture = captured(20000)
    assert_failed(cybersource.captures:refund(capture.id, money(1941)))
    -- "Send a new refund request."
    assert.equal("REFUNDED",
      kassa.assert(cybersource.captures:refund(capture.id, money(1940))).status)
  end)

  it("step 8: a check of a refund tells FAILED or REFUNDED", function()
    local capture = captured(20000)
    local refund = kassa.assert(cybersource.captures:refund(capture.id, money(1000)))
    assert.equal("REFUNDED", check("refunds", refund.id))
    local id = assert_failed(cybersource.captures:refund(capture.id, money(1941)))
    assert.equal("FAILED", check("refunds", id))
    for amount, status in pairs { [1942] = "REFUNDED", [1943] = "FAILED" } do
      refund = kassa.assert(cybersource.captures:refund(capture.id, money(amount)))
      assert.equal("PENDING", refund.status)
      assert.equal(status, check_until("refunds", refund.id, "PENDING"))
    end
  end)
end)
