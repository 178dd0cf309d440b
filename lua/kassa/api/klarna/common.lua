-- Shapes that several Klarna resources share: addresses, people, line items, insurances, shipping.
-- It holds no rule that belongs to one operation, and nothing here looks at a state.
--
-- Every field says how sure its rule is: "exact" (written for this release), "likely" (another
-- release, an SDK, or the general rule "strings are at most 255 characters"), "guess" (best
-- supported, never printed); and where it was read: S example payloads and texts of v2/r5, R5
-- other r5 pages, R6 pages of r6 and later, C12 the request collection of December 2025, W1/W2
-- the browser SDKs, D4 the disputes SDK, OLD older APIs, INF by reasoning. `since` marks what only
-- later releases print: it is accepted and sent as it is.

local S = require "kassa.schema"

local common = {}

-- The largest amount Klarna prints for any field: a signed 32-bit integer of minor units.
common.AMOUNT_MAX = 2147483647

-- Text whose limit is not printed anywhere falls under the general limit of 255 characters.
common.reference = S.text { min = 1, max = 255 }
common.label = S.text { min = 1, max = 255 }
common.name = S.text { min = 1, max = 99 }
common.price = S.amount { min = 0, max = common.AMOUNT_MAX }
common.signed_amount = S.amount { min = -common.AMOUNT_MAX, max = common.AMOUNT_MAX }
common.count = S.integer { min = 0, max = common.AMOUNT_MAX }

common.shipping_type = S.enum {
  "TO_DOOR", "TO_CURB", "TO_MAILBOX", "PICKUP_BOX", "PICKUP_POINT", "PICKUP_STORE",
  "PICKUP_WAREHOUSE", "DIGITAL_EMAIL", "DIGITAL_DOWNLOAD", "DIGITAL_OTHER", "PHYSICAL_OTHER",
}

common.shipping_attribute = S.enum {
  "SIGNATURE_REQUIRED", "IDENTIFICATION_REQUIRED", "CONTACTLESS_DELIVERY", "LEAVE_AT_DOOR",
  "LEAVE_AT_CURB", "LEAVE_WITH_NEIGHBOUR", "EXPRESS", "TRACKED", "UNTRACKED",
}

-- Billing interval of subscriptions and on-demand services: two values seen, two by analogy.
common.interval = S.enum { "DAY", "WEEK", "MONTH", "YEAR", open = true }

common.address = S.record "address" {
  { "street_address", S.text { min = 1, max = 99 }, sure = "exact", source = "R5", personal = true,
    doc = "Street and house number; needed in a shipping address.", example = "800 N. High St" },
  { "street_address2", S.text { min = 1, max = 99 }, sure = "exact", source = "R5", personal = true,
    doc = "Second address line.", example = "Ste. 400" },
  { "postal_code", S.text { min = 1, max = 10 }, sure = "exact", source = "R5", personal = true,
    doc = "Postal code.", example = "43215" },
  { "city", S.text { min = 1, max = 99 }, sure = "exact", source = "R5", personal = true,
    doc = "City.", example = "Columbus" },
  { "region", S.text { min = 1, max = 99 }, sure = "exact", source = "R5", personal = true,
    doc = "ISO 3166-2 subdivision, with or without the country; needed for US and AU.",
    example = "US-OH" },
  { "country", S.country {}, sure = "exact", source = "R5",
    doc = "ISO 3166-1 alpha-2 country.", example = "US" },
}

-- A traveller or a hotel guest.
common.person = S.record "person" {
  { "given_name", common.name, sure = "likely", source = "S", personal = true,
    doc = "Given name.", example = "John" },
  { "family_name", common.name, sure = "likely", source = "S", personal = true,
    doc = "Family name.", example = "Doe" },
}

common.line_item = S.record "line_item" {
  { "name", common.label, required = true, sure = "exact", source = "W1",
    doc = "What the line is, as the shopper reads it.", example = "Black fountain pen" },
  { "quantity", S.integer { min = 0, max = common.AMOUNT_MAX }, required = true, sure = "likely",
    source = "W1", doc = "How many.", example = 2 },
  { "total_amount", common.signed_amount, required = true, sure = "likely", source = "W1",
    doc = "Total of the line with tax, after discounts; negative for discounts and gift cards.",
    example = 2000 },
  { "total_tax_amount", common.signed_amount, sure = "likely", source = "W1",
    doc = "The tax inside total_amount.", example = 0 },
  { "unit_price", common.signed_amount, sure = "likely", source = "W1",
    doc = "Price of one; unit_price times quantity is total_amount.", example = 1000 },
  { "product_identifier", common.label, sure = "likely", source = "W1",
    doc = "GTIN, UPC or ISBN.", example = "3270220049012" },
  { "line_item_reference", common.reference, sure = "likely", source = "S",
    doc = "The merchant's reference of this line.", example = "cart-item-1234" },
  { "shipping_reference", common.reference, sure = "likely", source = "S",
    doc = "The shipping_reference of the entry of `shipping` that carries this line.",
    example = "DHL-123456" },
  { "product_url", S.url { max = 2048 }, sure = "likely", source = "W1",
    doc = "Page of the product.", example = "https://shop.example/pen" },
  { "image_url", S.url { max = 2048 }, sure = "likely", source = "W1",
    doc = "Picture of the product.", example = "https://shop.example/pen.jpg" },
  { "subscription_reference", common.reference, sure = "guess", source = "C12", since = "r6",
    doc = "The subscription this line belongs to." },
  { "currency", S.currency {}, sure = "guess", source = "C12", since = "r6",
    doc = "Currency of the line." },
  rules = { { product = { "unit_price", "quantity" }, equals = "total_amount" } },
}

common.line_items = S.list(common.line_item, {})

common.insurance = S.record "insurance" {
  { "insurance_type", S.enum { "CANCELATION", "TRAVEL", "BAGGAGE", "MEDICAL", "BANKRUPTCY",
      "EMERGENCY", open = true }, sure = "guess", source = "S",
    doc = "Kind of insurance; only CANCELATION (with one L) was seen.", example = "CANCELATION" },
  { "insurance_company_name", common.label, sure = "likely", source = "S",
    doc = "Who insures." },
  { "price", common.price, sure = "likely", source = "S", doc = "Price of the insurance.",
    example = 20000 },
  { "currency", S.currency {}, sure = "exact", source = "S", doc = "Currency of the price.",
    example = "USD" },
}

common.insurances = S.list(common.insurance, {})

common.recipient = S.record "recipient" {
  { "given_name", common.name, required = true, sure = "exact", source = "R5", personal = true,
    doc = "Given name of the person who receives.", example = "John" },
  { "family_name", common.name, required = true, sure = "exact", source = "R5", personal = true,
    doc = "Family name of the person who receives.", example = "Doe" },
  { "email", S.email {}, sure = "exact", source = "R5", personal = true,
    doc = "E-mail address of the recipient.", example = "john.doe@example.com" },
  { "phone", S.phone {}, sure = "exact", source = "R5", personal = true,
    doc = "Phone number of the recipient.", example = "844-552-7621" },
  { "attention", common.name, sure = "exact", source = "R5", personal = true,
    doc = "Attention line." },
}

common.shipping_option = S.record "shipping_option" {
  { "shipping_type", common.shipping_type, required = true, sure = "exact", source = "W1",
    doc = "How the goods reach the shopper.", example = "TO_DOOR" },
  { "shipping_type_attributes", S.list(common.shipping_attribute, {}), sure = "exact",
    source = "W1", doc = "What else the carrier does.", example = { "SIGNATURE_REQUIRED" } },
  { "shipping_carrier", common.label, sure = "likely", source = "S", doc = "Name of the carrier.",
    example = "DHL" },
}

common.shipping = S.record "shipping" {
  { "recipient", common.recipient, sure = "exact", source = "R5", doc = "Who receives the goods." },
  { "address", common.address, sure = "exact", source = "R5", doc = "Where they go." },
  { "shipping_option", common.shipping_option, sure = "exact", source = "S", doc = "How they go." },
  { "shipping_reference", common.reference, sure = "likely", source = "S",
    doc = "The merchant's name of this shipping; line items point to it.", example = "DHL-123456" },
}

common.shippings = S.list(common.shipping, {})

-- What Klarna tells about its customer: only the scopes that were asked for come back.
common.customer_profile = S.record "customer_profile" {
  { "customer_id", S.id { max = 255 }, sure = "likely", source = "S", personal = true,
    doc = "Klarna's id of the customer." },
  { "given_name", common.name, sure = "exact", source = "S", personal = true, doc = "Given name." },
  { "family_name", common.name, sure = "exact", source = "S", personal = true,
    doc = "Family name." },
  { "email", S.email {}, sure = "exact", source = "S", personal = true, doc = "E-mail address." },
  { "email_verified", S.flag {}, sure = "exact", source = "S",
    doc = "Whether Klarna verified the e-mail address." },
  { "phone", S.phone {}, sure = "exact", source = "W2", personal = true, doc = "Phone number." },
  { "phone_verified", S.flag {}, sure = "likely", source = "W2",
    doc = "Whether Klarna verified the phone number." },
  { "address", common.address, sure = "likely", source = "W2", doc = "Billing address." },
  { "country", S.country {}, sure = "likely", source = "W2", doc = "Country of the customer." },
  { "date_of_birth", S.date {}, sure = "exact", source = "S", personal = true,
    doc = "Date of birth." },
  { "locale", S.locale {}, sure = "exact", source = "S", doc = "Language and region, like en-US." },
  { "national_identification", S.any {}, sure = "guess", source = "W2", personal = true,
    doc = "National identification number; its shape is not documented." },
}

return common
