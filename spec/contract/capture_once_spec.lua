-- The promise that matters most: a capture is asked for once and happens once, whatever the wire
-- does to its answer. The sandbox's ledger is the judge; no client's word is taken for it.

local api = require("kassa.api").whole(require "kassa.api.klarna")
local client = require "kassa.client"
local kassa = require "kassa"
local runtime = require "kassa.runtime"
local sandbox = require "kassa.sandbox"

local BODY = { capture_amount = 100 }

-- A client with a retry budget of its own, and a transaction of which 15000 is authorised.
local function open(seed)
  local box = sandbox.world { seed = seed or 1 }
  local klarna = client.new(runtime.new(), api, box:options())
  local request = assert(klarna.payment_requests:create {
    currency = "USD", payment_amount = 15000,
    config = { redirect_url = "https://shop.example/" },
  })
  box:approve(request.payment_request_id)
  assert(request:refresh())
  local confirmed = assert(klarna.payment_requests:confirm(
    request.state_context.payment_confirmation_token,
    { currency = "USD", payment_amount = 15000 }))
  return klarna, box, confirmed.state_context.payment_transaction.payment_transaction_id
end

local function captures_asked(box)
  local count, keys = 0, {}
  for _, entry in ipairs(box:requests()) do
    if entry.operation == "payment_transaction.capture" then
      count = count + 1
      keys[entry.idempotency_key] = true
    end
  end
  local kinds = 0
  for _ in pairs(keys) do kinds = kinds + 1 end
  return count, kinds
end

describe("a capture whose answer was lost after the effect", function()
  local LOST = {
    dropped = { kind = "drop_after_effect" },
    truncated = { kind = "truncate", at = 5 },
    ["turned to garbage"] = { kind = "garbage" },
    ["kept for ever"] = { kind = "silence", effect = true },
    ["answered 500"] = { kind = "status", status = 500, effect = true },
    ["answered 502 by a gateway"] = { kind = "status", status = 502, effect = true },
    ["answered 503"] = { kind = "status", status = 503, effect = true },
    ["dripped too slowly"] = { kind = "drip", ms = 10000 },
  }

  for name, fault in pairs(LOST) do
    it("is one capture in the ledger when it was " .. name, function()
      local klarna, box, id = open()
      local plan = { operation = "payment_transaction.capture", times = 1 }
      for field, value in pairs(fault) do plan[field] = value end
      assert(box:fault(plan))
      local capture = assert(klarna.payment_transactions:capture(id, BODY))
      assert.equal(id .. ":capture:1", capture.payment_capture_id)
      assert.equal(2, kassa.raw(capture).timings.attempts)
      local ledger = box:ledger(id)
      assert.equal(1, ledger.captures)
      assert.equal(100, ledger.captured)
      local asked, keys = captures_asked(box)
      assert.equal(2, asked)
      assert.equal(1, keys)
    end)
  end

  it("is one capture however often the answer is lost", function()
    local klarna, box, id = open()
    box:fault { operation = "payment_transaction.capture", kind = "drop_after_effect", times = 3 }
    assert(klarna.payment_transactions:capture(id, BODY))
    assert.equal(1, box:ledger(id).captures)
    assert.equal(4, (captures_asked(box)))
  end)

  it("is unknown when every answer is lost, and settled by the same intent later", function()
    local klarna, box, id = open()
    local options = { intent = "order-1001/parcel-1" }
    box:fault { operation = "payment_transaction.capture", kind = "drop_after_effect" }
    local capture, err = klarna.payment_transactions:capture(id, BODY, options)
    assert.is_nil(capture)
    assert.equal("unknown", err.happened)
    assert.equal("same_key", err.retry)
    box:fault { clear = true }
    box:advance "23h"
    capture = assert(klarna.payment_transactions:capture(id, BODY, options))
    assert.equal(id .. ":capture:1", capture.payment_capture_id)
    assert.equal(1, box:ledger(id).captures)
  end)
end)

describe("a capture that got lost before the effect", function()
  for _, kind in ipairs { "drop_before_effect", "reset", "refuse" } do
    it("still happens once: " .. kind, function()
      local klarna, box, id = open()
      box:fault { operation = "payment_transaction.capture", kind = kind, times = 2 }
      assert(klarna.payment_transactions:capture(id, BODY))
      assert.equal(1, box:ledger(id).captures)
    end)
  end
end)

describe("captures under a storm of faults", function()
  -- 40 intents, each answer lost by chance; an unknown one is asked for again until it is known.
  local function storm(seed)
    local klarna, box, id = open(seed)
    for _, kind in ipairs { "drop_after_effect", "drop_before_effect", "garbage", "reset" } do
      box:fault { operation = "payment_transaction.capture", kind = kind, chance = 0.2 }
    end
    box:fault { operation = "payment_transaction.capture", kind = "truncate", at = 3, chance = 0.2 }
    box:fault { operation = "payment_transaction.capture", kind = "status", status = 503,
      chance = 0.2 }
    local ids = {}
    for i = 1, 40 do
      local capture, err
      repeat
        capture, err = klarna.payment_transactions:capture(id, BODY, { intent = "parcel-" .. i })
        assert(capture or err.retry == "same_key", tostring(err))
      until capture
      assert.is_nil(ids[capture.payment_capture_id])
      ids[capture.payment_capture_id] = true
    end
    return box:ledger(id)
  end

  for seed = 1, 3 do
    it("happen once for each intent, seed " .. seed, function()
      local ledger = storm(seed)
      assert.equal(40, ledger.captures)
      assert.equal(4000, ledger.captured)
    end)
  end
end)

describe("one intent", function()
  it("is one capture when a script is run again", function()
    local klarna, box, id = open()
    local options = { intent = "order-1001/parcel-1" }
    local first = assert(klarna.payment_transactions:capture(id, BODY, options))
    local again = assert(klarna.payment_transactions:capture(id, BODY, options))
    assert.equal(first.payment_capture_id, again.payment_capture_id)
    assert.equal(1, box:ledger(id).captures)
  end)

  it("with another amount is refused, not captured", function()
    local klarna, box, id = open()
    local options = { intent = "order-1001/parcel-1" }
    assert(klarna.payment_transactions:capture(id, BODY, options))
    local capture, err = klarna.payment_transactions:capture(id, { capture_amount = 200 }, options)
    assert.is_nil(capture)
    assert.same({ "conflict", "unknown", "never" }, { err.code, err.happened, err.retry })
    assert.equal(100, box:ledger(id).captured)
  end)

  it("without a name is another each time", function()
    local klarna, box, id = open()
    assert(klarna.payment_transactions:capture(id, BODY))
    assert(klarna.payment_transactions:capture(id, BODY))
    assert.equal(2, box:ledger(id).captures)
  end)
end)
