-- Promises of kassa.sandbox.klarna.disputes and .opening: states, windows and verdicts of reference
-- 4.4 and 4.5, and a chargeback for what was lost.

local shop = require "support.shop"

local NEVER_SHIPPED = { reason = "PRODUCTS_NOT_RECEIVED" }

local function refused(s, ...)
  local ok, message = pcall(s.verb, s, ...)
  assert.is_false(ok, "it was not refused")
  return tostring(message)
end

local function captured(amount)
  local s = shop.open()
  local id = s:authorized(1000)
  s:capture(id, amount or 1000)
  return s, id
end

local function types(s, prefix)
  local out = {}
  for _, delivery in ipairs(s:verb "deliveries") do
    local rest = delivery.event_type:match("^payment%.(.*)$")
    if rest:find(prefix or "^dispute") then out[#out + 1] = rest end
  end
  return out
end

describe("a dispute that is opened", function()
  it("rests in PRE_ARBITRATION for 21 days", function()
    local s, id = captured()
    local made = s:verb("dispute", id, NEVER_SHIPPED)
    assert.equal(id .. ":dispute:1", made.payment_dispute_id)
    assert.equal("PRE_ARBITRATION", made.state)
    assert.is_nil(made.previous_state)
    assert.is_nil(made.state_context)
    assert.equal(1000, made.dispute_details.dispute_amount)
    s:verb("advance", "20d23h")
    assert.equal("PRE_ARBITRATION", s:verb("state", made.payment_dispute_id))
    s:verb("advance", "1h")
    local now = s:verb("view", made.payment_dispute_id)
    assert.equal("ARBITRATION_PENDING", now.state)
    assert.equal("2024-01-22T12:00:00Z", now.arbitration_started_at)
    assert.same({ "dispute.state-change.pre-arbitration",
      "dispute.state-change.arbitration-pending" }, types(s))
  end)

  it("passes it at once when the purchase is unauthorised or a risk", function()
    for _, reason in ipairs { "PURCHASE_UNAUTHORIZED", "PURCHASE_HIGH_RISK" } do
      local s, id = captured()
      local made = s:verb("dispute", id, { reason = reason })
      assert.equal("ARBITRATION_PENDING", made.state)
      assert.equal(2, #types(s))
      assert.truthy(refused(s, "dispute", id, { reason = reason, state = "PRE_ARBITRATION" })
        :find("at once", 1, true))
    end
  end)

  it("is led to the state that is asked for, by the ways there are", function()
    local s, id = captured()
    local made = s:verb("dispute", id, { state = "MERCHANT_EVIDENCE_PENDING",
      type = "PRODUCTS_FAULTY", comment = "Broken", deadline = "3d" })
    assert.equal("MERCHANT_EVIDENCE_PENDING", made.state)
    assert.equal("ARBITRATION_PENDING", made.previous_state)
    assert.same({ evidence_request_type = "PRODUCTS_FAULTY",
      evidence_response_deadline_at = "2024-01-04T12:00:00Z" }, made.state_context)
    assert.equal("Broken", made.merchant_evidence[1].request.comment)
    assert.equal(3, #types(s))
    s, id = captured()
    made = s:verb("dispute", id, { state = "CLOSED", outcome = "lost" })
    assert.equal("CLOSED", made.state)
    assert.same({ "dispute.state-change.pre-arbitration",
      "dispute.state-change.arbitration-pending", "dispute.state-change.closed" }, types(s))
    assert.same({ "transaction.chargeback" }, types(s, "^transaction%.chargeback"))
  end)

  it("takes another window when it is told one", function()
    local s, id = captured()
    local made = s:verb("dispute", id, { deadline = "2d" })
    assert.equal(2 * 86400, s:verb("disputes")[1].left_s)
    s:verb("advance", "2d")
    assert.equal("ARBITRATION_PENDING", s:verb("state", made.payment_dispute_id))
    assert.is_nil(s:verb("disputes")[1].left_s)
  end)

  it("is about money that was taken, and about none of it twice", function()
    local s = shop.open()
    local id = s:authorized(1000)
    refused(s, "dispute", id)
    s:capture(id, 700)
    s:refund(id, 100)
    refused(s, "dispute", id, { amount = 601 })
    refused(s, "dispute", id, { amount = 0 })
    refused(s, "dispute", id, { amount = 1.5 })
    s:verb("dispute", id, { amount = 400 })
    refused(s, "dispute", id, { amount = 201 })
    assert.equal(200, s:verb("dispute", id).dispute_details.dispute_amount)
    refused(s, "dispute", id)
  end)

  it("can be about the same money again once it was won", function()
    local s, id = captured()
    s:verb("dispute", id, { state = "CLOSED" })
    assert.equal(1000, s:verb("dispute", id).dispute_details.dispute_amount)
  end)

  it("is nothing when a word of it is wrong", function()
    local s, id = captured()
    local before = #s:verb "deliveries"
    for _, terms in ipairs { { reason = "BORED" }, { state = "OPEN" }, { deadline = "soon" },
        { state = "CLOSED", outcome = "drawn" }, { outcome = "won" }, { amount = "all" },
        { state = "MERCHANT_EVIDENCE_PENDING", type = "BORED" }, { type = "PRODUCTS_FAULTY" },
        { state = "MERCHANT_EVIDENCE_PENDING", comment = 7 }, { resaon = "PRODUCTS_FAULTY" },
        { state = "ARBITRATION_PENDING", deadline = "1d" }, "PRODUCTS_FAULTY" } do
      assert.equal("string", type(refused(s, "dispute", id, terms)))
    end
    refused(s, "dispute", "nobody")
    assert.equal(before, #s:verb "deliveries")
    assert.same({}, s:verb "disputes")
  end)
end)

describe("an evidence request", function()
  local WINDOW = {
    PRODUCTS_NOT_RECEIVED = "2024-01-15T12:00:00Z", PURCHASE_UNAUTHORIZED = "2024-01-08T12:00:00Z",
    PURCHASE_HIGH_RISK = "2024-01-15T12:00:00Z",
  }

  it("waits 14 days, 7 of an unauthorised purchase, 7 the next time", function()
    for reason, at in pairs(WINDOW) do
      local s, id = captured()
      local made = s:verb("dispute", id, { reason = reason, state = "MERCHANT_EVIDENCE_PENDING" })
      assert.equal(at, made.state_context.evidence_response_deadline_at)
      s:verb("expire", made.payment_dispute_id)
      made = s:verb("ask", made.payment_dispute_id)
      assert.equal("2024-01-08T12:00:00Z", made.state_context.evidence_response_deadline_at)
    end
  end)

  it("that nobody answers ends at its hour, and the dispute goes on", function()
    local s, id = captured()
    local made = s:verb("dispute", id, { state = "MERCHANT_EVIDENCE_PENDING" })
    s:verb("advance", "13d23h59m59s")
    assert.equal("MERCHANT_EVIDENCE_PENDING", s:verb("state", made.payment_dispute_id))
    s:verb("advance", "30d")
    made = s:verb("view", made.payment_dispute_id)
    assert.equal("ARBITRATION_PENDING", made.state)
    assert.equal("2024-01-15T12:00:00Z", made.updated_at)
    assert.is_nil(made.state_context)
    assert.equal("EVIDENCE_REQUEST_EXPIRED", made.merchant_evidence[1].request.state)
    assert.equal("EVIDENCE_REQUESTED", made.merchant_evidence[1].request.previous_state)
  end)

  it("comes at most five times", function()
    local s, id = captured()
    local dispute_id = s:verb("dispute", id, { state = "ARBITRATION_PENDING" }).payment_dispute_id
    for i = 1, 5 do
      local made = s:verb("ask", dispute_id)
      assert.equal(dispute_id .. ":merchant-evidence:" .. i,
        made.merchant_evidence[i].payment_dispute_merchant_evidence_id)
      refused(s, "ask", dispute_id)
      s:verb("expire", dispute_id)
    end
    assert.truthy(refused(s, "ask", dispute_id):find("at most 5", 1, true))
  end)

  it("does not end by the time of the one before", function()
    local s, id = captured()
    local dispute_id = s:verb("dispute", id,
      { state = "MERCHANT_EVIDENCE_PENDING", deadline = "5d" }).payment_dispute_id
    s:verb("expire", dispute_id)
    s:verb("ask", dispute_id, { deadline = "10d" })
    s:verb("advance", "6d")
    assert.equal("MERCHANT_EVIDENCE_PENDING", s:verb("state", dispute_id))
    s:verb("advance", "4d")
    assert.equal("ARBITRATION_PENDING", s:verb("state", dispute_id))
  end)

  it("is made only in arbitration, of words that mean something", function()
    local s, id = captured()
    local dispute_id = s:verb("dispute", id).payment_dispute_id
    refused(s, "ask", dispute_id)
    s:verb("escalate", dispute_id)
    refused(s, "escalate", dispute_id)
    for _, terms in ipairs { { type = "BORED" }, { comment = {} }, { deadline = "soon" },
        { typo = 1 }, "now" } do
      refused(s, "ask", dispute_id, terms)
    end
    refused(s, "ask", "nobody")
    assert.equal("ARBITRATION_PENDING", s:verb("state", dispute_id))
  end)
end)

describe("a verdict", function()
  it("of lost takes the disputed amount back, with its event", function()
    local s, id = captured()
    local made = s:verb("dispute", id, { amount = 300, state = "ARBITRATION_PENDING" })
    made = s:verb("decide", made.payment_dispute_id, "lost")
    assert.equal("CLOSED", made.state)
    assert.equal("2024-01-01T12:00:00Z", made.closed_at)
    local back = s:transaction(id).payment_chargebacks[1]
    assert.equal(300, back.chargeback_amount)
    assert.equal(made.payment_dispute_id, back.payment_dispute_id)
    assert.equal("DISPUTE_ARBITRATION_LOST", back.chargeback_reason)
    assert.equal("lost", s:verb("disputes")[1].outcome)
  end)

  it("of won takes nothing", function()
    local s, id = captured()
    local made = s:verb("dispute", id, { state = "ARBITRATION_PENDING" })
    s:verb("decide", made.payment_dispute_id, "won")
    assert.same({}, s:transaction(id).payment_chargebacks)
    assert.equal("won", s:verb("disputes")[1].outcome)
  end)

  it("of lost takes no more than a refund has left", function()
    local s, id = captured()
    local made = s:verb("dispute", id, { state = "ARBITRATION_PENDING" })
    s:refund(id, 800)
    s:verb("decide", made.payment_dispute_id, "lost")
    assert.equal(200, s:transaction(id).payment_chargebacks[1].chargeback_amount)
    s, id = captured()
    made = s:verb("dispute", id, { state = "ARBITRATION_PENDING" })
    s:refund(id, 1000)
    s:verb("decide", made.payment_dispute_id, "lost")
    assert.same({}, s:transaction(id).payment_chargebacks)
  end)

  it("is given in arbitration only, once, in a word there is", function()
    local s, id = captured()
    local dispute_id = s:verb("dispute", id).payment_dispute_id
    refused(s, "decide", dispute_id, "won")
    s:verb("escalate", dispute_id)
    refused(s, "decide", dispute_id)
    refused(s, "decide", dispute_id, "drawn")
    s:verb("ask", dispute_id)
    refused(s, "decide", dispute_id, "won")
    s:verb("expire", dispute_id)
    s:verb("decide", dispute_id, "won")
    refused(s, "decide", dispute_id, "won")
    refused(s, "decide", "nobody", "won")
    refused(s, "expire", dispute_id)
  end)

  it("stands behind a chargeback that is made by its verb", function()
    local s, id = captured()
    local back = s:verb("chargeback", id, { amount = 10, reason = "OTHER" })
    assert.equal("OTHER", back.chargeback_reason)
    assert.equal("CLOSED", s:verb("view", back.payment_dispute_id).state)
    assert.equal(10, s:verb("view", back.payment_dispute_id).dispute_details.dispute_amount)
  end)
end)

-- Operations -------------------------------------------------------------------------------------

local ANSWER = {
  additional_information = "Delivered on Friday",
  details = { tracking_number = "JCYPE32JAAR4", shipping_carrier = "DHL" },
}
local PDF = { { "file", "%PDF-1.7", filename = "a.pdf" } }

-- Reference 4.4: status by operation and state.
local LEGAL = {
  accept_loss = { PRE_ARBITRATION = 202, ARBITRATION_PENDING = 202,
    MERCHANT_EVIDENCE_PENDING = 202, CLOSED = 409 },
  upload = { PRE_ARBITRATION = 201, ARBITRATION_PENDING = 201,
    MERCHANT_EVIDENCE_PENDING = 201, CLOSED = 409 },
  respond = { PRE_ARBITRATION = 409, ARBITRATION_PENDING = 409,
    MERCHANT_EVIDENCE_PENDING = 201, CLOSED = 409 },
}

describe("an operation on a dispute", function()
  for operation, states in pairs(LEGAL) do
    for state, wanted in pairs(states) do
      it(operation .. " in " .. state .. " is answered " .. wanted, function()
        local s = shop.open()
        local id = s:disputed({ state = state }).payment_dispute_id
        local before = #s:verb "deliveries"
        local body = operation == "respond" and ANSWER or operation == "upload" and PDF or nil
        local status, value = s[operation](s, id, body)
        assert.equal(wanted, status)
        if wanted ~= 409 then return end
        assert.equal("RESOURCE_CONFLICT", value.error_code)
        assert.equal(state, s:verb("state", id))
        assert.equal(before, #s:verb "deliveries")
      end)
    end
  end

  it("that is not there is 404, also for another product instance", function()
    local s = shop.open()
    local made = s:disputed({ state = "MERCHANT_EVIDENCE_PENDING" })
    for _, id in ipairs { "nobody", made.payment_dispute_id
        .. "?payment_product_instance_id=another" } do
      assert.equal(404, (s:get("/payment/disputes/" .. id)))
    end
    assert.equal(404, (s:respond("nobody", ANSWER)))
    assert.equal(404, (s:accept_loss("nobody")))
    assert.equal(200, (s:get("/payment/disputes/" .. made.payment_dispute_id
      .. "?payment_product_instance_id=" .. made.payment_product_instance_id)))
  end)
end)

describe("an answer with evidence", function()
  local s, id
  before_each(function()
    s = shop.open()
    id = s:disputed({ state = "MERCHANT_EVIDENCE_PENDING" }).payment_dispute_id
  end)

  it("is kept as it was given, and ends the request", function()
    local _, file = s:upload(id, PDF)
    local named = { payment_dispute_attachment_id = file.payment_dispute_attachment_id,
      description = "Proof" }
    s:verb("advance", "1h")
    local status, value = s:respond(id, { additional_information = "Sent", attachments = { named },
      created_at = "2024-01-01T00:00:00.000Z",
      details = { tracking_number = "1", proof_of_delivery_attachments = { named },
        customer = { given_name = "Klara" } } })
    assert.equal(201, status)
    assert.equal(id .. ":request:1:response:1", value.response_id)
    assert.equal("2024-01-01T13:00:00Z", value.created_at)
    local read = s:verb("view", id)
    assert.equal("ARBITRATION_PENDING", read.state)
    assert.equal("MERCHANT_EVIDENCE_PENDING", read.previous_state)
    assert.is_nil(read.state_context)
    local evidence = read.merchant_evidence[1]
    assert.equal("EVIDENCE_RECEIVED", evidence.request.state)
    assert.equal("EVIDENCE_REQUESTED", evidence.request.previous_state)
    value.response_id = nil
    assert.same(value, evidence.response)
    assert.same({ named }, value.details.proof_of_delivery_attachments)
    assert.equal("Klara", value.details.customer.given_name)
  end)

  it("names attachments of this dispute only", function()
    local other = s:disputed({})
    local _, elsewhere = s:upload(other.payment_dispute_id, PDF)
    local stray = { { payment_dispute_attachment_id = elsewhere.payment_dispute_attachment_id } }
    for parameter, body in pairs {
      ["attachments[0].payment_dispute_attachment_id"] = { attachments = stray },
      ["details.proof_of_delivery_attachments[0].payment_dispute_attachment_id"] =
        { details = { proof_of_delivery_attachments = stray } },
      ["details.x_attachments[0].payment_dispute_attachment_id"] =
        { details = { x_attachments = { "text" }, a_attachments = "text" } },
    } do
      local status, value = s:respond(id, body)
      assert.equal(400, status)
      assert.equal(parameter, value.validation_errors[1].parameter)
    end
    assert.equal("MERCHANT_EVIDENCE_PENDING", s:verb("state", id))
  end)

  it("counts once; its key brings the same answer again", function()
    local key = { ["klarna-idempotency-key"] = "answer" }
    local _, first = s:respond(id, ANSWER, key)
    local status, again = s:respond(id, ANSWER, key)
    assert.equal(201, status)
    assert.same(first, again)
    assert.equal(409, (s:respond(id, ANSWER)))
    assert.equal(409, (s:respond(id, { additional_information = "other" }, key)))
  end)

  it("is too late at the hour itself", function()
    s:verb("advance", "14d")
    assert.equal(409, (s:respond(id, ANSWER)))
    s:verb("ask", id)
    s:verb("advance", "6d23h59m59s")
    assert.equal(201, (s:respond(id, ANSWER)))
    assert.is_nil(s:verb("view", id).merchant_evidence[1].response)
    s:verb("ask", id)
    local _, value = s:respond(id, ANSWER)
    assert.equal(id .. ":request:3:response:1", value.response_id)
  end)
end)

describe("a loss that is accepted", function()
  it("closes the dispute, waives what is asked and gives the money back", function()
    local s = shop.open()
    local made, transaction_id = s:disputed({ state = "MERCHANT_EVIDENCE_PENDING", amount = 250 })
    local status, _, response = s:accept_loss(made.payment_dispute_id)
    assert.equal(202, status)
    assert.equal("", response.body)
    local read = s:verb("view", made.payment_dispute_id)
    assert.equal("CLOSED", read.state)
    assert.equal("EVIDENCE_WAIVED", read.merchant_evidence[1].request.state)
    assert.equal("accepted", s:verb("disputes")[1].outcome)
    local back = s:transaction(transaction_id).payment_chargebacks[1]
    assert.equal(250, back.chargeback_amount)
    assert.equal("DISPUTE_LOSS_ACCEPTED", back.chargeback_reason)
  end)

  it("is taken once by its key", function()
    local s = shop.open()
    local made, transaction_id = s:disputed {}
    local key = { ["klarna-idempotency-key"] = "loss" }
    for _ = 1, 2 do assert.equal(202, (s:accept_loss(made.payment_dispute_id, key))) end
    assert.equal(1, #s:transaction(transaction_id).payment_chargebacks)
  end)
end)
