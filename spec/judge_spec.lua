-- The table of statuses below is copied by hand from klarna.md 6.2, not computed from the code.
local judge = require "kassa.judge"
local script = require "support.script"

local CLOCK = { time = function() return 0 end }

local POST = { acts = true, keyed = true, row = { reply = "payment_request" } }
local GET = { acts = false, keyed = false, row = { reply = "payment_request" } }
local DELETE = { acts = true, keyed = false, row = { reply = "payment_request" } }

local function judged(plan, answer) return judge.judge(plan, answer, CLOCK) end

local function envelope(kind, code)
  local text = '{"error_id":"e-1","error_type":"%s","error_code":"%s","error_message":"told"}'
  return text:format(kind, code)
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
      local value, failed = judged(POST, script.json(case[1], envelope(case[2], case[3])))
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
      local _, failed = judged(GET, script.json(status, ""))
      assert.equal("no", failed.happened)
    end
    for _, code in ipairs { "timeout", "connect", "protocol", "tls", "too_large", "canceled" } do
      local _, failed = judged(GET, { code = code, message = "m", wire = "sent" })
      assert.equal("no", failed.happened)
      assert.equal(code, failed.code)
    end
  end)

  it("repeats no request without a key after it may have acted", function()
    for _, status in ipairs { 500, 502, 503, 504 } do
      local _, failed = judged(DELETE, script.json(status, ""))
      assert.equal("unknown", failed.happened)
      assert.is_false(failed.passing)
      assert.equal("never", failed.retry)
    end
    local _, lost = judged(DELETE, { code = "timeout", message = "m", wire = "sent" })
    assert.is_false(lost.passing)
    local _, unsent = judged(DELETE, { code = "connect", message = "m", wire = "unsent" })
    assert.is_true(unsent.passing)
    assert.equal("no", unsent.happened)
  end)

  it("calls a lost answer unknown, and an unsent request not done", function()
    for _, code in ipairs { "timeout", "protocol", "connect" } do
      local _, sent = judged(POST, { code = code, message = "m", wire = "sent" })
      assert.equal("unknown", sent.happened)
      assert.equal("same_key", sent.retry)
      assert.is_true(sent.passing)
      local _, unsent = judged(POST, { code = code, message = "m", wire = "unsent" })
      assert.equal("no", unsent.happened)
    end
  end)

  it("does not repeat what would fail the same way", function()
    for _, code in ipairs { "tls", "too_large", "canceled" } do
      local _, failed = judged(POST, { code = code, message = "m", wire = "unsent" })
      assert.is_false(failed.passing)
    end
  end)

  it("reads any 2xx as success", function()
    for _, status in ipairs { 200, 201, 202, 204 } do
      local value = judged(POST, script.json(status, '{"state":"SUBMITTED"}'))
      assert.same({ state = "SUBMITTED" }, value)
    end
  end)

  it("takes an unreadable success for an open question", function()
    for _, body in ipairs {
      "[]", "[1]", "", "<html>", '{"state":', "null", "7", '"text"', "\0\1\2",
    } do
      local value, failed = judged(POST, script.json(200, body))
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
    local _, failed = judged(POST, script.json(400, body))
    local fault = { path = "a.line_items[1].quantity", message = "must be positive" }
    assert.same({ fault }, failed.faults)
    body = [[{"errors":[{"parameter":"currency","error_message":"unknown"}]}]]
    _, failed = judged(POST, script.json(400, body))
    assert.same({ { path = "currency", message = "unknown" } }, failed.faults)
  end)

  it("understands the older envelope", function()
    local body = [[{"correlation_id":"c-1","error_code":"NOT_ALLOWED",
      "error_messages":["one","two"]}]]
    local _, failed = judged(POST, script.json(403, body))
    assert.equal("NOT_ALLOWED: one", failed.message)
    assert.equal("c-1", failed.correlation_id)
  end)

  it("survives answers that are no envelope", function()
    for _, body in ipairs {
      "", "<html>413</html>", "[]", "null", "\255\254", '{"error_message":{}}',
      '{"errors":{"a":1}}', '{"validation_errors":7}',
      '{"validation_errors":[7,{"parameter":{}}]}',
    } do
      for _, status in ipairs { 302, 400, 403, 413, 418, 500, 502, 599 } do
        local value, failed = judged(POST, script.json(status, body))
        assert.is_nil(value)
        assert.is_string(failed.message)
        assert.is_string(failed.code)
      end
    end
  end)

  it("names Klarna's silent 403, and the server's waiting time", function()
    local _, failed = judged(POST, script.json(403, ""))
    assert.equal("forbidden", failed.code)
    assert.matches("without a reason", failed.message)
    _, failed = judged(POST, script.json(429, "", { ["X-Ratelimit-Reset"] = "1" }))
    assert.equal(1, failed.told_s)
  end)
end)
