-- A promise of the journal and its flows: however often and wherever the program is killed, the
-- same script run again moves the money once. What is right is written here by hand, from what the
-- script means to do, and compared with the books of the sandbox, which is no part of what dies.
--
-- KASSA_KILLS: how many kills under this Lua (125, so that the four of them make 500; `make crash`
-- asks for 2,500 each).
local child = require "support.child"
local engines = require "support.engines"
local json = require "kassa.json"
local peers = require "support.peers"
local sandboxes = require "kassa.sandbox"

local KILLS = tonumber(os.getenv "KASSA_KILLS") or 125

-- Each Lua dies at another quarter of the numbered points.
local QUARTERS = { ["Lua 5.4"] = 1, ["Lua 5.3"] = 2, ["Lua 5.1"] = rawget(_G, "jit") and 4 or 3 }

-- What the script means to do, in its order.
local DEEDS = { { "authorize", 1000 }, { "capture", 400 }, { "capture", 600 }, { "refund", 250 } }

-- A book kept by hand of deeds that were each done once.
local function book_of(deeds)
  local book = { authorized = 0, captures = 0, captured = 0, refunds = 0, refunded = 0 }
  for _, deed in ipairs(deeds) do
    local what, amount = deed[1], deed[2]
    if what == "authorize" then book.authorized = book.authorized + amount end
    if what == "capture" then
      book.captures, book.captured = book.captures + 1, book.captured + amount
    end
    if what == "refund" then
      book.refunds, book.refunded = book.refunds + 1, book.refunded + amount
    end
  end
  return book
end

local function shown(book)
  return ("authorized %d, %d captures of %d, %d refunds of %d"):format(book.authorized,
    book.captures, book.captured, book.refunds, book.refunded)
end

-- SQLite has the most of them; a PostgreSQL session takes longer to begin.
local SHARES = { SQLite = engines[2].missing and 1 or 0.8, PostgreSQL = 0.2 }

-- `make crash` dies at every point on both.
local function stride_on(engine)
  return (engine.name == "SQLite" or KILLS >= 1000) and 4 or 16
end

for _, engine in ipairs(engines) do
  describe("a flow killed again and again, on " .. engine.name, function()
    if engine.missing then return pending(engine.missing) end

    local sandbox, database, folder
    before_each(function()
      sandbox = assert(sandboxes.start { seed = 11, clock = "real" })
      database, folder = engine.new(), peers.quick_folder()
    end)
    after_each(function()
      sandbox:stop()
      database.remove()
      peers.remove(folder)
    end)

    -- Do a task in a process of its own. -> what it printed, decoded
    local function campaign(task)
      local options = assert(sandbox:options())
      task.base_url, task.api_key = options.base_url, options.api_key
      task.database, task.folder = database.options, folder
      peers.write(folder .. "/task", json.encode(task))
      local status, said = child.finish { child.lua, "-e",
        ("require('support.crash').main(%q)"):format(folder .. "/task") }
      assert(status == 0, said)
      return assert(json.decode(said), said)
    end

    it("authorizes once, captures twice, refunds once, and needs no repair", function()
      local quarter = QUARTERS[_VERSION]
      local report = campaign { kills = math.ceil(KILLS * SHARES[engine.name]),
        seed = 1000 + quarter, first = quarter, stride = stride_on(engine) }
      assert.is_nil(report.wrong)
      local right, seen = shown(book_of(DEEDS)), {}
      for _, transaction in ipairs(report.done) do
        assert.is_nil(seen[transaction])
        seen[transaction] = true
        assert.equal(right, shown(sandbox:ledger(transaction)))
      end
      assert.equal(report.orders, #report.done)
      assert.equal(report.orders, #sandbox:request_ids())
      assert.is_true(report.kills >= KILLS * SHARES[engine.name])
      assert.is_true(report.numbered > 0 and report.numbered < report.kills)
    end)
  end)
end
