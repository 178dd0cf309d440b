-- One payment as a storefront holds it: a plain table of its provider's ids, its state and sums,
-- with the verbs as methods. It can be saved as text and loaded by another process; it holds no
-- secret, and asks nobody.

local error_value = require "kassa.error"
local fields = require "kassa.checkout.fields"
local json = require "kassa.json"
local money = require "kassa.money"
local states = require "kassa.checkout.states"

local M = {}

local VERSION = 1

-- Told states in which what is not taken is reserved still.
local RESERVED = { authorized = true, pending = true, unknown = true }

--- The checkout's own view of it (kassa.checkout) that a payment belongs to; nil for other values.
function M.inside(value)
  local meta = type(value) == "table" and getmetatable(value)
  return type(meta) == "table" and meta.checkout or nil
end

--- What only this process knows of a payment: the provider's objects, by kind and id.
function M.kept(payment)
  return M.inside(payment).kept[payment]
end

-- kassa.payment krn:... (authorized, 50.00 of 150.00 EUR captured)
local function describe(payment)
  local currency = payment.currency
  local sums = payment.captured > 0 and ("%s of "):format(money.format(payment.captured, currency))
  return ("kassa.payment %s (%s, %s%s %s%s)"):format(payment.id, payment.state, sums or "",
    money.format(payment.amount, currency), currency, sums and " captured" or "")
end

--- The metatable of a checkout's payments. inside: the checkout; methods: verb -> function
function M.class(inside, methods)
  return { __index = methods, __name = "kassa.payment", __tostring = describe, checkout = inside }
end

local function adopt(inside, payment)
  payment.captures, payment.refunds = json.list(payment.captures), json.list(payment.refunds)
  inside.kept[payment] = { captures = {}, refunds = {} }
  return setmetatable(payment, inside.class)
end

--- A payment that was begun. given: the order; own: what its provider's module knows of it
function M.new(inside, given, own)
  local made = { version = VERSION, provider = inside.provider.name, captures = {}, refunds = {},
    authorized = 0, captured = 0, refunded = 0, charged_back = 0, remaining = 0 }
  for _, name in ipairs { "amount", "currency", "reference", "country", "postal_code", "region",
      "tax" } do
    made[name] = given[name]
  end
  for name, value in pairs(own) do made[name] = value end
  return adopt(inside, made)
end

--- Work the sums out again, and with them the state. facts: { told = the state that the provider's
-- own stands for, authorized = minor units or nil for as before, remaining = or nil to count it,
-- charged_back = or nil to count it }
function M.settle(payment, facts)
  local sums = states.sums(payment.captures, payment.refunds)
  payment.captured, payment.refunded = sums.captured, sums.refunded
  payment.charged_back = facts.charged_back or sums.charged_back
  payment.authorized = facts.authorized or payment.authorized
  local left = facts.remaining or math.max(payment.authorized - sums.held, 0)
  payment.remaining = RESERVED[facts.told] and left or 0
  payment.state = states.whole(payment, facts.told)
  return payment
end

--- The part with this id, or nil.
function M.find(list, id)
  for _, part in ipairs(list) do
    if part.id == id then return part end
  end
end

--- Put a capture or refund into a list; one that is there learns what this one knows. -> the part
function M.enter(list, part)
  local known = M.find(list, part.id)
  if not known then
    list[#list + 1] = part
    return part
  end
  for name, value in pairs(part) do known[name] = value end
  return known
end

-- Saving and loading ------------------------------------------------------------------------------

--- A payment as one line of JSON, to be stored and loaded again.
function M.save(payment)
  local plain = {}
  for name, value in next, payment do plain[name] = value end
  return assert(json.encode(plain))
end

local function unreadable(faults)
  return nil, error_value.new("invalid", { operation = "checkout.load", attempts = 0,
    faults = faults })
end

local function fault(path, message) return { { path = path, message = message } } end

local function known_states(payment)
  local all = { payment, payment.release }
  for _, list in ipairs { payment.captures, payment.refunds } do
    for _, part in ipairs(list) do all[#all + 1] = part end
  end
  for _, part in ipairs(all) do
    if not states.by_name[part.state] then return false, tostring(part.state) end
  end
  return true
end

-- -> a payment of this checkout; or nil and the faults of what was decoded
local function read(inside, decoded, why)
  if type(decoded) ~= "table" then
    return nil, fault("", "is no saved payment: " .. (why or "no object"))
  end
  local payment, faults = fields.read(fields.payment, decoded)
  if not payment then return nil, faults end
  if payment.provider ~= inside.provider.name then
    return nil, fault("provider", ("is %s, but this checkout's client is of %s"):format(
      payment.provider, inside.provider.name))
  end
  local known, state = known_states(payment)
  if not known then return nil, fault("state", state .. " is none of the states") end
  return payment
end

--- A payment from what M.save made of it. -> payment; or nil and an error of the code "invalid"
function M.load(inside, text)
  local payment, faults = read(inside, json.decode(text))
  if not payment then return unreadable(faults) end
  return adopt(inside, payment)
end

return M
