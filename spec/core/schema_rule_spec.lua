-- Promises of sums and products: a wrong total is told with the equation spelled out, as advice
-- that can be switched off. It refuses to judge what another fault spoils.

local core = require "kassa.core"
local S = require "kassa.schema"

local item = S.record "item" {
  { "name", S.text {} },
  { "quantity", S.integer {} },
  { "unit_price", S.amount {} },
  { "total_amount", S.amount {} },
  rules = { { product = { "unit_price", "quantity" }, equals = "total_amount" } },
}
local order = S.record "order" {
  { "payment_amount", S.amount {} },
  { "data", S.record "data" { { "line_items", S.list(item) } } },
  rules = { { sum = "data.line_items[].total_amount", equals = "payment_amount" } },
}
local writer = core.schema.compile(order)

local function with_items(amount, ...)
  local items = {}
  for position, total in ipairs { ... } do items[position] = { total_amount = total } end
  return { payment_amount = amount, data = { line_items = items } }
end

local function advice(value, ...)
  local text, faults = writer:write(value, ...)
  if text then return nil end
  assert.equal(1, #faults)
  assert.is_true(faults[1].advisory)
  return faults[1].path .. ": " .. faults[1].message
end

describe("a sum", function()
  it("that holds is no fault", function()
    assert.is_nil(advice(with_items(2000, 1000, 1000)))
    assert.is_nil(advice(with_items(900, 1000, -100)))
    assert.is_nil(advice(with_items(0, 0)))
    assert.is_nil(advice(with_items(5, 5.0)))
  end)

  it("that does not hold is told with its equation", function()
    assert.equal("payment_amount: line items add up to 1900, payment_amount is 2000"
      .. " (1000 + 900 = 1900)", advice(with_items(2000, 1000, 900)))
    assert.equal("payment_amount: line items add up to 900, payment_amount is 1000"
      .. " (1000 + -100 = 900)", advice(with_items(1000, 1000, -100)))
  end)

  it("shows the first terms of many", function()
    local totals = {}
    for position = 1, 20 do totals[position] = 1 end
    assert.equal("payment_amount: line items add up to 20, payment_amount is 21"
      .. " (1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + ... = 20)",
      advice(with_items(21, (unpack or table.unpack)(totals))))
  end)

  it("is not asked for what is not sent", function()
    assert.is_nil(advice(with_items(2000)))
    assert.is_nil(advice { payment_amount = 2000 })
    assert.is_nil(advice { payment_amount = 2000, data = {} })
    assert.is_nil(advice { data = { line_items = { { total_amount = 1 } } } })
    assert.is_nil(advice { payment_amount = 2000, data = { line_items = { { name = "gift" } } } })
    assert.is_nil(advice { payment_amount = 2000, data = require("kassa.json").null })
  end)

  it("is switched off by sums = false, and by strict = false", function()
    assert.is_nil(advice(with_items(2000, 1), true, false))
    assert.is_nil(advice(with_items(2000, 1), false))
    assert.is_nil(advice(with_items(2000, 1), nil, false))
    assert.is_string(advice(with_items(2000, 1), true, true))
    assert.is_string(advice(with_items(2000, 1), nil, nil))
  end)

  it("is not asked where another fault stands", function()
    local value = with_items(2000, 1)
    value.data.line_items[1].name = 5
    local _, faults = writer:write(value)
    assert.equal(1, #faults)
    assert.is_nil(faults[1].advisory)
  end)

  if math.maxinteger then
    it("beyond 64 bits is a fault and not a wrap", function()
      local max = math.maxinteger
      assert.equal(("payment_amount: line items add up to more than 64 bits hold (%d + 1)")
        :format(max), advice(with_items(math.mininteger, max, 1)))
      assert.matches("more than 64 bits hold", advice(with_items(0, math.mininteger, -1)))
      assert.is_nil(advice(with_items(max, max - 1, 1)))
    end)
  end
end)

describe("a product", function()
  local function of(price, quantity, total)
    return { data = { line_items = { { name = "first" },
      { unit_price = price, quantity = quantity, total_amount = total } } } }
  end

  it("that does not hold is told with its equation", function()
    assert.is_nil(advice(of(1000, 3, 3000)))
    assert.equal("data.line_items[2].total_amount: unit price x quantity is 3000,"
      .. " total_amount is 2900 (1000 x 3 = 3000)", advice(of(1000, 3, 2900)))
    assert.is_nil(advice(of(1000, 3, 2900), true, false))
  end)

  it("is not asked for what is not sent", function()
    assert.is_nil(advice(of(nil, 3, 2900)))
    assert.is_nil(advice(of(1000, nil, 2900)))
    assert.is_nil(advice(of(1000, 3, nil)))
  end)

  if math.maxinteger then
    it("beyond 64 bits is a fault and not a wrap", function()
      assert.matches("unit price x quantity is more than 64 bits hold %(%d+ x 2%)$",
        advice(of(math.maxinteger, 2, -2)))
    end)
  end
end)
