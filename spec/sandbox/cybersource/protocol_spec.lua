-- Promises of kassa.sandbox.cybersource.protocol and .bodies: who is let in, what bodies are read,
-- what a transactionId stands for, and the errors of reference section 10.

local gateway = require "support.gateway"
local sandbox = require "kassa.sandbox"

local KLARNA = { paymentType = { name = "INVOICE", method = { name = "KLARNA" } } }

local g
before_each(function() g = gateway.open { seed = 7 } end)

local function capture_body(action, amount)
  return {
    paymentInformation = KLARNA, processingInformation = { actionList = action },
    orderInformation = { amountDetails = { currency = "USD", totalAmount = amount } },
  }
end

local function capture_path(id)
  return "/pts/v2/payments/" .. (id or g:authorized().id) .. "/captures"
end

-- The field that a 400 names first, and why.
local function fault_of(status, value)
  assert.equal(400, status)
  assert.equal("INVALID_REQUEST", value.status)
  local first = value.details[1]
  assert.equal(first.reason, value.reason)
  return first.reason .. " " .. first.field
end

describe("the door", function()
  it("answers 401 to who shows no key, and tells the sandbox's list why", function()
    local status, value = g:send("POST", "/pts/v2/payments", { x = 1 }, { authorization = false })
    assert.equal(401, status)
    assert.same({ response = { rmsg = "Authentication Failed" } }, value)
    local noted = g:verb("requests")[1]
    assert.equal(401, noted.status)
    assert.equal("string", type(noted.refused))
  end)

  it("keeps no credentials in the list of requests", function()
    g:send("POST", "/pts/v2/payments", { x = 1 }, { signature = "keyid=..." })
    local noted = g:verb("requests")[1]
    assert.is_nil(noted.headers.authorization)
    assert.is_nil(noted.headers.signature)
    assert.equal("application/json", noted.headers["content-type"])
  end)

  it("has keys that the seed gives, or that the options say", function()
    local account = g.world.account
    assert.truthy(account.merchant_id:match "^kassa_%w+$")
    assert.same(account, gateway.open({ seed = 7 }).world.account)
    assert.not_equal(account.secret, gateway.open({ seed = 8 }).world.account.secret)
    local own = sandbox.world { provider = "cybersource", merchant_id = "shop", key_id = "k-1",
      secret = "c2VjcmV0" }
    local options = own:options()
    assert.same({ "shop", "k-1", "c2VjcmV0" },
      { options.merchant_id, options.key_id, options.secret })
    assert.truthy(options.transport)
    own:stop()
    assert.has_error(function() sandbox.world { provider = "cybersource", api_key = "x" } end,
      "the sandbox has no option api_key")
  end)

  it("answers 404 where nobody is, to every method", function()
    for _, call in ipairs { { "GET", "/" }, { "POST", "/pts/v2/voids" },
        { "DELETE", "/pts/v2/payments" }, { "GET", "/pts/v2/payments/1" } } do
      local status, value = g:send(call[1], call[2])
      assert.equal(404, status)
      assert.same({ response = { rmsg = "Resource not found" } }, value)
    end
    assert.equal(404, (g:check "7000000000000000000000"))
  end)

  it("answers 429 with a time to wait above the rate it was told", function()
    g:verb("rate", 1)
    local _, session = g:session()
    g:verb("advance", 1)
    assert.equal(201, (g:check(session.id)))
    local status, _, response = g:check(session.id)
    assert.equal(429, status)
    assert.equal("1", response.headers["Retry-After"])
  end)
end)

describe("what may be written in two ways", function()
  it("is read in both: actionList, quantity, a slash at the end, names of a check", function()
    assert.equal(201, (g:send("POST", capture_path(), capture_body("AP_CAPTURE", "1.00"))))
    assert.equal(201, (g:send("POST", capture_path(), capture_body({ "AP_CAPTURE" }, "1.00"))))
    for _, quantity in ipairs { 1, "1" } do
      local body = g.order "100.00"
      body.orderInformation.lineItems[1].quantity = quantity
      assert.equal(201, (g:session("100.00", { orderInformation = body.orderInformation })))
    end
    local body = capture_body({ "AP_AUTH" }, "5.00")
    body.processorInformation = { preApprovalToken = "sandbox-approved" }
    body.orderInformation.billTo = { country = "SE", postalCode = "11122",
      administrativeArea = "AB" }
    local status, made = g:send("POST", "/pts/v2/payments/", body)
    assert.equal(201, status)
    for _, action in ipairs { "AP_STATUS", "AP_SESSION_STATUS", "AP_AUTH_STATUS",
        "AP_CAPTURE_STATUS", "AP_REFUND_STATUS", "AP_ORDER_STATUS", "AP_INITIATE_STATUS" } do
      assert.equal(201, (g:check(made.id, action)), action)
    end
    assert.equal("INVALID_DATA processingInformation.actionList[0]",
      fault_of(g:check(made.id, "AP_AUTH")))
  end)

  it("is no reason to take a quantity that is none", function()
    for _, quantity in ipairs { "1.5", "", "x", 0, "-1" } do
      local body = g.order "100.00"
      body.orderInformation.lineItems[1].quantity = quantity
      assert.equal("INVALID_DATA orderInformation.lineItems[0].quantity",
        fault_of(g:session("100.00", { orderInformation = body.orderInformation })))
    end
  end)
end)

describe("a body", function()
  it("has to be JSON, told so", function()
    local path = capture_path()
    assert.equal(400, (g:send("POST", path, "{")))
    assert.equal(400, (g:send("POST", path, "[]")))
    assert.equal(400, (g:send("POST", path, "")))
    assert.equal(400, (g:send("POST", path, capture_body({ "AP_CAPTURE" }, "1.00"),
      { ["content-type"] = "text/plain" })))
    assert.equal(201, (g:send("POST", path, capture_body({ "AP_CAPTURE" }, "1.00"),
      { ["content-type"] = "application/json;charset=utf-8" })))
  end)

  it("is refused with each field that is missing or wrong", function()
    local status, value = g:send("POST", capture_path(), { paymentInformation = {
      paymentType = { name = "CARD", method = { name = "KLARNA" } } } })
    assert.equal(400, status)
    local told = {}
    for _, detail in ipairs(value.details) do told[detail.field] = detail.reason end
    assert.same({ ["paymentInformation.paymentType.name"] = "INVALID_DATA",
      processingInformation = "MISSING_FIELD", orderInformation = "MISSING_FIELD" }, told)
  end)

  it("needs the tax of the order in the US, and of each line elsewhere", function()
    local order = g.order("100.00").orderInformation
    order.amountDetails.taxAmount = nil
    assert.equal("MISSING_FIELD orderInformation.amountDetails.taxAmount",
      fault_of(g:session("100.00", { orderInformation = order })))
    order.billTo = { country = "SE", postalCode = "11122" }
    assert.equal("MISSING_FIELD orderInformation.lineItems[0].taxAmount",
      fault_of(g:session("100.00", { orderInformation = order })))
    order.lineItems[1].taxAmount = "0"
    assert.equal(201, (g:session("100.00", { orderInformation = order })))
  end)

  it("of a new session holds nothing personal", function()
    local order = g.order("100.00").orderInformation
    order.billTo.email = "shopper@example.com"
    assert.equal("INVALID_DATA orderInformation.billTo.email",
      fault_of(g:session("100.00", { orderInformation = order })))
  end)

  it("may hold members nobody knows, as the official SDK's does", function()
    local body = capture_body({ "AP_CAPTURE" }, "1.00")
    body.clientReferenceInformation = { code = "a", partner = { developerId = "x" } }
    body.somethingNew = { 1, 2 }
    assert.equal(201, (g:send("POST", capture_path(), body)))
  end)
end)

describe("an amount", function()
  it("is a text; what its currency has no decimals for is cut off", function()
    local made = g:authorized "100.00"
    local _, capture = g:capture(made.id, "9.999")
    assert.equal("9.99", capture.orderInformation.amountDetails.totalAmount)
    for _, wrong in ipairs { 9.99, 9, "9,99", "-1", "1e2", "", "9." } do
      assert.equal("INVALID_DATA orderInformation.amountDetails.totalAmount",
        fault_of(g:send("POST", capture_path(made.id), capture_body({ "AP_CAPTURE" }, wrong))),
        tostring(wrong))
    end
    assert.equal(999, g:verb("ledger", made.id).captured)
  end)

  -- The three cases that the reference took from the guide's numbers (section 4).
  it("of an order is what its lines add up to", function()
    local function lines(...)
      local taxes = { ... }
      return {
        { productName = "A", quantity = 4, unitPrice = "25", totalAmount = "110",
          taxAmount = taxes[1] },
        { productName = "B", quantity = 5, unitPrice = "10", totalAmount = "55",
          taxAmount = taxes[2] },
      }
    end
    local US = { country = "US", postalCode = "43215", administrativeArea = "OH" }
    local SE = { country = "SE", postalCode = "11122" }
    local cases = {
      { US, lines(), { taxAmount = "15", discountAmount = "30" }, "135" },
      { SE, lines("10", "5"), { discountAmount = "30" }, "135" },
      { SE, lines("10", "5"), {}, "165" },
    }
    for _, case in ipairs(cases) do
      for total, wanted in pairs { [case[4]] = 201, ["136"] = 400, ["134.99"] = 400 } do
        local details = { currency = "USD", totalAmount = total }
        for name, value in pairs(case[3]) do details[name] = value end
        local status = g:session(total, { orderInformation = { amountDetails = details,
          billTo = case[1], lineItems = case[2] } })
        assert.equal(wanted, status, total)
      end
    end
  end)

  it("of a coupon is taken off", function()
    local order = g.order("90.00").orderInformation
    order.lineItems[1].unitPrice, order.lineItems[1].totalAmount = "100.00", "100.00"
    order.lineItems[2] = { productName = "Ten off", productCode = "coupon", productSku = "c",
      quantity = 1, unitPrice = "10.00", totalAmount = "10.00" }
    assert.equal(201, (g:session("90.00", { orderInformation = order })))
    order.amountDetails.totalAmount = "100.00"
    assert.equal("INVALID_DATA orderInformation.amountDetails.totalAmount",
      fault_of(g:session("90.00", { orderInformation = order })))
  end)
end)

describe("a transactionId", function()
  local FIELD = "INVALID_DATA clientReferenceInformation.transactionId"

  it("names one attempt for 60 days, whatever is asked and however it ended", function()
    local token = g:token()
    local _, made = g:authorize(token, "9.11", { transactionId = "t-1" })
    assert.equal("FAILED", made.status)
    assert.equal(FIELD, fault_of(g:authorize(token, "100.00", { transactionId = "t-1" })))
    _, made = g:authorize(token, "100.00", { transactionId = "t-2" })
    assert.equal(FIELD, fault_of(g:capture(made.id, "1.00", { transactionId = "t-2" })))
    local _, capture = g:capture(made.id, "1.00", { transactionId = "t-3" })
    assert.equal(FIELD, fault_of(g:refund(capture.id, "1.00", { transactionId = "t-3" })))
    g:verb("advance", "59d")
    assert.equal(FIELD, fault_of(g:refund(capture.id, "1.00", { transactionId = "t-3" })))
    g:verb("advance", "1d")
    assert.equal(201, (g:refund(capture.id, "1.00", { transactionId = "t-3" })))
    assert.equal("t-3", g:verb("requests")[9].idempotency_key)
  end)

  it("is not used up by what was refused", function()
    local made = g:authorized "100.00"
    assert.equal(400, (g:capture(made.id, "100.01", { transactionId = "t-1" })))
    assert.equal(201, (g:capture(made.id, "100.00", { transactionId = "t-1" })))
  end)

  it("is remembered where the answer was lost", function()
    local made = g:authorized "100.00"
    g:verb("fault", { operation = "authorization.capture", kind = "status", status = 502,
      effect = true, times = 1 })
    local status, value = g:capture(made.id, "10.00", { transactionId = "t-1" })
    assert.equal(502, status)
    assert.equal("SERVER_ERROR", value.status)
    assert.equal("SYSTEM_ERROR", value.reason)
    assert.equal(1000, g:verb("ledger", made.id).captured)
    assert.equal(FIELD, fault_of(g:capture(made.id, "10.00", { transactionId = "t-1" })))
    assert.equal(1000, g:verb("ledger", made.id).captured)
  end)

  it("is at most 30 characters", function()
    local made = g:authorized "100.00"
    assert.equal(201, (g:capture(made.id, "1.00", { transactionId = ("x"):rep(30) })))
    assert.equal(FIELD, fault_of(g:capture(made.id, "1.00", { transactionId = ("x"):rep(31) })))
  end)
end)

describe("a code", function()
  it("may be used again, unless the account wants otherwise", function()
    local function twice(options, pause)
      g = gateway.open(options)
      g:authorize("sandbox-approved", "9.11", { code = "order-1" })
      g:verb("advance", pause)
      return g:authorize("sandbox-approved", "100.00", { code = "order-1" })
    end
    assert.equal(201, (twice({}, 1)))
    local status, value = twice({ repeated_code_s = 900 }, 899)
    assert.equal(400, status)
    assert.equal("DUPLICATE_REQUEST", value.reason)
    assert.equal("clientReferenceInformation.code", value.details[1].field)
    local made
    status, made = twice({ repeated_code_s = 900 }, 900)
    assert.equal(201, status)
    assert.equal(201, (g:capture(made.id, "1.00", { code = "order-1" })))
  end)
end)

describe("a fault of Cybersource's sandbox", function()
  it("is planned by operation, also where several share a path", function()
    local token = g:token()
    local _, made = g:authorize(token)
    g:verb("fault", { operation = "authorization.follow_on", kind = "status", status = 502 })
    g:verb("fault", { operation = "capture.status", kind = "garbage" })
    assert.equal(502, (g:authorize(token, "80.00", nil, made.id)))
    assert.equal(201, (g:check(made.id)))
    local _, capture = g:capture(made.id, "1.00")
    local _, value = g:check(capture.id)
    assert.is_nil(value)
    local noted = g:verb "requests"
    assert.equal("authorization.follow_on", noted[3].operation)
    assert.equal("capture.status", noted[6].operation)
    assert.is_false((pcall(g.verb, g, "fault", { operation = "capture.read", kind = "reset" })))
  end)

  it("answers as Cybersource does with each status", function()
    local wanted = { [400] = "INVALID_REQUEST", [502] = "SERVER_ERROR" }
    for status, state in pairs(wanted) do
      g:verb("fault", { kind = "status", status = status, times = 1 })
      local got, value = g:check "1"
      assert.equal(status, got)
      assert.equal(state, value.status)
    end
    for _, status in ipairs { 401, 404, 429 } do
      g:verb("fault", { kind = "status", status = status, times = 1 })
      local got, value, response = g:check "1"
      assert.equal(status, got)
      assert.equal("string", type(value.response.rmsg))
      assert.equal(status == 429 and "1" or nil, response.headers["Retry-After"])
    end
    g:verb("fault", { kind = "status", status = 503, times = 1 })
    assert.equal(503, (g:check "1"))
    g:verb("fault", { kind = "silence", ms = 10, times = 1 })
    local got, value = g:check "1"
    assert.same({ 502, "SERVER_TIMEOUT" }, { got, value.reason })
  end)

  it("of its own is an answer too", function()
    local own = g.world.provider
    own.act = function() error "a mistake" end
    local status, value = g:check(g:verb("session_ids")[1] or "1")
    assert.equal(500, status)
    assert.truthy(value.message:find "a mistake")
  end)
end)
