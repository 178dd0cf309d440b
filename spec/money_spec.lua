-- Promises of kassa.money: minor units are exact, and floats are refused.
local money = require "kassa.money"

describe("kassa.money", function()
  it("turns decimal strings into minor units by the currency's exponent", function()
    assert.equal(1999, money.minor("19.99", "EUR"))
    assert.equal(1900, money.minor("19", "EUR"))
    assert.equal(1990, money.minor("19.9", "USD"))
    assert.equal(500, money.minor("500", "JPY"))
    assert.equal(1234, money.minor("1.234", "KWD"))
    assert.equal(-5, money.minor("-0.05", "EUR"))
    assert.equal(0, money.minor("-0.00", "EUR"))
    assert.equal(100, money.minor(1, "EUR"))
  end)

  it("gives integers where Lua has them", function()
    if math.type then
      assert.equal("integer", math.type(money.minor("19.99", "EUR")))
    end
  end)

  it("refuses floats like 19.99 and says how to write them", function()
    local minor, why = money.minor(19.99, "EUR")
    assert.is_nil(minor)
    assert.matches('"19.99"', why, 1, true)
    assert.is_nil(money.minor(0 / 0, "EUR"))
    assert.is_nil(money.minor(1 / 0, "EUR"))
  end)

  it("refuses what is no decimal amount", function()
    for _, text in ipairs {
      "", "1,50", "1.", ".5", "1e3", " 1", "0x10", "1.234", "--1", "1.2.3", "9999999999999999",
    } do
      local minor, why = money.minor(text, "EUR")
      assert.is_nil(minor, text)
      assert.is_string(why)
    end
    assert.is_nil(money.minor("1.5", "JPY"))
    assert.is_nil(money.minor(true, "EUR"))
  end)

  it("writes minor units back as decimal strings", function()
    assert.equal("19.99", money.format(1999, "EUR"))
    assert.equal("0.05", money.format(5, "EUR"))
    assert.equal("-0.05", money.format(-5, "EUR"))
    assert.equal("500", money.format(500, "JPY"))
    assert.equal("0.001", money.format(1, "KWD"))
    assert.is_nil(money.format(1.5, "EUR"))
    assert.is_nil(money.format("1", "EUR"))
  end)

  it("brings every amount back through the string", function()
    for _, currency in ipairs { "EUR", "JPY", "KWD", "CLF" } do
      for minor = -1500, 1500, 7 do
        assert.equal(minor, money.minor(money.format(minor, currency), currency))
      end
    end
  end)

  it("raises on a currency that is not three letters", function()
    assert.has_error(function() money.minor("1", "EURO") end)
    assert.has_error(function() money.format(1, nil) end)
  end)
end)
