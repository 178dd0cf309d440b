-- Promises of webhooks received in process: in order, each at its own time, also while the clock
-- moves, and from a receiver that makes calls of its own.

local api = require "kassa.api.klarna"
local client = require "kassa.client"
local runtime = require "kassa.runtime"
local sandbox = require "kassa.sandbox"
local sign = require "kassa.core".sign

local ORDER = { currency = "USD", payment_amount = 1000 }

describe("a receiver in process", function()
  local box, klarna, host, got

  before_each(function()
    box, host, got = sandbox.world { seed = 7 }, runtime.new(), {}
    klarna = client.new(host, api, box:options())
  end)
  after_each(function()
    klarna.close()
    box:stop()
  end)

  local function answer(status)
    return function(request)
      got[#got + 1] = request
      return type(status) == "table" and table.remove(status, 1) or status or 204
    end
  end

  local function types()
    local out = {}
    for i, request in ipairs(got) do out[i] = request.event_type:match "[^.]*$" end
    return out
  end

  it("has the webhook of a call before the call returns, signed", function()
    box:receive(answer())
    local request = assert(klarna.payment_requests:create(ORDER))
    assert.same({ "submitted" }, types())
    assert.equal("POST", got[1].method)
    assert.truthy(got[1].body:find(request.payment_request_id, 1, true))
    local key = box:signing_key()
    assert.equal(key.signing_key_id, got[1].headers["Klarna-Signing-Key-Id"])
    assert.equal(sign.hex(sign.hmac_sha256(key.signing_key, got[1].body)),
      got[1].headers["Klarna-Signature"])
    assert.equal("delivered", box:deliveries()[1].state)
  end)

  it("has the webhooks of a verb when the verb returns, in order", function()
    box:receive(answer())
    local request = assert(klarna.payment_requests:create(ORDER))
    box:approve(request.payment_request_id)
    assert.same({ "submitted", "in-progress", "pending-confirmation" }, types())
  end)

  it("gets what happened before it was there", function()
    assert(klarna.payment_requests:create(ORDER))
    box:receive(answer())
    assert.same({ "submitted" }, types())
  end)

  it("is asked again at the times of the retries while the clock moves", function()
    local at = {}
    box:receive(function() at[#at + 1] = box:now(); return 500 end)
    local start = box:now()
    assert(klarna.payment_requests:create(ORDER))
    box:receive(function(request)
      at[#at + 1] = box:now()
      return request.event_type:find "submitted" and 500 or 204
    end)
    assert.equal("2024-01-08T12:00:00Z", box:advance "7d")
    local seconds = {}
    for i, ms in ipairs(at) do seconds[i] = (ms - start) / 1000 end
    -- Seven attempts by 5.4, and the end of the request, 48 hours old, between them and the end.
    assert.same({ 0, 10, 130, 1030, 11830, 33430, 76630, 172800 }, seconds)
    assert.equal("dropped", box:deliveries()[1].state)
  end)

  it("ends the retries with a status that acknowledges", function()
    box:receive(answer { 500, 404, 202 })
    assert(klarna.payment_requests:create(ORDER))
    box:advance "1h"
    assert.same({ 1, 2, 3 }, { got[1].attempt, got[2].attempt, got[3].attempt })
    assert.equal(3, #got)
    local attempts = box:deliveries()[1].attempts
    assert.same({ 500, 404, 202 }, { attempts[1].status, attempts[2].status, attempts[3].status })
    assert.equal("2024-01-01T12:02:10Z", attempts[3].at)
  end)

  it("that raises, yields or returns no status has failed, and nobody else is hurt", function()
    for message, receiver in pairs {
      ["no such order"] = function() error "no such order" end,
      ["the receiver yielded"] = function() coroutine.yield() end,
      ["the receiver returned no status"] = function() return "fine" end,
    } do
      box:receive(receiver)
      assert(klarna.payment_requests:create(ORDER))
      local list = box:deliveries()
      local attempt = list[#list].attempts[1]
      assert.truthy(attempt.message:find(message, 1, true), attempt.message)
      assert.is_nil(attempt.status)
      assert.equal("waiting", list[#list].state)
    end
  end)

  it("may make calls and verbs of its own; what they cause comes after", function()
    local inside, depth, deepest = {}, 0, 0
    box:receive(function(request)
      depth = depth + 1
      deepest = math.max(deepest, depth)
      got[#got + 1] = request
      local id = request.body:match "\"payment_request_id\":\"([^\"]*)\""
      if request.event_type:find "submitted" then
        inside[#inside + 1] = assert(klarna.payment_requests:read(id)).state
        box:approve(id)
      end
      depth = depth - 1
      return 204
    end)
    local request = assert(klarna.payment_requests:create(ORDER))
    assert.equal("SUBMITTED", request.state)
    assert.same({ "SUBMITTED" }, inside)
    assert.same({ "submitted", "in-progress", "pending-confirmation" }, types())
    assert.equal(1, deepest)
    assert.equal("PENDING_CONFIRMATION", box:state(request.payment_request_id))
  end)

  it("may make calls while tasks run, and each task gets its own answer", function()
    local read = 0
    box:receive(function(request)
      local id = request.body:match "\"payment_request_id\":\"([^\"]*)\""
      read = read + (assert(klarna.payment_requests:read(id)).payment_request_id == id and 1 or 0)
      return 204
    end)
    local tasks, made = {}, {}
    for i = 1, 10 do
      tasks[i] = function()
        local request = assert(klarna.payment_requests:create { currency = "USD",
          payment_amount = 100 + i })
        made[i] = request.payment_amount
        assert(request:cancel())
      end
    end
    host.tasks:all(tasks)
    for i = 1, 10 do assert.equal(100 + i, made[i]) end
    assert.equal(20, read)
  end)

  it("may move the clock; the time moves by both", function()
    local moved = false
    box:receive(function()
      if not moved then
        moved = true
        box:advance "1h"
      end
      return 500
    end)
    assert(klarna.payment_requests:create(ORDER))
    assert.equal("2024-01-01T13:00:10Z", box:deliveries()[1].next_at)
    assert.equal("2024-01-01T15:00:00Z", box:advance "2h")
  end)

  it("can be taken away", function()
    box:receive(answer())
    box:receive(nil)
    assert(klarna.payment_requests:create(ORDER))
    assert.equal(0, #got)
    assert.equal("due", box:deliveries()[1].state)
    assert.has_error(function() box:receive "here" end,
      "bad argument #1 to 'receive' (function expected, got string)")
  end)

  it("meets duplicates, reorder and loss as planned", function()
    box:receive(answer())
    box:fault { webhook = "duplicate", event_type = "payment.request.*", times = 1 }
    local request = assert(klarna.payment_requests:create(ORDER))
    assert.same({ "submitted", "submitted" }, types())
    assert.equal(got[1].event_id, got[2].event_id)
    assert.equal(got[1].body, got[2].body)
    box:fault { webhook = "reorder", times = 1 }
    box:fault { webhook = "lose", event_type = "payment.request.state-change.canceled" }
    box:approve(request.payment_request_id)
    assert.same({ "submitted", "submitted", "pending-confirmation", "in-progress" }, types())
    assert(klarna.payment_requests:cancel(request.payment_request_id))
    assert.equal(4, #got)
    box:fault { clear = true }
    assert.equal(1, box:redeliver(box:deliveries()[5].event_id))
    assert.equal("canceled", types()[5])
  end)

  it("hears a retry that is due while a call waits", function()
    box:receive(answer { 500, 204 })
    assert(klarna.payment_requests:create(ORDER))
    box:fault { operation = "payment_request.read", kind = "delay", ms = 20000, times = 1 }
    klarna.payment_requests:read(box:request_ids()[1])
    assert.equal(2, #got)
  end)
end)

describe("a receiver beside a real clock", function()
  it("gets what is due when something is done", function()
    local now = 1e12
    local box = sandbox.world { seed = 7, clock = "real", time_source = function() return now end }
    local got = 0
    box:receive(function()
      got = got + 1
      return 500
    end)
    local klarna = client.new(runtime.new(), api, box:options())
    assert(klarna.payment_requests:create(ORDER))
    assert.equal(1, got)
    now = now + 10000
    box:now()
    assert.equal(2, got)
    box:advance "2m"
    assert.equal(3, got)
    klarna.close()
    box:stop()
  end)
end)
