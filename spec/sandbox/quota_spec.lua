-- Promises of kassa.sandbox.quota: headers are always told, a rate is enforced only when asked for.

local quota = require "kassa.sandbox.quota"

describe("a quota", function()
  it("tells of a rate that nobody reaches and refuses nothing by itself", function()
    local q = quota.new()
    local allowed, headers
    for _ = 1, 100 do allowed, headers = q:spend("payment-transaction-capture", 0) end
    assert.is_true(allowed)
    assert.equal('1000000, 1000000;w=1;name="account_payment-transaction-capture"',
      headers["X-Ratelimit-Limit"])
    assert.equal("999900", headers["X-Ratelimit-Remaining"])
    assert.equal("1", headers["X-Ratelimit-Reset"])
  end)

  it("counts down within a second and begins anew in the next", function()
    local q = quota.new(50)
    local _, headers = q:spend("b", 1000)
    assert.equal("49", headers["X-Ratelimit-Remaining"])
    _, headers = q:spend("b", 1999)
    assert.equal("48", headers["X-Ratelimit-Remaining"])
    _, headers = q:spend("b", 2000)
    assert.equal("49", headers["X-Ratelimit-Remaining"])
  end)

  it("refuses above a rate that was asked for", function()
    local q = quota.new(2)
    assert.is_true((q:spend("a", 0)))
    assert.is_true((q:spend("a", 0)))
    local allowed, headers = q:spend("a", 999)
    assert.is_false(allowed)
    assert.equal("0", headers["X-Ratelimit-Remaining"])
    assert.is_true((q:spend("b", 999)))
    assert.is_true((q:spend("a", 1000)))
  end)

  it("takes rates by bucket and lets them be changed", function()
    local q = quota.new { a = 1 }
    q:spend("a", 0)
    assert.is_false((q:spend("a", 0)))
    q:spend("b", 0)
    assert.is_true((q:spend("b", 0)))
    q:set(nil)
    assert.is_true((q:spend("a", 0)))
  end)
end)
