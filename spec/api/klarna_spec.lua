-- The table of Klarna operations against figures copied by hand from the reference.
-- It refuses to compute anything it expects from the rows.

local judge = require "kassa.judge"
local CLOCK = { time = function() return 0 end }
local klarna = require("kassa.api").whole(require "kassa.api.klarna")
local schema = require "kassa.schema"
local fixtures = require "support.fixtures"

-- name, method, path, certainty, success, money, idempotency key
local EXPECTED = {
  { "payment_request.create", "POST", "/payment/requests", "likely", { 201 }, nil, true },
  { "payment_request.read", "GET", "/payment/requests/{payment_request_id}", "likely", { 200 } },
  { "payment_request.update", "PATCH", "/payment/requests/{payment_request_id}", "guess", { 200 },
    nil, true },
  { "payment_request.cancel", "DELETE", "/payment/requests/{payment_request_id}", "guess",
    { 200 } },
  { "payment_request.confirm", "POST",
    "/payment/confirmation-tokens/{payment_confirmation_token}/confirm", "exact", { 200 },
    "authorize", true },
  { "customer_token.charge", "POST", "/payment/customer-token/charge", "guess", { 200, 201 },
    "authorize", true },
  { "payment_transaction.read", "GET", "/payment/transactions/{payment_transaction_id}", "exact",
    { 200 } },
  { "payment_transaction.update", "PATCH", "/payment/transactions/{payment_transaction_id}",
    "likely", { 200 }, nil, true },
  { "payment_transaction.capture", "POST",
    "/payment/transactions/{payment_transaction_id}/capture", "likely", { 200, 201 }, "take",
    true },
  { "payment_transaction.refund", "POST", "/payment/transactions/{payment_transaction_id}/refund",
    "likely", { 200, 201 }, "give_back", true },
  { "payment_transaction.void", "POST", "/payment/transactions/{payment_transaction_id}/void",
    "likely", { 200 }, "release", true },
  { "payment_capture.read", "GET", "/payment/captures/{payment_capture_id}", "likely", { 200 } },
  { "payment_capture.refund", "POST", "/payment/captures/{payment_capture_id}/refund", "likely",
    { 200, 201 }, "give_back", true },
  { "payment_refund.read", "GET", "/payment/refunds/{payment_refund_id}", "likely", { 200 } },
  { "payment_chargeback.read", "GET", "/payment/chargebacks/{payment_chargeback_id}", "likely",
    { 200 } },
  { "payment_dispute.list", "GET", "/payment/disputes", "likely", { 200 } },
  { "payment_dispute.read", "GET", "/payment/disputes/{payment_dispute_id}", "likely", { 200 } },
  { "payment_dispute.accept_loss", "POST", "/payment/disputes/{payment_dispute_id}/accept-loss",
    "likely", { 202 }, nil, true },
  { "payment_dispute.upload_attachment", "POST",
    "/payment/disputes/{payment_dispute_id}/attachments", "likely", { 201 }, nil, true },
  { "payment_dispute.respond", "POST", "/payment/disputes/{payment_dispute_id}/respond", "likely",
    { 201 }, nil, true },
  { "payment_dispute.download_attachment", "GET", "/payment/disputes/{payment_dispute_id}"
    .. "/attachments/{payment_dispute_attachment_id}/download", "likely", { 200 } },
  { "signing_key.create", "POST", "/notification/signing-keys", "likely", { 201 }, nil, true },
  { "signing_key.list", "GET", "/notification/signing-keys", "likely", { 200 } },
  { "signing_key.read", "GET", "/notification/signing-keys/{signing_key_id}", "likely", { 200 } },
  { "signing_key.delete", "DELETE", "/notification/signing-keys/{signing_key_id}", "likely",
    { 204 } },
  { "webhook.create", "POST", "/notification/webhooks", "likely", { 201 }, nil, true },
  { "webhook.list", "GET", "/notification/webhooks", "likely", { 200 } },
  { "webhook.read", "GET", "/notification/webhooks/{webhook_id}", "likely", { 200 } },
  { "webhook.update", "PATCH", "/notification/webhooks/{webhook_id}", "likely", { 200 }, nil,
    true },
  { "webhook.delete", "DELETE", "/notification/webhooks/{webhook_id}", "likely", { 204 } },
  { "webhook.simulate", "POST", "/notification/webhooks/{webhook_id}/simulate", "likely",
    { 200, 202, 204 }, nil, true },
}

-- Statuses beside 400, 401, 404, 429, 500 and, but for disputes, 503.
local EXTRA_ERRORS = {
  ["payment_request.update"] = { 409 }, ["payment_request.cancel"] = { 409 },
  ["payment_request.confirm"] = { 409 }, ["customer_token.charge"] = { 403, 409 },
  ["payment_transaction.capture"] = { 403 }, ["payment_transaction.refund"] = { 403 },
  ["payment_transaction.void"] = { 403 }, ["payment_capture.refund"] = { 403 },
  ["payment_dispute.list"] = { 403 }, ["payment_dispute.accept_loss"] = { 409 },
  ["payment_dispute.upload_attachment"] = { 403, 409, 413 },
  ["payment_dispute.respond"] = { 403, 409 },
  ["signing_key.create"] = { 403 }, ["webhook.create"] = { 409 }, ["webhook.update"] = { 409 },
}

local REQUEST_STATES = { "SUBMITTED", "PREPARED", "IN_PROGRESS", "PENDING_CONFIRMATION",
  "CONFIRMED", "CANCELED", "EXPIRED", "DECLINED" }
local DISPUTE_STATES = { "PRE_ARBITRATION", "ARBITRATION_PENDING", "MERCHANT_EVIDENCE_PENDING",
  "CLOSED" }
local TRANSACTION_STATES = { "AUTHORIZED", "EXPIRED", "COMPLETED", "CLOSED" }

-- One letter a state, in the order above: y legal, n not.
local LEGAL = {
  { "payment_request.read", "payment_request", REQUEST_STATES, "yyyyyyyy" },
  { "payment_request.update", "payment_request", REQUEST_STATES, "ynnnnnnn" },
  { "payment_request.cancel", "payment_request", REQUEST_STATES, "ynyynnnn" },
  { "payment_request.confirm", "payment_request", REQUEST_STATES, "nnnyynnn" },
  { "payment_transaction.read", "payment_transaction", TRANSACTION_STATES, "yyyy" },
  { "payment_transaction.update", "payment_transaction", TRANSACTION_STATES, "ynnn" },
  { "payment_transaction.capture", "payment_transaction", TRANSACTION_STATES, "ynnn" },
  { "payment_transaction.refund", "payment_transaction", TRANSACTION_STATES, "yyyn" },
  { "payment_transaction.void", "payment_transaction", TRANSACTION_STATES, "ynnn" },
  { "payment_capture.read", "payment_transaction", TRANSACTION_STATES, "yyyy" },
  { "payment_capture.refund", "payment_transaction", TRANSACTION_STATES, "yyyn" },
  { "payment_refund.read", "payment_transaction", TRANSACTION_STATES, "yyyy" },
  { "payment_chargeback.read", "payment_transaction", TRANSACTION_STATES, "yyyy" },
  { "payment_dispute.read", "payment_dispute", DISPUTE_STATES, "yyyy" },
  { "payment_dispute.accept_loss", "payment_dispute", DISPUTE_STATES, "yyyn" },
  { "payment_dispute.upload_attachment", "payment_dispute", DISPUTE_STATES, "yyyn" },
  { "payment_dispute.respond", "payment_dispute", DISPUTE_STATES, "nnyn" },
  { "payment_dispute.download_attachment", "payment_dispute", DISPUTE_STATES, "yyyy" },
}

local BRINGS_NO_OBJECT = { ["payment_dispute.download_attachment"] = true,
  ["signing_key.delete"] = true, ["webhook.delete"] = true, ["webhook.simulate"] = true }

local function by_name(name)
  for _, row in ipairs(klarna.operations) do
    if row.name == name then return row end
  end
end

local function contains(list, value)
  for _, member in ipairs(list) do
    if member == value then return true end
  end
  return false
end

-- Call visit(record, path) for every record below a type.
local function each_record(type_, path, visit)
  if type_.kind == "list" or type_.kind == "map" then
    return each_record(type_.item, path .. "[]", visit)
  end
  if type_.kind ~= "record" then return end
  visit(type_, path)
  for _, entry in ipairs(type_) do each_record(entry[2], path .. "." .. entry[1], visit) end
end

local function each_schema(visit)
  for _, row in ipairs(klarna.operations) do
    for _, part in ipairs { "body", "query", "page" } do
      if row[part] then each_record(row[part], row.name .. " " .. part, visit) end
    end
  end
  for name, object in pairs(klarna.objects) do each_record(object.schema, name, visit) end
  each_record(klarna.error, "error", visit)
  each_record(klarna.integration, "integration", visit)
end

local LUA_TYPE = { amount = "number", integer = "number", number = "number", flag = "boolean",
  list = "table", map = "table", record = "table" }

-- Every member of an example is known by name and has the declared kind.
local function fits(type_, value, path)
  if type_.kind == "any" then return end
  local wanted = LUA_TYPE[type_.kind] or "string"
  assert(type(value) == wanted, path .. ": expected " .. wanted .. ", got " .. type(value))
  if type_.kind == "enum" and not contains(type_, value) then error(path .. ": " .. value) end
  if type_.kind == "list" then
    for position, member in ipairs(value) do
      fits(type_.item, member, path .. "[" .. position .. "]")
    end
  elseif type_.kind == "record" then
    local known = {}
    for _, entry in ipairs(type_) do known[entry[1]] = entry end
    for name, member in pairs(value) do
      assert(known[name], path .. "." .. name .. ": not in the schema")
      fits(known[name][2], member, path .. "." .. name)
    end
    for name, entry in pairs(known) do
      assert(not entry.required or value[name] ~= nil, path .. "." .. name .. ": missing")
    end
  end
end

describe("the table of Klarna operations", function()
  it("has rows 1 to 21 of the reference and the Notifications API, in order", function()
    assert.are.equal(31, #EXPECTED)
    assert.are.equal(#EXPECTED, #klarna.operations)
    for position, row in ipairs(klarna.operations) do
      local want = EXPECTED[position]
      assert.are.same({ want[1], want[2], want[3], want[4] },
        { row.name, row.method, row.path, row.sure })
      assert.are.same(want[5], row.success, row.name)
      assert.are.equal(want[6], row.money, row.name)
      assert.are.equal(want[7], row.keyed, row.name)
    end
  end)

  it("lists the error statuses of the seed document", function()
    for _, row in ipairs(klarna.operations) do
      local want = { 400, 401, 404, 429, 500 }
      if row.resource ~= "disputes" then want[6] = 503 end
      for _, status in ipairs(EXTRA_ERRORS[row.name] or {}) do want[#want + 1] = status end
      table.sort(want)
      assert.are.same(want, row.errors, row.name)
    end
  end)

  it("knows for each operation in which state it is legal", function()
    for _, case in ipairs(LEGAL) do
      local row, letters = by_name(case[1]), case[4]
      local needs = row.needs and row.needs[case[2]]
      assert.are.equal(#case[3], #letters)
      for position, state in ipairs(case[3]) do
        local legal = needs == nil or contains(needs, state)
        assert.are.equal(letters:sub(position, position) == "y", legal, case[1] .. " " .. state)
      end
    end
  end)

  it("needs no state for what makes an object", function()
    assert.is_nil(by_name("payment_request.create").needs)
    assert.is_nil(by_name("customer_token.charge").needs)
  end)

  it("has complete rows with unique names", function()
    local seen = {}
    for _, row in ipairs(klarna.operations) do
      assert.is_nil(seen[row.name], row.name)
      seen[row.name] = true
      local kind, verb = row.name:match("^([%w_]+)%.([%w_]+)$")
      assert.are.equal(verb, row.verb)
      assert.are.equal(klarna.objects[kind] and klarna.objects[kind].resource or kind .. "s",
        row.resource)
      assert.are.equal(row.method .. " " .. row.path, row.http)
      assert.is_true(BRINGS_NO_OBJECT[row.name] or klarna.objects[row.reply] ~= nil, row.name)
      assert.is_true(row.on == nil or klarna.objects[row.on] ~= nil, row.name)
      for _, key in ipairs { "bucket", "doc", "source", "sure" } do
        assert.are.equal("string", type(row[key]), row.name .. " " .. key)
      end
      assert.are.equal("string", type(row.example.code), row.name)
      assert.is_true(row.amount == nil or row.body ~= nil, row.name)
    end
  end)

  it("names in params what stands in the path", function()
    for _, row in ipairs(klarna.operations) do
      local found = {}
      for name in row.path:gmatch("{([%w_]+)}") do found[#found + 1] = name end
      assert.are.same(found, row.params, row.name)
    end
  end)

  it("keys every POST and PATCH, and nothing else", function()
    for _, row in ipairs(klarna.operations) do
      local keyed = row.method == "POST" or row.method == "PATCH"
      assert.are.equal(keyed, row.keyed == true, row.name)
    end
  end)

  it("holds no function", function()
    local seen = {}
    local function walk(value, path)
      assert.is_true(type(value) ~= "function" and type(value) ~= "userdata", path)
      if type(value) ~= "table" or seen[value] then return end
      seen[value] = true
      for key, member in pairs(value) do walk(member, path .. "." .. tostring(key)) end
    end
    walk(klarna, "klarna")
  end)

  it("puts each rate category of a row among the known ones", function()
    local known = {}
    for _, rate in ipairs(klarna.rates) do known[rate.name] = true end
    for _, row in ipairs(klarna.operations) do assert.is_true(known[row.bucket], row.name) end
  end)

  it("has examples that Lua can read", function()
    for _, row in ipairs(klarna.operations) do
      assert((loadstring or load)(row.example.code, row.name))
    end
  end)

  it("sends the customer token of a charge in the header of this release", function()
    local header = by_name("customer_token.charge").headers[1]
    assert.are.equal("X-Klarna-Customer-Token", header.name)
    assert.are.equal(1024, header.type.max)
    assert.is_true(header.secret and header.required)
    assert.are.same({ "customer_token" }, by_name("customer_token.charge").arguments)
  end)
end)

describe("the fields of Klarna's bodies and answers", function()
  it("say how sure they are, from where, and what they mean", function()
    each_schema(function(record, path)
      for _, entry in ipairs(record) do
        local where = path .. "." .. entry[1]
        assert.is_truthy(entry.sure, where)
        assert.is_truthy(entry.source, where)
        assert.is_truthy(entry.doc and entry.doc:match("%.$"), where)
      end
    end)
  end)

  it("mark what is personal and what is secret", function()
    local marks = { personal = {}, secret = {} }
    for name in ([[given_name family_name email phone street_address street_address2 postal_code
        date_of_birth ip_address national_identification additional_data customer_id details
        additional_information]])
        :gmatch("%S+") do
      marks.personal[name] = true
    end
    for name in ([[customer_token payment_confirmation_token interoperability_token
        signing_key]]):gmatch("%S+") do
      marks.secret[name] = true
    end
    each_schema(function(record, path)
      for _, entry in ipairs(record) do
        for mark, names in pairs(marks) do
          if names[entry[1]] then assert.is_true(entry[mark], path .. "." .. entry[1]) end
        end
      end
    end)
  end)

  it("give one record one name", function()
    local named = {}
    each_schema(function(record, path)
      local before = named[record.name]
      assert.is_true(before == nil or before == record, path .. ": " .. record.name)
      named[record.name] = record
    end)
  end)

  it("carry the limits of the reference", function()
    local function field(record, name)
      for _, entry in ipairs(record) do
        if entry[1] == name then return entry[2], entry end
      end
    end
    local create = by_name("payment_request.create").body
    local amount, entry = field(create, "payment_amount")
    assert.are.same({ 1, 2147483647, true }, { amount.min, amount.max, entry.required })
    local data = field(create, "supplementary_purchase_data")
    local address = field(field(data, "shipping").item, "address")
    assert.are.equal(99, field(address, "street_address").max)
    assert.are.equal(10, field(address, "postal_code").max)
    assert.is_true(field(field(data, "line_items").item, "total_amount").min < 0)
    assert.are.equal(8192, field(field(create, "interoperability"), "interoperability_token").max)
    local confirm = by_name("payment_request.confirm").body
    assert.are.equal(255, field(confirm, "payment_transaction_reference").max)
  end)

  it("carry what the reference says about uploads, and send times with milliseconds", function()
    local upload = by_name("payment_dispute.upload_attachment")
    assert.are.same({ "multipart", "file", 7340032, 1000 },
      { upload.hook, upload.file.part, upload.file.max, upload.file.name_max })
    local kinds = {}
    for kind in pairs(upload.file.kinds) do kinds[#kinds + 1] = kind end
    table.sort(kinds)
    assert.are.equal("docx jpeg pdf png", table.concat(kinds, " "))
    local sent = 0
    local function walk(record)
      for _, entry in ipairs(record) do
        if entry[2].kind == "time" then
          assert.is_true(entry[2].millis, entry[1])
          sent = sent + 1
        end
      end
    end
    walk(by_name("payment_dispute.list").query)
    walk(by_name("payment_dispute.respond").body)
    assert.are.equal(5, sent)
  end)

  it("spell out that line items add up", function()
    local rule = { sum = "supplementary_purchase_data.line_items[].total_amount",
      equals = "payment_amount" }
    assert.are.same({ rule }, by_name("payment_request.create").body.rules)
    assert.are.same({ rule }, by_name("payment_request.update").body.rules)
  end)

  it("let a sample of every body pass", function()
    for _, row in ipairs(klarna.operations) do -- spec/schema/sample_spec.lua breaks them all
      if row.body then
        assert(schema.check(row.body, schema.sample(row.body), true, true))
      end
    end
  end)

  it("know every member of the example requests and answers", function()
    local checked = 0
    for _, fixture in ipairs(fixtures.all()) do
      local row = by_name(fixture.operation)
      if row then
        local type_ = fixture.kind == "request" and row.body or row.page
          or klarna.objects[row.reply].schema
        fits(type_, fixture.value, fixture.name)
        checked = checked + 1
      end
    end
    assert.are.equal(28, checked)
  end)
end)

describe("the state machines of Klarna's objects", function()
  -- from, to: copied from the reference, sections 4.1 to 4.5
  local EDGES = {
    payment_request = {
      CREATED = "SUBMITTED",
      SUBMITTED = "SUBMITTED IN_PROGRESS PREPARED CANCELED EXPIRED",
      PREPARED = "IN_PROGRESS PENDING_CONFIRMATION",
      IN_PROGRESS = "SUBMITTED PENDING_CONFIRMATION CONFIRMED CANCELED EXPIRED",
      PENDING_CONFIRMATION = "IN_PROGRESS CONFIRMED SUBMITTED",
    },
    payment_transaction = {
      AUTHORIZED = "AUTHORIZED COMPLETED CLOSED EXPIRED",
      EXPIRED = "AUTHORIZED CLOSED COMPLETED",
      COMPLETED = "CLOSED",
    },
    payment_funding = { PENDING = "FUNDED EXPIRED" },
    payment_dispute = {
      PRE_ARBITRATION = "ARBITRATION_PENDING CLOSED",
      ARBITRATION_PENDING = "MERCHANT_EVIDENCE_PENDING CLOSED",
      MERCHANT_EVIDENCE_PENDING = "ARBITRATION_PENDING CLOSED",
    },
    merchant_evidence = {
      EVIDENCE_REQUESTED = "EVIDENCE_RECEIVED EVIDENCE_REQUEST_EXPIRED EVIDENCE_WAIVED",
    },
  }

  it("lead where the reference says", function()
    for kind, edges in pairs(EDGES) do
      local found = {}
      for from, to in pairs(klarna.machines[kind].edges) do found[from] = table.concat(to, " ") end
      assert.are.same(edges, found)
    end
  end)

  it("leave no final state and no unknown one", function()
    for kind, machine in pairs(klarna.machines) do
      for from, targets in pairs(machine.edges) do
        assert.is_true(contains(machine.states, from), kind .. " " .. from)
        assert.is_false(contains(machine.final, from), kind .. " " .. from)
        for _, to in ipairs(targets) do assert.is_true(contains(machine.states, to), to) end
      end
      for event in pairs(machine.events) do
        local from, to = event:match("^(.*)>(.+)$")
        local known = from == "" and machine.initial or machine.edges[from]
        assert.is_true(contains(known, to), kind .. " " .. event)
      end
    end
  end)

  it("are those that rows and objects speak of", function()
    for _, row in ipairs(klarna.operations) do
      for kind, states in pairs(row.needs or {}) do
        for _, state in ipairs(states) do
          assert.is_true(contains(klarna.machines[kind].states, state), row.name)
        end
      end
    end
    for _, object in pairs(klarna.objects) do
      assert.is_true(object.state == nil or klarna.machines[object.state] ~= nil)
    end
  end)
end)

describe("the error answers of Klarna", function()
  -- status, error_code, retried by the client
  local ROWS = {
    { 400, "VALIDATION_ERROR", false }, { 400, "INVALID_CONTENT_TYPE", false },
    { 401, "UNAUTHORIZED", false }, { 403, "OPERATION_FORBIDDEN", false },
    { 404, "NOT_FOUND", false }, { 404, "RESOURCE_NOT_FOUND", false },
    { 409, "RESOURCE_CONFLICT", false }, { 429, "RATE_LIMITED", true },
    { 500, "INTERNAL_ERROR", true }, { 500, "TIMEOUT", true },
    { 500, "SERVER_CONFIGURATION_ERROR", false }, { 503, "TEMPORARY_UNAVAILABLE", true },
    { 413, nil, false }, { 502, nil, true }, { 504, nil, true },
  }

  local function find(status, error_code)
    for _, row in ipairs(klarna.errors) do
      if row.status == status and row.error_code == error_code then return row end
    end
  end

  it("are repeated exactly where the reference says so", function()
    for _, case in ipairs(ROWS) do
      local row = find(case[1], case[2])
      assert.is_truthy(row, case[1] .. " " .. tostring(case[2]))
      assert.are.equal(case[3], row.automatic == true, case[1] .. " " .. tostring(case[2]))
      if row.automatic then assert.are.equal("same_key", row.retry) end
    end
  end)

  it("say what the client makes of them", function()
    local plan = { acts = true, keyed = true, row = { reply = "payment_capture" } }
    for _, row in ipairs(klarna.errors) do
      local body = row.empty and "" or ('{"error_code":"%s","error_message":"m"}'):format(
        row.error_code or "SOMETHING_ELSE")
      local _, failed = judge.judge(plan, { status = row.status, head = "", body = body }, CLOCK)
      local where = row.status .. " " .. (row.error_code or row.doc)
      assert.are.same({ row.code, row.happened, row.retry, row.automatic == true },
        { failed.code, failed.happened, failed.retry, failed.passing }, where)
    end
  end)

  it("use the closed list of codes", function()
    local codes = require("kassa.core").errors.by_code
    for _, row in ipairs(klarna.errors) do assert.is_truthy(codes[row.code], row.code) end
  end)

  it("never claim that a failure of Klarna did nothing", function()
    for _, row in ipairs(klarna.errors) do
      assert.are.equal(row.status >= 500 and "unknown" or "no", row.happened)
    end
  end)
end)
