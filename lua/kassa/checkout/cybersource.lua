-- A checkout over Klarna at Cybersource: a session, then an authorization, and captures and refunds
-- that are objects of their own. It knows where the storefront's words stand in the gateway's
-- bodies and what its statuses mean, no more.

local api_of = require "kassa.api"
local body_of = require "kassa.checkout.body"
local error_value = require "kassa.error"
local money = require "kassa.money"
local object = require "kassa.object"
local order_of = require "kassa.checkout.order"
local payments = require "kassa.checkout.payment"
local states = require "kassa.checkout.states"

local cybersource = { name = "cybersource", title = "Cybersource" }

cybersource.states = {
  session = { INITIATED = "waiting", COMPLETED = "approved", ABANDONED = "abandoned",
    FAILED = "failed" },
  authorization = { PENDING = "pending", AUTHORIZED = "authorized", AUTH_REVERSED = "canceled",
    ABANDONED = "abandoned", FAILED = "failed" },
  reversal = { PENDING = "pending", AUTH_REVERSED = "canceled", FAILED = "failed" },
  capture = { PENDING = "pending", SETTLED = "captured", CHARGEBACK = "charged_back",
    FAILED = "failed" },
  refund = { PENDING = "pending", REFUNDED = "refunded", FAILED = "failed" },
}

cybersource.lacks = {
  { name = "placeholders", what = "`{klarna...}` in a `return_url`",
    why = "Cybersource fills in nothing; it adds Klarna's token as auth-token" },
  { name = "cancel_begun", what = "`cancel` before the money is reserved",
    why = "Cybersource has no call that ends a session: it is over after 48 hours" },
  { name = "cancel_rest", what = "`cancel` once something is captured",
    why = "Cybersource reverses a whole authorization only: the rest is over after 28 days" },
  { name = "refund_of_all", what = "`refund` of several captures at once",
    why = "Cybersource gives back by capture: name one (capture = ...)" },
}

local function unsupported(verb, name)
  for _, lack in ipairs(cybersource.lacks) do
    if lack.name == name then
      return nil, error_value.new("unsupported", { operation = "checkout." .. verb, attempts = 0,
        message = lack.why })
    end
  end
end

local function table_of(value) return type(value) == "table" and value or {} end
local function text_of(value) return type(value) == "string" and value or nil end

-- Bodies ------------------------------------------------------------------------------------------

-- What is taken off is a line of its own kind, with a price above zero.
local function line_item(line, in_us)
  local quantity, coupon = line.quantity or 1, line.unit_price < 0
  local total = order_of.line_total(line)
  return {
    productName = line.name, productSku = line.reference, quantity = quantity,
    productCode = coupon and "coupon" or nil, unitPrice = math.abs(line.unit_price),
    totalAmount = math.abs(total), taxAmount = not in_us and (line.tax or 0) or nil,
  }
end

local function line_items(lines, in_us)
  if not lines then return nil end
  local items = {}
  for position, line in ipairs(lines) do items[position] = line_item(line, in_us) end
  return items
end

local function is_us(given) return given.country ~= nil and given.country:upper() == "US" end

local function bill_to(given)
  return { country = given.country, postalCode = given.postal_code,
    administrativeArea = given.region }
end

local function amounts(given)
  return { currency = given.currency, totalAmount = given.amount,
    taxAmount = is_us(given) and (given.tax or 0) or nil }
end

local function reference(code) return code and { code = code } or nil end

local function session_body(given)
  local details = amounts(given)
  if (given.discount or 0) > 0 then details.discountAmount = given.discount end
  return {
    flow = "hosted", clientReferenceInformation = reference(given.reference),
    buyerInformation = given.locale and { language = given.locale } or nil,
    merchantInformation = { successUrl = given.return_url,
      cancelUrl = given.cancel_url or given.return_url,
      failureUrl = given.failure_url or given.return_url },
    orderInformation = { amountDetails = details, billTo = bill_to(given),
      lineItems = line_items(given.lines, is_us(given)) },
  }
end

local function moved_body(payment, what)
  return {
    clientReferenceInformation = reference(what.reference),
    orderInformation = {
      amountDetails = { currency = payment.currency, totalAmount = what.amount },
      lineItems = line_items(what.lines, true), -- which say nothing of tax
    },
  }
end

-- The provider's objects --------------------------------------------------------------------------

-- An object as this payment remembers it, with an amount that the client's books can count.
local function remembered(inside, kind, payment, id, status, amount)
  return object.wrap(inside.client, kind, { id = id, status = status,
    orderInformation = amount and { amountDetails = { currency = payment.currency,
      totalAmount = money.format(amount, payment.currency) } } }, {})
end

-- Enter into the client's books (kassa.books) what was done to an object before it was loaded.
local function book(inside, subject, entry, kind, made, payment, amount)
  local info = inside.client.info[subject]
  info.moves = info.moves or {}
  info.moves[#info.moves + 1] = { money = entry, kind = kind, made = made, amount = amount,
    currency = payment.currency }
end

local function refund_of(inside, payment, part)
  local kept = payments.kept(payment).refunds
  kept[part.id] = kept[part.id]
    or remembered(inside, "refund", payment, part.id, part.provider_state, part.amount)
  return kept[part.id]
end

local function capture_of(inside, payment, part)
  local kept = payments.kept(payment).captures
  if kept[part.id] then return kept[part.id] end
  local made = remembered(inside, "capture", payment, part.id, part.provider_state, part.amount)
  kept[part.id] = made
  for _, refund in ipairs(payment.refunds) do
    if refund.capture_id == part.id then
      book(inside, made, "give_back", "refund", refund_of(inside, payment, refund), payment,
        refund.amount)
    end
  end
  return made
end

local function release_of(inside, payment)
  local kept, part = payments.kept(payment), payment.release
  kept.release = kept.release
    or remembered(inside, "reversal", payment, part.id, part.provider_state)
  return kept.release
end

local function authorization_of(inside, payment)
  local kept = payments.kept(payment)
  if kept.authorization then return kept.authorization end
  local made = remembered(inside, "authorization", payment, payment.authorization_id,
    payment.provider_state, payment.amount)
  kept.authorization = made
  for _, part in ipairs(payment.captures) do
    book(inside, made, "take", "capture", capture_of(inside, payment, part), payment, part.amount)
  end
  if payment.release then
    book(inside, made, "release", "reversal", release_of(inside, payment), payment)
  end
  return made
end

local function session_of(inside, payment)
  local kept = payments.kept(payment)
  kept.session = kept.session
    or remembered(inside, "session", payment, payment.id, payment.provider_state, payment.amount)
  return kept.session
end

--- The newest of the provider's objects.
function cybersource.native(inside, payment)
  return payment.authorization_id and authorization_of(inside, payment)
    or session_of(inside, payment)
end

-- What was answered -------------------------------------------------------------------------------

-- What the processor's code says of a failure, for people.
local function reason_of(inside, made)
  local api = inside.client.api
  if made.status ~= "FAILED" then return nil end
  local code = table_of(made.processorInformation).responseCode
  local known = api_of.find(api, api.responses)[code]
  return known and known.class or text_of(code)
end

-- What an authorization and its release stand for.
local function told_of(payment)
  local release = payment.release
  if release and states.holds(release.state) then return release.state end
  if release and release.state == "canceled" then return "canceled" end
  return states.of(cybersource.states.authorization, payment.provider_state)
end

local function settle(payment)
  local told = told_of(payment)
  local reserved = told == "authorized" or payment.authorized > 0
  return payments.settle(payment, {
    told = told, authorized = reserved and payment.amount or 0,
    remaining = told ~= "authorized" and 0 or nil,
  })
end

local function take_session(inside, payment, session)
  payments.kept(payment).session = session
  payment.provider_state, payment.reason = session.status, reason_of(inside, session)
  payment.url = text_of(table_of(session.processorInformation).paymentUrl) or payment.url
  return payments.settle(payment, {
    told = states.of(cybersource.states.session, session.status),
  })
end

local function take_authorization(inside, payment, authorization)
  payments.kept(payment).authorization = authorization
  payment.authorization_id = authorization.id
  payment.provider_state, payment.reason = authorization.status, reason_of(inside, authorization)
  return settle(payment)
end

-- A capture, refund or reversal as a part of the payment.
local function take_part(part, kind, made)
  part.id, part.provider_state = made.id, made.status
  part.state = states.of(cybersource.states[kind], made.status)
  return part
end

-- Verbs -------------------------------------------------------------------------------------------

--- Begin a session with a hosted page. Results as of kassa.checkout.klarna.
function cybersource.begin(inside, given, options)
  if given.return_url:find("{klarna", 1, true) then
    return unsupported("begin", "placeholders")
  end
  local session, err = inside.face.sessions:create(
    body_of.with(session_body(given), options, "cybersource"), body_of.options(options))
  if not session then return nil, err end
  return { id = session.id, state = "waiting" },
    function(payment) return take_session(inside, payment, session) end
end

-- Ask for the status of one part, when it may have changed. -> true; or nil and the error
local function check_part(part, kind, made, options)
  if part.state == "failed" or part.state == "charged_back" or part.state == "refunded" then
    return true
  end
  local found, err = made:refresh(body_of.reading(options))
  if not found then return nil, err end
  take_part(part, kind, found)
  return true
end

local function check_parts(inside, payment, options)
  for _, part in ipairs(payment.captures) do
    local ok, err = check_part(part, "capture", capture_of(inside, payment, part), options)
    if not ok then return nil, err end
  end
  for _, part in ipairs(payment.refunds) do
    local ok, err = check_part(part, "refund", refund_of(inside, payment, part), options)
    if not ok then return nil, err end
  end
  local release = payment.release
  if not release or release.state == "canceled" then return true end
  return check_part(release, "reversal", release_of(inside, payment), options)
end

--- Ask where it is: the session; later the authorization, and whatever of its captures, refunds and
-- its reversal may have changed, a question for each.
function cybersource.status(inside, payment, options)
  local reading = body_of.reading(options)
  if not payment.authorization_id then
    local session, err = session_of(inside, payment):refresh(reading)
    if not session then return nil, err end
    return take_session(inside, payment, session)
  end
  local authorization, err = authorization_of(inside, payment):refresh(reading)
  if not authorization then return nil, err end
  local ok, why = check_parts(inside, payment, options)
  take_authorization(inside, payment, authorization)
  if not ok then return nil, why end
  return payment
end

local function no_token(payment)
  return nil, error_value.new("illegal_state", { operation = "checkout.authorize", attempts = 0,
    state = payment.state, message = "authorize needs the auth-token that the shopper came back "
      .. "with; who comes back without one did not agree" })
end

local function authorize_body(payment, token)
  return {
    clientReferenceInformation = reference(payment.reference),
    orderInformation = { amountDetails = amounts(payment), billTo = bill_to(payment) },
    processorInformation = { preApprovalToken = token },
  }
end

--- Reserve what the shopper agreed to. Only the token that they came back with proves that.
function cybersource.authorize(inside, payment, token, options)
  if not token then return no_token(payment) end
  local authorization, err = inside.face.authorizations:create(
    body_of.with(authorize_body(payment, token), options, "cybersource"),
    body_of.options(options, { intent = payment.id .. "/authorize",
      session = session_of(inside, payment) }))
  if authorization then return authorization end
  if err.code == "declined" then
    payment.provider_state, payment.reason = "FAILED", table_of(err.provider).error_code
    payments.settle(payment, { told = "failed" })
  end
  return nil, err
end

--- Take money. what: as kassa.checkout.fields describes
function cybersource.capture(inside, payment, what, options)
  return authorization_of(inside, payment):capture(
    body_of.with(moved_body(payment, what), options, "cybersource"), body_of.options(options))
end

--- Give money back. part: the capture that was meant; nil where it cannot be told
function cybersource.refund(inside, payment, what, options, part)
  if not part then return unsupported("refund", "refund_of_all") end
  return capture_of(inside, payment, part):refund(
    body_of.with(moved_body(payment, what), options, "cybersource"), body_of.options(options))
end

local function is_captured(payment)
  for _, part in ipairs(payment.captures) do
    if states.holds(part.state) then return true end
  end
  return false
end

--- Release the whole authorization.
function cybersource.cancel(inside, payment, _, options)
  if not payment.authorization_id then return unsupported("cancel", "cancel_begun") end
  if is_captured(payment) then return unsupported("cancel", "cancel_rest") end
  return authorization_of(inside, payment):reverse(
    body_of.with({}, options, "cybersource"), body_of.options(options))
end

-- What was done, and found out later when nobody answered: as kassa.checkout.klarna has it.
cybersource.took = { authorize = take_authorization }

function cybersource.took.capture(_, payment, capture, what)
  payments.kept(payment).captures[capture.id] = capture
  local part = take_part({ amount = what.amount, reference = what.reference }, "capture", capture)
  part = payments.enter(payment.captures, part)
  settle(payment)
  return part
end

function cybersource.took.refund(_, payment, refund, what, of)
  payments.kept(payment).refunds[refund.id] = refund
  local part = take_part({ amount = what.amount, reference = what.reference, capture_id = of.id },
    "refund", refund)
  part = payments.enter(payment.refunds, part)
  settle(payment)
  return part
end

function cybersource.took.cancel(_, payment, reversal)
  payments.kept(payment).release = reversal
  payment.release = take_part({}, "reversal", reversal)
  return settle(payment)
end

return cybersource
