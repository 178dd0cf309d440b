-- Promises of kassa.runtime.luv beside those of spec/contract/runtime_spec.lua: a callback that
-- would hold up the loop is named, and no handle is left.
local runtime = require "kassa.runtime"

local found, uv = pcall(require, "support.luv")

local function soon(fn)
  local timer = uv.new_timer()
  timer:start(0, 0, function()
    timer:close()
    fn()
  end)
end

local function handles()
  local count = 0
  uv.walk(function(handle)
    if not handle:is_closing() then count = count + 1 end
  end)
  return count
end

describe("kassa.runtime.luv", function()
  if not found then return pending "luv is not there: install lua-luv" end

  it("names a callback outside every coroutine, and nothing outside of uv.run", function()
    local luv, said = runtime.new():named "luv", nil
    soon(function() said = luv.refuse() end)
    uv.run()
    assert.matches("callback of uv.run.*coroutine.wrap", said)
    assert.is_nil(luv.refuse())
  end)

  it("leaves no handle when nothing is in flight", function()
    local before = handles()
    local host = runtime.new()
    local luv, slept = host:named "luv", 0
    for _ = 1, 3 do
      coroutine.wrap(function()
        for _ = 1, 3 do host:driver():sleep(2, luv) end
        slept = slept + 1
      end)()
    end
    uv.run()
    assert.equal(3, slept)
    assert.equal(before, handles())
  end)

  it("goes on though somebody who blocks has taken the answer", function()
    local host = runtime.new()
    local luv, slept = host:named "luv", false
    coroutine.wrap(function()
      host:driver():sleep(1, luv)
      slept = true
    end)()
    host:driver():sleep(30)
    assert.is_false(slept)
    uv.run()
    assert.is_true(slept)
  end)
end)
