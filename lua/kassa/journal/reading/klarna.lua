-- Finds out by reading at Klarna whether an intent was carried out, when repeating it would no
-- longer be harmless. It answers only what the objects prove: "perhaps" is no answer.

local book = require "kassa.journal.book"
local call = require "kassa.call"
local endpoint = require "kassa.endpoint"
local json = require "kassa.json"

local M = {}

local OPTIONS = { retries = 2 }

-- -> the object as Klarna has it now; or nil and why it could not be read
local function read(client, kind, id)
  local plan = client.classes[kind].meta.plans.read
  local object, err = call.execute(client, plan, nil, id, nil, OPTIONS)
  if object then return object end
  return nil, ("%s could not be read (%s)"):format(id, err.message)
end

-- What is in a list of captures or refunds, and which of it could be this intent.
local LISTS = {
  ["payment_transaction.capture"] = { list = "payment_captures", amount = "capture_amount",
    id = "payment_capture_id", reference = "payment_capture_reference" },
  ["payment_transaction.refund"] = { list = "payment_refunds", amount = "refund_amount",
    id = "payment_refund_id", reference = "payment_refund_reference" },
}
LISTS["payment_capture.refund"] = LISTS["payment_transaction.refund"]

local function text(value) return type(value) == "string" and value or nil end

-- A refund that says its capture is no other capture's.
local function of_another_capture(item, row)
  local capture = text(item.payment_capture_id)
  return row.operation == "payment_capture.refund" and capture ~= nil
    and endpoint.segment(capture) ~= row.object
end

-- Those of this amount and reference that no settled intent has made.
local function candidates(object, what, row, claimed)
  local found = {}
  for _, item in ipairs(object[what.list]) do
    local same = item[what.amount] == row.amount and text(item[what.reference]) == row.reference
      and not of_another_capture(item, row)
    if same and not claimed[item[what.id]] then found[#found + 1] = item end
  end
  return found
end

-- The unsettled intents that could have made the same, in order; and what the settled ones made.
local function claims(siblings, row)
  local rivals, claimed = {}, {}
  for _, other in ipairs(siblings) do
    local settled = other.state == "ok" or other.state == "failed"
    if other.provider_id then claimed[other.provider_id] = true end
    if not settled and other.amount == row.amount and other.reference == row.reference then
      rivals[#rivals + 1] = other
    end
  end
  table.sort(rivals, function(a, b)
    return a.created_ms < b.created_ms or a.created_ms == b.created_ms and a.key < b.key
  end)
  return rivals, claimed
end

local AMBIGUOUS = "%d of this amount%s %s there and %d of the journal may have made %s"

local function ambiguous(found, rivals, row)
  local reference = row.reference and (" and reference %q"):format(row.reference)
    or " and without a reference"
  return AMBIGUOUS:format(#found, reference, #found == 1 and "is" or "are", #rivals,
    #found == 1 and "it" or "them")
end

-- Which of the candidates is this intent's? A reference proves it, an amount alone does not.
local function ours(found, rivals, row)
  if #found == 0 then return false end
  if not row.reference or #found ~= #rivals then return nil, ambiguous(found, rivals, row) end
  for place, rival in ipairs(rivals) do
    if rival.key == row.key then return found[place] end
  end
  return nil, ambiguous(found, rivals, row)
end

local function append(list, more)
  for _, item in ipairs(more) do list[#list + 1] = item end
  return list
end

-- What refunds of a transaction may have been done to: itself, and each of its captures.
local function refundable(transaction, captures)
  local list = { { operation = "payment_transaction.refund", object = transaction } }
  for _, capture in ipairs(captures) do
    list[#list + 1] = { operation = "payment_capture.refund",
      object = endpoint.segment(capture.payment_capture_id) }
  end
  return list
end

-- All that may have made a refund which a transaction lists. siblings: those of the row's own
-- operation and object. -> list of rows; or nil and why not
local function refunds_of(client, row, siblings, transaction, captures)
  if type(captures) ~= "table" then return nil, "the transaction does not list its captures" end
  local all = append({}, siblings)
  for _, other in ipairs(refundable(transaction, captures)) do
    if other.operation ~= row.operation or other.object ~= row.object then
      other.provider, other.account = row.provider, row.account
      local rows, err = book.siblings(client.journal.store, other)
      if not rows then return nil, err.message end
      append(all, rows)
    end
  end
  return all
end

local function in_list(client, row, siblings, transaction)
  local what = LISTS[row.operation]
  local object, why = read(client, "payment_transaction", transaction)
  if not object then return nil, why end
  if type(object[what.list]) ~= "table" or not row.amount then
    return nil, "the transaction does not list its " .. what.list:gsub("_", " ")
  end
  if what.list == "payment_refunds" then
    siblings, why = refunds_of(client, row, siblings, transaction,
      object.payment_captures)
    if not siblings then return nil, why end
  end
  local rivals, claimed = claims(siblings, row)
  return ours(candidates(object, what, row, claimed), rivals, row)
end

local HOW = {}

HOW["payment_transaction.capture"] = function(client, row, siblings)
  return in_list(client, row, siblings, row.object)
end

HOW["payment_transaction.refund"] = HOW["payment_transaction.capture"]

-- A capture lists no refunds, and does not say its transaction but in its id.
HOW["payment_capture.refund"] = function(client, row, siblings)
  local transaction = row.object:match "^(.+):capture:%w+$"
  if not transaction then return nil, "a capture does not list its refunds" end
  return in_list(client, row, siblings, transaction)
end

-- Was something left to be released? nil where the transaction does not tell.
local function was_left(object)
  local captured, captures = 0, object.payment_captures
  local authorized = tonumber(object.original_authorization_amount)
  if type(captures) ~= "table" or not authorized then return nil end
  for _, capture in ipairs(captures) do
    captured = captured + (tonumber(capture.capture_amount) or 0)
  end
  return captured < authorized
end

-- What is not authorised any more need not be released again, whoever did it; what was captured
-- whole was not released.
HOW["payment_transaction.void"] = function(client, row)
  local object, why = read(client, "payment_transaction", row.object)
  if not object then return nil, why end
  if object.state == "AUTHORIZED" then return false end
  local ended = object.state == "COMPLETED" or object.state == "CLOSED"
  local left = was_left(object)
  if ended and left and object.remaining_authorization_amount == 0 then return object end
  if ended and left == false then return false end
  return nil, ("the transaction is %s"):format(tostring(object.state))
end

HOW["payment_request.confirm"] = function(client, row)
  if not row.parent then return nil, "the payment request of the token is not known" end
  local object, why = read(client, "payment_request", row.parent)
  if not object then return nil, why end
  if object.state == "CONFIRMED" or object.state == "AUTHORIZED" then return object end
  return false
end

HOW["payment_request.cancel"] = function(client, row)
  local object, why = read(client, "payment_request", row.object)
  if not object then return nil, why end
  return object.state == "CANCELED" and object or false
end

--- Was this intent carried out? row: of the book; siblings: all of its operation on its object.
-- -> its result as a body in JSON, and the decoded one; or false: it was not; or nil and why it
-- cannot be known
function M.find(client, row, siblings)
  local how = HOW[row.operation]
  if not how then return nil, "Klarna offers nothing to read that would tell" end
  local found, why = how(client, row, siblings)
  if not found then return found, why end
  local bytes, faults = json.encode(found)
  if not bytes then return nil, "its result cannot be kept: " .. faults[1].message end
  return bytes, found
end

return M
