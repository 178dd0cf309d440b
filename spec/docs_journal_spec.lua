-- The page about the journal keeps its word: its blocks run in order as printed, on a sandbox.
local engines = require "support.engines"
local kassa = require "kassa"
local manual = require "support.manual"
local peers = require "support.peers"
local sandboxes = require "kassa.sandbox"

local text = manual.text "journal"

-- An authorised transaction's id.
local function transaction(sandbox)
  local klarna = kassa.klarna(sandbox:options())
  local body = { currency = "USD", payment_amount = 15000 }
  local request = assert(klarna.payment_requests:create(body))
  sandbox:approve(request.payment_request_id)
  request = assert(assert(request:refresh()):confirm(body))
  return request.state_context.payment_transaction.payment_transaction_id
end

describe("docs/journal.md", function()
  if engines[1].missing then return pending(engines[1].missing) end

  it("is one script that runs", function()
    local folder, sandbox = peers.folder(), sandboxes.world { seed = 3 }
    local lines, opened = {}, nil
    local shown = setmetatable({
      journal = function(options)
        assert.equal("shop.db", options.path)
        opened = kassa.journal { path = folder .. "/shop.db" }
        return opened
      end,
      klarna = function(options)
        local all = sandbox:options()
        all.journal = options.journal
        return kassa.klarna(all)
      end,
    }, { __index = kassa })
    local names = setmetatable({
      id = transaction(sandbox),
      require = function(name) return name == "kassa" and shown or require(name) end,
      print = function(...) lines[#lines + 1] = table.concat({ tostring((...)) }, "\t") end,
    }, { __index = _G })
    local chunk = setfenv and setfenv(assert(loadstring(manual.script(text))), names)
      or assert(load(manual.script(text), "=journal.md", "t", names))
    chunk()
    local ledger = sandbox:ledger(names.id)
    assert.equal(7500, ledger.captured)
    assert.equal(1000, ledger.refunded)
    assert.equal("0 settled", lines[2])
    assert.same({ "order-1001/parcel-1", "order-1002/capture", "order-1002/refund" },
      { lines[#lines - 2], lines[#lines - 1], lines[#lines] })
    opened:close()
    sandbox:stop()
    peers.remove(folder)
  end)
end)
