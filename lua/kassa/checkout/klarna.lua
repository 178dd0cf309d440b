-- A checkout over Klarna's own API: one payment request, then one payment transaction. It knows
-- where the storefront's words stand in Klarna's bodies and what Klarna's states mean, no more.

local body_of = require "kassa.checkout.body"
local error_value = require "kassa.error"
local object = require "kassa.object"
local order_of = require "kassa.checkout.order"
local payments = require "kassa.checkout.payment"
local states = require "kassa.checkout.states"

local klarna = { name = "klarna", title = "Klarna" }

klarna.states = {
  payment_request = {
    CREATED = "waiting", SUBMITTED = "waiting", PREPARED = "waiting", IN_PROGRESS = "waiting",
    PENDING_CONFIRMATION = "approved", CONFIRMED = "authorized", AUTHORIZED = "authorized",
    CANCELED = "canceled", EXPIRED = "expired", DECLINED = "failed",
  },
  payment_transaction = {
    AUTHORIZED = "authorized", EXPIRED = "expired", COMPLETED = "captured", CLOSED = "canceled",
  },
  -- Of an authorized transaction only: money that is not there yet is not to be shipped for.
  payment_funding = { PENDING = "pending", FUNDED = "authorized", EXPIRED = "failed" },
}

klarna.lacks = {
  { name = "urls", what = "`cancel_url` and `failure_url` of an order",
    why = "Klarna sends the shopper to return_url whatever they decided, and status tells" },
}

local function table_of(value) return type(value) == "table" and value or {} end
local function text_of(value) return type(value) == "string" and value or nil end
local function number_of(value) return type(value) == "number" and value or nil end

-- Bodies ------------------------------------------------------------------------------------------

local function line_item(line)
  local taxed = (line.tax or 0) > 0
  return {
    name = line.name, quantity = line.quantity or 1, total_amount = order_of.line_total(line),
    total_tax_amount = line.tax, unit_price = not taxed and line.unit_price or nil,
    line_item_reference = line.reference,
  }
end

local function single(name, amount)
  return { name = name, quantity = 1, unit_price = amount, total_amount = amount }
end

local function line_items(given)
  if not given.lines then return nil end
  local items = {}
  for position, line in ipairs(given.lines) do items[position] = line_item(line) end
  if (given.tax or 0) > 0 then items[#items + 1] = single("Tax", given.tax) end
  if (given.discount or 0) > 0 then items[#items + 1] = single("Discount", -given.discount) end
  return items
end

local function purchase_data(given)
  local address = { country = given.country, postal_code = given.postal_code,
    region = given.region }
  local customer = next(address) and { address = address } or nil
  local data = { purchase_reference = given.reference, line_items = line_items(given),
    customer = customer }
  return next(data) and data or nil
end

local function request_body(given)
  return {
    currency = given.currency, payment_amount = given.amount,
    payment_request_reference = given.reference,
    supplementary_purchase_data = purchase_data(given),
    config = { redirect_url = given.return_url },
  }
end

-- The provider's objects --------------------------------------------------------------------------

local function transaction_fields(payment)
  local made = {
    payment_transaction_id = payment.authorization_id, state = payment.provider_state,
    currency = payment.currency, original_authorization_amount = payment.authorized,
    remaining_authorization_amount = payment.remaining, payment_captures = {},
    payment_refunds = {},
  }
  for position, part in ipairs(payment.captures) do
    made.payment_captures[position] = { payment_capture_id = part.id,
      capture_amount = part.amount }
  end
  for position, part in ipairs(payment.refunds) do
    made.payment_refunds[position] = { payment_refund_id = part.id, refund_amount = part.amount }
  end
  return made
end

local function request_of(inside, payment)
  local kept = payments.kept(payment)
  kept.request = kept.request or object.wrap(inside.client, "payment_request", {
    payment_request_id = payment.id, state = payment.provider_state,
    currency = payment.currency, payment_amount = payment.amount,
  }, {})
  return kept.request
end

local function transaction_of(inside, payment)
  local kept = payments.kept(payment)
  kept.transaction = kept.transaction
    or object.wrap(inside.client, "payment_transaction", transaction_fields(payment), {})
  return kept.transaction
end

local function capture_of(inside, payment, part)
  local kept = payments.kept(payment).captures
  kept[part.id] = kept[part.id] or object.wrap(inside.client, "payment_capture",
    { payment_capture_id = part.id, capture_amount = part.amount }, {})
  return kept[part.id]
end

--- The newest of the provider's objects.
function klarna.native(inside, payment)
  return payment.authorization_id and transaction_of(inside, payment)
    or request_of(inside, payment)
end

-- What was answered -------------------------------------------------------------------------------

local function capture_part(capture)
  return { id = capture.payment_capture_id, state = "captured",
    amount = number_of(capture.capture_amount),
    reference = text_of(capture.payment_capture_reference) }
end

local function refund_part(refund)
  return { id = refund.payment_refund_id, state = "refunded",
    amount = number_of(refund.refund_amount), capture_id = text_of(refund.payment_capture_id),
    reference = text_of(refund.payment_refund_reference) }
end

local function told_of(transaction)
  local told = states.of(klarna.states.payment_transaction, transaction.state)
  local funding = table_of(transaction.payment_funding).state
  if told ~= "authorized" or funding == nil then return told end
  return states.of(klarna.states.payment_funding, funding)
end

local function charged_back(transaction)
  local total = 0
  for _, chargeback in ipairs(table_of(transaction.payment_chargebacks)) do
    total = total + (number_of(chargeback.chargeback_amount) or 0)
  end
  return total
end

-- A transaction as it was read.
local function take_transaction(payment, transaction)
  payments.kept(payment).transaction = transaction
  payment.provider_state = text_of(transaction.state)
  payment.reason = text_of(transaction.state_reason)
  for _, capture in ipairs(table_of(transaction.payment_captures)) do
    payments.enter(payment.captures, capture_part(capture))
  end
  for _, refund in ipairs(table_of(transaction.payment_refunds)) do
    payments.enter(payment.refunds, refund_part(refund))
  end
  return payments.settle(payment, {
    told = told_of(transaction), charged_back = charged_back(transaction),
    authorized = number_of(transaction.original_authorization_amount),
    remaining = number_of(transaction.remaining_authorization_amount),
  })
end

-- A request as it was answered. Once it is confirmed, its transaction counts.
local function take_request(payment, request)
  payments.kept(payment).request = request
  local context = table_of(request.state_context)
  local short = table_of(context.payment_transaction)
  payment.provider_state, payment.reason = text_of(request.state), text_of(request.state_reason)
  payment.url = text_of(table_of(context.payment_distribution).url) or payment.url
  payment.authorization_id = text_of(short.payment_transaction_id)
  local reserved = payment.authorization_id and payment.amount
  if reserved then payment.provider_state = text_of(short.state) end
  return payments.settle(payment, {
    told = reserved and told_of(short)
      or states.of(klarna.states.payment_request, payment.provider_state),
    authorized = reserved or nil,
  })
end

-- Read the transaction that a confirmed request made. It exists, whether or not it can be read now.
local function follow(inside, payment, options)
  if not payment.authorization_id then return payment end
  local transaction, err = inside.face.payment_transactions:read(payment.authorization_id,
    body_of.reading(options))
  if not transaction then return nil, err end
  return take_transaction(payment, transaction)
end

-- Verbs -------------------------------------------------------------------------------------------

--- Ask for a payment. -> what M.new of kassa.checkout.payment takes, and a function(payment) that
-- keeps what was answered; or nil and the error
function klarna.begin(inside, given, options)
  local request, err = inside.face.payment_requests:create(
    body_of.with(request_body(given), options, "klarna"), body_of.options(options))
  if not request then return nil, err end
  return { id = request.payment_request_id, state = "waiting" },
    function(payment) return take_request(payment, request) end
end

--- Ask where it is.
function klarna.status(inside, payment, options)
  if payment.authorization_id then return follow(inside, payment, options) end
  local request, err = request_of(inside, payment):refresh(body_of.reading(options))
  if not request then return nil, err end
  take_request(payment, request)
  return follow(inside, payment, options)
end

local function other_token()
  return nil, error_value.new("invalid", { operation = "checkout.authorize", attempts = 0,
    faults = { { path = "auth-token", message = "is that of another payment request" } } })
end

local function confirm(payment, request, options)
  return request:confirm(body_of.with({
    currency = payment.currency, payment_amount = payment.amount,
    payment_transaction_reference = payment.reference,
  }, options, "klarna"), body_of.options(options, { intent = payment.id .. "/authorize" }))
end

--- Confirm what the shopper agreed to. Klarna itself tells whether they did: a token that they came
-- back with is compared, and need not be there.
function klarna.authorize(inside, payment, token, options)
  local request, err = request_of(inside, payment):refresh(body_of.reading(options))
  if not request then return nil, err end
  take_request(payment, request)
  local own = table_of(request.state_context).payment_confirmation_token
  if token and own and token ~= own then return other_token() end
  if not payment.authorization_id then
    request, err = confirm(payment, request, options)
    if not request then return nil, err end
    take_request(payment, request)
  end
  follow(inside, payment, options) -- what is reserved is reserved, read or not
  return payments.kept(payment).request
end

-- What was done, and found out later when nobody answered: function(inside, payment, made, what,
-- part) -> the payment, or its part.
klarna.took = {}

local function moved(inside, payment)
  return payments.settle(payment, {
    told = told_of(transaction_of(inside, payment)), charged_back = payment.charged_back,
  })
end

function klarna.took.authorize(_, payment, request)
  return payment.authorization_id and payment or take_request(payment, request)
end

function klarna.took.capture(inside, payment, capture, what)
  payments.kept(payment).captures[capture.payment_capture_id] = capture
  local part = capture_part(capture)
  part.amount, part.reference = part.amount or what.amount, part.reference or what.reference
  part = payments.enter(payment.captures, part)
  moved(inside, payment)
  return part
end

function klarna.took.refund(inside, payment, refund, what, of)
  local part = refund_part(refund)
  part.amount, part.reference = part.amount or what.amount, part.reference or what.reference
  part.capture_id = part.capture_id or of and of.id
  part = payments.enter(payment.refunds, part)
  moved(inside, payment)
  return part
end

function klarna.took.cancel(_, payment, made)
  return made.payment_transaction_id and take_transaction(payment, made)
    or take_request(payment, made)
end

--- Take money. what: as kassa.checkout.fields describes
function klarna.capture(inside, payment, what, options)
  local items = line_items(what)
  return transaction_of(inside, payment):capture(body_of.with({
    capture_amount = what.amount, payment_capture_reference = what.reference,
    supplementary_capture_data = items and { line_items = items },
  }, options, "klarna"), body_of.options(options))
end

-- Of one capture, or where there are several and none is named, of the transaction: Klarna divides.
local function refund_from(inside, payment, part)
  if part then return capture_of(inside, payment, part) end
  return transaction_of(inside, payment)
end

--- Give money back. part: the capture that was meant, or nil
function klarna.refund(inside, payment, what, options, part)
  local items = line_items(what)
  return refund_from(inside, payment, part):refund(body_of.with({
    refund_amount = what.amount, payment_refund_reference = what.reference,
    supplementary_refund_data = items and { line_items = items },
  }, options, "klarna"), body_of.options(options))
end

--- Give the payment up, or release what is not captured.
function klarna.cancel(inside, payment, _, options)
  local own = body_of.options(options)
  if payment.authorization_id then return transaction_of(inside, payment):void(own) end
  return request_of(inside, payment):cancel(own)
end

return klarna
