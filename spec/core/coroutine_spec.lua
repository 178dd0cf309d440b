-- Promises of core.coroutine: it says what coroutine.isyieldable does where that is there, and is
-- silent where Lua does not know.
local core = require "kassa.core"

describe("core.coroutine", function()
  local ask = core.coroutine.isyieldable

  it("is empty on plain Lua 5.1 alone", function()
    assert.equal(_VERSION == "Lua 5.1" and not rawget(_G, "jit"), ask == nil)
  end)

  it("knows whether the caller can be suspended", function()
    if not ask then return pending "plain Lua 5.1 cannot tell" end
    coroutine.wrap(function()
      assert.is_true(ask())
      local inside
      ("x"):gsub("x", function() inside = ask() end)
      assert.is_false(inside)
      local _, within = pcall(ask)
      assert.is_true(within)
    end)()
  end)
end)
