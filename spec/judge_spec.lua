-- The table of statuses below is copied by hand from klarna.md 6.2, not computed from the code.
local judge = require "kassa.judge"
local CLOCK = { time = function() return 0 end }
local script = require "support.script"

local POST = { acts = true, keyed = true, row = { reply = "payment_request" } }
local GET = { acts = false, keyed = false, row = { reply = "payment_request" } }
local DELETE = { acts = true, keyed = false, row = { reply = "payment_request" } }

local function envelope(kind, code)
  return ('{"error_id":"e-1","error_type":"%s","error_code":"%s","error_message":"told"}'):format(
    kind, code)
end

local REFUSALS = {
  -- status, error_type, error_code, our code, happened, retry, passing
  { 400, "INPUT_ERROR", "VALIDATION_ERROR", "invalid", "no", "new_key", false },
  { 400, "INPUT_ERROR", "INVALID_CONTENT_TYPE", "invalid", "no", "new_key", false },
  { 401, "ACCESS_ERROR", "UNAUTHORIZED", "unauthorized", "no", "never", false },
  { 403, "RESOURCE_ERROR", "OPERATION_FORBIDDEN", "forbidden", "no", "new_key", false },
  { 404, "RESOURCE_ERROR", "RESOURCE_NOT_FOUND", "not_found", "no", "new_key", false },
  { 409, "RESOURCE_ERROR", "RESOURCE_CONFLICT", "conflict", "no", "new_key", false },
  { 429, "ACCESS_ERROR", "RATE_LIMITED", "rate_limited", "no", "same_key", true },
  { 500, "TECHNICAL_ERROR", "INTERNAL_ERROR", "api", "unknown", "same_key", true },
  { 500, "TECHNICAL_ERROR", "TIMEOUT", "api", "unknown", "same_key", true },
  { 500, "TECHNICAL_ERROR", "SERVER_CONFIGURATION_ERROR", "api", "unknown", "never", false },
  { 503, "TECHNICAL_ERROR", "TEMPORARY_UNAVAILABLE", "api", "unknown", "same_key", true },
}

describe("kassa.judge", function()
  for _, case in ipairs(REFUSALS) do
    it(("says of %d %s on a keyed POST: %s, happened %s, retry %s"):format(
      case[1], case[3], case[4], case[5], case[6]), function()
      local value, failed = judge.judge(POST, script.json(case[1], envelope(case[2], case[3])), CLOCK)
      assert.is_nil(value)
      assert.equal(case[4], failed.code)
      assert.equal(case[5], failed.happened)
      assert.equal(case[6], failed.retry)
      assert.equal(case[7], failed.passing)
      assert.equal(case[3], failed.provider.error_code)
      assert.equal("e-1", failed.correlation_id)
      assert.equal(case[3] .. ": told", failed.message)
    end)
  end

  it("never says of a read that the provider may have acted", function()
    for _, status in ipairs { 400, 404, 429, 500, 502, 503, 504 } do
      local _, failed = judge.judge(GET, script.json(status, ""), CLOCK)
      assert.equal("no", failed.happened)
    end
    for _, code in ipairs { "timeout", "connect", "protocol", "tls", "too_large", "canceled" } do
      local _, failed = judge.judge(GET, { code = code, message = "m", wire = "sent" }, CLOCK)
      assert.equal("no", failed.happened)
      assert.equal(code, failed.code)
    end
  end)

  it("repeats no request without a key after it may have acted", function()
    for _, status in ipairs { 500, 502, 503, 504 } do
      local _, failed = judge.judge(DELETE, script.json(status, ""), CLOCK)
      assert.equal("unknown", failed.happened)
      assert.is_false(failed.passing)
      assert.equal("never", failed.retry)
    end
    local _, lost = judge.judge(DELETE, { code = "timeout", message = "m", wire = "sent" }, CLOCK)
    assert.is_false(lost.passing)
    local _, unsent = judge.judge(DELETE, { code = "connect", message = "m", wire = "unsent" }, CLOCK)
    assert.is_true(unsent.passing)
    assert.equal("no", unsent.happened)
  end)

  it("calls a lost answer unknown, and an unsent request not done", function()
    for _, code in ipairs { "timeout", "protocol", "connect" } do
      local _, sent = judge.judge(POST, { code = code, message = "m", wire = "sent" }, CLOCK)
      assert.equal("unknown", sent.happened)
      assert.equal("same_key", sent.retry)
      assert.is_true(sent.passing)
      local _, unsent = judge.judge(POST, { code = code, message = "m", wire = "unsent" }, CLOCK)
      assert.equal("no", unsent.happened)
    end
  end)

  it("does not repeat what would fail the same way", function()
    for _, code in ipairs { "tls", "too_large", "canceled" } do
      local _, failed = judge.judge(POST, { code = code, message = "m", wire = "unsent" }, CLOCK)
      assert.is_false(failed.passing)
    end
  end)

  it("reads any 2xx as success", function()
    for _, status in ipairs { 200, 201, 202, 204 } do
      assert.same({ state = "SUBMITTED" },
        judge.judge(POST, script.json(status, '{"state":"SUBMITTED"}'), CLOCK))
    end
  end)

  it("takes an unreadable success for an open question", function()
    for _, body in ipairs { "", "<html>", '{"state":', "null", "7", '"text"', "\0\1\2" } do
      local value, failed = judge.judge(POST, script.json(200, body), CLOCK)
      assert.is_nil(value)
      assert.equal("protocol", failed.code)
      assert.equal("unknown", failed.happened)
      assert.equal("same_key", failed.retry)
      assert.is_true(failed.passing)
    end
  end)

  it("counts the provider's list positions from one, in both names of the list", function()
    local body = [[{"error_code":"VALIDATION_ERROR","validation_errors":[
      {"parameter":"a.line_items[0].quantity","reason":"must be positive"}]}]]
    local _, failed = judge.judge(POST, script.json(400, body), CLOCK)
    assert.same({ { path = "a.line_items[1].quantity", message = "must be positive" } },
      failed.faults)
    body = [[{"errors":[{"parameter":"currency","error_message":"unknown"}]}]]
    _, failed = judge.judge(POST, script.json(400, body), CLOCK)
    assert.same({ { path = "currency", message = "unknown" } }, failed.faults)
  end)

  it("understands the older envelope", function()
    local _, failed = judge.judge(POST, script.json(403,
      '{"correlation_id":"c-1","error_code":"NOT_ALLOWED","error_messages":["first","second"]}'), CLOCK)
    assert.equal("NOT_ALLOWED: first", failed.message)
    assert.equal("c-1", failed.correlation_id)
  end)

  it("survives answers that are no envelope", function()
    for _, body in ipairs { "", "<html>413</html>", "[]", "null", '{"error_message":{}}',
      '{"validation_errors":7}',
      '{"validation_errors":[7,{"parameter":{}}]}', '{"errors":{"a":1}}', "\255\254" } do
      for _, status in ipairs { 302, 400, 403, 413, 418, 500, 502, 599 } do
        local value, failed = judge.judge(POST, script.json(status, body), CLOCK)
        assert.is_nil(value)
        assert.is_string(failed.message)
        assert.is_string(failed.code)
      end
    end
  end)

  it("names Klarna's silent 403, and the server's waiting time", function()
    local _, failed = judge.judge(POST, script.json(403, ""), CLOCK)
    assert.equal("forbidden", failed.code)
    assert.matches("without a reason", failed.message)
    _, failed = judge.judge(POST, script.json(429, "", { ["X-Ratelimit-Reset"] = "1" }), CLOCK)
    assert.equal(1, failed.told_s)
  end)
end)
