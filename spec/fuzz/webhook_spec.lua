-- Promise: of 20,000 deliveries changed after they were signed, none is accepted. `make bench
-- ONLY=mutations` makes it a million; the form and the digest alone are webhook_fuzz.c's.
local heavy = require "support.heavy"
local mutations = require "support.mutations"

local RUNS = heavy.part(20000)

describe("a changed delivery", function()
  it("is never accepted, of " .. RUNS, function()
    local accepted, by_kind, by_reason = mutations.run(RUNS, 20260101)
    assert.equal(0, accepted)
    for _, name in ipairs(mutations.kinds) do
      assert.is_true((by_kind[name] or 0) > RUNS / 40, name .. " was not tried")
    end
    for _, reason in ipairs { "no_signature", "bad_format", "unknown_key", "mismatch" } do
      assert.is_true((by_reason[reason] or 0) > RUNS / 70, reason .. " was not met")
    end
  end)
end)
