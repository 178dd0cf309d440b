-- A shop that is killed in the middle of a checkout, again and again, and started anew until it is
-- done: the sandbox's books show one capture. It never plays with a real account.
--
--   lua examples/crash.lua          the shop is a process of its own, killed with kill -9; without
--                                   kassa.httpd it is a function in this script that breaks off

local kassa = require "kassa"

local SHOP = "shop" -- the first argument of the process that is killed

local function die()
  io.stdout:flush()
  io.popen("kill -9 $PPID"):read() -- the shell's parent is this process
end

-- The shop: charge a customer's token, capture, give some back. It breaks off at point `last`.
local function shop(options, path, token, last, break_off)
  local point = 0
  local function perhaps_die(where)
    point = point + 1
    if point ~= last then return end
    print("  killed " .. where)
    break_off()
  end

  local journal = kassa.assert(kassa.journal { path = path })
  options.journal = journal
  if break_off == die then -- an error of a listener would be dropped, a kill is not
    options.log = function(entry)
      perhaps_die("before it knew the answer to " .. entry.operation)
    end
  end
  local klarna = kassa.klarna(options)

  local result, err = kassa.flow(journal, "order-1001", function(flow)
    local payment = kassa.assert(flow:step("charge", function(intent)
      perhaps_die "before the charge"
      return klarna.customer_tokens:charge(token, {
        currency = "EUR", payment_amount = 15000, config = { customer_present = false },
      }, { intent = intent })
    end))
    local id = payment.state_context.payment_transaction.payment_transaction_id
    kassa.assert(flow:step("capture", function(intent)
      perhaps_die "before the capture"
      return klarna.payment_transactions:capture(id, { capture_amount = 5000 }, { intent = intent })
    end))
    kassa.assert(flow:step("refund", function(intent)
      perhaps_die "before the refund"
      return klarna.payment_transactions:refund(id, { refund_amount = 2500 }, { intent = intent })
    end))
    return { transaction = id }
  end)
  journal:close()
  return kassa.assert(result, err)
end

if arg and arg[1] == SHOP then
  local options = { base_url = arg[2], api_key = arg[3], account = arg[4] }
  print("done " .. shop(options, arg[5], arg[6], tonumber(arg[7]), die).transaction)
  return
end

if (os.getenv "KLARNA_API_KEY" or "") ~= "" then
  error("this example crashes on purpose and plays on a sandbox only: unset KLARNA_API_KEY", 0)
end

local sandboxes = require "kassa.sandbox"
local served = pcall(require, "kassa.httpd")
local sandbox = (served and sandboxes.start or sandboxes.world) { seed = 7, clock = "virtual" }
local options = sandbox:options()
print("playing on a sandbox " .. (served and "at " .. options.base_url or "in this script"))

-- The interpreter that runs this, whatever options it was given.
local lua = 0
while arg[lua - 1] do lua = lua - 1 end

-- A program of its own, whose end is seen by what it printed last. -> transaction, or nil
local function run_process(path, token, last)
  local words = { arg[lua], arg[0], SHOP, options.base_url, options.api_key, options.account, path,
    token, last }
  for i, word in ipairs(words) do words[i] = "'" .. tostring(word):gsub("'", "'\\''") .. "'" end
  local pipe, done = io.popen(table.concat(words, " ") .. " 2>/dev/null"), nil
  for line in pipe:lines() do
    done = line:match "^done (.+)$"
    if not done then print(line) end
  end
  pipe:close()
  return done
end

-- The same without processes: it breaks off by an error that nobody inside catches.
local function run_function(path, token, last)
  local copy = {}
  for name, value in pairs(options) do copy[name] = value end
  local ok, result = pcall(shop, copy, path, token, last, function() error("killed", 0) end)
  return ok and result.transaction or nil
end

local run = served and run_process or run_function
local path, token = os.tmpname(), sandbox:token {}
math.randomseed(os.time())

local runs = 0
local transaction
repeat
  runs = runs + 1
  assert(runs < 20, "the shop does not come to its end")
  print(runs .. ". The shop starts.")
  local last = runs < 6 and math.random(1, served and 6 or 3) or 0
  transaction = run(path, token, last)
until transaction

for _, tail in ipairs { "", "-wal", "-shm", "-kassa-lock" } do os.remove(path .. tail) end
local ledger = sandbox:ledger(transaction)
print(("  it was started %d times; captured %d, given back %d"):format(runs, ledger.captured,
  ledger.refunded))
assert(ledger.captures == 1 and ledger.captured == 5000, "it was captured twice, or not at all")
assert(ledger.refunds == 1 and ledger.refunded == 2500, "it was given back twice, or not at all")
sandbox:stop()
print(("crash: %d capture, %d refund"):format(ledger.captures, ledger.refunds))
