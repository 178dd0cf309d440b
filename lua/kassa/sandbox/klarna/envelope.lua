--- Klarna's webhooks around what they tell: the envelope of an event, its signature, the times of
-- further attempts (reference 5.1, 5.3, 5.4). It keeps no delivery.

local json = require "kassa.json"
local sign = require "kassa.core".sign
local clock = require "kassa.sandbox.clock"

local envelope = {}
envelope.__index = envelope

local SECOND, MINUTE, HOUR = 1000, 60000, 3600000

-- After the first failure, the second, ... Whether Klarna counts the last three from the failure
-- before or from the first one is not stated; here each counts from the one before.
envelope.retry_ms = { 10 * SECOND, 2 * MINUTE, 15 * MINUTE, 3 * HOUR, 6 * HOUR, 12 * HOUR }

local ACCEPTED = { [200] = true, [201] = true, [202] = true, [204] = true }

--- Does this status of the receiver's end the delivery?
function envelope.accepts(status)
  return ACCEPTED[status] or false
end

--- The style of an account's deliveries.
-- @param account its KRN
function envelope.new(account)
  return setmetatable({ account = account }, envelope)
end

--- Draw the names that all deliveries share. Returns the id of the webhook that stands for none.
function envelope:open(random)
  self.product_id = "krn:partner:product:payment:" .. random:uuid()
  return "krn:partner:global:notification:webhook:" .. random:uuid()
end

-- The envelope in which disputes are still told of: another version, another name for the product
-- instance, and the account once more (5.1).
local function make_older(metadata)
  metadata.event_version = "v1"
  metadata.instance_id, metadata.product_instance_id = metadata.product_instance_id, nil
  metadata.account_id = metadata.subject_account_id
end

--- The event of something that happened. Returns its id, and the event.
-- @param options { version = event_version ("v2"), older = true for the envelope of disputes }
function envelope:event(random, event_type, payload, now, options)
  local metadata = {
    event_type = event_type,
    event_id = random:uuid(),
    event_version = options.version or "v2",
    occurred_at = clock.iso(now),
    correlation_id = random:uuid(),
    subject_account_id = self.account,
    recipient_account_id = self.account,
    product_instance_id = self.product_id,
    live = false,
  }
  if options.older then make_older(metadata) end
  return metadata.event_id, { metadata = metadata, payload = payload }
end

--- The event as bytes for one webhook. They stay the same however often it is attempted.
function envelope.body(_, event, webhook_id)
  event.metadata.webhook_id = webhook_id
  return json.encode(event)
end

--- Signed with the key that the webhook has now, so that a changed key holds for retries too.
function envelope.headers(_, body, key)
  return {
    ["Content-Type"] = "application/json",
    ["Klarna-Signature"] = key and sign.hex(sign.hmac_sha256(key.secret, body)) or nil,
    ["Klarna-Signing-Key-Id"] = key and key.id or nil,
  }
end

return envelope
