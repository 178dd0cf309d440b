-- Promises of csrc/core/money.c, seen through core.money: decimal text and minor units, exactly. It
-- refuses to repeat what spec/money_spec.lua says about sentences.

local money = require "kassa.core".money

describe("core money", function()
  it("knows the decimals of currencies", function()
    for code, decimals in pairs { USD = 2, EUR = 2, JPY = 0, KRW = 0, KWD = 3, TND = 3, CLF = 4,
        sek = 2, jpy = 0, XXX = 2, ["F K"] = 2 } do
      assert.equal(decimals, money.decimals(code), code)
    end
    assert.has_error(function() money.decimals "US" end)
    assert.has_error(function() money.decimals(7) end)
  end)

  it("reads decimal text", function()
    for text, minor in pairs { ["0"] = 0, ["1"] = 100, ["1.5"] = 150, ["1.05"] = 105,
        ["-0.05"] = -5, ["007"] = 700, ["9999999999999.99"] = 999999999999999 } do
      assert.equal(minor, (money.read(text, 2)), text)
    end
    assert.equal(19, (money.read("19", 0)))
    assert.equal(1, (money.read("0.0001", 4)))
  end)

  it("says by a word what is wrong", function()
    for _, text in ipairs { "", "-", ".", "1.", ".5", "1,50", "1e3", " 1", "1 ", "+1", "0x1",
        "1.2.3", "1\0", "--1", "1-", "\255" } do
      assert.same({ nil, "form" }, { money.read(text, 2) }, text)
    end
    assert.same({ nil, "decimals" }, { money.read("1.234", 2) })
    assert.same({ nil, "decimals" }, { money.read("1.0", 0) })
    assert.same({ nil, "large" }, { money.read("10000000000000.00", 2) })
    assert.same({ nil, "large" }, { money.read(("9"):rep(400), 2) })
    assert.same({ nil, "large" }, { money.read("999999999999999", 1) })
  end)

  it("writes as many decimals as the currency has", function()
    assert.equal("19.99", money.write(1999, 2))
    assert.equal("0.05", money.write(5, 2))
    assert.equal("-0.05", money.write(-5, 2))
    assert.equal("0.00", money.write(0, 2))
    assert.equal("0", money.write(0, 0))
    assert.equal("-500", money.write(-500, 0))
    assert.equal("0.0012", money.write(12, 4))
    if math.mininteger then
      assert.equal("-922337203685477.5808", money.write(math.mininteger, 4))
    end
    assert.has_error(function() money.write(1, 5) end)
    assert.has_error(function() money.write(1.5, 2) end)
  end)
end)
