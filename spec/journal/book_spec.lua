-- Promises of the rows of intents, on both engines: one of a name and generation, none changed once
-- it is settled, and no run closed by an earlier one.
local book = require "kassa.journal.book"
local engines = require "support.engines"
local store_of = require "kassa.store"

local function row_of(name, more)
  local row = {
    key = "key of " .. name, provider = "klarna/test", account = "acc", operation = "op",
    object = "o", name = name, generation = 1, body_hash = "h", body = '{"a":"gr\195\188n"}',
    amount = 9007199254740991, currency = "USD", reference = "r", tries = 1,
  }
  for field, value in pairs(more or {}) do row[field] = value end
  return row
end

for _, engine in ipairs(engines) do
  describe("the book on " .. engine.name, function()
    if engine.missing then return pending(engine.missing) end

    local database, store

    setup(function()
      database = engine.new()
      store = assert(store_of.open(database.options))
    end)

    teardown(function()
      store:close()
      database.remove()
    end)

    before_each(function()
      assert(store:run "DELETE FROM kassa_intents")
      assert(store:run "DELETE FROM kassa_attempts")
    end)

    local function settle(row, state, number, more)
      local outcome = { state = state, number = number or 1, sent_ms = 5, result = state,
        outcome = '{"id":"x"}', status = 201 }
      for field, value in pairs(more or {}) do outcome[field] = value end
      return book.settle(store, row, outcome, 7)
    end

    it("gives back what it was given", function()
      local row = row_of "a"
      assert.is_true(book.begin(store, row, 1763808000123))
      local found = assert(book.by_name(store, row))
      for field, value in pairs(row) do assert.equal(value, found[field], field) end
      assert.equal("open", found.state)
      assert.equal(1763808000123, found.created_ms)
      assert.same(found, book.by_key(store, "klarna/test", row.key))
      assert.is_false(book.by_key(store, "klarna/live", row.key))
      assert.is_false(book.by_name(store, row_of "b"))
    end)

    it("takes one intent of a name and generation, and one of a key", function()
      assert.is_true(book.begin(store, row_of "a", 1))
      assert.is_false(book.begin(store, row_of("a", { key = "another" }), 1))
      assert.is_false(book.begin(store, row_of("b", { key = "key of a" }), 1))
      assert.is_true(book.begin(store, row_of("a", { key = "another", generation = 2 }), 1))
      assert.equal(2, book.by_name(store, row_of "a").generation)
    end)

    it("keeps any bytes as a name, a body and an outcome", function()
      local row = row_of("\0\255 \195", { body = "\255\0", account = "\0" })
      row.key = "k"
      assert.is_true(book.begin(store, row, 1))
      local found = assert(book.by_name(store, row))
      assert.equal(row.name, found.name)
      assert.equal(row.body, found.body)
      assert(settle(row, "ok", 1, { outcome = "\0\254" }))
      assert.equal("\0\254", book.by_key(store, row.provider, row.key).outcome)
    end)

    it("settles an intent once, and erases its body", function()
      local row = row_of "a"
      assert(book.begin(store, row, 1))
      assert(settle(row, "ok"))
      assert(settle(row, "failed"))
      local found = assert(book.by_name(store, row))
      assert.equal("ok", found.state)
      assert.is_nil(found.body)
      assert.equal(7, found.settled_ms)
      assert.equal('{"id":"x"}', found.outcome)
    end)

    it("leaves what is unknown open, with its body", function()
      local row = row_of "a"
      assert(book.begin(store, row, 1))
      assert(settle(row, "unknown", 1, { body = row.body }))
      local found = assert(book.by_name(store, row))
      assert.equal("unknown", found.state)
      assert.equal(row.body, found.body)
      assert.is_nil(found.settled_ms)
      assert.equal(1, #assert(book.unsettled(store)))
    end)

    it("does not let an earlier run close a later one", function()
      local row = row_of "a"
      assert(book.begin(store, row, 1))
      assert(book.again(store, assert(book.by_name(store, row)), 10))
      assert(settle(row, "failed", 1))
      assert.equal("open", book.by_name(store, row).state)
      assert(settle(row, "ok", 2))
      assert.equal("ok", book.by_name(store, row).state)
    end)

    it("begins no run where another worker has begun one, or has settled it", function()
      local row = row_of "a"
      assert(book.begin(store, row, 1))
      local seen = assert(book.by_name(store, row))
      assert.is_true(book.again(store, seen, 10))
      assert.is_false(book.again(store, seen, 11))
      local later = assert(book.by_name(store, row))
      assert(settle(row, "failed", 2))
      assert.is_false(book.again(store, later, 12))
      local left = store:one "SELECT state, tries FROM kassa_intents"
      assert.same({ state = "failed", tries = 2 }, left)
    end)

    it("keeps any bytes of the provider's, so that no outcome is refused for them", function()
      local row = row_of "a"
      assert(book.begin(store, row, 1))
      assert(settle(row, "ok", 1, { provider_id = "krn\0\255", correlation_id = "\255\195" }))
      local found = assert(book.by_name(store, row))
      assert.same({ "krn\0\255", "\255\195" }, { found.provider_id, found.correlation_id })
      assert.equal("USD", book.currency(store, "krn\0\255"))
    end)

    it("counts every run, also one that died", function()
      local row = row_of "a"
      assert(book.begin(store, row, 1))
      assert(book.again(store, assert(book.by_name(store, row)), 10))
      assert(settle(row, "unknown", 2, { body = row.body }))
      assert(book.again(store, assert(book.by_name(store, row)), 20))
      assert(settle(row, "ok", 3))
      assert.equal(3, book.by_name(store, row).tries)
      assert.same({
        { number = 1, result = "no answer: the run did not end" },
        { number = 2, result = "unknown" }, { number = 3, result = "ok" },
      }, store:all "SELECT number, result FROM kassa_attempts ORDER BY number")
    end)

    it("lists what is not settled, oldest first", function()
      for i, name in ipairs { "c", "a", "b" } do assert(book.begin(store, row_of(name), i)) end
      assert(settle(row_of "a", "ok"))
      local names = {}
      for i, row in ipairs(assert(book.unsettled(store))) do names[i] = row.name end
      assert.same({ "c", "b" }, names)
    end)

    it("knows the currency of what an intent has made", function()
      local row = row_of "a"
      assert(book.begin(store, row, 1))
      assert(settle(row, "ok", 1, { provider_id = "krn:t:1" }))
      assert.equal("USD", book.currency(store, "krn:t:1"))
      assert.is_nil(book.currency(store, "krn:t:2"))
    end)

    it("begins again what was refused, under the same key", function()
      local row = row_of "a"
      assert(book.begin(store, row, 1))
      assert.is_false(book.reopen(store, row, 9))
      assert(settle(row, "failed"))
      assert.is_true(book.reopen(store, row_of("a", { body = "{}", amount = 7 }), 9))
      local found = assert(book.by_name(store, row))
      assert.equal("open", found.state)
      assert.equal("{}", found.body)
      assert.equal(7, found.amount)
      assert.equal(9, found.sent_ms)
      assert.equal(2, found.tries)
    end)
  end)
end
