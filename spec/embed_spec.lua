-- Promises of kassa.embed: an attempt to move money is named in its body, by its caller or by
-- kassa; the object that is followed stands there too. Played on a script of answers.
local json = require "kassa.json"
local kassa = require "kassa"
local script = require "support.script"

local CAPTURE = '{"id":"7","status":"SETTLED"}'
local AMOUNT = { amountDetails = { currency = "USD", totalAmount = 500 } }

local function gateway(...)
  local engine = script.new { ... }
  local client = kassa.cybersource { merchant_id = "shop", key_id = "k", secret = "c2VjcmV0",
    transport = engine }
  return client, engine
end

local function captures(count)
  local answers = {}
  for i = 1, count do answers[i] = script.json(201, CAPTURE) end
  return gateway((unpack or table.unpack)(answers))
end

local function name_sent(engine, i)
  return json.decode(engine.sent[i].body).clientReferenceInformation.transactionId
end

describe("the name of an attempt", function()
  it("is fresh for every call, of 30 letters and digits, and told behind the object", function()
    local client, engine = captures(2)
    for i = 1, 2 do
      local capture = assert(client.authorizations:capture("1", { orderInformation = AMOUNT }))
      assert.matches("^%x+$", name_sent(engine, i))
      assert.equal(30, #name_sent(engine, i))
      assert.equal(name_sent(engine, i), kassa.raw(capture).idempotency_key)
    end
    assert.is_not.equal(name_sent(engine, 1), name_sent(engine, 2))
  end)

  it("is one for ever for an intent, of the merchant, the operation and the object", function()
    local client, engine = captures(5)
    local body = { orderInformation = AMOUNT }
    client.authorizations:capture("1", body, { intent = "parcel-1" })
    client.authorizations:capture("1", body, { intent = "parcel-1" })
    client.authorizations:capture("1", body, { intent = "parcel-2" })
    client.authorizations:capture("2", body, { intent = "parcel-1" })
    client.captures:refund("1", body, { intent = "parcel-1" })
    assert.equal(name_sent(engine, 1), name_sent(engine, 2))
    local seen = {}
    for _, i in ipairs { 1, 3, 4, 5 } do
      assert.is_nil(seen[name_sent(engine, i)])
      assert.equal(30, #name_sent(engine, i))
      seen[name_sent(engine, i)] = true
    end
  end)

  it("is the caller's own where he gives one, in the body or as an option", function()
    local client, engine = captures(2)
    local body = { orderInformation = AMOUNT,
      clientReferenceInformation = { code = "order-1", transactionId = "own-1" } }
    local capture = assert(client.authorizations:capture("1", body))
    assert.equal("own-1", kassa.raw(capture).idempotency_key)
    assert.equal("order-1", json.decode(engine.sent[1].body).clientReferenceInformation.code)
    client.authorizations:capture("1", { orderInformation = AMOUNT },
      { idempotency_key = "own-2" })
    assert.equal("own-1", name_sent(engine, 1))
    assert.equal("own-2", name_sent(engine, 2))
    assert.same({ code = "order-1", transactionId = "own-1" }, body.clientReferenceInformation)
  end)

  it("cannot be two at once, nor longer than 30, nor no text", function()
    local client, engine = gateway()
    local _, err = client.authorizations:capture("1", { orderInformation = AMOUNT,
      clientReferenceInformation = { transactionId = "a" } }, { idempotency_key = "b" })
    assert.equal("invalid", err.code)
    assert.equal("clientReferenceInformation.transactionId", err.faults[1].path)
    for _, wrong in ipairs { ("x"):rep(31), "", 7, {} } do
      _, err = client.authorizations:capture("1", { orderInformation = AMOUNT,
        clientReferenceInformation = { transactionId = wrong } })
      assert.equal("invalid", err.code)
    end
    _, err = client.authorizations:capture("1", { orderInformation = AMOUNT,
      clientReferenceInformation = { transactionId = "order 1" } })
    assert.equal("may hold letters, digits, dots, _ and -", err.faults[1].message)
    _, err = client.authorizations:capture("1", { clientReferenceInformation = "code" })
    assert.equal("invalid", err.code)
    assert.has_error(function()
      client.authorizations:capture("1", {}, { idempotency_key = ("x"):rep(31) })
    end)
    assert.equal(0, #engine.sent)
  end)

  it("is kassa's own where null stands", function()
    local client, engine = captures(1)
    client.authorizations:capture("1", { orderInformation = AMOUNT,
      clientReferenceInformation = { transactionId = kassa.null } })
    assert.equal(30, #name_sent(engine, 1))
  end)

  it("is not given to what moves no money", function()
    local client, engine = gateway(script.json(200, '{"id":"1","status":"INITIATED"}'))
    client.sessions:status "1"
    assert.is_nil(json.decode(engine.sent[1].body).clientReferenceInformation)
  end)
end)

describe("the object that is followed", function()
  local BODY = {
    orderInformation = { amountDetails = { currency = "EUR", totalAmount = 500 },
      billTo = { country = "DE", postalCode = "10115", administrativeArea = "BE" } },
    processorInformation = { preApprovalToken = "t" },
  }

  it("is named in the body, not in the path", function()
    local client, engine = gateway(script.json(201, '{"id":"8","status":"AUTHORIZED"}'),
      script.json(201, '{"id":"9","status":"AUTHORIZED"}'))
    local second = assert(client.authorizations:follow_on("7", BODY))
    local third = assert(second:follow_on(BODY))
    for i, id in ipairs { "7", "8" } do
      assert.equal("/pts/v2/payments", engine.sent[i].target)
      assert.equal(id, json.decode(engine.sent[i].body).processingInformation.linkId)
    end
    assert.equal("8", second.id) -- the new one is an object of its own
    assert.equal("9", third.id)
  end)

  it("needs an id", function()
    local client = gateway()
    local ok, why = pcall(client.authorizations.follow_on, client.authorizations, nil, BODY)
    assert.is_false(ok)
    assert.matches("follow_on: id must be a string", why)
  end)
end)

describe("an attempt under a code that others share", function()
  it("is open until it is known what it came to", function()
    local client = gateway(script.json(201, CAPTURE), script.json(400, "{}"),
      { code = "timeout", wire = "sent", message = "late" })
    local inside = require "kassa.client".of(client)
    local body = { orderInformation = AMOUNT, clientReferenceInformation = { code = "order-1" } }
    for _ = 1, 2 do
      client.authorizations:capture("1", body)
      assert.is_nil(next(inside.open_attempts.names))
    end
    local _, err = client.authorizations:capture("1", body)
    assert.equal("unknown", err.happened)
    assert.same({ "order-1", "ics_ap_capture", 500 }, (function(about)
      return { about.code, about.service, about.amount }
    end)(inside.open_attempts.names[err.idempotency_key]))
  end)
end)
