-- Promises of the order as the shopper reads it.
local json = require "kassa.json"
local order = require "kassa.sandbox.pages.order"
local orders = require "support.order"

local function text_of(request)
  local parts = {}
  for i, card in ipairs(order.cards(request)) do parts[i] = tostring(card) end
  return table.concat(parts)
end

local function expect(text, ...)
  for _, part in ipairs { ... } do
    assert(text:find(part, 1, true), part .. " is missing in:\n" .. text)
  end
end

describe("the order on the page", function()
  it("names items, counts, amounts, tax and total", function()
    expect(text_of(orders.calm()), "Oversized vintage trabant tee", "2 × €25.00", "€50.00",
      "€129.00", "−€5.00", "Including tax of €29.36", "€178.90")
  end)

  it("says where it goes, how, and what it is called", function()
    expect(text_of(orders.calm()), "Jane Doe", "Köpenicker Straße 70", "10179 Berlin", "DE",
      "To door, tracked, with DHL", "Order 1001", "Payment order-1001")
  end)

  it("says what the shop asks for", function()
    local request = orders.calm()
    request.config.request_customer_token = { scopes = { "payment:customer_not_present" } }
    request.config.request_shipping_data = { "SHIPPING_ADDRESS" }
    expect(text_of(request), "To see your name and email address.",
      "To charge you again without asking each time.", "To know your shipping address.")
  end)

  it("names subscriptions and their plan", function()
    local request = orders.calm()
    request.supplementary_purchase_data.subscriptions = { {
      subscription_reference = "s", name = "Coffee club",
      subscription_plan = { billing_amount = 990, interval = "MONTH", interval_frequency = 2 },
    } }
    expect(text_of(request), "Coffee club", "€9.90 every 2 months")
  end)

  it("shows a request without any purchase data as one line", function()
    expect(text_of { currency = "USD", payment_amount = 1000 }, "Purchase", "$10.00", "Total")
  end)

  it("shows null where the merchant sent null", function()
    local request = orders.calm()
    request.supplementary_purchase_data.shipping = { {
      recipient = { given_name = "Jane" }, address = {}, shipping_option = nil,
    } }
    expect(text_of(request), "Jane")
    assert.equal("userdata", type(json.null))
  end)
end)
