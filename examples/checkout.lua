-- A whole checkout: a request, the shopper's yes, a part shipped and captured, some of that given
-- back, the rest released. It needs no account, but with KLARNA_API_KEY asks Klarna's test host.

local here = arg and arg[0]:match "^(.*/)" or "./"
local stage = dofile(here .. "stage.lua")
local kassa = require "kassa"

local check, money = kassa.assert, kassa.money
local step, tell = stage.step, stage.tell
local klarna, shopper, sandbox = stage.open()

local function euros(minor) return money.format(minor, "EUR") .. " EUR" end

local tees = {
  name = "Oversized vintage trabant tee", quantity = 2, unit_price = 2500, total_amount = 5000,
}
local board = { name = "Custom Berlin Wall Art Skateboard", quantity = 1, total_amount = 10000 }

step "The shop asks for a payment of 150.00 EUR."
local request = check(klarna.payment_requests:create {
  currency = "EUR", payment_amount = 15000,
  payment_request_reference = "order-1001",
  supplementary_purchase_data = {
    purchase_reference = "order-1001", line_items = { tees, board },
  },
  config = { redirect_url = "https://shop.example/thanks?request={klarna.payment_request.id}" },
})
tell("state %s (%s)", request.state, request.state_reason)
tell("hosted page: %s", request.state_context.payment_distribution.url)

step "The shopper opens the page and approves."
shopper(request)
tell("state %s", request.state)

step "The shop confirms what the shopper agreed to."
check(request:confirm({
  currency = "EUR", payment_amount = 15000, payment_transaction_reference = "order-1001",
}, { intent = "order-1001/confirm" }))
local short = request.state_context.payment_transaction
tell("state %s, transaction %s", request.state, short.payment_transaction_id)

step "The money is reserved."
local transaction = check(klarna.payment_transactions:read(short.payment_transaction_id))
tell("state %s, %s of %s left to capture", transaction.state,
  euros(transaction.remaining_authorization_amount),
  euros(transaction.original_authorization_amount))

step "The tees ship, so 50.00 EUR are captured."
local capture = check(transaction:capture({
  capture_amount = 5000, payment_capture_reference = "parcel-1",
  supplementary_capture_data = { line_items = { tees } },
}, { intent = "order-1001/parcel-1" }))
tell("capture %s of %s", capture.payment_capture_id, euros(capture.capture_amount))

step "A capture of more than what is left is refused on this machine, before a byte leaves."
local refused, err = transaction:capture { capture_amount = 10001 }
assert(refused == nil and err.code == "exceeds_amount" and err.happened == "no")
tell("%s", tostring(err))

step "One tee comes back, so 25.00 EUR of that capture are refunded."
local refund = check(capture:refund({ refund_amount = 2500, payment_refund_reference = "return-1" },
  { intent = "order-1001/return-1" }))
tell("refund %s of %s", refund.payment_refund_id, euros(refund.refund_amount))

step "The skateboard is sold out, so the rest is released."
check(transaction:void({ intent = "order-1001/void" }))
tell("state %s (%s), %s left to capture", transaction.state, transaction.state_reason,
  euros(transaction.remaining_authorization_amount))

step "What stands in the books:"
local final = check(klarna.payment_transactions:read(short.payment_transaction_id))
local captures, refunds = final.payment_captures, final.payment_refunds
tell("%d capture, %d refund, state %s", #captures, #refunds, final.state)
assert(#captures == 1 and captures[1].capture_amount == 5000)
assert(#refunds == 1 and refunds[1].refund_amount == 2500)
assert(final.remaining_authorization_amount == 0 and final.state == "COMPLETED")

if sandbox then sandbox:stop() end
