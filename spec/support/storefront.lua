-- A storefront for the specs of kassa.checkout: a sandbox in process, a client and a checkout, of
-- either provider, and short ways to a payment in a wanted state.

local kassa = require "kassa"
local sandboxes = require "kassa.sandbox"

local storefront = {}
storefront.__index = storefront

--- The providers, in the order in which specs play them.
storefront.PROVIDERS = { "klarna", "cybersource" }

--- Open a shop over a provider's sandbox.
function storefront.open(provider, options)
  local box = sandboxes.world { seed = 7, provider = provider }
  local given = box:options()
  for name, value in pairs(options or {}) do given[name] = value end
  local client = kassa[provider](given)
  return setmetatable({ provider = provider, box = box, client = client,
    checkout = kassa.checkout(client) }, storefront)
end

--- An order of 150.00 EUR that every provider takes.
function storefront.order(more)
  local order = { amount = 15000, currency = "EUR", country = "DE", postal_code = "10115",
    region = "BE", reference = "order-1001", return_url = "https://shop.example/thanks?order=1001",
    lines = { { name = "Tee", quantity = 2, unit_price = 2500 },
      { name = "Skateboard", unit_price = 10000 } } }
  for name, value in pairs(more or {}) do order[name] = value end
  return order
end

function storefront:begun(more)
  return assert(self.checkout:begin(self.order(more)))
end

--- The shopper agrees. -> where they come back to
function storefront:approve(payment)
  assert(self.box:approve(payment.id))
  return assert(self.box:redirect(payment.id))
end

--- A payment whose money is reserved.
function storefront:authorized(more)
  local payment = self:begun(more)
  return assert(payment:authorize(self:approve(payment)))
end

--- The same payment as another process loads it.
function storefront:again(payment)
  return assert(self.checkout:load(payment:save()))
end

return storefront
