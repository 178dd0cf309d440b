-- Promises of a store in PostgreSQL: it survives the server, tells what is wrong with it, and never
-- says the password.
local child = require "support.child"
local engines = require "support.engines"
local store = require "kassa.store"

describe("a store in PostgreSQL", function()
  local engine = engines[2]
  if engine.missing then return pending(engine.missing) end

  local database

  before_each(function() database = engine.new() end)

  after_each(function() database.remove() end)

  local function refused(value, err, ...)
    assert.is_nil(value)
    assert.equal("journal", err.code)
    for _, words in ipairs { ... } do assert.matches(words, err.message) end
  end

  -- The database, where the server was told something about its sessions.
  local function told(setting)
    return { postgres = database.options.postgres:gsub("options='", "%0-c " .. setting .. " ") }
  end

  it("goes on after the server was stopped and started again", function()
    local db = assert(store.open(database.options))
    assert(db:run "CREATE TABLE t (k TEXT)")
    for _, how in ipairs { "fast", "immediate" } do
      database.server:stop(how)
      local changed, err = db:run("INSERT INTO t VALUES (?)", how)
      refused(changed, err, "database spec")
      refused(db:transaction(function() return true end))
      database.server:start()
      assert.equal(1, db:transaction(function()
        return db:run("INSERT INTO t VALUES (?)", "after " .. how)
      end))
    end
    assert.same({ { k = "after fast" }, { k = "after immediate" } }, db:all "SELECT k FROM t")
    db:close()
  end)

  it("reads again by itself after the server was away between two calls", function()
    local db = assert(store.open(database.options))
    assert(db:all "SELECT version FROM kassa_schema")
    database.server:stop()
    database.server:start()
    assert.is_table(db:one "SELECT version FROM kassa_schema")
    db:close()
  end)

  it("does not know whether a write got through when the connection breaks in it", function()
    local db = assert(store.open(database.options))
    assert(db:run "CREATE TABLE t (k TEXT)")
    database.server:stop()
    database.server:start()
    local changed, err = db:run "INSERT INTO t VALUES ('a')"
    assert.is_nil(changed)
    assert.is_true(err.unsure)
    assert.equal(1, db:run "INSERT INTO t VALUES ('b')")
    db:close()
  end)

  it("commits nothing when the server goes away inside a transaction", function()
    local db = assert(store.open(database.options))
    assert(db:run "CREATE TABLE t (k TEXT)")
    local value, err = db:transaction(function()
      assert(db:run "INSERT INTO t VALUES ('a')")
      database.server:stop "immediate"
      return "committed"
    end)
    database.server:start()
    assert.is_nil(value)
    assert.is_true(err.unsure)
    assert.same({}, db:all "SELECT k FROM t")
    db:close()
  end)

  it("loses its locks with its session, and knows it", function()
    local db, other = assert(store.open(database.options)), assert(store.open(database.options))
    assert.is_true(db:try_lock(42))
    assert.is_false(other:try_lock(42))
    database.server:stop()
    database.server:start()
    assert(db:all "SELECT 1 AS one")
    assert.is_false(db:holds(42))
    assert(other:all "SELECT 1 AS one")
    assert.is_true(other:try_lock(42))
    assert.is_false(db:try_lock(42))
    other:close()
    local taken
    for _ = 1, 1000 do -- the server takes a moment to end the session
      taken = db:try_lock(42)
      if taken then break end
      os.execute "sleep 0.01"
    end
    assert.is_true(taken)
    db:close()
  end)

  it("says that the database is read-only", function()
    assert(store.open(database.options)):close()
    local db, err = store.open(told "default_transaction_read_only=on")
    refused(db, err, "read%-only", "database spec")
  end)

  it("says that there is no such database, and no such server", function()
    local where = database.options.postgres
    local db, err = store.open { postgres = where:gsub("dbname=%S+", "dbname=nothing") }
    refused(db, err, "database nothing", "that the database exists")
    db, err = store.open { postgres = where:gsub("host=%S+", "host=/tmp/kassa-nobody") }
    refused(db, err, "/tmp/kassa%-nobody", "that the server runs")
  end)

  it("syncs although the server was told not to wait for it", function()
    local db = assert(store.open(told "synchronous_commit=off"))
    local row = db:one "SELECT current_setting('synchronous_commit') AS now"
    assert.equal("on", row.now)
    db:close()
  end)

  it("does not grow when one statement is made many times", function()
    local db = assert(store.open(database.options))
    for _ = 1, 50 do assert(db:one "SELECT version FROM kassa_schema") end
    local prepared = db:one "SELECT count(*) AS n FROM pg_prepared_statements"
    assert.is_true(prepared.n < 30, prepared.n .. " statements")
    db:close()
  end)

  it("never says the password", function()
    for _, where in ipairs {
      "host=/tmp/kassa-nobody dbname=shop user=u password=s3cr3t-",
      "host=/tmp/kassa-nobody dbname=shop password = 's3cr3t-'",
      "postgresql://u:s3cr3t-@127.0.0.1:1/shop",
      "host=/tmp/kassa-nobody dbname=shop password=s3cr3t- bogus_s3cr3t-=1",
    } do
      local db, err = store.open { postgres = where }
      refused(db, err, "database shop")
      assert.is_nil(tostring(err):find("s3cr3t", 1, true), tostring(err))
    end
  end)

  it("names the package when the driver is missing", function()
    local status, output = child.run [[
      package.preload["dbd.postgresql"] = function() error "no file" end
      print(require "kassa.store".open { postgres = "host=h dbname=shop" })
    ]]
    assert.equal(0, status)
    assert.matches("lua%-dbi%-postgresql", output)
  end)
end)
