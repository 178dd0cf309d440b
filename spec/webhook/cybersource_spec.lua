-- Promises of Cybersource's webhooks: what is rightly signed and fresh becomes an event in the
-- shape of Klarna's, nothing else does, and no error shows a key. A receiver takes them as well.
local core = require "kassa.core"
local deliveries = require "support.deliveries"
local kassa = require "kassa"
local mutations = require "support.mutations"
local receivers = require "support.receivers"

local webhook = kassa.webhook
local SETTLED = deliveries.stamped[2]
local KEYS = { [SETTLED.key_id] = SETTLED.key }

local function verify(changes)
  local options = { provider = "cybersource", body = SETTLED.body, keys = KEYS,
    headers = { ["v-c-signature"] = SETTLED.header }, now_ms = SETTLED.at_ms }
  for name, value in pairs(changes or {}) do options[name] = value end
  return webhook.verify(options)
end

-- A body that is signed rightly, through verify.
local function verify_signed(body)
  return verify { body = body, headers = webhook.sign { provider = "cybersource", body = body,
    key = SETTLED.key, key_id = SETTLED.key_id, now_ms = SETTLED.at_ms } }
end

local function assert_refused(reason, event, err)
  assert.is_nil(event)
  assert.same({ "signature", reason, "no", "never", "kassa.webhook.verify" },
    { err.code, err.reason, err.happened, err.retry, err.operation })
  for _, secret in ipairs { SETTLED.key, SETTLED.right, "SETTLED" } do
    assert.is_nil(tostring(err):find(secret, 1, true), tostring(err))
  end
  return err.message
end

describe("a delivery of Cybersource", function()
  for _, vector in ipairs(deliveries.stamped) do
    it("is judged as the vector says: " .. vector.name, function()
      local event, err = verify { body = vector.body, raw = true, now_ms = vector.at_ms,
        keys = { [vector.key_id] = vector.key }, headers = { ["V-C-Signature"] = vector.header } }
      if vector.valid then
        assert.same({ body = vector.body, key_id = vector.key_id, signed_ms = vector.at_ms }, event)
      else
        local form = vector.name:find "quote"
        assert_refused(form and "bad_format" or "mismatch", event, err)
      end
    end)
  end

  it("is an event in the shape of Klarna's", function()
    local event = assert(verify())
    assert.same({
      type = "payments.payments.updated", id = "XFZ3Y2EH1X26 SETTLED",
      occurred_at = "2026-03-05T09:00:01", occurred_ms = 1772701201000, age_ms = -1000,
      signed_ms = 1772701200000, key_id = SETTLED.key_id, body = SETTLED.body,
      payload = { reconciliationId = "XFZ3Y2EH1X26", status = "SETTLED" },
      metadata = { eventType = "payments.payments.updated", productId = "alternativePaymentMethods",
        webhookId = "e339e8b1-d540-4efd-e053-8d588e0a2de5", organizationId = "kassa_demo_se",
        eventDate = "2026-03-05T09:00:01", retryNumber = 0, requestType = "NEW",
        transactionTraceId = "7ac2ad9f-6a89-d3e9-e053-34b8d30aaf41" },
    }, event)
    assert.equal("payments.payments.updated XFZ3Y2EH1X26 SETTLED", tostring(event))
  end)

  it("is read whatever the form of keys and headers", function()
    local function ask(name) return name == "v-c-signature" and { SETTLED.header } or nil end
    local set = webhook.keys({ [SETTLED.key_id] = kassa.secret(SETTLED.key) }, "cybersource")
    for _, changes in ipairs { { keys = set }, { headers = ask }, { keys = set, headers = ask },
      { headers = { ["V-C-SIGNATURE"] = { SETTLED.header } } } } do
      assert(verify(changes))
    end
  end)

  it("is the same event when it is sent again, and another one in another status", function()
    local again = SETTLED.body:gsub('"transactionTraceId":"7ac2', '"transactionTraceId":"8ac2')
      :gsub('"retryNumber":0', '"retryNumber":1'):gsub('"NEW"', '"RETRY"')
    assert(again ~= SETTLED.body)
    assert.equal(verify().id, assert(verify_signed(again)).id)
    local other = SETTLED.body:gsub('"SETTLED"', '"CHARGEBACK"')
    assert.equal("XFZ3Y2EH1X26 CHARGEBACK", verify_signed(other).id)
  end)

  it("of another product is told from others by what it says", function()
    local function id_of(payload, date)
      return assert(verify_signed(('{"eventType":"a.b","eventDate":"%s","webhookId":"w",'
        .. '"transactionTraceId":"%s","payload":%s}'):format(date or "2026-03-05T09:00:01",
        core.sign.uuid4(), payload))).id
    end
    local id = id_of '{"a":1,"b":2}'
    assert.equal(id, id_of '{"b":2, "a":1}')
    assert.matches("^%x+$", id)
    for _, other in ipairs { id_of '{"a":1,"b":3}', id_of '{}', id_of '{"status":"SETTLED"}',
      id_of('{"a":1,"b":2}', "2026-03-05T09:00:02") } do
      assert.is_true(other ~= id)
    end
  end)

  it("says its time in UTC, or as it says itself, or not at all", function()
    local function time_of(date)
      return assert(verify_signed(('{"eventType":"a","eventDate":%s,"payload":{}}'):format(date)))
        .occurred_ms
    end
    assert.equal(1772701201000, time_of '"2026-03-05T09:00:01"')
    assert.equal(1772701201000, time_of '"2026-03-05T10:00:01+01:00"')
    assert.equal(1772701201250, time_of '"2026-03-05T09:00:01.250Z"')
    assert.is_nil(time_of '"yesterday"')
    assert.is_nil(time_of "5")
  end)
end)

describe("a delivery that is not Cybersource's", function()
  it("is refused for its age, either way, and not a moment sooner", function()
    local at = SETTLED.at_ms
    assert(verify { now_ms = at + 3600000 })
    assert(verify { now_ms = at - 3600000 })
    assert.matches("signed 3601 seconds ago, and 3600 are allowed",
      assert_refused("stale", verify { now_ms = at + 3600001 }))
    assert.matches("seconds from now", assert_refused("stale", verify { now_ms = at - 3600001 }))
    assert(verify { now_ms = at + 5000, tolerance_s = 5 })
    assert_refused("stale", verify { now_ms = at + 5001, tolerance_s = 5 })
    assert_refused("stale", verify { now_ms = at + 1, tolerance_s = 0 })
    assert_refused("stale", verify { now_ms = at + 3600001, raw = true })
    assert(verify { now_ms = 0, tolerance_s = math.huge })
  end)

  it("is measured by the system's time when no other is told", function()
    local options = { provider = "cybersource", body = SETTLED.body, keys = KEYS,
      headers = { ["v-c-signature"] = SETTLED.header }, tolerance_s = 60 }
    assert_refused("stale", webhook.verify(options))
    options.headers = webhook.sign { provider = "cybersource", body = SETTLED.body,
      key = SETTLED.key, key_id = SETTLED.key_id }
    local event = assert(webhook.verify(options))
    assert.is_nil(event.age_ms)
  end)

  it("is refused without its header, with two of them, and by an unknown key", function()
    assert.matches("no v%-c%-signature header", assert_refused("no_signature",
      verify { headers = { ["Klarna-Signature"] = SETTLED.header } }))
    assert.matches("more than once", assert_refused("bad_format",
      verify { headers = { ["v-c-signature"] = { SETTLED.header, SETTLED.header } } }))
    assert.matches("of 5 bytes", assert_refused("bad_format",
      verify { headers = { ["v-c-signature"] = "t=5;k" } }))
    assert.matches('the key id "' .. SETTLED.key_id:gsub("%p", "%%%0") .. '" is none',
      assert_refused("unknown_key", verify { keys = {} }))
  end)

  it("is refused when the key is another's, or only nearly the right one", function()
    assert_refused("mismatch", verify { keys = { [SETTLED.key_id] = "AAAA" } })
    assert_refused("mismatch",
      verify { keys = { [SETTLED.key_id] = core.sign.base64(SETTLED.key) } })
  end)

  it("is no event when it lacks a type or a payload, or is encrypted", function()
    for body, words in pairs {
      ["5"] = "no JSON object", ["[]"] = "no JSON object", ["[1]"] = "no JSON object",
      ["{}"] = "eventType", ['{"eventType":"","payload":{}}'] = "eventType",
      ['{"eventType":5,"payload":{}}'] = "eventType", ['{"eventType":"a"}'] = "payload is missing",
      ['{"eventType":"a","payload":[]}'] = "payload is missing",
      ['{"eventType":"a","payload":null}'] = "payload is missing",
      ['{"eventType":"a","payload":"eyJ"}'] = "encrypted",
      ['{"encData":"eyJ"}'] = "encrypted", ['{"encryptedRequest":"eyJ"}'] = "encrypted",
    } do
      assert.matches(words, assert_refused("missing_field", verify_signed(body)))
    end
    assert_refused("not_json", verify_signed "sesame")
  end)

  it("is never accepted once it is changed, of 20,000", function()
    local accepted, by_kind, by_reason = mutations.run_stamped(20000, 20260305)
    assert.equal(0, accepted)
    for _, name in ipairs { "body", "time", "key_id", "signature", "header", "swapped", "key" } do
      assert.is_true((by_kind[name] or 0) > 1000, name .. " was not tried")
    end
    for _, reason in ipairs { "bad_format", "unknown_key", "mismatch" } do
      assert.is_true((by_reason[reason] or 0) > 300, reason .. " was not met")
    end
  end)
end)

describe("kassa.webhook.sign for Cybersource", function()
  it("gives the header of the vectors", function()
    for _, vector in ipairs(deliveries.stamped) do
      local right = ("t=%.0f;keyId=%s;sig=%s"):format(vector.at_ms, vector.key_id, vector.right)
      for _, key in ipairs { vector.key, kassa.secret(vector.key) } do
        assert.same({ ["v-c-signature"] = right }, webhook.sign { provider = "cybersource",
          body = vector.body, key = key, key_id = vector.key_id, now_ms = vector.at_ms })
      end
    end
  end)
end)

describe("a receiver for Cybersource", function()
  local function settled(changes)
    local vector = changes or SETTLED
    return receivers.delivery(vector.body or SETTLED.body,
      { headers = { "v-c-signature: " .. (vector.header or SETTLED.header) } })
  end

  it("takes what was signed near its router's time, once, and nothing else", function()
    local events, now_ms = {}, SETTLED.at_ms
    receivers.serving({
      provider = "cybersource", now = function() return now_ms end, tolerance_s = 60,
      keys = { [SETTLED.key_id] = SETTLED.key },
      handler = function(event) events[#events + 1] = event end,
    }, function(receiver, router)
      assert.equal(204, receivers.post(receiver.port, settled()).status)
      assert.equal(204, receivers.post(receiver.port, settled()).status)
      local klarnas = receivers.delivery("x", { key = "k", key_id = "id" })
      assert.equal("no_signature\n", receivers.post(receiver.port, klarnas).body)
      assert.equal("mismatch\n", receivers.post(receiver.port, settled { body = "{}" }).body)
      now_ms = now_ms + 60001
      assert.equal("stale\n", receivers.post(receiver.port, settled()).body)
      while router:pending() > 0 do kassa.sleep(0.001) end
    end)
    assert.equal(1, #events)
    assert.same({ "XFZ3Y2EH1X26 SETTLED", "SETTLED", false, -1000 },
      { events[1].id, events[1].state, events[1].stale, events[1].age_ms })
  end)

  it("goes by the clock of its client's sandbox, be it as virtual as it may", function()
    local box = assert(require "kassa.sandbox".start { provider = "cybersource", seed = 7 })
    finally(function() box:stop() end)
    local key, events = box:signing_key(), {}
    receivers.serving({ client = kassa.cybersource(box:options()),
      keys = { [key.signing_key_id] = key.signing_key },
      handler = function(event) events[#events + 1] = event end,
    }, function(receiver)
      assert(box:subscribe(receiver.url))
      local client = kassa.cybersource(box:options())
      local session = kassa.assert(client.sessions:create {
        flow = "hosted",
        merchantInformation = { successUrl = "https://shop.example/ok",
          cancelUrl = "https://shop.example/no", failureUrl = "https://shop.example/no" },
        orderInformation = {
          amountDetails = { currency = "USD", totalAmount = 100, taxAmount = 0 },
          billTo = { country = "US", postalCode = "43215", administrativeArea = "OH" },
          lineItems = { { productName = "Pen", quantity = 1, unitPrice = 100, totalAmount = 100 } },
        },
      })
      assert(box:approve(session.id))
      for _ = 1, 3000 do
        if events[1] then break end
        kassa.sleep(0.01)
      end
      assert.equal(session.reconciliationId .. " COMPLETED", events[1].id)
      assert.equal(0, events[1].age_ms)
    end)
  end)
end)
