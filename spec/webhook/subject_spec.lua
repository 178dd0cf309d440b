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
