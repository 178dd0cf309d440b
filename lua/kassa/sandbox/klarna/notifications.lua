--- Signing keys and webhooks: who wants to hear of which events, and what signs them (reference
-- 2.13). It delivers nothing; sandbox/deliveries.lua asks it who is to be told.

local json = require "kassa.json"
local answers = require "kassa.sandbox.answers"
local random = require "kassa.sandbox.random"
local samples = require "kassa.sandbox.klarna.samples"
local wildcard = require "kassa.sandbox.wildcard"

local notifications = { handlers = {} }

local KEYS_MAX = 50
local WEBHOOKS_MAX = 100
local PORTS = { [""] = true, [":443"] = true, [":8443"] = true }
local STATUS = { ENABLED = true, DISABLED = true }
local WEBHOOK_ID = "krn:partner:global:notification:webhook:"
local KEY_ID = "krn:partner:global:notification:signing-key:"
local FIELDS = { "url", "event_types", "event_version", "signing_key_id", "status" }

local function new_key(names)
  return { id = KEY_ID .. names:uuid(), secret = names:letters(48) }
end

--- Give a provider its empty lists.
function notifications.open(self, seed)
  self.notice_random = random.new(seed, "notifications")
  self.signing_keys, self.key_order = {}, {}
  self.webhooks, self.webhook_order = {}, {}
end

--- What signs while there is no webhook: { id =, secret = }.
function notifications.own_key(seed)
  return new_key(random.new(seed, "own signing key"))
end

local function without(order, id)
  local out = {}
  for _, other in ipairs(order) do
    if other ~= id then out[#out + 1] = other end
  end
  return out
end

-- Signing keys ------------------------------------------------------------------------------------

-- The secret is in the answer of its creation and in no other.
local handlers = notifications.handlers

handlers["signing_key.create"] = function(self)
  if #self.key_order >= KEYS_MAX then
    return nil, answers.forbidden("There are " .. KEYS_MAX .. " signing keys already.")
  end
  local key = new_key(self.notice_random)
  self.signing_keys[key.id] = key
  self.key_order[#self.key_order + 1] = key.id
  return 201, { signing_key_id = key.id, signing_key = key.secret }
end

handlers["signing_key.list"] = function(self)
  local out = json.list {}
  for i, id in ipairs(self.key_order) do out[i] = { signing_key_id = id } end
  return 200, { signing_keys = out }
end

local function with_key(act)
  return function(self, params)
    local key = self.signing_keys[params.signing_key_id]
    if not key then return nil, answers.missing("signing key", params.signing_key_id) end
    return act(self, key)
  end
end

handlers["signing_key.read"] = with_key(function(_, key)
  return 200, { signing_key_id = key.id }
end)

-- What Klarna does with the key of a webhook is not stated; a shop that lost it would find every
-- delivery unsigned, so the sandbox refuses.
handlers["signing_key.delete"] = with_key(function(self, key)
  for _, id in ipairs(self.webhook_order) do
    if self.webhooks[id].signing_key_id == key.id then
      return nil, answers.conflict("The webhook " .. id .. " uses the signing key.")
    end
  end
  self.signing_keys[key.id] = nil
  self.key_order = without(self.key_order, key.id)
  return 204
end)

-- Webhooks ----------------------------------------------------------------------------------------

local function is_loopback(host)
  return host == "localhost" or host == "[::1]" or host:find("^127%.%d+%.%d+%.%d+$") ~= nil
end

--- Is it a URL on this machine?
function notifications.loopback(url)
  local host = tostring(url):match "^https?://(%[[%x:]*%])" or
    tostring(url):match "^https?://([^/?#:@]+)"
  return host ~= nil and is_loopback(host) and not tostring(url):match "^https?://[^/?#]*@"
end

local function url_fault(url)
  if notifications.loopback(url) then return nil end
  local authority = url:match "^https://([^/?#]+)"
  local host, port = (authority or ""):match "^([%w%.%-]+)(:?%d*)$"
  if host and PORTS[port] then return nil end
  return answers.field("url", "must be https on port 443 or 8443, or a URL of this machine")
end

local function fault(self, fields)
  for i, pattern in ipairs(fields.event_types) do
    if not wildcard.valid(pattern) then
      return answers.field(string.format("event_types[%d]", i - 1), "is no event type")
    end
  end
  if #fields.event_types == 0 then
    return answers.field("event_types", "must name at least one event type")
  end
  if not STATUS[fields.status] then
    return answers.field("status", "must be ENABLED or DISABLED")
  end
  if not self.signing_keys[fields.signing_key_id] then
    return answers.field("signing_key_id", "is not known")
  end
  return url_fault(fields.url)
end

local function types_text(event_types)
  local sorted = {}
  for i, name in ipairs(event_types) do sorted[i] = name end
  table.sort(sorted)
  return table.concat(sorted, "\n")
end

-- The same URL for the same types is the same webhook.
local function twin(self, fields, own_id)
  local types = types_text(fields.event_types)
  for _, id in ipairs(self.webhook_order) do
    local other = self.webhooks[id]
    if id ~= own_id and other.url == fields.url and types_text(other.event_types) == types then
      return answers.conflict("The webhook " .. id .. " has the same url and event types.")
    end
  end
end

local function shape(webhook)
  local out = { webhook_id = webhook.id }
  for _, name in ipairs(FIELDS) do out[name] = webhook[name] end
  return out
end

-- The webhook as it would be with what the body says.
local function merged(webhook, body)
  local out = { id = webhook.id, status = "ENABLED", event_version = "v2" }
  for _, name in ipairs(FIELDS) do
    local value = body[name]
    if value == nil or value == json.null then value = webhook[name] end
    if value ~= nil then out[name] = value end
  end
  return out
end

handlers["webhook.create"] = function(self, _, body)
  local webhook = merged({ id = WEBHOOK_ID .. self.notice_random:uuid() }, body)
  local refusal = fault(self, webhook) or twin(self, webhook)
  if refusal then return nil, refusal end
  if #self.webhook_order >= WEBHOOKS_MAX then
    return nil, answers.forbidden("There are " .. WEBHOOKS_MAX .. " webhooks already.")
  end
  self.webhooks[webhook.id] = webhook
  self.webhook_order[#self.webhook_order + 1] = webhook.id
  return 201, shape(webhook)
end

handlers["webhook.list"] = function(self)
  local out = json.list {}
  for i, id in ipairs(self.webhook_order) do out[i] = shape(self.webhooks[id]) end
  return 200, { webhooks = out }
end

local function with_webhook(act)
  return function(self, params, body)
    local webhook = self.webhooks[params.webhook_id]
    if not webhook then return nil, answers.missing("webhook", params.webhook_id) end
    return act(self, webhook, body)
  end
end

handlers["webhook.read"] = with_webhook(function(_, webhook)
  return 200, shape(webhook)
end)

handlers["webhook.update"] = with_webhook(function(self, webhook, body)
  local changed = merged(webhook, body)
  local refusal = fault(self, changed) or twin(self, changed, webhook.id)
  if refusal then return nil, refusal end
  self.webhooks[webhook.id] = changed
  return 200, shape(changed)
end)

handlers["webhook.delete"] = with_webhook(function(self, webhook)
  self.webhooks[webhook.id] = nil
  self.webhook_order = without(self.webhook_order, webhook.id)
  return 204
end)

handlers["webhook.simulate"] = with_webhook(function(self, webhook, body)
  local payload = samples.payload(body.event_type, self.notice_random, self.now())
  if not payload then
    return nil, answers.field("event_type", "is no event type that can be simulated")
  end
  if webhook.status ~= "ENABLED" then
    return nil, answers.forbidden("The webhook " .. webhook.id .. " is disabled.")
  end
  local version = body.event_version or webhook.event_version
  self.tell(body.event_type, payload, {
    version = version, to = webhook.id,
    older = version == "v1" and body.event_type:find("^payment%.dispute%.") ~= nil,
  })
  return 202
end)

-- For the deliveries ------------------------------------------------------------------------------

local function target(self, webhook)
  return {
    id = webhook.id, url = webhook.url, enabled = webhook.status == "ENABLED",
    key = self.signing_keys[webhook.signing_key_id],
  }
end

--- The webhooks that want an event: { id =, url =, enabled = true, key = { id =, secret = } } each,
-- oldest first; nil when there is no webhook at all.
function notifications.match(self, event_type)
  if #self.webhook_order == 0 then return nil end
  local out = {}
  for _, id in ipairs(self.webhook_order) do
    local webhook, wanted = self.webhooks[id], false
    for _, pattern in ipairs(webhook.event_types) do
      wanted = wanted or wildcard.match(pattern, event_type)
    end
    if wanted and webhook.status == "ENABLED" then out[#out + 1] = target(self, webhook) end
  end
  return out
end

--- A webhook as `match` gives it, enabled or not; nil when it is not there.
function notifications.find(self, id)
  local webhook = self.webhooks[id]
  return webhook and target(self, webhook)
end

return notifications
