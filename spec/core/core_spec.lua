-- The promise of kassa.core: it loads and holds its classes, each a table of functions or of data.
local core = require "kassa.core"

describe("kassa.core", function()
  it("holds every class that the library stands on", function()
    for _, name in ipairs { "errors", "headers", "ledger", "machine", "secret", "sign", "time" } do
      assert.equal("table", type(core[name]), name)
    end
  end)

  it("is loaded once and leaves no global behind", function()
    assert.equal(core, require "kassa.core")
    assert.is_nil(rawget(_G, "kassa"))
  end)
end)
