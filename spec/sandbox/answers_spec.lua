-- Promises of kassa.sandbox.answers: refusals carry the types and codes of reference 6.2.

local answers = require "kassa.sandbox.answers"

local function told(refusal)
  return refusal.status .. " " .. tostring(refusal.error_type) .. " " .. refusal.error_code
end

describe("a refusal", function()
  it("has the status, type and code the reference prints", function()
    assert.equal("400 INPUT_ERROR VALIDATION_ERROR", told(answers.field("a", "b")))
    assert.equal("400 INPUT_ERROR INVALID_CONTENT_TYPE", told(answers.content("x")))
    assert.equal("401 ACCESS_ERROR UNAUTHORIZED", told(answers.unauthorized()))
    assert.equal("403 RESOURCE_ERROR OPERATION_FORBIDDEN", told(answers.forbidden("x")))
    assert.equal("404 nil NOT_FOUND", told(answers.no_route()))
    assert.equal("404 RESOURCE_ERROR RESOURCE_NOT_FOUND", told(answers.missing("x", "y")))
    assert.equal("409 RESOURCE_ERROR RESOURCE_CONFLICT", told(answers.conflict("x")))
    assert.equal("429 ACCESS_ERROR RATE_LIMITED", told(answers.limited()))
    assert.equal("500 TECHNICAL_ERROR TIMEOUT", told(answers.timeout()))
    assert.equal("500 TECHNICAL_ERROR INTERNAL_ERROR", told(answers.broken("x")))
  end)

  it("follows from a status where the API has one, and not where a gateway answers", function()
    assert.equal("500 TECHNICAL_ERROR INTERNAL_ERROR", told(answers.of_status(500)))
    assert.equal("503 TECHNICAL_ERROR TEMPORARY_UNAVAILABLE", told(answers.of_status(503)))
    assert.equal("429 ACCESS_ERROR RATE_LIMITED", told(answers.of_status(429)))
    assert.is_nil(answers.of_status(502))
    assert.is_nil(answers.of_status(504))
  end)

  it("names one field with its reason", function()
    assert.same({ { parameter = "a.b[0]", reason = "why" } },
      answers.field("a.b[0]", "why").validation_errors)
  end)
end)
