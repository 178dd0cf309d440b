-- Promises of kassa.sandbox.deliveries: envelopes as reference 5.1 has them, bytes ready to send.

local deliveries = require "kassa.sandbox.deliveries"
local json = require "kassa.json"
local random = require "kassa.sandbox.random"

local ACCOUNT = "krn:partner:global:account:test:LWT2XJSE"
local NOON = 1704110400000

local function fresh(seed)
  return deliveries.new(random.new(seed or 1), ACCOUNT)
end

describe("a delivery", function()
  it("holds the envelope, and the same as bytes", function()
    local d = fresh()
    d:add("payment.transaction.captured", { capture_amount = 5 }, NOON)
    local entry = d:list()[1]
    local metadata = entry.event.metadata
    assert.equal("payment.transaction.captured", metadata.event_type)
    assert.equal(entry.event_id, metadata.event_id)
    assert.equal("v2", metadata.event_version)
    assert.equal("2024-01-01T12:00:00Z", metadata.occurred_at)
    assert.equal(ACCOUNT, metadata.subject_account_id)
    assert.equal(ACCOUNT, metadata.recipient_account_id)
    assert.is_false(metadata.live)
    assert.truthy(metadata.webhook_id:match("^krn:partner:global:notification:webhook:"))
    assert.same(entry.event, json.decode(entry.body))
    assert.equal(NOON, entry.due_ms)
    assert.equal(1, entry.attempt)
  end)

  it("keeps its bytes, id and order however often they are listed", function()
    local d = fresh()
    for i = 1, 5 do d:add("type-" .. i, { i = i }, NOON) end
    local first = d:list()
    d:list()[1].event.payload.i = 99
    assert.same(first, d:list())
    local seen = {}
    for i, entry in ipairs(first) do
      assert.equal("type-" .. i, entry.event_type)
      assert.is_nil(seen[entry.event_id])
      seen[entry.event_id] = true
    end
  end)

  it("is dropped, oldest first, when there are over 10,000", function()
    local d = fresh()
    for i = 1, 10003 do d:add("t", { i = i }, NOON) end
    local list = d:list()
    assert.equal(10000, #list)
    assert.equal(4, list[1].event.payload.i)
  end)
end)
