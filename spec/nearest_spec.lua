-- Promises of kassa.nearest: the name that was meant is found, and none is made up.
local nearest = require "kassa.nearest"

describe("kassa.nearest", function()
  local names = { capture = 1, capture_amount = 1, refund = 1, create = 1, cancel = 1 }

  it("finds the name that was meant", function()
    assert.equal("capture", nearest("captuer", names))
    assert.equal("capture_amount", nearest("capture_amonut", names))
    assert.equal("refund", nearest("refnd", names))
    assert.equal("create", nearest("crate", names))
  end)

  it("keeps silent when nothing is near", function()
    assert.is_nil(nearest("zebra", names))
    assert.is_nil(nearest("", names))
    assert.is_nil(nearest("x", names))
  end)

  it("does not depend on the order of the table", function()
    for _ = 1, 20 do
      local shuffled = {}
      for _, name in ipairs { "aab", "aac", "aad" } do shuffled[name] = true end
      assert.equal("aab", nearest("aaa", shuffled))
    end
  end)
end)
