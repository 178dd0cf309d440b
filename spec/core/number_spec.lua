-- Promises of csrc/core/number.c, seen through core.json.encode: whole numbers are exact, others
-- read back equal by the shortest digits, no locale changes a byte. It refuses NaN and infinity.

local core = require "kassa.core"

local function written(value)
  return assert(core.json.encode(value))
end

local has_integers = math.type ~= nil

describe("core number", function()
  it("writes whole numbers without a fraction and without an exponent", function()
    for _, text in ipairs { "0", "1", "-1", "9", "10", "99", "100", "-100", "2147483647",
        "-2147483648", "9007199254740991", "-9007199254740991", "9007199254740992" } do
      assert.equal(text, written(tonumber(text)))
    end
    assert.equal("1000", written(1000.0))
    assert.equal("0", written(-0.0))
    assert.equal("100000000000000", written(1e14))
  end)

  if has_integers then
    it("writes every integer of 64 bits exactly", function()
      assert.equal("9223372036854775807", written(math.maxinteger))
      assert.equal("-9223372036854775808", written(math.mininteger))
      assert.equal("9007199254740993", written(9007199254740992 + 1))
      for shift = 0, 62 do
        local value = math.tointeger(2 ^ shift)
        assert.equal(tostring(value), written(value))
        assert.equal(tostring(-value), written(-value))
      end
    end)
  end

  it("writes the shortest digits of a fraction", function()
    local shortest = { [0.1] = "0.1", [0.5] = "0.5", [-0.25] = "-0.25", [40.7128] = "40.7128",
      [74.006] = "74.006", [19.99] = "19.99", [1e-9] = "0.000000001", [123456.789] = "123456.789",
      [0.000001] = "0.000001", [-1.5] = "-1.5", [0.30000000000000004] = "0.30000000000000004" }
    for value, text in pairs(shortest) do assert.equal(text, written(value)) end
  end)

  it("writes fractions that read back equal", function()
    local seed = 12345
    local function random()
      seed = (seed * 16807) % 2147483647
      return seed / 2147483647
    end
    for _ = 1, 5000 do
      local value = (random() - 0.5) * 10 ^ math.floor(random() * 40 - 20)
      assert.equal(value, tonumber(written(value)))
    end
    for _, value in ipairs { 1 / 3, 2 ^ -1074, 2 ^ -1022, 1.7976931348623157e308, 4.35, 0.1 + 0.2,
        5e-324, 123456789.123456789, 2 ^ 53 + 2, 2 ^ 63, -2 ^ 63, 1e22, 1e300 } do
      assert.equal(value, tonumber(written(value)))
    end
  end)

  it("has one decimal point, whatever the locale", function()
    local old = os.setlocale()
    for _, name in ipairs { "de_DE.UTF-8", "de_DE", "fr_FR.UTF-8", "sv_SE.UTF-8", "ps_AF.UTF-8" } do
      if os.setlocale(name, "numeric") then
        assert.equal("[19.99,0.30000000000000004,1e+300]",
          written { 19.99, 0.1 + 0.2, 1e300 })
      end
    end
    os.setlocale(old)
  end)

  it("does not write NaN and infinity", function()
    for _, value in ipairs { 0 / 0, 1 / 0, -1 / 0 } do
      local text, faults = core.json.encode { value }
      assert.is_nil(text)
      assert.matches("^expected a finite number, got ", faults[1].message)
      assert.equal("[1]", faults[1].path)
    end
  end)
end)
