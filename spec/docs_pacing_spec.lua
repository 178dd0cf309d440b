-- The page about pacing keeps its word: its blocks run in order as printed, on a sandbox whose
-- limit they reach.
local dict = require "support.dict"
local kassa = require "kassa"
local manual = require "support.manual"
local sandboxes = require "kassa.sandbox"

local TERMS = { currency = "USD", payment_amount = 9000 }

-- So many orders whose money is captured.
local function orders_of(sandbox, count)
  local klarna, orders = kassa.klarna(sandbox:options()), {}
  for i = 1, count do
    local request = assert(klarna.customer_tokens:charge(sandbox:token "approved", TERMS))
    local id = request.state_context.payment_transaction.payment_transaction_id
    assert(klarna.payment_transactions:capture(id, { capture_amount = 9000 }))
    orders[i] = { id = id, name = "order-" .. i, amount = i == 3 and 9001 or 9000 }
  end
  return orders
end

describe("docs/pacing.md", function()
  it("is one script that runs, and refunds what it can", function()
    local sandbox, lines = sandboxes.world {}, {}
    local orders = orders_of(sandbox, 60)
    sandbox:rate(40)
    local shared = dict.new(function() return sandbox:now() / 1000 end)
    rawset(_G, "ngx", { shared = { kassa_pace = shared } })
    finally(function() rawset(_G, "ngx", nil) end)
    local shown = setmetatable({ klarna = function(options)
      local all = sandbox:options()
      all.pace = options.pace
      return kassa.klarna(all)
    end }, { __index = kassa })
    local names = setmetatable({
      orders = orders,
      require = function(name) return name == "kassa" and shown or require(name) end,
      print = function(name, err) lines[#lines + 1] = name .. " " .. err.code end,
    }, { __index = _G })
    local script = manual.script(manual.text "pacing")
    local run = assert(loadstring and loadstring(script) or load(script, "page", "t", names))
    if setfenv then setfenv(run, names) end
    local began = sandbox:now()
    run()
    assert.same({ "order-3 forbidden" }, lines)
    assert.truthy(sandbox:now() - began >= 1000)
    for _, request in ipairs(sandbox:requests()) do assert(request.status ~= 429) end
  end)
end)
