-- Promises of kassa.inbox on each database: the face of every store of events, kept over the end of
-- processes and connections. What handlers of many processes do to each other is in spec/inbox/.
local engines = require "support.engines"
local inbox_of = require "kassa.inbox"
local json = require "kassa.json"
local router_of = require "kassa.webhook.router"
local webhook = require "kassa.webhook"

local HOUR = 3600 * 1000
local KEY, KEY_ID = "kassa-test-signing-key-0001", "krn:key:1"

local function event(id, about, occurred_ms)
  return { id = id, type = "t", payload = {}, about = about, occurred_ms = occurred_ms }
end

for _, engine in ipairs(engines) do
  describe("the inbox on " .. engine.name, function()
    if engine.missing then return pending(engine.missing) end

    local clock, database, opened

    -- One more inbox on the same database, as another process has it.
    local function open(more)
      local options = { now = function() return clock end }
      for name, value in pairs(database.options) do options[name] = value end
      for name, value in pairs(more or {}) do options[name] = value end
      opened[#opened + 1] = assert(inbox_of.new(options))
      return opened[#opened]
    end

    local store
    before_each(function()
      clock, opened = 1e12, {}
      database = engine.new()
      store = open()
    end)
    after_each(function()
      for _, one in ipairs(opened) do one:close() end
      database.remove()
    end)

    -- The ids in the order in which they are taken and done.
    local function drain(from)
      from = from or store
      local ids = {}
      for taken in function() return from:take() end do
        ids[#ids + 1] = taken.id
        assert(from:done(taken))
      end
      return table.concat(ids, " ")
    end

    local function put(...)
      for _, id in ipairs { ... } do assert.equal("new", store:put(event(id, id:sub(1, 1)))) end
    end

    it("gives back what was put, once, in order", function()
      put("c", "a", "b")
      assert.same({ 3, 0 }, { store:pending() })
      assert.equal("c a b", drain())
      assert.is_nil(store:take())
      assert.same({ 0, 0 }, { store:pending() })
    end)

    it("knows an id while it waits, is handled, and after, whoever asks", function()
      local other = open()
      put "a"
      assert.equal("duplicate", other:put(event "a"))
      local one = store:take()
      assert.equal("duplicate", other:put(event "a"))
      store:done(one)
      assert.equal("duplicate", other:put(event "a"))
      assert.is_nil(other:take())
    end)

    it("gives one event of an object at a time, others meanwhile, over all processes", function()
      local other = open()
      put("x1", "x2", "x3", "y1")
      local x1, y1 = store:take(), other:take()
      assert.same({ "x1", "y1" }, { x1.id, y1.id })
      assert.is_nil(store:take())
      assert.is_nil(other:take())
      other:done(y1)
      assert.is_nil(other:take "x")
      put "x4"
      store:done(x1)
      assert.equal("x2 x3 x4", drain(other))
    end)

    it("gives the events of one object when asked for it", function()
      put("y1", "x1", "x2")
      local x1 = store:take "x"
      assert.equal("x1", x1.id)
      assert.is_nil(store:take "x")
      assert.is_nil(store:take "z")
      store:done(x1)
      assert.equal("x2", store:take("x").id)
      assert.equal("y1", store:take().id)
      assert.is_nil(store:take())
    end)

    it("looks past any number of objects that others are at", function()
      local other = open()
      for i = 1, 50 do assert(store:put(event("id" .. i, "object" .. i))) end
      for i = 1, 49 do assert.equal("id" .. i, other:take().id) end
      assert.equal("id50", store:take().id)
      assert.is_nil(store:take())
    end)

    it("hands an event out again when its handler's connection is gone", function()
      local other = open()
      put("x1", "x2")
      assert.equal("x1", other:take().id)
      assert.is_nil(store:take())
      other:close()
      assert.equal("x1 x2", drain())
    end)

    it("keeps what failed until it is asked for again, and lets its object go on", function()
      store:put(event("x1", "x", 2))
      store:put(event("x2", "x", 1))
      store:failed(store:take(), "the first reason")
      assert.same({ 1, 1 }, { store:pending() })
      assert.equal("failed", store:put(event("x1", "x")))
      store:failed(store:take(), "the second")
      assert.is_nil(store:take())
      local failures = store:failures()
      assert.equal("x2", failures[1].event.id)
      assert.equal("x", failures[1].event.about)
      assert.same({ "the second", "the first reason" }, { failures[1].why, failures[2].why })
      assert.equal(0, store:again "nobody")
      assert.equal(1, store:again "x1")
      assert.equal("x1", drain())
      assert.equal(1, store:again())
      assert.equal(0, store:again())
      assert.equal("x2", drain())
      assert.equal("duplicate", store:put(event "x1"))
    end)

    it("tries what failed again after longer and longer pauses, then parks and lists it", function()
      put "x1"
      local pauses = {}
      for try = 1, 5 do
        store:failed(assert(store:take(), try), "no " .. try)
        assert.is_nil(store:take())
        local left = store:failures()[1]
        assert.same({ try, "no " .. try, try == 5 }, { left.tries, left.why, left.parked })
        if left.due_ms then
          pauses[try] = left.due_ms - clock
          clock = left.due_ms - 1
          assert.is_nil(store:take())
          clock = clock + 1
        end
      end
      assert.same({ 60000, 240000, 960000, 3840000 }, pauses)
      clock = clock + 1000 * HOUR
      assert.is_nil(store:take())
      assert.equal(1, store:again())
      assert.equal("x1", drain())
    end)

    it("parks what ends its handlers' processes again and again", function()
      put("x1", "x2")
      for _ = 1, 3 do
        local doomed = open { tries_max = 3 }
        assert.equal("x1", doomed:take().id)
        doomed:close()
      end
      store = open { tries_max = 3 }
      assert.equal("x2", drain())
      local left = store:failures()[1]
      assert.equal("x1", left.event.id)
      assert.matches("handed out 3 times", left.why)
      assert.is_true(left.parked)
    end)

    it("says so when something is ended that was not taken", function()
      put "a"
      assert.has_error(function() store:done(event "a") end)
      assert.has_error(function() store:failed(event "b", "why") end)
      local a = store:take()
      store:done(a)
      assert.has_error(function() store:done(a) end)
    end)

    it("keeps ids for as long as it was told, 30 days if nothing, not for ever", function()
      put("a", "b")
      drain()
      clock = clock + 719 * HOUR
      put "c"
      drain()
      assert.equal("duplicate", store:put(event "a"))
      clock = clock + 2 * HOUR
      put "d"
      drain()
      assert.equal("new", store:put(event("a", "a")))
      assert.equal("duplicate", store:put(event "c"))
      assert.has_error(function() inbox_of.new { path = "x", keep_h = 71 } end)
    end)

    it("remembers the newest state of each object, by kind and id, over its own end", function()
      assert.is_nil(store:state("k", "1"))
      assert.is_true(store:moved("k", "1", "A", 7))
      store:moved("l", "1", "B", 1792000000123)
      store:moved("k", "1", "C", 9)
      store:moved("k", "2", "D")
      store:close()
      store = open()
      assert.same({ "C", 9 }, { store:state("k", "1") })
      assert.same({ "B", 1792000000123 }, { store:state("l", "1") })
      assert.same({ "D" }, { store:state("k", "2") })
    end)

    it("gives events of both providers back as they were verified", function()
      local bodies = {
        klarna = json.encode {
          metadata = { event_type = "payment.transaction.captured", event_id = "e-1",
            occurred_at = "2026-01-02T03:04:05Z" },
          payload = { payment_transaction_id = "krn:1", list = json.list(), n = 9007199254740991 },
        },
        cybersource = json.encode {
          eventType = "payments.payments.updated", eventDate = "2022-07-20T11:38:45",
          payload = { reconciliationId = "r-1", status = "SETTLED" },
        },
      }
      local key = "a2Fzc2EtdGVzdC1zaWduaW5nLWtleS0wMDAx"
      for provider, body in pairs(bodies) do
        local own = provider == "klarna" and KEY or key
        local headers = webhook.sign { body = body, key = own, key_id = KEY_ID,
          provider = provider, now_ms = clock }
        local verified = assert(webhook.verify { body = body, headers = headers,
          keys = { [KEY_ID] = own }, now_ms = clock, provider = provider })
        verified.about = "something"
        assert.equal("new", store:put(verified))
        local taken = store:take()
        assert.same(verified, taken)
        assert.equal(tostring(verified), tostring(taken))
        assert.equal(getmetatable(verified), getmetatable(taken))
        store:done(taken)
      end
    end)

    it("keeps any bytes in ids, objects, states and reasons", function()
      local odd, bytes = "a\0b\195\164'%\n", "a\0b\255"
      assert.equal("new", store:put { id = odd, type = "t", payload = {}, about = odd,
        body = bytes })
      assert.equal("new", store:put { id = "a", type = "t", payload = {}, about = "a" })
      assert.equal("duplicate", store:put { id = odd, type = "t", payload = {}, about = "b" })
      local taken = store:take(odd)
      assert.same({ odd, odd, bytes }, { taken.id, taken.about, taken.body })
      store:failed(taken, bytes)
      assert.equal(bytes, store:failures()[1].why)
      assert.equal(1, store:again(odd))
      store:moved("k", odd, bytes, 1)
      assert.equal(bytes, (store:state("k", odd)))
      local none, err = store:put { id = "f", type = "t", payload = { f = print } }
      assert.is_nil(none)
      assert.equal("store", err.code)
      assert.matches("event.payload cannot be written", err.message)
    end)

    it("shares the database of a journal, and leaves it open", function()
      local journal = assert(require "kassa".journal(database.options))
      local shared = assert(inbox_of.new { journal = journal })
      assert.equal("new", shared:put(event "a"))
      assert.equal("duplicate", store:put(event "a"))
      shared:close()
      assert.same({}, journal:open())
      journal:close()
    end)

    it("erases what an event told once it is done", function()
      local secret = "somebody@example.org"
      store:put { id = "a", type = "t", about = "a", payload = { email = secret }, body = secret }
      store:done(store:take())
      local rows = store.store:all "SELECT content, why FROM kassa_events"
      assert.same({ {} }, rows)
    end)

    it("works behind a router, whose failed events it brings back by itself", function()
      local router = router_of.new { store = store, now = function() return clock end }
      local calls = 0
      router:default(function()
        calls = calls + 1
        if calls == 1 then error "not now" end
      end)
      local one = event("a", nil, 5)
      assert.is_nil(router:handle(one))
      assert.same({ 0, 0 }, { router:work() })
      clock = clock + 60000
      assert.same({ 1, 0 }, { router:work() })
      assert.same({ true, "duplicate" }, { router:handle(one) })
      assert.equal(2, calls)
    end)
  end)
end

describe("the inbox", function()
  it("refuses options that cannot be meant, at the caller's line", function()
    local function refused(options, message)
      local ok, why = pcall(function() local made = inbox_of.new(options) return made end)
      assert.is_false(ok)
      assert.matches("inbox_spec.lua:%d+: kassa.inbox: " .. message, why)
    end
    refused(nil, "options must be a table, got nil")
    refused({}, "give one of path, postgres and journal")
    refused({ path = "a", postgres = "b" }, "give one of path")
    refused({ pat = "a" }, "pat is no option, did you mean path%?")
    refused({ path = 7 }, "path must be a string")
    refused({ path = "a", tries_max = 0 }, "tries_max must be a whole number of at least 1")
    refused({ path = "a", keep_h = 24, now = 7 },
      "keep_h must be a number of hours, at least 72, got 24; now must be a function")
    refused({ journal = {} }, "journal must be a journal made by kassa.journal")
  end)

  it("says which database it cannot open", function()
    local none, err = inbox_of.new { path = "/nowhere/at/all/shop.db" }
    assert.is_nil(none)
    assert.matches("/nowhere/at/all/shop.db", tostring(err))
  end)
end)
