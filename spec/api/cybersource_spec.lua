-- The table of Cybersource operations against figures copied by hand from the reference.
-- It refuses to compute anything it expects from the rows.

local body = require "kassa.body"
local core = require "kassa.core"
local table_of = require "kassa.api.cybersource"
local cybersource = require("kassa.api").whole(table_of)
local writing = require "support.writing"

-- name, method, path, action, sessionType, money
local EXPECTED = {
  { "session.create", "POST", "/pts/v2/payment-references", "AP_SESSIONS", "N" },
  { "session.update", "PATCH", "/pts/v2/payment-references/{id}", "AP_SESSIONS", "U" },
  { "session.status", "POST", "/pts/v2/refresh-payment-status/{id}", "AP_STATUS" },
  { "authorization.create", "POST", "/pts/v2/payments", "AP_AUTH", nil, "authorize" },
  { "authorization.follow_on", "POST", "/pts/v2/payments", "AP_AUTH", nil, "authorize" },
  { "authorization.reverse", "POST", "/pts/v2/payments/{id}/reversals", "AP_AUTH_REVERSAL", nil,
    "release" },
  { "authorization.capture", "POST", "/pts/v2/payments/{id}/captures", "AP_CAPTURE", nil, "take" },
  { "authorization.status", "POST", "/pts/v2/refresh-payment-status/{id}", "AP_STATUS" },
  { "capture.refund", "POST", "/pts/v2/payments/{id}/refunds", "AP_REFUND", nil, "give_back" },
  { "capture.status", "POST", "/pts/v2/refresh-payment-status/{id}", "AP_STATUS" },
  { "refund.status", "POST", "/pts/v2/refresh-payment-status/{id}", "AP_STATUS" },
  { "reversal.status", "POST", "/pts/v2/refresh-payment-status/{id}", "AP_STATUS" },
  { "transaction.search", "POST", "/tss/v2/searches" },
  { "transaction.read", "GET", "/tss/v2/transactions/{id}" },
}

local function row_of(name)
  for _, row in ipairs(table_of.operations) do
    if row.name == name then return row end
  end
end

local function write(name, value, ...)
  return body.writer(table_of, row_of(name)):write(value, ...)
end

local function written(name, value, ...)
  local text, faults = write(name, value, ...)
  if not text then error(table.concat(writing.lines(faults), "\n"), 2) end
  return core.json.decode(text)
end

local function faults_of(name, value, ...)
  local text, faults = write(name, value, ...)
  if text then error("written: " .. text, 2) end
  local lines = writing.lines(faults)
  table.sort(lines)
  return lines
end

local URLS = { successUrl = "https://a.example/s", cancelUrl = "https://a.example/c",
  failureUrl = "https://a.example/f" }

-- A body of the least that an operation takes. country: of the bill.
local function session(country, flow)
  local us = country == "US"
  return { flow = flow, merchantInformation = URLS,
    clientReferenceInformation = flow == "widget" and { code = "o-1" } or nil,
    orderInformation = {
      amountDetails = { currency = "USD", taxAmount = us and 100 or nil,
        totalAmount = flow == "widget" and 1100 or nil },
      billTo = { country = country, administrativeArea = us and "OH" or nil,
        postalCode = flow == "hosted" and "43215" or nil },
      lineItems = { { productName = "Pen", unitPrice = 1000, totalAmount = us and 1000 or 1100,
        quantity = flow == "widget" and 1 or nil, taxAmount = not us and 100 or nil } },
    } }
end

local function payment(country, total)
  return { orderInformation = {
      amountDetails = { currency = "USD", totalAmount = total,
        taxAmount = country == "US" and 0 or nil },
      billTo = { country = country, postalCode = "1", administrativeArea = "OH" } },
    processorInformation = { preApprovalToken = "token" } }
end

local function money(total)
  return { orderInformation = { amountDetails = { currency = "USD", totalAmount = total } } }
end

describe("the table of Cybersource operations", function()
  it("has the calls of the reference, in order, with what each fills in", function()
    assert.equal(#EXPECTED, #table_of.operations)
    for position, row in ipairs(table_of.operations) do
      local want = EXPECTED[position]
      assert.same({ want[1], want[2], want[3] }, { row.name, row.method, row.path })
      assert.equal(want[2] .. " " .. want[3], row.http)
      assert.equal(want[6], row.money, row.name)
      assert.is_nil(row.keyed, row.name)
      local fixed = row.fixed or {}
      local processing = fixed.processingInformation or {}
      assert.same({ want[4] }, processing.actionList or {}, row.name)
      assert.equal(want[5], processing.sessionType, row.name)
      assert.same(want[4] and { paymentType = { name = "INVOICE", method = { name = "KLARNA" } } },
        fixed.paymentInformation)
    end
  end)

  it("finds every body, answer and example", function()
    for _, row in ipairs(cybersource.operations) do
      assert(row.method == "GET" or core.schema.compile(row.body), row.name)
      assert(cybersource.objects[row.reply], row.name)
      assert((loadstring or load)(row.example.code, row.name))
    end
    for kind, object in pairs(cybersource.objects) do
      assert.equal("record", object.schema.kind)
      assert(kind:find "^transaction" or cybersource.machines[object.state], kind)
    end
  end)

  it("is legal where section 7 says", function()
    local needs = {}
    for _, row in ipairs(table_of.operations) do needs[row.name] = row.needs end
    assert.same({
      ["session.update"] = { session = { "INITIATED", "COMPLETED" } },
      ["authorization.follow_on"] = { authorization = { "AUTHORIZED" } },
      ["authorization.reverse"] = { authorization = { "AUTHORIZED" } },
      ["authorization.capture"] = { authorization = { "AUTHORIZED" } },
      ["capture.refund"] = { capture = { "SETTLED" } },
    }, needs)
  end)

  it("has machines whose ways lead from a state to a state, each with its event", function()
    for kind, machine in pairs(cybersource.machines) do
      local known, count = {}, 0
      for _, state in ipairs(machine.states) do known[state] = true end
      for _, to in ipairs(machine.initial) do
        assert(known[to] and machine.events[">" .. to], kind .. " " .. to)
        count = count + 1
      end
      for from, list in pairs(machine.edges) do
        for _, to in ipairs(list) do
          assert(known[from] and known[to] and machine.events[from .. ">" .. to], from .. to)
          count = count + 1
        end
      end
      for _ in pairs(machine.events) do count = count - 1 end
      assert.equal(0, count, kind)
      for _, final in ipairs(machine.final) do assert.is_nil(machine.edges[final]) end
      for state, schedule in pairs(machine.ask) do
        assert(known[state] and cybersource.polling[schedule])
      end
    end
  end)
end)

describe("a search for transactions", function()
  it("is written newest first, with the limits of the SDK", function()
    local query = "clientReferenceInformation.code:o-1"
    assert.same({ query = query, sort = "submitTimeUtc:desc" },
      written("transaction.search", { query = query }))
    assert.same({ query = query, sort = "id:asc", limit = 2000, offset = 5, timezone = "GMT",
      save = false, name = "mine" }, written("transaction.search", { query = query, sort = "id:asc",
      limit = 2000, offset = 5, timezone = "GMT", save = false, name = "mine" }))
    assert.same({ "query: is required" }, faults_of("transaction.search", {}))
    assert.equal(1, #faults_of("transaction.search", { query = query, limit = 2001 }))
    assert.equal(1, #faults_of("transaction.search", { query = query, page = 2 }))
  end)

  it("knows what each movement of money is found as", function()
    local services = {}
    for _, row in ipairs(table_of.operations) do
      assert.equal(row.money ~= nil, row.service ~= nil, row.name)
      services[row.name] = row.service
    end
    assert.same({
      ["authorization.create"] = "ics_ap_auth", ["authorization.follow_on"] = "ics_ap_auth",
      ["authorization.reverse"] = "ics_ap_auth_reversal",
      ["authorization.capture"] = "ics_ap_capture", ["capture.refund"] = "ics_ap_refund",
    }, services)
    assert.equal(1500, cybersource.limits.search_s.value)
  end)
end)

describe("a body at Cybersource", function()
  it("is filled in and sent without kassa's own words", function()
    local given = session("US", "hosted")
    local sent = written("session.create", given)
    assert.is_nil(sent.flow)
    assert.equal("hosted", given.flow)
    assert.is_nil(given.processingInformation)
    assert.same({ actionList = { "AP_SESSIONS" }, paymentFlowMode = "HOP", sessionType = "N" },
      sent.processingInformation)
    assert.same({ paymentType = { name = "INVOICE", method = { name = "KLARNA" } } },
      sent.paymentInformation)
    assert.equal("10.00", sent.orderInformation.lineItems[1].unitPrice)
    assert.equal("inline",
      written("session.create", session("SE", "widget")).processingInformation.paymentFlowMode)
  end)

  it("asks a session for what section 3 asks for", function()
    local empty = { flow = "hosted", merchantInformation = {}, orderInformation = {
      amountDetails = {}, billTo = { country = "US" }, lineItems = { {} } } }
    assert.same({
      "merchantInformation.cancelUrl: is required", "merchantInformation.failureUrl: is required",
      "merchantInformation.successUrl: is required",
      "orderInformation.amountDetails.currency: is required",
      "orderInformation.amountDetails.taxAmount: is required in the US",
      "orderInformation.billTo.administrativeArea: is required in the US",
      "orderInformation.billTo.postalCode: is required for the hosted page",
      "orderInformation.lineItems[1].productName: is required",
      "orderInformation.lineItems[1].totalAmount: is required",
      "orderInformation.lineItems[1].unitPrice: is required",
    }, faults_of("session.create", empty))
    local widget = session("SE", "widget")
    widget.clientReferenceInformation = {}
    widget.orderInformation.amountDetails.totalAmount = nil
    widget.orderInformation.lineItems[1].quantity = nil
    widget.orderInformation.lineItems[1].taxAmount = nil
    assert.same({
      "clientReferenceInformation.code: is required for the widget",
      "orderInformation.amountDetails.totalAmount: is required for the widget",
      "orderInformation.lineItems[1].quantity: is required for the widget",
      "orderInformation.lineItems[1].taxAmount: is required outside the US",
    }, faults_of("session.create", widget))
  end)

  it("says which flow is meant", function()
    assert.same({ "processingInformation.paymentFlowMode: is required"
      .. " (flow says it in kassa's words)" }, faults_of("session.create", session("US")))
    local faults = faults_of("session.create", session("SE", "hostd"))
    assert.equal("flow: is none of kassa's words for processingInformation.paymentFlowMode"
      .. ' (did you mean "hosted"?)', faults[1])
    local both = session("US", "hosted")
    both.processingInformation = { paymentFlowMode = "inline" }
    assert.matches("^flow: means processingInformation.paymentFlowMode = \"HOP\", but",
      table.concat(faults_of("session.create", both), "\n"):match "flow: means.*")
  end)

  it("takes nothing personal before the shopper has picked Klarna", function()
    local why = ": is personal: it belongs in an update, after the shopper has picked Klarna and"
      .. " agreed"
    for name, value in pairs { firstName = "John", lastName = "Doe", address1 = "Street 1",
        address2 = "x", locality = "Town", district = "x", email = "j@a.example" } do
      local given = session("US", "hosted")
      given.orderInformation.billTo[name] = value
      assert.same({ "orderInformation.billTo." .. name .. why }, faults_of("session.create", given))
      written("session.update", given)
    end
    local given = session("US", "hosted")
    given.orderInformation.shipTo = { country = "US" }
    assert.same({ "orderInformation.shipTo" .. why }, faults_of("session.create", given))
  end)

  it("has to add up, unless sums = false", function()
    local given = session("US", "hosted")
    given.orderInformation.amountDetails.totalAmount = 1000
    assert.same({ "orderInformation.amountDetails.totalAmount: is 10.00, but adds up to 11.00"
      .. " (1 x 10.00 + tax 1.00 = 11.00) (sums = false sends it as it is)" },
      faults_of("session.create", given))
    assert.equal("10.00", written("session.create", given, true, false)
      .orderInformation.amountDetails.totalAmount)
  end)

  it("authorizes with a token, and follows on by the id", function()
    local sent = written("authorization.create", payment("US", "5.00"))
    assert.same({ actionList = { "AP_AUTH" } }, sent.processingInformation)
    local given = payment("SE", 500)
    given.processorInformation = nil
    assert.same({ "processorInformation: is required" }, faults_of("authorization.create", given))
    given.processorInformation = { preApprovalToken = "" }
    assert.equal(1, #faults_of("authorization.create", given))
    local bill = payment("SE", 500)
    bill.orderInformation.billTo = {}
    assert.same({ "orderInformation.billTo.administrativeArea: is required",
      "orderInformation.billTo.country: is required",
      "orderInformation.billTo.postalCode: is required" }, faults_of("authorization.create", bill))
    local follow = written("authorization.follow_on", payment("SE", 500), true, true, "729")
    assert.equal("729", follow.processingInformation.linkId)
    assert.same({ "processingInformation.linkId: is required" },
      faults_of("authorization.follow_on", payment("SE", 500)))
  end)

  it("needs an amount to capture and to refund, and none to reverse or ask", function()
    for _, name in ipairs { "authorization.capture", "capture.refund" } do
      assert.equal("5.00", written(name, money(500)).orderInformation.amountDetails.totalAmount)
      assert.same({ "orderInformation.amountDetails.totalAmount: is required" },
        faults_of(name, money(nil)))
      assert.equal(1, #faults_of(name, money(19.99)))
      assert.equal(1, #faults_of(name, money "1.005"))
    end
    assert.same({ "AP_AUTH_REVERSAL" },
      written("authorization.reverse", {}).processingInformation.actionList)
    for _, kind in ipairs { "session", "authorization", "capture", "refund", "reversal" } do
      assert.same({ "AP_STATUS" }, written(kind .. ".status", {}).processingInformation.actionList)
    end
  end)

  it("may name the order that is asked about", function()
    for _, kind in ipairs { "session", "authorization", "capture", "refund", "reversal" } do
      local name = kind .. ".status"
      local given = { clientReferenceInformation = { code = "order-1001" } }
      assert.same(given.clientReferenceInformation,
        written(name, given).clientReferenceInformation)
      given.clientReferenceInformation.transactionId = "7"
      assert.equal(1, #faults_of(name, given))
    end
  end)

  it("cannot be made to do another thing", function()
    local given = money(500)
    given.processingInformation = { actionList = { "AP_REFUND" } }
    assert.equal(1, #faults_of("authorization.capture", given))
    given.processingInformation = nil
    given.paymentInformation = { paymentType = { method = { name = "PAYPAL" } } }
    assert.equal(1, #faults_of("authorization.capture", given))
  end)

  it("keeps the limits of section 3", function()
    local LIMITS = { ["clientReferenceInformation.code"] = 50,
      ["clientReferenceInformation.transactionId"] = 30,
      ["orderInformation.amountDetails.totalAmount"] = 19,
      ["orderInformation.amountDetails.taxAmount"] = 12,
      ["orderInformation.billTo.postalCode"] = 10,
      ["orderInformation.billTo.administrativeArea"] = 20,
      ["orderInformation.billTo.firstName"] = 60, ["orderInformation.billTo.locality"] = 50,
      ["orderInformation.billTo.email"] = 255, ["orderInformation.lineItems.productName"] = 255,
      ["orderInformation.lineItems.unitPrice"] = 15,
      ["processingInformation.linkId"] = 26, ["merchantDefinedInformation.key"] = 50,
      ["merchantDefinedInformation.value"] = 255 }
    local record = require "kassa.api.cybersource.payment".follow_on
    for path, max in pairs(LIMITS) do
      local here = record
      for name in path:gmatch "[^.]+" do
        if here.kind == "list" then here = here.item end
        local found
        for _, entry in ipairs(here) do found = entry[1] == name and entry[2] or found end
        here = assert(found, path)
      end
      assert.equal(max, here.max, path)
    end
  end)
end)
