-- Promises of kassa.runtime.plain: tasks suspend only themselves and lose no result.
local driver = require "kassa.runtime.driver"
local plain = require "kassa.runtime.plain"
local script = require "support.script"

local function scheduler()
  local engine = script.new {}
  local d = driver.new(engine)
  local tasks = plain.new(function() return d end)
  plain.runtime(tasks)
  return tasks, engine
end

describe("kassa.run, go, all, sleep", function()
  it("gives back what the function returned, nils included", function()
    local tasks = scheduler()
    local results = { tasks:run(function(a, b) return a, nil, b end, 1, 2) }
    assert.equal(1, results[1]); assert.is_nil(results[2]); assert.equal(2, results[3])
  end)

  it("suspends only its own task", function()
    local tasks, engine = scheduler()
    local order = {}
    tasks:run(function()
      tasks:go(function() tasks:sleep(0.03); order[#order + 1] = "slow" end)
      tasks:go(function() tasks:sleep(0.01); order[#order + 1] = "quick" end)
      order[#order + 1] = "main"
    end)
    assert.same({ "main", "quick", "slow" }, order)
    assert.equal(30, engine:now())
  end)

  it("returns only when every task has ended", function()
    local tasks = scheduler()
    local ended = false
    tasks:run(function() tasks:go(function() tasks:sleep(1); ended = true end) end)
    assert.is_true(ended)
  end)

  it("runs several at once and returns both results of each, in order", function()
    local tasks, engine = scheduler()
    local values, errors = tasks:all {
      function() tasks:sleep(3) return "a" end,
      function() tasks:sleep(1) return nil, "b failed" end,
      function() tasks:sleep(2) return "c" end,
    }
    assert.same({ "a", nil, "c", n = 3 }, values)
    assert.same({ nil, "b failed", n = 3 }, errors)
    assert.equal(3000, engine:now())
  end)

  it("blocks outside a task, with the same result", function()
    local tasks, engine = scheduler()
    tasks:sleep(2)
    assert.equal(2000, engine:now())
  end)

  it("lets a task join another", function()
    local tasks = scheduler()
    assert.equal(42, tasks:run(function()
      local task = tasks:go(function() tasks:sleep(1) return 42 end)
      return task:join()
    end))
  end)

  it("raises what the main function raised, with its place", function()
    local tasks = scheduler()
    local ok, err = pcall(function() tasks:run(function() error "broken" end) end)
    assert.is_false(ok)
    assert.matches("plain_spec.lua:%d+: broken", err)
    assert.equal(1, tasks:run(function() return 1 end))
  end)

  it("never loses an error of a task that nobody joined", function()
    local tasks = scheduler()
    local ok, err = pcall(function()
      tasks:run(function() tasks:go(function() error({ code = "mine" }) end) end)
    end)
    assert.is_false(ok)
    assert.equal("mine", err.code)
  end)

  it("hands the error of a joined task to the one who joined", function()
    local tasks = scheduler()
    local ok, err = pcall(function()
      tasks:run(function() tasks:go(function() error("inner", 0) end):join() end)
    end)
    assert.is_false(ok)
    assert.matches("^inner", err)
  end)

  it("blocks in a coroutine made inside a task, without waking the wrong one", function()
    local tasks = scheduler()
    local steps = tasks:run(function()
      local list = {}
      local each = coroutine.wrap(function()
        for i = 1, 3 do tasks:sleep(0.01); coroutine.yield(i) end
      end)
      for _ = 1, 3 do list[#list + 1] = each() end
      return list
    end)
    assert.same({ 1, 2, 3 }, steps)
  end)

  it("runs in place when it is called inside a task", function()
    local tasks = scheduler()
    assert.equal(5, tasks:run(function() return tasks:run(function() return 5 end) end))
  end)

  it("tells a task that waits for itself, and a deadlock", function()
    local tasks = scheduler()
    assert.has_error(function()
      tasks:run(function()
        local me
        me = tasks:go(function() tasks:sleep(0); me:join() end)
      end)
    end)
    tasks = scheduler()
    local ok, err = pcall(function()
      tasks:run(function()
        local a, b
        a = tasks:go(function() tasks:sleep(0) b:join() end)
        b = tasks:go(function() tasks:sleep(0) a:join() end)
      end)
    end)
    assert.is_false(ok)
    assert.matches("every task waits", err)
  end)

  it("fails a task that yields by itself, with the place, and lets the others go on", function()
    local tasks = scheduler()
    local function strays()
      coroutine.yield()
    end
    local others
    local ok, err = pcall(function()
      tasks:run(function()
        tasks:go(function() tasks:sleep(0.01) others = "done" end)
        local tried, why = tasks:try(strays)
        assert.is_false(tried)
        assert.matches("yielded by itself", why)
        tasks:go(strays)
      end)
    end)
    assert.is_false(ok)
    assert.matches("yielded by itself.*plain_spec.lua:%d+", err)
    assert.equal("done", others)
  end)

  it("forgets what broke one run before the next", function()
    local tasks = scheduler()
    assert.is_false((pcall(function() tasks:run(function() coroutine.yield() end) end)))
    assert.equal(7, tasks:run(function() tasks:sleep(0.01) return 7 end))
    local both = { function() error "a-old" end, function() tasks:sleep(1) error "b-old" end }
    assert.is_false((pcall(function() tasks:all(both) end)))
    assert.equal(8, tasks:run(function() tasks:sleep(0.01) return 8 end))
  end)

  it("blocks where Lua cannot yield, and the task goes on", function()
    local tasks = scheduler()
    assert.equal("ab", tasks:run(function()
      local text = ("ab"):gsub(".", function(letter) tasks:sleep(0.01) return letter end)
      local ok = pcall(function() tasks:sleep(0.01) end)
      return ok and text
    end))
  end)

  it("names the argument that is wrong", function()
    local tasks = scheduler()
    for _, misuse in ipairs {
      function() tasks:run(1) end, function() tasks:go(print) end,
      function() tasks:all(1) end, function() tasks:all { 1 } end,
      function() tasks:sleep "1" end, function() tasks:sleep(-1) end,
      function() tasks:sleep(0 / 0) end,
    } do
      local ok, err = pcall(misuse)
      assert.is_false(ok)
      assert.matches("kassa%.%a+", err)
    end
  end)

  it("keeps 500 tasks apart", function()
    local tasks = scheduler()
    local list = {}
    for i = 1, 500 do list[i] = function() tasks:sleep((i * 7919 % 101) / 1000) return i end end
    local values = tasks:all(list)
    for i = 1, 500 do assert.equal(i, values[i]) end
  end)
end)

describe("trying a function", function()
  it("catches what it raises, also after it was suspended, and stops nobody else", function()
    local tasks = scheduler()
    local order = {}
    local function raises()
      tasks:sleep(0.02)
      order[#order + 1] = "raised"
      error({ "reason" }, 0)
    end
    tasks:run(function()
      tasks:go(function() tasks:sleep(0.01); order[#order + 1] = "other" end)
      local ok, err = tasks:try(raises)
      assert.is_false(ok)
      assert.equal("reason", err[1])
    end)
    assert.same({ "other", "raised" }, order)
  end)

  it("brings all that it returns, in a task and outside", function()
    local tasks = scheduler()
    local function echo(...) return ... end
    local function try() return select("#", tasks:try(echo, nil, 2, nil)), tasks:try(echo, 1) end
    assert.same({ 4, true, 1 }, { try() })
    assert.same({ 4, true, 1 }, { tasks:run(try) })
    local ok, err = tasks:try(error, "outside", 0)
    assert.same({ false, "outside" }, { ok, err })
  end)

  it("blocks where it cannot be suspended", function()
    local tasks = scheduler()
    local seen
    tasks:run(function()
      ("x"):gsub("x", function() seen = { tasks:try(function() return "fine" end) } end)
    end)
    assert.same({ true, "fine" }, seen)
  end)
end)
