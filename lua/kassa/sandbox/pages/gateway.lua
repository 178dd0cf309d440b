--- The dashboard of Cybersource's sandbox: sessions and what became of the money, newest first.
-- It shows no key and changes nothing.

local board = require "kassa.sandbox.pages.board"
local grid = require "kassa.sandbox.pages.grid"
local shell = require "kassa.sandbox.pages.shell"
local words = require "kassa.sandbox.pages.words"

local gateway = {}

local function views(call, verb)
  local out = {}
  for i, id in ipairs(call(verb)) do out[i] = call("view", id) end
  return out
end

local function session_row(session)
  local details, page = session.orderInformation.amountDetails,
    session.processorInformation.paymentUrl
  return {
    page and grid.link { url = "/_sandbox/pay/" .. session.id, text = session.id }
      or grid.id(session.id),
    session.clientReferenceInformation.code,
    details.totalAmount and details.totalAmount .. " " .. details.currency or "",
    shell.state(session.status),
  }
end

local function sessions_card(sessions)
  return grid.card("Sessions",
    { { "Page" }, { "Reference", "long" }, { "Amount", "right number" }, { "State" } },
    grid.newest(sessions, session_row),
    "None yet. Create one through the API, and it appears here.")
end

local function authorization_row(found)
  local ledger, authorization = found.ledger, found.authorization
  local function amount(minor) return words.amount(minor, ledger.currency) end
  return {
    grid.id(authorization.id), authorization.clientReferenceInformation.code,
    amount(ledger.authorized), amount(ledger.captured), amount(ledger.refunded),
    amount(ledger.charged_back), amount(ledger.remaining), shell.state(authorization.status),
  }
end

local function authorizations_card(call)
  local found = {}
  for i, authorization in ipairs(views(call, "authorization_ids")) do
    found[i] = { authorization = authorization, ledger = call("ledger", authorization.id) }
  end
  return grid.card("Authorizations",
    { { "Authorization" }, { "Reference", "long" }, { "Authorized", "right number" },
      { "Captured", "right number" }, { "Refunded", "right number" },
      { "Charged back", "right number" }, { "Remaining", "right number" }, { "State" } },
    grid.newest(found, authorization_row), "None yet. A shopper's token makes one.")
end

--- The page.
-- @param call function(verb, ...) -> result | nil, message
-- @param now the sandbox's time as ISO text
function gateway.show(call, now)
  return board.show(call, now, {
    sessions_card(views(call, "session_ids")), authorizations_card(call),
  })
end

return gateway
