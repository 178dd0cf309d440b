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

  it("drops completions nobody waits for", function()
    local engine = script.new {}
    local d = driver.new(engine)
    engine:timer(1)
    d:sleep(5)
    assert.is_nil(engine:take())
  end)
end)
