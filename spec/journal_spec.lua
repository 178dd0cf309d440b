-- Promises of the journal, on SQLite and PostgreSQL: what was meant is on disk before the wire, and
-- however a program ends, the same script run again moves the money once. What is right is written
-- here by hand from klarna.md 1.10 and 4.2 and read from the sandbox's ledger.
local engines = require "support.engines"
local till_of = require "support.till"
local book = require "kassa.journal.book"
local client_of = require "kassa.client".of
local kassa = require "kassa"

local CAPTURE = "payment_transaction.capture"

for _, engine in ipairs(engines) do
  describe("the journal on " .. engine.name, function()
    if engine.missing then return pending(engine.missing) end

    local till, id

    before_each(function()
      till = till_of.open(engine, { retries = 0 })
      id = till:transaction(1000)
    end)

    after_each(function() till:close() end)

    local function capture(amount, options, more)
      local body = { capture_amount = amount }
      for name, value in pairs(more or {}) do body[name] = value end
      return till.klarna.payment_transactions:capture(id, body, options)
    end

    local function named(amount, more) return capture(amount, { intent = "o-1/parcel-1" }, more) end

    local function captured()
      local ledger = till.sandbox:ledger(id)
      return ledger.captures, ledger.captured
    end

    local function row(name)
      return till.journal.store:one(
        "SELECT state, body, generation, tries, status FROM kassa_intents WHERE name = ? "
          .. "ORDER BY generation DESC LIMIT 1", name or "o-1/parcel-1")
    end

    describe("when the program is killed", function()
      -- Where it dies; how often the capture may be asked for in all.
      local points = {
        { "before the intent is stored", book, "begin", false, 1 },
        { "after the intent is stored, before the request is sent", book, "begin", true, 1 },
        { "as the request is sent", "channel", "submit", false, 1 },
        { "after the request was carried out, before its answer", "channel", "submit", true, 2 },
        { "before the outcome is written down", book, "settle", false, 2 },
        { "after the outcome is written down", book, "settle", true, 1 },
      }
      for _, point in ipairs(points) do
        it(point[1] .. ", it captures once", function()
          local module = point[2] == "channel" and client_of(till.klarna).channel or point[2]
          local mend = till_of.crash(module, point[3], point[4])
          local ok, raised = pcall(named, 400)
          mend()
          assert.is_false(ok)
          assert.matches("crash", raised)
          till:restart()
          local found = assert(named(400))
          local count, amount = captured()
          assert.equal(1, count)
          assert.equal(400, amount)
          assert.equal(found.payment_capture_id, assert(named(400)).payment_capture_id)
          assert.equal(point[5], till:sent(CAPTURE))
          assert.same({}, till.journal:open())
        end)
      end

      it("inside the transaction that writes the outcome, it captures once", function()
        local store = till.journal.store
        local run = store.run
        store.run = function(self, sql, ...)
          if sql:find "INSERT INTO kassa_attempts" then error("crash", 0) end
          return run(self, sql, ...)
        end
        assert.is_false((pcall(named, 400)))
        till:restart()
        assert.equal("open", row().state)
        assert(named(400))
        assert.same({ 1, 400 }, { captured() })
      end)
    end)

    it("answers a settled intent without a request, as an object like the first", function()
      local first = assert(named(400))
      till:restart()
      local again = assert(named(400))
      assert.equal(1, till:sent(CAPTURE))
      assert.same(first, again)
      assert.equal("kassa.payment_capture", getmetatable(again).__name)
      local raw = kassa.raw(again)
      assert.equal(201, raw.status)
      assert.equal(kassa.raw(first).body, raw.body)
      assert.equal(kassa.raw(first).idempotency_key, raw.idempotency_key)
      assert.equal(0, raw.timings.attempts)
      assert(again:refund { refund_amount = 100 })
    end)

    it("keeps no body of what is settled", function()
      assert(named(400, { payment_capture_reference = "John Doe" }))
      assert.is_nil(row().body)
    end)

    it("refuses the same name for something else, and names the fields", function()
      assert(named(400, { payment_capture_reference = "p-1" }))
      till:restart()
      local value, err = named(500, { payment_capture_reference = "p-1" })
      assert.is_nil(value)
      assert.equal("intent_mismatch", err.code)
      assert.equal("no", err.happened)
      assert.equal(1, #err.faults)
      assert.equal("capture_amount", err.faults[1].path)
      assert.matches("of 400", err.message)
      assert.equal(1, till:sent(CAPTURE))
    end)

    it("refuses it while the first is open, too", function()
      till.sandbox:fault { operation = CAPTURE, kind = "drop_after_effect", times = 1 }
      assert.is_nil((named(400)))
      local _, err = named(401)
      assert.equal("intent_mismatch", err.code)
      assert.equal(1, till:sent(CAPTURE))
    end)

    it("takes fields in another order for the same, and another name for another", function()
      assert(named(400, { payment_capture_reference = "p-1",
        supplementary_purchase_data = { purchase_reference = "o-1" } }))
      assert(named(400, { supplementary_purchase_data = { purchase_reference = "o-1" },
        payment_capture_reference = "p-1" }))
      assert(capture(400, { intent = "o-1/parcel-2" }))
      assert.same({ 2, 800 }, { captured() })
    end)

    it("takes two unnamed captures of one amount for two", function()
      assert(capture(400))
      assert(capture(400))
      assert.same({ 2, 800 }, { captured() })
    end)

    it("gives a refused name its next generation, with a body of its own and a new key", function()
      local _, err = named(5000)
      assert.equal("no", err.happened)
      local first = err.idempotency_key
      assert.equal("failed", row().state)
      assert.is_nil(row().body)
      local value = assert(named(400))
      assert.equal(2, row().generation)
      assert.is_true(first ~= kassa.raw(value).idempotency_key)
      assert.same({ 1, 400 }, { captured() })
      till:restart()
      assert.equal(value.payment_capture_id, assert(named(400)).payment_capture_id)
      assert.equal(2, till:sent(CAPTURE))
    end)

    it("uses the key of a name for ever, and the same one without a journal", function()
      till.sandbox:fault { operation = CAPTURE, kind = "drop_after_effect", times = 1 }
      local _, err = named(400)
      assert.equal("unknown", err.happened)
      local bare = assert(till:client().payment_transactions:capture(id, { capture_amount = 400 },
        { intent = "o-1/parcel-1" }))
      assert.equal(err.idempotency_key, kassa.raw(bare).idempotency_key)
      assert.same({ 1, 400 }, { captured() })
    end)

    it("says what is open, and repeats it with its own key", function()
      till.sandbox:fault { operation = CAPTURE, kind = "drop_after_effect", times = 1 }
      local _, err = named(400, { payment_capture_reference = "p-1" })
      assert.equal("unknown", err.happened)
      local open = assert(till.journal:open())
      assert.equal(1, #open)
      assert.equal("o-1/parcel-1", open[1].name)
      assert.equal("unknown", open[1].state)
      assert.equal(400, open[1].amount)
      assert.equal("USD", open[1].currency or "USD")
      assert.equal("p-1", open[1].reference)
      assert.equal(id, open[1].object)
      assert.equal(err.idempotency_key, open[1].key)
      assert.is_nil(open[1].body)
      assert(named(400, { payment_capture_reference = "p-1" }))
      assert.same({ 1, 400 }, { captured() })
      assert.same({}, till.journal:open())
    end)

    it("does not take the refusal of a repeat for the end of the first try", function()
      till.sandbox:fault { operation = CAPTURE, kind = "drop_after_effect", times = 1 }
      assert.is_nil((named(400)))
      till.sandbox:fault { operation = CAPTURE, kind = "refuse", times = 1 }
      local _, err = named(400)
      assert.equal("connect", err.code)
      assert.equal("unknown", err.happened)
      assert.equal("unknown", row().state)
      till.sandbox:fault { operation = CAPTURE, kind = "status", status = 429, times = 1 }
      _, err = named(400)
      assert.equal("unknown", err.happened)
      assert(named(400))
      assert.same({ 1, 400 }, { captured() })
    end)

    it("does not take a repeat that is forbidden for the end of the first try", function()
      till.sandbox:fault { operation = CAPTURE, kind = "drop_after_effect", times = 1 }
      assert.is_nil((named(400)))
      local forbidden = { operation = CAPTURE, kind = "status", status = 403, times = 1 }
      till.sandbox:fault(forbidden)
      local _, err = named(400)
      assert.equal("unknown", err.happened)
      assert.equal("unknown", row().state)
      assert(named(400))
      assert.same({ 1, 400 }, { captured() })
    end)

    it("does not take a repeat that finds nothing there for the end of the first try", function()
      till.sandbox:fault { operation = CAPTURE, kind = "drop_after_effect", times = 1 }
      assert.is_nil((named(400)))
      till.sandbox:fault { operation = CAPTURE, kind = "status", status = 404, times = 2 }
      local _, err = named(400) -- the key of another account, a token that has expired
      assert.equal("unknown", err.happened)
      assert.equal("unknown", row().state)
      assert.is_nil((err:resolve()))
      assert.equal("unknown", row().state)
      assert(named(400))
      assert.same({ 1, 400 }, { captured() })
    end)

    it("reads what became of the first try when a repeat meets a conflict", function()
      local conflict = { operation = CAPTURE, kind = "status", status = 409, times = 1 }
      till.sandbox:fault { operation = CAPTURE, kind = "drop_after_effect", times = 1 }
      assert.is_nil((named(400, { payment_capture_reference = "p-1" })))
      till.sandbox:fault(conflict)
      local found = assert(named(400, { payment_capture_reference = "p-1" }))
      assert.equal("p-1", found.payment_capture_reference)
      assert.same({ 1, 400 }, { captured() })
    end)

    it("does not trust a conflict while the first try may be on its way", function()
      local conflict = { operation = CAPTURE, kind = "status", status = 409, times = 1 }
      till.sandbox:fault { operation = CAPTURE, kind = "drop_before_effect", times = 1 }
      assert.is_nil((named(400)))
      till.sandbox:fault(conflict)
      local _, err = named(400)
      assert.equal("unknown", err.happened)
      till.sandbox:advance "10m"
      till.sandbox:fault(conflict)
      _, err = named(400)
      assert.equal("no", err.happened)
      assert(named(400))
      assert.same({ 1, 400 }, { captured() })
    end)

    describe("after the provider may have forgotten the key", function()
      local function lost(more)
        till.sandbox:fault { operation = CAPTURE, kind = "drop_after_effect", times = 1 }
        assert.is_nil((named(400, more)))
        till.sandbox:advance "23h"
        till:restart()
      end

      it("finds the capture by its reference, and does not repeat it", function()
        lost { payment_capture_reference = "p-1" }
        local found = assert(named(400, { payment_capture_reference = "p-1" }))
        assert.equal("p-1", found.payment_capture_reference)
        assert.same({ 1, 400 }, { captured() })
        assert.equal(1, till:sent(CAPTURE))
        assert.equal("ok", row().state)
      end)

      it("says that it cannot know, when a capture without a reference may be it", function()
        lost()
        local value, err = named(400)
        assert.is_nil(value)
        assert.equal("stale_intent", err.code)
        assert.equal("unknown", err.happened)
        assert.equal("never", err.retry)
        assert.matches(id, err.message, 1, true)
        assert.same({ 1, 400 }, { captured() })
        assert.equal("unknown", row().state)
      end)

      it("captures under the next key when it was not carried out", function()
        till.sandbox:fault { operation = CAPTURE, kind = "drop_before_effect", times = 1 }
        local _, err = named(400)
        assert.equal("unknown", err.happened)
        till.sandbox:advance "23h"
        local found = assert(named(400))
        assert.is_true(err.idempotency_key ~= kassa.raw(found).idempotency_key)
        assert.same({ 1, 400 }, { captured() })
        assert.equal(2, row().generation)
      end)

      it("reads first, too, when the clock was set back since", function()
        lost()
        till.sandbox:advance "2h"
        assert(till.journal.store:run("UPDATE kassa_intents SET sent_ms = sent_ms + ?, "
          .. "last_ms = last_ms + ?", 26 * 3600000, 26 * 3600000)) -- by 26 hours, as it would be
        local value, err = named(400)
        assert.is_nil(value)
        assert.equal("unknown", err.happened)
        assert.equal(1, till:sent(CAPTURE))
        assert.same({ 1, 400 }, { captured() })
      end)

      it("repeats it one minute before that", function()
        till.sandbox:fault { operation = CAPTURE, kind = "drop_after_effect", times = 1 }
        assert.is_nil((named(400)))
        till.sandbox:advance "22h59m"
        assert(named(400))
        assert.same({ 1, 400 }, { captured() })
      end)
    end)

    it("lets one of two tasks act and gives the other its result", function()
      till.options.retries = nil
      till.sandbox:fault { operation = CAPTURE, kind = "delay", ms = 3000, times = 1 }
      local values = kassa.all {
        function() return named(400) end, function() return named(400) end,
        function() return named(400) end,
      }
      assert.same({ 1, 400 }, { captured() })
      assert.equal(1, till:sent(CAPTURE))
      for i = 2, 3 do
        assert.equal(values[1].payment_capture_id, values[i].payment_capture_id)
      end
    end)

    it("lets one of two programs act and gives the other its result", function()
      local other = assert(kassa.journal(till.database.options))
      local second = till:client(other)
      till.sandbox:fault { operation = CAPTURE, kind = "delay", ms = 3000, times = 1 }
      local values, errors = kassa.all {
        function() return named(400) end,
        function()
          return second.payment_transactions:capture(id, { capture_amount = 400 },
            { intent = "o-1/parcel-1" })
        end,
      }
      assert.is_nil(errors[1])
      assert.is_nil(errors[2])
      assert.equal(values[1].payment_capture_id, values[2].payment_capture_id)
      assert.equal(1, till:sent(CAPTURE))
      other:close()
    end)

    it("gives up waiting for another worker at the call's deadline", function()
      till.sandbox:fault { operation = CAPTURE, kind = "delay", ms = 8000, times = 1 }
      local values, errors = kassa.all {
        function() return named(400) end,
        function() return capture(400, { intent = "o-1/parcel-1", deadline_s = 2 }) end,
      }
      assert.is_table(values[1])
      assert.equal("deadline", errors[2].code)
      assert.equal("unknown", errors[2].happened)
      assert.matches("another worker", errors[2].message)
      assert.same({ 1, 400 }, { captured() })
    end)

    it("sends nothing when the intent cannot be stored", function()
      till.journal.store:run "DROP TABLE kassa_intents"
      local value, err = named(400)
      assert.is_nil(value)
      assert.equal("journal", err.code)
      assert.equal("no", err.happened)
      assert.equal(0, till:sent(CAPTURE))
      value, err = capture(400)
      assert.is_nil(value)
      assert.equal("journal", err.code)
      assert.equal(0, till:sent(CAPTURE))
    end)

    it("returns what happened although it could not be written down, and does so later", function()
      local settle = book.settle
      book.settle = function() return nil, kassa.error.new("journal", { message = "gone" }) end
      local value = assert(named(400))
      assert.equal(1, #till.journal.late)
      book.settle = settle
      assert.same({}, till.journal:open())
      assert.equal("ok", row().state)
      assert.equal(value.payment_capture_id, assert(named(400)).payment_capture_id)
      assert.equal(1, till:sent(CAPTURE))
    end)

    it("journals what moves money and what is named, and nothing else", function()
      assert(till.klarna.payment_requests:create { currency = "USD", payment_amount = 1000 })
      assert(till.klarna.payment_transactions:read(id))
      assert.same({ n = 0 }, till.journal.store:one "SELECT count(*) AS n FROM kassa_intents")
      assert(till.klarna.payment_requests:create({ currency = "USD", payment_amount = 1000 },
        { intent = "o-1" }))
      assert(till.klarna.signing_keys:create({}, { intent = "key" })) -- a secret is not kept
      assert(capture(100))
      assert.same({ n = 2 }, till.journal.store:one "SELECT count(*) AS n FROM kassa_intents")
    end)

    it("lets a settled intent through whatever the state of its object", function()
      assert(named(1000))
      till:restart()
      local transaction = assert(till.klarna.payment_transactions:read(id))
      assert.equal("COMPLETED", transaction.state)
      assert(transaction:capture({ capture_amount = 1000 }, { intent = "o-1/parcel-1" }))
      local value, err = transaction:capture({ capture_amount = 1 }, { intent = "o-1/parcel-2" })
      assert.is_nil(value)
      assert.equal("illegal_state", err.code) -- a new one is told so before the wire
      assert.equal(1, till:sent(CAPTURE))
    end)

    it("takes a key of the caller's own for a name", function()
      local options = { idempotency_key = "mine-1" }
      till.sandbox:fault { operation = CAPTURE, kind = "drop_after_effect", times = 1 }
      local _, err = capture(400, options)
      assert.equal("unknown", err.happened)
      local value = assert(capture(400, options))
      till:restart()
      assert.equal(value.payment_capture_id, assert(capture(400, options)).payment_capture_id)
      _, err = capture(401, options)
      assert.equal("intent_mismatch", err.code)
      assert.same({ 1, 400 }, { captured() })
      assert.equal(2, till:sent(CAPTURE))
    end)

    it("lets a refused key be used again when that is what the error said", function()
      till.sandbox:fault { operation = CAPTURE, kind = "refuse", times = 1 }
      local _, err = capture(400)
      assert.equal("no", err.happened)
      assert.equal("same_key", err.retry)
      assert(capture(400, { idempotency_key = err.idempotency_key }))
      assert.same({ 1, 400 }, { captured() })
      assert.same({}, till.journal:open())
    end)

    it("is settled by what err:resolve() finds out", function()
      till.sandbox:fault { operation = CAPTURE, kind = "drop_after_effect", times = 1 }
      local _, err = named(400)
      local found = assert(err:resolve())
      assert.equal("ok", row().state)
      assert.same({}, till.journal:open())
      till:restart()
      assert.equal(found.payment_capture_id, assert(named(400)).payment_capture_id)
      assert.same({ 1, 400 }, { captured() })
      assert.equal(2, till:sent(CAPTURE))
    end)

    it("gives a statement of the money moved, and refuses what cannot be meant", function()
      assert(named(400))
      assert(till.klarna.payment_requests:create({ currency = "USD", payment_amount = 1000 },
        { intent = "o-1" }))
      local statement = assert(till.journal:statement())
      assert.equal(1, #statement)
      assert.equal("o-1/parcel-1", statement[1].step)
      assert.equal(400, statement[1].amount)
      assert.has_error(function() till.journal:statement { form = 1 } end)
    end)

    it("tells in its statement what a confirmation took at once", function()
      local request = assert(till.klarna.payment_requests:create {
        currency = "USD", payment_amount = 700 })
      till.sandbox:approve(request.payment_request_id)
      assert(request:refresh())
      assert(request:confirm({ currency = "USD", payment_amount = 700,
        config = { capture = true } }, { intent = "o-2" }))
      assert(named(400))
      local sums = {}
      for i, sum in ipairs(assert(till.journal:statement():totals())) do
        sums[i] = { sum.money, sum.count, sum.amount }
      end
      -- the currency of a transaction that another program made is not known, and comes first
      assert.same({ { "take", 1, 400 }, { "authorize", 1, 700 }, { "take", 1, 700 } }, sums)
    end)

    it("keeps the test environment and another account apart", function()
      assert(till.klarna.payment_requests:create({ currency = "USD", payment_amount = 1000 },
        { intent = "o-1" }))
      assert(till.journal.store:run "UPDATE kassa_intents SET provider = 'klarna/live'")
      assert(till.klarna.payment_requests:create({ currency = "USD", payment_amount = 1000 },
        { intent = "o-1" }))
      assert.same({ n = 2 }, till.journal.store:one "SELECT count(*) AS n FROM kassa_intents")
    end)
  end)
end

describe("kassa.journal", function()
  it("refuses options that cannot be meant, at the caller's line", function()
    for _, case in ipairs {
      { nil, "must be a table" }, { {}, "give path" },
      { { path = "a", postgres = "b" }, "give path" },
      { { pth = "a" }, "did you mean path?" }, { { path = 7 }, "path must be a string" },
    } do
      local ok, raised = pcall(function()
        local made = kassa.journal(case[1])
        return made
      end)
      assert.is_false(ok)
      assert.matches("^[^\n]*journal_spec.lua:%d+: kassa.journal: ", raised)
      assert.matches(case[2], raised, 1, true)
    end
    assert.has_error(function() kassa.klarna { api_key = "klarna_test_api_k", journal = {} } end)
  end)
end)
