-- Promises of core.time: every time with a zone is read to the millisecond, a text that names no
-- time is nil, and what is written reads back. The calendar is checked against a slow one.

local time = require("kassa.core").time
local unit = require "support.unit"

local DAY = 86400000

describe("core.time.ms", function()
  it("reads what the providers write", function()
    local cases = {
      ["1970-01-01T00:00:00Z"] = 0,
      ["2024-01-01T12:00:00Z"] = 1704110400000,
      ["2024-01-01T12:00:00.5+02:00"] = 1704103200500,
      ["2024-01-31T12:00:00.000Z"] = 1706702400000,
      ["2024-01-01T12:00:00.123456789Z"] = 1704110400123,
      ["2024-01-01T12:00:00-05:30"] = 1704130200000,
      ["2024-01-01T12:00:00+0000"] = 1704110400000,
      ["2024-01-01T12:00:00+02"] = 1704103200000,
      ["2024-01-01t12:00:00z"] = 1704110400000,
      ["2000-02-29T23:59:59Z"] = 951868799000,
      ["1969-12-31T23:59:59.999Z"] = -1,
      ["2016-12-31T23:59:60Z"] = 1483228800000,
      ["9999-12-31T23:59:59.999Z"] = 253402300799999,
      ["0000-01-01T00:00:00Z"] = -62167219200000,
    }
    for text, ms in pairs(cases) do assert.equal(ms, time.ms(text), text) end
  end)

  it("reads no text that names no time, or a different one everywhere", function()
    local wrongs = {
      "", "now", "2024-01-01", "2024-01-01T12:00:00", "2024-01-01T12:00Z", "2024-01-01 12:00:00Z",
      "2024-13-01T12:00:00Z", "2024-00-01T12:00:00Z", "2024-01-32T12:00:00Z",
      "2024-01-00T12:00:00Z", "2023-02-29T12:00:00Z", "1900-02-29T12:00:00Z",
      "2024-01-01T24:00:00Z", "2024-01-01T12:60:00Z", "2024-01-01T12:00:61Z",
      "2024-01-01T12:00:00.Z", "2024-01-01T12:00:00+24:00", "2024-01-01T12:00:00+02:60",
      "2024-01-01T12:00:00+2", "2024-01-01T12:00:00+02:", "2024-01-01T12:00:00ZZ",
      " 2024-01-01T12:00:00Z", "2024-01-01T12:00:00Z\n", "2024-01-01T12:00:00Z\0",
      "+024-01-01T12:00:00Z", "0000-01-01T00:00:00+00:01", "9999-12-31T23:59:59-00:01",
    }
    for _, text in ipairs(wrongs) do assert.is_nil(time.ms(text), text) end
  end)

  it("raises for what is no text", function()
    assert.has_error(function() time.ms(5) end)
    assert.has_error(function() time.ms() end)
  end)
end)

describe("core.time.text", function()
  it("writes milliseconds always", function()
    assert.equal("1970-01-01T00:00:00.000Z", time.text(0))
    assert.equal("2024-01-01T12:00:00.007Z", time.text(1704110400007))
    assert.equal("1969-12-31T23:59:59.999Z", time.text(-1))
    assert.equal("9999-12-31T23:59:59.999Z", time.text(253402300799999))
    assert.equal("0000-01-01T00:00:00.000Z", time.text(-62167219200000))
  end)

  it("raises for what is no time", function()
    for _, wrong in ipairs { 0.5, "0", 253402300800000, -62167219200001, 0 / 0, 1e300 } do
      assert.has_error(function() time.text(wrong) end)
    end
  end)

  it("walks 800 years day by day as a calendar does", function()
    local year, month, day = 1600, 1, 1
    local lengths = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 }
    local ms = time.ms "1600-01-01T00:00:00Z"
    while year < 2400 do
      local text = ("%04d-%02d-%02dT00:00:00.000Z"):format(year, month, day)
      if time.text(ms) ~= text or time.ms(text) ~= ms then assert.equal(text, time.text(ms)) end
      local leap = year % 4 == 0 and (year % 100 ~= 0 or year % 400 == 0)
      day, ms = day + 1, ms + DAY
      if day > lengths[month] + (month == 2 and leap and 1 or 0) then day, month = 1, month + 1 end
      if month > 12 then month, year = 1, year + 1 end
    end
  end)
end)

describe("core.time in C", function()
  it("reads back what it wrote, over all its years", function()
    assert.matches("^ok %d+$", unit.run "time_test")
  end)
end)
