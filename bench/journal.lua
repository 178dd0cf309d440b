-- What it costs to have an intent on disk before the wire, beside a bare INSERT through LuaDBI with
-- the same syncing, and what a journal costs that has grown. It prints numbers and judges none; it
-- refuses a folder in memory, where syncing costs nothing.
--
--   lua bench/journal.lua write sqlite|postgres FOLDER   us to store an intent: median and 99th
--                                                        percentile; the same of a bare INSERT; the
--                                                        median with lock and look-up
--   lua bench/journal.lua recover FOLDER COUNT           seconds to open a journal of so many
--                                                        intents and to recover 100 of them, and to
--                                                        list so many that are all unsettled
--   lua bench/journal.lua grow FOLDER                    us of an intent, synced, at 100,000 and at
--                                                        1,000,000 intents

local book = require "kassa.journal.book"
local executor = require "kassa.journal.executor"
local fork = require "support.fork"
local kassa = require "kassa"
local store_of = require "kassa.store"

local SAMPLES = 2000  -- of one kind; taken in turns, so that a busy disk is busy for both
local WARM = 50
local OPEN = 100      -- intents that a crash has left
local BATCH = 1000    -- intents of one transaction, where only their number counts
local GROWN = 300     -- samples at each size
local NOW_MS = 1767225600000
local BODY = '{"capture_amount":2500,"payment_capture_reference":"order-1001-parcel-1"}'

local last = 0

local function identity()
  last = last + 1
  return { provider = "klarna/test", account = "", operation = "payment_transaction.capture",
    object = ("krn:payment:eu1:transaction:%08d"):format(last % 5000), name = "parcel-" .. last }
end

local function row_of(of)
  local row = { key = ("0b53e5b1-0000-5000-8000-%012d"):format(last), generation = 1,
    body_hash = ("0123456789abcdef"):rep(4), body = BODY, amount = 2500, currency = "EUR",
    reference = "order-1001-parcel-1" }
  for name, value in pairs(of) do row[name] = value end
  return row
end

-- As a call does it: nobody else has the intent, nothing is known of it, it is stored.
local function intend(store, of)
  of = of or identity()
  local number = executor.number(of)
  assert(store:try_lock(number, of))
  assert(book.by_name(store, of) == false)
  assert(book.begin(store, row_of(of), NOW_MS))
  store:unlock(number, of)
end

local function percentile(list, share)
  return list[math.max(1, math.ceil(#list * share))]
end

local function timed(list, work)
  local began_us = fork.now_us()
  work()
  list[#list + 1] = fork.now_us() - began_us
end

local BARE = {
  sqlite = function(folder)
    local connection = assert(require "DBI".Connect("SQLite3", folder .. "/bare.db"))
    connection:autocommit(true)
    for _, sql in ipairs { "PRAGMA journal_mode = WAL", "PRAGMA synchronous = FULL" } do
      local statement = assert(connection:prepare(sql))
      assert(statement:execute())
      while statement:fetch() do end -- luacheck: ignore 542
      statement:close()
    end
    return connection
  end,
  postgres = function(_, where)
    local connection = assert(require "DBI".Connect("PostgreSQL", where))
    connection:autocommit(true)
    return connection
  end,
}

local COLUMNS = { "key", "provider", "account", "operation", "object", "name", "generation",
  "body_hash", "body", "amount", "currency", "reference" }

-- The same values in a table of texts without a second index, by a statement prepared once.
local function bare(kind, folder, where)
  local connection = BARE[kind](folder, where)
  assert(assert(connection:prepare("CREATE TABLE bare (" .. table.concat(COLUMNS, " TEXT, ")
    .. " TEXT, PRIMARY KEY (key))")):execute())
  local insert = assert(connection:prepare(("INSERT INTO bare (%s) VALUES (%s?)"):format(
    table.concat(COLUMNS, ", "), ("?, "):rep(#COLUMNS - 1))))
  return function(row)
    local values = {}
    for i, name in ipairs(COLUMNS) do values[i] = tostring(row[name]) end
    assert(insert:execute((table.unpack or unpack)(values)))
  end, connection
end

local function compare(kind, folder, options, where)
  local store = assert(store_of.open(options))
  local insert, connection = bare(kind, folder, where)
  local own, base, whole, none = {}, {}, {}, {}
  for i = 1, WARM + SAMPLES do
    local row = row_of(identity())
    timed(i > WARM and own or none, function() assert(book.begin(store, row, NOW_MS)) end)
    row = row_of(identity())
    timed(i > WARM and base or none, function() insert(row) end)
    local of = identity()
    timed(i > WARM and whole or none, function() intend(store, of) end)
  end
  store:close()
  connection:close()
  for _, list in ipairs { own, base, whole } do table.sort(list) end
  print(("%.0f %.0f %.0f %.0f %.0f"):format(percentile(own, 0.5), percentile(own, 0.99),
    percentile(base, 0.5), percentile(base, 0.99), percentile(whole, 0.5)))
end

local function write(kind, folder)
  if kind == "sqlite" then return compare(kind, folder, { path = folder .. "/shop.db" }) end
  local server = require "support.postgres".new("-c fsync=on", folder)
  local where = server:schema()
  local ok, why = pcall(compare, kind, folder, { postgres = where }, where)
  server:close()
  assert(ok, why)
end

-- So many intents more, `settled` or left open. They are no measure, so they share their syncing.
local function fill(store, count, settled)
  for first = 1, count, BATCH do
    assert(store:transaction(function()
      for _ = first, math.min(count, first + BATCH - 1) do
        assert(book.begin(store, row_of(identity()), NOW_MS))
      end
      return true
    end))
  end
  if settled then
    assert(store:run("UPDATE kassa_intents SET state = 'ok', body = NULL, settled_ms = ? "
      .. "WHERE state = 'open'", NOW_MS))
  end
end

local function seconds(work)
  local began_us = fork.now_us()
  work()
  return (fork.now_us() - began_us) / 1e6
end

-- A transaction at a sandbox in this process, and captures that were stored and never sent.
local function crashed(path)
  local sandbox = require "kassa.sandbox".world { seed = 7 }
  local journal = assert(kassa.journal { path = path })
  local options = sandbox:options()
  local plain = kassa.klarna(options)
  local request = kassa.assert(plain.payment_requests:create {
    currency = "EUR", payment_amount = 100000 })
  sandbox:approve(request.payment_request_id)
  request = kassa.assert(request:refresh())
  request = kassa.assert(request:confirm { currency = "EUR", payment_amount = 100000 })
  local id = request.state_context.payment_transaction.payment_transaction_id
  options.journal = journal
  local begin, klarna = book.begin, kassa.klarna(options)
  for i = 1, OPEN do
    book.begin = function(...)
      begin(...)
      error "crash"
    end
    pcall(function()
      klarna.payment_transactions:capture(id, { capture_amount = 1 }, { intent = "parcel-" .. i })
    end)
  end
  book.begin = begin
  journal.store:close()
  return sandbox, id
end

local function recover(folder, count)
  local path = folder .. "/shop.db"
  local store = assert(store_of.open { path = path })
  fill(store, count - OPEN, true)
  store:close()
  local sandbox, id = crashed(path)
  local recovered = seconds(function()
    local options = sandbox:options()
    options.journal = assert(kassa.journal { path = path })
    local report = assert(options.journal:recover(kassa.klarna(options)))
    assert(report.settled == OPEN and #report.left == 0, "not recovered")
    options.journal:close()
  end)
  assert(sandbox:ledger(id).captures == OPEN)
  store = assert(store_of.open { path = folder .. "/open.db" })
  fill(store, count)
  store:close()
  print(("%.3f %.3f"):format(recovered, seconds(function()
    local journal = assert(kassa.journal { path = folder .. "/open.db" })
    assert(#journal:open() == count)
    journal:close()
  end)))
end

local function sample(store)
  local list = {}
  for _ = 1, GROWN do timed(list, function() intend(store) end) end
  table.sort(list)
  return percentile(list, 0.5)
end

local function grow(folder)
  local store = assert(store_of.open { path = folder .. "/shop.db" })
  fill(store, 100000, true)
  local small = sample(store)
  fill(store, 900000, true)
  print(("%.0f %.0f"):format(small, sample(store)))
  store:close()
end

local what = arg[1]
if what == "write" then write(arg[2], arg[3])
elseif what == "recover" then recover(arg[2], tonumber(arg[3]))
elseif what == "grow" then grow(arg[2])
else error "bench/journal.lua: write, recover or grow expected" end
