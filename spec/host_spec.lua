-- Promises of kassa.host: one host for everything in this Lua state.
local child = require "support.child"
local host = require "kassa.host"
local kassa = require "kassa"

describe("the host", function()
  it("is the one whose tasks kassa.run and kassa.go run", function()
    assert.is_nil(host.tasks:current())
    local inside = kassa.run(function() return host.tasks:current() end)
    assert.is_table(inside)
  end)

  it("suspends only the task that sleeps, before any client was made too", function()
    local status, printed = child.run [[
      local kassa, order = require "kassa", {}
      kassa.run(function()
        kassa.go(function() order[#order + 1] = "other" end)
        kassa.sleep(0.01)
        order[#order + 1] = "main"
      end)
      print(table.concat(order, " "))]]
    assert.same({ 0, "other main\n" }, { status, printed })
  end)

  it("lends the engine that kassa's clients use", function()
    local driver = host:driver()
    assert.equal(driver, host:driver())
    assert.is_number(driver.engine:time())
  end)
end)
