-- Promises of kassa.intent: one intent has one key for ever, two intents never share one.
local child = require "support.child"
local intent = require "kassa.intent"
local peers = require "support.peers"

-- Prints the hash of all keys of 100,000 intents that look random and are the same everywhere: the
-- numbers come from a generator that needs whole numbers below 2^53 only. A key seen twice ends it.
local KEYS = [[
  local core, intent = require "kassa.core", require "kassa.intent"
  local state = 20240105
  local function random(n)
    state = (state * 16807) % 2147483647
    return state % n
  end
  local pieces = {}
  for i = 1, 512 do pieces[i] = string.char(random(256)):rep(random(3)) end
  local function word(max)
    return max == 8 and pieces[1 + random(512)] .. pieces[1 + random(512)]
      or pieces[1 + random(512)]
  end
  local operations = { "payment_transaction.capture", "payment_transaction.refund", "op" }
  local seen, keys, same = {}, {}, {}
  for i = 1, 100000 do
    local parts = { word(4), operations[1 + random(3)], word(6), word(8), 1 + random(3) }
    local name = #parts[1] .. ":" .. parts[1] .. #parts[3] .. ":" .. parts[3] .. parts[2] .. ":"
      .. #parts[4] .. ":" .. parts[4] .. parts[5]
    local key = intent.key(parts[1], parts[2], parts[3], parts[4], parts[5])
    if seen[key] and seen[key] ~= name then print("twice", key) os.exit(1) end
    if same[name] and same[name] ~= key then print("another key", name) os.exit(1) end
    seen[key], same[name], keys[i] = name, key, key
  end
  print((core.sign.sha256(table.concat(keys)):gsub(".", function(c)
    return ("%02x"):format(c:byte())
  end)))
]]

describe("kassa.intent", function()
  it("gives one named intent one key for ever", function()
    local operation, name = "payment_transaction.capture", "order-1001/parcel-2"
    local key = intent.key("acc", operation, "tx-1", name)
    assert.equal(key, intent.key("acc", operation, "tx-1", name))
    -- Made once with another implementation of RFC 4122 and written down: it must never change.
    assert.equal("51a22c52-26ff-5f48-bfbb-e0924b38f188", key)
  end)

  it("never makes one key of two different intents", function()
    local seen = {}
    local parts = { "", "a", "ab", "b", "a:b", "1:a", "a,1:b", "\0" }
    for _, account in ipairs(parts) do
      for _, object in ipairs(parts) do
        for _, name in ipairs(parts) do
          local key = intent.key(account, "op", object, name)
          assert.is_nil(seen[key])
          seen[key] = true
        end
      end
    end
  end)

  it("gives another key to the next generation, and the first one's stays", function()
    local first = intent.key("a", "op", "o", "n")
    assert.equal(first, intent.key("a", "op", "o", "n", 1))
    local seen = { [first] = true }
    for generation = 2, 50 do
      local key = intent.key("a", "op", "o", "n", generation)
      assert.is_nil(seen[key])
      seen[key] = true
    end
  end)

  it("gives 100,000 intents the same keys in every process and on every Lua", function()
    local folder = peers.folder()
    peers.write(folder .. "/keys.lua", KEYS)
    local _, here = child.finish { child.lua, folder .. "/keys.lua" }
    -- Written down once, on Lua 5.4: what every other Lua and process has to come to.
    assert.equal("6a8aeb9bd5ee18baaa7cc53987ccb272b4fbc0bf49d2bce5588a3ee817e01ec3\n", here)
    peers.remove(folder)
  end)

  it("gives each unnamed call its own key", function()
    local seen = {}
    for _ = 1, 1000 do
      local key = intent.fresh_key()
      assert.matches("^%x+%-%x+%-4%x+%-[89ab]%x+%-%x+$", key)
      assert.is_nil(seen[key])
      seen[key] = true
    end
  end)
end)
