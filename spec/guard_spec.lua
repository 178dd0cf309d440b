-- What is legal in which state is copied by hand from klarna.md 4.1 and 4.2.
local api = require "kassa.api.klarna"
local guard = require "kassa.guard"

local machines = guard.machines(api)

local function plan(name)
  for _, row in ipairs(api.operations) do
    if row.name == name then
      return { row = row, kind = row.on, amount = row.amount,
        machine = row.needs and row.needs[row.on] and machines[row.on] }
    end
  end
end

local function refuse(name, object, body) return guard.refuse(plan(name), object, {}, body) end

describe("kassa.guard", function()
  it("names the states that would be legal", function()
    local refusal = refuse("payment_transaction.capture", { state = "COMPLETED" },
      { capture_amount = 1 })
    assert.equal("illegal_state", refusal.code)
    assert.equal("capture needs a payment transaction in state AUTHORIZED, this one is COMPLETED",
      refusal.message)
  end)

  it("stops nothing in a state it has never heard of, or without one", function()
    assert.is_nil(refuse("payment_transaction.capture", { state = "SOMETHING_NEW" },
      { capture_amount = 1 }))
    assert.is_nil(refuse("payment_transaction.capture", {}, { capture_amount = 1 }))
    assert.is_nil(refuse("payment_transaction.capture", { state = 7 }, { capture_amount = 1 }))
  end)

  it("counts what was captured and refunded", function()
    local tx = { state = "COMPLETED", original_authorization_amount = 1000,
      remaining_authorization_amount = 0,
      payment_captures = { { capture_amount = 600 }, { capture_amount = 400 } },
      payment_refunds = { { refund_amount = 300 } } }
    assert.is_nil(refuse("payment_transaction.refund", tx, { refund_amount = 700 }))
    local refusal = refuse("payment_transaction.refund", tx, { refund_amount = 701 })
    assert.equal("exceeds_amount", refusal.code)
    assert.equal(700, refusal.limit)
  end)

  it("refuses the 201st capture", function()
    local captures = {}
    for i = 1, 200 do captures[i] = { capture_amount = 1 } end
    local tx = { state = "AUTHORIZED", original_authorization_amount = 1000,
      remaining_authorization_amount = 800,
      payment_captures = captures, payment_refunds = {} }
    assert.equal("exceeds_amount",
      refuse("payment_transaction.capture", tx, { capture_amount = 1 }).code)
  end)

  it("refunds no more of a capture than it took", function()
    assert.is_nil(refuse("payment_capture.refund", { capture_amount = 500 },
      { refund_amount = 500 }))
    assert.equal("exceeds_amount",
      refuse("payment_capture.refund", { capture_amount = 500 }, { refund_amount = 501 }).code)
  end)

  it("leaves amounts that are none to the writer", function()
    local tx = { state = "AUTHORIZED", original_authorization_amount = 10,
      remaining_authorization_amount = 10 }
    for _, amount in ipairs { "5", 1.5, -1, 0, 0 / 0, 1 / 0, {} } do
      assert.is_nil(refuse("payment_transaction.capture", tx, { capture_amount = amount }))
    end
    assert.is_nil(refuse("payment_transaction.capture", tx, nil))
  end)

  it("remembers what a success moved", function()
    local tx = { state = "AUTHORIZED", original_authorization_amount = 10,
      remaining_authorization_amount = 10,
      payment_captures = {}, payment_refunds = {} }
    local info, capture = {}, plan "payment_transaction.capture"
    guard.settle(capture, tx, info, { capture_amount = 7 })
    assert.is_nil(guard.refuse(capture, tx, info, { capture_amount = 3 }))
    assert.equal("exceeds_amount", guard.refuse(capture, tx, info, { capture_amount = 4 }).code)
  end)
end)
