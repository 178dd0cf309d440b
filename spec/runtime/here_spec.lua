-- Promises of kassa.runtime.here: where a call is made, and whether Lua can suspend it there.
local here = require "kassa.runtime.here"

describe("kassa.runtime.here", function()
  it("tells the main thread from a coroutine", function()
    assert.is_false(coroutine.wrap(here.main)())
    assert.is_false(coroutine.wrap(function() return here.main() end)())
  end)

  it("says that a callback of gsub cannot be suspended, and a plain coroutine can", function()
    coroutine.wrap(function()
      assert.is_true(here.can_yield())
      local inside
      ("x"):gsub("x", function() inside = here.can_yield() end)
      assert.is_false(inside)
    end)()
  end)

  it("resumes, and brings what was raised, with its place", function()
    assert.is_nil(here.resume(coroutine.create(function() end)))
    assert.matches("here_spec.lua:%d+: lost.*traceback",
      here.resume(coroutine.create(function() error "lost" end)))
    local thrown = {}
    assert.equal(thrown, here.resume(coroutine.create(function() error(thrown) end)))
  end)
end)
