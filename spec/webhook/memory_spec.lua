-- Promises of kassa.webhook.memory: the face that every store has. What came is kept until it is
-- done, ids longer, and never more than the limits say.
local memory = require "kassa.webhook.memory"

local HOUR = 3600 * 1000

local function event(id, about, occurred_ms)
  return { id = id, type = "t", payload = {}, about = about, occurred_ms = occurred_ms }
end

describe("the store in memory", function()
  local clock, store
  before_each(function()
    clock = 1e12
    store = memory.new { now = function() return clock end }
  end)

  -- The ids in the order in which they are taken and done.
  local function drain()
    local ids = {}
    for taken in function() return store:take() end do
      ids[#ids + 1] = taken.id
      store:done(taken)
    end
    return table.concat(ids, " ")
  end

  it("has limits and a clock of its own where none are given", function()
    store = require "kassa".webhook.memory()
    assert.equal("new", store:put(event "a"))
    store:done(store:take())
    assert.equal("duplicate", store:put(event "a"))
  end)

  it("gives back what was put, once, in order", function()
    for id in ("a b c"):gmatch "%a" do assert.equal("new", store:put(event(id))) end
    assert.same({ 3, 0 }, { store:pending() })
    assert.equal("a b c", drain())
    assert.is_nil(store:take())
    assert.same({ 0, 0 }, { store:pending() })
  end)

  it("knows an id while it waits, is handled, and after", function()
    local one = event "a"
    store:put(one)
    assert.equal("duplicate", store:put(event "a"))
    assert.equal(one, store:take())
    assert.equal("duplicate", store:put(event "a"))
    store:done(one)
    assert.equal("duplicate", store:put(event "a"))
    assert.is_nil(store:take())
  end)

  it("gives one event of an object at a time, others meanwhile", function()
    for _, id in ipairs { "x1", "x2", "x3", "y1" } do store:put(event(id, id:sub(1, 1))) end
    local x1, y1 = store:take(), store:take()
    assert.same({ "x1", "y1" }, { x1.id, y1.id })
    assert.is_nil(store:take())
    store:done(y1)
    assert.is_nil(store:take())
    store:put(event("x4", "x"))
    store:done(x1)
    assert.equal("x2 x3 x4", drain())
  end)

  it("gives the events of one object when asked for it", function()
    for _, id in ipairs { "y1", "x1", "x2" } do store:put(event(id, id:sub(1, 1))) end
    local x1 = store:take "x"
    assert.equal("x1", x1.id)
    assert.is_nil(store:take "x")
    assert.is_nil(store:take "z")
    store:done(x1)
    assert.equal("x2", store:take("x").id)
    assert.equal("y1", store:take().id)
    assert.is_nil(store:take())
  end)

  it("keeps what failed until it is asked for again, and lets its object go on", function()
    store:put(event("x1", "x", 2))
    store:put(event("x2", "x", 1))
    store:failed(store:take(), "the first reason")
    assert.same({ 1, 1 }, { store:pending() })
    assert.equal("failed", store:put(event("x1", "x")))
    store:failed(store:take(), "the second")
    assert.is_nil(store:take())
    local failures = store:failures()
    assert.equal("x2", failures[1].event.id)
    assert.same({ "the second", "the first reason" }, { failures[1].why, failures[2].why })
    assert.equal(0, store:again "nobody")
    assert.equal(1, store:again "x1")
    assert.equal("x1", drain())
    assert.equal(1, store:again())
    assert.equal(0, store:again())
    assert.equal("x2", drain())
    assert.equal("duplicate", store:put(event "x1"))
  end)

  it("says so when something is ended that was not taken", function()
    store:put(event "a")
    assert.has_error(function() store:done(event "a") end)
    assert.has_error(function() store:failed(event "b", "why") end)
    local a = store:take()
    store:done(a)
    assert.has_error(function() store:done(a) end)
  end)

  it("keeps ids for 72 hours and more, not for ever", function()
    for i = 0, 400 do
      store:put(event("id" .. i))
      store:done(store:take())
      clock = clock + HOUR
    end
    for i = 400 - 71, 400 do assert.equal("duplicate", store:put(event("id" .. i))) end
    assert.equal("new", store:put(event "id0"))
  end)

  it("keeps at least half as many ids as the limit, and no more than it", function()
    store = memory.new { now = function() return clock end, ids_max = 100 }
    for i = 1, 1000 do
      store:put(event("id" .. i))
      store:done(store:take())
    end
    local known = 0
    for i = 1, 1000 do known = known + (store.ids:get("id" .. i) and 1 or 0) end
    assert.is_true(known >= 50 and known <= 100)
    for i = 951, 1000 do assert.equal("duplicate", store:put(event("id" .. i))) end
  end)

  it("refuses more open events than its limit, failed ones too, and takes more later", function()
    store = memory.new { now = function() return clock end, open_max = 2 }
    store:put(event "a")
    store:put(event "b")
    store:failed(store:take(), "why")
    local kept, err = store:put(event "c")
    assert.is_nil(kept)
    assert.equal("store", err.code)
    assert.equal("same_key", err.retry)
    store:done(store:take())
    assert.equal("new", store:put(event "c"))
  end)

  it("remembers the newest state of each object, by kind and id", function()
    assert.is_nil(store:state("k", "1"))
    store:moved("k", "1", "A", 7)
    store:moved("l", "1", "B", 8)
    store:moved("k", "1", "C", 9)
    assert.same({ "C", 9 }, { store:state("k", "1") })
    assert.same({ "B", 8 }, { store:state("l", "1") })
  end)

  it("holds nothing of an object whose events are done", function()
    for i = 1, 1000 do store:put(event("id" .. i, "about" .. i % 7)) end
    drain()
    for i = 1, 1000 do
      store:put(event("more" .. i, "about" .. i))
      store:done(store:take("about" .. i))
    end
    assert.is_nil(store:take())
    assert.is_nil(next(store.objects))
    assert.is_nil(next(store.entries))
    assert.is_nil(next(store.ready))
  end)

  it("does not grow by what is taken by name", function()
    for i = 1, 10000 do
      store:put(event("id" .. i, "about" .. i))
      store:done(store:take("about" .. i))
    end
    local listed = 0
    for _ in pairs(store.ready) do listed = listed + 1 end
    assert.is_true(listed <= 1)
  end)
end)
