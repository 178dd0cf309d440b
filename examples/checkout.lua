-- A whole checkout, the same over both providers: a page, the shopper's yes, a part shipped and
-- captured, some of that given back, the rest released. It needs no account, but with a key asks
-- the provider's test host (stage.lua).
--
--   lua examples/checkout.lua [klarna|cybersource]        klarna, or KASSA_PROVIDER, if left out

local here = arg and arg[0]:match "^(.*/)" or "./"
local stage = dofile(here .. "stage.lua")
local kassa = require "kassa"

local check, money = kassa.assert, kassa.money
local step, tell = stage.step, stage.tell

local provider = arg and arg[1] or os.getenv "KASSA_PROVIDER" or "klarna"
local client, shopper, sandbox = stage.storefront(provider)
local checkout = kassa.checkout(client)

local function euros(minor) return money.format(minor, "EUR") .. " EUR" end

local tees = { name = "Oversized vintage trabant tee", quantity = 2, unit_price = 2500 }
local board = { name = "Custom Berlin Wall Art Skateboard", unit_price = 10000 }

step "The shop asks for a payment of 150.00 EUR."
local payment = check(checkout:begin {
  amount = 15000, currency = "EUR", reference = "order-1001", lines = { tees, board },
  country = "DE", region = "BE", postal_code = "10115",
  return_url = "https://shop.example/thanks?order=1001",
})
tell("state %s (%s)", payment.state, payment.provider_state)
tell("hosted page: %s", payment.url)

step "The shopper opens the page and approves."
local back = shopper(payment)
tell("state %s (%s)", payment.state, payment.provider_state)

step "The shopper is back, and the shop reserves what was agreed to."
check(payment:authorize(back))
tell("state %s, %s of %s left to capture", payment.state, euros(payment.remaining),
  euros(payment.authorized))

step "The tees ship, so 50.00 EUR are captured."
local parcel = check(payment:capture({ amount = 5000, reference = "parcel-1", lines = { tees } },
  { intent = "order-1001/parcel-1" }))
tell("capture %s of %s: %s", parcel.id, euros(parcel.amount), parcel.state)

step "A capture of more than what is left is refused on this machine, before a byte leaves."
local refused, err = payment:capture { amount = 10001 }
assert(refused == nil and err.code == "exceeds_amount" and err.happened == "no")
tell("%s", tostring(err))

step "The shop keeps the payment as a line of text; days later another process goes on."
local text = payment:save()
payment = check(checkout:load(text))
tell("%d bytes: %s", #text, tostring(payment))

step "One tee comes back, so 25.00 EUR of that capture are refunded."
local refund = check(payment:refund({ amount = 2500, capture = parcel.id, reference = "return-1" },
  { intent = "order-1001/return-1" }))
tell("refund %s of %s: %s", refund.id, euros(refund.amount), refund.state)

step "The skateboard is sold out, so the rest is released, where the provider can."
local released
released, err = payment:cancel { intent = "order-1001/release" }
check(released or err.code == "unsupported", err)
tell("%s", released and "released" or tostring(err))

step "What stands in the books:"
check(payment:status())
tell("state %s, %s left to capture", payment.state, euros(payment.remaining))
assert(payment.captured == 5000 and payment.refunded == 2500 and payment.charged_back == 0)
assert(payment.remaining == (released and 0 or 10000))
tell("%d capture, %d refund: %s of %s given back", #payment.captures, #payment.refunds,
  euros(payment.refunded), euros(payment.captured))

if sandbox then sandbox:stop() end
