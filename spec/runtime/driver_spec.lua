-- Promises of kassa.runtime.driver: each completion reaches the one who waits for it.
local driver = require "kassa.runtime.driver"
local script = require "support.script"

describe("kassa.runtime.driver", function()
  it("waits by the engine's own clock", function()
    local engine = script.new {}
    driver.new(engine):sleep(60000)
    assert.equal(60000, engine:now())
  end)

  it("hands each completion to the one who waits for it", function()
    local engine = script.new {}
    local d = driver.new(engine)
    local late, early = engine:timer(50), engine:timer(10)
    d.waiters[early] = { wake = function(w) w.woken = true end }
    local waiter = d.waiters[early]
    d:await(late)
    assert.is_true(waiter.woken)
    assert.is_true(waiter.answer.timer)
    assert.is_nil(next(d.waiters))
  end)

  -- An engine whose calls send 40 bytes each 30 ms, of 200.
  local function uploading()
    local engine = script.new {}
    local steps = {}
    function engine:progress(id)
      if not self.due[1] then return nil end
      return math.min(200, math.floor(self.clock / 30) * 40), 200, id
    end
    function engine:step(ms)
      steps[#steps + 1] = ms
      self.clock = self.clock + math.min(ms, 30)
    end
    return engine, steps
  end

  it("tells progress at most every 100 ms, and what was left at the end", function()
    local engine, steps = uploading()
    local d, reports = driver.new(engine), {}
    d:await(engine:timer(140), nil, function(sent, total)
      reports[#reports + 1] = { sent, total, engine.clock }
    end)
    assert.same({ { 160, 200, 120 }, { 200, 200, 150 } }, reports)
    assert.is_nil(d.watched)
    for _, ms in ipairs(steps) do assert(ms <= 100) end
    d:await(engine:timer(1))
    assert.equal(1000, steps[#steps]) -- nobody watches any more
  end)

  it("tells it to those who are served by another's pump, and drops what they raise", function()
    local engine = uploading()
    local d, reports = driver.new(engine), 0
    local waiter = { wake = function() end }
    local first, second = engine:timer(140), engine:timer(300)
    local runtime = { wait = function(_, id)
      d.waiters[id] = waiter
      return { timer = true }
    end }
    d:await(first, runtime, function()
      reports = reports + 1
      error "no"
    end)
    d:await(second)
    assert.equal(2, reports)
    assert.is_true(waiter.answer.timer)
  end)

  it("lets a listener wait for something itself", function()
    local engine = uploading()
    local d, reports = driver.new(engine), 0
    d:await(engine:timer(300), nil, function()
      reports = reports + 1
      if reports > 1 then return end
      d:await(engine:timer(100), nil, function() reports = reports + 10 end)
    end)
    assert(reports >= 11, reports)
    assert.is_nil(d.watched)
  end)

  it("loses no answer that comes while a listener waits, and tells it the end", function()
    local engine, steps = uploading()
    local step, d, told, deep = engine.step, driver.new(engine), {}, 0
    function engine:step(ms)
      assert(#steps < 1000, "it waits for ever")
      return step(self, ms)
    end
    local answer = d:await(engine:timer(140), nil, function(sent)
      deep = deep + 1
      assert(deep == 1)
      told[#told + 1] = sent
      d:sleep(500)
      deep = deep - 1
    end)
    assert.is_true(answer.timer)
    assert.same({ 160, 200 }, told)
    assert.is_nil(next(d.waiters))
  end)

  it("loses no answer of a coroutine that a listener has suspended", function()
    local engine, steps = uploading()
    local step, d = engine.step, driver.new(engine)
    function engine:step(ms)
      assert(#steps < 1000, "it waits for ever")
      return step(self, ms)
    end
    local id = engine:timer(140)
    local upload = coroutine.wrap(function()
      return d:await(id, nil, function() coroutine.yield "mine" end)
    end)
    local answer = upload()
    d:sleep(500)
    while answer == "mine" do answer = upload() end
    assert.is_true(answer.timer)
  end)

  it("drops completions nobody waits for", function()
    local engine = script.new {}
    local d = driver.new(engine)
    engine:timer(1)
    d:sleep(5)
    assert.is_nil(engine:take())
  end)
end)
