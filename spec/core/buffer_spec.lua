-- The limited buffer has no Lua face: its promises are kept by buffer_test.c, which this spec runs.
local unit = require "support.unit"

describe("core buffer", function()
  it("never passes its limit, grows rarely, and is left as it was by a failure", function()
    assert.matches("^ok %d+$", unit.run "buffer_test")
  end)
end)
