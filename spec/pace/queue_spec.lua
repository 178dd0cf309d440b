-- Promises of kassa.pace.queue: first come, first served, and who comes back is before the others.
local queue = require "kassa.pace.queue"

describe("a queue", function()
  it("serves in order, and lets anybody go from anywhere", function()
    local q, all = queue.new(), {}
    for i = 1, 5 do
      all[i] = {}
      q:join(all[i])
    end
    assert.equal(all[1], q:head())
    assert.equal(3, q:before(all[4]))
    q:leave(all[2])
    q:leave(all[1])
    q:leave(all[1])
    assert.equal(all[3], q:head())
    assert.equal(3, q.count)
    for i = 3, 5 do q:leave(all[i]) end
    assert.is_nil(q:head())
    assert.equal(0, q.count)
  end)

  it("puts those who come back before those who never left, in their own order", function()
    local q, fresh, one, two = queue.new(), {}, {}, {}
    q:join(fresh)
    q:join(one, true)
    q:join(two, true)
    assert.equal(one, q:head())
    assert.equal(1, q:before(two))
    assert.equal(2, q:before(fresh))
    assert.same({ one, two, fresh }, q:list())
    q:leave(one)
    q:leave(two)
    assert.equal(fresh, q:head())
    assert.equal(0, q:before(fresh))
  end)
end)
