-- Promises of core.bridge: what Lua sees of it, and its misuse. What it tells whom is kept by
-- engine_bridge_test.c, which this spec runs; who uses it is in runtime/nginx_spec.lua.
local core = require "kassa.core"
local unit = require "support.unit"

describe("core.bridge", function()
  it("keeps its promises in C", function()
    assert.matches("^ok %d+$", unit.run "engine_bridge_test")
  end)

  it("is a path of this process, and takes no connection that nobody made", function()
    local bridge = core.bridge.new()
    assert.matches("^/proc/self/fd/%d+$", bridge:path())
    assert.is_true(bridge:usable())
    assert.is_false(bridge:accept())
    bridge:close()
    bridge:close()
    assert.is_false(bridge:usable())
    assert.has_error(function() bridge:path() end, "the bridge is closed")
  end)

  it("takes engines in thread mode only, and may end before them", function()
    local bridge, engine = core.bridge.new(), core.engine.new { mode = "thread" }
    bridge:join(engine)
    local ok, err = pcall(bridge.join, bridge, core.engine.new {})
    assert.is_false(ok)
    assert.matches("engine: one in thread mode expected", err)
    assert.is_false((pcall(bridge.join, bridge, {})))
    bridge:close()
    local id = engine:timer(1)
    assert.equal(1, engine:step(20000))
    assert.equal(id, (engine:take()))
    engine:close()
  end)
end)
