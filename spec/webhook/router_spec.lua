-- Promises of kassa.webhook.router: the right handler, once for each event, one event of an object
-- at a time, and nothing is lost when a handler or the store fails.
local fixtures = require "support.fixtures"
local json = require "kassa.json"
local kassa = require "kassa"
local memory = require "kassa.webhook.memory"
local router_of = require "kassa.webhook.router"
local script = require "support.script"

local TX = "payment.transaction."
local count = 0

-- An event as verify makes it.
local function event(event_type, payload, fields)
  count = count + 1
  local made = { type = event_type, id = "event-" .. count, payload = payload or {} }
  for name, value in pairs(fields or {}) do made[name] = value end
  return made
end

local function transaction(state, ms, id)
  return event(TX .. "state-change." .. state:lower(),
    { payment_transaction_id = id or "krn:t:1", state = state }, { occurred_ms = ms })
end

local function new(options)
  options = options or {}
  options.now = options.now or function() return 1e12 end
  return router_of.new(options)
end

-- A handler that notes what it was given under a name.
local function noting(list, name)
  return function(given) list[#list + 1] = name or given.id end
end

describe("a router", function()
  it("gives an event to the handler of its type, else of the longest pattern, else to the default",
    function()
      local calls, router = {}, new()
      assert.equal(router, router:on("*", noting(calls, "all")))
      router:on(TX .. "captured", noting(calls, "type"))
      router:on("payment.*", noting(calls, "payment"))
      router:on(TX .. "*", noting(calls, "transaction"))
      router:default(noting(calls, "default"))
      for _, name in ipairs { TX .. "captured", TX .. "refunded", TX .. "a.b.c",
        "payment.request.updated", "payments.other", "payment", "x..y.", "." } do
        assert.same({ true, "handled" }, { router:handle(event(name)) })
      end
      assert.same({ "type", "transaction", "transaction", "payment", "all", "all", "all", "all" },
        calls)
    end)

  it("gives what nobody is for to the default, and says so where there is none", function()
    local calls, router = {}, new()
    router:on(TX .. "*", noting(calls, "transaction"))
    assert.same({ true, "unhandled" }, { router:handle(event "a.type.of.next.year") })
    router:default(noting(calls, "default"))
    assert.same({ true, "handled" }, { router:handle(event "a.type.of.next.year") })
    assert.same({ "default" }, calls)
  end)

  it("handles an event once, however often it comes", function()
    local calls, router = {}, new()
    router:on("*", noting(calls))
    local one = event(TX .. "captured")
    assert.same({ true, "handled" }, { router:handle(one) })
    assert.same({ true, "duplicate" }, { router:handle(one) })
    assert.same({ true, "duplicate" }, { router:handle(event("other", {}, { id = one.id })) })
    assert.equal(1, #calls)
  end)

  it("stores first and handles later, where that is asked for", function()
    local calls, router = {}, new()
    router:on("*", noting(calls))
    local one, two = event(TX .. "captured"), event(TX .. "refunded")
    assert.equal("new", router:accept(one))
    assert.equal("duplicate", router:accept(one))
    assert.equal("new", router:accept(two))
    assert.same({ 2, 0 }, { router:pending() })
    assert.equal(0, #calls)
    assert.same({ 2, 0 }, { router:work() })
    assert.same({ one.id, two.id }, calls)
    assert.same({ 0, 0 }, { router:work() })
  end)

  it("changes nothing of the event it was given", function()
    local router = new { client = kassa.klarna {
      api_key = "klarna_test_api_k", transport = script.new {} } }
    local one = transaction("AUTHORIZED", 1)
    local before = json.encode(one)
    router:on("*", function(given)
      given.type = "changed"
      given.object.state = "CHANGED"
    end)
    router:handle(one)
    assert.equal(before, json.encode(one))
    assert.is_nil(getmetatable(one.payload))
  end)
end)

describe("a handler that fails", function()
  local errors, router
  before_each(function()
    errors = {}
    router = new { on_error = function(err, given) errors[#errors + 1] = { err, given } end }
  end)

  it("is reported once, and its event is kept until it is handled", function()
    local works, calls = false, 0
    router:on("*", function()
      calls = calls + 1
      if not works then error "no paper in the printer" end
    end)
    local one = event(TX .. "captured")
    local ok, err = router:handle(one)
    assert.is_nil(ok)
    assert.equal("handler", err.code)
    assert.equal(TX .. "captured", err.operation)
    assert.equal(one.id, err.event_id)
    assert.matches("router_spec.lua:%d+: no paper in the printer", err.cause)
    assert.matches("no paper in the printer", tostring(err))
    assert.equal(1, #errors)
    assert.equal(err, errors[1][1])
    assert.equal(one.id, errors[1][2].id)
    assert.same({ 0, 1 }, { router:pending() })
    assert.equal(one.id, router:failures()[1].event.id)
    assert.matches("no paper", router:failures()[1].why)
    assert.same({ 0, 0 }, { router:work() }) -- not by itself
    assert.same({ 0, 1 }, { router:retry() })
    works = true
    assert.same({ 0, 0 }, { router:retry "another" })
    assert.same({ 1, 0 }, { router:retry() })
    assert.same({ 3, 2 }, { calls, #errors })
    assert.same({ 0, 0 }, { router:pending() })
    assert.same({ true, "duplicate" }, { router:handle(one) })
  end)

  it("gets its event again when the event is sent again", function()
    local works = false
    router:on("*", function() assert(works) end)
    local one = event(TX .. "captured")
    assert.is_nil(router:handle(one))
    assert.equal("failed", router:accept(one))
    works = true
    assert.same({ true, "handled" }, { router:handle(one) })
    assert.same({ true, "duplicate" }, { router:handle(one) })
  end)

  it("may say so as kassa's calls do, and may raise anything", function()
    local failures = {
      function() return nil, "declined" end,
      function() return false, { code = "timeout" } end,
      function() error() end,
      function() error({}) end,
      function() error(setmetatable({}, { __tostring = function() error "twice" end })) end,
      function(given) return given.object.state end, -- no client: no object
    }
    for i, handler in ipairs(failures) do
      router:on(TX .. i, handler, { unlisted = true })
      local ok, err = router:handle(event(TX .. i))
      assert.is_nil(ok)
      assert.equal("handler", err.code)
    end
    assert.equal(#failures, #errors)
    for i, fine in ipairs { function() end, function() return nil end, function() return false end,
      function() return nil, nil end, function() return 1, "x" end } do
      router:on("fine." .. i, fine)
      assert.is_true((router:handle(event("fine." .. i))))
    end
  end)

  it("does not keep later events of its object from being handled", function()
    local calls = {}
    router:on(TX .. "captured", function() error "no" end)
    router:on(TX .. "refunded", noting(calls, "refunded"))
    local payload = { payment_transaction_id = "krn:t:1" }
    router:accept(event(TX .. "captured", payload))
    router:accept(event(TX .. "refunded", payload))
    assert.same({ 1, 1 }, { router:work() })
    assert.same({ "refunded" }, calls)
  end)

  it("may not be heard by an on_error that raises", function()
    router = new { on_error = function() error "deaf" end }
    router:on("*", function() error "no" end)
    local ok, err = router:handle(event "x")
    assert.is_nil(ok)
    assert.matches("no", err.message)
    assert.same({ 0, 1 }, { router:pending() })
  end)
end)

describe("a store that fails", function()
  local function store_with(method, answer)
    local store = memory.new { now = function() return 1 end }
    return setmetatable({ [method] = answer }, { __index = function(_, name)
      return function(_, ...) return store[name](store, ...) end
    end }), store
  end

  local function no_disk() return nil, "no space left" end
  local function broken() error "database is locked" end

  it("keeps an event from being acknowledged and from being handled", function()
    for _, put in ipairs { no_disk, broken } do
      local calls = {}
      local router = new { store = (store_with("put", put)) }
      router:on("*", noting(calls))
      for _, method in ipairs { "accept", "handle" } do
        local ok, err = router[method](router, event "x")
        assert.is_nil(ok)
        assert.equal("store", err.code)
        assert.is_truthy(err.message:find "no space left" or err.message:find "is locked")
      end
      assert.same({}, calls)
    end
  end)

  it("is told of when it cannot note that an event was handled", function()
    for _, done in ipairs { no_disk, broken } do
      local errors = {}
      local router = new { store = (store_with("done", done)),
        on_error = function(err) errors[#errors + 1] = err end }
      local ok, err = router:handle(event "x")
      assert.is_nil(ok)
      assert.equal("store", err.code)
      assert.same({ err }, errors)
    end
  end)

  it("is not taken for an empty one, and stops the work", function()
    for _, take in ipairs { no_disk, broken } do
      local errors = {}
      local router = new { store = (store_with("take", take)),
        on_error = function(err) errors[#errors + 1] = err end }
      assert.equal("new", router:accept(event "x"))
      local how, err = router:handle_next()
      assert.same({ false, "store" }, { how, err.code })
      local handled, failed, why = router:work()
      assert.same({ 0, 0, "store" }, { handled, failed, why.code })
      assert.same({ err, why }, errors)
    end
  end)

  it("keeps an event from being acknowledged whose handling it cannot begin again", function()
    for _, again in ipairs { no_disk, broken } do
      local router = new { store = (store_with("again", again)) }
      router:on("*", function() error "no" end)
      local one = event "x"
      assert.equal("handler", select(2, router:handle(one)).code)
      local ok, err = router:handle(one)
      assert.same({ nil, "store" }, { ok, err.code })
      local handled, failed, why = router:retry()
      assert.same({ 0, 0, "store" }, { handled, failed, why.code })
    end
  end)

  it("fails the event, no more, when it cannot tell what it knows of an object", function()
    local router = new { store = (store_with("state", broken)) }
    router:on("*", function() end)
    local ok, err = router:handle(transaction("AUTHORIZED", 1))
    assert.is_nil(ok)
    assert.equal("handler", err.code)
    assert.same({ 0, 1 }, { router:pending() })
  end)
end)

describe("the object of an event", function()
  local function with_client(answers)
    local engine = script.new(answers or {})
    local klarna = kassa.klarna { api_key = "klarna_test_api_k", transport = engine }
    local router, given = new { client = klarna }, {}
    router:on("*", function(one) given[#given + 1] = one end)
    return router, given, engine
  end

  it("has the fields that were told and the operations that fit, of every example", function()
    for _, fixture in ipairs(fixtures.of "event") do
      local name, whole = fixture.name, json.decode(fixture.text)
      local router, given = with_client()
      router:handle(event(whole.metadata.event_type, whole.payload))
      local kind = whole.metadata.event_type:match "^payment%.(%a+)%."
      kind = "payment_" .. (kind == "funding" and "transaction" or kind)
      local object = given[1].object
      assert.is_function(object.refresh, name)
      assert.matches("^kassa%." .. kind .. " krn:", tostring(object))
      assert.same(whole.payload, object)
      assert.same(whole.payload, given[1].payload)
    end
  end)

  it("can be worked with", function()
    local router, given, engine = with_client {
      script.json(201, '{"payment_capture_id":"krn:t:1:capture:1","capture_amount":500}'),
      script.json(200, '{"payment_transaction_id":"krn:t:1","state":"COMPLETED"}'),
    }
    router:handle(event(TX .. "state-change.authorized", { payment_transaction_id = "krn:t:1",
      state = "AUTHORIZED", remaining_authorization_amount = 500 }, { body = "{}" }))
    local tx = given[1].object
    assert.equal("{}", kassa.raw(tx).body)
    local refused, err = tx:capture { capture_amount = 501 }
    assert.is_nil(refused)
    assert.equal("exceeds_amount", err.code)
    assert.equal("krn:t:1:capture:1", tx:capture({ capture_amount = 500 }).payment_capture_id)
    assert.is_truthy(engine.sent[1].target:find("t:1/capture", 1, true), engine.sent[1].target)
    assert.equal(tx, tx:refresh())
    assert.equal("COMPLETED", tx.state)
    assert.is_nil(tx.remaining_authorization_amount)
  end)

  it("is nil without a client, for a type not known, and where the payload names no id", function()
    local router, given = with_client()
    router:handle(event("payment.surprise.happened", { payment_transaction_id = "krn:t:1" }))
    router:handle(event(TX .. "captured", {}))
    router:handle(event(TX .. "captured", { payment_transaction_id = json.null }))
    router:handle(event "identity.customer-token.state-change.revoked")
    assert.equal(4, #given)
    for i = 1, 4 do assert.is_nil(given[i].object) end
    local bare = new()
    bare:on("*", function(one) given[#given + 1] = one end)
    bare:handle(transaction("AUTHORIZED", 1))
    assert.is_nil(given[5].object)
    assert.equal("AUTHORIZED", given[5].state)
  end)

  it("never reads as it was before", function()
    local router, given = with_client()
    router:handle(transaction("COMPLETED", 5))
    local late = transaction("AUTHORIZED", 3)
    late.payload.state_reason, late.payload.previous_state = "AUTHORIZED", "X"
    assert.same({ true, "handled" }, { router:handle(late) })
    assert.same({ "COMPLETED", true }, { given[2].state, given[2].stale })
    assert.equal("COMPLETED", given[2].object.state)
    assert.is_nil(given[2].object.state_reason)
    assert.is_nil(given[2].object.previous_state)
    assert.equal("AUTHORIZED", given[2].payload.state)
    assert.same({ "COMPLETED", false }, { given[1].state, given[1].stale })
  end)

  it("never reads as it was before either, where the event is sent for something else", function()
    local router, given = with_client()
    local function dispute(name, state, ms)
      assert(router:handle(event("payment.dispute." .. name,
        { payment_dispute_id = "krn:d:1", state = state }, { occurred_ms = ms })))
      local last = given[#given]
      return last.object.state, last.state, last.stale
    end
    local extended = "updated.arbitration-deadline-extended"
    assert.same({ "ARBITRATION_PENDING", "ARBITRATION_PENDING", false },
      { dispute(extended, "ARBITRATION_PENDING", 10) })
    assert.same({ "ARBITRATION_PENDING", "ARBITRATION_PENDING", true },
      { dispute("state-change.pre-arbitration", "PRE_ARBITRATION", 5) })
    assert.same({ "CLOSED", "CLOSED", false }, { dispute("state-change.closed", "CLOSED", 30) })
    assert.same({ "CLOSED", "CLOSED", false }, { dispute(extended, "ARBITRATION_PENDING", 20) })
    assert.same({ nil, "CLOSED", false }, { dispute(extended, nil, 20) })
  end)

  it("has a state of its own for the funding of a transaction", function()
    local router, given = with_client()
    local function funding(state, ms)
      return event("payment.funding.state-change." .. state:lower(), {
        payment_transaction_id = "krn:t:1", payment_funding = { state = state } },
        { occurred_ms = ms })
    end
    router:handle(transaction("CLOSED", 9))
    router:handle(funding("FUNDED", 5))
    router:handle(funding("PENDING", 7))
    assert.same({ "FUNDED", true }, { given[3].state, given[3].stale })
    assert.equal("FUNDED", given[3].object.payment_funding.state)
    assert.equal("PENDING", given[3].payload.payment_funding.state)
    router:handle(event(TX .. "refunded", { payment_transaction_id = "krn:t:1" }))
    assert.same({ "CLOSED", false }, { given[4].state, given[4].stale })
    assert.is_nil(given[4].object.state)
  end)

  it("takes the state from the type where the payload leaves it out", function()
    local router, given = with_client()
    local prefix = "payment.request.state-change."
    router:handle(event(prefix .. "confirmed", { payment_request_id = "krn:r:1" }))
    router:handle(event(prefix .. "authorized", { payment_request_id = "krn:r:2",
      state = "AUTHORIZED" }))
    assert.equal("CONFIRMED", given[1].state)
    assert.equal("CONFIRMED", given[2].state)
    assert.equal("AUTHORIZED", given[2].object.state)
  end)
end)

describe("handlers in tasks", function()
  it("suspend only their own task, and get the events of one object one after another", function()
    local router, order = new(), {}
    router:on("*", function(given)
      order[#order + 1] = "begin " .. given.payload.n
      kassa.sleep(given.payload.s)
      order[#order + 1] = "end " .. given.payload.n
    end)
    local function send(n, id, s)
      return function()
        return select(2, router:handle(event(TX .. "captured",
          { payment_transaction_id = id, n = n, s = s })))
      end
    end
    local results = kassa.all { send("a1", "a", 0.05), send("a2", "a", 0), send("b1", "b", 0) }
    assert.same({ "begin a1", "begin b1", "end b1", "end a1", "begin a2", "end a2" }, order)
    assert.same({ "handled", "queued", "handled", n = 3 }, results)
  end)

  it("may raise after they were suspended", function()
    local errors = {}
    local router = new { on_error = function(err) errors[#errors + 1] = err end }
    router:on("*", function()
      kassa.sleep(0.001)
      error "too late"
    end)
    local ok, err = kassa.run(function() return router:handle(event "x") end)
    assert.is_nil(ok)
    assert.matches("too late", err.message)
    assert.equal(1, #errors)
  end)

  it("may give the router events of their own", function()
    local router, calls = new(), {}
    router:on("outer.*", function()
      assert(router:handle(event("inner", { payment_transaction_id = "krn:t:1" })))
    end)
    router:on("inner", noting(calls, "inner"))
    assert.is_true((router:handle(event "outer.1")))
    assert.is_true((kassa.run(function() return router:handle(event "outer.2") end)))
    assert.same({ "inner", "inner" }, calls)
  end)
end)

describe("a misuse of a router", function()
  local nothing = function() end
  local router = new()
  router:on("twice", nothing)
  local MISUSES = {
    ["options must be a table, got string"] = function() router_of.new "x" end,
    ["storre is no option, did you mean store?"] = function() router_of.new { storre = 1 } end,
    ["client must be a client made by kassa.klarna"] = function() router_of.new { client = {} } end,
    ['provider must be "klarna" or "cybersource"'] =
      function() router_of.new { provider = "stripe" } end,
    ["did you mean payments.payments.updated?"] = function()
      router_of.new { provider = "cybersource" }:on("payments.payment.updated", nothing)
    end,
    ["provider is cybersource, but the client is one of klarna"] = function()
      router_of.new { provider = "cybersource", client = require "kassa".klarna {
        api_key = "klarna_test_api_abc", transport = require "support.script".new {} } }
    end,
    ["store has no method put"] = function() router_of.new { store = {} } end,
    ["on_error must be a function"] = function() router_of.new { on_error = 1 } end,
    ["the handler must be a function, got nil"] = function() router:on "x" end,
    ["the event type must be a string, got number"] = function() router:on(1, nothing) end,
    ['"twice" has a handler already'] = function() router:on("twice", nothing) end,
    ["does not end in .*"] = function() router:on("payment.*.captured", nothing) end,
    ["(or is no * alone)"] = function() router:on("payment*", nothing) end,
    ["did you mean payment.transaction.captured?"] = function()
      router:on(TX .. "capture", nothing)
    end,
    ["did you mean payment.transaction.*?"] = function()
      router:on("payment.transactions.*", nothing)
    end,
    ["did you mean payment.*?"] = function() router:on("payments.*", nothing) end,
    ["did you mean payment.dispute.*?"] = function() router:on("payment.dispute", nothing) end,
    ["router:default: the handler must be a function"] = function() router:default() end,
    ["an event expected, got nil"] = function() router:handle() end,
    ["event.id must be a string, got nil"] = function()
      router:accept { type = "x", payload = {} }
    end,
  }

  for words, misuse in pairs(MISUSES) do
    it("is named at its line: " .. words, function()
      local ok, err = pcall(misuse)
      assert.is_false(ok)
      assert.is_truthy(err:find(words, 1, true), err)
      assert.matches("router_spec.lua:%d+: ", err)
    end)
  end

  it("is none to handle a type that is new, when it is meant", function()
    router:on(TX .. "capture", nothing, { unlisted = true })
    router:on("payment.parcel.lost", nothing)
    router:on("payment.transactions.*", nothing, { unlisted = true })
    router:on("payment.dispute", nothing, { unlisted = true })
    router:on("logistics.*", nothing)
  end)

  it("is to call a method with a dot", function()
    for _, name in ipairs { "on", "default", "accept", "handle", "handle_next", "work", "retry",
      "pending", "failures" } do
      local words = "router:" .. name .. ": call it with a colon, not with a dot"
      assert.has_error(function() router[name](nothing) end, words)
      assert.has_error(function() router[name]() end, words)
    end
  end)
end)
