-- Promises of kassa.runtime.cqueues beside those of spec/contract/runtime_spec.lua: what is nested
-- is named, and each controller ends by itself.
local runtime = require "kassa.runtime"

local found, cqueues = pcall(require, "cqueues")

local function in_queue(fn)
  local queue, result = cqueues.new(), nil
  queue:wrap(function() result = { fn() } end)
  assert(queue:loop(30))
  assert(queue:empty())
  return (table.unpack or unpack)(result)
end

describe("kassa.runtime.cqueues", function()
  if not found then return pending "cqueues is not there: install lua-cqueues" end

  it("names a coroutine made inside one of cqueues, in whatever mode", function()
    local host = runtime.new()
    for _, chosen in ipairs { host.runtime, host:named "cqueues", host:named "strict" } do
      assert.matches("made inside one of cqueues", in_queue(function()
        return coroutine.wrap(function() return chosen.refuse() end)()
      end))
      assert.is_nil(in_queue(chosen.refuse))
      assert.is_nil(chosen.refuse())
    end
  end)

  it("names it before anything is sent, at the caller's line", function()
    local host = runtime.new()
    local box = require "kassa.sandbox".world {}
    local klarna = require "kassa.client".new(host, require "kassa.api.klarna.access",
      box:options())
    local ok, err = in_queue(function()
      return coroutine.wrap(function()
        return pcall(function() klarna.payment_requests:read "krn:payment:eu1:request:1" end)
      end)()
    end)
    assert.is_false(ok)
    assert.matches("cqueues_spec.lua:%d+: payment_requests:read: .*made inside one of cqueues", err)
    assert.is_nil(next(box.transport.flights))
  end)

  it("takes coroutines that pass on what cqueues needs", function()
    local auxlib, wrap = require "cqueues.auxlib", coroutine.wrap
    local host = runtime.new()
    coroutine.wrap = auxlib.wrap -- luacheck: ignore 122
    local ok, slept = pcall(in_queue, function()
      local values = {}
      local each = coroutine.wrap(function()
        for i = 1, 3 do
          host:driver():sleep(1, host.runtime)
          coroutine.yield(i)
        end
      end)
      for i = 1, 3 do values[i] = each() end -- plain 5.1 cannot yield in an iterator of `for`
      return values
    end)
    coroutine.wrap = wrap -- luacheck: ignore 122
    assert(ok, slept)
    assert.same({ 1, 2, 3 }, slept)
  end)

  it("lets two controllers share an engine, and both end", function()
    local host = runtime.new()
    local driver, ended = host:driver(), 0
    local one, other = cqueues.new(), cqueues.new()
    for place, queue in ipairs { one, other } do
      queue:wrap(function()
        driver:sleep(20 * place, host.runtime)
        ended = ended + 1
      end)
    end
    local engine = driver.engine
    local late = engine:now() + 20000
    while not (one:empty() and other:empty()) do
      assert(engine:now() < late, "a controller did not end")
      assert(one:step(0.01))
      assert(other:step(0.01))
    end
    assert.equal(2, ended)
  end)

  it("ends though somebody who blocks has taken the last answer", function()
    local host = runtime.new()
    local driver = host:driver()
    in_queue(function()
      cqueues.running():wrap(function() driver:sleep(1, host.runtime) end)
      cqueues.sleep(0)
      driver:sleep(50)
    end)
  end)
end)
