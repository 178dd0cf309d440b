-- Bodies and answers of the Notifications API: keys that sign deliveries, webhooks that receive
-- them. It says nothing about a delivery itself; that is verified by kassa.webhook.

local S = require "kassa.schema"

local notification = {}

-- Signing keys --------------------------------------------------------------------------------

notification.signing_key = S.record "signing_key" {
  { "signing_key_id", S.id { max = 255 }, required = true, sure = "likely", source = "C12",
    doc = "Id of the key; each delivery names the one that signed it." },
  { "signing_key", S.token { min = 1, max = 1024 }, secret = true, sure = "likely", source = "C12",
    doc = "The key itself: shown once, when it is made." },
  { "created_at", S.time {}, sure = "guess", source = "INF", doc = "When it was made." },
}

notification.signing_key_page = S.record "signing_key_page" {
  { "signing_keys", S.list(notification.signing_key, {}), sure = "likely", source = "C12",
    doc = "The keys of the account, without the keys themselves." },
}

-- Webhooks ------------------------------------------------------------------------------------

-- A name, or a pattern such as payment.request.*
local event_type = S.text { min = 1, max = 255 }

local url = { "url", S.url { max = 2048 }, sure = "likely", source = "C12",
  doc = "Where events go: https on port 443 or 8443.", example = "https://shop.example/klarna" }

local event_types = { "event_types", S.list(event_type, { min = 1 }), sure = "likely",
  source = "C12", doc = "Which events, by name or pattern.", example = { "payment.*" } }

local event_version = { "event_version", S.text { min = 1, max = 16 }, sure = "likely",
  source = "C12", doc = "Version of the events.", example = "v2" }

local signing_key_id = { "signing_key_id", S.id { max = 255 }, sure = "likely", source = "C12",
  doc = "The key that signs the deliveries." }

local status = { "status", S.enum { "ENABLED", "DISABLED", open = true }, sure = "guess",
  source = "C12", doc = "Whether events are delivered; only ENABLED was seen.",
  example = "ENABLED" }

local function required(entry)
  local copy = { required = true }
  for name, value in pairs(entry) do copy[name] = value end
  return copy
end

notification.webhook_create = S.record "webhook_create" {
  required(url), required(event_types), event_version, signing_key_id, status,
}

notification.webhook_update = S.record "webhook_update" {
  url, event_types, event_version, signing_key_id, status,
}

notification.webhook = S.record "webhook" {
  { "webhook_id", S.id { max = 255 }, required = true, sure = "likely", source = "C12",
    doc = "Id of the webhook.",
    example = "krn:notification:webhook:120e5b7e-abcd-4def-8a90-dca726e639b5" },
  url, event_types, event_version, signing_key_id, status,
  { "created_at", S.time {}, sure = "guess", source = "INF", doc = "When it was made." },
  { "updated_at", S.time {}, sure = "guess", source = "INF", doc = "When it last changed." },
}

notification.webhook_page = S.record "webhook_page" {
  { "webhooks", S.list(notification.webhook, {}), sure = "likely", source = "C12",
    doc = "The webhooks of the account." },
}

notification.simulate = S.record "webhook_simulate" {
  { "event_type", event_type, required = true, sure = "likely", source = "C12",
    doc = "The event to make.", example = "payment.request.state-change.submitted" },
  event_version,
}

return notification
