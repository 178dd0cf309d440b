-- What Klarna tells the shop: checked, stored, acknowledged, and handled after that, once. A
-- handler believes nothing but that something happened, and asks Klarna how the order stands.

local kassa = require "kassa"
local openresty = require "kassa.openresty"
local orders = require "shop.orders"
local payments = require "shop.payments"

local webhook = {}

local router -- of this worker

local function order_of(event)
  local payload = event.payload
  return orders.by_reference(payload.payment_request_reference
    or payload.payment_transaction_reference)
end

-- The shopper agreed, and may have closed the window before coming back.
local function agreed(event)
  local order = order_of(event)
  if order then return orders.authorize(order) end
end

local function changed(event)
  local order = order_of(event)
  if order then return orders.refresh(order) end
end

local function failed(err) ngx.log(ngx.ERR, tostring(err)) end

local function make()
  local here = payments.here()
  local store = kassa.assert(kassa.inbox { journal = here.journal })
  local made = kassa.webhook.router { client = here.klarna, store = store, on_error = failed }
  made:on("payment.request.state-change.submitted", function() end) -- the shop's own doing
  made:on("payment.request.state-change.pending-confirmation", agreed)
  made:on("payment.request.*", changed)
  made:on("payment.transaction.*", changed)
  made:on("payment.funding.*", changed)
  return made:default(function() end)
end

local function here()
  router = router or make()
  return router
end

--- Handle what had failed and is due again; from time to time.
function webhook.work() here():work() end

local function keys()
  return { [os.getenv "KLARNA_WEBHOOK_KEY_ID"] = os.getenv "KLARNA_WEBHOOK_KEY" }
end

local receive -- of this worker

--- The content of the address that Klarna posts to.
function webhook.serve()
  receive = receive or openresty.webhook { router = here(), keys = keys() }
  receive()
end

return webhook
