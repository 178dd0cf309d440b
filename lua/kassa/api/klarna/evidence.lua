-- What Klarna asks of the merchant, for each type of evidence request: the fields of `details`.
-- It is pure data, and no list here is complete: Klarna prints none, so what is not listed is sent.
--
-- A type has `doc` and `fields`, in the order in which they are best answered. A field:
--   name      of the member of `details`
--   kind      "choice", "text", "date" (2024-01-31), "clock" (18:30:00), "email", "url", "any",
--             "record" and "records" (one, or a list, of what its `fields` name), "attachments" (a
--             list of { payment_dispute_attachment_id =, description = })
--   values    of a choice, those seen so far: { name, since =, comment =, doc = }; `comment`: it
--             asks for words in the answer's additional_information
--   required  an answer without it is half an answer; by the examples, since Klarna prints no rule
--   when      asked only if each of these fields has one of these values; in `any`: if one such
--             set fits
--   unless    not required if one of these fields has one of these values
--   instead   a field that says the same
--   since     "r5": seen in this release; "later": in Klarna's requests of December 2025; "old": in
--             an older API for the same process
--   sure, source   of the name, as in klarna/common.lua

local R5, LATER, OLD = "r5", "later", "old"

local RESOLVED = "have_you_resolved_the_dispute_with_the_customer"

local WILL_CHANGE = { "YES_WILL_MAKE_CHANGES_TO_PURCHASE", since = R5,
  doc = "Yes, the purchase will be changed." }
local WILL_REFUND = { "YES_WILL_REFUND_THE_CUSTOMER_THROUGH_KLARNA", since = LATER,
  doc = "Yes, the customer gets the money back through Klarna." }
local OTHERWISE = { "YES_OTHER_RESOLUTION", since = LATER, doc = "Yes, in another way." }
local NOT_ACCEPTED = { "NO_DISPUTE_NOT_ACCEPTED", since = LATER, doc = "No, the claim is wrong." }
local OTHER_REASON = { "OTHER_REASON_COMMENT_REQUIRED", since = LATER, comment = true,
  doc = "Another one, told in additional_information." }

local PERSON = {
  { name = "given_name", kind = "text", required = true, personal = true,
    since = LATER, sure = "likely", source = "C12", doc = "Given name." },
  { name = "family_name", kind = "text", required = true, personal = true,
    since = LATER, sure = "likely", source = "C12", doc = "Family name." },
}

local evidence = {}

evidence.RETURN_NOT_REFUNDED = {
  doc = "The customer says: the goods went back, the money did not.",
  fields = {
    { name = "did_you_receive_the_return", kind = "choice", required = true,
      since = R5, sure = "exact", source = "S", doc = "Did the return arrive, and what follows?",
      values = {
        WILL_CHANGE, WILL_REFUND,
        { "RETURN_REJECTED_NO_REFUND", since = LATER, doc = "Yes, but it was not accepted." },
        { "RETURN_NOT_RECEIVED", since = LATER, doc = "No." },
        { "YES_BUT_NOT_ACCEPTED", since = OLD, doc = "Yes, but it was not accepted." },
      } },
    { name = "return_rejected_reason", kind = "choice", required = true,
      when = { did_you_receive_the_return = { "RETURN_REJECTED_NO_REFUND" } },
      since = LATER, sure = "likely", source = "C12", doc = "Why was it not accepted?",
      values = { { "CUSTOMER_DID_NOT_CONTACT_MERCHANT", since = LATER,
        doc = "The customer sent it back without asking." } } },
  },
}

-- How goods travel decides which proof is asked. Release 5 shows parcels only.
local BY_POST, IN_STORE = "BY_POST_OR_MAIL", "BUY_ONLINE_PICK_UP_IN_STORE"
local DIGITAL, FOOD_HOME = "DIGITAL_DELIVERY", "FOOD_DELIVERY_PERISHABLES_TO_CUSTOMER"
local FOOD_SPOT = "FOOD_DELIVERY_PERISHABLES_TO_PICK_UP_SPOT"
local OWN_CARRIER = "INTERNAL_DELIVERY_SERVICE_LOGISTICS_CARRIER"

-- Asked when the claim is not accepted and the goods travelled in one of these ways.
local function by(...)
  return { [RESOLVED] = { NOT_ACCEPTED[1] }, delivery_method = { ... } }
end

local TRACKED = { tracking_availability = { "TRACKING_AVAILABLE" } }
local SETTLED = { [RESOLVED] = { WILL_REFUND[1], OTHERWISE[1] } }

evidence.PRODUCTS_NOT_RECEIVED = {
  doc = "The customer says: the goods never came.",
  fields = {
    { name = RESOLVED, kind = "choice", required = true, since = R5, sure = "exact",
      source = "S, C12", doc = "Is it settled with the customer?",
      values = { WILL_CHANGE, NOT_ACCEPTED, WILL_REFUND, OTHERWISE } },
    { name = "not_accepted_reason", kind = "choice", when = { [RESOLVED] = { NOT_ACCEPTED[1] } },
      since = LATER, sure = "likely", source = "C12", doc = "Why is the claim wrong?",
      values = {
        { "CUSTOMER_REFUSED_DELIVERY_VALID_PROOF_REQUIRED", since = LATER,
          doc = "The customer refused the delivery, and there is proof." },
        OTHER_REASON,
      } },
    { name = "delivery_method", kind = "choice", required = true, unless = SETTLED,
      since = R5, sure = "exact", source = "S, C12", doc = "How did the goods travel?",
      values = {
        { BY_POST, since = R5, doc = "With a carrier." },
        { IN_STORE, since = LATER, doc = "The customer fetched them in a shop." },
        { DIGITAL, since = LATER, doc = "Sent by e-mail or downloaded." },
        { FOOD_HOME, since = LATER, doc = "Food, brought to the customer." },
        { FOOD_SPOT, since = LATER, doc = "Food, brought to a place to fetch it." },
        { OWN_CARRIER, since = LATER, doc = "With the shop's own carrier." },
      } },
    { name = "tracking_availability", kind = "choice", required = true,
      unless = { [RESOLVED] = { NOT_ACCEPTED[1], WILL_REFUND[1], OTHERWISE[1] },
        delivery_method = { IN_STORE, DIGITAL, FOOD_HOME, FOOD_SPOT, OWN_CARRIER } },
      since = R5, sure = "exact", source = "S", doc = "Can the parcel be tracked?",
      values = { { "TRACKING_AVAILABLE", since = R5, doc = "Yes." } } },
    { name = "tracking_number", kind = "text", required = true,
      when = { any = { TRACKED, by(BY_POST) } },
      since = R5, sure = "exact", source = "S, C12", doc = "The carrier's number of the parcel." },
    { name = "shipping_carrier", kind = "text", required = true,
      when = { any = { TRACKED, by(BY_POST) } },
      since = R5, sure = "exact", source = "S, C12", doc = "Name of the carrier, such as DHL." },
    { name = "estimated_delivery_date", kind = "date", required = true,
      when = { any = { TRACKED, by(BY_POST, OWN_CARRIER) } },
      since = R5, sure = "exact", source = "S, C12", doc = "When it was to arrive." },
    { name = "shipment_number", kind = "text", required = true, when = by(OWN_CARRIER),
      since = LATER, sure = "likely", source = "C12", doc = "The own carrier's number." },
    { name = "customer", kind = "record", required = true, fields = PERSON, personal = true,
      when = by(BY_POST, IN_STORE, FOOD_HOME, OWN_CARRIER),
      since = LATER, sure = "likely", source = "C12", doc = "Who received the goods." },
    { name = "delivery_address", kind = "any", required = true, personal = true,
      when = by(BY_POST, FOOD_HOME, OWN_CARRIER),
      since = LATER, sure = "likely", source = "C12", doc = "Where they went." },
    { name = "pickup_address", kind = "any", required = true, when = by(IN_STORE),
      since = LATER, sure = "likely", source = "C12", doc = "Where the shop is." },
    { name = "pickup_date", kind = "date", required = true, when = by(IN_STORE, FOOD_HOME),
      since = LATER, sure = "likely", source = "C12", doc = "The day of the pick-up." },
    { name = "time_of_pickup", kind = "clock", required = true, when = by(IN_STORE),
      since = LATER, sure = "likely", source = "C12", doc = "The time of the pick-up." },
    { name = "delivery_date", kind = "date", required = true, when = by(DIGITAL, FOOD_SPOT),
      since = LATER, sure = "likely", source = "C12", doc = "The day of the delivery." },
    { name = "time_of_delivery", kind = "clock", required = true, when = by(DIGITAL),
      since = LATER, sure = "likely", source = "C12", doc = "The time of the delivery." },
    { name = "email", kind = "email", required = true, when = by(DIGITAL), personal = true,
      since = LATER, sure = "likely", source = "C12", doc = "The address it was sent to." },
    { name = "delivery_time", kind = "clock", required = true, when = by(FOOD_SPOT),
      since = LATER, sure = "likely", source = "C12", doc = "The time of the delivery." },
    { name = "pick_up_spot_address", kind = "any", required = true, when = by(FOOD_SPOT),
      since = LATER, sure = "likely", source = "C12", doc = "Where the food waited." },
    { name = "hyperlink_to_proof_of_delivery_url", kind = "url", when = by(BY_POST),
      since = LATER, sure = "likely", source = "C12", doc = "A page that shows the delivery." },
    { name = "proof_of_delivery_attachments", kind = "attachments", required = true,
      unless = SETTLED, instead = "hyperlink_to_proof_of_delivery_url",
      since = R5, sure = "exact", source = "S, C12", doc = "Files that show the delivery." },
  },
}

evidence.PRODUCTS_FAULTY = {
  doc = "The customer says: the goods are broken, or not what was ordered.",
  fields = {
    { name = RESOLVED, kind = "choice", required = true, since = R5, sure = "exact",
      source = "S, C12", doc = "Is it settled with the customer?",
      values = { WILL_CHANGE, NOT_ACCEPTED, WILL_REFUND, OTHERWISE } },
    { name = "not_accepted_reason", kind = "choice", required = true,
      when = { [RESOLVED] = { NOT_ACCEPTED[1] } },
      since = LATER, sure = "likely", source = "C12", doc = "Why is the claim wrong?",
      values = { { "ITEM_NOT_FAULTY_AS_DESCRIBED", since = LATER,
        doc = "The goods are as they were described." } } },
    { name = "resolution_type", kind = "choice", required = true,
      when = { [RESOLVED] = { OTHERWISE[1] } },
      since = LATER, sure = "likely", source = "C12", doc = "How was it settled?",
      values = { { "REPLACEMENT", since = LATER, doc = "The customer got another one." } } },
  },
}

evidence.CAPTURE_AMOUNT_INCORRECT = {
  doc = "The customer says: the amount is wrong.",
  fields = {
    { name = RESOLVED, kind = "choice", required = true, since = LATER, sure = "likely",
      source = "C12", doc = "Is it settled with the customer?",
      values = { NOT_ACCEPTED, WILL_REFUND } },
    { name = "not_accepted_reason", kind = "choice", required = true,
      when = { [RESOLVED] = { NOT_ACCEPTED[1] } },
      since = LATER, sure = "likely", source = "C12", doc = "Why is the claim wrong?",
      values = { OTHER_REASON } },
  },
}

evidence.PURCHASE_CANCELED = {
  doc = "The customer says: I cancelled. Which fields Klarna asks for is nowhere to be found: say "
    .. "it in additional_information, and attach what shows it.",
  fields = {},
}

evidence.PURCHASE_HIGH_RISK = {
  doc = "Klarna suspects fraud: tell what was shipped, and stop what can be stopped.",
  fields = {
    { name = "shipping", kind = "choice", required = true, since = LATER, sure = "likely",
      source = "C12", doc = "What was shipped?",
      values = {
        { "FULLY_SHIPPED", since = LATER, doc = "All." },
        { "PARTIALLY_SHIPPED", since = LATER, doc = "A part." },
        { "NOT_SHIPPED", since = LATER, doc = "Nothing." },
      } },
    { name = "list_of_shipments", kind = "records", required = true,
      when = { shipping = { "FULLY_SHIPPED", "PARTIALLY_SHIPPED" } },
      since = LATER, sure = "likely", source = "C12", doc = "One for each parcel.",
      fields = {
        { name = "payment_capture_id", kind = "text", required = true, since = LATER,
          sure = "likely", source = "C12", doc = "The capture it belongs to." },
        { name = "tracking_number", kind = "text", required = true, since = LATER,
          sure = "likely", source = "C12", doc = "The carrier's number of the parcel." },
        { name = "shipping_carrier", kind = "text", required = true, since = LATER,
          sure = "likely", source = "C12", doc = "Name of the carrier." },
        { name = "estimated_delivery_date", kind = "date", since = LATER, sure = "likely",
          source = "C12", doc = "When it is to arrive." },
        { name = "shipping_carrier_contacted", kind = "choice", since = LATER, sure = "likely",
          source = "C12", doc = "Was the carrier asked to bring it back?",
          values = { { "YES_PURCHASE_HAS_BEEN_DELIVERED_BACK_TO_US", since = LATER,
            doc = "Yes, it is back." } } },
      } },
  },
}

local SHIPPED = { product_type = {
  "PHYSICAL_PRODUCTS_FULLY_SHIPPED", "PHYSICAL_PRODUCTS_PARTIALLY_SHIPPED",
} }
local SERVICES, TRAVEL = { product_type = { "SERVICES" } }, { product_type = { "TICKETS_TRAVEL" } }

evidence.PURCHASE_UNAUTHORIZED = {
  doc = "The customer says: that was not me.",
  fields = {
    { name = "product_type", kind = "choice", required = true, since = LATER, sure = "likely",
      source = "C12", doc = "What was sold, and how much of it left the house?",
      values = {
        { "PHYSICAL_PRODUCTS_FULLY_SHIPPED", since = LATER, doc = "Goods, all shipped." },
        { "PHYSICAL_PRODUCTS_PARTIALLY_SHIPPED", since = LATER, doc = "Goods, a part shipped." },
        { "PHYSICAL_PRODUCTS_NOT_SHIPPED", since = LATER, doc = "Goods, nothing shipped." },
        { "SERVICES", since = LATER, doc = "A service." },
        { "TICKETS_TRAVEL", since = LATER, doc = "Tickets, travel." },
      } },
    { name = "shipment_country", kind = "text", required = true, when = SHIPPED,
      since = LATER, sure = "likely", source = "C12", doc = "The country the goods went to." },
    { name = "shipping_carrier", kind = "text", required = true, when = SHIPPED,
      since = LATER, sure = "likely", source = "C12", doc = "Name of the carrier." },
    { name = "tracking_number", kind = "text", required = true, when = SHIPPED,
      since = LATER, sure = "likely", source = "C12", doc = "The carrier's number of the parcel." },
    { name = "delivery_address", kind = "any", required = true, when = SHIPPED, personal = true,
      since = LATER, sure = "likely", source = "C12", doc = "Where the goods went." },
    { name = "delivered_with_proof", kind = "choice", required = true, when = SHIPPED,
      since = LATER, sure = "likely", source = "C12", doc = "Did somebody sign for them?",
      values = {
        { "YES_PURCHASE_DELIVERED_WITH_PROOF_OF_DELIVERY", since = LATER, doc = "Yes." },
        { "NO_PURCHASE_WAS_NOT_DELIVERED_WITH_PROOF_OF_DELIVERY", since = LATER, doc = "No." },
      } },
    { name = "last_digits_of_phone_for_delivery_notification", kind = "text", min = 3,
      when = SHIPPED, personal = true, since = LATER, sure = "likely", source = "C12, OLD",
      doc = "The end of the phone number the carrier wrote to, 3 digits or more." },
    { name = "service_already_used", kind = "choice", required = true, when = SERVICES,
      since = LATER, sure = "likely", source = "C12", doc = "Was the service used?",
      values = { { "YES_THE_SERVICE_HAS_BEEN_USED", since = LATER, doc = "Yes." } } },
    { name = "travel_purchase", kind = "choice", required = true, when = TRAVEL,
      since = LATER, sure = "likely", source = "C12", doc = "Is it for travel?",
      values = { { "YES_THIS_PURCHASE_IS_FOR_TRAVEL", since = LATER, doc = "Yes." } } },
    { name = "products_already_used", kind = "choice", required = true, when = TRAVEL,
      since = LATER, sure = "likely", source = "C12", doc = "Were they used?",
      values = { { "NO_THE_PRODUCTS_HAVE_NOT_BEEN_USED_YET", since = LATER, doc = "No." } } },
    { name = "purchase_cancelable", kind = "choice", required = true, when = TRAVEL,
      since = LATER, sure = "likely", source = "C12", doc = "Can it be cancelled?",
      values = { { "YES_WE_WILL_CANCEL_THE_PURCHASE", since = LATER,
        doc = "Yes, and it will be." } } },
    { name = "purchase_refundable", kind = "choice", required = true, when = TRAVEL,
      since = LATER, sure = "likely", source = "C12", doc = "Can it be refunded?",
      values = { { "YES_THE_PURCHASE_CAN_BE_FULLY_REFUNDED", since = LATER,
        doc = "Yes, wholly." } } },
    { name = "service_delivered_by", kind = "choice", required = true,
      when = { product_type = { "SERVICES", "TICKETS_TRAVEL" } },
      since = LATER, sure = "likely", source = "C12", doc = "How was it delivered?",
      values = { { "EMAIL", since = LATER, doc = "By e-mail." } } },
    { name = "customer_contacted", kind = "choice", required = true,
      when = { product_type = { "PHYSICAL_PRODUCTS_FULLY_SHIPPED",
        "PHYSICAL_PRODUCTS_PARTIALLY_SHIPPED", "SERVICES", "TICKETS_TRAVEL" } },
      since = LATER, sure = "likely", source = "C12", doc = "Did you speak with the customer?",
      values = { { "YES_WE_HAVE_BEEN_IN_CONTACT", since = LATER, doc = "Yes." } } },
  },
}

return evidence
