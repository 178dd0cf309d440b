--- The life of a payment request: create, update, cancel, confirm, and what the shopper does. Its
-- rules are written by hand from the reference (4.1); it takes none from the table of operations.

local json = require "kassa.json"
local answers = require "kassa.sandbox.answers"
local events = require "kassa.sandbox.klarna.events"
local people = require "kassa.sandbox.klarna.people"
local shapes = require "kassa.sandbox.klarna.shapes"
local transactions = require "kassa.sandbox.klarna.transactions"

local requests = { handlers = {} }
local handlers = requests.handlers

local MINUTE_MS = 60 * 1000
local REQUEST_MS = 48 * 60 * MINUTE_MS
local CONFIRMATION_MS = 60 * MINUTE_MS

local CANCELABLE = { SUBMITTED = true, IN_PROGRESS = true, PENDING_CONFIRMATION = true }
local OPEN = { SUBMITTED = true, PREPARED = true, IN_PROGRESS = true }

-- Enter a state. A request whose 48 hours are over does not rest in an open state again.
local function move(self, request, state, reason)
  request.previous_state, request.state, request.reason = request.state, state, reason
  request.updated_at = self.now()
  if state == "PENDING_CONFIRMATION" then
    request.state_expires_at = request.confirmation.expires_at
  else
    request.confirmation = nil
    request.state_expires_at = request.expires_at
  end
  events.request(self, request)
  if OPEN[state] and self.now() >= request.expires_at then move(self, request, "EXPIRED") end
end

local function find(self, id)
  local request = self.requests[id]
  if request then return request end
  return nil, answers.missing("payment request", id)
end

local function wrong_state(request, verb)
  return answers.conflict("A payment request that is " .. request.state .. " does not allow to "
    .. verb .. ".")
end

-- The amount is the sum of the line items, where there are any (reference 2.1).
local function sum_refusal(amount, purchase)
  local items = purchase and purchase.line_items or {}
  if #items == 0 then return nil end
  local sum = 0
  for _, item in ipairs(items) do sum = sum + item.total_amount end
  if sum == amount then return nil end
  return answers.field("payment_amount", string.format(
    "The amount %d must be the sum of the line items' total_amount, which is %d.", amount, sum))
end

local function config_refusal(config)
  local asked = {}
  for _, name in ipairs(config and config.request_shipping_data or {}) do asked[name] = true end
  if asked.SHIPPING_OPTION and not asked.SHIPPING_ADDRESS then
    return answers.field("config.request_shipping_data",
      "SHIPPING_OPTION can only be asked for together with SHIPPING_ADDRESS.")
  end
end

local function body_refusal(body)
  return sum_refusal(body.payment_amount, body.supplementary_purchase_data)
    or config_refusal(body.config)
end

requests.body_refusal = body_refusal

--- A new request from a body, not yet stored, with no state.
function requests.new(self, body)
  local now = self.now()
  local id = "krn:payment:eu1:request:" .. self.random:uuid()
  return {
    id = id, reference = body.payment_request_reference,
    currency = body.currency, amount = body.payment_amount, config = body.config,
    purchase = body.supplementary_purchase_data, interoperability = body.interoperability,
    created_at = now, updated_at = now, expires_at = now + REQUEST_MS,
    state_expires_at = now + REQUEST_MS, page_url = self.page_url(id),
  }
end

--- Store a request in its first state and tell of it.
function requests.enter(self, request, state, reason)
  request.state, request.reason = state, reason
  self.requests[request.id] = request
  self.request_order[#self.request_order + 1] = request.id
  if OPEN[state] then self.plan(request.expires_at, { kind = "request", id = request.id }) end
  events.request(self, request)
end

handlers["payment_request.create"] = function(self, _, body)
  local refusal = body_refusal(body)
  if refusal then return nil, refusal end
  local request = requests.new(self, body)
  requests.enter(self, request, "SUBMITTED", "PAYMENT_REQUEST_SUBMITTED")
  return 201, shapes.request(request)
end

handlers["payment_request.read"] = function(self, params)
  local request, refusal = find(self, params.payment_request_id)
  if not request then return nil, refusal end
  return 200, shapes.request(request)
end

local FIELD = {
  currency = "currency", payment_amount = "amount", payment_request_reference = "reference",
  config = "config", supplementary_purchase_data = "purchase",
  interoperability = "interoperability",
}

-- What the body names is replaced whole, the rest stays (reference 2.3, a guess there).
handlers["payment_request.update"] = function(self, params, body)
  local request, refusal = find(self, params.payment_request_id)
  if not request then return nil, refusal end
  if request.state ~= "SUBMITTED" then return nil, wrong_state(request, "update") end
  refusal = body_refusal {
    payment_amount = body.payment_amount or request.amount,
    supplementary_purchase_data = body.supplementary_purchase_data or request.purchase,
    config = body.config,
  }
  if refusal then return nil, refusal end
  for name, field in pairs(FIELD) do
    if body[name] ~= nil then request[field] = body[name] end
  end
  request.updated_at = self.now()
  return 200, shapes.request(request)
end

handlers["payment_request.cancel"] = function(self, params)
  local request, refusal = find(self, params.payment_request_id)
  if not request then return nil, refusal end
  if not CANCELABLE[request.state] then return nil, wrong_state(request, "cancel") end
  move(self, request, "CANCELED", "PARTNER_CANCELED")
  return 200, shapes.request(request)
end

-- Key order does not count: the writer sorts keys.
local function same(a, b)
  return json.encode(a) == json.encode(b)
end

local function confirm_refusal(request, body)
  if body.currency ~= request.currency then
    return answers.field("currency",
      "The currency must be the request's: " .. request.currency .. ".")
  end
  if body.payment_amount ~= request.amount then
    return answers.field("payment_amount", string.format(
      "The amount must be the request's: %d.", request.amount))
  end
  local said = (request.purchase or {}).shipping
  local given = (body.supplementary_purchase_data or {}).shipping
  if said and given and not same(said, given) then
    return answers.field("supplementary_purchase_data.shipping",
      "The shipping differs from what the payment request says.")
  end
end

-- What a transaction keeps of the purchase; the customer's data are not stored on it (3.3).
local function kept_purchase(request, body)
  local purchase = request.purchase or {}
  local out = {
    purchase_reference = purchase.purchase_reference,
    line_items = purchase.line_items,
    shipping = (body.supplementary_purchase_data or {}).shipping or purchase.shipping
      or (request.shipping and json.list { request.shipping }),
  }
  return next(out) and out or nil
end

local function issue_customer_token(self, request)
  local asked = request.config and request.config.request_customer_token
  if not asked then return end
  request.customer_token = self.customer_token {
    outcome = "approved", scopes = asked.scopes, customer_id = request.customer_id,
  }
  request.customer_token_reference = asked.customer_token_reference
end

--- Approved: the transaction, the customer's token where one was asked for, CONFIRMED.
-- @param reason the state's reason, or nil
function requests.approve_into_transaction(self, request, body, store)
  local config = request.config or {}
  request.customer_id = request.customer_id or "krn:kuid:" .. self.random:letters(22)
  request.profile = people.profile(request.customer_id, config.request_customer_profile)
  request.transaction = transactions.authorize(self, request, {
    reference = body.payment_transaction_reference,
    purchase = kept_purchase(request, body),
    capture = body.config and body.config.capture == true,
    profile = request.profile or { customer_id = request.customer_id },
    customer_id = request.customer_id,
  })
  issue_customer_token(self, request)
  store(self, request, "CONFIRMED")
  return request
end

handlers["payment_request.confirm"] = function(self, params, body)
  local id = params.payment_confirmation_token
  local confirmation = self.confirmations[id]
  if not confirmation then return nil, answers.missing("confirmation token", id) end
  if confirmation.answer then return 200, confirmation.answer end
  local request = confirmation.request
  if request.confirmation ~= confirmation then
    return nil, answers.conflict("The confirmation token is no longer valid.")
  end
  local refusal = confirm_refusal(request, body)
  if refusal then return nil, refusal end
  requests.approve_into_transaction(self, request, body, move)
  confirmation.answer = json.encode(shapes.request(request))
  return 200, confirmation.answer
end

-- The shopper, and time --------------------------------------------------------------------------

local function not_now(request, verb)
  return nil, "a payment request that is " .. request.state .. " cannot be " .. verb
end

local function go_in_progress(self, request)
  if request.state ~= "IN_PROGRESS" then move(self, request, "IN_PROGRESS") end
  return request.state == "IN_PROGRESS"
end

--- The shopper prepares the purchase in the browser's two-step flow.
function requests.prepare(self, request)
  if request.state ~= "SUBMITTED" then return not_now(request, "prepared") end
  move(self, request, "PREPARED")
  return request
end

--- The shopper opens the hosted page; a token given out before no longer counts.
function requests.open(self, request)
  if not OPEN[request.state] and request.state ~= "PENDING_CONFIRMATION" then
    return not_now(request, "opened")
  end
  go_in_progress(self, request)
  return request
end

--- The shopper agrees: PENDING_CONFIRMATION with a token that lives 60 minutes.
function requests.approve(self, request)
  if not OPEN[request.state] or not go_in_progress(self, request) then
    return not_now(request, "approved")
  end
  local confirmation = {
    id = "krn:payment:eu1:confirmation-token:" .. self.random:uuid(),
    expires_at = self.now() + CONFIRMATION_MS, request = request,
  }
  self.confirmations[confirmation.id] = confirmation
  self.plan(confirmation.expires_at, { kind = "confirmation", id = confirmation.id })
  local config = request.config or {}
  request.customer_id = request.customer_id or "krn:kuid:" .. self.random:letters(22)
  request.profile = people.profile(request.customer_id, config.request_customer_profile)
  request.shipping = people.shipping(config.request_shipping_data)
  request.confirmation = confirmation
  move(self, request, "PENDING_CONFIRMATION")
  return request
end

--- Klarna declines the shopper for every option.
function requests.decline(self, request)
  if not OPEN[request.state] or not go_in_progress(self, request) then
    return not_now(request, "declined")
  end
  move(self, request, "DECLINED", "PERMANENT")
  return request
end

--- The shopper leaves the page: SUBMITTED again.
function requests.abort(self, request)
  if not OPEN[request.state] or not go_in_progress(self, request) then
    return not_now(request, "aborted")
  end
  move(self, request, "SUBMITTED", "PURCHASE_FLOW_ABORTED")
  return request
end

--- The confirmation token's hour is over: SUBMITTED again.
function requests.expire_confirmation(self, request)
  if request.state ~= "PENDING_CONFIRMATION" then
    return not_now(request, "robbed of its confirmation token")
  end
  move(self, request, "SUBMITTED", "CONFIRMATION_TOKEN_EXPIRED")
  return request
end

--- The request's 48 hours are over. A request that waits for its confirmation keeps its token's
-- hour and expires when that is over, for there is no way from there to EXPIRED.
function requests.expire(self, request)
  if request.state ~= "SUBMITTED" and request.state ~= "IN_PROGRESS" then
    return not_now(request, "expired")
  end
  move(self, request, "EXPIRED")
  return request
end

return requests
