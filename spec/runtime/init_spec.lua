-- Promises of kassa.runtime: what a Lua state shares, and what a fork may not touch.
local runtime = require "kassa.runtime"
local script = require "support.script"

describe("kassa.runtime", function()
  it("shares one engine among clients of one connection limit", function()
    local host = runtime.new()
    assert.equal(host:driver(), host:driver(runtime.MAX_CONNECTIONS))
    assert.is_not.equal(host:driver(), host:driver(7))
  end)

  it("has engines of its own for thread mode", function()
    local host = runtime.new()
    local threaded = host:driver(7, nil, "thread")
    assert.equal(threaded, host:driver(7, nil, "thread"))
    assert.is_not.equal(threaded, host:driver(7))
    threaded:sleep(1)
    threaded.engine:close()
    assert.is_not.equal(threaded, host:driver(7, nil, "thread"))
  end)

  it("keeps one driver for each transport", function()
    local host = runtime.new()
    local transport = script.new {}
    assert.equal(host:driver(nil, transport), host:driver(nil, transport))
    assert.equal(transport, host:driver(nil, transport).engine)
  end)

  it("makes a new engine when the old one refuses use, as after a fork", function()
    local host = runtime.new()
    local first = host:driver()
    first.engine:close()
    assert.is_not.equal(first, host:driver())
  end)
end)
