-- kassa.checkout: begin, status, authorize, capture, refund, cancel over any provider, with one set
-- of states, so that a storefront changes its provider in one line. What a provider has not is an
-- error of the code "unsupported"; all other errors are those of the provider's own calls.

local client_of = require("kassa.client").of
local error_value = require "kassa.error"
local fields = require "kassa.checkout.fields"
local frozen = require "kassa.frozen"
local options_of = require "kassa.options"
local order_of = require "kassa.checkout.order"
local payments = require "kassa.checkout.payment"
local returned = require "kassa.checkout.returned"
local states = require "kassa.checkout.states"

local M = {}

local NO_OPTIONS = {}

-- Errors ------------------------------------------------------------------------------------------

local function refuse(verb, code, more)
  more.operation, more.attempts = "checkout." .. verb, 0
  return nil, error_value.new(code, more)
end

local function fault(verb, path, message)
  return refuse(verb, "invalid", { faults = { { path = path, message = message } } })
end

local function not_now(verb, payment, wanted)
  return refuse(verb, "illegal_state", { state = payment.state,
    message = ("%s needs a payment that is %s, this one is %s"):format(verb, wanted,
      payment.state),
    hint = "if it has changed since it was saved, ask status() first" })
end

-- Verbs: function(inside, payment, ...) -> result, err --------------------------------------------

local verbs = {}

function verbs.status(inside, payment, options)
  return inside.provider.status(inside, payment, options)
end

-- Have the provider do something, and the payment know of it: now, or when err:resolve() finds out.
local function act(inside, verb, payment, what, options, part)
  local took = inside.provider.took[verb]
  local made, err = inside.provider[verb](inside, payment, what, options, part)
  if made then return took(inside, payment, made, what, part) end
  if err.happened ~= "no" then
    error_value.when_resolved(err, function(found)
      if type(found) == "table" then took(inside, payment, found, what, part) end
    end)
  end
  return nil, err
end

local UNDECIDED = { waiting = true, approved = true, unknown = true }

function verbs.authorize(inside, payment, given, options)
  if payment.authorization_id then return payment end
  if not UNDECIDED[payment.state] then
    return not_now("authorize", payment, "waiting or approved")
  end
  local token, wrong = returned.token(given)
  if wrong then return fault("authorize", "auth-token", wrong) end
  return act(inside, "authorize", payment, token, options)
end

-- What is to be moved, checked. -> a copy; or nil and the error
local function checked(verb, record, what)
  local named = {}
  for name, value in pairs(what) do named[name] = value end
  if type(named.capture) == "table" then named.capture = named.capture.id or false end
  local copy, faults = fields.read(record, named)
  if not copy then return refuse(verb, "invalid", { faults = faults }) end
  return copy
end

function verbs.capture(inside, payment, what, options)
  local copy, err = checked("capture", fields.capture, what)
  if not copy then return nil, err end
  if not payment.authorization_id then return not_now("capture", payment, "authorized") end
  return act(inside, "capture", payment, copy, options)
end

-- The only capture that may have taken money; nil where there are none or several. -> it, how many
local function only_capture(payment)
  local only, count = nil, 0
  for _, part in ipairs(payment.captures) do
    if states.holds(part.state) then only, count = part, count + 1 end
  end
  return count == 1 and only or nil, count
end

function verbs.refund(inside, payment, what, options)
  local copy, err = checked("refund", fields.refund, what)
  if not copy then return nil, err end
  local part, count = only_capture(payment)
  if count == 0 then return not_now("refund", payment, "captured") end
  if copy.capture then part = payments.find(payment.captures, copy.capture) end
  if copy.capture and not part then
    return fault("refund", "capture", "is no capture of this payment")
  end
  return act(inside, "refund", payment, copy, options, part)
end

function verbs.cancel(inside, payment, options)
  return act(inside, "cancel", payment, nil, options)
end

local function begin(inside, given, options)
  local provider = inside.provider
  local foreign = order_of.unsupported(given, provider.name)
  if foreign then
    return refuse("begin", "unsupported", { message = foreign .. ": " .. provider.lacks[1].why })
  end
  local order, faults = order_of.read(given, provider, options.sums)
  if not order then return refuse("begin", "invalid", { faults = faults }) end
  local own, keep = provider.begin(inside, order, options)
  if not own then return nil, keep end
  own.left_out = order_of.left_out(order, provider.name)
  local payment = payments.new(inside, order, own)
  keep(payment)
  return payment
end

-- Misuse, raised at the caller's line -------------------------------------------------------------

local CALLED = "call it with a colon, not with a dot"

local function wrong_table(what, value)
  if type(value) == "table" then return nil end
  return ("%s must be a table, got %s"):format(what, type(value))
end

local function wrong_options(inside, options)
  if options == nil then return inside.client.gone() end
  local wrong = inside.client.gone() or wrong_table("options", options)
  if wrong then return wrong end
  local faults = options_of.faults(options, inside.checks)
  return faults[1] and table.concat(faults, "; ") or nil
end

local function wrong_return(value)
  if value == nil or type(value) == "string" or type(value) == "table" then return nil end
  return "what the shopper came back with must be a string or a table, got " .. type(value)
end

-- The arguments of a verb before its options: what is wrong with each, by name.
local ARGUMENT = {
  authorize = wrong_return,
  capture = function(value) return wrong_table("the capture", value) end,
  refund = function(value) return wrong_table("the refund", value) end,
}

-- -> what is wrong, options
local function read_arguments(inside, verb, first, second)
  local check = ARGUMENT[verb]
  if not check then return wrong_options(inside, first), first or NO_OPTIONS end
  return check(first) or wrong_options(inside, second), second or NO_OPTIONS
end

local function call(inside, verb, payment, first, options)
  if ARGUMENT[verb] then return verbs[verb](inside, payment, first, options) end
  return verbs[verb](inside, payment, options)
end

-- payment:capture(...)
local function method_of(verb)
  local prefix = "payment:" .. verb .. ": "
  return function(payment, first, second)
    local inside = payments.inside(payment)
    if not inside then error(prefix .. CALLED, 2) end
    local wrong, options = read_arguments(inside, verb, first, second)
    if wrong then error(prefix .. wrong, 2) end
    local result, err = call(inside, verb, payment, first, options) -- no tail call: see kassa.init
    return result, err
  end
end

-- checkout:capture(payment, ...)
local function function_of(inside, verb)
  local prefix = "checkout:" .. verb .. ": "
  return function(self, payment, first, second)
    if self ~= inside.self then error(prefix .. CALLED, 2) end
    local own = payments.inside(payment)
    if not own or own.client ~= inside.client then
      error(prefix .. "the first argument must be a payment of this checkout", 2)
    end
    local wrong, options = read_arguments(own, verb, first, second)
    if wrong then error(prefix .. wrong, 2) end
    local result, err = call(own, verb, payment, first, options)
    return result, err
  end
end

local METHODS = { save = payments.save }

--- The provider's own object that is the newest: request or session, transaction or authorization.
function METHODS.native(payment)
  local inside = payments.inside(payment)
  if not inside then error("payment:native: " .. CALLED, 2) end
  return inside.provider.native(inside, payment)
end

function METHODS.save(payment)
  if not payments.inside(payment) then error("payment:save: " .. CALLED, 2) end
  return payments.save(payment)
end

for verb in pairs(verbs) do METHODS[verb] = method_of(verb) end

local function begin_of(inside)
  return function(self, given, options)
    local wrong = self ~= inside.self and CALLED or wrong_table("the order", given)
      or wrong_options(inside, options)
    if wrong then error("checkout:begin: " .. wrong, 2) end
    local payment, err = begin(inside, given, options or NO_OPTIONS)
    return payment, err
  end
end

local function load_of(inside)
  return function(self, text)
    local wrong = self ~= inside.self and CALLED
      or type(text) ~= "string" and "the text must be a string, got " .. type(text)
    if wrong then error("checkout:load: " .. wrong, 2) end
    local payment, err = payments.load(inside, text)
    return payment, err
  end
end

-- What a provider's calls take, and the fields that only one of them gets.
local function checks_of(name)
  local function body(value) return type(value) ~= "table" and "a table" or nil end
  return options_of.merged(options_of.merged(options_of.call, options_of.calls[name]),
    { klarna = body, cybersource = body })
end

local PROVIDERS = { klarna = true, cybersource = true }

--- One checkout over the client of any provider (docs/checkout.md).
-- client: what kassa.klarna or kassa.cybersource returned. Raises for anything else.
-- -> checkout: begin(order, options), load(text), and status, authorize, capture, refund, cancel,
-- each of a payment and also a method of it
function M.new(client)
  local behind = client_of(client)
  local name = behind and behind.access.name
  if not PROVIDERS[name] then
    error("kassa.checkout: a client that kassa.klarna or kassa.cybersource returned expected, got "
      .. type(client), 2)
  end
  local inside = { face = client, client = behind, provider = require("kassa.checkout." .. name),
    checks = checks_of(name), kept = setmetatable({}, { __mode = "k" }) }
  inside.class = payments.class(inside, METHODS)
  local names = { begin = begin_of(inside), load = load_of(inside) }
  for verb in pairs(verbs) do names[verb] = function_of(inside, verb) end
  inside.self = frozen(("kassa.checkout (%s)"):format(inside.provider.title), names)
  return inside.self
end

return M
