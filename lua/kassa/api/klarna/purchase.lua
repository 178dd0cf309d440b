-- supplementary_purchase_data: everything a merchant may tell Klarna about what is bought, and
-- by whom. It decides nothing about money: amounts that are charged stand in the request itself.

local S = require "kassa.schema"
local common = require "kassa.api.klarna.common"

local purchase = {}

-- The shopper as the merchant knows them ------------------------------------------------------

local last_login = S.record "last_login" {
  { "occurred_at", S.time {}, sure = "exact", source = "S",
    doc = "When the shopper last logged in." },
  { "login_method", S.enum { "SMS_BY_OTP", "WEBAUTHN_PASSKEY", open = true }, sure = "likely",
    source = "S", doc = "How; the list is incomplete.", example = "SMS_BY_OTP" },
}

local purchase_history = S.record "purchase_history" {
  { "number_of_purchases", common.count, sure = "exact", source = "S",
    doc = "Purchases made with this payment method.", example = 12 },
  { "number_of_paid_purchases", common.count, sure = "exact", source = "S",
    doc = "Those that were paid.", example = 12 },
  { "number_of_disputed_purchases", common.count, sure = "exact", source = "S",
    doc = "Those that were disputed.", example = 0 },
  { "total_amount", common.price, sure = "likely", source = "S", doc = "Their sum.",
    example = 2000 },
  { "currency", S.currency {}, sure = "exact", source = "S", doc = "Currency of the sum.",
    example = "USD" },
  { "payment_method", S.enum { "CREDIT_CARD", open = true }, sure = "likely", source = "S",
    doc = "Payment method; the list is incomplete.", example = "CREDIT_CARD" },
  { "first_purchase_at", S.time {}, sure = "exact", source = "S", doc = "The first purchase." },
  { "last_purchase_at", S.time {}, sure = "exact", source = "S", doc = "The last purchase." },
}

local customer_account = S.record "customer_account" {
  { "account_identifier", common.reference, sure = "likely", source = "S", personal = true,
    doc = "Id of the shopper's account at the shop.", example = "acc_1234" },
  { "account_provider_url", S.text { max = 2048 }, sure = "guess", source = "S",
    doc = "Site that keeps the account." },
  { "given_name", common.name, sure = "likely", source = "S", personal = true,
    doc = "Given name in the account.", example = "John" },
  { "family_name", common.name, sure = "likely", source = "S", personal = true,
    doc = "Family name in the account.", example = "Doe" },
  { "email", S.email {}, sure = "exact", source = "S", personal = true,
    doc = "E-mail address of the account.", example = "john.doe@example.com" },
  { "email_last_verified_at", S.time {}, sure = "exact", source = "S",
    doc = "When the e-mail address was last verified." },
  { "phone", S.phone {}, sure = "exact", source = "S", personal = true,
    doc = "Phone number of the account.", example = "844-552-7621" },
  { "phone_last_verified_at", S.time {}, sure = "exact", source = "S",
    doc = "When the phone number was last verified." },
  { "loyalty_level", S.enum { "LOW", "MEDIUM", "HIGH", open = true }, sure = "guess", source = "S",
    doc = "Loyalty of the shopper; LOW and HIGH were seen.", example = "LOW" },
  { "created_at", S.time {}, sure = "exact", source = "S", doc = "When the account was made." },
  { "updated_at", S.time {}, sure = "exact", source = "S", doc = "When it last changed." },
  { "last_login", last_login, sure = "exact", source = "S", doc = "The last login." },
  { "purchase_history", S.list(purchase_history, {}), sure = "exact", source = "S",
    doc = "Earlier purchases, one entry a payment method." },
}

local geolocation = S.record "geolocation" {
  { "country", S.country {}, sure = "exact", source = "S", doc = "Country of the device.",
    example = "US" },
  { "latitude", S.number { min = -90, max = 90 }, sure = "likely", source = "S", personal = true,
    doc = "Degrees north.", example = 40.7128 },
  { "longitude", S.number { min = -180, max = 180 }, sure = "likely", source = "S", personal = true,
    doc = "Degrees east.", example = -74.006 },
}

local customer_device = S.record "customer_device" {
  { "app_identifier", common.label, sure = "likely", source = "S",
    doc = "Bundle or package name of the shop's app.", example = "com.example.shop" },
  { "device_identifier", common.label, sure = "likely", source = "S", personal = true,
    doc = "What tells the device from others." },
  { "user_agent", common.label, sure = "likely", source = "S", personal = true,
    doc = "User agent of the browser." },
  { "ip_address", common.label, sure = "likely", source = "S", personal = true,
    doc = "IP address of the shopper.", example = "192.0.2.1" },
  { "geolocation", geolocation, sure = "exact", source = "S", doc = "Where the device is." },
}

purchase.customer = S.record "customer" {
  { "given_name", common.name, sure = "exact", source = "R5", personal = true,
    doc = "Given name.", example = "John" },
  { "family_name", common.name, sure = "exact", source = "R5", personal = true,
    doc = "Family name.", example = "Doe" },
  { "email", S.email {}, sure = "exact", source = "R5", personal = true,
    doc = "E-mail address.", example = "john.doe@example.com" },
  { "phone", S.phone {}, sure = "exact", source = "R5", personal = true,
    doc = "Phone number.", example = "844-552-7621" },
  { "address", common.address, sure = "exact", source = "R5", doc = "Billing address." },
  { "customer_accounts", S.list(customer_account, {}), sure = "exact", source = "S",
    doc = "The shopper's accounts at the shop." },
  { "customer_device", customer_device, sure = "exact", source = "S",
    doc = "The device in the shopper's hand." },
}

-- Travel, lodging, vouchers, events -----------------------------------------------------------

local departure = S.record "departure" {
  { "departure_airport", common.label, sure = "likely", source = "S",
    doc = "IATA code of the airport.", example = "ARN" },
  { "departure_location", common.label, sure = "likely", source = "S",
    doc = "Station or stop, for travel by land." },
  { "departs_at", S.time {}, sure = "exact", source = "S", doc = "Departure." },
  { "city", S.text { min = 1, max = 99 }, sure = "likely", source = "S", doc = "City.",
    example = "Stockholm" },
  { "country", S.country {}, sure = "exact", source = "S", doc = "Country.", example = "SE" },
  { "address", common.address, sure = "guess", source = "C12", since = "r6",
    doc = "Full address." },
}

local arrival = S.record "arrival" {
  { "arrival_airport", common.label, sure = "likely", source = "S",
    doc = "IATA code of the airport.", example = "OSL" },
  { "arrival_location", common.label, sure = "likely", source = "S",
    doc = "Station or stop, for travel by land." },
  { "city", S.text { min = 1, max = 99 }, sure = "likely", source = "S", doc = "City.",
    example = "Oslo" },
  { "country", S.country {}, sure = "exact", source = "S", doc = "Country.", example = "NO" },
  { "address", common.address, sure = "guess", source = "C12", since = "r6",
    doc = "Full address." },
}

local travel_reservation = S.record "travel_reservation" {
  { "travel_type", S.enum { "AIR", "BUS", "TRAIN", "FERRY", "CAR", open = true }, sure = "guess",
    source = "S", doc = "Means of travel; AIR, BUS and TRAIN were seen.", example = "AIR" },
  { "reservation_reference", common.reference, sure = "likely", source = "S",
    doc = "Booking reference." },
  { "departure", departure, sure = "exact", source = "S", doc = "Where the travel starts." },
  { "arrival", arrival, sure = "exact", source = "S", doc = "Where it ends." },
  { "carrier_name", common.label, sure = "likely", source = "S", doc = "Who carries.",
    example = "IB" },
  { "price", common.price, sure = "likely", source = "S", doc = "Price of the travel.",
    example = 20000 },
  { "currency", S.currency {}, sure = "exact", source = "S", doc = "Currency of the price.",
    example = "USD" },
  { "ticket_class", S.enum { "ECONOMY", "PREMIUM_ECONOMY", "BUSINESS", "FIRST", open = true },
    sure = "guess", source = "S", doc = "Class; only ECONOMY was seen.", example = "ECONOMY" },
  { "passengers", S.list(common.person, {}), sure = "exact", source = "S", doc = "Who travels." },
  { "insurances", common.insurances, sure = "exact", source = "S",
    doc = "Insurances bought with the travel." },
  { "affiliate_name", common.label, sure = "likely", source = "S",
    doc = "Affiliate that sold it." },
}

local host = S.record "host" {
  { "host_reference", common.reference, sure = "likely", source = "S", doc = "Id of the host." },
  { "host_type", S.enum { "RENTAL_AGENCY", "HOTEL", open = true }, sure = "likely", source = "S",
    doc = "Kind of host; the list is incomplete.", example = "HOTEL" },
  { "country_of_domicile", S.country {}, sure = "likely", source = "S",
    doc = "Country of the host.", example = "US" },
  { "registered_at", S.time {}, sure = "exact", source = "S", doc = "When the host signed up." },
  { "number_of_reservations", common.count, sure = "exact", source = "S",
    doc = "Reservations the host has had.", example = 120 },
}

local lodging_reservation = S.record "lodging_reservation" {
  { "lodging_name", common.label, sure = "likely", source = "S", doc = "Name of the house.",
    example = "Any Hotel" },
  { "address", common.address, sure = "exact", source = "S", doc = "Where it is." },
  { "starts_at", S.time {}, sure = "exact", source = "S", doc = "Check-in." },
  { "ends_at", S.time {}, sure = "exact", source = "S", doc = "Check-out." },
  { "number_of_spaces", common.count, sure = "likely", source = "S", doc = "Rooms or places.",
    example = 1 },
  { "price", common.price, sure = "likely", source = "S", doc = "Price of the stay.",
    example = 20000 },
  { "currency", S.currency {}, sure = "exact", source = "S", doc = "Currency of the price.",
    example = "USD" },
  { "lodging_type", S.enum { "ROOM", open = true }, sure = "likely", source = "S",
    doc = "Kind of lodging; the list is incomplete.", example = "ROOM" },
  { "guests", S.list(common.person, {}), sure = "exact", source = "S", doc = "Who stays." },
  { "host", host, sure = "exact", source = "S", doc = "Who lets." },
  { "insurances", common.insurances, sure = "exact", source = "S",
    doc = "Insurances bought with the stay." },
  { "affiliate_name", common.label, sure = "likely", source = "S",
    doc = "Affiliate that sold it." },
}

local voucher = S.record "voucher" {
  { "voucher_name", common.label, sure = "likely", source = "S", doc = "Name of the voucher.",
    example = "Gift Card" },
  { "voucher_type", S.enum { "GIFT_CARD", open = true }, sure = "likely", source = "S",
    doc = "Kind of voucher; the list is incomplete.", example = "GIFT_CARD" },
  { "voucher_company", common.label, sure = "likely", source = "S", doc = "Who issues it." },
  { "starts_at", S.time {}, sure = "exact", source = "S", doc = "Valid from." },
  { "ends_at", S.time {}, sure = "exact", source = "S", doc = "Valid until." },
  { "affiliate_name", common.label, sure = "likely", source = "S",
    doc = "Affiliate that sold it." },
}

local event_reservation = S.record "event_reservation" {
  { "event_name", common.label, sure = "likely", source = "S", doc = "Name of the event.",
    example = "Magical concert" },
  { "event_company_name", common.label, sure = "likely", source = "S", doc = "Who organises it." },
  { "event_type", S.enum { "CONCERT", open = true }, sure = "likely", source = "S",
    doc = "Kind of event; the list is incomplete.", example = "CONCERT" },
  { "starts_at", S.time {}, sure = "exact", source = "S", doc = "Begins." },
  { "ends_at", S.time {}, sure = "exact", source = "S", doc = "Ends." },
  { "venue_name", common.label, sure = "likely", source = "S", doc = "Name of the venue." },
  { "access_controlled_venue", S.flag {}, sure = "exact", source = "S",
    doc = "Whether tickets are checked at the entrance.", example = true },
  { "address", common.address, sure = "exact", source = "S", doc = "Where the venue is." },
  { "affiliate_name", common.label, sure = "likely", source = "S",
    doc = "Affiliate that sold it." },
  { "insurances", common.insurances, sure = "exact", source = "S",
    doc = "Insurances bought with the ticket." },
}

-- What is charged again -----------------------------------------------------------------------

local subscription_plan = S.record "subscription_plan" {
  { "billing_amount", common.price, sure = "likely", source = "S",
    doc = "Amount of one billing.", example = 999 },
  { "interval", common.interval, sure = "guess", source = "S",
    doc = "Billing interval; MONTH and YEAR were seen.", example = "MONTH" },
  { "interval_frequency", common.count, sure = "likely", source = "S",
    doc = "Every how many intervals.", example = 1 },
  { "next_billing_date", S.date {}, sure = "exact", source = "S",
    doc = "Day of the next billing." },
  { "next_billing_amount", common.price, sure = "likely", source = "S",
    doc = "Amount of the next billing.", example = 999 },
}

local billing_plan = S.record "billing_plan" {
  { "billing_amount", common.price, sure = "guess", source = "C12", since = "r6",
    doc = "Amount of one billing." },
  { "currency", S.currency {}, sure = "guess", source = "C12", since = "r6",
    doc = "Its currency." },
  { "from", S.text { min = 1, max = 255 }, sure = "guess", source = "C12", since = "r6",
    doc = "Day from which the plan counts." },
  { "interval", common.interval, sure = "guess", source = "C12", since = "r6",
    doc = "Billing interval." },
  { "interval_frequency", common.count, sure = "guess", source = "C12", since = "r6",
    doc = "Every how many intervals." },
}

local subscription = S.record "subscription" {
  { "subscription_reference", common.reference, sure = "likely", source = "S",
    doc = "The merchant's reference of the subscription.", example = "PREMIUM_INDIVIDUAL" },
  { "name", common.label, sure = "likely", source = "S", doc = "Name of the subscription.",
    example = "Premium individual" },
  { "subscription_plan", subscription_plan, sure = "exact", source = "S",
    doc = "What is billed when." },
  { "line_items", common.line_items, sure = "exact", source = "S",
    doc = "What the subscription is made of." },
  { "free_trial", S.enum { "ACTIVE", "INACTIVE" }, sure = "guess", source = "C12", since = "r6",
    doc = "Whether a free trial runs." },
  { "billing_plans", S.list(billing_plan, {}), sure = "guess", source = "C12", since = "r6",
    doc = "Takes the place of subscription_plan in later releases." },
}

local ondemand_service = S.record "ondemand_service" {
  { "average_amount", common.price, sure = "likely", source = "S", doc = "Usual amount.",
    example = 2000 },
  { "minimum_amount", common.price, sure = "likely", source = "S", doc = "Smallest amount.",
    example = 1000 },
  { "maximum_amount", common.price, sure = "likely", source = "S", doc = "Largest amount.",
    example = 3000 },
  { "purchase_interval", common.interval, sure = "guess", source = "S",
    doc = "Usual time between purchases.", example = "MONTH" },
  { "purchase_interval_frequency", common.count, sure = "likely", source = "S",
    doc = "Every how many intervals.", example = 1 },
  { "currency", S.currency {}, sure = "guess", source = "C12", since = "r6",
    doc = "Currency of the amounts." },
}

local ondemand_profile = S.record "ondemand_profile" {
  { "reference", common.reference, sure = "guess", source = "R5",
    doc = "The reference that was used when the token was made." },
}

-- All of it -----------------------------------------------------------------------------------

purchase.reference = { "purchase_reference", common.reference, sure = "likely", source = "S",
  doc = "The order number, shown to the shopper and in settlement reports.",
  example = "order-1001" }

purchase.shipping = { "shipping", common.shippings, sure = "exact", source = "R5",
  doc = "Who gets what, where and how." }

purchase.supplementary_data = S.record "supplementary_purchase_data" {
  purchase.reference,
  { "customer", purchase.customer, sure = "exact", source = "S",
    doc = "The shopper as the merchant knows them: for sign-up and fraud checks." },
  purchase.shipping,
  { "line_items", common.line_items, sure = "exact", source = "S",
    doc = "What is bought; the totals add up to payment_amount." },
  { "travel_reservations", S.list(travel_reservation, {}), sure = "exact", source = "S",
    doc = "Journeys in the order." },
  { "lodging_reservations", S.list(lodging_reservation, {}), sure = "exact", source = "S",
    doc = "Stays in the order." },
  { "insurances", common.insurances, sure = "exact", source = "S",
    doc = "Insurances in the order." },
  { "vouchers", S.list(voucher, {}), sure = "exact", source = "S", doc = "Vouchers in the order." },
  { "event_reservations", S.list(event_reservation, {}), sure = "exact", source = "S",
    doc = "Tickets in the order." },
  { "subscriptions", S.list(subscription, {}), sure = "exact", source = "S",
    doc = "Subscriptions the order starts or pays; their amounts are not in payment_amount." },
  { "ondemand_service", ondemand_service, sure = "exact", source = "S",
    doc = "A service that will be charged on demand." },
  { "additional_data", S.text { multiline = true }, sure = "exact", source = "S", personal = true,
    doc = "A string that holds JSON: {\"content_type\": ..., \"content\": {...}}." },
  { "marketplace_sellers", S.list(S.any {}, {}), sure = "guess", source = "C12", since = "r6",
    personal = true, doc = "Sellers of a marketplace; the shape is unknown." },
  { "ondemand_profile", ondemand_profile, sure = "guess", source = "R5",
    doc = "Names the on-demand service of a token charge; its place in the body is a guess." },
}

-- The part that a confirmation may carry: shipping that Klarna did not collect.
purchase.confirmation_data = S.record "confirmation_purchase_data" { purchase.shipping }

-- The part that may change after the authorisation.
purchase.reference_data = S.record "reference_purchase_data" { purchase.reference }

return purchase
