-- What the game server sells, and how: the only file that calls kassa for money. Prices stand here
-- and nowhere in the game, which a player can change; a sale is told as it goes on.

local kassa = require "kassa"

local till = {}

local CURRENCY = "EUR"
local LOOK_S = 0.5 -- between two looks at what the shopper has decided

till.items = {
  { id = "blade", name = "Moonlit Blade", about = "Cuts shadows clean in two", price = 499 },
  { id = "staff", name = "Ember Staff", about = "Warm hands, warmer foes", price = 799 },
  { id = "boots", name = "Cloud Boots", about = "Two steps above the mud", price = 349 },
  { id = "compass", name = "Lucky Compass", about = "Points at what you want", price = 1250 },
}

--- A price as people read it.
function till.price(item) return kassa.money.format(item.price, CURRENCY) .. " " .. CURRENCY end

function till.find(id)
  for _, item in ipairs(till.items) do
    if item.id == id then return item end
  end
end

-- Until the shopper has decided, or `sale.stopped`. Trouble that passes is waited out.
-- -> true; or nil and why it is over
local function decided(payment, sale)
  while payment.state == "waiting" do
    kassa.sleep(LOOK_S)
    if sale.stopped then
      payment:cancel()
      return nil, "You left the counter. Nothing was paid."
    end
    local _, err = payment:status()
    if err and err.retry == "never" then return nil, err.message end
  end
  if payment.state == "approved" then return true end
  return nil, ("The payment was %s. Nothing was paid."):format(payment.state)
end

-- -> id of the capture; or nil and why there is none
local function pay(checkout, item, order, sale)
  local payment, err = checkout:begin {
    amount = item.price, currency = CURRENCY, reference = order, country = "DE",
    lines = { { name = item.name, unit_price = item.price } },
    return_url = "https://game.example/thanks",
  }
  if not payment then return nil, err.message end
  sale.tell("page", payment.url)
  local agreed, why = decided(payment, sale)
  if not agreed then return nil, why end
  sale.tell("paying")
  local ok
  ok, err = payment:authorize(nil, { intent = order .. "/authorize" })
  if not ok then return nil, err.message end
  local capture
  capture, err = payment:capture({ amount = item.price }, { intent = order .. "/capture" })
  return capture and capture.id, err and err.message
end

--- Sell an item, in a coroutine of its own: other players are served meanwhile.
-- sale: { tell = function(...) that says a line to the buyer, stopped = true once they gave up }
-- -> whether it was sold
function till.sell(checkout, item, order, sale)
  local capture, why = pay(checkout, item, order, sale)
  if not capture then
    sale.tell("sorry", why)
    return false
  end
  sale.tell("receipt", item.id, item.name, till.price(item), order, capture)
  return true
end

return till
