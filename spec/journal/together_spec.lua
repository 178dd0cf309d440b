-- A promise of the journal: programs that mean the same thing at the same time do it once between
-- them, and each of them gets its result.
--
-- KASSA_INTENTS: how many captures two programs start together (2,000 under LuaJIT and 200 under
-- the others, for the time it takes; `make crash` asks for 2,000 under each).
local child = require "support.child"
local engines = require "support.engines"
local json = require "kassa.json"
local kassa = require "kassa"
local peers = require "support.peers"
local sandboxes = require "kassa.sandbox"

local INTENTS = tonumber(os.getenv "KASSA_INTENTS") or rawget(_G, "jit") and 2000 or 200
local OF_TRANSACTION = 100 -- captures; Klarna takes 200 of one

for _, engine in ipairs(engines) do
  describe("two programs with the same intents, on " .. engine.name, function()
    if engine.missing then return pending(engine.missing) end

    local sandbox, database, folder
    before_each(function()
      sandbox = assert(sandboxes.start { seed = 12, clock = "real" })
      database, folder = engine.new(), peers.quick_folder()
    end)
    after_each(function()
      sandbox:stop()
      database.remove()
      peers.remove(folder)
    end)

    local function authorized(klarna)
      local request = kassa.assert(klarna.payment_requests:create {
        currency = "EUR", payment_amount = 1000 })
      sandbox:approve(request.payment_request_id)
      request = kassa.assert(request:refresh())
      request = kassa.assert(request:confirm { currency = "EUR", payment_amount = 1000 })
      return request.state_context.payment_transaction.payment_transaction_id
    end

    local function run(transactions)
      local options = sandbox:options()
      peers.write(folder .. "/task", json.encode { programs = 2, count = INTENTS,
        transactions = transactions, database = database.options, folder = folder,
        base_url = options.base_url, api_key = options.api_key })
      local status, said = child.finish { child.lua, "-e",
        ("require('support.rivals').main(%q)"):format(folder .. "/task") }
      assert(status == 0, said)
      return json.decode(said)
    end

    it("make exactly so many captures, and know them all", function()
      local klarna = kassa.klarna(sandbox:options())
      local transactions = {}
      for i = 1, math.ceil(INTENTS / OF_TRANSACTION) do transactions[i] = authorized(klarna) end
      local answers = run(transactions)
      assert.equal("table", type(answers[1]), tostring(answers[1]))
      assert.same(answers[1], answers[2])
      local seen, count = {}, 0
      for _, id in ipairs(answers[1]) do
        assert.is_nil(seen[id])
        seen[id], count = true, count + 1
      end
      assert.equal(INTENTS, count)
      local captures, captured = 0, 0
      for _, id in ipairs(transactions) do
        local ledger = sandbox:ledger(id)
        captures, captured = captures + ledger.captures, captured + ledger.captured
      end
      assert.same({ INTENTS, INTENTS }, { captures, captured })
    end)
  end)
end
