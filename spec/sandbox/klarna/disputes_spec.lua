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
