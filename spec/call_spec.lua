-- Promises of a whole call, played on a script of answers: keys, attempts, deadlines, judgement.
local kassa_runtime = require "kassa.runtime"
local api = require "kassa.api.klarna"
local client = require "kassa.client"
local json = require "kassa.json"
local script = require "support.script"

local REQUEST =
  '{"payment_request_id":"krn:r:1","state":"SUBMITTED","currency":"USD","payment_amount":1000}'
local TRANSACTION = [[{"payment_transaction_id":"krn:t:1","state":"AUTHORIZED","currency":"USD",
  "payment_amount":1000,"original_authorization_amount":1000,
  "remaining_authorization_amount":1000,"payment_captures":[],"payment_refunds":[]}]]
local BODY = { currency = "USD", payment_amount = 1000 }

local function shop(answers, options)
  local engine = script.new(answers)
  local all = { api_key = "klarna_test_api_k", transport = engine }
  for name, value in pairs(options or {}) do all[name] = value end
  return client.new(kassa_runtime.new(), api, all), engine
end

local function key_of(request) return script.headers(request)["klarna-idempotency-key"] end

describe("a call", function()
  it("sends one request and returns the object", function()
    local klarna, engine = shop { script.json(201, REQUEST) }
    local request = assert(klarna.payment_requests:create(BODY))
    assert.equal("SUBMITTED", request.state)
    assert.equal(1, #engine.sent)
    local sent = engine.sent[1]
    assert.equal("POST", sent.method)
    assert.equal("/v2/payment/requests", sent.target)
    assert.same(BODY, json.decode(sent.body))
    assert.equal("application/json", script.headers(sent)["content-type"])
    assert.matches("^%x+%-%x+%-4", key_of(sent))
  end)

  it("sends only the headers that Klarna names", function()
    local klarna, engine = shop({ script.json(200, REQUEST), script.json(201, REQUEST) },
      { integration = { integrator = { name = "SHOP", session_reference = "s-1" } } })
    klarna.payment_requests:read "krn:r:1"
    assert.same({}, engine.sent[1].headers)
    local options = { correlation_id = "abc123", customer_token = "ct", client_id = "ci" }
    klarna.payment_requests:create(BODY, options)
    assert.same({
      "Content-Type: application/json", "Klarna-Idempotency-Key: " .. key_of(engine.sent[2]),
      "Partner-Correlation-Id: abc123", "X-Klarna-Client-Id: ci", "X-Klarna-Customer-Token: ct",
    }, engine.sent[2].headers)
    assert.same({ "Authorization: Basic klarna_test_api_k",
      'Klarna-Integration-Metadata: {"integrator":{"name":"SHOP","session_reference":"s-1"}}' },
      engine.options.headers)
  end)

  it("uses the path family of the account, and the caller's own paths", function()
    local klarna, engine = shop({ script.json(200, REQUEST), script.json(200, REQUEST) }, {
      account = "krn:partner:global:account:test:LWT2XJSE",
      paths = { ["customer_token.charge"] = "POST /payment/token-charge" },
    })
    klarna.payment_requests:read "krn:r:1"
    assert.equal("/v2/accounts/krn:partner:global:account:test:LWT2XJSE/payment/requests/krn:r:1",
      engine.sent[1].target)
    klarna.customer_tokens:charge("token", BODY)
    assert.matches("/payment/token%-charge$", engine.sent[2].target)
  end)

  it("keeps one key over all attempts", function()
    local lost = { code = "timeout", wire = "sent", message = "m" }
    local klarna, engine = shop {
      script.json(500, ""), lost, script.json(503, ""), script.json(201, REQUEST),
    }
    local request = assert(klarna.payment_requests:create(BODY))
    assert.equal("SUBMITTED", request.state)
    assert.equal(4, #engine.sent)
    for i = 2, 4 do assert.equal(key_of(engine.sent[1]), key_of(engine.sent[i])) end
  end)

  it("makes the key of a named intent from its name, never from amounts or references", function()
    local answers = {}
    for i = 1, 6 do answers[i] = script.json(201, '{"payment_capture_id":"krn:c:' .. i .. '"}') end
    local klarna, engine = shop(answers)
    local capture = { capture_amount = 500, payment_capture_reference = "same" }
    local transactions = klarna.payment_transactions
    transactions:capture("krn:t:1", capture, { intent = "order-1/parcel-1" })
    transactions:capture("krn:t:1", { capture_amount = 300 }, { intent = "order-1/parcel-1" })
    assert.equal(key_of(engine.sent[1]), key_of(engine.sent[2]))
    transactions:capture("krn:t:1", capture, { intent = "order-1/parcel-2" })
    assert.is_not.equal(key_of(engine.sent[1]), key_of(engine.sent[3]))
    transactions:capture("krn:t:1", capture)
    transactions:capture("krn:t:1", capture)
    assert.is_not.equal(key_of(engine.sent[4]), key_of(engine.sent[5]))
    transactions:capture("krn:t:1", capture, { idempotency_key = "my-own-key" })
    assert.equal("my-own-key", key_of(engine.sent[6]))
  end)

  it("never repeats a refusal", function()
    for _, status in ipairs { 400, 401, 403, 404, 409, 413 } do
      local klarna, engine = shop { script.json(status, "") }
      local value, err = klarna.payment_requests:create(BODY)
      assert.is_nil(value)
      assert.equal(1, #engine.sent)
      assert.equal("no", err.happened)
      assert.equal(1, err.attempts)
      assert.equal("payment_request.create", err.operation)
      assert.equal("/v2/payment/requests", err.route)
    end
  end)

  it("cancels once: a request without a key is not repeated when it may have acted", function()
    local klarna, engine = shop { { code = "protocol", wire = "sent", message = "reset" } }
    local _, err = klarna.payment_requests:cancel "krn:r:1"
    assert.equal(1, #engine.sent)
    assert.is_true(engine.sent[1].once)
    assert.equal("unknown", err.happened)
    assert.equal("never", err.retry)
  end)

  it("takes a conflict on a key the caller named for no proof that nothing happened", function()
    for _, options in ipairs { { intent = "order-1/parcel-1" }, { idempotency_key = "k-1" } } do
      local klarna, engine = shop { script.json(409, "") }
      local capture = { capture_amount = 5 }
      local _, err = klarna.payment_transactions:capture("krn:t:1", capture, options)
      assert.same({ "conflict", "unknown", "never" }, { err.code, err.happened, err.retry })
      assert.matches("may have acted before", err.message)
      assert.equal(1, #engine.sent)
    end
  end)

  it("lets a named call repeat what it did, and counts it once", function()
    local reply = '{"payment_capture_id":"krn:c:1"}'
    local klarna, engine = shop { script.json(200, TRANSACTION), script.json(201, reply),
      script.json(201, reply), script.json(201, reply) }
    local tx = assert(klarna.payment_transactions:read "krn:t:1")
    local once = { intent = "order-1/parcel-1" }
    assert(tx:capture({ capture_amount = 600 }, once))
    assert(tx:capture({ capture_amount = 600 }, once))
    assert.equal(key_of(engine.sent[2]), key_of(engine.sent[3]))
    assert(tx:capture({ capture_amount = 400 }))
    local _, err = tx:capture { capture_amount = 1 }
    assert.equal("exceeds_amount", err.code)
    assert.equal(4, #engine.sent)
  end)

  it("makes different keys for different customer tokens under one intent", function()
    local klarna, engine = shop { script.json(201, REQUEST), script.json(201, REQUEST) }
    klarna.customer_tokens:charge("token-a", BODY, { intent = "2026-03" })
    klarna.customer_tokens:charge("token-b", BODY, { intent = "2026-03" })
    assert.is_not.equal(key_of(engine.sent[1]), key_of(engine.sent[2]))
    for _, sent in ipairs(engine.sent) do assert.is_nil(key_of(sent):find "token") end
  end)

  it("takes an object of another client for its id alone", function()
    local one = shop { script.json(200, TRANSACTION) }
    local other = shop { script.json(403, "") }
    local tx = assert(one.payment_transactions:read "krn:t:1")
    local _, err = other.payment_transactions:capture(tx, { capture_amount = 5 })
    assert.same({ "forbidden", "no" }, { err.code, err.happened })
  end)

  it("reads options behind an empty body, and refuses a body where none belongs", function()
    local klarna, engine = shop { script.json(200, TRANSACTION), script.json(200, TRANSACTION) }
    local transactions = klarna.payment_transactions
    assert(transactions:void("krn:t:1", nil, { idempotency_key = "mine" }))
    assert.equal("mine", key_of(engine.sent[1]))
    local tx = assert(transactions:void("krn:t:1", {}, { idempotency_key = "mine" }))
    assert.has_error(function() tx:void({ amount = 5 }, {}) end)
    assert.has_error(function() transactions:void("krn:t:1", nil, { nonsense = 1 }) end)
  end)

  it("calls a gateway that gave up waiting an open question", function()
    local klarna = shop({ script.json(408, "") }, { retries = 0 })
    local _, err = klarna.payment_requests:create(BODY)
    assert.same({ "unknown", "same_key" }, { err.happened, err.retry })
    assert.is_truthy(tostring(err):find(err.idempotency_key, 1, true))
  end)

  it("lets no provider text forge a log line", function()
    local forged = '{"error_id":"a\\nFAKE\\u001b[2J","error_code":"B\\nC"}'
    local klarna = shop { script.json(400, forged) }
    local _, err = klarna.payment_requests:create(BODY)
    assert.is_nil(tostring(err):find "%c")
    assert.is_nil(err.provider.error_code:find "%c")
  end)

  it("keeps open what one attempt left open", function()
    local klarna = shop { { code = "timeout", wire = "sent", message = "m" }, script.json(401, "") }
    local _, err = klarna.payment_requests:create(BODY)
    assert.equal("unauthorized", err.code)
    assert.equal("unknown", err.happened)
    assert.equal("same_key", err.retry)
    assert.matches("^%x+%-%x+%-4", err.idempotency_key)
  end)

  it("waits as long as the server says before the next attempt", function()
    local refusal = script.json(429, "", { ["X-Ratelimit-Reset"] = "3" })
    local klarna, engine = shop { refusal, script.json(201, REQUEST) }
    assert(klarna.payment_requests:create(BODY))
    assert.is_true(engine.sent[2].at - engine.sent[1].at >= 3000)
  end)

  it("never passes the deadline, and calls it by its name", function()
    local silence = { { after_ms = 59000 }, { after_ms = 59000 }, { after_ms = 59000 } }
    local klarna, engine = shop(silence, { timeout_s = 20, deadline_s = 30 })
    local _, err = klarna.payment_requests:create(BODY)
    assert.equal("deadline", err.code)
    assert.equal("unknown", err.happened)
    assert.equal("same_key", err.retry)
    assert.is_true(engine:now() <= 30000)
  end)

  it("does not wait for a server that asks for more time than there is", function()
    local refusal = script.json(429, "", { ["Retry-After"] = "100" })
    local klarna, engine = shop({ refusal }, { deadline_s = 10 })
    local _, err = klarna.payment_requests:create(BODY)
    assert.equal("rate_limited", err.code)
    assert.equal("no", err.happened)
    assert.is_true(engine:now() < 100)
  end)

  it("takes retries and times from the call before those of the client", function()
    local klarna, engine = shop({ script.json(503, ""), script.json(503, "") }, { retries = 5 })
    klarna.payment_requests:create(BODY, { retries = 1, timeout_s = 2 })
    assert.equal(2, #engine.sent)
    assert.equal(2000, engine.sent[1].timeout_ms)
  end)

  it("checks the state before the wire", function()
    local klarna, engine = shop { script.json(200, (REQUEST:gsub("SUBMITTED", "CANCELED"))) }
    local request = assert(klarna.payment_requests:read "krn:r:1")
    for _, verb in ipairs { "update", "cancel", "confirm" } do
      local _, err = request[verb](request, verb ~= "cancel" and BODY or nil)
      assert.equal("illegal_state", err.code)
      assert.equal("no", err.happened)
      assert.equal("never", err.retry)
      assert.equal(0, err.attempts)
    end
    assert.equal(1, #engine.sent)
    assert.is_false((request:can "cancel"))
    assert.matches("CANCELED", select(2, request:can "cancel"))
  end)

  it("checks the amount before the wire, and remembers what it moved", function()
    local captured = script.json(201, '{"payment_capture_id":"krn:c:1"}')
    local klarna, engine = shop { script.json(200, TRANSACTION), captured }
    local tx = assert(klarna.payment_transactions:read "krn:t:1")
    local _, err = tx:capture { capture_amount = 1001 }
    assert.equal("exceeds_amount", err.code)
    assert.equal(1000, err.limit)
    assert.equal(1001, err.asked)
    assert(tx:capture { capture_amount = 600 })
    _, err = tx:capture { capture_amount = 500 }
    assert.equal("exceeds_amount", err.code)
    assert.equal(400, err.limit)
    assert.equal(2, #engine.sent)
  end)

  it("asks the server once more when it contradicts the guard", function()
    local closed = script.json(200, (TRANSACTION:gsub("AUTHORIZED", "CLOSED")))
    local klarna, engine = shop { script.json(200, TRANSACTION), script.json(403, ""), closed }
    local tx = assert(klarna.payment_transactions:read "krn:t:1")
    local _, err = tx:capture { capture_amount = 10 }
    assert.equal("illegal_state", err.code)
    assert.matches("CLOSED", err.message)
    assert.equal("CLOSED", tx.state)
    assert.equal(3, #engine.sent)
  end)

  it("takes a token in hand for proof that the shopper agreed", function()
    local confirmed = REQUEST:gsub("SUBMITTED", "CONFIRMED")
    local klarna, engine = shop { script.json(200, REQUEST), script.json(200, confirmed) }
    local request = assert(klarna.payment_requests:read "krn:r:1")
    local _, err = request:confirm(BODY)
    assert.equal("illegal_state", err.code)
    assert.equal(request, assert(request:confirm("krn:token:1", BODY)))
    assert.equal("CONFIRMED", request.state)
    assert.equal("/v2/payment/confirmation-tokens/krn:token:1/confirm", engine.sent[2].target)
  end)

  it("refuses a body before the wire with every fault at once", function()
    local klarna, engine = shop {}
    local body = { currency = "USDX", payment_amount = 19.99, confg = {} }
    local _, err = klarna.payment_requests:create(body)
    assert.equal("invalid", err.code)
    assert.equal("never", err.retry)
    assert.equal(3, #err.faults)
    assert.equal(0, #engine.sent)
  end)

  it("sends what the table said when the call was made", function()
    local body = { currency = "USD", payment_amount = 1000 }
    local klarna, engine = shop { function(request)
      body.payment_amount = 999999
      assert.equal(1000, json.decode(request.body).payment_amount)
      return script.json(503, "")
    end, script.json(201, REQUEST) }
    assert(klarna.payment_requests:create(body))
    assert.equal(engine.sent[1].body, engine.sent[2].body)
  end)

  it("asks a key that is a function before every attempt, and checks what it gives", function()
    local keys = { "klarna_test_api_1", "klarna_test_api_2", "klarna_live_api_3" }
    local klarna, engine = shop({ script.json(503, ""), script.json(201, REQUEST) },
      { api_key = function() return table.remove(keys, 1) end })
    assert(klarna.payment_requests:create(BODY))
    assert.equal("Authorization: Basic klarna_test_api_1", engine.sent[1].headers[1])
    assert.equal("Authorization: Basic klarna_test_api_2", engine.sent[2].headers[1])
    local _, err = klarna.payment_requests:create(BODY)
    assert.equal("unauthorized", err.code)
    assert.is_nil(tostring(err):find("klarna_live_api_3", 1, true))
    assert.equal(2, #engine.sent)
  end)

  it("tells each attempt, with the template for a route and no secret", function()
    local entries = {}
    local klarna = shop({ script.json(503, ""), script.json(200, TRANSACTION) },
      { log = function(entry) entries[#entries + 1] = entry end })
    assert(klarna.payment_transactions:read "krn:t:1")
    assert.equal(2, #entries)
    assert.equal("api", entries[1].code)
    assert.equal("ok", entries[2].code)
    assert.equal("/v2/payment/transactions/{payment_transaction_id}", entries[2].route)
    assert.equal(2, entries[2].attempt)
    for _, entry in ipairs(entries) do
      for _, value in pairs(entry) do
        assert.is_nil(tostring(value):find("klarna_test_api", 1, true))
      end
    end
  end)

  it("redacts bodies in a debug log by the schema", function()
    local entries = {}
    local klarna = shop({ script.json(201, REQUEST) },
      { log = { level = "debug", write = function(entry) entries[#entries + 1] = entry end } })
    local klara = { given_name = "Klara", email = "klara@example.com" }
    assert(klarna.payment_requests:create {
      currency = "USD", payment_amount = 1000, supplementary_purchase_data = { customer = klara },
    })
    local customer = entries[1].request.supplementary_purchase_data.customer
    assert.is_nil(tostring(customer.given_name or customer):find "Klara")
    assert.is_nil(tostring(type(customer) == "table" and customer.email or ""):find "klara")
    assert.equal(1000, entries[1].request.payment_amount)
  end)

  it("moves money even when the logger raises", function()
    local function broken() error "logger broke" end
    local klarna = shop({ script.json(201, REQUEST) }, { log = broken })
    assert(klarna.payment_requests:create(BODY))
  end)

  it("renews the object a call was made on", function()
    local canceled = REQUEST:gsub("SUBMITTED", "CANCELED")
    local klarna = shop { script.json(201, REQUEST), script.json(200, canceled) }
    local request = assert(klarna.payment_requests:create(BODY))
    assert.equal(request, assert(request:cancel()))
    assert.equal("CANCELED", request.state)
  end)
end)
