-- The page about the sandbox keeps its word: its script runs as printed, and it leaves no fault and
-- no verb a script needs out. It refuses to help the script along.

local sandbox = require "kassa.sandbox"

local KINDS = {
  "refuse", "reset", "drop_before_effect", "drop_after_effect", "delay", "drip", "truncate",
  "status", "garbage", "silence",
}
local WEBHOOK_FAULTS = { "duplicate", "reorder", "lose" }
local VERBS = {
  "redeliver", "receive", "signing_key",
  "approve", "decline", "abort", "open", "expire", "fault", "advance", "token", "deliveries",
  "ledger", "requests", "rate", "stop", "options", "dispute", "ask", "escalate", "decide",
  "disputes", "attachments",
}

local file = assert(io.open "docs/sandbox.md")
local text = file:read "*a"
file:close()

describe("docs/sandbox.md", function()
  it("holds a script of a lost answer that runs and ends with one capture", function()
    local code = text:match "## A lost answer.-```lua\n(.-)```"
    local made, world = {}, sandbox.world
    sandbox.world = function(options)
      made[#made + 1] = world(options)
      return made[#made]
    end
    local chunk = assert((loadstring or load)("local print = ...; " .. code, "=lost"))
    local shown
    local ok, message = pcall(chunk, function(line) shown = line end)
    sandbox.world = world
    assert.is_true(ok, tostring(message))
    assert.equal("1 capture of 4900", shown)
    assert.equal("sandbox in process (stopped)", tostring(made[1]))
  end)

  it("holds a receiver that takes what is signed, as printed", function()
    local kassa = require "kassa"
    local box = sandbox.world { seed = 7 }
    local key = box:signing_key()
    local code = text:match "\n```lua\n(sandbox:receive.-)```"
    local chunk = assert((loadstring or load)(
      "local sandbox, kassa, key_id, key = ...; " .. code, "=receive"))
    local klarna = kassa.klarna(box:options())
    chunk(box, kassa, key.signing_key_id, key.signing_key)
    kassa.assert(klarna.payment_requests:create { currency = "EUR", payment_amount = 100 })
    chunk(box, kassa, key.signing_key_id, "another key")
    kassa.assert(klarna.payment_requests:create { currency = "EUR", payment_amount = 100 })
    local list = box:deliveries()
    assert.equal(204, list[1].attempts[1].status)
    assert.equal(400, list[2].attempts[1].status)
    box:stop()
  end)

  it("names every kind of fault and every verb", function()
    for _, kind in ipairs(KINDS) do
      assert.is_truthy(text:find("\n| `" .. kind .. "` |", 1, true), kind)
    end
    for _, kind in ipairs(WEBHOOK_FAULTS) do
      assert.is_truthy(text:find("\n| `" .. kind .. "` |", 1, true), kind)
    end
    for _, verb in ipairs(VERBS) do
      assert.is_truthy(text:find("`" .. verb .. "(", 1, true), verb)
    end
  end)

  it("names every verb that only Cybersource's sandbox has", function()
    local own = text:match "\n## Cybersource\n(.-)\n## "
    for verb in pairs(require "kassa.sandbox.cybersource.verbs") do
      local shown = own:find("`" .. verb .. "(", 1, true) or own:find("`" .. verb .. "`", 1, true)
      assert.is_truthy(shown or verb == "credentials", verb)
    end
  end)
end)
