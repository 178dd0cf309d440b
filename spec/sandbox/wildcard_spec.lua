-- Promises of kassa.sandbox.wildcard: which patterns there are, and which event types each takes.

local wildcard = require "kassa.sandbox.wildcard"

describe("a pattern of event types", function()
  it("is a name, a star, or a name that ends in a star", function()
    for _, good in ipairs { "*", "payment.*", "payment.request.*", "payment.transaction.captured",
        "identity.customer-token.state-change.revoked", "new" } do
      assert.is_true(wildcard.valid(good), good)
    end
    for _, bad in ipairs { "", ".", "payment.", ".payment", "payment..x", "*.payment", "pay*",
        "payment.*.captured", "payment.**", "pay ment", "payment.\n", ("x"):rep(256) } do
      assert.is_false(wildcard.valid(bad), bad)
    end
    assert.is_false(wildcard.valid(nil))
    assert.is_false(wildcard.valid(7))
  end)

  it("takes what it names and what lies below its star, nothing beside", function()
    local captured = "payment.transaction.captured"
    for _, pattern in ipairs { "*", "payment.*", "payment.transaction.*", captured } do
      assert.is_true(wildcard.match(pattern, captured), pattern)
    end
    for _, pattern in ipairs { "pay.*", "payment", "payment.request.*", captured .. ".*",
        "payment.transaction", "payment.transaction.capture" } do
      assert.is_false(wildcard.match(pattern, captured), pattern)
    end
    assert.is_false(wildcard.match("payment.*", "payment."))
    assert.is_false(wildcard.match("payment.*", "payments.captured"))
  end)

  it("means a dot by a dot", function()
    assert.is_false(wildcard.match("payment.*", "paymentxrequest"))
    assert.is_false(wildcard.match("a.b", "axb"))
  end)
end)
