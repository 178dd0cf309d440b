-- Promises of a journal's statement: what moved and nothing else, sums that mix nothing, and a CSV
-- that no spreadsheet takes for a program.
local engines = require "support.engines"
local statement_of = require "kassa.journal.statement"
local store_of = require "kassa.store"

local DAY = 24 * 3600 * 1000
local FIRST = 1767225600000 -- 2026-01-01T00:00:00Z

local INSERT = [[INSERT INTO kassa_intents (key, provider, account, operation, object, name,
    generation, state, body_hash, amount, currency, reference, provider_id, tries, created_ms,
    sent_ms, last_ms, settled_ms)
  VALUES (?, ?, '', ?, ?, ?, 1, ?, 'hash', ?, ?, ?, ?, 1, ?, ?, ?, ?)]]

for _, engine in ipairs(engines) do
  describe("a statement on " .. engine.name, function()
    if engine.missing then return pending(engine.missing) end

    local database, store, last
    before_each(function()
      database, last = engine.new(), 0
      store = assert(store_of.open(database.options))
    end)
    after_each(function()
      store:close()
      database.remove()
    end)

    -- An intent; at_ms after the first of January 2026.
    local function intent(operation, amount, currency, at_ms, more)
      more = more or {}
      last = last + 1
      local ms = FIRST + at_ms
      local state = more.state or "ok"
      assert(store:run(INSERT, "key-" .. last, more.provider or "klarna/live", operation,
        store_of.pack(more.object or "krn:transaction:1"), store_of.pack(more.name), state, amount,
        currency, store_of.pack(more.reference), more.made, ms, ms, ms,
        state ~= "open" and ms or nil))
    end

    local function read(options)
      assert.is_nil(statement_of.fault(options or {}))
      return assert(statement_of.read(store, options or {}))
    end

    local function keys(list)
      local names = {}
      for i, row in ipairs(list) do names[i] = row.key:match "%d+" end
      return table.concat(names, " ")
    end

    it("gives each step of money that ended well, with its key and ids", function()
      intent("payment_transaction.capture", 2500, "EUR", 1000,
        { name = "order-1/capture-1", reference = "R-1", made = "krn:capture:1" })
      intent("payment_request.create", 2500, "EUR", 1000)
      intent("payment_transaction.capture", 2500, "EUR", 1000, { state = "failed" })
      assert.same({ {
        settled_ms = FIRST + 1000, settled_at = "2026-01-01T00:00:01.000Z", money = "take",
        operation = "payment_transaction.capture", step = "order-1/capture-1", amount = 2500,
        currency = "EUR", reference = "R-1", provider = "klarna/live", account = "",
        object_id = "krn:transaction:1", provider_id = "krn:capture:1", key = "key-1",
      }, unsettled = 0 }, setmetatable(read(), nil))
    end)

    it("takes a time as milliseconds, date or ISO 8601; its end is outside", function()
      for day = 0, 3 do intent("payment_transaction.capture", 1, "EUR", day * DAY) end
      assert.equal("1 2 3 4", keys(read()))
      assert.equal("2 3", keys(read { from = "2026-01-02", to = "2026-01-04" }))
      assert.equal("2 3", keys(read { from = FIRST + DAY, to = FIRST + 3 * DAY }))
      assert.equal("2 3 4", keys(read { from = "2026-01-02T01:00:00+01:00" })) -- Paris
      assert.equal("3 4", keys(read { from = "2026-01-02T00:00:00.001Z" }))
    end)

    it("adds up no two currencies, kinds or worlds", function()
      intent("payment_transaction.capture", 100, "EUR", 0)
      intent("payment_transaction.capture", 50, "EUR", 1)
      intent("payment_transaction.capture", 7, "JPY", 2)
      intent("payment_transaction.refund", 30, "EUR", 3)
      intent("payment_transaction.capture", 1000, "EUR", 4, { provider = "klarna/test" })
      intent("capture.refund", 5, "USD", 5, { provider = "cybersource/live" })
      intent("payment_transaction.void", nil, nil, 6)
      local lines = {}
      for i, sum in ipairs(read():totals()) do
        lines[i] = ("%s %s %s %d %d"):format(sum.provider, sum.currency or "-", sum.money,
          sum.count, sum.amount)
      end
      assert.same({
        "cybersource/live USD give_back 1 5", "klarna/live - release 1 0",
        "klarna/live EUR give_back 1 30", "klarna/live EUR take 2 150",
        "klarna/live JPY take 1 7", "klarna/test EUR take 1 1000",
      }, lines)
      assert.equal("1 2 4 5 7", keys(read { currency = "EUR" }))
    end)

    it("counts what is not settled, since it may have moved too", function()
      intent("payment_transaction.capture", 100, "EUR", 0, { state = "open" })
      intent("payment_transaction.capture", 100, "USD", 0, { state = "unknown" })
      intent("payment_transaction.capture", 100, "EUR", 5 * DAY, { state = "open" })
      intent("payment_transaction.capture", 100, "EUR", 0, { state = "failed" })
      assert.equal(3, read().unsettled)
      assert.equal(2, read({ to = "2026-01-02" }).unsettled)
      assert.equal(1, read({ to = "2026-01-02", currency = "EUR" }).unsettled)
      assert.equal("", keys(read()))
    end)

    it("shows no token that money was asked for with", function()
      intent("customer_token.charge", 100, "EUR", 0, { object = "krn:token:secret" })
      intent("payment_request.confirm", 100, "EUR", 0, { object = "krn:confirmation:secret" })
      local statement = read()
      assert.equal(2, #statement)
      assert.is_nil(statement[1].object_id)
      assert.is_nil(statement:csv():find("secret", 1, true))
    end)

    it("is CSV by RFC 4180: quotes doubled, CRLF, amounts as decimals and minor units", function()
      intent("payment_transaction.capture", 4900, "EUR", 0, { name = 'a "b", c\r\nd',
        reference = "gr\195\188n;=1" })
      intent("payment_transaction.capture", 9007199254740991, "JPY", 1)
      intent("payment_transaction.void", nil, nil, 2)
      assert.equal(table.concat({
        "settled_at,money,step,amount,currency,amount_minor,reference,operation,provider,account,"
          .. "object_id,provider_id,correlation_id,key",
        '"2026-01-01T00:00:00.000Z","take","a ""b"", c\r\nd",49.00,"EUR",4900,"gr\195\188n;=1",'
          .. '"payment_transaction.capture","klarna/live","","krn:transaction:1",,,"key-1"',
        '"2026-01-01T00:00:00.001Z","take",,,"JPY",9007199254740991,,'
          .. '"payment_transaction.capture","klarna/live","","krn:transaction:1",,,"key-2"',
        '"2026-01-01T00:00:00.002Z","release",,,,,,'
          .. '"payment_transaction.void","klarna/live","","krn:transaction:1",,,"key-3"', "",
      }, "\r\n"), read():csv())
    end)

    it("has nothing in it that a spreadsheet would calculate", function()
      local formulas = { '=HYPERLINK("http://x")', "+1+1", "-2", "@SUM(A1)", "\t=1", "\r=1", " =1" }
      for i, formula in ipairs(formulas) do
        intent("payment_transaction.capture", 1, "EUR", i, { reference = formula, name = formula })
      end
      local csv, found = read():csv(), 0
      for start in csv:gmatch '[,\n]"(.)' do
        assert.is_nil(start:find "[=+@%-%s]")
        found = found + (start == "'" and 1 or 0)
      end
      assert.equal(2 * #formulas, found)
    end)
  end)
end

describe("the options of a statement", function()
  it("name what is wrong with them", function()
    assert.matches("options must be a table", statement_of.fault(nil))
    assert.matches("form is no option, did you mean from%?", statement_of.fault { form = 1 })
    assert.matches("from must be a time", statement_of.fault { from = "yesterday" })
    assert.matches("to must be a time", statement_of.fault { to = 1.5 })
    assert.matches("currency must be three letters", statement_of.fault { currency = "Euro" })
  end)
end)
