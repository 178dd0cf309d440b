-- What is legal in which state is copied by hand from klarna.md 4.1 and 4.2.
local api = require("kassa.api").whole(require "kassa.api.klarna")
local guard = require "kassa.guard"

local machines = guard.machines(api)

local function plan(name)
  for _, row in ipairs(api.operations) do
    if row.name == name then
      local machine = row.needs and row.needs[row.on] and machines[row.on]
      return {
        row = row, kind = row.on, amount = row.amount, machine = machine, state_field = "state",
      }
    end
  end
end

local function refuse(name, object, body) return guard.refuse(plan(name), object, {}, body) end

local function refuse_capture(object, amount)
  return refuse("payment_transaction.capture", object, { capture_amount = amount })
end

local function refuse_refund(object, amount)
  return refuse("payment_capture.refund", object, { refund_amount = amount })
end

-- A transaction of which a part is left to capture.
local function authorized(amount, remaining)
  return {
    state = "AUTHORIZED", original_authorization_amount = amount,
    remaining_authorization_amount = remaining, payment_captures = {}, payment_refunds = {},
  }
end

describe("kassa.guard", function()
  it("names the states that would be legal", function()
    local refusal = refuse_capture({ state = "COMPLETED" }, 1)
    assert.equal("illegal_state", refusal.code)
    local words = "capture needs a payment transaction in state AUTHORIZED, this one is COMPLETED"
    assert.equal(words, refusal.message)
  end)

  it("stops nothing in a state it has never heard of, or without one", function()
    assert.is_nil(refuse_capture({ state = "SOMETHING_NEW" }, 1))
    assert.is_nil(refuse_capture({}, 1))
    assert.is_nil(refuse_capture({ state = 7 }, 1))
  end)

  it("counts what was captured and refunded", function()
    local tx = authorized(1000, 0)
    tx.state = "COMPLETED"
    tx.payment_captures = { { capture_amount = 600 }, { capture_amount = 400 } }
    tx.payment_refunds = { { refund_amount = 300 } }
    assert.is_nil(refuse("payment_transaction.refund", tx, { refund_amount = 700 }))
    local refusal = refuse("payment_transaction.refund", tx, { refund_amount = 701 })
    assert.equal("exceeds_amount", refusal.code)
    assert.equal(700, refusal.limit)
  end)

  it("counts what a lost dispute has taken back, since the shopper has it", function()
    local tx = authorized(1000, 0)
    tx.state = "COMPLETED"
    tx.payment_captures = { { capture_amount = 1000 } }
    tx.payment_refunds = { { refund_amount = 300 } }
    tx.payment_chargebacks = { { chargeback_amount = 500 } }
    assert.is_nil(refuse("payment_transaction.refund", tx, { refund_amount = 200 }))
    local refusal = refuse("payment_transaction.refund", tx, { refund_amount = 201 })
    assert.equal("exceeds_amount", refusal.code)
    assert.equal(200, refusal.limit)
    tx.payment_chargebacks = { {} } -- of an amount that is not known: nothing is refused for it
    assert.is_nil(refuse("payment_transaction.refund", tx, { refund_amount = 700 }))
  end)

  it("refuses the 201st capture", function()
    local tx = authorized(1000, 800)
    for i = 1, 200 do tx.payment_captures[i] = { capture_amount = 1 } end
    assert.equal("exceeds_amount", refuse_capture(tx, 1).code)
  end)

  it("refunds no more of a capture than it took", function()
    assert.is_nil(refuse_refund({ capture_amount = 500 }, 500))
    assert.equal("exceeds_amount", refuse_refund({ capture_amount = 500 }, 501).code)
  end)

  it("leaves amounts that are none to the writer", function()
    local tx = authorized(10, 10)
    for _, amount in ipairs { "5", 1.5, -1, 0, 0 / 0, 1 / 0, {} } do
      assert.is_nil(refuse_capture(tx, amount))
    end
    assert.is_nil(refuse("payment_transaction.capture", tx, nil))
  end)

  it("remembers what a success moved", function()
    local tx = authorized(10, 10)
    local info, capture = {}, plan "payment_transaction.capture"
    guard.settle(capture, tx, info, { capture_amount = 7 })
    assert.is_nil(guard.refuse(capture, tx, info, { capture_amount = 3 }))
    assert.equal("exceeds_amount", guard.refuse(capture, tx, info, { capture_amount = 4 }).code)
  end)
end)

describe("a table of the caller's", function()
  it("may be used again while the call is on its way: what was sent is settled", function()
    local body = { capture_amount = 600 }
    local capture = { amount = "capture_amount" }
    local asked = guard.asked(capture, body)
    body.capture_amount = 1
    assert.same({ capture_amount = 600 }, asked)
    assert.is_nil(guard.asked({}, body))
    assert.is_nil(guard.asked(capture, nil))
  end)
end)
