-- Promises of the evidence data: it is whole in itself, has every type that a dispute may have, and
-- holds each field and value of klarna.md 3.15, copied here by hand.

local evidence = require "kassa.api.klarna.evidence"

local KINDS = { choice = true, text = true, date = true, clock = true, email = true, url = true,
  any = true, record = true, records = true, attachments = true }
local SURE = { exact = true, likely = true, guess = true }
local SINCE = { r5 = true, later = true, old = true }

local REASONS = { "RETURN_NOT_REFUNDED", "PRODUCTS_NOT_RECEIVED", "PRODUCTS_FAULTY",
  "CAPTURE_AMOUNT_INCORRECT", "PURCHASE_CANCELED", "PURCHASE_UNAUTHORIZED", "PURCHASE_HIGH_RISK" }

local function find(fields, name)
  for _, field in ipairs(fields) do
    if field.name == name then return field end
  end
end

local function has(field, value)
  for _, known in ipairs(field.values) do
    if known[1] == value then return true end
  end
  return false
end

-- Calls visit(type name, field, the fields beside it) for every field.
local function each(visit)
  local function walk(name, fields)
    for _, field in ipairs(fields) do
      visit(name, field, fields)
      if field.fields then walk(name .. "." .. field.name, field.fields) end
    end
  end
  for name, one in pairs(evidence) do walk(name, one.fields) end
end

-- Every field that a condition names is there and has the value.
local function check_condition(where, condition, fields)
  for _, one in ipairs(condition.any or {}) do check_condition(where, one, fields) end
  for name, values in pairs(condition) do
    if name ~= "any" then
      local chooser = assert(find(fields, name), where .. " asks for " .. name)
      for _, value in ipairs(values) do
        assert.is_true(has(chooser, value), where .. ": " .. name .. " has no " .. value)
      end
    end
  end
end

describe("the evidence data", function()
  it("has a type for each reason, with a sentence", function()
    local count = 0
    for _ in pairs(evidence) do count = count + 1 end
    assert.equal(#REASONS, count)
    for _, reason in ipairs(REASONS) do assert.matches("%.$", evidence[reason].doc) end
  end)

  it("says of each field what it is, how sure that is and where it was read", function()
    each(function(where, field)
      local name = where .. "." .. tostring(field.name)
      assert.is_true(KINDS[field.kind], name)
      assert.is_true(SURE[field.sure] and SINCE[field.since] and field.source ~= nil, name)
      assert.is_truthy(field.doc:find "[.?]$", name)
      assert.equal(field.kind == "choice", field.values ~= nil, name)
      assert.equal(field.kind == "record" or field.kind == "records", field.fields ~= nil, name)
      for _, value in ipairs(field.values or {}) do
        assert.is_true(SINCE[value.since] and value.doc ~= nil, name .. " " .. value[1])
      end
    end)
  end)

  it("asks for nothing that is not there", function()
    each(function(where, field, fields)
      where = where .. "." .. field.name
      if field.when then check_condition(where, field.when, fields) end
      if field.unless then check_condition(where, field.unless, fields) end
      if field.instead then assert.is_truthy(find(fields, field.instead), where) end
    end)
  end)

  -- type: fields, and values after a colon, as klarna.md 3.15 lists them.
  local LISTED = {
    RETURN_NOT_REFUNDED = {
      "did_you_receive_the_return: YES_WILL_MAKE_CHANGES_TO_PURCHASE YES_BUT_NOT_ACCEPTED "
        .. "RETURN_NOT_RECEIVED YES_WILL_REFUND_THE_CUSTOMER_THROUGH_KLARNA "
        .. "RETURN_REJECTED_NO_REFUND",
      "return_rejected_reason: CUSTOMER_DID_NOT_CONTACT_MERCHANT",
    },
    PRODUCTS_NOT_RECEIVED = {
      "have_you_resolved_the_dispute_with_the_customer: YES_WILL_MAKE_CHANGES_TO_PURCHASE "
        .. "NO_DISPUTE_NOT_ACCEPTED YES_WILL_REFUND_THE_CUSTOMER_THROUGH_KLARNA "
        .. "YES_OTHER_RESOLUTION",
      "tracking_availability: TRACKING_AVAILABLE",
      "tracking_number", "shipping_carrier", "estimated_delivery_date",
      "proof_of_delivery_attachments",
      "delivery_method: BY_POST_OR_MAIL BUY_ONLINE_PICK_UP_IN_STORE DIGITAL_DELIVERY "
        .. "FOOD_DELIVERY_PERISHABLES_TO_CUSTOMER FOOD_DELIVERY_PERISHABLES_TO_PICK_UP_SPOT "
        .. "INTERNAL_DELIVERY_SERVICE_LOGISTICS_CARRIER",
      "not_accepted_reason: CUSTOMER_REFUSED_DELIVERY_VALID_PROOF_REQUIRED "
        .. "OTHER_REASON_COMMENT_REQUIRED",
      "customer", "delivery_address", "hyperlink_to_proof_of_delivery_url", "pickup_address",
      "pickup_date", "time_of_pickup", "delivery_date", "time_of_delivery", "email",
      "delivery_time", "pick_up_spot_address", "shipment_number",
    },
    PRODUCTS_FAULTY = {
      "have_you_resolved_the_dispute_with_the_customer: YES_WILL_MAKE_CHANGES_TO_PURCHASE "
        .. "NO_DISPUTE_NOT_ACCEPTED YES_OTHER_RESOLUTION "
        .. "YES_WILL_REFUND_THE_CUSTOMER_THROUGH_KLARNA",
      "not_accepted_reason: ITEM_NOT_FAULTY_AS_DESCRIBED", "resolution_type: REPLACEMENT",
    },
    CAPTURE_AMOUNT_INCORRECT = {
      "have_you_resolved_the_dispute_with_the_customer: NO_DISPUTE_NOT_ACCEPTED "
        .. "YES_WILL_REFUND_THE_CUSTOMER_THROUGH_KLARNA",
      "not_accepted_reason: OTHER_REASON_COMMENT_REQUIRED",
    },
    PURCHASE_CANCELED = {},
    PURCHASE_HIGH_RISK = {
      "shipping: FULLY_SHIPPED PARTIALLY_SHIPPED NOT_SHIPPED", "list_of_shipments",
    },
    PURCHASE_UNAUTHORIZED = {
      "product_type: PHYSICAL_PRODUCTS_FULLY_SHIPPED PHYSICAL_PRODUCTS_PARTIALLY_SHIPPED "
        .. "PHYSICAL_PRODUCTS_NOT_SHIPPED SERVICES TICKETS_TRAVEL",
      "shipment_country", "shipping_carrier", "delivery_address", "tracking_number",
      "delivered_with_proof: YES_PURCHASE_DELIVERED_WITH_PROOF_OF_DELIVERY "
        .. "NO_PURCHASE_WAS_NOT_DELIVERED_WITH_PROOF_OF_DELIVERY",
      "last_digits_of_phone_for_delivery_notification",
      "customer_contacted: YES_WE_HAVE_BEEN_IN_CONTACT",
      "service_already_used: YES_THE_SERVICE_HAS_BEEN_USED", "service_delivered_by: EMAIL",
      "purchase_cancelable: YES_WE_WILL_CANCEL_THE_PURCHASE",
      "purchase_refundable: YES_THE_PURCHASE_CAN_BE_FULLY_REFUNDED",
      "products_already_used: NO_THE_PRODUCTS_HAVE_NOT_BEEN_USED_YET",
      "travel_purchase: YES_THIS_PURCHASE_IS_FOR_TRAVEL",
    },
  }

  for name, lines in pairs(LISTED) do
    it("holds what the reference lists for " .. name .. ", no more", function()
      local fields = evidence[name].fields
      assert.equal(#lines, #fields)
      for _, line in ipairs(lines) do
        local field = assert(find(fields, line:match "^[%w_]+"), line)
        local count = 0
        for value in (line:match ": (.*)$" or ""):gmatch "%S+" do
          count = count + 1
          assert.is_true(has(field, value), line .. " " .. value)
        end
        assert.equal(count, field.values and #field.values or 0, field.name)
      end
    end)
  end

  it("lists what a shipment of a high-risk purchase holds", function()
    local shipments = find(evidence.PURCHASE_HIGH_RISK.fields, "list_of_shipments").fields
    for i, name in ipairs { "payment_capture_id", "tracking_number", "shipping_carrier",
      "estimated_delivery_date", "shipping_carrier_contacted" } do
      assert.equal(name, shipments[i].name)
    end
  end)
end)
