-- The parts that several Cybersource bodies and answers share: payment type, order, processing. It
-- holds no rule of its own; the limits stand in fields.lua.

local S = require "kassa.schema"
local fields = require "kassa.api.cybersource.fields"

local common = {}

local part, pick = fields.part, fields.pick

local function fixed(name, value, doc)
  return { name, S.enum { value }, required = true, sure = "exact", source = "G", doc = doc }
end

-- paymentInformation.paymentType.method.type may be chosen where a session is made.
local function payment_information(name, choice)
  local method = { fixed("name", "KLARNA", "Filled in.") }
  if choice then
    method[2] = { "type", fields.method_type, sure = "exact", source = "G",
      doc = "The kind of payment to begin with." }
  end
  return S.record(name) {
    part("paymentType", S.record(name .. "_type") {
      fixed("name", "INVOICE", "Filled in."),
      part("method", S.record(name .. "_method")(method), "Filled in.", true),
    }, "Filled in.", true),
  }
end

common.payment = part("paymentInformation", payment_information("payment_information"),
  "Filled in: Klarna.", true)
common.payment_choice = part("paymentInformation",
  payment_information("session_payment_information", true), "Filled in: Klarna.", true)

--- orderInformation of one operation. picks: of amountDetails, billTo, shipTo, lineItems; a "!" in
-- front makes the part required.
function common.order(name, picks)
  local entries = { currency = "amountDetails.currency", doc = picks.doc }
  local function add(field, group, doc, listed)
    local words = picks[field]
    if not words then return end
    local record = pick(name .. "_" .. group, fields[group:match "%a+"], words:gsub("^!", ""))
    entries[#entries + 1] = part(field, listed and S.list(record) or record, doc,
      words:sub(1, 1) == "!")
  end
  add("amountDetails", "amount", "Amounts and their currency.")
  add("billTo", "address", "Where the bill goes.")
  add("shipTo", "address_shipping", "Where the goods go.")
  add("lineItems", "line", "What is bought.", true)
  return part("orderInformation", S.record(name .. "_order")(entries), "What is bought.",
    picks.required ~= false)
end

--- clientReferenceInformation of one operation.
function common.client_reference(name, picks)
  return part("clientReferenceInformation", pick(name .. "_reference", fields.reference, picks),
    "The merchant's names.", picks:find("[!]") ~= nil)
end

--- processingInformation of one operation. actions: values of actionList.
function common.processing(name, actions, picks, session_type)
  local record = {
    { "actionList", S.list(S.enum(actions), { min = 1, max = 1 }), required = true,
      sure = "exact", source = "G", doc = "What is done. Filled in." },
  }
  for _, entry in ipairs(pick("picked", fields.processing, picks or "")) do
    record[#record + 1] = entry
  end
  if session_type then
    record[#record + 1] = { "sessionType", S.enum { session_type }, required = true,
      sure = "exact", source = "G", doc = "New or updated. Filled in." }
  end
  return part("processingInformation", S.record(name .. "_processing")(record), "Filled in.", true)
end

return common
