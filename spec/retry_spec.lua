-- Promises of kassa.retry: never too early, never without end, and a budget for all.
local retry = require "kassa.retry"

describe("kassa.retry", function()
  it("waits anywhere between nothing and a ceiling that doubles", function()
    for attempt = 1, 12 do
      local ceiling = math.min(retry.CAP_MS, retry.BASE_MS * 2 ^ (attempt - 1))
      local low, high = math.huge, 0
      for _ = 1, 400 do
        local pause = retry.pause_ms(attempt)
        assert.is_true(pause >= 0 and pause < ceiling)
        low, high = math.min(low, pause), math.max(high, pause)
      end
      assert.is_true(low < ceiling * 0.1 and high > ceiling * 0.9, "jitter is full")
    end
  end)

  it("is never earlier than the server's own figure", function()
    for _ = 1, 200 do
      local pause = retry.pause_ms(1, 2)
      assert.is_true(pause >= 2000 and pause < 2000 + retry.BASE_MS)
    end
  end)

  it("reads both headers and takes the later one", function()
    assert.equal(1, retry.told_s({ ["x-ratelimit-reset"] = "1" }, 0))
    assert.equal(7, retry.told_s({ ["retry-after"] = "7" }, 0))
    assert.equal(7, retry.told_s({ ["x-ratelimit-reset"] = "1", ["retry-after"] = "7" }, 0))
    assert.is_nil(retry.told_s({}, 0))
    assert.is_nil(retry.told_s({ ["x-ratelimit-reset"] = "soon", ["retry-after"] = "soon" }, 0))
    assert.is_nil(retry.told_s({ ["x-ratelimit-reset"] = "-5" }, 0))
    assert.is_nil(retry.told_s({ ["x-ratelimit-reset"] = "1e300" }, 0))
  end)

  it("ends repeats when the budget is spent, and earns slowly", function()
    local budget = retry.budget()
    local spent = 0
    while budget:spend() do spent = spent + 1 end
    assert.equal(20, spent)
    for _ = 1, 4 do budget:earn() end
    assert.is_false(budget:spend())
    budget:earn()
    assert.is_true(budget:spend())
    for _ = 1, 1000 do budget:earn() end
    spent = 0
    while budget:spend() do spent = spent + 1 end
    assert.equal(20, spent)
  end)
end)
