-- Promises of a store in SQLite about everything that can be wrong with a file: each is told by its
-- own words, with the file and what to do.
local child = require "support.child"
local engines = require "support.engines"
local peers = require "support.peers"
local store = require "kassa.store"

describe("a store in SQLite", function()
  local engine = engines[1]
  if engine.missing then return pending(engine.missing) end

  local database, path

  before_each(function()
    database = engine.new()
    path = database.options.path
  end)

  after_each(function() database.remove() end)

  local function refused(db, err, ...)
    assert.is_nil(db)
    assert.equal("journal", err.code)
    assert.equal("no", err.happened)
    assert.matches(path, err.message, 1, true)
    for _, words in ipairs { ... } do assert.matches(words, err.message) end
  end

  it("writes ahead and syncs at every commit", function()
    local db = assert(store.open(database.options))
    assert.equal("wal", db:one("PRAGMA journal_mode").journal_mode)
    assert.equal(2, db:one("PRAGMA synchronous").synchronous)
    db:close()
  end)

  -- SQLite needs a new file for itself when it begins to write ahead, and does not wait for it.
  it("waits for whoever writes to the same new file", function()
    local said = path .. ".said"
    child.start({ child.lua, "-e", ([[
      local shop = assert(require "DBI".Connect("SQLite3", %q))
      local creating = assert(shop:prepare "CREATE TABLE t (k TEXT)")
      assert(creating:execute()) -- in a transaction, which LuaDBI begins by itself
      print "writing"
      io.stdout:flush()
      require "support.fork".sleep_us(200000)
      creating:close()
      shop:commit()
      shop:close()
    ]]):format(path) }, said)
    peers.wait_for("a writer", function() return peers.read(said):find "writing" end)
    local db = assert(store.open(database.options))
    assert.equal("wal", db:one("PRAGMA journal_mode").journal_mode)
    db:close()
  end)

  it("keeps what was committed when the process is killed", function()
    local script = ([[
      local db = assert(require "kassa.store".open { path = %q })
      assert(db:run "CREATE TABLE t (k TEXT)")
      assert(db:run "INSERT INTO t VALUES ('kept')")
      assert(db:run "BEGIN IMMEDIATE")
      assert(db:run "INSERT INTO t VALUES ('half done')")
      io.popen("kill -9 $PPID"):read()
    ]]):format(path)
    assert.equal(137, (child.run(script)))
    local db = assert(store.open(database.options))
    assert.same({ { k = "kept" } }, db:all "SELECT k FROM t")
    db:close()
  end)

  it("says that the disk is full", function()
    local db = assert(store.open(database.options))
    assert(db:run "CREATE TABLE t (k TEXT)")
    local pages = db:one("PRAGMA page_count").page_count
    assert(db:all("PRAGMA max_page_count = " .. pages))
    local changed, err
    for _ = 1, 100 do
      changed, err = db:run("INSERT INTO t VALUES (?)", ("x"):rep(5000))
      if not changed then break end
    end
    refused(changed, err, "disk is full", "free some space")
    db:close()
  end)

  it("says that it is read-only", function()
    local db = assert(store.open(database.options))
    assert(db:run "CREATE TABLE t (k TEXT)")
    assert(db:all "PRAGMA query_only = 1")
    local changed, err = db:run "INSERT INTO t VALUES ('a')"
    refused(changed, err, "read%-only", "write to the file and to its folder")
    db:close()
  end)

  it("says that another process has it locked", function()
    local db, other = assert(store.open(database.options)), assert(store.open(database.options))
    assert(db:run "CREATE TABLE t (k TEXT)")
    assert(other:all "PRAGMA busy_timeout = 20")
    local value, err
    db:transaction(function()
      value, err = other:run "INSERT INTO t VALUES ('a')"
      return true
    end)
    refused(value, err, "has it locked", "end what holds it")
    assert.equal(1, other:run "INSERT INTO t VALUES ('a')") -- and works again
    db:close()
    other:close()
  end)

  it("says that a file is damaged, and not to throw it away", function()
    peers.write(path, ("this was the shop's database once. "):rep(200))
    local db, err = store.open(database.options)
    refused(db, err, "damaged", "restore it from a backup")
  end)

  it("says that pages of it are damaged", function()
    local db = assert(store.open(database.options))
    assert(db:run "CREATE TABLE t (k TEXT)")
    for _ = 1, 50 do assert(db:run("INSERT INTO t VALUES (?)", ("x"):rep(3000))) end
    assert(db:all "PRAGMA wal_checkpoint(TRUNCATE)")
    db:close()
    local bytes = peers.read(path)
    peers.write(path, bytes:sub(1, 4096) .. ("\255"):rep(#bytes - 4096))
    local rows, err
    db, err = store.open(database.options)
    if db then
      rows, err = db:all "SELECT k FROM t"
      db:close()
    end
    refused(rows, err, "damaged")
  end)

  it("refuses what is kept in memory only", function()
    local db, err = store.open { path = ":memory:" }
    assert.is_nil(db)
    assert.matches("not in memory", err.message)
  end)

  it("names the package when the driver is missing", function()
    local status, output = child.run [[
      package.preload["dbd.sqlite3"] = function() error "no file" end
      local db, err = require "kassa.store".open { path = "shop.db" }
      print(db, err)
    ]]
    assert.equal(0, status)
    assert.matches("^nil", output)
    assert.matches("lua%-dbi%-sqlite3", output)
    assert.matches("shop.db", output, 1, true)
  end)
end)
