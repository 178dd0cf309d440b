-- What is refused before the wire at Cybersource, from cybersource.md 7 by hand: states, and sums
-- of what this client did itself. Played on a script of answers.
local kassa = require "kassa"
local script = require "support.script"

local function answer(id, status, amount, currency)
  local order = amount and (',"orderInformation":{"amountDetails":{"totalAmount":"%s",'
    .. '"currency":"%s"}}'):format(amount, currency or "USD") or ""
  return script.json(201, ('{"id":"%s","status":"%s"%s}'):format(id, status, order))
end

local function gateway(...)
  local engine = script.new { ... }
  local client = kassa.cybersource { merchant_id = "shop", key_id = "k", secret = "c2VjcmV0",
    transport = engine }
  return client, engine
end

local function order(amount, currency)
  return { orderInformation = { amountDetails = {
    currency = currency or "USD", totalAmount = amount } } }
end

local function authorization_order(amount)
  local body = order(amount)
  body.orderInformation.amountDetails.taxAmount = 0
  body.orderInformation.billTo = { country = "US", postalCode = "1", administrativeArea = "OH" }
  body.processorInformation = { preApprovalToken = "t" }
  return body
end

-- An authorization of 135.00 USD, and answers for what is done to it.
local function authorized(...)
  local client, engine = gateway(answer("A", "AUTHORIZED", "135.00"), ...)
  return assert(client.authorizations:create(authorization_order(13500))), engine, client
end

local function refused(code, words, value, err)
  assert.is_nil(value)
  assert.equal(code, err.code)
  assert.equal("no", err.happened)
  assert.equal(0, err.attempts)
  assert.is_truthy(err.message:find(words, 1, true), err.message)
  return err
end

describe("what is captured", function()
  it("is at most what was authorized, over all captures, as text or in minor units", function()
    local authorization, engine = authorized(answer("C1", "SETTLED", "50.00"),
      answer("C2", "PENDING", "85.00"))
    assert(authorization:capture(order(5000)))
    local err = refused("exceeds_amount",
      "more than what remains authorized (asked for 85.01 USD, at most 85.00 USD)",
      authorization:capture(order "85.01"))
    assert.same({ 8500, 8501 }, { err.limit, err.asked })
    assert.same({ false, err.message }, { authorization:can("capture", order(8501)) })
    assert.is_true(authorization:can("capture", order "85.00"))
    assert(authorization:capture(order "85.00")) -- pending counts as captured
    refused("exceeds_amount", "at most 0.00 USD", authorization:capture(order(1)))
    assert.equal(3, #engine.sent)
  end)

  it("counts no more once it is known to have failed", function()
    local authorization, _, _ = authorized(answer("C1", "PENDING", "135.00"),
      answer("C1", "FAILED"), answer("C2", "SETTLED", "135.00"))
    local capture = assert(authorization:capture(order(13500)))
    refused("exceeds_amount", "at most 0.00 USD", authorization:capture(order(13500)))
    assert.equal("FAILED", assert(capture:refresh()).status)
    assert(authorization:capture(order(13500)))
  end)

  it("is not counted when it was declined", function()
    local authorization = authorized(answer("C1", "FAILED", "135.00"),
      answer("C2", "SETTLED", "135.00"))
    assert.is_nil((authorization:capture(order(13500))))
    assert(authorization:capture(order(13500)))
  end)

  it("is in the authorization's currency", function()
    local authorization = authorized()
    local err = refused("invalid", "is EUR, but the authorization is in USD",
      authorization:capture(order("1.00", "EUR")))
    assert.equal("orderInformation.amountDetails.currency", err.faults[1].path)
  end)

  it("knows the amount that was asked for when the answer has none", function()
    local client = gateway(answer("A", "AUTHORIZED"), answer("A", "AUTHORIZED"))
    local authorization = assert(client.authorizations:create(authorization_order "135.00"))
    assert(authorization:refresh())
    refused("exceeds_amount", "at most 135.00 USD", authorization:capture(order(13501)))
  end)

  it("knows the amount although a check does not tell it again", function()
    local authorization = authorized(answer("A", "AUTHORIZED"))
    assert(authorization:refresh())
    refused("exceeds_amount", "at most 135.00 USD", authorization:capture(order(13501)))
  end)

  it("leaves amounts that are none to the writer", function()
    local authorization = authorized()
    for _, amount in ipairs { "1.001", 1.5, -1, {}, "x", "1e3" } do
      local _, err = authorization:capture(order(amount))
      assert.equal("invalid", err.code)
      assert.equal("orderInformation.amountDetails.totalAmount", err.faults[1].path)
    end
  end)

  it("is not stopped where nothing is known", function()
    local client = gateway(answer("A", "AUTHORIZED"), answer("C", "SETTLED"))
    local authorization = assert(client.authorizations:status "A")
    assert(authorization:capture(order(999999)))
  end)
end)

describe("a capture", function()
  it("needs an authorization that is AUTHORIZED", function()
    for _, status in ipairs { "PENDING", "FAILED", "ABANDONED", "AUTH_REVERSED" } do
      local client = gateway(answer("A", status))
      local authorization = assert(client.authorizations:status "A")
      local words = "capture needs an authorization in state AUTHORIZED, this one is " .. status
      assert.equal(status, refused("illegal_state", words, authorization:capture(order(1))).state)
    end
  end)

  it("is not possible in a status never heard of, unless the caller knows better", function()
    local client, engine = gateway(answer("A", "TRANSMITTED"), answer("C", "SETTLED"))
    local authorization = assert(client.authorizations:status "A")
    refused("illegal_state", "capture needs an authorization in state AUTHORIZED, this one is "
      .. 'TRANSMITTED, which is not known: wait, or say expect = "AUTHORIZED"',
      authorization:capture(order(1)))
    assert.equal(1, #engine.sent)
    assert(authorization:capture(order(1), { expect = "AUTHORIZED" }))
  end)

  it("has the object read again when the server knows better", function()
    local authorization, engine = authorized(
      script.json(400, '{"status":"INVALID_REQUEST","reason":"AUTH_ALREADY_REVERSED"}'),
      answer("A", "AUTH_REVERSED"))
    local _, err = authorization:capture(order(1))
    assert.equal("illegal_state", err.code)
    assert.equal("capture needs an authorization in state AUTHORIZED, this one is AUTH_REVERSED",
      err.message)
    assert.equal("AUTH_REVERSED", authorization.status)
    assert.equal(3, #engine.sent)
    assert.is_false((authorization:can "capture"))
  end)

  it("is refused after a reversal, be it done or pending, and not after one that failed", function()
    for _, status in ipairs { "AUTH_REVERSED", "PENDING" } do
      local authorization = authorized(answer("R", status))
      assert(authorization:reverse())
      refused("illegal_state", "capture is not possible: the authorization is released by "
        .. "reversal R (" .. status .. ")", authorization:capture(order(1)))
    end
    local authorization = authorized(answer("R", "FAILED"), answer("C", "SETTLED"))
    assert.is_nil((authorization:reverse()))
    assert(authorization:capture(order(1)))
  end)
end)

describe("a reversal", function()
  it("is refused once something is captured, and a second time", function()
    local authorization = authorized(answer("C", "SETTLED", "50.00"))
    assert(authorization:capture(order(5000)))
    refused("illegal_state", "reverse is not possible: of the authorization something is taken "
      .. "by capture C (SETTLED, 50.00 USD)", authorization:reverse())
    authorization = authorized(answer("R", "AUTH_REVERSED"))
    assert(authorization:reverse())
    refused("illegal_state", "released by reversal R (AUTH_REVERSED)", authorization:reverse())
  end)

  it("is let through under a name, since it may be the very one", function()
    local authorization, engine = authorized(answer("R", "AUTH_REVERSED"),
      script.json(400, '{"status":"INVALID_REQUEST","reason":"DUPLICATE_REQUEST"}'))
    assert(authorization:reverse({}, { intent = "stop" }))
    local _, err = authorization:reverse({}, { intent = "stop" })
    assert.equal("yes", err.happened)
    assert.equal(3, #engine.sent)
  end)
end)

describe("a follow-on", function()
  it("takes the place of what it follows, unless it fails", function()
    local authorization = authorized(answer("F", "FAILED"), answer("B", "AUTHORIZED", "120.00"))
    assert.is_nil((authorization:follow_on(authorization_order(12000))))
    assert.is_true(authorization:can "capture")
    local second = assert(authorization:follow_on(authorization_order(12000)))
    assert.equal("B", second.id)
    assert.equal("A", authorization.id)
    for _, verb in ipairs { "capture", "reverse", "follow_on" } do
      local can, why = authorization:can(verb, order(1))
      assert.is_false(can)
      assert.equal(verb .. " is not possible: the authorization was followed by authorization B "
        .. "(AUTHORIZED, 120.00 USD), which is in its place", why)
    end
    refused("exceeds_amount", "at most 120.00 USD", second:capture(order(12001)))
  end)

  it("comes before any capture", function()
    local authorization = authorized(answer("C", "SETTLED", "1.00"))
    assert(authorization:capture(order(100)))
    assert.is_false((authorization:can "follow_on"))
  end)
end)

describe("a refund", function()
  local function settled(...)
    local client, engine = gateway(answer("C", "SETTLED", "50.00"), ...)
    return assert(client.authorizations:capture("A", order(5000))), engine
  end

  it("gives back at most what was captured, over all refunds", function()
    local capture, engine = settled(answer("F1", "REFUNDED", "20.00"),
      answer("F2", "REFUNDED", "30.00"))
    assert(capture:refund(order "20.00"))
    refused("exceeds_amount", "(asked for 30.01 USD, at most 30.00 USD)",
      capture:refund(order(3001)))
    assert(capture:refund(order(3000)))
    refused("exceeds_amount", "at most 0.00 USD", capture:refund(order(1)))
    assert.equal(3, #engine.sent)
  end)

  it("goes the way that the capture's own link says, if it is one that is known", function()
    local ours, theirs = "/pts/v2/payments/C/refunds", "/pts/v2/captures/C/refunds"
    for href, target in pairs { [theirs] = theirs, [ours] = ours, ["/elsewhere"] = ours,
        ["/pts/v2/captures/D/refunds"] = ours } do
      local client, engine = gateway(script.json(201, ('{"id":"C","status":"SETTLED","_links":'
        .. '{"refund":{"method":"POST","href":"%s"}}}'):format(href)), answer("F", "FAILED"))
      local capture = assert(client.authorizations:capture("A", order(5000)))
      local _, err = capture:refund(order(1))
      assert.equal(target, engine.sent[2].target)
      assert.equal(target:gsub("/C/", "/{id}/"), err.route)
    end
  end)

  it("needs a capture that is settled", function()
    for _, status in ipairs { "PENDING", "CHARGEBACK", "FAILED" } do
      local client = gateway(answer("C", status))
      local capture = assert(client.captures:status "C")
      refused("illegal_state", "refund needs a capture in state SETTLED, this one is " .. status,
        capture:refund(order(1)))
    end
  end)
end)

describe("an authorization", function()
  it("needs a token", function()
    local client, engine = gateway()
    for _, token in ipairs { {}, "", kassa.null } do
      local body = authorization_order(1)
      body.processorInformation = { preApprovalToken = token ~= kassa.null and token or nil }
      local _, err = client.authorizations:create(body)
      assert.equal("invalid", err.code)
      assert.equal("processorInformation.preApprovalToken", err.faults[1].path)
    end
    assert.equal(0, #engine.sent)
  end)

  it("needs a session that neither failed nor was abandoned, where it is told one", function()
    for _, status in ipairs { "FAILED", "ABANDONED" } do
      local client, engine = gateway(answer("S", status))
      local session = assert(client.sessions:status "S")
      local words = "authorize needs a session in state INITIATED or COMPLETED, this one is "
        .. status
      refused("illegal_state", words, session:authorize(authorization_order(1)))
      refused("illegal_state", words,
        client.authorizations:create(authorization_order(1), { session = session }))
      assert.equal(1, #engine.sent)
    end
    for _, status in ipairs { "INITIATED", "COMPLETED", "SOMETHING_NEW" } do
      local client = gateway(answer("S", status), answer("A", "AUTHORIZED"))
      local session = assert(client.sessions:status "S")
      assert.equal("kassa.authorization A (AUTHORIZED)",
        tostring(session:authorize(authorization_order(1))))
    end
  end)

  it("takes as a session nothing else", function()
    local client = gateway(answer("A", "AUTHORIZED"))
    local authorization = assert(client.authorizations:status "A")
    for _, wrong in ipairs { {}, "S", authorization } do
      local ok, why = pcall(client.authorizations.create, client.authorizations,
        authorization_order(1), { session = wrong })
      assert.is_false(ok)
      assert.matches("session must be a session that a call returned", why)
    end
  end)
end)

describe("a check", function()
  it("tells an object what is new and leaves it what it knew", function()
    local made = '{"id":"S","status":"INITIATED","processorInformation":{"token":"t",'
      .. '"paymentUrl":"https://pay.example"},"_links":{"self":{"href":"/x"}}}'
    local checked = '{"id":"S","status":"COMPLETED","processorInformation":'
      .. '{"responseCode":"00000"}}'
    local client = gateway(script.json(201, made), script.json(200, checked))
    local session = assert(client.sessions:create({}, { strict = false }))
    assert.equal(session, assert(session:refresh()))
    assert.equal("COMPLETED", session.status)
    assert.same({ token = "t", paymentUrl = "https://pay.example", responseCode = "00000" },
      session.processorInformation)
    assert.equal("/x", session._links.self.href)
    assert.equal(checked, kassa.raw(session).body)
  end)
end)

describe("a table of the caller's", function()
  it("may be used again while the call is on its way: what was sent is counted", function()
    local body = order(6000)
    local authorization = authorized(function()
      body.orderInformation.amountDetails.totalAmount = 1
      return answer("C", "SETTLED")
    end)
    local capture = assert(authorization:capture(body))
    assert.is_false((authorization:can("capture", order(4000 + 3501))))
    assert.is_true((authorization:can("capture", order(4000 + 3500))))
    assert.is_true((capture:can("refund", order(6000))))
    assert.is_false((capture:can("refund", order(6001))))
  end)
end)

describe("what was pending", function()
  it("counts no more once it is known to have been refused, whatever that is called", function()
    for _, status in ipairs { "FAILED", "ABANDONED", "DECLINED" } do
      local authorization = authorized(answer("F", "PENDING", "90.00"), answer("F", status))
      local follow_on = assert(authorization:follow_on(authorization_order(9000)))
      assert.is_false((authorization:can("capture", order(1))))
      assert(follow_on:refresh())
      assert.is_true((authorization:can("capture", order(1))))
    end
  end)
end)

describe("a check of an object", function()
  it("never changes what the next call is about", function()
    local authorization, engine = authorized(answer("OTHER", "AUTHORIZED"),
      answer("C", "SETTLED"))
    assert(authorization:refresh())
    assert.equal("A", authorization.id)
    assert(authorization:capture(order(1)))
    assert.equal("/pts/v2/payments/A/captures", engine.sent[3].target)
  end)
end)
