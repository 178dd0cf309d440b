-- Promises of recovery, for start-up and cron: it settles what can be known, sends nothing that
-- could act twice, sends no unnamed intent at all, and says why the rest is left.
local book = require "kassa.journal.book"
local engines = require "support.engines"
local kassa = require "kassa"
local till_of = require "support.till"

local CAPTURE, REFUND = "payment_transaction.capture", "payment_transaction.refund"

for _, engine in ipairs(engines) do
  describe("recovery on " .. engine.name, function()
    if engine.missing then return pending(engine.missing) end

    local till, id

    before_each(function()
      till = till_of.open(engine, { retries = 0 })
      id = till:transaction(1000)
    end)

    after_each(function() till:close() end)

    -- A call whose answer is lost, after it was carried out or before.
    local function lose(kind, body, options, verb)
      local operation = verb == "refund" and REFUND or CAPTURE
      till.sandbox:fault { operation = operation, kind = kind, times = 1 }
      local transactions = till.klarna.payment_transactions
      local value, err = transactions[verb or "capture"](transactions, id, body, options)
      assert.is_nil(value)
      assert.equal("unknown", err.happened)
    end

    local function recover()
      till:restart()
      return assert(till.journal:recover(till.klarna))
    end

    local function captured()
      local ledger = till.sandbox:ledger(id)
      return ledger.captures, ledger.captured
    end

    it("has nothing to do where all is settled", function()
      assert(till.klarna.payment_transactions:capture(id, { capture_amount = 1 }))
      assert.same({ settled = 0, left = {} }, recover())
    end)

    it("carries a named intent to its end, whether or not it was carried out", function()
      lose("drop_after_effect", { capture_amount = 300 }, { intent = "a" })
      lose("drop_before_effect", { capture_amount = 200 }, { intent = "b" })
      assert.same({ settled = 2, left = {} }, recover())
      assert.same({ 2, 500 }, { captured() })
      assert.same({}, till.journal:open())
      assert(till.klarna.payment_transactions:capture(id, { capture_amount = 300 },
        { intent = "a" }))
      assert.same({ 2, 500 }, { captured() })
    end)

    it("reads back an unnamed intent by its reference, and never sends it", function()
      lose("drop_after_effect", { capture_amount = 300, payment_capture_reference = "p-1" })
      lose("drop_before_effect", { capture_amount = 300, payment_capture_reference = "p-2" })
      till.sandbox:advance "10m"
      local sent = till:sent(CAPTURE)
      assert.same({ settled = 2, left = {} }, recover())
      assert.equal(sent, till:sent(CAPTURE))
      assert.same({ 1, 300 }, { captured() })
    end)

    it("does not take what was just sent for not carried out", function()
      lose("drop_before_effect", { capture_amount = 300, payment_capture_reference = "p-1" })
      local report = recover()
      assert.equal(0, report.settled)
      assert.matches("ask again later", report.left[1].why)
      till.sandbox:advance "10m"
      assert.equal(1, recover().settled)
    end)

    it("leaves what may or may not be an unnamed intent, and says why", function()
      lose("drop_after_effect", { capture_amount = 300 })
      till.sandbox:advance "10m"
      local report = recover()
      assert.equal(0, report.settled)
      assert.equal(300, report.left[1].intent.amount)
      assert.matches("it has no name", report.left[1].why)
      assert.matches("1 of this amount and without a reference is there", report.left[1].why)
      assert.equal(1, #till.journal:open())
    end)

    it("tells two captures of one amount and reference from one", function()
      local body = { capture_amount = 300, payment_capture_reference = "p" }
      lose("drop_after_effect", body)
      lose("drop_before_effect", body)
      till.sandbox:advance "10m"
      local report = recover() -- one of them was, but which?
      assert.equal(0, report.settled)
      assert.equal(2, #report.left)
    end)

    it("does not take a settled capture for the lost one", function()
      local body = { capture_amount = 300, payment_capture_reference = "p" }
      assert(till.klarna.payment_transactions:capture(id, body))
      lose("drop_before_effect", body)
      till.sandbox:advance "10m"
      assert.same({ settled = 1, left = {} }, recover())
      assert.same({ 1, 300 }, { captured() })
    end)

    it("finds refunds, of a transaction and of a capture", function()
      local capture = assert(till.klarna.payment_transactions:capture(id, { capture_amount = 900 }))
      lose("drop_after_effect", { refund_amount = 100, payment_refund_reference = "r-1" }, nil,
        "refund")
      till.sandbox:fault { operation = "payment_capture.refund", kind = "drop_after_effect",
        times = 1 }
      assert.is_nil((till.klarna.payment_captures:refund(capture.payment_capture_id,
        { refund_amount = 200, payment_refund_reference = "r-2" })))
      till.sandbox:advance "2d"
      assert.same({ settled = 2, left = {} }, recover())
      assert.equal(300, till.sandbox:ledger(id).refunded)
    end)

    it("finds a release, and a confirmation", function()
      till.sandbox:fault { operation = "payment_transaction.void", kind = "drop_after_effect",
        times = 1 }
      assert.is_nil((till.klarna.payment_transactions:void(id, {}, { intent = "void" })))
      local request = assert(till.klarna.payment_requests:create {
        currency = "USD", payment_amount = 700 })
      till.sandbox:approve(request.payment_request_id)
      assert(request:refresh())
      till.sandbox:fault { operation = "payment_request.confirm", kind = "drop_after_effect",
        times = 1 }
      local body = { currency = "USD", payment_amount = 700 }
      local token = request.state_context.payment_confirmation_token
      assert.is_nil((request:confirm(body, { intent = "confirm" })))
      till.sandbox:advance "2d"
      assert.same({ settled = 2, left = {} }, recover())
      local again = assert(till.klarna.payment_requests:confirm(token, body,
        { intent = "confirm" }))
      assert.equal("CONFIRMED", again.state)
      assert.equal(1, till:sent "payment_request.confirm" - 1) -- the till's own transaction had one
    end)

    it("leaves what another worker has", function()
      lose("drop_after_effect", { capture_amount = 300 }, { intent = "a" })
      local other = assert(kassa.journal(till.database.options))
      local row = till.journal.store:one [[SELECT provider, account, operation, object, name
        FROM kassa_intents]]
      assert.is_true(other.store:try_lock(require "kassa.journal.executor".number(row)))
      local report = assert(till.journal:recover(till.klarna))
      assert.equal(0, report.settled)
      assert.matches("another worker", report.left[1].why)
      other:close()
    end)

    it("leaves what is another account's, or another environment's", function()
      lose("drop_after_effect", { capture_amount = 300 }, { intent = "a" })
      till.journal.store:run "UPDATE kassa_intents SET provider = 'klarna/live'"
      assert.same({ settled = 0, left = {} }, recover())
      assert.equal(1, #till.journal:open())
    end)

    it("does not call settled what it could not begin", function()
      lose("drop_before_effect", { capture_amount = 300 }, { intent = "a" })
      local again = book.again
      book.again = function() return nil, kassa.error.new("journal", { message = "gone" }) end
      local report = assert(till.journal:recover(till.klarna))
      book.again = again
      assert.equal(0, report.settled)
      assert.matches("gone", report.left[1].why)
      assert.equal(1, #till.journal:open())
    end)

    it("does not take the refund of a capture for a lost one of its transaction", function()
      local capture = assert(till.klarna.payment_transactions:capture(id, { capture_amount = 900 }))
      local body = { refund_amount = 100, payment_refund_reference = "o-1" }
      assert(till.klarna.payment_captures:refund(capture.payment_capture_id, body))
      lose("drop_before_effect", body, nil, "refund")
      till.sandbox:advance "2d"
      assert.same({ settled = 1, left = {} }, recover())
      assert(till.klarna.payment_transactions:refund(id, body))
      assert.equal(200, till.sandbox:ledger(id).refunded)
      assert.equal(2, till.sandbox:ledger(id).refunds)
    end)

    it("does not take the refund of one capture for a lost one of another", function()
      local captures = till.klarna.payment_transactions
      local first = assert(captures:capture(id, { capture_amount = 400 })).payment_capture_id
      local second = assert(captures:capture(id, { capture_amount = 500 })).payment_capture_id
      local body = { refund_amount = 100, payment_refund_reference = "o-1" }
      assert(till.klarna.payment_captures:refund(first, body, { intent = "r-1" }))
      till.sandbox:fault { operation = "payment_capture.refund", kind = "drop_before_effect",
        times = 1 }
      assert.is_nil((till.klarna.payment_captures:refund(second, body, { intent = "r-2" })))
      till.sandbox:advance "2d"
      assert.same({ settled = 1, left = {} }, recover())
      assert(till.klarna.payment_captures:refund(second, body, { intent = "r-2" }))
      assert.equal(200, till.sandbox:ledger(id).refunded)
    end)

    it("refuses a client of another journal", function()
      assert.has_error(function() till.journal:recover(till:client()) end)
    end)
  end)
end
