-- What must be the same in every loop, for the contract of runtimes: each story is played in a loop
-- by its name and says what it must come to; `finally` takes what is to be done at its end, as
-- busted's does. Its asserts are luassert's.

local assert = require "luassert"
local loops = require "support.loops"

local access = require "kassa.api.klarna.access"
local cybersource = require "kassa.api.cybersource.access"
local client = require "kassa.client"
local sandbox = require "kassa.sandbox"

-- A client of this sandbox, in a loop.
local function client_of(host, option, box, more, api)
  local options = box:options()
  options.runtime = option
  for name, value in pairs(more or {}) do options[name] = value end
  return client.new(host, api or access, options)
end

-- Plays a story with a Klarna sandbox behind a socket and a client of it.
local function play(name, finally, story, options, of_sandbox)
  local box = assert(sandbox.start(of_sandbox or { seed = 21 }))
  finally(function() box:stop() end)
  return loops.play(name, function(host, option)
    return { box = box, klarna = client_of(host, option, box, options), host = host,
      option = option }
  end, story)
end

local order = { currency = "USD", payment_amount = 9000 }

-- One that the shopper's bank looks at for a while.
local pending_order = {
  processorInformation = { preApprovalToken = "sandbox-pending-authorized" },
  orderInformation = {
    amountDetails = { currency = "USD", totalAmount = 10000, taxAmount = 0 },
    billTo = { country = "US", postalCode = "43215", administrativeArea = "OH" },
    lineItems = { { productName = "Pen", quantity = 1, unitPrice = 10000, totalAmount = 10000 } },
  },
}

local function create(made)
  return assert(made.klarna.payment_requests:create(order))
end

local stories = {}

stories["a checkout is made step by step"] = function(name, finally)
  local told = play(name, finally, function(_, made)
    local klarna, box = made.klarna, made.box
    local request = create(made)
    assert(box:approve(request.payment_request_id))
    assert(request:refresh())
    local confirmed = assert(request:confirm(order))
    local id = confirmed.state_context.payment_transaction.payment_transaction_id
    local capture = assert(klarna.payment_transactions:capture(id, { capture_amount = 400 }))
    assert(klarna.payment_captures:refund(capture.payment_capture_id, { refund_amount = 100 }))
    local ledger = box:ledger(id)
    return { request.state, ledger.captured, ledger.refunded }
  end)
  assert.same({ "CONFIRMED", 400, 100 }, told)
end

stories["an error is the same value, and a passing fault is retried"] = function(name, finally)
  local told = play(name, finally, function(_, made)
    local requests, box = made.klarna.payment_requests, made.box
    local _, lost = requests:read "krn:payment:eu1:request:0a1512a5-7ceb-4a58-9686-94113c9aafa2"
    local _, broken = requests:create { currency = "USD" }
    box:fault { kind = "status", status = 503, times = 1 }
    local request = create(made)
    local attempts = require "kassa.object".raw(request).timings.attempts
    box:fault { kind = "status", status = 503, times = 1 }
    local _, failed = requests:read(request.payment_request_id, { retries = 0 })
    return { lost.code, lost.happened, broken.code, broken.attempts, attempts, failed.code,
      failed.attempts }
  end)
  assert.same({ "not_found", "no", "invalid", 0, 2, "api", 1 }, told)
end

stories["a call without an answer holds up no other"] = function(name, finally)
  local ended = play(name, finally, function(stage, made)
    local list, request = {}, create(made)
    made.box:fault { kind = "silence", times = 1 }
    stage.go(function()
      local _, err = request:refresh()
      list[#list + 1] = err.code
    end)
    stage.sleep(0.2)
    for i = 1, 3 do
      assert(made.klarna.payment_requests:read(request.payment_request_id))
      list[#list + 1] = i
    end
    made.klarna.close()
    stage.wait_until(function() return #list == 4 end)
    return list
  end)
  assert.same({ 1, 2, 3, "canceled" }, ended)
end

stories["fifty calls at once each get their own answer"] = function(name, finally)
  local right = play(name, finally, function(stage, made)
    local count, done = 0, 0
    for i = 1, 50 do
      stage.go(function()
        local request = made.klarna.payment_requests:create { currency = "USD",
          payment_amount = 1000 + i }
        if request and request.payment_amount == 1000 + i then count = count + 1 end
        done = done + 1
      end)
    end
    stage.wait_until(function() return done == 50 end)
    return count
  end)
  assert.equal(50, right)
end

stories["calls wait their turn under a rate limit"] = function(name, finally)
  local told = play(name, finally, function(stage, made)
    create(made) -- from here on the limit is known
    local count, done = 0, 0
    for _ = 1, 24 do
      stage.go(function()
        if made.klarna.payment_requests:create(order) then count = count + 1 end
        done = done + 1
      end)
    end
    stage.wait_until(function() return done == 24 end)
    local refused = 0
    for _, request in ipairs(made.box:requests()) do
      if request.status == 429 then refused = refused + 1 end
    end
    return { count, refused }
  end, nil, { clock = "real", rate = 20 })
  assert.same({ 24, 0 }, told)
end

stories["kassa.all brings both results of each, others go on meanwhile"] = function(name, finally)
  local told = play(name, finally, function(stage, made)
    local others, over = 0, false
    stage.go(function()
      while not over do
        stage.sleep(0.01)
        others = others + 1
      end
    end)
    local values, errors = stage.all {
      function() return create(made).payment_amount end,
      function() return made.klarna.payment_requests:create { currency = "USD" } end,
      function() stage.wait_until(function() return others > 3 end) return "waited" end,
    }
    over = true
    return { values[1], values[2], values[3], errors[2].code }
  end)
  assert.same({ 9000, nil, "waited", "invalid" }, told)
end

stories["several runs go on next to each other, each for its caller"] = function(name, finally)
  local told = play(name, finally, function(stage, made)
    local list = {}
    for i = 1, 3 do
      stage.go(function()
        local joined = stage.run(function()
          local task = made.host.tasks:go(function() stage.sleep(0.04 - i / 100) return i end)
          return task:join()
        end)
        list[#list + 1] = joined
      end)
    end
    stage.wait_until(function() return #list == 3 end)
    table.sort(list)
    return list
  end)
  assert.same({ 1, 2, 3 }, told)
end

stories["closing the client ends its calls as canceled"] = function(name, finally)
  local told = play(name, finally, function(stage, made)
    local code, happened
    local request = create(made)
    made.box:fault { kind = "silence", times = 1 }
    stage.go(function()
      local _, err = made.klarna.payment_requests:read(request.payment_request_id, { retries = 0 })
      code, happened = err.code, err.happened
    end)
    stage.sleep(0.1)
    made.klarna.close()
    stage.wait_until(function() return code end)
    return { code, happened }
  end)
  assert.same({ "canceled", "no" }, told)
end

stories["no call outlives its deadline"] = function(name, finally)
  local told = play(name, finally, function(_, made)
    local request = create(made)
    local engine = made.host:driver().engine
    made.box:fault { kind = "silence" }
    local began = engine:now()
    local _, err = request:refresh { deadline_s = 0.4 }
    local took = engine:now() - began
    return { err.code, err.happened, took >= 390, took < 20000 }
  end)
  assert.same({ "deadline", "no", true, true }, told)
end

stories["object:wait waits by the clock of a sandbox in process"] = function(name, finally)
  local box = sandbox.world { provider = "cybersource", seed = 5 }
  finally(function() box:stop() end)
  local told = loops.play(name, function(host, option)
    return { gateway = client_of(host, option, box, nil, cybersource) }
  end, function(_, made)
    local pending = assert(made.gateway.authorizations:create(pending_order))
    local before = pending.status
    return { before, pending:wait() == pending, pending.status }
  end)
  assert.same({ "PENDING", true, "AUTHORIZED" }, told)
end

stories["object:wait is ended by stop_waiting, on a real clock"] = function(name, finally)
  local server = require "kassa.httpd".start { module = "support.status_app", config = "3" }
  finally(function() server:stop() end)
  local code = loops.play(name, function(host, option)
    return client.new(host, cybersource, { merchant_id = "m", key_id = "k", secret = "c2VjcmV0",
      base_url = "http://127.0.0.1:" .. server:port(), runtime = option })
  end, function(stage, gateway)
    local object = assert(gateway.authorizations:status "a1")
    local code
    stage.go(function()
      local _, err = object:wait()
      code = err.code
    end)
    stage.sleep(0.02)
    object:stop_waiting()
    stage.wait_until(function() return code end)
    return code
  end)
  assert.equal("canceled", code)
end

stories["kassa.sleep suspends its own coroutine only, shortest first"] = function(name, finally)
  local woken = play(name, finally, function(stage)
    local list = {}
    for _, ms in ipairs { 600, 10, 300 } do
      stage.go(function()
        stage.sleep(ms / 1000)
        list[#list + 1] = ms
      end)
    end
    stage.wait_until(function() return #list == 3 end)
    return list
  end)
  assert.same({ 10, 300, 600 }, woken)
end

return stories
