-- Two hundred checkouts at once in one script (or as many as the first argument says): each runs in
-- a task of its own, and reads as if it were alone. It plays on the sandbox only.

local here = arg and arg[0]:match "^(.*/)" or "./"
local stage = dofile(here .. "stage.lua")
local kassa = require "kassa"

if (os.getenv "KLARNA_API_KEY" or "") ~= "" then
  error("concurrent.lua plays on the sandbox only: unset KLARNA_API_KEY", 0)
end

local COUNT = tonumber(arg and arg[1]) or 200
local check = kassa.assert
local klarna, shopper, sandbox = stage.open()

local function checkout(number)
  local order = { currency = "EUR", payment_amount = 1000 + number }
  local name = "order-" .. number
  local request = check(klarna.payment_requests:create(order, { intent = name .. "/request" }))
  shopper(request)
  check(request:confirm(order, { intent = name .. "/confirm" }))
  local id = request.state_context.payment_transaction.payment_transaction_id
  local transaction = check(klarna.payment_transactions:read(id))
  local all = { capture_amount = order.payment_amount }
  check(transaction:capture(all, { intent = name .. "/capture" }))
  return check(transaction:refresh())
end

local tasks = {}
for number = 1, COUNT do
  tasks[number] = function() return checkout(number) end
end
local transactions = kassa.all(tasks)

local total = 0
for number = 1, COUNT do
  local transaction = transactions[number]
  assert(transaction.state == "COMPLETED" and #transaction.payment_captures == 1)
  assert(transaction.payment_amount == 1000 + number)
  total = total + transaction.payment_captures[1].capture_amount
end
print(("%d checkouts, %s EUR captured, each once"):format(COUNT, kassa.money.format(total, "EUR")))

sandbox:stop()
print "concurrent: ok"
