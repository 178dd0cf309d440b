-- Klarna through Cybersource, step by step: a hosted page, waiting for the shopper, two captures, a
-- refund, a look at each, and a chargeback weeks later. It plays on the sandbox only, inside this
-- script, where a pause of an hour takes no time.

local here = arg and arg[0]:match "^(.*/)" or "./"
local stage = dofile(here .. "stage.lua")
local kassa = require "kassa"

if (os.getenv "CYBERSOURCE_SECRET" or "") ~= "" then
  error("cybersource.lua moves the clock and plays on the sandbox only: unset CYBERSOURCE_SECRET",
    0)
end

local check, step, tell = kassa.assert, stage.step, stage.tell
local sandbox = require "kassa.sandbox".world { provider = "cybersource", seed = 7 }
local cybersource = kassa.cybersource(sandbox:options())
print "playing on a sandbox in this script"

local OHIO = { country = "US", postalCode = "43215", administrativeArea = "OH" }

local function dollars(minor) return { currency = "USD", totalAmount = minor } end

step "The shop begins a session for 139.12 USD."
local session = check(cybersource.sessions:create {
  flow = "hosted",
  clientReferenceInformation = { code = "order-1001" },
  merchantInformation = {
    successUrl = "https://shop.example/ok", cancelUrl = "https://shop.example/cancel",
    failureUrl = "https://shop.example/failed",
  },
  orderInformation = {
    amountDetails = { currency = "USD", totalAmount = 13912, taxAmount = 1912,
      discountAmount = 3000 },
    billTo = OHIO,
    lineItems = {
      { productName = "Pen", quantity = 4, unitPrice = 2500, totalAmount = 10000 },
      { productName = "Ink", quantity = 5, unitPrice = 1000, totalAmount = 5000 },
    },
  },
})
tell("status %s, hosted page: %s", session.status, session.processorInformation.paymentUrl)

step "The shop waits for the shopper, who agrees at the third look."
local looks = 0
check(session:wait { deadline_s = 600, on_check = function()
  looks = looks + 1
  if looks == 2 then sandbox:approve(session.id) end
end })
local back = sandbox:redirect(session.id)
tell("status %s after %d looks; the shopper comes back to %s", session.status, looks, back)

-- In the sandbox an amount that ends in 9.12 is one to think about.
step "Klarna's token reserves the money, after Klarna has reviewed it for an hour."
local authorization = check(session:authorize({
  orderInformation = {
    amountDetails = { currency = "USD", totalAmount = 13912, taxAmount = 1912 }, billTo = OHIO,
  },
  processorInformation = { preApprovalToken = back:match "auth%-token=([^&]*)" },
}, { intent = "order-1001/authorize" }))
tell("status %s", authorization.status)
check(authorization:wait())
tell("status %s", authorization.status)
assert(authorization.status == "AUTHORIZED")

step "Two parcels, two captures."
local pens = check(authorization:capture({
  clientReferenceInformation = { code = "parcel-1" },
  orderInformation = { amountDetails = dollars(9000) },
}, { intent = "order-1001/parcel-1" }))
tell("capture %s of 90.00 USD: %s", pens.id, pens.status)
local ink = check(authorization:capture({
  clientReferenceInformation = { code = "parcel-2" },
  orderInformation = { amountDetails = dollars(4912) },
}, { intent = "order-1001/parcel-2" }))
tell("capture %s of 49.12 USD: %s", ink.id, ink.status)

step "A third is refused on this machine, before a byte leaves."
local refused, err = authorization:capture { orderInformation = { amountDetails = dollars(1) } }
assert(refused == nil and err.code == "exceeds_amount" and err.happened == "no")
tell("%s", tostring(err))

step "One bottle comes back."
local refund = check(ink:refund({
  clientReferenceInformation = { code = "return-1" },
  orderInformation = { amountDetails = dollars(1000) },
}, { intent = "order-1001/return-1" }))
tell("refund %s of 10.00 USD: %s", refund.id, refund.status)

step "What has become of each?"
for _, part in ipairs { session, authorization, pens, ink, refund } do
  tell("%s", tostring(check(part:refresh())))
end

step "Three weeks later the shopper wins a dispute over the pens; a check sees it."
sandbox:advance "21d"
check(sandbox:chargeback(pens.id))
check(pens:refresh())
tell("%s", tostring(pens))
assert(pens.status == "CHARGEBACK" and ink.status == "SETTLED")

step "Nothing can be given back of that."
refused, err = pens:refund { orderInformation = { amountDetails = dollars(1000) } }
assert(refused == nil and err.code == "illegal_state" and err.happened == "no")
tell("%s", err.message)

step "What stands in Cybersource's books:"
local ledger = sandbox:ledger(authorization.id)
local function usd(minor) return kassa.money.format(minor, "USD") .. " USD" end
tell("%s captured, %s given back, %s charged back", usd(ledger.captured), usd(ledger.refunded),
  usd(ledger.charged_back))
assert(ledger.captured == 13912 and ledger.refunded == 1000 and ledger.charged_back == 9000)

sandbox:stop()
print "cybersource: ok"
