--- Webhook deliveries that are due: envelopes in the order of events (reference 5.1).
-- It sends and signs nothing: whoever delivers takes the body's bytes as they stand here.

local json = require "kassa.json"
local clock = require "kassa.sandbox.clock"

local deliveries = {}
deliveries.__index = deliveries

local KEPT_MAX = 10000

--- Deliveries for an account.
-- @param random generator for event ids
-- @param account the account's KRN
function deliveries.new(random, account)
  return setmetatable({
    random = random,
    account = account,
    product_id = "krn:partner:product:payment:" .. random:uuid(),
    webhook_id = "krn:partner:global:notification:webhook:" .. random:uuid(),
    first = 1, last = 0, due = {},
  }, deliveries)
end

--- Add the event of something that happened at now (ms).
function deliveries:add(event_type, payload, now)
  local event = {
    metadata = {
      event_type = event_type,
      event_id = self.random:uuid(),
      event_version = "v2",
      occurred_at = clock.iso(now),
      correlation_id = self.random:uuid(),
      subject_account_id = self.account,
      recipient_account_id = self.account,
      product_instance_id = self.product_id,
      webhook_id = self.webhook_id,
      live = false,
    },
    payload = payload,
  }
  self.last = self.last + 1
  self.due[self.last] = {
    event_id = event.metadata.event_id, event_type = event_type, due_at = clock.iso(now),
    due_ms = now, attempt = 1, body = json.encode(event),
  }
  if self.last - self.first >= KEPT_MAX then
    self.due[self.first] = nil
    self.first = self.first + 1
  end
end

--- The deliveries due, oldest first:
-- { event_id, event_type, due_at, due_ms, attempt, body, event }.
function deliveries:list()
  local out = json.list {}
  for i = self.first, self.last do
    local entry = self.due[i]
    out[#out + 1] = {
      event_id = entry.event_id, event_type = entry.event_type, due_at = entry.due_at,
      due_ms = entry.due_ms, attempt = entry.attempt, body = entry.body,
      event = json.decode(entry.body),
    }
  end
  return out
end

return deliveries
