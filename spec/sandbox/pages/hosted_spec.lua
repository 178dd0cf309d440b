-- Promises of Cybersource's hosted page: a person sees the order, decides once, and is sent to the
-- shop's own address, with the token when the answer was yes.
local gateway = require "support.gateway"
local server = require "kassa.sandbox.server"

describe("the hosted page of a session", function()
  local g, handler

  before_each(function()
    g = gateway.open { seed = 7 }
    handler = server.handler(g.world)
  end)

  local function session(change)
    local body = gateway.order "123.45"
    if change then change(body) end
    local status, made = g:session("123.45", body)
    assert.equal(201, status)
    return made, (made.processorInformation.paymentUrl or ""):match "^https://[^/]+(/.*)$"
  end

  local function get(path, method)
    return handler { method = method or "GET", path = path, headers = {}, body = "" }
  end

  local function post(path, decision)
    return handler { method = "POST", path = path, body = "decision=" .. decision, headers = {} }
  end

  it("is the address of the session, shows the order, and changes nothing by being read", function()
    local made, path = session(function(body)
      body.clientReferenceInformation = { code = "order <1001>" }
      body.orderInformation.lineItems = {
        { productName = "Pen & ink", quantity = "3", unitPrice = "50.00", totalAmount = "150.00" },
        { productName = "Ten off", productCode = "coupon", productSku = "c", quantity = 1,
          unitPrice = "10.00", totalAmount = "10.00" },
      }
      body.orderInformation.amountDetails.taxAmount = "3.45"
      body.orderInformation.amountDetails.discountAmount = "20.00"
    end)
    local page = get(path)
    assert.equal(200, page.status)
    for _, words in ipairs { "Order order &lt;1001&gt;", "Pen &amp; ink", "3 × $50.00", "$150.00",
      "−$10.00", "Tax", "$3.45", "−$20.00", "$123.45", "Approve and pay", "3 Jan 2024" } do
      assert.truthy(page.body:find(words, 1, true), words)
    end
    assert.equal(200, get(path, "HEAD").status)
    assert.equal("INITIATED", g:verb("state", made.id))
  end)

  it("sends a shopper who agrees to successUrl with the token, once", function()
    local made, path = session(function(body)
      body.merchantInformation.successUrl = "https://shop.example/ok?order=1#top"
    end)
    local answer = post(path, "approve")
    assert.equal(303, answer.status)
    local token = answer.headers.Location:match
      "^https://shop%.example/ok%?order=1&auth%-token=([%x-]+)#top$"
    assert.equal(36, #token)
    assert.equal("COMPLETED", g:verb("state", made.id))
    local _, authorization = g:authorize(token, "123.45")
    assert.equal("AUTHORIZED", authorization.status)
    assert.equal(path .. "/said", post(path, "decline").headers.Location)
    local page = get(path .. "/said")
    assert.truthy(page.body:find("Thank you, you approved", 1, true))
    assert.truthy(page.body:find("auth-token=" .. token, 1, true))
    assert.is_nil(page.body:find("Approve and pay", 1, true))
  end)

  it("sends one who leaves to cancelUrl, one who is declined to failureUrl", function()
    for decision, expected in pairs {
      leave = { "https://shop.example/cancel", "ABANDONED", "You left the payment" },
      decline = { "https://shop.example/failed", "FAILED", "Payment declined" },
    } do
      local made, path = session()
      assert.equal(expected[1], post(path, decision).headers.Location)
      assert.equal(expected[2], g:verb("state", made.id))
      assert.truthy(get(path).body:find(expected[3], 1, true))
    end
  end)

  it("is there for sessions with a page only, and for decisions that there are", function()
    assert.equal(404, get("/_sandbox/pay/1").status)
    assert.equal(404, post("/_sandbox/pay/1", "approve").status)
    local _, widget = g:session("10.00", { processingInformation = {
      actionList = { "AP_SESSIONS" }, paymentFlowMode = "inline", sessionType = "N" } })
    assert.equal(404, get("/_sandbox/pay/" .. widget.id).status)
    local made, path = session()
    assert.equal(400, post(path, "dispute").status)
    assert.equal(405, get(path, "PUT").status)
    assert.equal("INITIATED", g:verb("state", made.id))
  end)

  it("of a session that was COMPLETED before the shopper came is open", function()
    local made, path = session(function(body)
      body.orderInformation.amountDetails.totalAmount = "109.02" -- a trigger
      body.orderInformation.lineItems[1].unitPrice = "109.02"
      body.orderInformation.lineItems[1].totalAmount = "109.02"
    end)
    assert.equal("COMPLETED", g:verb("state", made.id))
    assert.truthy(get(path).body:find("Approve and pay", 1, true))
    assert.truthy(post(path, "approve").headers.Location:find("auth-token=", 1, true))
  end)
end)
