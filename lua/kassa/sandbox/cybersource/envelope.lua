--- Cybersource's notifications around what they tell: body of version 3, signature, the times of
-- further attempts (section 11). It keeps no delivery.

local json = require "kassa.json"
local sign = require "kassa.core".sign
local clock = require "kassa.sandbox.clock"

local envelope = {}
envelope.__index = envelope

local MINUTE = 60000

envelope.retry_ms = { MINUTE, MINUTE, MINUTE }

--- Does this status of the receiver's end the delivery?
function envelope.accepts(status)
  return status >= 200 and status < 300
end

--- The style of a merchant's deliveries.
function envelope.new(merchant_id)
  return setmetatable({ merchant_id = merchant_id }, envelope)
end

--- Draw the names that all deliveries share. Returns the id of the webhook that stands for none.
function envelope:open(random)
  self.random = random
  return random:uuid()
end

--- The event of something that happened. Returns an id for the sandbox's lists, and the event; on
-- the wire there is none: reconciliationId and status name it.
function envelope:event(random, event_type, payload, now)
  return random:uuid(), {
    eventType = event_type, productId = "alternativePaymentMethods",
    organizationId = self.merchant_id, eventDate = clock.iso(now):sub(1, -2), payload = payload,
  }
end

--- The event as bytes for one webhook: each attempt has its own.
function envelope:body(event, webhook_id, attempt)
  local body = {}
  for name, value in pairs(event) do body[name] = value end
  body.webhookId, body.transactionTraceId = webhook_id, self.random:uuid()
  body.retryNumber, body.requestType = attempt - 1, attempt == 1 and "NEW" or "RETRY"
  return json.encode(body)
end

-- t and the body, under a key that is kept as base64.
local function signature(body, key, now)
  local t = ("%.0f"):format(now)
  local mac = sign.hmac_sha256(assert(sign.unbase64(key.secret)), t .. "." .. body)
  return ("t=%s;keyId=%s;sig=%s"):format(t, key.id, sign.base64(mac))
end

--- The headers of an attempt.
function envelope:headers(body, key, now)
  local told = json.decode(body)
  return {
    ["Content-Type"] = "application/json",
    ["v-c-event-type"] = told.eventType,
    ["v-c-organization-id"] = self.merchant_id,
    ["v-c-product-name"] = told.productId,
    ["v-c-request-type"] = told.requestType,
    ["v-c-retry-count"] = ("%d"):format(told.retryNumber),
    ["v-c-signature"] = key and signature(body, key, now) or nil,
    ["v-c-transaction-trace-id"] = told.transactionTraceId,
    ["v-c-webhook-id"] = told.webhookId,
  }
end

return envelope
