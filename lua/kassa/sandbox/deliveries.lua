--- Webhook deliveries: an event becomes signed bytes for each webhook that wants it, attempted at
-- its provider's times. It sends nothing: others take what is due, and tell.

local json = require "kassa.json"
local agenda = require "kassa.sandbox.agenda"
local clock = require "kassa.sandbox.clock"
local wildcard = require "kassa.sandbox.wildcard"

local deliveries = {}
deliveries.__index = deliveries

local KEPT_MAX = 10000
local HELD_MS = 60000 -- at most so long a reordered delivery waits for the next one

local NO_WEBHOOKS = { match = function() return nil end, find = function() return nil end }

--- Deliveries for an account.
-- @param random generator for event ids
-- @param style how the provider writes and repeats: open, event, body, headers, accepts, retry_ms
--   (klarna/envelope.lua)
-- @param options { key = { id =, secret = } signs when there is no webhook, webhooks = { match =
--   function(event_type) -> list, or nil when there is no webhook at all; find = function(id) ->
--   webhook, nil when it is gone }, fault = function(event_type) -> "duplicate", "reorder", "lose"
--   or nil }; a webhook is { id =, url =, enabled =, key = { id =, secret = } }
function deliveries.new(random, style, options)
  options = options or {}
  local self = setmetatable({
    random = random, style = style, webhook_id = style:open(random),
    key = options.key, webhooks = options.webhooks or NO_WEBHOOKS,
    fault = options.fault or function() end,
    first = 1, last = 0, kept = {}, -- number -> delivery
    queue = agenda.new(),           -- attempts by time
    held = {},                      -- webhook id -> deliveries that let the next one pass
    under_way = {},                 -- number -> delivery whose attempt was taken
  }, deliveries)
  -- Where there is no webhook, events are listed as if this one wanted them all.
  self.own = { id = self.webhook_id, enabled = true, key = self.key }
  return self
end

-- From an event to deliveries ---------------------------------------------------------------------

local function webhook_of(self, id)
  if id == self.own.id then return self.own end
  local found = self.webhooks.find(id)
  return found and found.enabled and found or nil
end

-- Plan the next attempt; whatever was planned before no longer counts.
local function plan(self, delivery, at)
  delivery.next_ms = at
  delivery.plan = (delivery.plan or 0) + 1
  self.queue:add(at, { delivery = delivery, plan = delivery.plan })
end

local function keep(self, delivery)
  self.last = self.last + 1
  delivery.number = self.last
  self.kept[self.last] = delivery
  if self.last - self.first >= KEPT_MAX then
    self.kept[self.first] = nil
    self.first = self.first + 1
  end
end

-- Who let this one pass comes right after it.
local function let_go(self, webhook_id, now)
  local held = self.held[webhook_id] or {}
  self.held[webhook_id] = nil
  for _, delivery in ipairs(held) do
    if delivery.next_ms and #delivery.attempts == 0 then plan(self, delivery, now) end
  end
end

local function put(self, event, webhook_id, fault, now)
  local delivery = {
    event_id = event.id, event_type = event.type, due_ms = now, made = event.made,
    webhook_id = webhook_id, fault = fault,
    body = self.style:body(event.made, webhook_id, 1),
    state = fault == "lose" and "dropped" or "due", attempts = {}, failures = 0,
  }
  keep(self, delivery)
  if fault == "lose" then return end
  if fault == "reorder" then
    self.held[webhook_id] = self.held[webhook_id] or {}
    table.insert(self.held[webhook_id], delivery)
    return plan(self, delivery, now + HELD_MS)
  end
  plan(self, delivery, now)
  let_go(self, webhook_id, now)
end

local function add_for(self, event, webhook_id, now)
  local fault = self.fault(event.type)
  put(self, event, webhook_id, fault ~= "duplicate" and fault or nil, now)
  if fault == "duplicate" then put(self, event, webhook_id, fault, now) end
end

local function targets(self, event_type, only)
  if only then return { { id = only } } end
  return self.webhooks.match(event_type) or { self.own }
end

--- Add the event of something that happened at now (ms): a delivery for each webhook that wants it.
-- @param options nil or { to = id of the one webhook, and what the style's `event` takes }
function deliveries:add(event_type, payload, now, options)
  options = options or {}
  local id, made = self.style:event(self.random, event_type, payload, now, options)
  local event = { id = id, type = event_type, made = made }
  for _, webhook in ipairs(targets(self, event_type, options.to)) do
    add_for(self, event, webhook.id, now)
  end
end

-- Attempts ----------------------------------------------------------------------------------------

local function request_of(delivery, webhook)
  return {
    id = delivery.number, method = "POST", url = webhook.url, body = delivery.body,
    headers = delivery.headers, event_id = delivery.event_id, event_type = delivery.event_type,
    webhook_id = delivery.webhook_id, attempt = #delivery.attempts,
  }
end

local function begin(self, delivery, now)
  local webhook = webhook_of(self, delivery.webhook_id)
  delivery.next_ms = nil
  if not webhook then -- it was deleted or disabled meanwhile
    delivery.state = "dropped"
    return nil
  end
  delivery.attempts[#delivery.attempts + 1] = { at = clock.iso(now), at_ms = now }
  delivery.body = self.style:body(delivery.made, webhook.id, #delivery.attempts)
  delivery.url = webhook.url
  delivery.headers = self.style:headers(delivery.body, webhook.key, now, delivery)
  self.under_way[delivery.number] = delivery
  return request_of(delivery, webhook)
end

--- Take the earliest attempt that is due: { id =, method =, url = (nil when there is no webhook),
-- headers =, body =, event_id =, event_type =, webhook_id =, attempt = 1 .. 7 }; or nil. Whoever
-- takes it tells its end with `attempted`.
-- @param reach nil or function(url) -> false for what the taker does not send: it stays due
function deliveries:take(now, reach)
  local planned = self.queue:take(now)
  while planned do
    local delivery = planned.delivery
    if planned.plan == delivery.plan and delivery.next_ms then
      local webhook = webhook_of(self, delivery.webhook_id)
      local wanted = not reach or not webhook or reach(webhook.url)
      local request = wanted and begin(self, delivery, now)
      if request then return request end
    end
    planned = self.queue:take(now)
  end
end

--- The time of the next attempt (ms), or nil.
function deliveries:next()
  return self.queue:next()
end

--- An attempt has ended.
-- @param id as take gave it
-- @param status the receiver's answer, or nil and a message when none came
-- @return false when no such attempt is under way
function deliveries:attempted(id, status, message, now)
  local delivery = self.under_way[id]
  if not delivery then return false end
  self.under_way[id] = nil
  local attempt = delivery.attempts[#delivery.attempts]
  attempt.status, attempt.message = status, message
  if self.style.accepts(status or 0) then
    delivery.state = "delivered"
    return true
  end
  delivery.failures = delivery.failures + 1
  local pause = self.style.retry_ms[delivery.failures]
  delivery.state = pause and "waiting" or "dropped"
  if pause then plan(self, delivery, now + pause) end
  return true
end

--- Deliver an event again, now, with all its retries: for each webhook once. Returns the number of
-- deliveries, or nil and a sentence.
function deliveries:again(event_id, now)
  local count, seen, busy = 0, {}, false
  for i = self.first, self.last do
    local delivery = self.kept[i]
    if delivery.event_id == event_id and not seen[delivery.webhook_id] then
      seen[delivery.webhook_id] = true
      busy = busy or self.under_way[i] ~= nil
      if not self.under_way[i] then
        count = count + 1
        delivery.state, delivery.failures = "due", 0
        plan(self, delivery, now)
      end
    end
  end
  if count > 0 then return count end
  if busy then return nil, "the event is being delivered right now" end
  return nil, "there is no event " .. tostring(event_id)
end

-- Listing -----------------------------------------------------------------------------------------

local function attempts_of(delivery)
  local out = json.list {}
  for i, attempt in ipairs(delivery.attempts) do
    out[i] = { at = attempt.at, at_ms = attempt.at_ms, status = attempt.status,
      message = attempt.message }
  end
  return out
end

local function view(self, delivery)
  local webhook = webhook_of(self, delivery.webhook_id)
  return {
    event_id = delivery.event_id, event_type = delivery.event_type,
    due_at = clock.iso(delivery.due_ms), due_ms = delivery.due_ms,
    attempt = math.max(1, #delivery.attempts), attempts = attempts_of(delivery),
    state = delivery.state, fault = delivery.fault,
    next_at = delivery.next_ms and clock.iso(delivery.next_ms), next_ms = delivery.next_ms,
    webhook_id = delivery.webhook_id, url = delivery.url or webhook and webhook.url,
    headers = delivery.headers
      or self.style:headers(delivery.body, webhook and webhook.key, delivery.due_ms, delivery),
    body = delivery.body, event = json.decode(delivery.body),
  }
end

local function fits(delivery, wanted)
  return (not wanted.state or wanted.state == delivery.state)
    and (not wanted.event_id or wanted.event_id == delivery.event_id)
    and (not wanted.event_type or wildcard.match(wanted.event_type, delivery.event_type))
end

--- Deliveries, oldest first: { event_id, event_type, webhook_id, url, headers, body, event,
-- due_at, due_ms, state = "due", "waiting" (for a retry), "delivered" or "dropped", attempts =
-- { { at, at_ms, status, message }, ... }, attempt = their number, at least 1, next_at, next_ms =
-- when the next one is due, fault = what was planned for it }.
-- @param wanted nil or { last = only so many, the newest; event_type = a name or a pattern;
--   state =, event_id = }
function deliveries:list(wanted)
  wanted = wanted or {}
  local found, out = {}, json.list {}
  for i = self.last, self.first, -1 do
    if #found >= (wanted.last or KEPT_MAX) then break end
    if fits(self.kept[i], wanted) then found[#found + 1] = self.kept[i] end
  end
  for i = #found, 1, -1 do out[#out + 1] = view(self, found[i]) end
  return out
end

return deliveries
