-- Promises of an order: it adds up as the reference's own examples do, taxes stand where a country
-- has them, and every fault is told in the storefront's words.

local json = require "kassa.json"
local order = require "kassa.checkout.order"

local KLARNA = { name = "klarna", title = "Klarna" }
local CYBERSOURCE = { name = "cybersource", title = "Cybersource" }

local function given(more)
  local made = { amount = 15000, currency = "EUR", country = "DE", postal_code = "10115",
    region = "BE", return_url = "https://shop.example/thanks", lines = {
      { name = "Pen", quantity = 4, unit_price = 2500 },
      { name = "Ink", quantity = 5, unit_price = 1000 } } }
  for name, value in pairs(more or {}) do made[name] = value end
  return made
end

local function text(faults)
  local list = {}
  for i, fault in ipairs(faults or {}) do list[i] = fault.path .. " " .. fault.message end
  return table.concat(list, "; ")
end

local function told(more, provider, sums)
  return text(select(2, order.read(given(more), provider or CYBERSOURCE, sums)))
end

local TAXED = { { name = "Pen", quantity = 4, unit_price = 2500, tax = 1000 },
  { name = "Ink", quantity = 5, unit_price = 1000, tax = 500 } }

describe("an order", function()
  it("adds up as the three cases of the reference do", function() -- cybersource.md 4
    local us = { country = "US", region = "OH", currency = "USD" }
    us.tax, us.discount, us.amount = 1500, 3000, 13500
    assert.equal("", told(us))
    assert.equal("", told { lines = TAXED, discount = 3000, amount = 13500 })
    assert.equal("", told { lines = TAXED, amount = 16500 })
    assert.equal("", told())
  end)

  it("that does not add up is told with both sums, unless nobody wants to know", function()
    local wrong = "amount is 150.01, but the lines, tax and discount add up to 150.00"
    assert.equal(wrong, told { amount = 15001 })
    assert.equal(wrong, told({ amount = 15001 }, KLARNA))
    assert.equal("", told({ amount = 15001 }, CYBERSOURCE, false))
    assert.matches("add up to 165.00", told { lines = TAXED })
    assert.matches("add up to more than can be counted", told { lines = {
      { name = "Sun", quantity = 999999999, unit_price = 2147483647 },
      { name = "Sun", quantity = 999999999, unit_price = 2147483647 },
      { name = "Sun", quantity = 999999999, unit_price = 2147483647 },
      { name = "Sun", quantity = 999999999, unit_price = 2147483647 },
      { name = "Sun", quantity = 999999999, unit_price = 2147483647 } } })
  end)

  it("takes a voucher as a line below zero, without a tax of its own", function()
    local lines = { { name = "Pen", unit_price = 2500 }, { name = "Voucher", unit_price = -500 } }
    assert.equal("", told { lines = lines, amount = 2000 })
    lines[2].tax = 95
    assert.equal("lines[2].tax a line that is taken off has no tax",
      told { lines = lines, amount = 2095 })
  end)

  it("has its tax on the order in the US, and on the lines elsewhere", function()
    assert.equal("tax outside the US the tax stands on the lines",
      told { tax = 1500, amount = 16500 })
    assert.equal("lines[1].tax in the US the tax stands on the order; "
      .. "lines[2].tax in the US the tax stands on the order",
      told { country = "us", lines = TAXED, amount = 16500 })
    assert.equal("", told { tax = 0 })
  end)

  it("names every field that a provider cannot do without", function()
    local bare = { amount = 100, currency = "EUR", return_url = "https://shop.example/" }
    assert.equal("", text(select(2, order.read(bare, KLARNA))))
    assert.equal("country is required by Cybersource; postal_code is required by Cybersource; "
      .. "region is required by Cybersource; lines is required by Cybersource",
      text(select(2, order.read(bare, CYBERSOURCE))))
  end)

  it("takes no name that is not known, no float, nothing without amount and address", function()
    assert.matches("lins", told { lins = {} })
    local _, faults = order.read({ lins = {} }, KLARNA)
    assert.matches("lines", faults[1].hint .. (faults[2].hint or "") .. (faults[3].hint or ""))
    assert.matches("amount", told { amount = 19.99 })
    assert.matches("amount", told { amount = "150.00" })
    assert.matches("amount", told { amount = 0 })
    assert.matches("return_url", told { return_url = "thanks" })
    assert.matches("lines%[1%].unit_price", told { lines = { { name = "Pen" } } })
    assert.matches("reference", told { reference = ("x"):rep(51) })
  end)

  it("is copied: what is changed later changes nothing, and null is nothing", function()
    local mine = given { amount = 15000.0, locale = json.null }
    local copy = assert(order.read(mine, CYBERSOURCE))
    mine.lines[1].name = "Pencil"
    assert.equal("Pen", copy.lines[1].name)
    assert.is_nil(copy.locale)
    assert.equal("15000", tostring(copy.amount))
  end)

  it("names what the provider has no place for, and what only another one knows", function()
    assert.same({ "locale" }, order.left_out(given { locale = "de-DE" }, "klarna"))
    assert.is_nil(order.left_out(given { locale = "de-DE" }, "cybersource"))
    assert.is_nil(order.left_out(given(), "klarna"))
    local url = "https://shop.example/no"
    assert.equal("cancel_url", order.unsupported(given { cancel_url = url }, "klarna"))
    assert.equal("failure_url", order.unsupported(given { failure_url = url }, "klarna"))
    assert.is_nil(order.unsupported(given { cancel_url = url }, "cybersource"))
    assert.is_nil(order.unsupported(given(), "klarna"))
  end)
end)
