--- The verbs that only Klarna's sandbox has: shopper, disputes, tokens; function(world, ...).
-- They decide nothing: kassa.sandbox.klarna does.

local json = require "kassa.json"
local charges = require "kassa.sandbox.klarna.charges"

local verbs = {}

function verbs.options(world)
  return {
    base_url = world.base_url, api_key = world.account.api_key, account = world.account.account,
  }
end

function verbs.credentials(world)
  return {
    api_key = world.account.api_key, account = world.account.account,
    username = world.account.username,
  }
end

for _, name in ipairs { "approve", "decline", "abort", "open", "prepare", "expire", "close",
    "chargeback", "funding", "ledger", "state", "view", "redirect", "dispute", "ask", "escalate",
    "decide", "attachments" } do
  verbs[name] = function(world, ...) return world.provider[name](world.provider, ...) end
end

function verbs.request_ids(world)
  return json.list(world.provider:request_ids())
end

--- All disputes in short, with the time left (sandbox/klarna.lua).
function verbs.disputes(world)
  return json.list(world.provider:dispute_list())
end

function verbs.token(world, spec)
  return world.provider.customer_token(spec)
end

function verbs.well_known_tokens() return charges.well_known() end

return verbs
