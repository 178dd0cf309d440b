-- The promise of err:resolve() and of wait() on both providers: whatever the wire does to a request
-- that moves money, what they say in the end is what the sandbox's ledger says, counted once.

local kassa = require "kassa"
local sandbox = require "kassa.sandbox"

local FAULTS = {
  { kind = "drop_before_effect" }, { kind = "drop_after_effect" }, { kind = "reset" },
  { kind = "silence" }, { kind = "garbage" }, { kind = "truncate", at = 10 },
  { kind = "status", status = 502 }, { kind = "status", status = 502, effect = true },
}

local HOUR_S = 3600

local function money(cents, code)
  return { clientReferenceInformation = code and { code = code } or nil,
    orderInformation = { amountDetails = { currency = "USD", totalAmount = cents } } }
end

local function payment(cents, token)
  return { orderInformation = {
      amountDetails = { currency = "USD", totalAmount = cents, taxAmount = 0 },
      billTo = { country = "US", postalCode = "43215", administrativeArea = "OH" } },
    processorInformation = { preApprovalToken = token or "sandbox-approved" } }
end

-- A client at a sandbox in this process whose clock is virtual, and an authorization.
local function gateway(cents)
  local box = sandbox.world { provider = "cybersource", seed = 3 }
  local client = kassa.cybersource(box:options())
  return box, client, cents and kassa.assert(client.authorizations:create(payment(cents)))
end

local function broken(box, operation, fault)
  local plan = { operation = operation, times = 1 }
  for name, value in pairs(fault) do plan[name] = value end
  box:fault { clear = true }
  assert(box:fault(plan))
end

-- Resolve what is unknown. -> did it happen?
local function happened(made, err)
  if made then return true end
  if err.happened ~= "unknown" then return err.happened == "yes" end
  local found, why = err:resolve { deadline_s = HOUR_S }
  assert.is_not_nil(found, tostring(why))
  assert.equal(found and "yes" or "no", err.happened)
  return found ~= false
end

local function words_of(fault, operation)
  return operation .. " " .. fault.kind .. (fault.effect and " after its effect" or "")
end

describe("what resolve says of Cybersource", function()
  it("is what the ledger says, of captures and refunds under one code", function()
    for _, fault in ipairs(FAULTS) do
      local box, _, authorization = gateway(10000)
      local capture = assert(authorization:capture(money(1000, "order-1")))
      broken(box, "authorization.capture", fault)
      local captured = happened(authorization:capture(money(1000, "order-1")))
      local ledger, words = box:ledger(authorization.id), words_of(fault, "capture")
      assert.equal(captured and 2000 or 1000, ledger.captured, words)
      assert.is_true((authorization:can("capture", money(10000 - ledger.captured))), words)
      assert.is_false((authorization:can("capture", money(10001 - ledger.captured))), words)
      assert(capture:refund(money(100, "order-1")))
      broken(box, "capture.refund", fault)
      local refunded = happened(capture:refund(money(100, "order-1")))
      ledger, words = box:ledger(authorization.id), words_of(fault, "refund")
      assert.equal(refunded and 200 or 100, ledger.refunded, words)
      assert.is_true((capture:can("refund", money(1000 - ledger.refunded))), words)
      assert.is_false((capture:can("refund", money(1001 - ledger.refunded))), words)
    end
  end)

  it("is what the ledger says, of authorizations and reversals", function()
    for _, fault in ipairs(FAULTS) do
      local box, client = gateway()
      broken(box, "authorization.create", fault)
      local authorization, err = client.authorizations:create(payment(5000))
      if not authorization then authorization = err:resolve { deadline_s = HOUR_S } end
      assert.is_not_nil(authorization, words_of(fault, "authorization"))
      authorization = authorization or assert(client.authorizations:create(payment(5000)))
      broken(box, "authorization.reverse", fault)
      local reversed = happened(authorization:reverse())
      local ledger = box:ledger(authorization.id)
      assert.equal(reversed and "AUTH_REVERSED" or "AUTHORIZED", ledger.state,
        words_of(fault, "reversal"))
      assert.equal(not reversed, (authorization:can("capture", money(5000))))
    end
  end)

  it("holds for many of one amount under one code, whatever befalls them", function()
    local box, _, authorization = gateway(100000)
    local known = 0
    for i = 1, 40 do
      broken(box, "authorization.capture", FAULTS[i % #FAULTS + 1])
      if i % 3 == 0 then box:fault { clear = true } end
      if happened(authorization:capture(money(100, "order-1"))) then known = known + 100 end
    end
    assert.equal(known, box:ledger(authorization.id).captured)
    assert.is_true(known > 1500 and known < 4000)
    assert.is_true((authorization:can("capture", money(100000 - known))))
    assert.is_false((authorization:can("capture", money(100001 - known))))
  end)
end)

describe("what resolve says of Klarna", function()
  it("is what the ledger says, and the transaction counts it once", function()
    for _, fault in ipairs(FAULTS) do
      local box = sandbox.world { seed = 3 }
      local options = box:options()
      options.retries = 0
      local klarna = kassa.klarna(options)
      local request = assert(klarna.payment_requests:create { currency = "USD",
        payment_amount = 10000, config = { redirect_url = "https://shop.example/" } })
      box:approve(request.payment_request_id)
      local confirmed = assert(assert(request:refresh()):confirm {
        currency = "USD", payment_amount = 10000 })
      local tx = assert(confirmed.state_context.payment_transaction:refresh())
      broken(box, "payment_transaction.capture", fault)
      local captured = happened(tx:capture { capture_amount = 1000 })
      local words = words_of(fault, "capture")
      assert.is_true(captured, words) -- what never came is done now, under the same key
      assert.equal(1000, box:ledger(tx.payment_transaction_id).captured, words)
      assert.is_true((tx:can("capture", { capture_amount = 9000 })), words)
      assert.is_false((tx:can("capture", { capture_amount = 9001 })), words)
    end
  end)
end)

describe("what wait says of Cybersource", function()
  it("is what a review ends with, of each kind that has one", function()
    for token, ended in pairs { ["sandbox-pending-authorized"] = "AUTHORIZED",
        ["sandbox-pending-failed"] = "FAILED", ["sandbox-pending-abandoned"] = "ABANDONED" } do
      local _, client = gateway()
      local authorization = assert(client.authorizations:create(payment(5000, token)))
      assert.equal("PENDING", authorization.status)
      assert.equal(ended, assert(authorization:wait()).status)
      assert.equal("50.00", authorization.orderInformation.amountDetails.totalAmount)
    end
    local box, _, authorization = gateway(100000)
    local capture = assert(authorization:capture(money(9932))) -- reviewed for an hour
    assert.equal("PENDING", capture.status)
    assert.equal("SETTLED", assert(capture:wait()).status)
    assert.equal(9932, box:ledger(authorization.id).captured)
  end)

  it("outlasts faults of every kind on the way", function()
    local box, client = gateway()
    local authorization = assert(client.authorizations:create(
      payment(5000, "sandbox-pending-authorized")))
    for _, fault in ipairs(FAULTS) do
      local plan = { operation = "authorization.status", times = 1 }
      for name, value in pairs(fault) do plan[name] = value end
      assert(box:fault(plan))
    end
    assert.equal("AUTHORIZED", assert(authorization:wait()).status)
  end)
end)
