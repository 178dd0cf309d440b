-- Promises of core.errors: the list is closed, whole, and each row says what a caller may do next.
local errors = require("kassa.core").errors

local CODES = { "invalid", "illegal_state", "exceeds_amount", "intent_mismatch", "stale_intent",
  "journal", "flow", "closed", "unsupported", "unauthorized", "forbidden", "not_found", "conflict",
  "rate_limited", "declined", "api", "timeout", "deadline", "connect", "tls", "protocol",
  "too_large", "canceled", "signature", "store", "handler" }

describe("core.errors", function()
  it("holds exactly the codes of the design, each once", function()
    local codes = {}
    for i, row in ipairs(errors) do codes[i] = row.code end
    assert.same(CODES, codes)
  end)

  it("finds the same row by its code", function()
    local count = 0
    for code, row in pairs(errors.by_code) do
      count = count + 1
      assert.equal(code, row.code)
    end
    assert.equal(#CODES, count)
    for _, row in ipairs(errors) do assert.equal(row, errors.by_code[row.code]) end
  end)

  it("uses three words for what happened and three for repeating", function()
    local happened = { yes = true, no = true, unknown = true }
    local retry = { same_key = true, new_key = true, never = true }
    for _, row in ipairs(errors) do
      assert.is_true(happened[row.happened], row.code)
      assert.is_true(retry[row.retry], row.code)
    end
  end)

  it("says each code in one line without a full stop", function()
    for _, row in ipairs(errors) do assert.matches("^%l[^\n]*[^.\n]$", row.text) end
  end)

  it("calls an answer that never came unknown", function()
    for _, code in ipairs { "timeout", "deadline", "protocol", "too_large", "canceled" } do
      assert.equal("unknown", errors.by_code[code].happened)
    end
  end)
end)
