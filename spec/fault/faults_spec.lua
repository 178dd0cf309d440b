-- What the client makes of everything that can go wrong between it and Klarna: code, happened and
-- retry by a table written by hand, never a Lua error, never past the deadline. Time is virtual.

local api = require("kassa.api").whole(require "kassa.api.klarna")
local client = require "kassa.client"
local kassa = require "kassa"
local runtime = require "kassa.runtime"
local sandbox = require "kassa.sandbox"

local CONFIGURATION = '{"error_id":"1","error_type":"TECHNICAL_ERROR",'
  .. '"error_code":"SERVER_CONFIGURATION_ERROR","error_message":"x"}'

local function open(options)
  local box = sandbox.world { seed = 5 }
  local given = box:options()
  for name, value in pairs(options or {}) do given[name] = value end
  local klarna = client.new(runtime.new(), api, given)
  local request = assert(klarna.payment_requests:create { currency = "USD", payment_amount = 9000,
    config = { redirect_url = "https://shop.example/" } })
  box:approve(request.payment_request_id)
  assert(request:refresh())
  local confirmed = assert(klarna.payment_requests:confirm(
    request.state_context.payment_confirmation_token, { currency = "USD", payment_amount = 9000 }))
  return klarna, box, confirmed.state_context.payment_transaction.payment_transaction_id
end

-- Fault, what a capture's error says, and what a read's says: code, happened, retry, status.
local TABLE = {
  { "500", { kind = "status", status = 500 },
    "api unknown same_key 500", "api no same_key 500" },
  { "500 for a wrong configuration", { kind = "status", status = 500, body = CONFIGURATION },
    "api unknown never 500", "api no never 500" },
  { "502 of a gateway", { kind = "status", status = 502 },
    "api unknown same_key 502", "api no same_key 502" },
  { "503", { kind = "status", status = 503 },
    "api unknown same_key 503", "api no same_key 503" },
  { "504 of a gateway", { kind = "status", status = 504 },
    "api unknown same_key 504", "api no same_key 504" },
  { "429", { kind = "status", status = 429, headers = { ["X-Ratelimit-Reset"] = "2" } },
    "rate_limited no same_key 429", "rate_limited no same_key 429" },
  { "an empty 403", { kind = "status", status = 403, body = "" },
    "forbidden no new_key 403", "forbidden no never 403" },
  { "a refused connection", { kind = "refuse" },
    "connect no same_key nil", "connect no same_key nil" },
  { "a reset", { kind = "reset" },
    "protocol unknown same_key nil", "protocol no same_key nil" },
  { "a drop before the effect", { kind = "drop_before_effect" },
    "protocol unknown same_key nil", "protocol no same_key nil" },
  { "a drop after the effect", { kind = "drop_after_effect" },
    "protocol unknown same_key nil", "protocol no same_key nil" },
  { "a truncated body", { kind = "truncate", at = 20 },
    "protocol unknown same_key 201", "protocol no same_key 200" },
  { "a garbage body", { kind = "garbage" },
    "protocol unknown same_key 201", "protocol no same_key 200" },
  { "59 s of silence and Klarna's 500 TIMEOUT", { kind = "silence", ms = 59000 },
    "api unknown same_key 500", "api no same_key 500" },
  { "silence for ever", { kind = "silence" },
    "timeout unknown same_key nil", "timeout no same_key nil" },
  { "a drip slower than the timeout", { kind = "drip", ms = 60000 },
    "timeout unknown same_key 201", "timeout no same_key 200" },
}

local function told(err)
  return table.concat({ err.code, err.happened, err.retry, tostring(err.status) }, " ")
end

local function plan_of(fault, times)
  local plan = { times = times }
  for name, value in pairs(fault) do plan[name] = value end
  return plan
end

describe("one attempt that meets", function()
  for _, case in ipairs(TABLE) do
    it(case[1] .. " tells a capture and a read the truth", function()
      local klarna, box, id = open { retries = 0 }
      box:fault(plan_of(case[2], 1))
      local capture, err = klarna.payment_transactions:capture(id, { capture_amount = 10 })
      assert.is_nil(capture)
      assert.equal(case[3], told(err))
      assert.equal("payment_transaction.capture", err.operation)
      assert.equal(1, err.attempts)
      assert.is_nil(tostring(err):find(box:options().api_key, 1, true))
      box:fault(plan_of(case[2], 1))
      local transaction
      transaction, err = klarna.payment_transactions:read(id)
      assert.is_nil(transaction)
      assert.equal(case[4], told(err))
    end)
  end
end)

describe("a call that is allowed to try again after", function()
  for _, case in ipairs(TABLE) do
    local again = case[3]:find("same_key", 1, true)
    it(case[1] .. (again and " succeeds" or " does not try"), function()
      local klarna, box, id = open()
      box:fault(plan_of(case[2], 1))
      local capture, err = klarna.payment_transactions:capture(id, { capture_amount = 10 })
      if again then
        assert.equal(2, kassa.raw(assert(capture)).timings.attempts)
        assert.equal(1, box:ledger(id).captures)
      else
        assert.is_nil(capture)
        assert.equal(1, err.attempts)
      end
    end)
  end
end)

describe("the deadline", function()
  for _, case in ipairs(TABLE) do
    it("is never passed under " .. case[1], function()
      local klarna, box, id = open()
      box:fault(plan_of(case[2]))
      local start = box:now()
      local capture, err = klarna.payment_transactions:capture(id, { capture_amount = 10 },
        { deadline_s = 7 })
      assert.is_nil(capture)
      assert.truthy(err.code)
      assert.truthy(box:now() - start <= 7000, "it took " .. box:now() - start)
    end)
  end

  it("is the error's code when it ends an attempt", function()
    local klarna, box, id = open()
    box:fault { kind = "silence" }
    local start = box:now()
    local _, err = klarna.payment_transactions:capture(id, { capture_amount = 10 },
      { deadline_s = 3 })
    assert.equal("deadline", err.code)
    assert.equal("unknown", err.happened)
    assert.equal("same_key", err.retry)
    assert.equal(start + 3000, box:now())
  end)

  it("holds when each attempt may last longer than the whole call", function()
    local klarna, box, id = open()
    box:fault { kind = "delay", ms = 59000, operation = "payment_transaction.read" }
    local start = box:now()
    local _, err = klarna.payment_transactions:read(id, { deadline_s = 90, timeout_s = 40 })
    assert.equal("deadline", err.code)
    assert.truthy(err.attempts >= 2)
    assert.truthy(box:now() - start <= 90000)
  end)
end)

describe("a 429", function()
  it("is waited out for as long as X-Ratelimit-Reset says", function()
    local klarna, box, id = open()
    box:fault { kind = "status", status = 429, headers = { ["X-Ratelimit-Reset"] = "3" },
      times = 1 }
    local start = box:now()
    assert(klarna.payment_transactions:read(id))
    assert.truthy(box:now() - start >= 3000)
    assert.truthy(box:now() - start <= 4000)
  end)

  it("that asks for more time than the deadline leaves is not waited for", function()
    local klarna, box, id = open()
    box:fault { kind = "status", status = 429, headers = { ["X-Ratelimit-Reset"] = "60" } }
    local start = box:now()
    local _, err = klarna.payment_transactions:read(id, { deadline_s = 10 })
    assert.equal("rate_limited", err.code)
    assert.equal("no", err.happened)
    assert.equal(1, err.attempts)
    assert.truthy(box:now() - start < 1000)
  end)

  it("of a real quota lets the calls through one second later", function()
    local klarna, box, id = open()
    box:advance "1s"
    box:rate { ["payment-transaction-capture"] = 2 }
    for _ = 1, 5 do assert(klarna.payment_transactions:capture(id, { capture_amount = 10 })) end
    assert.equal(5, box:ledger(id).captures)
  end)
end)

-- Every method with arguments that are fine, so that only the fault decides.
local function every_call(klarna, id, token)
  local order = { currency = "USD", payment_amount = 9000 }
  local requests, transactions = klarna.payment_requests, klarna.payment_transactions
  return {
    function() return requests:create(order) end,
    function() return requests:read "r" end,
    function() return requests:update("r", order) end,
    function() return requests:cancel "r" end,
    function() return requests:confirm("t", order) end,
    function() return klarna.customer_tokens:charge(token, order) end,
    function() return transactions:read(id) end,
    function() return transactions:update(id, { payment_transaction_reference = "x" }) end,
    function() return transactions:capture(id, { capture_amount = 1 }) end,
    function() return transactions:refund(id, { refund_amount = 1 }) end,
    function() return transactions:void(id) end,
    function() return klarna.payment_captures:read(id .. ":capture:1") end,
    function() return klarna.payment_captures:refund(id .. ":capture:1", { refund_amount = 1 }) end,
    function() return klarna.payment_refunds:read "f" end,
    function() return klarna.payment_chargebacks:read "c" end,
  }
end

describe("no fault on any operation", function()
  local KINDS = {
    { kind = "refuse" }, { kind = "reset" }, { kind = "drop_before_effect" },
    { kind = "drop_after_effect" }, { kind = "delay", ms = 70000 }, { kind = "drip", ms = 5000 },
    { kind = "truncate", at = 0 }, { kind = "truncate", at = 1 }, { kind = "garbage" },
    { kind = "silence" }, { kind = "status", status = 500 },
    { kind = "status", status = 200, body = "" }, { kind = "status", status = 200, body = "[]" },
    { kind = "status", status = 200, body = "null" },
    { kind = "status", status = 200, body = '{"state":7,"payment_captures":"x"}' },
    { kind = "status", status = 400, body = '{"validation_errors":{"a":1}}' },
    { kind = "status", status = 400, body = '{"validation_errors":[1,{}],"error_code":{}}' },
    { kind = "status", status = 204, body = "" }, { kind = "status", status = 302, body = "x" },
    { kind = "status", status = 418, body = "\0\255" },
    { kind = "status", status = 503, headers = { ["Retry-After"] = "soon" } },
    { kind = "status", status = 429, headers = { ["X-Ratelimit-Reset"] = "-1" } },
  }

  for _, fault in ipairs(KINDS) do
    it("raises a Lua error: " .. fault.kind .. " " .. tostring(fault.status or fault.at or ""),
      function()
        local klarna, box, id = open { deadline_s = 20, retries = 1 }
        local token = box:token "approved"
        box:fault(plan_of(fault))
        for number, call in ipairs(every_call(klarna, id, token)) do
          local start = box:now()
          local ok, value, err = pcall(call)
          assert(ok, "call " .. number .. ": " .. tostring(value))
          assert(value ~= nil or (err.code and err.happened and err.retry and tostring(err)),
            "call " .. number)
          assert(box:now() - start <= 20000, "call " .. number .. " passed the deadline")
        end
      end)
  end
end)
