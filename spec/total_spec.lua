-- Promises of kassa.total: the guide's three examples hold, and what does not is told with its
-- equation in the currency's own decimals.

local total = require "kassa.total"

local function order(country, details, ...)
  details.currency = details.currency or "USD"
  return { orderInformation = { amountDetails = details, billTo = { country = country },
    lineItems = { ... } } }
end

local function line(quantity, price, tax, more)
  local made = { quantity = quantity, unitPrice = price, taxAmount = tax }
  for name, value in pairs(more or {}) do made[name] = value end
  return made
end

local function told(body)
  local faults = total.faults(body)
  if not faults[1] then return nil end
  assert.equal(1, #faults)
  assert.is_true(faults[1].advisory)
  return faults[1].path .. ": " .. faults[1].message
end

describe("the grand total", function()
  it("is the guide's in the US and elsewhere", function()
    assert.is_nil(told(order("US", { totalAmount = 13500, taxAmount = 1500, discountAmount = 3000 },
      line(4, 2500), line(5, 1000))))
    assert.is_nil(told(order("SE", { totalAmount = "135", discountAmount = "30.00" },
      line(4, "25", "10"), line(5, "10.00", 500))))
    assert.is_nil(told(order("DE", { totalAmount = "165.00" }, line(4, "25", "10"),
      line(5, "10", "5"))))
  end)

  it("is told with its equation when it does not hold", function()
    assert.equal("orderInformation.amountDetails.totalAmount: is 130.00, but adds up to 135.00"
      .. " (4 x 25.00 + 5 x 10.00 + tax 15.00 - discount 30.00 = 135.00)",
      told(order("US", { totalAmount = "130.00", taxAmount = 1500, discountAmount = 3000 },
        line(4, 2500), line(5, 1000))))
    assert.equal("orderInformation.amountDetails.totalAmount: is 5, but adds up to 7"
      .. " (1 x 5 + tax 2 = 7)", told(order("JP", { currency = "JPY", totalAmount = 5 },
        line(nil, 5, 2))))
  end)

  it("counts tax where the country has it, and only there", function()
    assert.is_nil(told(order("us", { totalAmount = 1000 }, line(1, 1000, 99))))
    assert.is_nil(told(order("SE", { totalAmount = 1000, taxAmount = 99 }, line(1, 1000))))
  end)

  it("takes coupons off", function()
    local coupon = line(2, 100, nil, { productCode = "coupon" })
    assert.is_nil(told(order("US", { totalAmount = 800 }, coupon, line(1, 1000))))
    assert.matches("1 x 10.00 - coupon 2 x 1.00 = 8.00",
      told(order("US", { totalAmount = 900 }, coupon, line(1, 1000))), 1, true)
  end)

  it("holds line by line: with tax elsewhere, without in the US", function()
    assert.is_nil(told(order("SE", { totalAmount = 11000 },
      line(4, 2500, 1000, { totalAmount = 11000 }))))
    assert.equal("orderInformation.lineItems[1].totalAmount: is 54.00, but adds up to 55.00"
      .. " (5 x 10.00 + tax 5.00 = 55.00)", told(order("SE", { totalAmount = 5500 },
        line(5, 1000, 500, { totalAmount = "54" }))))
    assert.is_nil(told(order("US", { totalAmount = 5000 },
      line(5, 1000, nil, { totalAmount = "50" }))))
  end)

  it("is not asked of an order that does not say all of it", function()
    assert.is_nil(told {})
    assert.is_nil(told(order("US", { totalAmount = 5 })))
    assert.is_nil(told(order("US", {}, line(1, 5))))
    assert.is_nil(told(order("US", { totalAmount = 9 }, line(1, 5), line(1))))
    assert.is_nil(told { orderInformation = { lineItems = { line(1, 5) } } })
  end)

  it("refuses to count beyond what is exact", function()
    assert.matches("more than can be counted", told(order("US", { totalAmount = 5 },
      line(999999999, 999999999999999))))
  end)

  it("shows the first terms of many", function()
    local lines = {}
    for position = 1, 20 do lines[position] = line(1, 100) end
    assert.matches("1 x 1.00 + ... = 20.00", told(order("US", { totalAmount = 1 },
      (unpack or table.unpack)(lines))), 1, true)
  end)
end)
