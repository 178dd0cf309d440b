-- The books of objects that do not tell what became of their money: kassa counts what it did
-- itself, by what it was answered. It stops nothing for what it does not know, and asks nobody.

local api_of = require "kassa.api"
local core = require "kassa.core"
local money = require "kassa.money"
local value_at = require "kassa.body".value_at

local M = {}

local EXACT = 2 ^ 53
local LATER = "if it has changed since it was read, refresh() it first"

-- Minor units of what stands at the end of a path, and their currency, which stands beside it; nil
-- where either is not known for certain.
local function amount_at(path, value)
  local amount = value_at(value, path)
  local currency = value_at(value, (path:gsub("[^.]+$", "currency")))
  if type(currency) ~= "string" or not currency:find "^%a%a%a$" then return nil end
  if type(amount) == "string" then amount = money.minor(amount, currency) end
  local counts = type(amount) == "number" and amount == math.floor(amount)
    and amount >= 0 and amount < EXACT
  if counts then return amount, currency:upper() end
end

local function text(minor, currency)
  return ("%s %s"):format(money.format(minor, currency), currency)
end

-- An entry stands until what it made is known to have been refused.
local function stands(entry, plan)
  local state = entry.made[plan.state_field]
  for _, refused in ipairs(api_of.find(plan.api, plan.api.refused)) do
    if state == refused then return false end
  end
  return true
end

-- The first entry of a kind that stands, and the sum of all of them (nil when one is not known).
local function find(info, kind, plan)
  local first, sum = nil, 0
  for _, entry in ipairs(info.moves or {}) do
    if entry.money == kind and stands(entry, plan) then
      first = first or entry
      sum = sum and entry.amount and sum + entry.amount
    end
  end
  return first, sum
end

-- How an entry is called in a sentence: "capture 72971 (SETTLED, 50.00 USD)".
local function name_of(entry, state_field)
  local amount = entry.amount and ", " .. text(entry.amount, entry.currency) or ""
  return ("%s %s (%s%s)"):format(entry.kind, tostring(entry.made.id),
    tostring(entry.made[state_field]), amount)
end

local WORDS = {
  release = "%s is not possible: the %s is released by %s",
  authorize = "%s is not possible: the %s was followed by %s, which is in its place",
  take = "%s is not possible: of the %s something is taken by %s",
}

-- What must not have been done before, by what is to be done, in the order in which it is told.
local BEFORE = {
  authorize = { "release", "authorize", "take" },
  release = { "release", "authorize", "take" },
  take = { "release", "authorize" },
  give_back = {},
}

local function check_moves(plan, info)
  for _, kind in ipairs(BEFORE[plan.row.money]) do
    local entry = find(info, kind, plan)
    if entry then
      return {
        code = "illegal_state", state = entry.made[plan.state_field], hint = LATER,
        message = WORDS[kind]:format(plan.row.verb, plan.kind, name_of(entry, plan.state_field)),
      }
    end
  end
end

-- What was authorized or captured: as answered, or else as asked for.
local function whole_of(plan, object, info)
  local amount, currency = amount_at(plan.amount, object)
  if amount then return amount, currency end
  if info.asked then return info.asked.amount, info.asked.currency end
end

local function other_currency(plan, currency, is)
  return {
    code = "invalid", faults = { {
      path = (plan.amount:gsub("[^.]+$", "currency")),
      message = ("is %s, but the %s is in %s"):format(currency, plan.kind, is),
    } },
  }
end

local QUESTION = { take = "can_capture", give_back = "can_refund" }

local function ledger_of(kind, whole, moved)
  if kind == "take" then
    return core.ledger.new { authorized = whole, captured = moved, refunded = 0 }
  end
  return core.ledger.new { captured = whole, refunded = moved }
end

local function check_amount(plan, object, info, body)
  local question = QUESTION[plan.row.money]
  if not question then return nil end
  local amount, currency = amount_at(plan.amount, body)
  local whole, is = whole_of(plan, object, info)
  if not amount or not whole or amount < 1 then return nil end
  if currency ~= is then return other_currency(plan, currency, is) end
  local _, moved = find(info, plan.row.money, plan)
  local ledger = ledger_of(plan.row.money, whole, moved)
  local legal, reason, limit = ledger[question](ledger, amount)
  if legal then return nil end
  if limit then
    reason = ("%s (asked for %s, at most %s)"):format(reason, text(amount, is), text(limit, is))
  end
  return { code = "exceeds_amount", limit = limit, asked = amount, message = reason, hint = LATER }
end

--- May this be done to the object, as far as its books tell?
-- -> nil when it may; else the fields of an error, code illegal_state, exceeds_amount or invalid
function M.refuse(plan, object, info, body)
  if not plan.row.money then return nil end
  return check_moves(plan, info) or check_amount(plan, object, info, body)
end

--- May an operation of this kind have been done to the object already (kassa.guard)?
function M.may_have_acted(plan, object, info)
  if find(info, plan.row.money, plan) then return true end
  return plan.row.money == "release" and object[plan.state_field] == "AUTH_REVERSED"
end

local function known(moves, made)
  for _, entry in ipairs(moves) do
    if entry.made == made or made.id ~= nil and entry.made.id == made.id then return true end
  end
  return false
end

--- What a body asks for, to be noted before it is sent: the table is the caller's, who may change
-- it meanwhile. -> { amount = minor units, currency = }, empty where neither is known
function M.asked(plan, body)
  local amount, currency
  if plan.amount then amount, currency = amount_at(plan.amount, body) end
  return { amount = amount, currency = currency }
end

--- Enter what a call has made. subject: what it was done to, or nil; asked: by M.asked.
function M.enter(client, plan, subject, asked, made)
  if asked.amount and client.info[made] then client.info[made].asked = asked end
  local info = subject and client.info[subject]
  if not info then return end
  info.moves = info.moves or {}
  if known(info.moves, made) then return end
  info.moves[#info.moves + 1] = {
    money = plan.row.money, kind = plan.reply, made = made, amount = asked.amount,
    currency = asked.currency,
  }
end

return M
