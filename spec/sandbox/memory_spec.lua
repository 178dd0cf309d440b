-- Promises of kassa.sandbox.memory: a key's first answer is kept for exactly 24 hours.

local memory = require "kassa.sandbox.memory"

local DAY = 24 * 3600 * 1000

describe("the memory of idempotency keys", function()
  it("knows nothing of a key that was not used", function()
    assert.is_nil(memory.new():recall("k", "print", 0))
  end)

  it("brings the first answer again for the same request", function()
    local m = memory.new()
    m:keep("k", "print", "first", 0)
    m:keep("k", "print", "second", 5)
    assert.equal("first", m:recall("k", "print", 10))
  end)

  it("says false for the same key with another request", function()
    local m = memory.new()
    m:keep("k", "print", "first", 0)
    assert.is_false(m:recall("k", "other", 10))
    m:keep("k", "other", "second", 11)
    assert.equal("first", m:recall("k", "print", 12))
  end)

  it("forgets after 24 hours, not a millisecond before", function()
    local m = memory.new()
    m:keep("k", "print", "first", 0)
    assert.equal("first", m:recall("k", "print", DAY - 1))
    assert.is_nil(m:recall("k", "print", DAY))
    m:keep("k", "print", "second", DAY)
    assert.equal("second", m:recall("k", "print", 2 * DAY - 1))
  end)

  it("forgets the oldest keys first when there are too many", function()
    local m = memory.new()
    for i = 1, 100001 do m:keep("k" .. i, "p", i, 0) end
    assert.is_nil(m:recall("k1", "p", 0))
    assert.equal(2, m:recall("k2", "p", 0))
    assert.equal(100001, m:recall("k100001", "p", 0))
  end)
end)
