-- Promises of kassa.webhook.subject: what an event is about, said the same way for all events of
-- one object; odd payloads are about nothing. What objects can do is promised in router_spec.
local access = require "kassa.api.klarna.access"
local json = require "kassa.json"
local memory = require "kassa.webhook.memory"
local subject = require "kassa.webhook.subject"

local subjects = subject.new(access)

local function event(event_type, payload, ms)
  return { id = "e", type = event_type, payload = payload, occurred_ms = ms }
end

describe("the subject of an event", function()
  it("is the same for all events of one object, whatever they tell of it", function()
    local payload = { payment_transaction_id = "krn:t:1", payment_refund_id = "krn:t:1:refund:1" }
    for _, name in ipairs { "payment.transaction.refunded", "payment.transaction.captured",
      "payment.funding.state-change.funded", "payment.transaction.state-change.closed" } do
      assert.equal("payment_transaction krn:t:1", subjects:about(event(name, payload)))
    end
  end)

  it("is the event itself where no object is known", function()
    for _, payload in ipairs { {}, { payment_transaction_id = 7 }, { payment_transaction_id = "" },
      { payment_transaction_id = json.null } } do
      assert.equal("event e", subjects:about(event("payment.transaction.captured", payload)))
      local store = memory.new { now = function() return 1 end }
      local learned = subjects:learn(event("payment.transaction.captured", payload), store)
      assert.same({ stale = false }, learned)
    end
    assert.equal("event e", subjects:about(event("new.kind", { payment_transaction_id = "t" })))
  end)

  it("is learned from what the payload says, be it as odd as it may", function()
    local store = memory.new { now = function() return 1 end }
    local name = "payment.funding.state-change.pending"
    for _, funding in ipairs { {}, "PENDING", json.null, { state = json.null }, { state = 7 } } do
      local payload = { payment_transaction_id = "krn:t:1", payment_funding = funding }
      local learned = subjects:learn(event(name, payload, 1), store)
      assert.same({ state = "PENDING", stale = false }, learned)
    end
    local payload = { payment_transaction_id = "krn:t:1", payment_funding = { state = "NOVEL" } }
    assert.same({ state = "NOVEL", stale = false }, subjects:learn(event(name, payload, 2), store))
    assert.same({ "NOVEL", 2 }, { store:state("payment_funding", "krn:t:1") })
  end)

  it("is no object without a client", function()
    local told = event("payment.transaction.captured", { payment_transaction_id = "krn:t:1" })
    assert.is_nil(subjects:object(told, { stale = false }))
  end)
end)

describe("the subject of an event of Cybersource", function()
  local theirs = subject.new(require "kassa.api.cybersource.access")

  local function told(status, ms)
    return event("payments.payments.updated",
      { reconciliationId = "XFZ3Y2EH1X26", status = status }, ms)
  end

  it("is the payment that the reconciliation id names", function()
    assert.equal("reconciliationId XFZ3Y2EH1X26", theirs:about(told "SETTLED"))
    assert.equal("event e", theirs:about(event("payments.payments.updated", { status = "x" })))
    assert.equal("event e", theirs:about(event("other.product", { reconciliationId = "x" })))
  end)

  it("has the status that was told last, and a late event is stale", function()
    local store = memory.new { now = function() return 1 end }
    assert.same({ state = "PENDING", stale = false }, theirs:learn(told("PENDING", 1000), store))
    assert.same({ state = "SETTLED", stale = false }, theirs:learn(told("SETTLED", 3000), store))
    local late = theirs:learn(told("PENDING", 2000), store)
    assert.same({ state = "SETTLED", behind = true, stale = true }, late)
    assert.same({ state = "CHARGEBACK", stale = false },
      theirs:learn(told("CHARGEBACK", 3000), store))
  end)

  it("is no object, for nothing that is told holds the id of one", function()
    assert.is_nil(theirs:object(told "SETTLED", { stale = false }))
  end)
end)
