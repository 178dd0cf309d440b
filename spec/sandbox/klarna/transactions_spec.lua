-- Promises of kassa.sandbox.klarna.transactions: states and sums of reference 4.2, by hand.

local shop = require "support.shop"

local function id_in(state, s, captured)
  local id = s:authorized(1000)
  if captured then assert(s:capture(id, captured) == 201) end
  if state == "EXPIRED" then s:verb("advance", "28d") end
  if state == "COMPLETED" then assert(s:capture(id, 1000 - (captured or 0)) == 201) end
  if state == "CLOSED" and captured then
    s:void(id)
    s:verb("close", id)
  elseif state == "CLOSED" then
    s:void(id)
  end
  return id
end

local CALL = {}

function CALL.read(s, id) return s:get("/payment/transactions/" .. id) end
function CALL.update(s, id)
  return s:send("PATCH", "/payment/transactions/" .. id, { payment_transaction_reference = "new" })
end
function CALL.capture(s, id) return s:capture(id, 1) end
function CALL.void(s, id) return s:void(id) end
function CALL.refund(s, id) return s:refund(id, 1) end
function CALL.refund_capture(s, id) return s:refund_capture(id .. ":capture:1", 1) end

-- Operation x state with 100 of 1000 captured (COMPLETED: all).
local ANSWER = {
  AUTHORIZED = { read = 200, update = 200, capture = 201, void = 200, refund = 201,
    refund_capture = 201 },
  EXPIRED = { read = 200, update = 403, capture = 403, void = 403, refund = 201,
    refund_capture = 201 },
  COMPLETED = { read = 200, update = 403, capture = 403, void = 403, refund = 201,
    refund_capture = 201 },
  CLOSED = { read = 200, update = 403, capture = 403, void = 403, refund = 403,
    refund_capture = 403 },
}

describe("a transaction", function()
  for state, answers in pairs(ANSWER) do
    for operation, wanted in pairs(answers) do
      it("answers " .. wanted .. " to " .. operation .. " when " .. state, function()
        local s = shop.open()
        local id = id_in(state, s, 100)
        assert.equal(state, s:verb("state", id))
        local before = s:verb("ledger", id)
        local status, value = CALL[operation](s, id)
        assert.equal(wanted, status)
        if wanted == 403 then
          assert.equal("OPERATION_FORBIDDEN", value.error_code)
          assert.same(before, s:verb("ledger", id))
        end
      end)
    end
  end

  it("with nothing captured has nothing to refund", function()
    for _, state in ipairs { "AUTHORIZED", "EXPIRED", "CLOSED" } do
      local s = shop.open()
      assert.equal(403, (s:refund(id_in(state, s), 1)))
    end
  end)

  it("is captured in parts until it is COMPLETED", function()
    local s = shop.open()
    local id = s:authorized(1000)
    local status, capture = s:capture(id, 400, { payment_capture_reference = "parcel-1",
      supplementary_capture_data = { line_items = {
        { name = "Pen", quantity = 1, total_amount = 400 } } } })
    assert.equal(201, status)
    assert.same({ payment_capture_id = id .. ":capture:1", capture_amount = 400,
      payment_capture_reference = "parcel-1", captured_at = "2024-01-01T12:00:00Z",
      supplementary_capture_data = { line_items = {
        { name = "Pen", quantity = 1, total_amount = 400 } } } }, capture)
    local transaction = s:transaction(id)
    assert.equal("AUTHORIZED", transaction.state)
    assert.equal(600, transaction.remaining_authorization_amount)
    assert.equal(1000, transaction.original_authorization_amount)
    s:capture(id, 600)
    transaction = s:transaction(id)
    assert.equal("COMPLETED", transaction.state)
    assert.equal("AUTHORIZED", transaction.previous_state)
    assert.equal(0, transaction.remaining_authorization_amount)
    assert.equal(2, #transaction.payment_captures)
    assert.same(capture, select(2, s:get("/payment/captures/" .. id .. ":capture:1")))
  end)

  it("is never captured over what remains", function()
    local s = shop.open()
    local id = s:authorized(1000)
    assert.equal(403, (s:capture(id, 1001)))
    s:capture(id, 999)
    local status, value = s:capture(id, 2)
    assert.equal(403, status)
    assert.equal("OPERATION_FORBIDDEN", value.error_code)
    assert.equal(999, s:verb("ledger", id).captured)
    assert.equal(400, (s:capture(id, 0)))
    assert.equal(400, (s:capture(id, -1)))
  end)

  it("gives the rest up with the last capture when told RELEASE", function()
    local s = shop.open()
    local id = s:authorized(1000)
    assert.equal(201, (s:capture(id, 400, { remaining_authorization = "RELEASE" })))
    local transaction = s:transaction(id)
    assert.equal("COMPLETED", transaction.state)
    assert.equal(0, transaction.remaining_authorization_amount)
  end)

  it("is voided: COMPLETED after a capture, CLOSED without, nothing remains", function()
    local s = shop.open()
    local id = s:authorized(1000)
    s:capture(id, 300)
    local status, transaction = s:void(id)
    assert.equal(200, status)
    assert.equal("COMPLETED", transaction.state)
    assert.equal("VOIDED", transaction.state_reason)
    assert.equal("AUTHORIZED", transaction.previous_state)
    assert.equal(0, transaction.remaining_authorization_amount)
    assert.is_true(s:verb("ledger", id).voided)
    local other = s:authorized(1000)
    assert.equal("CLOSED", select(2, s:void(other)).state)
  end)

  it("changes its two references and nothing else", function()
    local s = shop.open()
    local _, token = s:pending { currency = "USD", payment_amount = 5,
      supplementary_purchase_data = { purchase_reference = "o-1", line_items = {
        { name = "Pen", quantity = 1, total_amount = 5 } } } }
    local _, request = s:confirm(token, { currency = "USD", payment_amount = 5 })
    local id = request.state_context.payment_transaction.payment_transaction_id
    assert.is_nil(s:transaction(id).updated_at)
    local status, transaction = s:send("PATCH", "/payment/transactions/" .. id, {
      payment_transaction_reference = "t-2",
      supplementary_purchase_data = { purchase_reference = "o-2" } })
    assert.equal(200, status)
    assert.equal("t-2", transaction.payment_transaction_reference)
    assert.equal("o-2", transaction.supplementary_purchase_data.purchase_reference)
    assert.equal(1, #transaction.supplementary_purchase_data.line_items)
    assert.equal("2024-01-01T12:00:00Z", transaction.updated_at)
    local _, before = s:get("/payment/requests/" .. request.payment_request_id)
    assert.equal("o-1", before.supplementary_purchase_data.purchase_reference)
  end)
end)

describe("refunds", function()
  local s, id
  before_each(function()
    s = shop.open()
    id = s:authorized(1000)
    s:capture(id, 300)
    s:capture(id, 500)
  end)

  it("never pass what was captured", function()
    assert.equal(403, (s:refund(id, 801)))
    assert.equal(201, (s:refund(id, 800)))
    assert.equal(403, (s:refund(id, 1)))
    assert.equal(800, s:verb("ledger", id).refunded)
  end)

  it("of a capture never pass that capture", function()
    local status, refund = s:refund_capture(id .. ":capture:1", 300)
    assert.equal(201, status)
    assert.equal(id .. ":capture:1", refund.payment_capture_id)
    assert.equal(id .. ":refund:1", refund.payment_refund_id)
    assert.equal(403, (s:refund_capture(id .. ":capture:1", 1)))
    assert.equal(201, (s:refund_capture(id .. ":capture:2", 500)))
    assert.equal(403, (s:refund(id, 1)))
  end)

  it("of a capture never pass what the whole transaction has left", function()
    s:refund(id, 700)
    assert.equal(403, (s:refund_capture(id .. ":capture:2", 101)))
    assert.equal(201, (s:refund_capture(id .. ":capture:2", 100)))
  end)

  it("are read as they were answered, and stand on the transaction", function()
    local _, refund = s:post("/payment/transactions/" .. id .. "/refund", { refund_amount = 5,
      payment_refund_reference = "r-1", supplementary_refund_data = { line_items = {
        { name = "Pen", quantity = 1, total_amount = 5 } } } })
    assert.equal("r-1", refund.payment_refund_reference)
    assert.is_nil(refund.payment_capture_id)
    assert.same(refund, select(2, s:get("/payment/refunds/" .. refund.payment_refund_id)))
    assert.same({ refund }, s:transaction(id).payment_refunds)
  end)
end)

describe("limits of a transaction", function()
  it("are 200 captures", function()
    local s = shop.open()
    local id = s:authorized(1000)
    for _ = 1, 200 do assert(s:capture(id, 1) == 201) end
    assert.equal(403, (s:capture(id, 1)))
    assert.equal(200, s:verb("ledger", id).captures)
  end)

  it("are 200 refunds, of the transaction and of captures together", function()
    local s = shop.open()
    local id = s:authorized(1000)
    s:capture(id, 900)
    for i = 1, 200 do
      local status = i % 2 == 0 and s:refund(id, 1) or s:refund_capture(id .. ":capture:1", 1)
      assert(status == 201)
    end
    assert.equal(403, (s:refund(id, 1)))
    assert.equal(403, (s:refund_capture(id .. ":capture:1", 1)))
  end)

  it("are 500 operations of all kinds", function()
    local s = shop.open()
    local id = s:authorized(1000)
    s:capture(id, 500)
    for _ = 1, 499 do assert(CALL.update(s, id) == 200) end
    assert.equal(403, (CALL.update(s, id)))
    assert.equal(403, (s:capture(id, 1)))
    assert.equal(403, (s:refund(id, 1)))
    assert.equal(403, (s:void(id)))
    assert.equal(200, (CALL.read(s, id)))
  end)
end)

describe("a transaction's time", function()
  it("is 28 days, then EXPIRED, and 7 days later CLOSED when nothing was captured", function()
    local s = shop.open()
    local id = s:authorized(1000)
    assert.equal("2024-01-29T12:00:00Z", s:transaction(id).expires_at)
    s:verb("advance", "27d23h59m59s")
    assert.equal("AUTHORIZED", s:verb("state", id))
    s:verb("advance", "1s")
    assert.equal("EXPIRED", s:verb("state", id))
    s:verb("advance", "6d23h59m59s")
    assert.equal("EXPIRED", s:verb("state", id))
    s:verb("advance", "1s")
    local transaction = s:transaction(id)
    assert.equal("CLOSED", transaction.state)
    assert.equal("2024-02-05T12:00:00Z", transaction.updated_at)
  end)

  it("ends COMPLETED with the rest released when something was captured", function()
    local s = shop.open()
    local id = s:authorized(1000)
    s:capture(id, 250)
    s:verb("advance", "28d")
    assert.equal(750, s:verb("ledger", id).remaining)
    s:verb("advance", "7d")
    local transaction = s:transaction(id)
    assert.equal("COMPLETED", transaction.state)
    assert.equal(0, transaction.remaining_authorization_amount)
    assert.equal(201, (s:refund(id, 250)))
  end)

  it("goes through both ends in one leap, each at its own hour", function()
    local s = shop.open()
    local id = s:authorized(1000)
    s:verb("advance", "100d")
    assert.equal("2024-02-05T12:00:00Z", s:transaction(id).updated_at)
    assert.equal("EXPIRED", s:transaction(id).previous_state)
  end)

  it("does not expire what is complete or closed", function()
    local s = shop.open()
    local done, voided = id_in("COMPLETED", s), id_in("CLOSED", s)
    s:verb("advance", "100d")
    assert.equal("COMPLETED", s:verb("state", done))
    assert.equal("CLOSED", s:verb("state", voided))
  end)

  it("can be hurried", function()
    local s = shop.open()
    local id = s:authorized(1000)
    s:capture(id, 1)
    assert.equal("EXPIRED", s:verb("expire", id).state)
    assert.equal("COMPLETED", s:verb("expire", id).state)
    assert.has_error(function() s:verb("expire", id) end)
    assert.equal("CLOSED", s:verb("close", id).state)
    assert.has_error(function() s:verb("close", id) end)
  end)
end)

describe("a chargeback", function()
  it("takes back at most what is left of the captured amount, and can be read", function()
    local s = shop.open()
    local id = s:authorized(1000)
    assert.has_error(function() s:verb("chargeback", id) end)
    s:capture(id, 500)
    s:refund(id, 100)
    assert.has_error(function() s:verb("chargeback", id, { amount = 401 }) end)
    local made = s:verb("chargeback", id, { amount = 300 })
    assert.equal(id .. ":chargeback:1", made.payment_chargeback_id)
    assert.equal("DISPUTE_ARBITRATION_LOST", made.chargeback_reason)
    local status, read = s:get("/payment/chargebacks/" .. made.payment_chargeback_id)
    assert.equal(200, status)
    assert.same(made, read)
    assert.same({ made }, s:transaction(id).payment_chargebacks)
    assert.equal(100, s:verb("chargeback", id).chargeback_amount)
  end)
end)
