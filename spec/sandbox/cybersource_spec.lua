-- Promises of kassa.sandbox.cybersource: each operation answers in the shape of reference section
-- 5, in process and behind a socket.

local gateway = require "support.gateway"
local json = require "kassa.json"
local kassa = require "kassa"
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

-- The nine operations in one checkout; returns the statuses in the order of asking.
local function checkout(client, agree)
  local US = { country = "US", postalCode = "43215", administrativeArea = "OH" }
  local function order(amount)
    return {
      amountDetails = { currency = "USD", totalAmount = amount, taxAmount = 0 }, billTo = US,
      lineItems = { { productName = "Pen", quantity = 1, unitPrice = amount,
        totalAmount = amount } },
    }
  end
  local body = { flow = "hosted", orderInformation = order(10000), merchantInformation = {
    successUrl = "https://shop.example/ok", cancelUrl = "https://shop.example/cancel",
    failureUrl = "https://shop.example/failed" } }
  local out = {}
  local function keep(object, err)
    out[#out + 1] = kassa.assert(object, err).status
    return object
  end
  local session = keep(client.sessions:create(body))
  keep(client.sessions:update(session.id, body))
  local token = agree(session.id)
  keep(client.sessions:status(session.id))
  local payment = { orderInformation = order(10000),
    processorInformation = { preApprovalToken = token } }
  local first = keep(client.authorizations:create(payment))
  local second = keep(client.authorizations:follow_on(first.id, payment))
  local money = { orderInformation = { amountDetails = { currency = "USD", totalAmount = 4000 } } }
  local capture = keep(client.authorizations:capture(second.id, money))
  keep(client.captures:refund(capture.id, money))
  local other = kassa.assert(client.authorizations:create {
    orderInformation = order(500),
    processorInformation = { preApprovalToken = "sandbox-approved" },
  })
  keep(client.authorizations:reverse(other.id))
  return out
end

local WANTED = { "INITIATED", "INITIATED", "COMPLETED", "AUTHORIZED", "AUTHORIZED", "SETTLED",
  "REFUNDED", "AUTH_REVERSED" }

describe("Cybersource's sandbox behind a socket", function()
  local box
  before_each(function() box = assert(sandbox.start { provider = "cybersource", seed = 7 }) end)
  after_each(function() box:stop() end)

  it("has the verbs and the identity of the one in process", function()
    local account = gateway.open({ seed = 7 }).world.account
    local there = box:options()
    assert.equal(account.merchant_id, there.merchant_id)
    assert.equal(account.secret, there.secret)
    assert.equal(box.base_url, there.base_url)
    assert.equal(1704110400000, there.clock())
    assert.same(json.list {}, box:session_ids())
    assert.has_error(function() box:decide "x" end,
      'the sandbox has no verb "decide", did you mean decline?')
    assert.has_error(function() box.approve "x" end, "call sandbox:approve(...) with a colon")
  end)

  it("does the nine operations, by either way to sign", function()
    for _, auth in ipairs { "jwt", "http_signature" } do
      local options = box:options()
      options.auth = auth
      local client = kassa.cybersource(options)
      assert.same(WANTED, checkout(client, function(id) return box:approve(id).auth_token end))
      client:close()
    end
    for _, call in ipairs(box:requests()) do assert.equal(201, call.status, call.operation) end
  end)
end)

describe("Cybersource's sandbox in process", function()
  it("does the nine operations, by either way to sign", function()
    local box = sandbox.world { provider = "cybersource", seed = 7 }
    for _, auth in ipairs { "jwt", "http_signature" } do
      local options = box:options()
      options.auth = auth
      local client = kassa.cybersource(options)
      assert.same(WANTED, checkout(client, function(id) return box:approve(id).auth_token end))
      client:close()
    end
    box:stop()
  end)

  it("stands beside Klarna's, each with verbs and options of its own", function()
    local ours = sandbox.world { provider = "cybersource", seed = 7 }
    local klarna = sandbox.world { seed = 7 }
    assert.has_error(function() return ours.dispute end, 'the sandbox has no verb "dispute"')
    assert.has_error(function() return klarna.review end, 'the sandbox has no verb "review"')
    assert.truthy(klarna:options().api_key)
    assert.is_nil(ours:options().api_key)
    local ok, message = pcall(sandbox.world, { provider = "paypal" })
    assert.is_false(ok)
    assert.equal("the sandbox plays no provider paypal", message)
    local failed
    failed, message = sandbox.start { provider = "cibersource" }
    assert.is_nil(failed)
    assert.equal("the sandbox plays no provider cibersource, did you mean cybersource?", message)
    ours:stop()
    klarna:stop()
  end)
end)
