-- Promises of kassa.sandbox.cybersource.envelope: notifications as reference section 11 has them,
-- signed by its formula, attempted again at its times.

local gateway = require "support.gateway"
local json = require "kassa.json"
local kassa = require "kassa"
local sandbox = require "kassa.sandbox"
local sign = require "kassa.core".sign

local g
before_each(function() g = gateway.open { seed = 7 } end)

local function told()
  local out = {}
  for i, entry in ipairs(g:verb "deliveries") do
    out[i] = entry.event.payload.reconciliationId .. " " .. entry.event.payload.status
  end
  return out
end

describe("a notification", function()
  it("tells of each status that a step comes into, except of a new session", function()
    local token, session = g:token()
    local _, made = g:authorize(token, "9.12")
    g:verb("advance", "1h")
    local _, reversal = g:reverse(made.id)
    assert.same({
      session.reconciliationId .. " COMPLETED", made.reconciliationId .. " PENDING",
      made.reconciliationId .. " AUTHORIZED", reversal.reconciliationId .. " AUTH_REVERSED",
      made.reconciliationId .. " AUTH_REVERSED",
    }, told())
  end)

  it("has body and headers of version 3", function()
    g:verb("advance", "90m")
    local capture = g:captured "100.00"
    local list = g:verb "deliveries"
    local entry = list[#list]
    local key, event = g:verb "signing_key", entry.event
    assert.same({
      eventType = "payments.payments.updated", productId = "alternativePaymentMethods",
      organizationId = g.world.account.merchant_id, eventDate = "2024-01-01T13:30:00",
      webhookId = entry.webhook_id, transactionTraceId = event.transactionTraceId,
      retryNumber = 0, requestType = "NEW",
      payload = { reconciliationId = capture.reconciliationId, status = "SETTLED" },
    }, event)
    local headers = entry.headers
    assert.equal(event.eventType, headers["v-c-event-type"])
    assert.equal(event.organizationId, headers["v-c-organization-id"])
    assert.equal(event.productId, headers["v-c-product-name"])
    assert.equal("NEW", headers["v-c-request-type"])
    assert.equal("0", headers["v-c-retry-count"])
    assert.equal(event.transactionTraceId, headers["v-c-transaction-trace-id"])
    assert.equal(event.webhookId, headers["v-c-webhook-id"])
    local mac = sign.hmac_sha256(sign.unbase64(key.signing_key), "1704115800000." .. entry.body)
    assert.equal(("t=1704115800000;keyId=%s;sig=%s"):format(key.signing_key_id, sign.base64(mac)),
      headers["v-c-signature"])
  end)

  it("is one that kassa.webhook.verify believes, while it is fresh", function()
    local capture = g:captured "100.00"
    local list, key = g:verb "deliveries", g:verb "signing_key"
    local entry = list[#list]
    local function verify(now_ms, secret)
      return kassa.webhook.verify { provider = "cybersource", body = entry.body,
        headers = entry.headers, keys = { [key.signing_key_id] = secret or key.signing_key },
        now_ms = now_ms }
    end
    local event = assert(verify(entry.due_ms))
    assert.equal("payments.payments.updated", event.type)
    assert.equal(capture.reconciliationId, event.payload.reconciliationId)
    assert.is_nil((verify(entry.due_ms + 2 * 3600 * 1000)))
    assert.is_nil((verify(entry.due_ms, sign.base64 "another key")))
  end)

  it("is tried three times more, a minute apart, each time traced and signed anew", function()
    g.world:receive(function() return 500 end)
    g:captured "100.00"
    g:verb("advance", "10m")
    local entry = g:verb("deliveries", { last = 1 })[1]
    assert.equal("dropped", entry.state)
    local at = {}
    for i, attempt in ipairs(entry.attempts) do at[i] = attempt.at end
    assert.same({ "2024-01-01T12:00:00Z", "2024-01-01T12:01:00Z", "2024-01-01T12:02:00Z",
      "2024-01-01T12:03:00Z" }, at)
    assert.equal(3, entry.event.retryNumber)
    assert.equal("RETRY", entry.event.requestType)
    assert.equal("3", entry.headers["v-c-retry-count"])
    assert.truthy(entry.headers["v-c-signature"]:find "^t=1704110580000;")
  end)

  it("comes to a function in process, and can be lost, doubled and sent again", function()
    local box = sandbox.world { provider = "cybersource", seed = 7 }
    local client = kassa.cybersource(box:options())
    local seen = {}
    box:receive(function(request)
      seen[#seen + 1] = json.decode(request.body).payload.status
      return 200
    end)
    local function authorize()
      return kassa.assert(client.authorizations:create {
        orderInformation = { amountDetails = { currency = "EUR", totalAmount = 1000 },
          billTo = { country = "SE", postalCode = "11122", administrativeArea = "AB" } },
        processorInformation = { preApprovalToken = "sandbox-approved" },
      })
    end
    authorize()
    box:fault { webhook = "duplicate", times = 1 }
    authorize()
    box:fault { webhook = "lose", times = 1 }
    authorize()
    assert.same({ "AUTHORIZED", "AUTHORIZED", "AUTHORIZED" }, seen)
    local list = box:deliveries()
    assert.equal(1, box:redeliver(list[#list].event_id))
    assert.equal(4, #seen)
    client:close()
    box:stop()
  end)

  it("goes to a URL of this machine, and to no other", function()
    assert.is_true(g:verb("subscribe", "http://127.0.0.1:8080/hook"))
    g:captured "100.00"
    assert.equal("http://127.0.0.1:8080/hook", g:verb("deliveries")[1].url)
    assert.is_false((pcall(g.verb, g, "subscribe", "https://shop.example/hook")))
    assert.is_true(g:verb "subscribe")
    assert.is_nil(g:verb("deliveries", { last = 1 })[1].url)
  end)
end)
