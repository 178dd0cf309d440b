-- Promises of the inbox when its database goes away in the middle: nothing is said to be stored
-- that is not, nothing is handled twice that was told to be done, and work goes on after.
local engines = require "support.engines"
local inbox_of = require "kassa.inbox"
local router_of = require "kassa.webhook.router"

local function event(id, about)
  return { id = id, type = "t", payload = {}, about = about or id:sub(1, 1) }
end

local function refused(value, err)
  assert.is_nil(value)
  assert.equal("store", err.code)
  return err.message
end

describe("the inbox when PostgreSQL is stopped", function()
  local engine = engines[2]
  if engine.missing then return pending(engine.missing) end

  local database, store
  before_each(function()
    database = engine.new()
    store = assert(inbox_of.new(database.options))
  end)
  after_each(function()
    store:close()
    database.remove()
  end)

  it("keeps nothing, says so, and takes it when the server is back", function()
    database.server:stop "immediate"
    refused(store:put(event "a"))
    refused(store:take())
    refused(store:pending())
    refused(store:failures())
    refused(store:again())
    assert.has_error(function() store:state("k", "1") end)
    assert.has_error(function() store:moved("k", "1", "A", 1) end)
    database.server:start()
    assert.equal("new", store:put(event "a"))
    assert.equal("a", store:take().id)
  end)

  it("does not hand out again what was done while it was away", function()
    store:put(event "x1")
    store:put(event "x2")
    local x1 = store:take()
    database.server:stop()
    refused(store:done(x1))
    refused(store:take())
    database.server:start()
    assert.equal("x2", store:take().id)
    assert.equal("duplicate", store:put(event "x1"))
  end)

  it("remembers a failure that it could not write down", function()
    store:put(event "x1")
    local x1 = store:take()
    database.server:stop()
    refused(store:failed(x1, "the reason"))
    database.server:start()
    assert.is_nil(store:take())
    assert.equal("the reason", store:failures()[1].why)
  end)

  it("lets a handler that lost its connection end nothing of the one who came after", function()
    local other = assert(inbox_of.new(database.options))
    store:put(event "x1")
    local mine = store:take()
    database.server:stop()
    database.server:start()
    local theirs = other:take()
    assert.equal("x1", theirs.id)
    assert.matches("handed to another handler", refused(store:done(mine)))
    assert.is_true(other:done(theirs))
    assert.is_nil(store:take())
    other:close()
  end)

  it("does not hand the same event to another task of its own process", function()
    store:put(event "x1")
    local x1 = store:take()
    database.server:stop()
    database.server:start()
    assert.is_nil(store:take())
    assert.is_true(store:done(x1))
  end)

  it("is told to whoever listens to the router, which goes on after", function()
    local heard, handled = {}, {}
    local router = router_of.new { store = store, on_error = function(err)
      heard[#heard + 1] = err.code
    end }
    router:default(function(view)
      if view.id == "a" then database.server:stop() end
      handled[#handled + 1] = view.id
    end)
    assert.equal("new", router:accept(event "a"))
    assert.equal("new", router:accept(event "b"))
    local done, failed, err = router:work()
    assert.same({ 0, 0, "store" }, { done, failed, err and err.code })
    database.server:start()
    assert.same({ 1, 0 }, { router:work() })
    assert.same({ "a", "b" }, handled)
    assert.is_true(#heard > 0)
  end)
end)

for _, engine in ipairs(engines) do
  describe("the inbox that does not hear whether it was written, on " .. engine.name, function()
    if engine.missing then return pending(engine.missing) end

    local database, inbox
    before_each(function()
      database = engine.new()
      inbox = assert(inbox_of.new(database.options))
    end)
    after_each(function()
      inbox:close()
      database.remove()
    end)

    -- The next write gets through, or not, and its answer is lost.
    local function lose_answer(written)
      local store = inbox.store
      local run = store.run
      function store.run(...)
        store.run = nil
        if written then assert(run(...)) end
        return nil, { message = "the connection broke", unsure = true }
      end
    end

    for _, written in ipairs { true, false } do
      local how = written and " when it was" or " when it was not"
      it("finds out" .. how, function()
        lose_answer(written)
        assert.equal("new", inbox:put(event "x1"))
        assert.equal("new", inbox:put(event "x2"))
        local x1 = inbox:take()
        lose_answer(written)
        assert.is_true(inbox:done(x1))
        local x2 = inbox:take()
        assert.equal("x2", x2.id)
        lose_answer(written)
        assert.is_true(inbox:failed(x2, "why"))
        assert.equal("why", inbox:failures()[1].why)
        lose_answer(written)
        assert.is_true(inbox:moved("k", "1", "A", 1))
        assert.equal("A", (inbox:state("k", "1")))
        assert.same({ 0, 1 }, { inbox:pending() })
      end)
    end
  end)
end
