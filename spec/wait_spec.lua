-- Promises of kassa.wait: asked by the schedule and not before, trouble is waited out, and who
-- waits can stop. Every gateway here is written by hand; its clock is virtual but for one.
local client_of = require "kassa.client"
local clock_of = require "kassa.sandbox.clock"
local json = require "kassa.json"
local kassa = require "kassa"
local peers = require "support.peers"
local runtime = require "kassa.runtime"
local script = require "support.script"
local table_of = require "kassa.api.cybersource"
local transport = require "kassa.sandbox.transport"

local SHOP = { merchant_id = "shop", key_id = "k", secret = "c2VjcmV0" }
local REVIEW_S = { 30, 120, 600, 3600, 3600, 3600 } -- cybersource.md 7.7

local function options(more)
  local all = {}
  for _, list in ipairs { SHOP, more } do
    for name, value in pairs(list) do all[name] = value end
  end
  return all
end

-- A gateway that tells `states` one check after the other, and the last one for ever. A state may
-- be an answer of the script. -> engine, client
local function gateway(states, id)
  local engine = script.new {}
  local count = 0
  local function answer()
    count = count + 1
    local state = states[math.min(count, #states)]
    if type(state) == "table" then return state end
    return script.json(201, json.encode { id = id or "7", status = state })
  end
  for i = 1, 200 do engine.script[i] = answer end
  return engine, kassa.cybersource(options { transport = engine })
end

-- An object of a kind, in the first of these states, and what it takes to go on. -> object, engine
local function object_of(resource, states)
  local engine, client = gateway(states)
  local object = assert(client[resource]:status "7")
  return object, engine, client
end

-- Seconds between one check and the next, as the gateway saw them.
local function gaps(engine)
  local list = {}
  for i = 2, #engine.sent do list[i - 1] = (engine.sent[i].at - engine.sent[i - 1].at) / 1000 end
  return list
end

local function assert_kept(seen, schedule)
  for i, gap in ipairs(seen) do
    assert.is_true(gap >= schedule[i], ("check %d came %.3f s after the last"):format(i, gap))
    assert.is_true(gap <= 1.5 * schedule[i] + 1, ("check %d came %.3f s late"):format(i, gap))
  end
end

local function message_of(fn, ...)
  local ok, err = pcall(fn, ...)
  assert.is_false(ok)
  return tostring(err)
end

describe("wait", function()
  it("returns an object that needs no waiting at once, without asking", function()
    for resource, state in pairs { sessions = "COMPLETED", authorizations = "AUTHORIZED",
        captures = "SETTLED", refunds = "REFUNDED", reversals = "AUTH_REVERSED" } do
      for _, ended in ipairs { state, "FAILED" } do
        local object, engine = object_of(resource, { ended })
        assert.equal(object, object:wait())
        assert.equal(1, #engine.sent)
        assert.equal(1, engine.clock)
      end
    end
  end)

  it("asks by the schedule of each kind and returns the object in its new state", function()
    for resource, ended in pairs { authorizations = "AUTHORIZED", captures = "SETTLED",
        refunds = "REFUNDED", reversals = "FAILED" } do
      local object, engine = object_of(resource, { "PENDING", "PENDING", "PENDING", "PENDING",
        "PENDING", ended })
      assert.equal(object, assert(object:wait()))
      assert.equal(ended, object.status)
      assert.equal(6, #engine.sent)
      assert_kept(gaps(engine), REVIEW_S)
    end
    local session, engine = object_of("sessions", { "INITIATED", "INITIATED", "INITIATED",
      "COMPLETED" })
    assert.equal("COMPLETED", assert(session:wait()).status)
    assert_kept(gaps(engine), { 5, 10, 20 })
  end)

  it("keeps what a check does not tell, such as the amount", function()
    local engine, client = gateway { script.json(201,
      '{"id":"7","status":"PENDING","orderInformation":{"amountDetails":{"totalAmount":"5.00"}}}'),
      "AUTHORIZED" }
    local authorization = assert(client.authorizations:create {
      orderInformation = { amountDetails = { currency = "USD", totalAmount = 500, taxAmount = 0 },
        billTo = { country = "US", postalCode = "1", administrativeArea = "OH" } },
      processorInformation = { preApprovalToken = "t" } })
    assert(authorization:wait())
    assert.equal("AUTHORIZED", authorization.status)
    assert.equal("5.00", authorization.orderInformation.amountDetails.totalAmount)
    assert.equal(2, #engine.sent)
  end)

  it("waits out trouble, and makes it no reason to ask sooner", function()
    local trouble = {
      { code = "timeout", message = "no answer in time", wire = "sent" },
      { code = "connect", message = "connection refused", wire = "unsent" },
      { code = "protocol", message = "connection reset", wire = "sent" },
      script.json(502, '{"status":"SERVER_ERROR","reason":"SYSTEM_ERROR"}'),
      script.json(503, ""), script.json(201, "<html>"),
    }
    local object, engine = object_of("authorizations", { "PENDING", trouble[1], trouble[2],
      trouble[3], trouble[4], trouble[5], trouble[6], "AUTHORIZED" })
    assert.equal("AUTHORIZED", assert(object:wait()).status)
    assert.equal(8, #engine.sent)
    assert_kept(gaps(engine), { 30, 120, 600, 3600, 3600, 3600, 3600 })
  end)

  it("never asks before the gateway's own figure", function()
    local busy = script.json(429, "", { ["Retry-After"] = "900" })
    local object, engine = object_of("authorizations", { "PENDING", busy, "AUTHORIZED" })
    assert(object:wait())
    assert.is_true(gaps(engine)[2] >= 900)
  end)

  it("takes a status nobody has heard of for no success", function()
    local object, engine = object_of("captures", { "PENDING", "HALFWAY", "HALFWAY", "SETTLED" })
    assert.equal("SETTLED", assert(object:wait()).status)
    assert.equal(4, #engine.sent)
    local strange = object_of("captures", { "HALFWAY" })
    local none, err = strange:wait { deadline_s = 1000 }
    assert.is_nil(none)
    assert.same({ "deadline", "HALFWAY" }, { err.code, err.state })
  end)

  it("ends when a check is refused, with the object in err.object", function()
    for _, status in ipairs { 400, 401, 403, 404 } do
      local object, engine = object_of("authorizations", { "PENDING", script.json(status, "{}") })
      local none, err = object:wait()
      assert.is_nil(none)
      assert.equal(status, err.status)
      assert.equal(object, err.object)
      assert.equal("PENDING", err.object.status)
      assert.equal(2, #engine.sent)
    end
  end)

  it("gives up at its deadline, with the last one in err.object and not in a log", function()
    local object, engine = object_of("authorizations", { "PENDING" })
    local none, err = object:wait { deadline_s = 500 }
    assert.is_nil(none)
    assert.same({ "deadline", "no", "same_key", "authorization.wait", 2 },
      { err.code, err.happened, err.retry, err.operation, err.attempts })
    assert.equal(object, err.object)
    assert.matches("still PENDING after 8 minutes 20 seconds and 2 checks", tostring(err))
    assert.equal(501000, math.floor(engine.clock / 1000) * 1000 + 1000)
    for _, value in pairs(err) do assert.is_not.equal(object, value) end
  end)

  it("goes on with the schedule where the last wait left it", function()
    local object, engine = object_of("authorizations", { "PENDING" })
    for _ = 1, 100 do assert.is_nil((object:wait { deadline_s = 60 })) end
    assert_kept(gaps(engine), REVIEW_S)
    assert.is_true(#engine.sent >= 4)
  end)

  it("asks no longer than the schedule does", function()
    local object, engine = object_of("sessions", { "INITIATED" })
    local none, err = object:wait()
    assert.is_nil(none)
    assert.equal("deadline", err.code)
    assert.matches("kassa asks no longer", err.message)
    assert.is_true(engine.clock >= 172800000 and engine.clock < 172800000 + 1350000)
  end)

  it("waits for a state by name", function()
    local capture, engine = object_of("captures", { "SETTLED", "SETTLED", "CHARGEBACK" })
    assert.equal("CHARGEBACK", assert(capture:wait { until_state = "CHARGEBACK" }).status)
    for _, gap in ipairs(gaps(engine)) do assert.is_true(gap >= 86400) end
    local pending = object_of("captures", { "PENDING", "FAILED" })
    local none, err = pending:wait { until_state = { "SETTLED", "CHARGEBACK" } }
    assert.is_nil(none)
    assert.same({ "illegal_state", "FAILED", "never" }, { err.code, err.state, err.retry })
    assert.equal(pending, err.object)
  end)

  it("tells of each answer, and stops when told to", function()
    local states, object = {}, object_of("authorizations", { "PENDING" })
    local none, err = object:wait {
      on_check = function(checked) states[#states + 1] = checked.status end,
      cancel = function() return #states == 3 end,
    }
    assert.is_nil(none)
    assert.same({ "canceled", "no" }, { err.code, err.happened })
    assert.same({ "PENDING", "PENDING", "PENDING" }, states)
  end)

  it("names misuse at the caller's line", function()
    local object = object_of("captures", { "PENDING" })
    for words, wrong in pairs {
      ["options must be a table, got number"] = 5,
      ["deadline is no option, did you mean deadline_s?"] = { deadline = 5 },
      ['deadline_s must be a number of seconds from 0, got "5"'] = { deadline_s = "5" },
      ["until_state: SETLED is no state of it, did you mean SETTLED?"] = { until_state = "SETLED" },
      ["until_state names no state"] = { until_state = {} },
      ["on_check must be a function"] = { on_check = true },
    } do
      local err = message_of(function() object:wait(wrong) end)
      assert.is_truthy(err:find("capture:wait: " .. words, 1, true), words .. " in " .. err)
      assert.matches("wait_spec.lua:%d+:", err)
    end
    assert.matches("with a colon", message_of(function() object.wait {} end))
  end)
end)

describe("waits in tasks", function()
  it("suspend their own task only, and ask once for one object", function()
    local object, engine = object_of("authorizations", { "PENDING", "PENDING", "AUTHORIZED" })
    local ended = {}
    local function waiter(name)
      return function()
        assert.equal("AUTHORIZED", assert(object:wait()).status)
        ended[#ended + 1] = { name, engine.clock }
      end
    end
    kassa.run(function()
      for i = 1, 3 do kassa.go(waiter(i)) end
      kassa.sleep(0) -- of another engine: the others run meanwhile
    end)
    assert.equal(3, #ended)
    assert.equal(3, #engine.sent)
    assert_kept(gaps(engine), REVIEW_S)
    for _, entry in ipairs(ended) do assert.is_true(entry[2] - engine.sent[3].at < 100) end
  end)

  it("are ended by stop_waiting at once, and can begin again", function()
    local object, engine = object_of("authorizations", { "PENDING", "AUTHORIZED" })
    kassa.run(function()
      local task = kassa.go(function() return object:wait() end)
      kassa.go(function() object:stop_waiting() end)
      local none, err = task:join()
      assert.is_nil(none)
      assert.same({ "canceled", object }, { err.code, err.object })
    end)
    assert.equal(1, #engine.sent)
    assert.is_true(engine.clock < 1000)
    assert.equal("AUTHORIZED", assert(object:wait()).status)
  end)

  it("are ended at once on real sockets too, though their pause is half a minute", function()
    local server = require "kassa.httpd".start { module = "support.status_app", config = "3" }
    finally(function() server:stop() end)
    local client = kassa.cybersource(options {
      base_url = "http://127.0.0.1:" .. server:port() })
    local object = assert(client.authorizations:status "a1")
    for _, stop in ipairs { function() object:stop_waiting() end, function() client:close() end } do
      kassa.run(function()
        local task = kassa.go(function() return object:wait() end)
        kassa.sleep(0)
        stop()
        local none, err = task:join()
        assert.is_nil(none)
        assert.same({ "canceled", 0 }, { err.code, err.attempts })
      end)
    end
  end)

  it("are ended when the client is closed", function()
    local object, engine, client = object_of("authorizations", { "PENDING" })
    kassa.run(function()
      local task = kassa.go(function() return object:wait() end)
      kassa.go(function() client:close() end)
      local none, err = task:join()
      assert.is_nil(none)
      assert.equal("canceled", err.code)
    end)
    assert.is_true(engine.clock < 1000)
    assert.matches("this client is closed", message_of(function() object:wait() end))
  end)
end)

-- A gateway of its own clock that notes when it was asked about whom.
local function ledger_of_checks(pending)
  local world = { clock = clock_of.new {}, seen = {} }
  function world:handle(request)
    local id = request.path:match "([^/]+)$"
    local times = self.seen[id] or {}
    self.seen[id] = times
    times[#times + 1] = self.clock:now()
    local status = #times > pending and "AUTHORIZED" or "PENDING"
    return { status = 201, headers = {}, delay_ms = 40,
      body = json.encode { id = id, status = status } }
  end
  function world:advance(seconds) self.clock:advance(seconds) end
  function world.deliver() end
  return world
end

describe("a thousand waits", function()
  local COUNT = 1000

  local function wait_for_all(run, go, client)
    local states = { AUTHORIZED = 0 }
    run(function()
      for i = 1, COUNT do
        go(function()
          local object = assert(client.authorizations:status("a" .. i))
          assert(object:wait())
          states[object.status] = states[object.status] + 1
        end)
      end
    end)
    assert.same({ AUTHORIZED = COUNT }, states)
  end

  it("in virtual time never ask earlier than the schedule, nor in step", function()
    local world = ledger_of_checks(4)
    local client = kassa.cybersource(options { transport = transport.new(world) })
    wait_for_all(kassa.run, kassa.go, client)
    local first, count = {}, 0
    for id, times in pairs(world.seen) do
      assert.equal(5, #times)
      for i = 2, 5 do
        local gap_s = (times[i] - times[i - 1]) / 1000
        assert.is_true(gap_s >= REVIEW_S[i - 1], ("%s asked after %.3f s"):format(id, gap_s))
      end
      first[math.floor((times[2] - times[1]) / 1000)] = true
    end
    for second in pairs(first) do
      assert.is_true(second >= 30 and second <= 45)
      count = count + 1
    end
    assert.is_true(count >= 14, "spread over half a pause")
  end)

  it("hold at most as many connections open as the client may", function()
    local CAP = 8
    local server = require "kassa.httpd".start { module = "support.status_app", config = "1" }
    finally(function() server:stop() end)
    local copy, host = {}, runtime.new()
    for name, value in pairs(table_of) do copy[name] = value end
    copy.polling = { review = { pauses = { 0.05 }, then_s = 0.1, until_s = 3600 } }
    local client = client_of.new(host, copy, options { max_connections = CAP,
      base_url = "http://127.0.0.1:" .. server:port() })
    local most, done = 0, false
    host.tasks:run(function()
      local left = COUNT
      for i = 1, COUNT do
        host.tasks:go(function()
          local object = assert(client.authorizations:status("a" .. i))
          assert.equal("AUTHORIZED", assert(object:wait()).status)
          left = left - 1
          done = left == 0
        end)
      end
      while not done do
        most = math.max(most, peers.connections(server:port()))
        host.tasks:sleep(0.2)
      end
    end)
    client:close()
    assert.is_true(most >= 1 and most <= CAP, most .. " were open")
  end)
end)

describe("a refusal that is no state of the kind", function()
  it("ends the wait as FAILED does", function()
    local capture, engine = object_of("captures", { "PENDING", "DECLINED" })
    assert.equal(capture, assert(capture:wait()))
    assert.equal("DECLINED", capture.status)
    assert.equal(2, #engine.sent)
    local _, err = capture:wait { until_state = "SETTLED" }
    assert.equal("illegal_state", err.code)
    assert.matches("it is DECLINED, and that is an end", err.message)
  end)
end)
