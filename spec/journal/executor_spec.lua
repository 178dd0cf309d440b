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

  it("writes no token of a path down, and confirms once all the same", function()
    local request = assert(till.klarna.payment_requests:create {
      currency = "USD", payment_amount = 700 })
    till.sandbox:approve(request.payment_request_id)
    assert(request:refresh())
    local token = request.state_context.payment_confirmation_token
    local body = { currency = "USD", payment_amount = 700 }
    till.sandbox:fault { operation = "payment_request.confirm", kind = "drop_after_effect",
      times = 1 }
    assert.is_nil((till.klarna.payment_requests:confirm(token, body, { intent = "o-1" })))
    for _, row in ipairs(till.journal.store:all "SELECT * FROM kassa_intents") do
      for column, value in pairs(row) do
        assert.is_nil(tostring(value):find(token, 1, true), column)
      end
    end
    local report = assert(till.journal:recover(till.klarna))
    assert.matches("its token is not kept", report.left[1].why)
    local confirmed = assert(till.klarna.payment_requests:confirm(token, body, { intent = "o-1" }))
    assert.same(confirmed, assert(request:confirm(body, { intent = "o-1" })))
    assert.equal(2, till:sent "payment_request.confirm")
  end)

  it("refuses a key that was used for another object or operation", function()
    local first, second = till:transaction(1000), till:transaction(1000)
    local transactions, options = till.klarna.payment_transactions, { idempotency_key = "mine" }
    local made = assert(transactions:capture(first, { capture_amount = 100 }, options))
    for _, other in ipairs {
      { transactions, "capture", second, { capture_amount = 100 }, "of another object" },
      { transactions, "void", first, {}, "of another operation" },
    } do
      local value, err = other[1][other[2]](other[1], other[3], other[4], options)
      assert.is_nil(value)
      assert.equal("intent_mismatch", err.code)
      assert.equal("no", err.happened)
      assert.matches(other[5], err.message)
      assert.matches("mine", err.message)
    end
    assert.equal(0, till.sandbox:ledger(second).captures)
    assert.equal(made.payment_capture_id,
      assert(transactions:capture(first, { capture_amount = 100 }, options)).payment_capture_id)
  end)

  -- A capture that never arrived, and the error of the program that made it.
  local function lost(id, reference)
    till.sandbox:fault { operation = "payment_transaction.capture", kind = "drop_before_effect",
      times = 1 }
    local _, err = till.klarna.payment_transactions:capture(id, { capture_amount = 100,
      payment_capture_reference = reference }, { intent = "o-1" })
    assert.equal("unknown", err.happened)
    return err
  end

  it("does not capture under the first key what was captured under the next", function()
    local id = till:transaction(1000)
    local err = lost(id)
    till.sandbox:advance "23h10m" -- the journal reads now, and Klarna still knows the key
    local made = assert(till.klarna.payment_transactions:capture(id, { capture_amount = 100 },
      { intent = "o-1" }))
    assert.equal(made.payment_capture_id, assert(err:resolve()).payment_capture_id)
    assert.equal(1, till.sandbox:ledger(id).captures)
  end)

  it("tells err:resolve() what another worker has found out, and asks for nothing", function()
    local id = till:transaction(1000)
    local err = lost(id, "p-1")
    till.sandbox:advance "23h10m"
    assert.equal(1, till.journal:recover(till.klarna).settled)
    local sent = till:sent "payment_transaction.capture"
    local found, why = err:resolve()
    assert.is_false(found)
    assert.matches("not carried out", why)
    assert.equal(sent, till:sent "payment_transaction.capture")
  end)

  it("has err:resolve() wait while another worker is at the intent", function()
    local err = lost(till:transaction(1000))
    local row = till.journal.store:one [[SELECT provider, account, operation, object, name
      FROM kassa_intents]]
    assert.is_true(till.journal.store:try_lock(executor.number(row)))
    local found, still = err:resolve()
    assert.is_nil(found)
    assert.equal("unknown", still.happened)
    assert.matches("another worker is at this intent", still.message)
    till.journal.store:unlock(executor.number(row))
    assert.is_table(still:resolve())
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
    for _ = 1, 2 do collectgarbage() end
    assert(till.klarna.payment_transactions:capture(id, { capture_amount = 1 }, { intent = "o-1" }))
  end)
end)
