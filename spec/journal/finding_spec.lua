-- Promises of when an intent may be sent again: klarna.md 1.10 keeps a key for 24 hours, and
-- Cybersource has none.
local finding = require "kassa.journal.finding"

local HOUR = 3600 * 1000

describe("an intent that is not settled", function()
  it("is repeated while Klarna honours its key, but for the last hour of that", function()
    local plan = { keyed = true, row = { money = "take" } }
    assert.is_true(finding.repeatable(plan, { sent_ms = 0 }, 0))
    assert.is_true(finding.repeatable(plan, { sent_ms = 0 }, 23 * HOUR - 1))
    assert.is_false(finding.repeatable(plan, { sent_ms = 0 }, 23 * HOUR))
    assert.is_false(finding.repeatable(plan, { sent_ms = 0 }, 24 * HOUR))
    assert.is_false(finding.repeatable(plan, { sent_ms = 0 }, 1000 * HOUR))
  end)

  it("is never repeated where there is no key and money moves", function()
    assert.is_false(finding.repeatable({ keyed = false, row = { money = "take" } },
      { sent_ms = 0 }, 0))
  end)

  it("is repeated where nothing moves and there is no key", function()
    assert.is_true(finding.repeatable({ keyed = false, row = {} }, { sent_ms = 0 }, 99 * HOUR))
  end)
end)
