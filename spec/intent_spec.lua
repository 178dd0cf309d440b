-- Promises of kassa.intent: one intent has one key for ever, two intents never share one.
local intent = require "kassa.intent"

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
