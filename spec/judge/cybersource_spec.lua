-- What Cybersource's answers mean, copied by hand from cybersource.md 5, 6 and 10: which error, did
-- it happen, may it be sent again. Played on a script of answers.
local kassa = require "kassa"
local script = require "support.script"

local BODY = { orderInformation = { amountDetails = { currency = "USD", totalAmount = "50.00" } } }

local function gateway(...)
  local engine = script.new { ... }
  local client = kassa.cybersource { merchant_id = "shop", key_id = "k", secret = "c2VjcmV0",
    transport = engine }
  return client, engine
end

local function refusal(reason, details)
  return ('{"submitTimeUtc":"2024-10-23T20:58:47Z","status":"INVALID_REQUEST","reason":"%s",'
    .. '"message":"told","details":%s}'):format(reason, details or "[]")
end

local function detail(field, reason)
  return ('[{"field":"%s","reason":"%s"}]'):format(field, reason)
end

-- The error of a capture that is answered so.
local function captured(answer, options)
  local client, engine = gateway(answer)
  local value, err = client.authorizations:capture("7", BODY, options)
  assert.is_nil(value)
  assert.equal(1, #engine.sent)
  return err
end

local function lost() return { code = "timeout", wire = "sent", message = "no answer" } end

-- status, reason, our code, happened, retry
local REFUSED_CAPTURES = {
  { 400, "MISSING_FIELD", "invalid", "no", "new_key" },
  { 400, "INVALID_DATA", "invalid", "no", "new_key" },
  { 400, "INVALID_AMOUNT", "invalid", "no", "new_key" },
  { 400, "SOMETHING_NEW", "invalid", "no", "new_key" },
  { 400, "EXCEEDS_AUTH_AMOUNT", "exceeds_amount", "no", "new_key" },
  { 400, "AUTH_ALREADY_REVERSED", "illegal_state", "no", "new_key" },
  { 400, "TRANSACTION_ALREADY_SETTLED", "illegal_state", "no", "new_key" },
  { 400, "TRANSACTION_ALREADY_REVERSED_OR_SETTLED", "illegal_state", "no", "new_key" },
  { 400, "MISSING_AUTH", "illegal_state", "no", "new_key" },
  { 400, "CAPTURE_ALREADY_VOIDED", "illegal_state", "no", "new_key" },
  { 400, "DUPLICATE_REQUEST", "conflict", "no", "new_key" },
  { 400, "INVALID_MERCHANT_CONFIGURATION", "forbidden", "no", "new_key" },
  { 400, "NOT_SUPPORTED", "forbidden", "no", "new_key" },
  { 400, "ACCOUNT_NOT_ALLOWED_CREDIT", "forbidden", "no", "new_key" },
  { 400, "PROCESSOR_UNAVAILABLE", "api", "unknown", "never" },
  { 404, "NOT_FOUND", "not_found", "no", "new_key" },
  { 429, "TOO_MANY", "rate_limited", "no", "same_key" },
  { 502, "SYSTEM_ERROR", "api", "unknown", "never" },
  { 502, "SERVER_TIMEOUT", "api", "unknown", "never" },
  { 502, "SERVICE_TIMEOUT", "api", "unknown", "never" },
  { 503, "BUSY", "api", "unknown", "never" },
  { 500, "OOPS", "api", "unknown", "never" },
}

describe("a refused capture", function()
  for _, case in ipairs(REFUSED_CAPTURES) do
    it(("reads as %s of %d %s: happened %s, retry %s"):format(
      case[3], case[1], case[2], case[4], case[5]), function()
      local err = captured(script.json(case[1], refusal(case[2])))
      assert.equal(case[3], err.code)
      assert.equal(case[4], err.happened)
      assert.equal(case[5], err.retry)
      assert.equal(case[1], err.status)
      assert.equal(case[2] .. ": told", err.message)
      assert.equal(case[2], err.provider.error_code)
      assert.equal("authorization.capture", err.operation)
      assert.equal(30, #err.idempotency_key)
      assert.is_nil(err.if_named)
    end)
  end

  it("is what the table of errors says, which the manual prints", function()
    for _, row in ipairs(require "kassa.api.cybersource.errors") do
      local err = captured(script.json(row.status, refusal(row.error_code or "SOMETHING_NEW")))
      assert.same({ row.code, row.happened, row.retry }, { err.code, err.happened, err.retry })
    end
  end)

  it("names the fields, as Lua counts", function()
    local err = captured(script.json(400, refusal("INVALID_DATA", '[{"field":"orderInformation'
      .. '.lineItems[0].quantity","reason":"INVALID_DATA"},{"field":"x","reason":"MISSING_FIELD"},'
      .. '{},7]')))
    assert.same({
      { path = "orderInformation.lineItems[1].quantity", message = "INVALID_DATA" },
      { path = "x", message = "MISSING_FIELD" }, { path = "", message = "refused" },
    }, err.faults)
  end)

  it("says of 401 what may be wrong, and how far the clock is off", function()
    local body = '{"response":{"rmsg":"Authentication Failed"}}'
    local err = captured(script.json(401, body))
    assert.equal("unauthorized", err.code)
    assert.equal("no", err.happened)
    assert.equal("never", err.retry)
    assert.equal("Authentication Failed (the key, its id, merchant_id, or the time)", err.message)
    err = captured(script.json(401, body, { Date = "Tue, 14 Nov 2023 22:08:20 GMT" }))
    assert.matches("or the time, this machine's clock is 300 s ahead%)$", err.message)
    err = captured(script.json(401, body, { Date = "Tue, 14 Nov 2023 22:23:20 GMT" }))
    assert.matches("or the time, this machine's clock is 600 s behind%)$", err.message)
    err = captured(script.json(401, body, { Date = "Tue, 14 Nov 2023 22:13:50 GMT" }))
    assert.matches("or the time%)$", err.message)
  end)

  it("bears the correlation id", function()
    local answer = script.json(502, refusal "SYSTEM_ERROR", { ["v-c-correlation-id"] = "c-1" })
    assert.equal("c-1", captured(answer).correlation_id)
  end)

  it("is an error whatever its body holds", function()
    for _, body in ipairs { "", "<html>", "[]", "7", '{"reason":7,"details":7,"response":7}' } do
      local err = captured(script.json(502, body))
      assert.equal("api", err.code)
      assert.equal("unknown", err.happened)
      assert.equal("the answer was no error of Cybersource (a gateway between?)", err.message)
    end
  end)
end)

describe("a duplicate", function()
  local TRANSACTION_ID = "clientReferenceInformation.transactionId"

  it("of a named attempt reads as: the first one got through", function()
    for _, body in ipairs {
      refusal "DUPLICATE_REQUEST",
      refusal("INVALID_DATA", detail(TRANSACTION_ID, "INVALID_DATA")),
      refusal("DUPLICATE_REQUEST", detail(TRANSACTION_ID, "INVALID_DATA")),
    } do
      for _, options in ipairs { { intent = "parcel-1" }, { idempotency_key = "own" } } do
        local err = captured(script.json(400, body), options)
        assert.equal("yes", err.happened)
        assert.equal("never", err.retry)
        assert.equal("conflict", err.code)
        assert.is_nil(err.faults) -- nothing was wrong with it
        local words = '("' .. (options.intent or "own") .. '" was sent before: the first one got '
          .. "through, err:resolve() finds it)"
        assert.is_truthy(err.message:find(words, 1, true), err.message)
      end
    end
  end)

  it("by another reference leaves open which request it was", function()
    local by_code = refusal("DUPLICATE_REQUEST",
      detail("clientReferenceInformation.code", "INVALID_DATA"))
    assert.equal("unknown", captured(script.json(400, by_code), { intent = "p" }).happened)
    assert.equal("no", captured(script.json(400, by_code)).happened)
  end)

  it("may be what a named attempt runs into when it acted before", function()
    for _, reason in ipairs { "AUTH_ALREADY_REVERSED", "EXCEEDS_AUTH_AMOUNT" } do
      local err = captured(script.json(400, refusal(reason)), { intent = "p" })
      assert.equal("unknown", err.happened)
      assert.equal("never", err.retry)
      assert.matches('%("p" may have acted before: ', err.message)
    end
    assert.equal("no", captured(script.json(400, refusal "INVALID_DATA"),
      { intent = "p" }).happened)
  end)
end)

describe("a 201 that brings a refusal", function()
  local function failed(status, code, more)
    return script.json(201, ('{"id":"9","status":"%s","processorInformation":{"responseCode":"%s"}'
      .. '%s}'):format(status, code, more or ""))
  end

  it("is an error: declined, nothing happened, a new attempt is a new one", function()
    local err = captured(failed("FAILED", "30350"))
    assert.equal("declined", err.code)
    assert.equal("no", err.happened)
    assert.equal("new_key", err.retry)
    assert.equal(201, err.status)
    assert.equal("FAILED: insufficient funds", err.message)
    assert.same({ error_id = "9", error_type = "FAILED", response_code = "30350",
      response_class = "insufficient funds" }, err.provider)
    assert.equal("declined", captured(failed("DECLINED", "30200")).code)
  end)

  it("keeps what was refused as an object that may be asked about, and no field", function()
    local client = gateway(failed("FAILED", "30350"), script.json(200,
      '{"id":"9","status":"FAILED"}'))
    local _, err = client.authorizations:capture("7", BODY)
    assert.equal("kassa.capture 9 (FAILED)", tostring(err.object))
    assert.equal(201, kassa.raw(err.object).status)
    assert.equal(err.idempotency_key, kassa.raw(err.object).idempotency_key)
    assert.is_nil(rawget(err, "object"))
    assert.is_nil(rawget(err, "refused"))
    assert.equal(err.object, assert(err.object:refresh()))
  end)

  it("ends a session that was to be changed", function()
    local client = gateway(script.json(201, '{"id":"9","status":"INITIATED"}'),
      failed("FAILED", "10000"))
    local session = assert(client.sessions:create({}, { strict = false }))
    local _, err = session:update({}, { strict = false })
    assert.equal("declined", err.code)
    assert.equal("FAILED", session.status)
    assert.equal(session, err.object)
    assert.is_false((session:can "update"))
  end)

  it("explains the code, never decides by it", function()
    for code, class in pairs { -- cybersource.md 6
      ["10000"] = "invalid data", ["20000"] = "system or signature problem",
      ["20001"] = "system or signature problem", ["20002"] = "system or signature problem",
      ["30000"] = "system or signature problem", ["30100"] = "system or signature problem",
      ["30200"] = "declined, risk or funding", ["30400"] = "declined, risk or funding",
      ["30500"] = "declined, risk or funding", ["30600"] = "tax or compliance",
      ["30700"] = "tax or compliance",
    } do
      assert.equal(class, captured(failed("FAILED", code)).provider.response_class)
    end
    assert.equal("FAILED: code 99999", captured(failed("FAILED", "99999")).message)
    local client = gateway(failed("SETTLED", "30350"))
    assert.equal("SETTLED", client.authorizations:capture("7", BODY).status)
  end)

  it("tells what errorInformation says", function()
    local err = captured(failed("FAILED", "10000", ',"errorInformation":{"reason":"INVALID_DATA",'
      .. '"message":"bad line","details":[{"field":"a[1]","reason":"INVALID_DATA"}]}'))
    assert.matches("^FAILED: invalid data: INVALID_DATA: bad line", err.message)
    assert.same({ { path = "a[2]", message = "INVALID_DATA" } }, err.faults)
  end)

  it("may be one of the request, or of the server", function()
    local err = captured(script.json(201, refusal "INVALID_DATA"))
    assert.same({ "invalid", "no", 201 }, { err.code, err.happened, err.status })
    err = captured(script.json(200, '{"status":"SERVER_ERROR","reason":"SYSTEM_ERROR"}'))
    assert.same({ "api", "unknown", 200 }, { err.code, err.happened, err.status })
  end)

  it("is a session's too", function()
    local client = gateway(failed("FAILED", "20000"))
    local session, err = client.sessions:create({}, { strict = false })
    assert.is_nil(session)
    assert.equal("declined", err.code)
    assert.equal("session.create", err.operation)
  end)
end)

describe("a status", function()
  it("that is not listed is no error, and no state that anything is legal in", function()
    local client = gateway(script.json(201, '{"id":"9","status":"TRANSMITTED"}'))
    local capture = assert(client.authorizations:capture("7", BODY))
    assert.equal("TRANSMITTED", capture.status)
    assert.equal("kassa.capture 9 (TRANSMITTED)", tostring(capture))
  end)

  it("that is missing leaves open what happened", function()
    for _, body in ipairs { '{"id":"9"}', '{"id":"9","status":null}', "{}", "[]", "", "<html>" } do
      local err = captured(script.json(201, body))
      assert.equal("protocol", err.code)
      assert.equal("unknown", err.happened)
      assert.equal("never", err.retry)
    end
  end)

  it("that is asked for brings the object, FAILED or not", function()
    local client = gateway(script.json(200, '{"id":"9","status":"FAILED"}'))
    assert.equal("FAILED", assert(client.captures:status "9").status)
  end)
end)

describe("sending again", function()
  it("is done for a check, as often as told", function()
    local client, engine = gateway(lost(), script.json(502, refusal "SERVER_TIMEOUT"),
      script.json(503, ""), script.json(200, '{"id":"9","status":"SETTLED"}'))
    assert.equal("SETTLED", assert(client.captures:status "9").status)
    assert.equal(4, #engine.sent)
    local tokens = {}
    for _, request in ipairs(engine.sent) do
      local token = script.headers(request).authorization
      assert.is_nil(tokens[token]) -- signed anew
      tokens[token] = true
      assert.is_false(request.once)
    end
  end)

  it("is never done for what moves money and has left", function()
    for _, answer in ipairs { lost(), script.json(502, ""), script.json(503, ""),
        script.json(429, "", { ["Retry-After"] = "1" }) } do
      captured(answer)
    end
    local err = captured(lost())
    assert.equal("unknown", err.happened)
    assert.equal("never", err.retry)
  end)

  it("is done under the same name for what never left", function()
    local refused = { code = "connect", wire = "unsent", message = "refused" }
    local client, engine = gateway(refused, script.json(201, '{"id":"9","status":"SETTLED"}'))
    assert(client.authorizations:capture("7", BODY))
    assert.equal(2, #engine.sent)
    assert.equal(engine.sent[1].body, engine.sent[2].body)
    assert.is_true(engine.sent[1].once)
  end)

  it("is not done for a session, of which there would be two", function()
    local client, engine = gateway(script.json(502, ""))
    local _, err = client.sessions:create({}, { strict = false })
    assert.equal("unknown", err.happened)
    assert.equal(1, #engine.sent)
  end)
end)

describe("a check", function()
  local function checked(...)
    local client = gateway(script.json(201, '{"id":"7","status":"AUTHORIZED"}'), ...)
    local authorization = assert(client.authorizations:status "7")
    local none, err = authorization:refresh({}, { retries = 0 })
    assert.is_nil(none)
    assert.same({ "AUTHORIZED", "no", "same_key" },
      { authorization.status, err.happened, err.retry })
    return err
  end

  it("is no state of its object when it tells trouble, whatever HTTP says", function()
    assert.equal("api", checked(script.json(201, '{"status":"SERVER_ERROR"}')).code)
  end)

  it("that tells no status says nothing of its object", function()
    for _, body in ipairs { "{}", '{"status":null}', '{"status":7}' } do
      local err = checked(script.json(200, body))
      assert.equal("protocol", err.code)
      assert.matches("it has no status", err.message)
    end
  end)
end)

describe("money that is asked for", function()
  it("is declined by every status in which it was not done", function()
    for _, status in ipairs { "FAILED", "DECLINED", "ABANDONED" } do
      local err = captured(script.json(201, ('{"id":"7","status":"%s"}'):format(status)))
      assert.same({ "declined", "no", "new_key" }, { err.code, err.happened, err.retry })
      assert.equal(status, err.object.status)
    end
  end)

  it("is asked for again no sooner than the server said", function()
    local busy = script.json(429, "{}", { ["Retry-After"] = "77" })
    local err = captured(busy)
    assert.same({ "no", "same_key", 77 }, { err.happened, err.retry, err.retry_after_s })
  end)
end)
