-- Promises of the database behind the journal, on SQLite and on a real PostgreSQL: what is said to
-- be stored is stored, what failed is told by its cause, and a lost connection comes back.
local engines = require "support.engines"
local peers = require "support.peers"
local store = require "kassa.store"

for _, engine in ipairs(engines) do
  describe("the store on " .. engine.name, function()
    if engine.missing then return pending(engine.missing) end

    local database, db

    before_each(function()
      database = engine.new()
      db = assert(store.open(database.options))
      assert(db:run "CREATE TABLE t (k TEXT PRIMARY KEY, n BIGINT, word TEXT)")
    end)

    after_each(function()
      db:close()
      database.remove()
    end)

    it("keeps numbers beyond 32 bits, text and nothing", function()
      assert.equal(1, db:run("INSERT INTO t VALUES (?, ?, ?)", "a", 1763808000123, "gr\195\188n"))
      assert.equal(1, db:run("INSERT INTO t VALUES (?, ?, ?)", "b", nil, nil))
      local rows = assert(db:all "SELECT k, CAST(n AS TEXT) AS n_ms, word FROM t ORDER BY k")
      assert.same({ { k = "a", n_ms = 1763808000123, word = "gr\195\188n" }, { k = "b" } }, rows)
      if math.type then assert.equal("integer", math.type(rows[1].n_ms)) end
    end)

    it("is refused in a forked child, and the parent's goes on", function()
      local fork = require "support.fork"
      assert.is_true(db:try_lock(7))
      local pid = fork.fork()
      if pid == 0 then
        local done, err = db:run("INSERT INTO t VALUES (?, ?, ?)", "child", 1, "x")
        local named = done == nil and err.code == "journal" and err.message:find "before a fork"
        local locked = db:try_lock(8)
        db:close()
        fork.exit(named and not locked and 0 or 1)
      end
      assert.same({ "exited", 0 }, { fork.wait(pid, 20) })
      assert.equal(1, db:run("INSERT INTO t VALUES (?, ?, ?)", "parent", 1, "x"))
      assert.same({ { k = "parent" } }, db:all "SELECT k FROM t")
      assert.is_true(db:holds(7))
    end)

    it("is refused in nginx's master, whose workers could not use it", function()
      package.loaded.ngx = { get_phase = function() return "init" end }
      local opened, err = store.open(database.options)
      package.loaded.ngx = nil
      assert.is_nil(opened)
      assert.matches("init_worker_by_lua", err.message)
    end)

    it("says how many rows changed, and tells none from one", function()
      local sql = "INSERT INTO t VALUES (?, ?, ?) ON CONFLICT DO NOTHING"
      assert.equal(1, db:run(sql, "a", 1, "x"))
      assert.equal(0, db:run(sql, "a", 2, "y"))
      assert.same({ word = "x" }, db:one("SELECT word FROM t WHERE k = ?", "a"))
      assert.is_false(db:one("SELECT word FROM t WHERE k = ?", "b"))
    end)

    it("answers nil and an error for a statement that fails, and works on", function()
      assert.equal(1, db:run("INSERT INTO t VALUES (?, ?, ?)", "a", 1, "x"))
      for _ = 1, 3 do
        local done, err = db:run("INSERT INTO t VALUES (?, ?, ?)", "a", 1, "x")
        assert.is_nil(done)
        assert.equal("journal", err.code)
        assert.equal("no", err.happened)
      end
      assert.equal(1, db:run("INSERT INTO t VALUES (?, ?, ?)", "b", 1, "x"))
    end)

    it("does all of a transaction or nothing", function()
      assert.equal("done", db:transaction(function(inside)
        assert(inside:run("INSERT INTO t VALUES (?, ?, ?)", "a", 1, "x"))
        return "done"
      end))
      assert.is_nil((db:transaction(function(inside)
        assert(inside:run("INSERT INTO t VALUES (?, ?, ?)", "b", 1, "x"))
        return nil
      end)))
      assert.has_error(function()
        db:transaction(function(inside)
          assert(inside:run("INSERT INTO t VALUES (?, ?, ?)", "c", 1, "x"))
          error "stop"
        end)
      end)
      assert.same({ { k = "a" } }, db:all "SELECT k FROM t")
    end)

    it("commits nothing of a transaction in which a statement failed", function()
      local value, err = db:transaction(function(inside)
        inside:run("INSERT INTO t VALUES (?, ?, ?)", "a", 1, "x")
        inside:run("INSERT INTO t VALUES (?, ?, ?)", "a", 1, "x")
        return "it went well"
      end)
      assert.is_nil(value)
      assert.equal("journal", err.code)
      assert.same({}, db:all "SELECT k FROM t")
    end)

    it("opens an existing database again and finds what is in it", function()
      assert(db:run("INSERT INTO t VALUES (?, ?, ?)", "a", 1, "x"))
      db:close()
      db = assert(store.open(database.options))
      assert.same({ { k = "a" } }, db:all "SELECT k FROM t")
    end)

    it("gives a lock to one task at a time", function()
      assert.is_true(db:try_lock(4503599627370495))
      assert.is_true(db:holds(4503599627370495))
      assert.is_false(db:try_lock(4503599627370495))
      assert.is_true(db:try_lock(7))
      db:unlock(4503599627370495)
      assert.is_false(db:holds(4503599627370495))
      assert.is_true(db:try_lock(4503599627370495))
    end)

    it("answers an error once it is closed", function()
      db:close()
      for _, ask in ipairs { "all", "run", "one" } do
        local value, err = db[ask](db, "SELECT 1 AS one")
        assert.is_nil(value)
        assert.equal("journal", err.code)
        assert.matches("was closed", err.message)
      end
      assert.is_nil((db:try_lock(1)))
      assert.is_nil((db:transaction(function() return true end)))
    end)

    it("refuses a database that a newer kassa has written", function()
      assert(db:run "UPDATE kassa_schema SET version = 999")
      db:close()
      local other, err = store.open(database.options)
      assert.is_nil(other)
      assert.equal("journal", err.code)
      assert.matches("schema is 999", err.message)
      assert.matches(database.options.path or "spec", err.message, 1, true)
    end)
  end)
end

describe("text in a store", function()
  it("comes back byte for byte, whatever it is", function()
    for _, text in ipairs { "", "order-1001", "gr\195\188n", "a\0b", "\255\254", "hex:00", "\\x00",
        "{\"a\":\"b\"}", "\237\160\128" } do
      local packed = store.pack(text)
      assert.is_nil(packed:find "%z")
      assert.equal(text, store.unpack(packed))
    end
    assert.equal("gr\195\188n", store.pack "gr\195\188n")
    assert.matches("^hex:", store.pack "a\0b")
    assert.matches("^hex:", store.pack "\255")
    assert.is_nil(store.pack(nil))
  end)
end)

describe("a store that cannot be opened", function()
  local sqlite = engines[1]
  if sqlite.missing then return pending(sqlite.missing) end

  it("names the file and what to do", function()
    local folder = peers.folder()
    local db, err = store.open { path = folder .. "/no/such/shop.db" }
    assert.is_nil(db)
    assert.equal("journal", err.code)
    assert.matches(folder .. "/no/such/shop.db", err.message, 1, true)
    assert.matches("folder is there", err.message)
    peers.remove(folder)
  end)
end)
