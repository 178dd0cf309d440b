-- Promises of kassa.frozen: nothing can be written, and a mistyped name is told the close one.
local frozen = require "kassa.frozen"

local function message_of(fn)
  local ok, err = pcall(fn)
  assert.is_false(ok)
  return err
end

describe("a frozen table", function()
  it("gives its names, and takes none", function()
    local box = frozen("the box", { lid = 1 })
    assert.equal(1, box.lid)
    assert.equal("the box", tostring(box))
    assert.matches("frozen_spec.lua:%d+: the box is frozen: lid cannot be set",
      message_of(function() box.lid = 2 end))
    assert.equal(1, box.lid)
  end)

  it("names the close one for a mistyped name, at the caller's line", function()
    local box = frozen("the box", { contents = 1 })
    local err = message_of(function() return box.contnets end)
    assert.matches('frozen_spec.lua:%d+: the box has no "contnets", did you mean contents', err)
  end)

  it("is filled once, when a name is asked for that is not there", function()
    local filled = 0
    local box = frozen("the box", { lid = 1 }, function(names)
      filled, names.contents, names.open = filled + 1, 2, false
    end)
    assert.equal(1, box.lid)
    assert.equal(0, filled)
    assert.equal(2, box.contents)
    assert.is_false(box.open)
    assert.matches("did you mean contents", message_of(function() return box.contnets end))
    assert.equal(1, filled)
  end)

  it("tries again to be filled when that failed", function()
    local tries = 0
    local box = frozen("the box", {}, function(names)
      tries = tries + 1
      if tries == 1 then error "not now" end
      names.lid = 1
    end)
    assert.matches("not now", message_of(function() return box.lid end))
    assert.equal(1, box.lid)
  end)
end)
