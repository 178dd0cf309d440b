-- Promises of what stands around a call with a journal: a lock has one number in every process, and
-- a token is never written down.
local child = require "support.child"
local engines = require "support.engines"
local executor = require "kassa.journal.executor"
local till_of = require "support.till"

local ROW = { provider = "klarna/test", account = "a", operation = "op", object = "o", name = "n" }

local function with(field, value)
  local row = {}
  for name, own in pairs(ROW) do row[name] = own end
  row[field] = value
  return row
end

describe("the lock of an intent", function()
  it("has one number in every process, and a name's is not a key's", function()
    local number = executor.number(ROW)
    assert.is_true(number >= 0 and number < 2 ^ 52 and number == math.floor(number))
    local _, output = child.run [[
      local number = require "kassa.journal.executor".number { provider = "klarna/test",
        account = "a", operation = "op", object = "o", name = "n", key = "whatever" }
      print(("%.0f"):format(number))
    ]]
    assert.equal(("%.0f\n"):format(number), output)
    for _, field in ipairs { "provider", "account", "operation", "object", "name" } do
      assert.is_true(number ~= executor.number(with(field, "x")), field)
    end
  end)
end)

describe("a call with a journal", function()
  if engines[1].missing then return pending(engines[1].missing) end

  local till

  before_each(function() till = till_of.open(engines[1], { retries = 0 }) end)

  after_each(function() till:close() end)

  it("writes no token down, and charges once all the same", function()
    local token = till.sandbox:token {}
    local body = { currency = "USD", payment_amount = 999, config = { customer_present = false } }
    local function charge()
      return till.klarna.customer_tokens:charge(token, body, { intent = "month-1" })
    end
    till.sandbox:fault { operation = "customer_token.charge", kind = "drop_after_effect",
      times = 1 }
    assert.is_nil((charge()))
    local row = till.journal.store:one "SELECT object, needs, body FROM kassa_intents"
    for _, text in pairs(row) do assert.is_nil(text:find(token, 1, true)) end
    assert.matches("^sha256:", row.object)
    local report = assert(till.journal:recover(till.klarna))
    assert.equal(0, report.settled)
    assert.equal("month-1", report.left[1].intent.name)
    assert.matches("customer_token", report.left[1].why)
    local request = assert(charge())
    assert.equal("CONFIRMED", request.state)
    assert.equal(request.payment_request_id, assert(charge()).payment_request_id)
    assert.equal(2, till:sent "customer_token.charge")
  end)

  it("refuses a call without an id as it does without a journal", function()
    local request = assert(till.klarna.payment_requests:create {
      currency = "USD", payment_amount = 1000 })
    local value, err = request:confirm({ currency = "USD", payment_amount = 1000 },
      { intent = "o-1" })
    assert.is_nil(value)
    assert.equal("illegal_state", err.code)
    assert.same({}, till.journal:open())
  end)

  it("goes on where a lock was left by a task that raised", function()
    local id = till:transaction(1000)
    local mend = till_of.crash(require "kassa.journal.book", "begin", false)
    pcall(till.klarna.payment_transactions.capture, till.klarna.payment_transactions, id,
      { capture_amount = 1 }, { intent = "o-1" })
    mend()
    till:restart()
    assert(till.klarna.payment_transactions:capture(id, { capture_amount = 1 }, { intent = "o-1" }))
  end)
end)
