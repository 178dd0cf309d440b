-- Promises of kassa.host: one host for everything in this Lua state.
local host = require "kassa.host"
local kassa = require "kassa"

describe("the host", function()
  it("is the one whose tasks kassa.run and kassa.go run", function()
    assert.is_nil(host.tasks.current)
    local inside = kassa.run(function() return host.tasks.current end)
    assert.is_table(inside)
  end)

  it("lends the engine that kassa's clients use", function()
    local driver = host:driver()
    assert.equal(driver, host:driver())
    assert.is_number(driver.engine:time())
  end)
end)
