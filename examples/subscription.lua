-- A subscription: the shopper agreed once, and a token is charged each month; one charge is
-- approved, one declined, one needs the shopper again. It plays on the sandbox only, as planned.

local here = arg and arg[0]:match "^(.*/)" or "./"
local stage = dofile(here .. "stage.lua")
local kassa = require "kassa"

if (os.getenv "KLARNA_API_KEY" or "") ~= "" then
  error("subscription.lua plans its tokens on the sandbox only: unset KLARNA_API_KEY", 0)
end

local check, step, tell = kassa.assert, stage.step, stage.tell
local klarna, shopper, sandbox = stage.open()

local function charge(token, month, present)
  return klarna.customer_tokens:charge(token, {
    currency = "USD", payment_amount = 999,
    supplementary_purchase_data = {
      purchase_reference = "premium-" .. month,
      subscriptions = { {
        subscription_reference = "PREMIUM_INDIVIDUAL", name = "Premium individual",
        subscription_plan = { billing_amount = 999, interval = "MONTH", interval_frequency = 1,
          next_billing_date = "2026-" .. month .. "-01", next_billing_amount = 999 },
        line_items = { { name = "Premium individual", quantity = 1, total_amount = 999 } },
      } },
    },
    config = { customer_present = present or false,
      redirect_url = present and "https://shop.example/account" or nil },
  }, { intent = "premium/" .. month })
end

step "January: approved."
local request = check(charge(sandbox:token "approved", "01"))
assert(request.state == "CONFIRMED")
tell("state %s, transaction %s", request.state,
  request.state_context.payment_transaction.payment_transaction_id)

step "February: declined. That is an object, no error: the provider did what it was asked."
request = check(charge(sandbox:token "declined", "02"))
assert(request.state == "DECLINED")
tell("state %s (%s)", request.state, request.state_reason)

step "March: Klarna wants to see the shopper."
request = check(charge(sandbox:token "step_up", "03", true))
assert(request.state == "SUBMITTED" and request.state_reason == "STEP_UP_REQUIRED")
tell("state %s (%s)", request.state, request.state_reason)
tell("send the shopper to %s", request.state_context.payment_distribution.url)
shopper(request)
check(request:confirm { currency = "USD", payment_amount = 999 })
tell("state %s", request.state)
assert(request.state == "CONFIRMED")

sandbox:stop()
print "subscription: ok"
