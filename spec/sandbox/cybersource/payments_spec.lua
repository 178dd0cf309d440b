-- Promises of kassa.sandbox.cybersource.payments: what the reference says of money (7.2 to 7.5), by
-- hand, with the reasons of section 10.

local gateway = require "support.gateway"

local g

local function reason_of(status, value)
  assert.equal(400, status)
  assert.equal("INVALID_REQUEST", value.status)
  assert.truthy(value.message and value.submitTimeUtc)
  return value.reason
end

local function failed_with(code, status, value)
  assert.equal(201, status)
  assert.equal("FAILED", value.status)
  assert.equal(code, value.processorInformation.responseCode)
  assert.truthy(value.errorInformation.reason and value.errorInformation.message)
end

before_each(function() g = gateway.open { seed = 7 } end)

describe("a token", function()
  it("that no shopper gave, or of a session that is over, is good for nothing", function()
    failed_with("10000", g:authorize("81de1d13-3dd5-4d0e-9a4b-8e9b1f1b9f4f"))
    local token, session = g:token()
    g:verb("abandon", session.id)
    failed_with("10000", g:authorize(token))
  end)

  it("is good for one authorization, and for another once that failed", function()
    local token = g:token()
    failed_with("30200", g:authorize(token, "9.11"))
    local _, made = g:authorize(token, "100.00")
    assert.equal("AUTHORIZED", made.status)
    failed_with("10000", g:authorize(token, "100.00"))
    g:reverse(made.id)
    failed_with("10000", g:authorize(token, "100.00"))
  end)
end)

describe("an authorization", function()
  it("needs an amount above zero", function()
    assert.equal("INVALID_AMOUNT", reason_of(g:authorize("sandbox-approved", "0.00")))
  end)

  it("is captured in parts up to its amount, for 28 days", function()
    local made = g:authorized("100.00")
    local _, first = g:capture(made.id, "60")
    local _, second = g:capture(made.id, "39.99")
    assert.not_equal(first.id, second.id)
    assert.not_equal(first.reconciliationId, second.reconciliationId)
    assert.equal("EXCEEDS_AUTH_AMOUNT", reason_of(g:capture(made.id, "0.02")))
    assert.equal("INVALID_AMOUNT", reason_of(g:capture(made.id, "0")))
    assert.equal("INVALID_DATA", reason_of(g:capture(made.id, "0.01", nil, "EUR")))
    g:verb("advance", "28d")
    assert.equal("MISSING_AUTH", reason_of(g:capture(made.id, "0.01")))
    assert.equal("MISSING_AUTH", reason_of(g:capture("7000000000000000000000", "0.01")))
    assert.same({ authorized = 10000, captured = 9999, captures = 2, charged_back = 0,
      currency = "USD", refunded = 0, refunds = 0, remaining = 1, state = "AUTHORIZED" },
      g:verb("ledger", made.id))
  end)

  it("counts in its currency's decimals", function()
    local yen = { currency = "JPY", totalAmount = "5000" }
    local status, made = g:send("POST", "/pts/v2/payments", {
      paymentInformation = { paymentType = { name = "INVOICE", method = { name = "KLARNA" } } },
      processingInformation = { actionList = { "AP_AUTH" } },
      processorInformation = { preApprovalToken = "sandbox-approved" },
      orderInformation = { amountDetails = yen,
        billTo = { country = "JP", postalCode = "100-0001", administrativeArea = "13" } },
    })
    assert.equal(201, status)
    assert.equal("5000", made.orderInformation.amountDetails.totalAmount)
    assert.equal(5000, g:verb("ledger", made.id).authorized)
    assert.equal("EXCEEDS_AUTH_AMOUNT", reason_of(g:capture(made.id, "5001", nil, "JPY")))
    assert.equal(201, (g:capture(made.id, "5000", nil, "JPY")))
  end)

  it("that is PENDING, FAILED or ABANDONED moves no money", function()
    for _, token in ipairs { "sandbox-pending-failed", "sandbox-failed",
        "sandbox-pending-abandoned" } do
      local _, made = g:authorize(token)
      for _ = 1, 2 do
        assert.equal("MISSING_AUTH", reason_of(g:capture(made.id, "1.00")))
        assert.equal("MISSING_AUTH", reason_of(g:reverse(made.id)))
        assert.equal("INVALID_PAYMENT_ID",
          reason_of(g:authorize("sandbox-approved", "1.00", nil, made.id)))
        g:verb("advance", "1h")
      end
    end
  end)
end)

describe("a follow-on", function()
  it("has an id of its own and takes the place of what it follows", function()
    local token = g:token()
    local _, first = g:authorize(token)
    local status, second = g:authorize(token, "80.00", nil, first.id)
    assert.equal(201, status)
    assert.equal("AUTHORIZED", second.status)
    assert.not_equal(first.id, second.id)
    assert.equal("MISSING_AUTH", reason_of(g:capture(first.id, "1.00")))
    assert.equal("MISSING_AUTH", reason_of(g:reverse(first.id)))
    assert.equal("INVALID_PAYMENT_ID", reason_of(g:authorize(token, "80.00", nil, first.id)))
    local _, third = g:authorize(token, "70.00", nil, second.id)
    assert.equal("AUTHORIZED", third.status)
    assert.equal(201, (g:capture(third.id, "70.00")))
  end)

  it("that failed leaves the first as it was; under review it holds it back", function()
    local token = g:token()
    local _, first = g:authorize(token)
    failed_with("30200", g:authorize(token, "9.11", nil, first.id))
    assert.equal(201, (g:capture(first.id, "1.00")))

    token = g:token()
    _, first = g:authorize(token)
    local _, second = g:authorize(token, "9.13", nil, first.id)
    assert.equal("PENDING", second.status)
    assert.equal("MISSING_AUTH", reason_of(g:capture(first.id, "1.00")))
    g:verb("review", second.id, "failed")
    assert.equal(201, (g:capture(first.id, "1.00")))
    assert.equal(10000, g:verb("ledger", first.id).authorized)
  end)

  it("comes before any capture or reversal, and names what it follows", function()
    local token = g:token()
    local _, first = g:authorize(token)
    g:capture(first.id, "1.00")
    local status, value = g:authorize(token, "80.00", nil, first.id)
    assert.equal("INVALID_PAYMENT_ID", reason_of(status, value))
    assert.equal("processingInformation.linkId", value.details[1].field)
    local _, other = g:authorize((g:token()))
    g:reverse(other.id)
    assert.equal("INVALID_PAYMENT_ID", reason_of(g:authorize(token, "80.00", nil, other.id)))
    assert.equal("INVALID_PAYMENT_ID",
      reason_of(g:authorize(token, "80.00", nil, "7000000000000000000000")))
  end)

  it("has the amount of the session, when that was updated since", function()
    local token, session = g:token("100.00")
    local _, first = g:authorize(token, "100.00")
    g:update(session.id, "80.00")
    assert.equal("INVALID_AMOUNT", reason_of(g:authorize(token, "70.00", nil, first.id)))
    local _, second = g:authorize(token, "80.00", nil, first.id)
    assert.equal("AUTHORIZED", second.status)
    assert.equal(201, (g:authorize(token, "70.00", nil, second.id)))
  end)
end)

describe("a reversal", function()
  it("releases all, once, and only while nothing is captured", function()
    local made = g:authorized()
    local _, reversal = g:reverse(made.id)
    assert.equal("AUTH_REVERSED", reversal.status)
    assert.equal("AUTH_REVERSED", g:verb("state", made.id))
    assert.equal("AUTH_ALREADY_REVERSED", reason_of(g:reverse(made.id)))
    assert.equal("AUTH_ALREADY_REVERSED", reason_of(g:capture(made.id, "1.00")))
    assert.equal(0, g:verb("ledger", made.id).remaining)

    made = g:authorized()
    g:capture(made.id, "1.00")
    assert.equal("TRANSACTION_ALREADY_SETTLED", reason_of(g:reverse(made.id)))
    assert.equal("MISSING_AUTH", reason_of(g:reverse "7000000000000000000000"))
  end)

  it("under review holds captures back until it has failed", function()
    local made = g:authorized "19.23"
    local _, reversal = g:reverse(made.id)
    assert.equal("PENDING", reversal.status)
    assert.equal("TRANSACTION_ALREADY_REVERSED_OR_SETTLED", reason_of(g:capture(made.id, "1")))
    assert.equal("TRANSACTION_ALREADY_REVERSED_OR_SETTLED", reason_of(g:reverse(made.id)))
    g:verb("advance", "1h")
    assert.equal("FAILED", g:verb("state", reversal.id))
    assert.equal(201, (g:capture(made.id, "1.00")))
  end)
end)

describe("a capture", function()
  it("that failed holds no money, one under review does", function()
    local made = g:authorized "100.00"
    failed_with("30100", g:capture(made.id, "99.31"))
    local _, pending = g:capture(made.id, "99.33")
    assert.equal("PENDING", pending.status)
    assert.equal("EXCEEDS_AUTH_AMOUNT", reason_of(g:capture(made.id, "1.00")))
    assert.equal("FAILED", g:verb("review", pending.id, "failed").status)
    assert.equal(201, (g:capture(made.id, "100.00")))
  end)

  it("is refunded in parts up to its amount, by either path", function()
    local capture = g:captured "100.00"
    assert.equal(201, (g:refund(capture.id, "60.00")))
    local status, refund = g:send("POST", capture._links.refund.href, {
      paymentInformation = { paymentType = { name = "INVOICE", method = { name = "KLARNA" } } },
      processingInformation = { actionList = { "AP_REFUND" } },
      orderInformation = { amountDetails = { currency = "USD", totalAmount = "30.00" } },
    })
    assert.equal(201, status)
    assert.equal("REFUNDED", refund.status)
    assert.equal("INVALID_AMOUNT", reason_of(g:refund(capture.id, "10.01")))
    assert.equal("INVALID_AMOUNT", reason_of(g:refund(capture.id, "0")))
    assert.equal("INVALID_DATA", reason_of(g:refund(capture.id, "1.00", nil, "EUR")))
    assert.equal(201, (g:refund(capture.id, "10.00")))
    assert.equal(404, (g:refund("7000000000000000000000", "1.00")))
    assert.equal(404, (g:refund(g:authorized().id, "1.00")))
  end)

  it("counts refunds under review, and not those that failed", function()
    local capture = g:captured "100.00"
    failed_with("30100", g:refund(capture.id, "99.41"))
    local _, refund = g:refund(capture.id, "99.43")
    assert.equal("INVALID_AMOUNT", reason_of(g:refund(capture.id, "1.00")))
    g:verb("advance", "1h")
    assert.equal("FAILED", g:verb("state", refund.id))
    assert.equal(201, (g:refund(capture.id, "100.00")))
  end)

  it("that was charged back gives no refund; only a settled one is charged back", function()
    local capture = g:captured "100.00"
    assert.equal("CHARGEBACK", g:verb("chargeback", capture.id).status)
    assert.equal("00011", g:verb("view", capture.id).processorInformation.responseCode)
    assert.equal("CAPTURE_ALREADY_VOIDED", reason_of(g:refund(capture.id, "1.00")))
    assert.is_false((pcall(g.verb, g, "chargeback", capture.id)))
    local _, pending = g:capture(g:authorized("100.00").id, "9.32")
    assert.is_false((pcall(g.verb, g, "chargeback", pending.id)))
    assert.equal("NOT_SUPPORTED", reason_of(g:refund(pending.id, "1.00")))
  end)
end)

describe("a review", function()
  it("ends once, with a word that fits", function()
    local _, made = g:authorize "sandbox-pending-authorized"
    assert.is_false((pcall(g.verb, g, "review", made.id, "maybe")))
    assert.equal("AUTHORIZED", g:verb("review", made.id).status)
    assert.is_false((pcall(g.verb, g, "review", made.id, "failed")))
    assert.is_false((pcall(g.verb, g, "review", "nobody")))
    g:verb("advance", "1h") -- its own end is no news any more
    assert.equal("AUTHORIZED", g:verb("state", made.id))
    _, made = g:authorize "sandbox-pending-failed"
    g:verb("review", made.id)
    local told = #g:verb "deliveries"
    g:verb("advance", "1h")
    assert.equal("AUTHORIZED", g:verb("state", made.id))
    assert.equal(told, #g:verb "deliveries")
    local _, refund = g:refund(g:captured("100.00").id, "9.42")
    assert.is_false((pcall(g.verb, g, "review", refund.id, "abandoned")))
    assert.equal("REFUNDED", g:verb("review", refund.id, "passed").status)
  end)
end)
