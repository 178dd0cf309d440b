--- Klarna as the sandbox plays it: records, operations and the passing of time in one provider.
-- It speaks tables, not HTTP: requests come checked, and its rules are its own, not the client's.

local answers = require "kassa.sandbox.answers"
local events = require "kassa.sandbox.klarna.events"
local charges = require "kassa.sandbox.klarna.charges"
local random = require "kassa.sandbox.random"
local requests = require "kassa.sandbox.klarna.requests"
local shapes = require "kassa.sandbox.klarna.shapes"
local transactions = require "kassa.sandbox.klarna.transactions"

local klarna = {}
klarna.__index = klarna

--- A provider without records.
-- @param options { seed =, now = function -> ms, plan = function(at_ms, what),
--   tell = function(event_type, payload), page_url = function(request_id) -> url }
function klarna.new(options)
  local made = random.new(options.seed, "pricing")
  local self = setmetatable({
    now = options.now, plan = options.plan, tell = options.tell, page_url = options.page_url,
    random = random.new(options.seed, "ids"),
    token_random = random.new(options.seed, "tokens"),
    requests = {}, request_order = {}, confirmations = {}, transactions = {}, captures = {},
    refunds = {}, chargebacks = {}, customer_tokens = {},
    pricing = {
      plan_id = "krn:partner:global:payment:price-plan:" .. made:uuid(),
      program_id = "krn:partner:global:pricing:payments:program:" .. made:uuid(),
      country = "US",
    },
  }, klarna)
  self.customer_token = function(spec) return charges.token(self, spec) end
  return self
end

local HANDLERS = {}
for _, part in ipairs { requests, transactions, charges } do
  for name, handler in pairs(part.handlers) do HANDLERS[name] = handler end
end

--- Do an operation. Returns status, body (a table, or JSON text that was answered before);
-- or nil and a refusal.
function klarna:act(operation, params, body, headers)
  local handler = HANDLERS[operation]
  if not handler then return nil, answers.no_route() end
  return handler(self, params, body, headers)
end

local TIMER = {}

function TIMER.request(self, id) requests.expire(self, self.requests[id]) end

function TIMER.confirmation(self, id)
  local confirmation = self.confirmations[id]
  if confirmation.request.confirmation == confirmation then
    requests.expire_confirmation(self, confirmation.request)
  end
end

function TIMER.authorization(self, id) transactions.expire(self, self.transactions[id]) end
function TIMER.settlement(self, id) transactions.settle(self, self.transactions[id]) end

--- Something planned is due.
function klarna:due(what)
  TIMER[what.kind](self, what.id)
end

local function shopper(verb)
  return function(self, id)
    local request = self.requests[id]
    if not request then return nil, "there is no payment request " .. tostring(id) end
    local done, message = requests[verb](self, request)
    if not done then return nil, message end
    return shapes.request(request)
  end
end

--- What the shopper does; each takes a payment request's id and returns the request as it is read
-- through the API, or nil and a sentence.
klarna.approve = shopper "approve"
klarna.decline = shopper "decline"
klarna.abort = shopper "abort"
klarna.open = shopper "open"
klarna.prepare = shopper "prepare"

local expire_request = shopper "expire"
local expire_confirmation = shopper "expire_confirmation"

--- Let time be over for a payment request, its confirmation token (what = "confirmation_token") or
-- a transaction (authorised: EXPIRED; expired: settled).
function klarna:expire(id, what)
  if what == "confirmation_token" then return expire_confirmation(self, id) end
  local transaction = self.transactions[id]
  if transaction then
    if transactions.expire(self, transaction) or transactions.settle(self, transaction) then
      return shapes.transaction(transaction)
    end
    return nil, "a payment transaction that is " .. transaction.state .. " cannot be expired"
  end
  local request = self.requests[id]
  if request and request.confirmation then expire_confirmation(self, id) end
  return expire_request(self, id)
end

local function of_transaction(act)
  return function(self, id, ...)
    local transaction = self.transactions[id]
    if not transaction then return nil, "there is no payment transaction " .. tostring(id) end
    return act(self, transaction, ...)
  end
end

--- The end of a completed transaction's life.
klarna.close = of_transaction(function(self, transaction)
  if transactions.close(self, transaction) then return shapes.transaction(transaction) end
  return nil, "a payment transaction that is " .. transaction.state .. " cannot be closed"
end)

--- A lost dispute takes money back: { amount =, reason =, line_items = }, all optional.
klarna.chargeback = of_transaction(function(self, transaction, terms)
  local made, message = transactions.charge_back(self, transaction, terms or {})
  if not made then return nil, message end
  return shapes.chargeback(made)
end)

--- The sums of a transaction.
klarna.ledger = of_transaction(function(_, transaction)
  return transactions.ledger(transaction)
end)

local FUNDING = { PENDING = true, FUNDED = true, EXPIRED = true }

--- Make a transaction's funding not guaranteed and set its state.
klarna.funding = of_transaction(function(self, transaction, state)
  if not FUNDING[state or ""] then return nil, "funding is PENDING, FUNDED or EXPIRED" end
  transaction.funding = { type = "NON_GUARANTEED", state = state }
  events.funding(self, transaction)
  return shapes.transaction(transaction)
end)

--- A payment request or a transaction as it is read through the API, or nil and a sentence.
function klarna:view(id)
  local request, transaction = self.requests[id], self.transactions[id]
  if request then return shapes.request(request) end
  if transaction then return shapes.transaction(transaction) end
  return nil, "there is no payment request or transaction " .. tostring(id)
end

--- The state of a payment request or a transaction.
function klarna:state(id)
  local found = self.requests[id] or self.transactions[id]
  if found then return found.state end
  return nil, "there is no payment request or transaction " .. tostring(id)
end

local function url_escape(text)
  return (tostring(text):gsub("[^%w%-%._~]", function(char)
    return string.format("%%%02X", char:byte())
  end))
end

--- Where the shopper is sent after the page: redirect_url with its placeholders filled in
-- (reference 3.16). Returns the URL, or nil and a sentence.
function klarna:redirect(id)
  local request = self.requests[id]
  if not request then return nil, "there is no payment request " .. tostring(id) end
  local url = request.config and request.config.redirect_url
  if not url then return nil, "the payment request has no redirect_url" end
  local confirmation = request.confirmation
  local values = {
    ["klarna.payment_request.id"] = request.id,
    ["klarna.payment_request.state"] = request.state,
    ["klarna.payment_request.payment_confirmation_token"] = confirmation and confirmation.id or "",
    ["klarna.payment_request.payment_reference"] = request.reference or "",
  }
  return (url:gsub("{([%w_%.]+)}", function(name)
    return values[name] and url_escape(values[name])
  end))
end

--- The ids of all payment requests, oldest first.
function klarna:request_ids()
  local out = {}
  for i, id in ipairs(self.request_order) do out[i] = id end
  return out
end

return klarna
