-- Promises of what a search at Cybersource proves about an intent of an earlier run, against the
-- sandbox's own books.
local engines = require "support.engines"
local kassa = require "kassa"
local peers = require "support.peers"
local sandbox_of = require "kassa.sandbox"

local CAPTURE = "authorization.capture"

describe("a journal at Cybersource", function()
  if engines[1].missing then return pending(engines[1].missing) end

  local sandbox, folder, journal, cybersource, authorization

  local function start()
    journal = assert(kassa.journal { path = folder .. "/shop.db" })
    local options = sandbox:options()
    options.journal, options.retries = journal, 0
    cybersource = kassa.cybersource(options)
  end

  before_each(function()
    folder = peers.folder()
    sandbox = sandbox_of.world { provider = "cybersource", seed = 5 }
    start()
    local bill_to = { country = "US", postalCode = "43215", administrativeArea = "OH" }
    local session = assert(cybersource.sessions:create {
      flow = "hosted",
      merchantInformation = { successUrl = "https://shop.example/ok",
        cancelUrl = "https://shop.example/cancel", failureUrl = "https://shop.example/failed" },
      orderInformation = {
        amountDetails = { currency = "USD", totalAmount = 10000, taxAmount = 0 }, billTo = bill_to,
        lineItems = { { productName = "Pen", quantity = 1, unitPrice = 10000,
          totalAmount = 10000 } },
      },
    })
    local approved = sandbox:approve(session.id)
    authorization = assert(cybersource.authorizations:create {
      orderInformation = { amountDetails = { currency = "USD", totalAmount = 10000,
        taxAmount = 0 }, billTo = bill_to },
      processorInformation = { preApprovalToken = approved.auth_token },
    })
  end)

  after_each(function()
    journal.store:close()
    sandbox:stop()
    peers.remove(folder)
  end)

  local function capture()
    return cybersource.authorizations:capture(authorization.id, {
      orderInformation = { amountDetails = { currency = "USD", totalAmount = 4000 } },
    }, { intent = "o-1/parcel-1" })
  end

  -- The program dies; a day later the same script runs again.
  local function restart()
    journal.late = {}
    journal.store:close()
    sandbox:advance "1d"
    start()
  end

  local function captures()
    local count = 0
    for _, request in ipairs(sandbox:requests()) do
      if request.operation == CAPTURE then count = count + 1 end
    end
    return count
  end

  it("answers a settled intent without a request", function()
    local made = assert(capture())
    restart()
    assert.equal(made.id, assert(capture()).id)
    assert.equal(1, captures())
  end)

  it("finds what was carried out and does not do it again", function()
    sandbox:fault { operation = CAPTURE, kind = "drop_after_effect", times = 1 }
    local value, err = capture()
    assert.is_nil(value)
    assert.equal("unknown", err.happened)
    restart()
    local found = assert(capture())
    assert.equal("SETTLED", found.status)
    assert.equal(1, captures())
    assert.same({}, journal:open())
  end)

  it("does under a new name of the attempt what was not carried out", function()
    sandbox:fault { operation = CAPTURE, kind = "drop_before_effect", times = 1 }
    local _, err = capture()
    assert.equal("unknown", err.happened)
    restart()
    local made = assert(capture())
    assert.equal("SETTLED", made.status)
    assert.is_true(err.idempotency_key ~= kassa.raw(made).idempotency_key)
    assert.equal(2, captures())
  end)

  it("does nothing while a search may lag behind", function()
    sandbox:fault { operation = CAPTURE, kind = "drop_before_effect", times = 1 }
    assert.is_nil((capture()))
    local value, err = capture()
    assert.is_nil(value)
    assert.equal("stale_intent", err.code)
    assert.equal("unknown", err.happened)
    assert.equal(1, captures())
    local report = assert(journal:recover(cybersource))
    assert.equal(0, report.settled)
    assert.equal("o-1/parcel-1", report.left[1].intent.name)
  end)
end)
