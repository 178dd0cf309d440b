-- Promises about an answer's details: half an answer is told, a whole one is not, and what nobody
-- has seen before is a remark and never a fault.

local details = require "kassa.dispute.details"
local evidence = require "kassa.api.klarna.evidence"
local json = require "kassa.json"

local RESOLVED = "have_you_resolved_the_dispute_with_the_customer"

-- The paths that are missing, sorted into one line; the remarks' paths likewise.
local function missing(name, given, answer)
  local lists = { details.missing(evidence[name].fields, given, answer or {}) }
  for i, list in ipairs(lists) do
    local paths = {}
    for j, one in ipairs(list) do paths[j] = one.path end
    table.sort(paths)
    lists[i] = table.concat(paths, " ")
  end
  return lists[1], lists[2]
end

local PROOF = { { payment_dispute_attachment_id = "krn:a:1" } }

local PARCEL = {
  tracking_availability = "TRACKING_AVAILABLE", tracking_number = "JCYPE32JAAR4",
  shipping_carrier = "DHL", estimated_delivery_date = "2020-04-10",
  delivery_method = "BY_POST_OR_MAIL", [RESOLVED] = "YES_WILL_MAKE_CHANGES_TO_PURCHASE",
  proof_of_delivery_attachments = PROOF,
}

local function with(given, changes)
  local changed = {}
  for name, value in pairs(given) do changed[name] = value end
  for name, value in pairs(changes) do changed[name] = value ~= json.null and value or nil end
  return changed
end

describe("what an answer lacks", function()
  it("is nothing in the answers of the reference", function()
    assert.same({ "", "" }, { missing("PRODUCTS_NOT_RECEIVED", PARCEL) })
    local will = "YES_WILL_MAKE_CHANGES_TO_PURCHASE"
    assert.same({ "", "" },
      { missing("RETURN_NOT_REFUNDED", { did_you_receive_the_return = will }) })
    assert.same({ "", "" }, { missing("PRODUCTS_FAULTY", { [RESOLVED] = will }) })
  end)

  it("is each question that was not answered", function()
    assert.equal("did_you_receive_the_return", (missing("RETURN_NOT_REFUNDED", {})))
    assert.equal(RESOLVED, (missing("PRODUCTS_FAULTY", {})))
    assert.equal("product_type", (missing("PURCHASE_UNAUTHORIZED", {})))
    assert.equal("shipping", (missing("PURCHASE_HIGH_RISK", {})))
    assert.equal("delivery_method " .. RESOLVED
      .. " proof_of_delivery_attachments tracking_availability",
      (missing("PRODUCTS_NOT_RECEIVED", {})))
    assert.equal("", (missing("PURCHASE_CANCELED", {})))
  end)

  it("is any field taken out of a whole answer", function()
    for name in pairs(PARCEL) do
      assert.equal(name, (missing("PRODUCTS_NOT_RECEIVED", with(PARCEL, { [name] = json.null }))))
    end
  end)

  it("counts what is empty or null as absent", function()
    for _, nothing in ipairs { "", {} } do
      local given = with(PARCEL, { tracking_number = nothing })
      assert.equal("tracking_number", (missing("PRODUCTS_NOT_RECEIVED", given)))
    end
    local list = details.missing(evidence.PRODUCTS_FAULTY.fields, { [RESOLVED] = json.null }, {})
    assert.equal(RESOLVED, list[1].path)
  end)

  it("follows from what was said", function()
    assert.equal("return_rejected_reason", (missing("RETURN_NOT_REFUNDED",
      { did_you_receive_the_return = "RETURN_REJECTED_NO_REFUND" })))
    assert.equal("resolution_type",
      (missing("PRODUCTS_FAULTY", { [RESOLVED] = "YES_OTHER_RESOLUTION" })))
    assert.equal("", (missing("PURCHASE_UNAUTHORIZED",
      { product_type = "PHYSICAL_PRODUCTS_NOT_SHIPPED" })))
    assert.equal("customer_contacted service_already_used service_delivered_by",
      (missing("PURCHASE_UNAUTHORIZED", { product_type = "SERVICES" })))
    assert.equal("", (missing("PRODUCTS_NOT_RECEIVED", { [RESOLVED] = "YES_OTHER_RESOLUTION" })))
  end)

  it("differs by the way the goods travelled", function()
    local function of(method)
      return (missing("PRODUCTS_NOT_RECEIVED", { [RESOLVED] = "NO_DISPUTE_NOT_ACCEPTED",
        delivery_method = method, proof_of_delivery_attachments = PROOF }))
    end
    assert.equal("delivery_date email time_of_delivery", of "DIGITAL_DELIVERY")
    assert.equal("customer pickup_address pickup_date time_of_pickup",
      of "BUY_ONLINE_PICK_UP_IN_STORE")
    assert.equal("customer delivery_address estimated_delivery_date shipping_carrier "
      .. "tracking_number", of "BY_POST_OR_MAIL")
    assert.equal("customer delivery_address pickup_date",
      of "FOOD_DELIVERY_PERISHABLES_TO_CUSTOMER")
    assert.equal("delivery_date delivery_time pick_up_spot_address",
      of "FOOD_DELIVERY_PERISHABLES_TO_PICK_UP_SPOT")
    assert.equal("customer delivery_address estimated_delivery_date shipment_number",
      of "INTERNAL_DELIVERY_SERVICE_LOGISTICS_CARRIER")
    assert.equal("", of "BY_CARRIER_PIGEON")
  end)

  it("is told inside of records and lists too, with the path", function()
    local given = { shipping = "FULLY_SHIPPED", list_of_shipments = {
      { payment_capture_id = "krn:c:1", tracking_number = "1", shipping_carrier = "DHL" },
      { payment_capture_id = "krn:c:2", shipping_carrier = "DHL" },
    } }
    assert.equal("list_of_shipments[2].tracking_number", (missing("PURCHASE_HIGH_RISK", given)))
    given.list_of_shipments = given.list_of_shipments[2]
    assert.same({ "", "list_of_shipments" }, { missing("PURCHASE_HIGH_RISK", given) })
    given.list_of_shipments = {}
    assert.equal("list_of_shipments", (missing("PURCHASE_HIGH_RISK", given)))
    assert.equal("customer.family_name", (missing("PRODUCTS_NOT_RECEIVED",
      with(PARCEL, { customer = { given_name = "John" } }))))
  end)

  it("is the id of an attachment, and not a proof that is a link", function()
    local unnamed = with(PARCEL, { proof_of_delivery_attachments = { { description = "Photo" } } })
    assert.equal("proof_of_delivery_attachments[1].payment_dispute_attachment_id",
      (missing("PRODUCTS_NOT_RECEIVED", unnamed)))
    local linked = with(PARCEL, { proof_of_delivery_attachments = json.null,
      hyperlink_to_proof_of_delivery_url = "https://dhl.example/1" })
    assert.equal("", (missing("PRODUCTS_NOT_RECEIVED", linked)))
  end)

  it("is no proof, where the answer has attachments, which a remark tells", function()
    local given = with(PARCEL, { proof_of_delivery_attachments = json.null })
    assert.same({ "", "proof_of_delivery_attachments" },
      { missing("PRODUCTS_NOT_RECEIVED", given, { attachments = PROOF }) })
    assert.equal("proof_of_delivery_attachments",
      (missing("PRODUCTS_NOT_RECEIVED", given, { attachments = {} })))
  end)

  it("is a comment, where the reason asks for one", function()
    local given = { [RESOLVED] = "NO_DISPUTE_NOT_ACCEPTED",
      not_accepted_reason = "OTHER_REASON_COMMENT_REQUIRED" }
    assert.equal("additional_information", (missing("CAPTURE_AMOUNT_INCORRECT", given)))
    assert.equal("", (missing("CAPTURE_AMOUNT_INCORRECT", given,
      { additional_information = "The amount is the one of the order." })))
  end)

  it("helps: what is asked, which values are known, what each of them brings", function()
    local list = details.missing(evidence.RETURN_NOT_REFUNDED.fields, {}, {})
    assert.equal("is absent. Did the return arrive, and what follows?", list[1].message)
    assert.equal("RETURN_REJECTED_NO_REFUND also asks for return_rejected_reason", list[1].hint)
    assert.equal("YES_WILL_MAKE_CHANGES_TO_PURCHASE", list[1].values[1])
    list = details.missing(evidence.PRODUCTS_NOT_RECEIVED.fields, {}, {})
    assert.equal("tracking_availability", list[3].path)
    assert.equal("TRACKING_AVAILABLE also asks for tracking_number, shipping_carrier, "
      .. "estimated_delivery_date", list[3].hint)
  end)
end)

describe("what has not been seen before", function()
  it("is a remark: unknown fields, with the near one", function()
    local given = with(PARCEL, { tracking_numbr = "1", entirely_new = true })
    local list, notes = details.missing(evidence.PRODUCTS_NOT_RECEIVED.fields, given, {})
    assert.same({}, list)
    assert.same({ "entirely_new", "tracking_numbr" }, { notes[1].path, notes[2].path })
    assert.equal("did you mean tracking_number?", notes[2].hint)
  end)

  it("is a remark: unknown values, with the known ones", function()
    local given = { did_you_receive_the_return = "RETURN_NOT_RECEIVD" }
    local list, notes = details.missing(evidence.RETURN_NOT_REFUNDED.fields, given, {})
    assert.same({}, list)
    assert.equal("RETURN_NOT_RECEIVD is none of the values seen so far", notes[1].message)
    assert.equal("did you mean RETURN_NOT_RECEIVED?", notes[1].hint)
    assert.equal(5, #notes[1].values)
  end)

  it("is a remark: another form", function()
    local odd = { estimated_delivery_date = "10 April", tracking_number = 5,
      proof_of_delivery_attachments = "krn:a:1" }
    local list, notes = missing("PRODUCTS_NOT_RECEIVED", with(PARCEL, odd))
    assert.same({ "", "estimated_delivery_date proof_of_delivery_attachments tracking_number" },
      { list, notes })
    local short = { product_type = "PHYSICAL_PRODUCTS_FULLY_SHIPPED",
      last_digits_of_phone_for_delivery_notification = "12" }
    local _, told = missing("PURCHASE_UNAUTHORIZED", short)
    assert.equal("last_digits_of_phone_for_delivery_notification", told)
  end)

  it("survives whatever stands there", function()
    local odd = {}
    odd.customer = { odd }
    for _, value in ipairs { true, 5, print, odd, { { { {} } } } } do
      for name, one in pairs(evidence) do
        local given = {}
        for _, field in ipairs(one.fields) do given[field.name] = value end
        assert.has_no.errors(function() missing(name, given) end)
      end
    end
  end)
end)

describe("a copy of the fields", function()
  it("is a list with names, and no key to the data", function()
    local copy = details.describe(evidence.PRODUCTS_NOT_RECEIVED.fields)
    assert.equal(RESOLVED, copy[1].name)
    assert.equal(copy[1], copy[RESOLVED])
    assert.is_true(copy.tracking_number.required)
    assert.is_false(copy.hyperlink_to_proof_of_delivery_url.required)
    assert.same({ name = "TRACKING_AVAILABLE", since = "r5", doc = "Yes." },
      copy.tracking_availability.values[1])
    copy.tracking_number.name = "changed"
    copy.customer.fields[1].name = "changed"
    local again = details.describe(evidence.PRODUCTS_NOT_RECEIVED.fields)
    assert.equal("tracking_number", again.tracking_number.name)
    assert.equal("given_name", again.customer.fields[1].name)
  end)
end)
