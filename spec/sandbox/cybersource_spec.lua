-- Promises of kassa.sandbox.cybersource: each operation answers in the shape of reference section
-- 5, in process and behind a socket.

local gateway = require "support.gateway"
local json = require "kassa.json"
local sandbox = require "kassa.sandbox"

local function link(path, method)
  return { href = path, method = method or "POST" }
end

describe("an answer of Cybersource's sandbox", function()
  local g
  before_each(function() g = gateway.open { seed = 7 } end)

  it("of a new session has a page, a widget's token and its links", function()
    local status, session, response = g:session("100.00")
    assert.equal(201, status)
    assert.equal("application/hal+json", response.headers["Content-Type"])
    assert.truthy(response.headers["v-c-correlation-id"])
    local own = "/pts/v2/payment-references/" .. session.id
    assert.truthy(session.id:match "^%d+$" and #session.id == 22)
    assert.same({
      _links = { self = link(own), updateSession = link(own, "PATCH"),
        order = link(own .. "/intents"),
        status = link("/pts/v2/refresh-payment-status/" .. session.id) },
      clientReferenceInformation = { code = "1704110400000" },
      id = session.id,
      orderInformation = { amountDetails = { totalAmount = "100.00", currency = "USD" } },
      processorInformation = {
        paymentUrl = "https://cybersource.sandbox.invalid/_sandbox/pay/" .. session.id,
        responseCode = "00000", responseDetails = "00000",
        token = session.processorInformation.token,
      },
      reconciliationId = session.reconciliationId,
      status = "INITIATED",
      submitTimeUtc = "2024-01-01T120000Z",
    }, session)
    assert.truthy(session.reconciliationId:match "^[A-Z0-9]+$")
    assert.equal(12, #session.reconciliationId)
    assert.truthy(session.processorInformation.token:match "^%w+%.%w+%.%w+$")
  end)

  it("of a widget's session has no page", function()
    local _, session = g:session("100.00", { processingInformation = {
      actionList = { "AP_SESSIONS" }, paymentFlowMode = "inline", sessionType = "N" },
      clientReferenceInformation = { code = "order-1" } })
    assert.equal("INITIATED", session.status)
    assert.is_nil(session.processorInformation.paymentUrl)
    assert.truthy(session.processorInformation.token)
  end)

  it("of an authorization has Klarna's order and what may come next", function()
    local authorization = g:authorized("100.00")
    local own = "/pts/v2/payments/" .. authorization.id
    assert.same({ self = link(own), authReversal = link(own .. "/reversals"),
      capture = link(own .. "/captures"),
      status = link("/pts/v2/refresh-payment-status/" .. authorization.id) }, authorization._links)
    assert.equal("00003", authorization.processorInformation.responseCode)
    assert.truthy(authorization.processorInformation.transactionId:match
      "^%x+%-%x+%-%x+%-%x+%-%x+$")
    assert.equal("paylaterbycard", authorization.orderInformation.invoiceDetails.productId)
    assert.equal("2024-01-01T12:00:00Z", authorization.submitTimeUtc)
  end)

  it("of a reversal says that nothing was reversed, as the sample does", function()
    local _, reversal = g:reverse(g:authorized().id)
    assert.equal("AUTH_REVERSED", reversal.status)
    assert.equal("00007", reversal.processorInformation.responseCode)
    assert.equal("0", reversal.reversalAmountDetails.reversedAmount)
    assert.equal("/pts/v2/reversals/" .. reversal.id, reversal._links.self.href)
    assert.is_nil(reversal.orderInformation)
  end)

  it("of a capture links to its refunds, of a refund to itself by GET", function()
    local capture = g:captured("50.00")
    assert.equal("SETTLED", capture.status)
    assert.equal("00004", capture.processorInformation.responseCode)
    assert.equal("/pts/v2/captures/" .. capture.id .. "/refunds", capture._links.refund.href)
    local _, refund = g:refund(capture.id, "10.00")
    assert.equal("REFUNDED", refund.status)
    assert.same(link("/pts/v2/refunds/" .. refund.id, "GET"), refund._links.self)
    assert.equal("10.00", refund.refundAmountDetails.refundAmount)
    assert.equal(refund.reconciliationId, refund.clientReferenceInformation.returnReconciliationId)
    assert.truthy(refund.processorInformation.transactionId)
  end)

  it("of a check says little", function()
    local capture = g:captured("50.00")
    local status, seen = g:check(capture.id)
    assert.equal(201, status)
    assert.same({
      clientReferenceInformation = { code = "1704110400000" }, id = capture.id,
      processorInformation = { responseCode = "00004" },
      reconciliationId = capture.reconciliationId, status = "SETTLED",
    }, seen)
  end)
end)

describe("Cybersource's sandbox behind a socket", function()
  it("has the verbs, the world's clock and the nine operations", function()
    local box = assert(sandbox.start { provider = "cybersource", seed = 7 })
    local g = gateway.open { seed = 7 }
    local there = box:options()
    assert.equal(g.world.account.merchant_id, there.merchant_id)
    assert.equal(g.world.account.secret, there.secret)
    assert.equal(box.base_url, there.base_url)
    assert.equal(1704110400000, there.clock())
    assert.same(json.list {}, box:session_ids())
    assert.has_error(function() box:decide "x" end,
      'the sandbox has no verb "decide", did you mean decline?')
    box:stop()
  end)
end)
