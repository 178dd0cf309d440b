-- Promises of kassa.sandbox.world: what Klarna says to every request before and around its rules.

local core = require "kassa.core"
local json = require "kassa.json"
local shop = require "support.shop"
local world = require "kassa.sandbox.world"

local ORDER = { currency = "USD", payment_amount = 1000 }

describe("the world's door", function()
  local s
  before_each(function() s = shop.open { seed = 7 } end)

  local function with_key(text)
    return (s:send("GET", "/payment/requests/x", nil, { authorization = text }))
  end

  it("takes the key as it is, in base64, and as user and password", function()
    local account = s.world.account
    local base64 = core.sign.base64
    assert.equal(404, with_key("Basic " .. account.api_key))
    assert.equal(404, with_key("Basic " .. base64(account.api_key)))
    assert.equal(404, with_key("Basic " .. base64(":" .. account.api_key)))
    assert.equal(404, with_key("Basic " .. base64(account.username .. ":" .. account.api_key)))
  end)

  it("answers 401 to every other key", function()
    local account = s.world.account
    local base64 = core.sign.base64
    for _, text in ipairs { "", "Basic", "Basic ", "Basic klarna_test_api_wrong",
        "Bearer " .. account.api_key, account.api_key, "Basic " .. account.api_key .. "x",
        "Basic " .. base64("someone:" .. account.api_key),
        "Basic " .. base64(account.username .. ":wrong"), "Basic " .. base64(account.username) } do
      assert.equal(401, with_key(text), text)
    end
    local status, value = s:send("POST", "/payment/requests", ORDER, { authorization = false })
    assert.equal(401, status)
    assert.equal("ACCESS_ERROR", value.error_type)
    assert.equal("UNAUTHORIZED", value.error_code)
  end)

  it("makes keys and accounts of the test environment's shape from the seed", function()
    local account = s.world.account
    assert.truthy(account.api_key:match("^klarna_test_api_%w+$"))
    assert.truthy(account.account:match("^krn:partner:global:account:test:[A-Z0-9]+$"))
    assert.same(account, world.new { seed = 7 }.account)
    assert.not_equal(account.api_key, world.new { seed = 8 }.account.api_key)
  end)

  it("serves both path families, and no other account", function()
    assert.equal("SUBMITTED", s:request(ORDER).state)
    s.family = "account"
    assert.equal("SUBMITTED", s:request(ORDER).state)
    s.prefix = function() return "/v2/accounts/krn%3Apartner%3Aglobal%3Aaccount%3Atest%3AOTHER" end
    local status, value = s:post("/payment/requests", ORDER)
    assert.equal(403, status)
    assert.equal("OPERATION_FORBIDDEN", value.error_code)
  end)

  it("answers 404 NOT_FOUND to a route nobody has", function()
    local status, value = s:send("GET", "/payment/nothing")
    assert.equal(404, status)
    assert.equal("NOT_FOUND", value.error_code)
    assert.is_nil(value.error_type)
    assert.truthy(value.error_id:match("^%x+%-%x+%-4%x+%-%x+%-%x+$"))
  end)

  it("answers 404 RESOURCE_NOT_FOUND to objects nobody has", function()
    local calls = {
      { "GET", "/payment/requests/x" }, { "PATCH", "/payment/requests/x", ORDER },
      { "DELETE", "/payment/requests/x" },
      { "POST", "/payment/confirmation-tokens/x/confirm", ORDER },
      { "GET", "/payment/transactions/x" }, { "PATCH", "/payment/transactions/x", {} },
      { "POST", "/payment/transactions/x/capture", { capture_amount = 1 } },
      { "POST", "/payment/transactions/x/refund", { refund_amount = 1 } },
      { "POST", "/payment/transactions/x/void" }, { "GET", "/payment/captures/x" },
      { "POST", "/payment/captures/x/refund", { refund_amount = 1 } },
      { "GET", "/payment/refunds/x" }, { "GET", "/payment/chargebacks/x" },
    }
    for _, call in ipairs(calls) do
      local status, value = s:send(call[1], call[2], call[3])
      assert.equal(404, status, call[2])
      assert.equal("RESOURCE_NOT_FOUND", value.error_code)
      assert.equal("RESOURCE_ERROR", value.error_type)
    end
  end)
end)

describe("the world's limits", function()
  local s
  before_each(function() s = shop.open() end)

  it("take a body of 1 MB and answer 413 above it, in no JSON", function()
    local padding = string.rep(" ", 1024 * 1024)
    local body = json.encode(ORDER)
    assert.equal(201, (s:post("/payment/requests", body .. padding:sub(#body + 1))))
    local status, value, response = s:post("/payment/requests", body .. padding)
    assert.equal(413, status)
    assert.is_nil(value)
    assert.equal("", response.body)
  end)

  it("refuse a header over 6 KB and headers over 20 KB", function()
    assert.equal(431, (s:send("GET", "/payment/requests/x", nil, { big = ("x"):rep(6142) })))
    assert.equal(404, (s:send("GET", "/payment/requests/x", nil, { big = ("x"):rep(6141) })))
    local many = {}
    for i = 1, 4 do many["big" .. i] = ("x"):rep(5500) end
    assert.equal(431, (s:send("GET", "/payment/requests/x", nil, many)))
  end)

  it("echo a correlation id of letters and digits and refuse any other", function()
    local _, _, response = s:send("GET", "/payment/requests/x", nil,
      { ["partner-correlation-id"] = "Order1001" })
    assert.equal("Order1001", response.headers["Partner-Correlation-Id"])
    for _, wrong in ipairs { "a-b", "", "a b", ("x"):rep(256) } do
      local status, value = s:send("GET", "/payment/requests/x", nil,
        { ["partner-correlation-id"] = wrong })
      assert.equal(400, status)
      assert.equal("Partner-Correlation-Id", value.validation_errors[1].parameter)
    end
  end)

  it("refuse idempotency keys of no or over 255 characters", function()
    for _, wrong in ipairs { "", ("x"):rep(256) } do
      local status, value = s:post("/payment/requests", ORDER,
        { ["klarna-idempotency-key"] = wrong })
      assert.equal(400, status)
      assert.equal("Klarna-Idempotency-Key", value.validation_errors[1].parameter)
    end
  end)

  it("read the integration metadata", function()
    local function status_of(text)
      return (s:send("GET", "/payment/requests/x", nil, { ["klarna-integration-metadata"] = text }))
    end
    assert.equal(404, status_of(
      '{"integrator":{"name":"ACME","session_reference":"s-1"},"originators":[]}'))
    assert.equal(400, status_of("{"))
    assert.equal(400, status_of("{}"))
    assert.equal(400, status_of('{"integrator":{"name":"ACME"}}'))
    assert.equal(400, status_of('{"integrator":{"name":"' .. ("x"):rep(51)
      .. '","session_reference":"s"}}'))
  end)

  it("tell the rate in every answer that got past the door", function()
    local _, _, response = s:send("GET", "/payment/requests/x")
    assert.truthy(response.headers["X-Ratelimit-Limit"]:match('^%d+, %d+;w=1;name="account_'))
    assert.truthy(tonumber(response.headers["X-Ratelimit-Remaining"]))
    assert.equal("1", response.headers["X-Ratelimit-Reset"])
  end)

  it("answer 429 when a rate was asked for, until the next second", function()
    s = shop.open { rate = 2 }
    assert.equal(404, (s:get("/payment/requests/x")))
    assert.equal(404, (s:get("/payment/requests/x")))
    local status, value, response = s:get("/payment/requests/x")
    assert.equal(429, status)
    assert.equal("ACCESS_ERROR", value.error_type)
    assert.equal("RATE_LIMITED", value.error_code)
    assert.equal("0", response.headers["X-Ratelimit-Remaining"])
    s:verb("advance", "1s")
    assert.equal(404, (s:get("/payment/requests/x")))
    s:verb("rate")
    for _ = 1, 5 do assert.equal(404, (s:get("/payment/requests/x"))) end
  end)
end)

describe("a body", function()
  local s
  before_each(function() s = shop.open() end)

  it("that is no JSON is answered as in Klarna's example", function()
    local status, value, response = s:post("/payment/requests", '{"currency":"USD",\n"x')
    assert.equal(400, status)
    assert.equal("application/json", response.headers["Content-Type"])
    assert.equal("INPUT_ERROR", value.error_type)
    assert.equal("INVALID_CONTENT_TYPE", value.error_code)
    assert.truthy(value.error_message:match(
      "^The received input is not valid JSON%.\n.+ at %d+ %[character %d+ line 2%]%.\n$"))
  end)

  it("of another content type is refused, a charset is not", function()
    local text = json.encode(ORDER)
    for kind, wanted in pairs { ["text/plain"] = 400, ["application/json; charset=utf-8"] = 201,
        ["Application/JSON"] = 201, ["application/jsonx"] = 400 } do
      assert.equal(wanted, (s:post("/payment/requests", text, { ["content-type"] = kind })), kind)
    end
    local status, value = s:post("/payment/requests", text, { ["content-type"] = false })
    assert.equal(400, status)
    assert.equal("INVALID_CONTENT_TYPE", value.error_code)
  end)

  it("must be an object", function()
    for _, text in ipairs { "[]", "1", "null", '"x"', "[{}]", "true" } do
      local status, value = s:post("/payment/requests", text)
      assert.equal(400, status, text)
      assert.equal("VALIDATION_ERROR", value.error_code)
    end
    assert.equal(400, (s:post("/payment/requests", "")))
  end)

  it("with wrong fields is refused with all of them, positions counted from 0", function()
    local status, value = s:post("/payment/requests", {
      currency = "DOLLARS",
      supplementary_purchase_data = { line_items = {
        { name = "Pen", quantity = 1, total_amount = 500 },
        { name = "Ink", quantity = "two", total_amount = 500 },
      } },
    })
    assert.equal(400, status)
    assert.equal("INPUT_ERROR", value.error_type)
    assert.equal("VALIDATION_ERROR", value.error_code)
    local seen = {}
    for _, fault in ipairs(value.validation_errors) do
      seen[fault.parameter] = true
      assert.truthy(#fault.reason > 0 and #fault.reason <= 512)
    end
    assert.truthy(seen.currency)
    assert.truthy(seen.payment_amount)
    assert.truthy(seen["supplementary_purchase_data.line_items[1].quantity"])
  end)

  it("may have members the description does not know; they come back", function()
    local status, value = s:post("/payment/requests", { currency = "USD", payment_amount = 1,
      later = true, config = { newer = "x" } })
    assert.equal(201, status)
    assert.same({ newer = "x" }, value.config)
  end)

  it("keeps empty lists as lists", function()
    local _, _, response = s:post("/payment/requests",
      '{"currency":"USD","payment_amount":5,"config":{"allowed_shipping_countries":[]}}')
    assert.truthy(response.body:find('"allowed_shipping_countries":[]', 1, true))
  end)
end)

describe("an idempotency key", function()
  local s
  before_each(function() s = shop.open() end)

  local function create(key, amount)
    return s:send("POST", "/payment/requests", { currency = "USD", payment_amount = amount },
      { ["klarna-idempotency-key"] = key })
  end

  it("brings the first answer again, byte for byte, and acts once", function()
    local status, first, response = create("k", 100)
    local again_status, again, again_response = create("k", 100)
    assert.equal(status, again_status)
    assert.equal(first.payment_request_id, again.payment_request_id)
    assert.equal(response.body, again_response.body)
    assert.equal(1, #s:verb "request_ids")
    local log = s:verb "requests"
    assert.is_nil(log[1].replayed)
    assert.is_true(log[2].replayed)
  end)

  it("with another body, or another path, is 409 RESOURCE_CONFLICT", function()
    create("k", 100)
    local status, value = create("k", 101)
    assert.equal(409, status)
    assert.equal("RESOURCE_ERROR", value.error_type)
    assert.equal("RESOURCE_CONFLICT", value.error_code)
    local id = s:request().payment_request_id
    assert.equal(409, (s:send("PATCH", "/payment/requests/" .. id,
      { currency = "USD", payment_amount = 100 }, { ["klarna-idempotency-key"] = "k" })))
    assert.equal(100, select(2, create("k", 100)).payment_amount)
  end)

  it("is remembered for 24 hours of the world's clock", function()
    local _, first = create("k", 100)
    s:verb("advance", "23h59m59s")
    assert.equal(first.payment_request_id, select(2, create("k", 100)).payment_request_id)
    s:verb("advance", "1s")
    local status, other = create("k", 100)
    assert.equal(201, status)
    assert.not_equal(first.payment_request_id, other.payment_request_id)
    assert.equal(201, (create("k2", 100)))
  end)

  it("remembers a refusal too, so that a corrected body needs a new key", function()
    local status, value = create("k", 0)
    assert.equal(400, status)
    local again_status, again = create("k", 0)
    assert.equal(400, again_status)
    assert.equal(value.error_id, again.error_id)
    assert.equal(409, (create("k", 1)))
    assert.equal(201, (create("k2", 1)))
  end)

  it("does not remember that the door was closed", function()
    s:verb("fault", { kind = "status", status = 503, times = 1 })
    assert.equal(503, (create("k", 100)))
    s:verb("rate", { ["payment-request-management"] = 0 })
    assert.equal(429, (create("k", 100)))
    s:verb "rate"
    assert.equal(201, (create("k", 100)))
  end)

  it("does not matter to GET and DELETE", function()
    local id = s:request().payment_request_id
    local headers = { ["klarna-idempotency-key"] = "k" }
    assert.equal(200, (s:send("GET", "/payment/requests/" .. id, nil, headers)))
    assert.equal(200, (s:send("DELETE", "/payment/requests/" .. id, nil, headers)))
    assert.equal(409, (s:send("DELETE", "/payment/requests/" .. id, nil, headers)))
  end)

  it("may be left out: then every call acts", function()
    local send = function() return s:send("POST", "/payment/requests", ORDER) end
    assert.not_equal(select(2, send()).payment_request_id, select(2, send()).payment_request_id)
  end)
end)

describe("a fault", function()
  local s, id
  before_each(function()
    s = shop.open()
    id = s:authorized(1000)
  end)

  local function capture(key)
    return s:send("POST", "/payment/transactions/" .. id .. "/capture", { capture_amount = 100 },
      { ["klarna-idempotency-key"] = key })
  end

  it("before the effect leaves no trace in the ledger, after it does", function()
    s:verb("fault", { operation = "payment_transaction.capture", kind = "drop_before_effect",
      times = 1 })
    local _, _, response = capture("k1")
    assert.same({ kind = "reset", name = "drop_before_effect", begun = true }, response.fault)
    assert.equal(0, s:verb("ledger", id).captured)
    s:verb("fault", { operation = "payment_transaction.capture", kind = "drop_after_effect",
      times = 1 })
    _, _, response = capture("k2")
    assert.equal("reset", response.fault.kind)
    assert.equal(100, s:verb("ledger", id).captured)
    assert.equal(201, (capture("k2")))
    assert.equal(100, s:verb("ledger", id).captured)
  end)

  it("is only planned for operations there are", function()
    assert.has_error(function() s:verb("fault", { operation = "capture", kind = "reset" }) end)
    assert.has_error(function() s:verb("fault", { kind = "explode" }) end)
  end)

  it("comes before the key is looked at, and is noted", function()
    s:verb("fault", { operation = "*", kind = "status", status = 500 })
    local status, value = s:send("GET", "/nowhere", nil, { authorization = false })
    assert.equal(500, status)
    assert.equal("INTERNAL_ERROR", value.error_code)
    local log = s:verb "requests"
    assert.equal("status", log[#log].fault)
    assert.equal(500, log[#log].status)
  end)
end)

describe("the world's log", function()
  it("tells what was asked and never the key", function()
    local s = shop.open()
    s:request()
    local entry = s:verb("requests")[1]
    assert.equal("POST", entry.method)
    assert.equal("/v2/payment/requests", entry.path)
    assert.equal("payment_request.create", entry.operation)
    assert.equal(201, entry.status)
    assert.equal("key-1", entry.idempotency_key)
    assert.is_nil(json.encode(entry):find(s.world.account.api_key, 1, true))
  end)
end)

describe("the same seed", function()
  local function play(seed)
    local s = shop.open { seed = seed }
    local bytes = {}
    local send = s.send
    function s:send(...)
      local status, value, response = send(self, ...)
      bytes[#bytes + 1] = status .. response.body
      return status, value, response
    end
    s:verb("fault", { kind = "status", status = 503, chance = 0.2,
      operation = "payment_transaction.capture" })
    local id = s:authorized(1000)
    for i = 1, 20 do s:capture(id, i) end
    s:verb("advance", "29d")
    s:refund(id, 5)
    s:charge(s:verb("token", "approved"))
    bytes[#bytes + 1] = json.encode(s:verb "deliveries")
    return table.concat(bytes, "\n")
  end

  it("gives the same bytes, another seed gives others", function()
    assert.equal(play(1), play(1))
    assert.not_equal(play(1), play(2))
  end)
end)

describe("misuse of the world", function()
  it("raises for options nobody knows", function()
    assert.has_error(function() world.new { sed = 7 } end,
      "the sandbox has no option sed, did you mean seed?")
    assert.has_error(function() world.new { clock = "atomic" } end)
  end)

  it("never makes handle raise", function()
    local w = world.new()
    for _, request in ipairs { {}, { method = "GET" }, { method = "GET", path = "/" },
        { method = 7, path = {}, headers = 5 } } do
      local response = w:handle(request)
      assert.equal("number", type(response.status))
    end
    assert.equal(500, w:handle(nil).status)
  end)
end)
