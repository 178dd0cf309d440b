-- Promises of kassa.duration: it reads what people write and nothing else, and says a duration in
-- words that a person reads at a glance.

local duration = require "kassa.duration"

local DAY = 86400000

describe("a duration", function()
  it("is read in every unit, and in sums", function()
    local cases = {
      ["250ms"] = 250, ["30s"] = 30000, ["90m"] = 5400000, ["12h"] = 43200000, ["7d"] = 7 * DAY,
      ["2w"] = 14 * DAY, ["1d12h"] = 1.5 * DAY, ["5"] = 5000, ["0s"] = 0,
    }
    for text, ms in pairs(cases) do assert.equal(ms, duration.ms(text), text) end
  end)

  it("is a number of seconds too, rounded to a millisecond", function()
    assert.equal(500, duration.ms(0.5))
    assert.equal(0, duration.ms(0))
    assert.equal(1, duration.ms(0.0009))
    assert.equal(7 * DAY, duration.ms(7 * 86400))
  end)

  it("is nothing else, and a sentence says what it can be", function()
    local wrongs = { -1, "", "soon", "5x", "d", "7 d", "-7d", "-5", "7d-1h", 0 / 0, math.huge,
      "9999999999999s", "36601d", 101 * 366 * 86400, {}, true }
    for _, wrong in ipairs(wrongs) do
      local ms, message = duration.ms(wrong)
      assert.is_nil(ms, tostring(wrong))
      assert.truthy(message:find("a duration is a number of seconds or a text", 1, true))
      assert.truthy(message:find(tostring(wrong), 1, true))
    end
    assert.is_nil((duration.ms()))
  end)

  it("is said in its two largest units", function()
    local cases = {
      [0] = "less than a second", [999] = "less than a second", [1000] = "1 second",
      [90000] = "1 minute 30 seconds", [3600000] = "1 hour", [7199999] = "1 hour 59 minutes",
      [7 * DAY] = "7 days", [DAY + 60000] = "1 day", [6 * DAY + 5 * 3600000] = "6 days 5 hours",
    }
    for ms, words in pairs(cases) do assert.equal(words, duration.words(ms)) end
  end)
end)
