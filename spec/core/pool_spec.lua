-- The pool has no Lua face: its promise, that no identifier comes twice in a parent and its forked
-- children, is kept by pool_test.c, which this spec runs.
local unit = require "support.unit"

describe("the pool of random bytes", function()
  it("never gives the same bytes twice, not even after a fork", function()
    assert.matches("^ok %d+$", unit.run "pool_test")
  end)
end)
