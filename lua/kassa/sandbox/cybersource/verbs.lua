--- The verbs that only Cybersource's sandbox has: shopper, reviews, chargebacks. Each is a
-- function(world, ...) and decides nothing: kassa.sandbox.cybersource does.

local json = require "kassa.json"
local notifications = require "kassa.sandbox.klarna.notifications"
local triggers = require "kassa.sandbox.cybersource.triggers"

local verbs = {}

function verbs.options(world)
  return {
    base_url = world.base_url, merchant_id = world.account.merchant_id,
    key_id = world.account.key_id, secret = world.account.secret,
    portfolio_id = world.account.portfolio_id,
  }
end

verbs.credentials = verbs.options

for _, name in ipairs { "approve", "decline", "abandon", "redirect", "order", "review",
    "chargeback", "expire", "view", "state", "ledger" } do
  verbs[name] = function(world, ...) return world.provider[name](world.provider, ...) end
end

function verbs.session_ids(world)
  return json.list(world.provider.steps:ids "session")
end

function verbs.authorization_ids(world)
  return json.list(world.provider.steps:ids "authorization")
end

--- The table of tokens and amounts that make something happen (cybersource/triggers.lua).
function verbs.triggers()
  return json.list(triggers.list)
end

--- Send notifications to a URL of this machine; nil: nowhere, they are listed only.
function verbs.subscribe(world, url)
  if url ~= nil and not (type(url) == "string" and notifications.loopback(url)) then
    return nil, "notifications go to a URL of this machine only"
  end
  world.deliveries.own.url = url
  return true
end

return verbs
