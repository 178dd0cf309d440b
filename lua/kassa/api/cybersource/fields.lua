-- Every field of Cybersource's bodies, once, with its limit and how sure that is; an operation
-- picks those it takes. It holds no rule about which operation needs what.
--
-- sure: "exact" is the guide for Klarna (G), "likely" the SDK (S), its file of 2020 with limits
-- (S20) or an older guide (O), "guess" a choice of kassa's.

local S = require "kassa.schema"

local fields = {}

local function price(max) return S.decimal { max = max } end
local function text(max) return S.text { min = 1, max = max } end

fields.reference = {
  code = { text(50), source = "S20", doc = "The merchant's reference of the order." },
  transactionId = { text(30), source = "S20",
    doc = "Names one attempt at moving money; a repeat within 60 days is refused." },
}

fields.merchant = {
  successUrl = { S.url {}, source = "G", doc = "Where a shopper who agreed is sent; Klarna's token "
    .. "is added as `auth-token`.", example = "https://shop.example/ok" },
  cancelUrl = { S.url {}, source = "G", doc = "Where a shopper who gave up is sent.",
    example = "https://shop.example/cancel" },
  failureUrl = { S.url {}, source = "G", doc = "Where a shopper who was refused is sent.",
    example = "https://shop.example/failed" },
}

fields.buyer = {
  language = { S.locale { max = 5 }, source = "G",
    doc = "Language of the page; English if left out.", example = "en-US" },
}

fields.amount = {
  currency = { S.currency {}, source = "G", doc = "Currency of every amount.", example = "USD" },
  totalAmount = { price(19), source = "S20", doc = "The grand total.", example = "135.00" },
  taxAmount = { price(12), source = "S20", doc = "Tax of the order; in the US.",
    example = "15.00" },
  discountAmount = { price(15), source = "S20", doc = "Taken off the order.", example = "30.00" },
}

local function personal(type_, doc)
  return { type_, source = "S20", personal = true, doc = doc }
end

fields.address = {
  country = { S.country {}, source = "G", doc = "Country.", example = "US" },
  postalCode = { text(10), source = "S20", personal = true, doc = "Postal code.",
    example = "43215" },
  administrativeArea = { text(20), source = "S20", doc = "State or province.", example = "OH" },
  firstName = personal(text(60), "Given name."),
  lastName = personal(text(60), "Family name."),
  address1 = personal(text(60), "Street and house number."),
  address2 = personal(text(60), "Second address line."),
  locality = personal(text(50), "Town."),
  district = personal(text(50), "District."),
  email = personal(S.email { max = 255 }, "E-mail address."),
}

fields.line = {
  productName = { text(255), source = "S20", doc = "What the line is, as the shopper reads it.",
    example = "Pen" },
  unitPrice = { price(15), source = "S20", doc = "Price of one, without tax.", example = "25.00" },
  totalAmount = { price(13), source = "S20",
    doc = "unitPrice times quantity; outside the US with the line's tax.", example = "100.00" },
  quantity = { S.integer { min = 1, max = 999999999 }, source = "S20",
    doc = "How many; one if left out.", example = 4 },
  taxAmount = { price(15), source = "S20", doc = "Tax of the line; outside the US.",
    example = "10.00" },
  productCode = { text(255), source = "S20", doc = "`coupon` makes the line one that is taken off.",
    example = "default" },
  productSku = { text(255), source = "S20", doc = "The merchant's number of the product.",
    example = "pen-1" },
  productDescription = { text(255), source = "S20", doc = "More about the product.",
    example = "A black fountain pen" },
}

fields.processing = {
  paymentFlowMode = { S.enum { "HOP", "inline" }, source = "G",
    doc = "HOP sends the shopper to a page, inline opens a widget." },
  linkId = { text(26), source = "S20", doc = "The authorization that this one follows." },
}

fields.processor = {
  preApprovalToken = { S.token { min = 1 }, source = "G", secret = true,
    doc = "Klarna's token: `auth-token` of the page, `authorization_token` of the widget." },
}

fields.defined = {
  key = { text(50), source = "S20", doc = "Name of the field." },
  value = { text(255), source = "S20", doc = "Its value; nothing personal." },
}

fields.method_type = S.enum { "pay_later", "pay_now", "pay_over_time" }

local SURE = { G = "exact", S = "likely", S20 = "likely", O = "likely", GUESS = "guess" }

-- "currency!" is required, "taxAmount@US" is needed in the case US, "code?" is not in the guide's
-- list for this operation, but in the SDK.
local function entry_of(group, pick)
  local name, mark, case = pick:match "^(%w+)([!@?]?)(%w*)$"
  local field = group[name]
  local source = mark == "?" and "S" or field.source
  return { name, field[1], required = mark == "!" or nil, needed = mark == "@" and case or nil,
    personal = field.personal, secret = field.secret, source = source, sure = SURE[source],
    doc = field.doc, example = field.example }
end

--- The record `name` of the fields that the words in `picks` choose from a group of these.
function fields.pick(name, group, picks)
  local entries = {}
  for pick in picks:gmatch "%S+" do entries[#entries + 1] = entry_of(group, pick) end
  return S.record(name)(entries)
end

--- An entry that holds a record or list of the guide.
function fields.part(name, type_, doc, required)
  return { name, type_, required = required or nil, sure = "exact", source = "G", doc = doc }
end

return fields
