--- Klarna as the sandbox plays it: records, operations and the passing of time in one provider.
-- It speaks tables, not HTTP: requests come checked, and its rules are its own, not the client's.

local answers = require "kassa.sandbox.answers"
local attachments = require "kassa.sandbox.klarna.attachments"
local charges = require "kassa.sandbox.klarna.charges"
local dispute_list = require "kassa.sandbox.klarna.dispute_list"
local disputes = require "kassa.sandbox.klarna.disputes"
local events = require "kassa.sandbox.klarna.events"
local notifications = require "kassa.sandbox.klarna.notifications"
local opening = require "kassa.sandbox.klarna.opening"
local percent = require "kassa.sandbox.percent"
local random = require "kassa.sandbox.random"
local requests = require "kassa.sandbox.klarna.requests"
local shapes = require "kassa.sandbox.klarna.shapes"
local transactions = require "kassa.sandbox.klarna.transactions"

local klarna = {}
klarna.__index = klarna

--- A provider without records.
-- @param options { seed =, now = function -> ms, plan = function(at_ms, what),
--   tell = function(event_type, payload, options of deliveries:add),
--   page_url = function(request_id) -> url, product_id = the account's payment product instance }
function klarna.new(options)
  local made = random.new(options.seed, "pricing")
  local self = setmetatable({
    now = options.now, plan = options.plan, tell = options.tell, page_url = options.page_url,
    product_id = options.product_id,
    random = random.new(options.seed, "ids"),
    token_random = random.new(options.seed, "tokens"),
    requests = {}, request_order = {}, confirmations = {}, transactions = {}, captures = {},
    refunds = {}, chargebacks = {}, customer_tokens = {}, disputes = {}, dispute_order = {},
    dispute_cursors = {},
    pricing = {
      plan_id = "krn:partner:global:payment:price-plan:" .. made:uuid(),
      program_id = "krn:partner:global:pricing:payments:program:" .. made:uuid(),
      country = "US",
    },
  }, klarna)
  notifications.open(self, options.seed)
  self.customer_token = function(spec) return charges.token(self, spec) end
  return self
end

local HANDLERS = {}
local PARTS = {
  requests, transactions, charges, disputes, dispute_list, attachments, notifications,
}

for _, part in ipairs(PARTS) do
  for name, handler in pairs(part.handlers) do HANDLERS[name] = handler end
end

--- Do an operation. Returns status, body (a table; or text: JSON that was answered before, or what
-- the headers say), headers or nil; or nil and a refusal.
-- @param asked { path =, query = { [name] = list of values }, pairs = { { name, value }, ... } }
function klarna:act(operation, params, body, headers, asked)
  local handler = HANDLERS[operation]
  if not handler then return nil, answers.no_route() end
  return handler(self, params, body, headers, asked)
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

local function of_a_dispute(self, _, what) disputes.due(self, what) end

TIMER.resolution, TIMER.evidence = of_a_dispute, of_a_dispute

--- Something planned is due.
function klarna:due(what)
  TIMER[what.kind](self, what.id, what)
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

local function expire_dispute(self, dispute)
  if disputes.expire(self, dispute) then return shapes.dispute(dispute) end
  return nil, "a dispute that is " .. dispute.state .. " cannot be expired"
end

--- Let time be over for a payment request, its confirmation token (what = "confirmation_token"), a
-- transaction (authorised: EXPIRED; expired: settled) or a dispute (in arbitration; or no longer
-- waiting for evidence).
function klarna:expire(id, what)
  if what == "confirmation_token" then return expire_confirmation(self, id) end
  if self.disputes[id] then return expire_dispute(self, self.disputes[id]) end
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

--- A lost dispute takes money back: { amount =, reason =, line_items = }, all optional. The dispute
-- is opened and lost in the same moment.
klarna.chargeback = of_transaction(function(self, transaction, terms)
  terms = terms or {}
  local dispute, message = opening.open(self, transaction,
    { amount = terms.amount, state = "ARBITRATION_PENDING" })
  if not dispute then return nil, message end
  local _, made = disputes.decide(self, dispute, "lost", terms)
  return shapes.chargeback(made)
end)

--- A customer opens a dispute over a transaction (klarna/opening.lua names the terms).
klarna.dispute = of_transaction(function(self, transaction, terms)
  if terms ~= nil and type(terms) ~= "table" then return nil, "what is disputed is a table" end
  local made, message = opening.open(self, transaction, terms or {})
  if not made then return nil, message end
  return shapes.dispute(made)
end)

local function of_dispute(act)
  return function(self, id, ...)
    local dispute = self.disputes[id]
    if not dispute then return nil, "there is no dispute " .. tostring(id) end
    local done, message = act(self, dispute, ...)
    if not done then return nil, message end
    return shapes.dispute(dispute)
  end
end

--- Klarna takes a dispute into arbitration before its time.
klarna.escalate = of_dispute(disputes.escalate)

--- Klarna asks the merchant for evidence: { type =, comment =, deadline = }, all optional.
klarna.ask = of_dispute(function(self, dispute, terms)
  if terms ~= nil and type(terms) ~= "table" then return nil, "what is asked is a table" end
  return disputes.ask(self, dispute, terms or {})
end)

--- Klarna's verdict on a dispute: "won" or "lost".
klarna.decide = of_dispute(function(self, dispute, outcome)
  return disputes.decide(self, dispute, outcome)
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

local function unknown(id)
  return nil, "there is no payment request, transaction or dispute " .. tostring(id)
end

--- A payment request, a transaction or a dispute as it is read through the API, or nil and a
-- sentence.
function klarna:view(id)
  local request, transaction, dispute = self.requests[id], self.transactions[id], self.disputes[id]
  if request then return shapes.request(request) end
  if transaction then return shapes.transaction(transaction) end
  if dispute then return shapes.dispute(dispute) end
  return unknown(id)
end

--- The state of a payment request, a transaction or a dispute.
function klarna:state(id)
  local found = self.requests[id] or self.transactions[id] or self.disputes[id]
  if found then return found.state end
  return unknown(id)
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
    return values[name] and percent.escape(tostring(values[name]))
  end))
end

--- The ids of all payment requests, oldest first.
function klarna:request_ids()
  local out = {}
  for i, id in ipairs(self.request_order) do out[i] = id end
  return out
end

--- The attachments of a dispute: { payment_dispute_attachment_id, filename, content_type, size,
-- uploaded_at }.
function klarna:attachments(id)
  local dispute = self.disputes[id]
  if not dispute then return nil, "there is no dispute " .. tostring(id) end
  return attachments.list(dispute)
end

--- All disputes, oldest first, in short and with what the API does not tell: { payment_dispute_id,
-- payment_transaction_id, dispute_reason, state, dispute_amount, currency, created_at,
-- evidence_requests, outcome ("won", "lost", "accepted"), deadline_at, left_s }. The last two are
-- there while time runs: until arbitration, or until the evidence must be there.
function klarna:dispute_list()
  local out = {}
  for i, id in ipairs(self.dispute_order) do out[i] = disputes.summary(self, self.disputes[id]) end
  return out
end

return klarna
