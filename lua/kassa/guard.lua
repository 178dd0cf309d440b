-- Asks the state machine and the ledger in C whether an operation is legal, before a byte leaves.
-- It stops nothing for what it does not know: an amount never seen, a state never heard of, unless
-- the API says that such a state is one to wait in.

local core = require "kassa.core"
local find = require("kassa.api").find

local new_machine, new_ledger = core.machine.new, core.ledger.new

local STALE = "if it has changed since it was read, refresh() it first"

local M = {}

local function operations_on(api, kind)
  local operations = {}
  for _, row in ipairs(api.operations) do
    operations[row.name] = row.needs and row.needs[kind] or row.from and row.from[kind] or nil
  end
  return operations
end

--- The machines of a table of operations, by kind of object.
function M.machines(api)
  local machines = {}
  for kind, machine in pairs(find(api, api.machines)) do
    machines[kind] = new_machine {
      name = kind, states = machine.states, edges = machine.edges,
      operations = operations_on(api, kind),
    }
  end
  return machines
end

-- An amount that the ledger can count; anything else is as good as unknown.
local function number(value)
  local counts = type(value) == "number" and value >= 0 and value < 2 ^ 53
    and value == math.floor(value)
  return counts and value or nil
end

-- The sum of one amount over a list (nil when one is not known), and how many there are.
local function sum(list, field)
  if type(list) ~= "table" then return nil, nil end
  local total = 0
  for i = 1, #list do
    local item = list[i]
    local amount = type(item) == "table" and number(item[field])
    if not amount then return nil, #list end
    total = total + amount
  end
  return number(total), #list
end

-- What was given back by the merchant, and by a dispute that was lost: the shopper has both.
local function given_back(tx)
  local refunded, refunds = sum(tx.payment_refunds, "refund_amount")
  if type(tx.payment_chargebacks) ~= "table" then return refunded, refunds end
  local charged = sum(tx.payment_chargebacks, "chargeback_amount")
  return refunded and charged and number(refunded + charged), refunds
end

local LEDGER_OF = {
  payment_transaction = function(tx)
    local captured, captures = sum(tx.payment_captures, "capture_amount")
    local refunded, refunds = given_back(tx)
    return new_ledger {
      authorized = number(tx.original_authorization_amount), captured = captured,
      remaining = number(tx.remaining_authorization_amount), refunded = refunded,
      captures = captures, refunds = refunds,
    }
  end,
  payment_capture = function(capture)
    return new_ledger { captured = number(capture.capture_amount), refunded = 0 }
  end,
}

-- The object's ledger: made when first asked for, kept until the object is refreshed.
local function ledger_of(kind, object, info)
  if info.ledger == nil then
    local make = LEDGER_OF[kind]
    info.ledger = make and make(object) or false
  end
  return info.ledger or nil
end

local QUESTION = { take = "can_capture", give_back = "can_refund", release = "can_void" }
local ENTRY = { take = "capture", give_back = "refund", release = "void" }

-- An amount that is no whole number is left to the writer, which says so with its path.
local function amount_of(plan, body)
  if not plan.amount then return nil end
  local amount = type(body) == "table" and rawget(body, plan.amount)
  if type(amount) ~= "number" or amount ~= math.floor(amount) then return nil, true end
  if amount < 1 or amount >= 2 ^ 53 then return nil, true end
  return amount
end

local function illegal_state(verb, kind, state, legal)
  local article = kind:find "^[aeiou]" and "an" or "a"
  return {
    code = "illegal_state", state = state,
    message = ("%s needs %s %s in state %s, this one is %s"):format(
      verb, article, (kind:gsub("_", " ")), table.concat(legal, " or "), state),
    hint = STALE,
  }
end

--- May this operation come from that object (an authorization from a session)?
-- -> nil when it may, else the fields of an error
function M.refuse_source(plan, object)
  local source, row = plan.source, plan.row
  local state = object[source.state_field]
  if type(state) ~= "string" then return nil end
  local legal, states = source.machine:legal(row.name, state)
  if not legal then return illegal_state(row.money, source.kind, state, states) end
end

-- A state never heard of, where an API says that it is one to wait in.
local function unknown_state(plan, state)
  local kind, legal = next(plan.row.needs)
  local refusal = illegal_state(plan.row.verb, kind, state, legal)
  refusal.message = ("%s, which is not known: wait, or say expect = %q"):format(
    refusal.message, legal[1])
  return refusal
end

local function check_state(plan, state)
  if not plan.machine or type(state) ~= "string" then return nil end
  local legal, states = plan.machine:legal(plan.row.name, state)
  if not legal then return illegal_state(plan.row.verb, next(plan.row.needs), state, states) end
  if states and plan.unknown_waits then return unknown_state(plan, state) end
end

local function check_ledger(plan, object, info, body)
  local question = QUESTION[plan.row.money]
  if not question then return nil end
  local ledger = ledger_of(plan.kind, object, info)
  local amount, unclear = amount_of(plan, body)
  if not ledger or unclear then return nil end
  local legal, reason, limit = ledger[question](ledger, amount)
  if legal then return nil end
  if amount and limit then
    reason = ("%s (asked for %d, at most %d)"):format(reason, amount, limit)
  end
  return {
    code = "exceeds_amount", limit = limit, asked = amount, message = reason, hint = STALE,
  }
end

--- May this operation be done to this object? state: what the caller expects it to be in, or nil.
-- -> nil when it may; else the fields of an error, code illegal_state or exceeds_amount
function M.refuse(plan, object, info, body, state)
  local refusal = check_state(plan, state or object[plan.state_field])
  if refusal then return refusal end
  if plan.books then return plan.books.refuse(plan, object, info, body) end
  return check_ledger(plan, object, info, body)
end

local TRACE = { take = "payment_captures", give_back = "payment_refunds" }

--- May an operation of this kind have been done to the object already? A named call that the guard
-- would refuse is then let through: it may be the very one that did it, and the server tells.
function M.may_have_acted(plan, object, info)
  if plan.books then return plan.books.may_have_acted(plan, object, info) end
  local money = plan.row.money
  if info.moved and info.moved[money] then return true end
  if money == "release" then return object.state == "COMPLETED" or object.state == "CLOSED" end
  local list = TRACE[money] and object[TRACE[money]]
  return TRACE[money] ~= nil and (type(list) ~= "table" or #list > 0)
end

--- What the guard must know of a body after a success. It is noted before the body is sent: the
-- table is the caller's, who may change it meanwhile. -> a body of nothing else, or nil
function M.asked(plan, body)
  if not plan.amount or type(body) ~= "table" then return nil end
  return { [plan.amount] = rawget(body, plan.amount) }
end

--- After a success: what was moved no longer remains, although the object still reads as before.
-- body: by M.asked; key: of the call; one key moves money once, however often it is answered.
function M.settle(plan, object, info, body, key)
  local entry = ENTRY[plan.row.money]
  if not entry or plan.books then return end
  local moved = info.moved or {}
  info.moved = moved
  if key and moved[key] then return end
  moved[plan.row.money], moved[key or plan.row.money] = true, true
  local ledger = ledger_of(plan.kind, object, info)
  local amount, unclear = amount_of(plan, body)
  if ledger and not unclear then ledger[entry](ledger, amount) end
end

return M
