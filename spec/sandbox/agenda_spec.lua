-- Promises of kassa.sandbox.agenda: what is planned comes back by time, then by order of planning.

local agenda = require "kassa.sandbox.agenda"
local random = require "kassa.sandbox.random"

describe("the agenda", function()
  it("gives nothing before its time", function()
    local a = agenda.new()
    assert.is_nil(a:next())
    a:add(10, "x")
    assert.is_nil(a:take(9))
    assert.equal(10, a:next())
    local what, at = a:take(10)
    assert.equal("x", what)
    assert.equal(10, at)
    assert.is_nil(a:take(1000))
  end)

  it("gives entries of one time in the order of planning", function()
    local a = agenda.new()
    for i = 1, 50 do a:add(5, i) end
    for i = 1, 50 do assert.equal(i, (a:take(5))) end
  end)

  it("sorts 1,000 entries planned in any order, also while some are taken", function()
    local a, r = agenda.new(), random.new(11)
    for i = 1, 500 do a:add(r:below(1000), i) end
    local last = -1
    for i = 501, 1000 do
      local _, at = a:take(2000)
      last = math.max(last, at)
      a:add(last + r:below(100), i)
    end
    local before, count = -1, 0
    while a:next() do
      local _, at = a:take(1e9)
      assert.truthy(at >= before)
      before, count = at, count + 1
    end
    assert.equal(500, count)
  end)
end)
