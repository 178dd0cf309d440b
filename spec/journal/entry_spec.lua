-- Promises of one run of one intent: the bytes that were sent go again, and an answer from the
-- journal is read as one from the wire.
local client_of = require "kassa.client".of
local engines = require "support.engines"
local kassa = require "kassa"
local till_of = require "support.till"

describe("a run of an intent", function()
  if engines[1].missing then return pending(engines[1].missing) end

  local till, id

  before_each(function()
    till = till_of.open(engines[1], { retries = 0 })
    id = till:transaction(1000)
  end)

  after_each(function() till:close() end)

  local function capture(body)
    return till.klarna.payment_transactions:capture(id, body, { intent = "o-1" })
  end

  -- Every body that leaves, as bytes.
  local function watch()
    local bodies, channel = {}, client_of(till.klarna).channel
    local submit = channel.submit
    channel.submit = function(self, method, target, headers, body, ...)
      if body then bodies[#bodies + 1] = tostring(body) end
      return submit(self, method, target, headers, body, ...)
    end
    return bodies
  end

  it("sends the very bytes of the first again, however the table is written now", function()
    local bodies = watch()
    till.sandbox:fault { operation = "payment_transaction.capture", kind = "drop_after_effect" }
    local data = { purchase_reference = "o-1" }
    assert.is_nil((capture { capture_amount = 400, supplementary_purchase_data = data }))
    till.journal.store:run("UPDATE kassa_intents SET body = ?",
      '{"supplementary_purchase_data":{"purchase_reference":"o-1"},"capture_amount":400}')
    assert.is_nil((capture { capture_amount = 400, supplementary_purchase_data = data }))
    assert.equal(2, #bodies)
    assert.matches('^{"supplementary', bodies[2])
  end)

  it("is refused before the journal when the body breaks a rule", function()
    local value, err = capture { capture_amount = 0 }
    assert.is_nil(value)
    assert.equal("invalid", err.code)
    assert.same({}, till.journal:open())
  end)

  it("shows the correlation id of the first answer", function()
    local first = assert(capture { capture_amount = 400 })
    local id_of_first = kassa.raw(first).request_id
    assert.equal(id_of_first, kassa.raw(assert(capture { capture_amount = 400 })).request_id)
  end)
end)
