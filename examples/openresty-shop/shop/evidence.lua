-- From what Klarna asks in a dispute to the inputs of a form, and from the posted form back to the
-- answer. It writes no question itself: kassa knows them (dispute:asked, dispute:missing).

local http = require "shop.http"

local evidence = {}

-- What Klarna shows of an address; `any` is kassa's word for a field without a printed shape.
local ADDRESS = {
  { name = "street_address", kind = "text", doc = "Street and number" },
  { name = "postal_code", kind = "text", doc = "Postal code" },
  { name = "city", kind = "text", doc = "City" },
  { name = "country", kind = "text", doc = "Country, two letters" },
}

--- The fields inside a field; nil for one that is a single input.
function evidence.inside(field)
  return field.kind == "record" and field.fields or field.kind == "any" and ADDRESS or nil
end

-- Inputs of this kind say nothing that this form could hold.
local ELSEWHERE = { attachments = true, records = true }

--- The names that inputs have: "details.customer.given_name".
function evidence.path(name, prefix) return (prefix or "details.") .. name end

--- What the shop knows without asking, by the names of inputs: the order's address, its carrier.
-- It is offered where Klarna asks for it, and becomes part of the answer when the form is sent.
function evidence.known(order)
  local address = order and order.address
  if not address then return {} end
  local values = { ["details.shipping_carrier"] = "DHL", ["details.email"] = address.email,
    ["details.customer.given_name"] = address.given_name,
    ["details.customer.family_name"] = address.family_name,
    ["details.delivery_address.country"] = "DE", ["details.shipment_country"] = "DE" }
  for _, name in ipairs { "street_address", "postal_code", "city" } do
    values["details.delivery_address." .. name] = address[name]
  end
  return values
end

--- The values of a posted form, by the names of its inputs.
function evidence.values(form)
  local values = {}
  for name, value in pairs(form) do
    if type(value) == "string" then values[name] = http.text(form, name) end
  end
  return values
end

-- A browser leaves out seconds that are zero.
local function in_form_of(field, value)
  return field.kind == "clock" and value:find "^%d%d:%d%d$" and value .. ":00" or value
end

local function read(fields, values, prefix)
  local details
  for _, field in ipairs(fields) do
    local path, inside, value = evidence.path(field.name, prefix), evidence.inside(field), nil
    if inside then
      value = read(inside, values, path .. ".")
    elseif not ELSEWHERE[field.kind] and (values[path] or "") ~= "" then
      value = in_form_of(field, values[path])
    end
    if value then
      details = details or {}
      details[field.name] = value
    end
  end
  return details
end

--- The answer that a form holds. asked: of dispute:asked(); values: of the form
-- -> what dispute:respond takes
function evidence.answer(asked, values)
  local answer = { details = read(asked.fields, values) or {} }
  if (values.additional_information or "") ~= "" then
    answer.additional_information = values.additional_information
  end
  if (values.attachment_id or "") ~= "" then
    local proof = { payment_dispute_attachment_id = values.attachment_id,
      description = values.attachment_name }
    answer.attachments = { proof }
    for _, name in ipairs(asked.attachments.fields) do answer.details[name] = { proof } end
  end
  return answer
end

--- The fields to show: those that are always asked, those that are missing now, those that were
-- filled in. missing: of dispute:missing. -> list of fields; list of those only words can answer
function evidence.shown(asked, values, missing)
  local shown, elsewhere, absent = {}, {}, {}
  for _, gap in ipairs(missing) do absent[gap.path:match "^[^.%[]+"] = true end
  local answered = evidence.answer(asked, values).details
  for _, field in ipairs(asked.fields) do
    local wanted = absent[field.name] or not field.when or answered[field.name] ~= nil
    if field.kind == "records" and wanted then
      elsewhere[#elsewhere + 1] = field
    elseif wanted and not ELSEWHERE[field.kind] then
      shown[#shown + 1] = field
    end
  end
  return shown, elsewhere
end

return evidence
