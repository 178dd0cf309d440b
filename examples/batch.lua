-- A recall: a thousand refunds in one go (or as many as the first argument says), under a limit of
-- 50 a second. Each call waits its turn; what fails is named at the end. Only on the sandbox.

local here = arg and arg[0]:match "^(.*/)" or "./"
local stage = dofile(here .. "stage.lua")
local kassa = require "kassa"

if (os.getenv "KLARNA_API_KEY" or "") ~= "" then
  error("batch.lua gives money back by the thousand, so it plays on the sandbox only: "
    .. "unset KLARNA_API_KEY", 0)
end

local COUNT = math.max(tonumber(arg and arg[1]) or 1000, 20)
local RATE = 50 -- refunds a second that the sandbox allows
local LONG = { deadline_s = 3600 } -- the last one waits for all others
local PRICE = { EUR = 4900, USD = 5500 }

local check, step, tell = kassa.assert, stage.step, stage.tell
local klarna, _, sandbox = stage.open { clock = "real" }
local terminal = os.execute "test -t 1"
terminal = terminal == true or terminal == 0 -- 5.1 returns the status

-- Progress: a bar on a terminal; in a pipe a line for each tenth.
local done = 0

local function bar(share)
  local full = math.floor(30 * share)
  return "[" .. ("#"):rep(full) .. ("-"):rep(30 - full) .. "]"
end

local function progress()
  done = done + 1
  if terminal then
    io.write(("\r  %s %d of %d"):format(bar(done / COUNT), done, COUNT))
    if done == COUNT then print() end
    io.flush()
  elseif done == COUNT or done % math.ceil(COUNT / 10) == 0 then
    tell("%d of %d", done, COUNT)
  end
end

-- An order that was sold and sent: the money is captured.
local function sell(number)
  local order = { name = "order-" .. number, currency = number % 3 == 0 and "USD" or "EUR" }
  local price = PRICE[order.currency]
  local request = check(klarna.customer_tokens:charge(sandbox:token "approved",
    { currency = order.currency, payment_amount = price }, LONG))
  order.id = request.state_context.payment_transaction.payment_transaction_id
  check(klarna.payment_transactions:capture(order.id, { capture_amount = price }, LONG))
  order.refund = price
  return order
end

-- A named intent has one key for ever: run again after a crash, nothing is refunded twice.
local function refund(order)
  return klarna.payment_transactions:refund(order.id, { refund_amount = order.refund },
    { intent = "recall/" .. order.name, deadline_s = LONG.deadline_s })
end

-- Call fn for each item, all at once; the limit alone decides how many are under way.
local function each(list, fn)
  local tasks = {}
  for i, item in ipairs(list) do tasks[i] = function() return fn(item) end end
  return kassa.all(tasks)
end

step(("The shop sold %d pairs of shoes."):format(COUNT))
local numbers = {}
for number = 1, COUNT do numbers[number] = number end
local orders = each(numbers, sell)
orders[7].refund = orders[7].refund + 1            -- a slip of the pen
orders[13].id = orders[13].id:gsub("%x$", "x")      -- an order of another shop

step(("All are recalled, and Klarna takes %d refunds a second."):format(RATE))
sandbox:rate { ["payment-transaction-management"] = RATE }
local refunds, errors = each(orders, function(order)
  local made, err = refund(order)
  progress()
  return made, err
end)

step "What was given back, and what was not:"
local sums, refused = {}, 0
for number, order in ipairs(orders) do
  if refunds[number] then
    sums[order.currency] = (sums[order.currency] or 0) + order.refund
  else
    refused = refused + 1
    tell("%s: %s", order.name, tostring(errors[number]))
  end
end
for _, currency in ipairs { "EUR", "USD" } do
  tell("%s %s", kassa.money.format(sums[currency], currency), currency)
end

local over = 0
for _, request in ipairs(sandbox:requests()) do
  if request.status == 429 then over = over + 1 end
end
sandbox:stop()
print(("batch: %d refunded, %d failed, %d requests over the limit"):format(
  COUNT - refused, refused, over))
