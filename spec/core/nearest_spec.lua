-- Promises of core.nearest: a slip of the hand is counted, and what is further off is no slip.
-- It refuses to say which names there are.

local distance = require("kassa.core").nearest.distance

describe("core.nearest", function()
  it("counts letters added, dropped, changed and swapped", function()
    assert.equal(0, distance("quantity", "quantity"))
    assert.equal(1, distance("quantiti", "quantity"))
    assert.equal(1, distance("quantit", "quantity"))
    assert.equal(1, distance("quantityy", "quantity"))
    assert.equal(1, distance("qunatity", "quantity"))
    assert.equal(2, distance("qunatiti", "quantity"))
  end)

  it("leaves case aside", function()
    assert.equal(0, distance("Usd", "USD"))
    assert.equal(1, distance("givenName", "given_name"))
  end)

  it("finds nothing near from far away", function()
    assert.is_nil(distance("id", "url"))
    assert.is_nil(distance("a", "amount"))
    assert.is_nil(distance("currency", "quantity"))
    assert.is_nil(distance("", "quantity"))
  end)

  it("does not look at names of more than 64 bytes", function()
    assert.equal(1, distance(("x"):rep(64), ("x"):rep(63)))
    assert.is_nil(distance(("x"):rep(65), ("x"):rep(65)))
    assert.is_nil(distance(("x"):rep(100000), "x"))
  end)

  it("is the same both ways", function()
    local words = { "capture", "captuer", "refund", "refnud", "cancel", "cancle", "a", "ab", "" }
    for _, a in ipairs(words) do
      for _, b in ipairs(words) do assert.equal(distance(a, b), distance(b, a)) end
    end
  end)
end)
