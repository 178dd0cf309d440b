-- Promises of the journal when its database fails: nothing leaves without its intent stored, the
-- error names the database and what to do, and work goes on once it is mended.
local engines = require "support.engines"
local kassa = require "kassa"
local peers = require "support.peers"
local store_of = require "kassa.store"
local till_of = require "support.till"

local CAPTURE = "payment_transaction.capture"

local till, id

local function capture(name)
  return till.klarna.payment_transactions:capture(id, { capture_amount = 100 },
    { intent = name })
end

-- A call that is to fail before anything is sent.
local function refused(words, place)
  for _, name in ipairs { "named", false } do
    local value, err = capture(name or nil)
    assert.is_nil(value)
    assert.equal("journal", err.code)
    assert.equal("no", err.happened)
    assert.matches(words, err.message)
    assert.matches(place, err.message, 1, true)
  end
  assert.equal(0, till:sent(CAPTURE))
end

local function works()
  assert(capture "named")
  assert(capture "named")
  assert(capture())
  assert.equal(2, till.sandbox:ledger(id).captures)
  assert.same({}, till.journal:open())
end

describe("a journal in a file", function()
  if engines[1].missing then return pending(engines[1].missing) end

  local path, store

  before_each(function()
    till = till_of.open(engines[1], { retries = 0 })
    id, path, store = till:transaction(1000), till.database.options.path, till.journal.store
  end)

  after_each(function() till:close() end)

  it("on a full disk: sends nothing, and works again when there is space", function()
    local pages = store:one("PRAGMA page_count").page_count
    assert(store:run "CREATE TABLE filler (bytes TEXT)")
    assert(store:all("PRAGMA max_page_count = " .. pages + 2))
    while store:run("INSERT INTO filler VALUES (?)", ("x"):rep(500)) do pages = pages + 1 end
    while store:run("INSERT INTO filler VALUES (?)", "x") do pages = pages + 1 end
    local value, err
    for i = 1, 200 do -- what room is left on its last pages
      value, err = till.klarna.payment_transactions:capture(id, { capture_amount = 1 },
        { intent = ("%d"):format(i):rep(300) })
      if not value then break end
    end
    assert.equal("journal", err.code)
    assert.matches("disk is full", err.message)
    assert.matches(path, err.message, 1, true)
    local sent = till:sent(CAPTURE)
    assert.is_nil((till.klarna.payment_transactions:capture(id, { capture_amount = 1 },
      { intent = ("more"):rep(250) })))
    assert.equal(sent, till:sent(CAPTURE))
    assert(store:all "PRAGMA max_page_count = 1000000")
    assert(capture "named")
  end)

  it("that is read-only: sends nothing", function()
    assert(store:all "PRAGMA query_only = 1")
    refused("read%-only", path)
    assert(store:all "PRAGMA query_only = 0")
    works()
  end)

  it("that another process has locked: sends nothing", function()
    local other = assert(store_of.open(till.database.options))
    assert(store:all "PRAGMA busy_timeout = 20")
    assert(other:transaction(function()
      refused("locked", path)
      return true
    end))
    other:close()
    works()
  end)

  it("that is damaged, or of a newer kassa, is not opened", function()
    assert(store:run "UPDATE kassa_schema SET version = 999")
    local journal, err = kassa.journal(till.database.options)
    assert.is_nil(journal)
    assert.equal("journal", err.code)
    assert.matches("newer kassa", err.message)
    assert.matches(path, err.message, 1, true)
    local folder = peers.folder()
    peers.write(folder .. "/shop.db", ("no database "):rep(500))
    journal, err = kassa.journal { path = folder .. "/shop.db" }
    assert.is_nil(journal)
    assert.matches("damaged", err.message)
    assert.matches(folder, err.message, 1, true)
    peers.remove(folder)
  end)
end)

describe("a journal on a server", function()
  if engines[2].missing then return pending(engines[2].missing) end

  before_each(function()
    till = till_of.open(engines[2], { retries = 0 })
    id = till:transaction(1000)
  end)

  after_each(function() till:close() end)

  it("that was stopped: sends nothing, and goes on when it is back", function()
    local server = till.database.server
    for round, how in ipairs { "fast", "immediate" } do
      server:stop(how)
      local value, err = capture("named" .. round)
      server:start()
      assert.is_nil(value)
      assert.equal("journal", err.code)
      assert.equal("no", err.happened)
      assert.equal(round - 1, till:sent(CAPTURE))
      assert(capture("named" .. round))
      assert.equal(round, till:sent(CAPTURE))
    end
    assert.equal(200, till.sandbox:ledger(id).captured)
    assert.same({}, till.journal:open())
  end)

  it("that stops while a capture is on its way: the outcome is kept, and no second one made",
    function()
      local server, channel = till.database.server, require "kassa.client".of(till.klarna).channel
      local submit = channel.submit
      channel.submit = function(...)
        channel.submit = submit
        server:stop "immediate"
        return submit(...)
      end
      local made = assert(capture "named")
      server:start()
      assert.equal(made.payment_capture_id, assert(capture "named").payment_capture_id)
      assert.equal(1, till:sent(CAPTURE))
      assert.same({}, till.journal:open())
    end)
end)
