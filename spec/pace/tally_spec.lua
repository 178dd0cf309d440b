-- Promises of kassa.pace.tally: who is under way, who arrived when, and nobody for ever.
local tally = require "kassa.pace.tally"

describe("a tally", function()
  it("counts who is under way and who was answered less than a window ago", function()
    local t = tally.new()
    local a, b = t:take(0), t:take(10)
    assert.same({ 2, 0 }, { t:settle(10, 1000) })
    t:answer(b, 50)
    assert.same({ 1, 1 }, { t:settle(50, 1000) })
    t:answer(a, 70)
    assert.same({ 0, 2 }, { t:settle(1049, 1000) })
    assert.same({ 0, 1 }, { t:settle(1050, 1000) })
    assert.same({ 0, 0 }, { t:settle(1070, 1000) })
  end)

  it("finds those after a time, and the first of them", function()
    local t = tally.new()
    for time = 10, 50, 10 do t:answer(t:take(0), time) end
    assert.same({ 5, 10 }, { t:since(9) })
    assert.same({ 3, 30 }, { t:since(20) })
    assert.same({ 3, 30 }, { t:since(29) })
    assert.same({ 0 }, { t:since(50) })
  end)

  it("takes back what never left", function()
    local t = tally.new()
    local a = t:take(0)
    t:undo(a)
    t:undo(a)
    assert.same({ 0, 0 }, { t:settle(0, 1000) })
    t:answer(a, 5)
    assert.same({ 0, 0 }, { t:settle(5, 1000) })
  end)

  it("lets one that hangs hold a place for two seconds and a window", function()
    local t = tally.new()
    local hung = t:take(0)
    t:answer(t:take(100), 200)
    assert.same({ 1, 0 }, { t:settle(1999, 1000) })
    assert.same({ 0, 1 }, { t:settle(2000, 1000) })
    assert.same({ 1, 2000 }, { t:since(1000) })
    t:answer(hung, 9000) -- it has arrived long ago
    assert.same({ 0, 0 }, { t:settle(9000, 1000) })
  end)

  it("forgets what is over", function()
    local t = tally.new()
    for time = 1, 5000 do
      t:answer(t:take(time), time)
      t:settle(time, 100)
    end
    local kept = 0
    for _ in pairs(t.at) do kept = kept + 1 end
    for _ in pairs(t.sent) do kept = kept + 1 end
    assert.equal(100, kept)
  end)
end)
