-- Promises of flows, on SQLite and PostgreSQL: a script that is run again does only what is not
-- done yet, and one that has changed is told so and not repaired.
local book = require "kassa.journal.book"
local engines = require "support.engines"
local kassa = require "kassa"
local till_of = require "support.till"

local CAPTURE = "payment_transaction.capture"

for _, engine in ipairs(engines) do
  describe("a flow on " .. engine.name, function()
    if engine.missing then return pending(engine.missing) end

    local till, id, calls

    before_each(function()
      till = till_of.open(engine, { retries = 0 })
      id = till:transaction(1000)
      calls = {}
    end)

    after_each(function() till:close() end)

    local function count(name)
      calls[name] = (calls[name] or 0) + 1
      return name
    end

    local function take(flow, name, amount)
      return flow:step(name, function(intent)
        count(name)
        return till.klarna.payment_transactions:capture(id, { capture_amount = amount },
          { intent = intent })
      end)
    end

    local function script(flow)
      local note = kassa.assert(flow:step("note", function() return { text = count "note" } end))
      local first = kassa.assert(take(flow, "capture-1", 400))
      local second = kassa.assert(take(flow, "capture-2", 300))
      return { note = note.text, ids = { first.payment_capture_id, second.payment_capture_id } }
    end

    local function run(fn, options, name)
      return kassa.flow(till.journal, name or "o-1", fn or script, options)
    end

    local function captured()
      local ledger = till.sandbox:ledger(id)
      return ledger.captures, ledger.captured
    end

    it("does its steps, returns its result, and once it is over only that", function()
      local result = assert(run())
      assert.equal("note", result.note)
      assert.same({ 2, 700 }, { captured() })
      till:restart()
      assert.same(result, assert(run()))
      assert.same({ note = 1, ["capture-1"] = 1, ["capture-2"] = 1 }, calls)
    end)

    it("does after a crash what was not done, wherever it was", function()
      local points = 0
      for point = 1, 40 do
        id, calls = till:transaction(1000), {}
        local store, made, name = till.journal.store, 0, "o-" .. point
        local statement = store.run
        store.run = function(self, ...) -- every write of the flow is a place to die at
          made = made + 1
          if made == point then error("crash", 0) end
          return statement(self, ...)
        end
        local ok = pcall(run, script, nil, name)
        if ok then break end
        points = points + 1
        till:restart()
        assert.equal("note", assert(run(script, nil, name)).note)
        assert.same({ 2, 700 }, { captured() })
        assert.is_true(calls.note <= 2)
        assert.same({}, till.journal:open())
      end
      assert.is_true(points >= 10, points .. " places to die at")
    end)

    it("settles the step whose answer was lost", function()
      till.sandbox:fault { operation = CAPTURE, kind = "drop_after_effect", times = 1 }
      local value, err = run()
      assert.is_nil(value)
      assert.equal("unknown", err.happened)
      assert.equal("o-1/capture-1", till.journal:open()[1].name)
      assert(run())
      assert.same({ 2, 700 }, { captured() })
      assert.equal(1, calls.note)
    end)

    it("goes on days later, too, where a step that moves no money was left open", function()
      local function order(flow)
        local request = kassa.assert(flow:step("request", function(intent)
          return till.klarna.payment_requests:create({ currency = "USD", payment_amount = 700 },
            { intent = intent })
        end))
        return request.payment_request_id
      end
      till.sandbox:fault { operation = "payment_request.create", kind = "drop_after_effect",
        times = 1 }
      assert.is_nil((run(order)))
      till.sandbox:advance "2d"
      till:restart()
      assert.equal("string", type(assert(run(order))))
      assert.same({}, till.journal:open())
    end)

    it("leaves a step open that failed, so that it may be mended", function()
      local amount = 5000
      local function greedy(flow)
        kassa.assert(take(flow, "capture-1", amount))
        return "done"
      end
      local value, err = run(greedy)
      assert.is_nil(value)
      assert.equal("no", err.happened)
      amount = 500
      assert.equal("done", run(greedy))
      assert.same({ 1, 500 }, { captured() })
    end)

    it("returns what fn returns as an error, and raises what it raises", function()
      local value, err = run(function() return nil, "no stock" end)
      assert.is_nil(value)
      assert.equal("no stock", err)
      assert.has_error(function() run(function() error("a bug", 0) end) end, "a bug")
      assert.is_true(run(function() end)) -- and its lock is free
    end)

    local function begin()
      till.sandbox:fault { operation = CAPTURE, kind = "drop_before_effect", times = 1, skip = 1 }
      assert.is_nil((run())) -- note and capture-1 are done, capture-2 is open
      till:restart()
    end

    local function refused(fn, words, options)
      local sent = till:sent(CAPTURE)
      local value, err = run(fn, options)
      assert.is_nil(value)
      assert.equal("flow", err.code)
      assert.equal("no", err.happened)
      assert.matches(words, err.message, 1, true)
      assert.matches("o-1", err.message, 1, true)
      assert.equal(sent, till:sent(CAPTURE))
    end

    it("reports a step that is another now", function()
      begin()
      refused(function(flow)
        return kassa.assert(flow:step("remark", function() return 1 end))
      end, 'step 1 is "remark" now and was "note"')
    end)

    it("reports a step that is out of order", function()
      begin()
      refused(function(flow)
        kassa.assert(flow:step("note", function() return 1 end))
        kassa.assert(take(flow, "capture-2", 300))
      end, 'step 2 is "capture-2" now and was "capture-1"')
    end)

    it("reports a step that is missing at the end", function()
      begin()
      refused(function(flow) return kassa.assert(flow:step("note", function() return 1 end)) end,
        'ended before step 2, "capture-1"')
    end)

    it("reports two steps of one name", function()
      refused(function(flow)
        kassa.assert(flow:step("note", function() return 1 end))
        kassa.assert(flow:step("note", function() return 1 end))
      end, 'two of its steps are called "note"')
    end)

    it("reports another version of the script, also of one that is over", function()
      begin()
      refused(script, 'version "1" of its script, this is version "2"', { version = 2 })
      assert(run())
      refused(script, 'version "1"', { version = "2" })
    end)

    it("reports a result that cannot be kept", function()
      refused(function(flow)
        return kassa.assert(flow:step("note", function() return print end))
      end, "the result of step note cannot be kept")
    end)

    it("refuses a step that moves money without its name, which would move it again", function()
      local function capture(flow, options)
        return kassa.assert(flow:step("capture", function(intent)
          return till.klarna.payment_transactions:capture(id, { capture_amount = 100 },
            options or { intent = intent })
        end))
      end
      local sent = till:sent(CAPTURE)
      refused(function(flow) return capture(flow, {}) end, 'step "capture" of the flow o-1 moves')
      assert.equal(sent, till:sent(CAPTURE))
      assert.is_false((pcall(run, function(flow)
        flow:step("capture", function() error("a bug", 0) end)
      end)))
      assert(till.klarna.payment_transactions:capture(id, { capture_amount = 50 })) -- in no step
      assert(run(function(flow) return { id = capture(flow).payment_capture_id } end))
      assert.same({ 2, 150 }, { captured() })
    end)

    it("gives the second of two workers the first one's result", function()
      till.sandbox:fault { operation = CAPTURE, kind = "delay", ms = 2000, times = 1 }
      local values, errors = kassa.all { function() return run() end, function() return run() end }
      assert.is_nil(errors[1])
      assert.is_nil(errors[2])
      assert.same(values[1], values[2])
      assert.same({ note = 1, ["capture-1"] = 1, ["capture-2"] = 1 }, calls)
    end)

    it("keeps a result that is false, and one that is nothing", function()
      local function shy(flow)
        local no = flow:step("no", function() count "no" return false end)
        local nothing = flow:step("nothing", function() count "nothing" end)
        return { no = no, nothing = nothing == nil }
      end
      local settle = book.settle
      assert.same({ no = false, nothing = true }, run(shy))
      assert.equal(settle, book.settle)
    end)
  end)
end

describe("kassa.flow", function()
  it("refuses what cannot be meant at the caller's line", function()
    for _, case in ipairs { { nil, "f", print }, { {}, "f", print } } do
      local ok, raised = pcall(function()
        local value = kassa.flow(case[1], case[2], case[3])
        return value
      end)
      assert.is_false(ok)
      assert.matches("flow_spec.lua:%d+: kassa.flow: the first argument", raised)
    end
  end)
end)
