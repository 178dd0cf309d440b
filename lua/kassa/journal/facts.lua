-- What a journal writes down about a call besides its body: how much, in which currency, under
-- which reference, and what came of it. It reads bodies and answers; where they do not say it,
-- neither does it.

local body_of = require "kassa.body"
local json = require "kassa.json"
local money = require "kassa.money"

local M = {}

local REFERENCES = {
  "payment_capture_reference", "payment_refund_reference", "payment_transaction_reference",
  "payment_request_reference", "clientReferenceInformation.code",
}
local CURRENCIES = { "currency", "orderInformation.amountDetails.currency" }

local function first(value, paths)
  for _, path in ipairs(paths) do
    local found = body_of.value_at(value, path)
    if type(found) == "string" and found ~= "" then return found end
  end
end

-- Minor units: Klarna's amounts are, Cybersource writes decimals.
local function amount_of(value, path, currency)
  local amount = path and body_of.value_at(value, path)
  if type(amount) == "string" and currency then return (money.minor(amount, currency)) end
  local whole = type(amount) == "number" and amount == math.floor(amount)
  return whole and amount or nil
end

--- Of a request. body: decoded; subject: the object it is done to, or nil.
-- -> amount in minor units, currency, reference, each nil where it is not said
function M.of_request(plan, body, subject)
  local currency = first(body, CURRENCIES) or subject and first(subject, CURRENCIES)
  if currency and not currency:find "^%a%a%a$" then currency = nil end
  return amount_of(body, plan.amount, currency), currency, first(body, REFERENCES)
end

--- Does a request that authorizes take the money at once? body: decoded
function M.takes(body)
  return body_of.value_at(body, "config.capture") == true
end

--- Of an answer: the id of what was made. A confirmed request made a transaction.
-- value: decoded; kind: of the object that the row says it is
function M.made(api, kind, value)
  if type(value) ~= "table" or not kind then return nil end
  local context = value.state_context
  local transaction = type(context) == "table" and context.payment_transaction
  local id = type(transaction) == "table" and transaction.payment_transaction_id
    or value[api.objects[kind].id]
  return type(id) == "string" and id ~= json.null and id or nil
end

return M
