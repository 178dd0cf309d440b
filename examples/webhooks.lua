-- A shop that works by webhooks: it confirms, captures and thanks when it is told to, each event
-- once although each is sent twice. Receiver and checkout are one process; the sandbox delivers.

local here = arg and arg[0]:match "^(.*/)" or "./"
local stage = dofile(here .. "stage.lua")
local kassa = require "kassa"

if (os.getenv "KLARNA_API_KEY" or "") ~= "" then
  error("webhooks.lua listens on this machine, where only the sandbox finds it: "
    .. "unset KLARNA_API_KEY", 0)
end

local check, step, tell = kassa.assert, stage.step, stage.tell
local klarna, _, sandbox = stage.open()

local orders = { ["order-1001"] = { currency = "EUR", payment_amount = 4900 } }
local receiver

-- What the shop does when it is told something. Whatever fails here is kept and can be done again:
-- router:retry(). The names of intents see to it that money moves once all the same.
local router = kassa.webhook.router {
  client = klarna,
  on_error = function(err)
    print("  " .. tostring(err))
    if receiver then receiver.stop() end
  end,
}

router:on("payment.request.state-change.pending-confirmation", function(event)
  step "The shopper agreed, says a webhook: the shop confirms."
  local request = event.object
  local reference = request.payment_request_reference
  local order = assert(orders[reference], "an order that nobody placed")
  check(request:confirm({
    currency = order.currency, payment_amount = order.payment_amount,
    payment_transaction_reference = reference,
  }, { intent = reference .. "/confirm" }))
  tell("state %s", request.state)
end)

router:on("payment.transaction.state-change.authorized", function(event)
  step "The money is reserved, says a webhook: the parcel leaves and all of it is captured."
  local transaction = event.object
  local reference = transaction.payment_transaction_reference
  local capture = check(transaction:capture({
    capture_amount = transaction.remaining_authorization_amount,
    payment_capture_reference = reference,
  }, { intent = reference .. "/parcel-1" }))
  tell("capture %s", capture.payment_capture_id)
end)

router:on("payment.transaction.captured", function(event)
  step "The capture is booked, says a webhook: the shop thanks the shopper."
  tell("%d captured of %s", event.payload.capture_amount, event.object.payment_transaction_id)
  if receiver then receiver.stop() end
end)

-- The key that signs is shown once; it stays a secret.
local key = check(klarna.signing_keys:create())
local keys = { [key.signing_key_id] = key.signing_key }

local function subscribe(url)
  step("Klarna is to tell of all payments at " .. url)
  check(klarna.webhooks:create {
    url = url, event_types = { "payment.*" }, event_version = "v2", status = "ENABLED",
    signing_key_id = key.signing_key_id,
  })
  sandbox:fault { webhook = "duplicate" }
end

local function sell()
  step "A shopper orders and approves."
  local order = orders["order-1001"]
  local request = check(klarna.payment_requests:create {
    currency = order.currency, payment_amount = order.payment_amount,
    payment_request_reference = "order-1001",
  })
  sandbox:approve(request.payment_request_id)
end

if pcall(require, "kassa.httpd") then
  check(kassa.webhook.serve { router = router, keys = keys, on_ready = function(made)
    receiver = made
    subscribe(receiver.url)
    sell()
  end })
else -- no server here: the sandbox in this process hands its deliveries to a function
  sandbox:receive(function(request)
    local event = kassa.webhook.verify {
      body = request.body, headers = request.headers, keys = keys,
    }
    if not event then return 400 end
    return router:handle(event) and 204 or 500
  end)
  subscribe "https://shop.example/klarna"
  sell()
end

step "What was delivered, and what is left to do:"
local deliveries = sandbox:deliveries()
local waiting, failed = router:pending()
tell("%d deliveries, %d events wait, %d failed", #deliveries, waiting, failed)
local transaction = deliveries[#deliveries].event.payload.payment_transaction_id
local ledger = sandbox:ledger(transaction)
assert(waiting == 0 and failed == 0, "something is left to do")
assert(ledger.captures == 1 and ledger.captured == 4900)
sandbox:stop()
print "webhooks: ok"
