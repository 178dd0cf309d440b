-- Promises of kassa.sandbox.random: the same seed gives the same bytes, on every Lua version.

local random = require "kassa.sandbox.random"

describe("a seeded generator", function()
  it("walks the same sequence on every Lua version", function()
    local r = random.new(7, "ids")
    assert.equal("0a1512a5-7ceb-4a58-9686-94113c9aafa2", r:uuid())
  end)

  it("gives the same bytes for the same seed, whether 7, 7.0 or \"7\"", function()
    local first = random.new(7):letters(64)
    assert.equal(first, random.new(7.0):letters(64))
    assert.equal(first, random.new("7"):letters(64))
  end)

  it("gives other bytes for another seed or purpose", function()
    local first = random.new(7, "ids"):letters(32)
    assert.not_equal(first, random.new(8, "ids"):letters(32))
    assert.not_equal(first, random.new(7, "errors"):letters(32))
  end)

  it("makes UUIDs of version 4 and does not repeat them", function()
    local r, seen = random.new(1), {}
    for _ = 1, 5000 do
      local id = r:uuid()
      assert.truthy(id:match("^%x%x%x%x%x%x%x%x%-%x%x%x%x%-4%x%x%x%-[89ab]%x%x%x%-%x+$"), id)
      assert.equal(36, #id)
      assert.is_nil(seen[id])
      seen[id] = true
    end
  end)

  it("spreads its numbers evenly", function()
    local r, count = random.new(3), {}
    for _ = 1, 10000 do
      local n = r:below(10)
      count[n] = (count[n] or 0) + 1
    end
    for n = 0, 9 do assert.truthy(count[n] > 850 and count[n] < 1150, n .. ": " .. count[n]) end
  end)

  it("gives fractions from 0 to below 1", function()
    local r, sum = random.new(4), 0
    for _ = 1, 1000 do
      local x = r:fraction()
      assert.truthy(x >= 0 and x < 1)
      sum = sum + x
    end
    assert.truthy(sum > 450 and sum < 550)
  end)
end)
