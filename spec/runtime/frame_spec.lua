-- Promises of kassa.runtime.frame: a frame waits for nothing, and loses no coroutine and no error.
local runtime = require "kassa.runtime"
local script = require "support.script"

-- A host whose clients draw frames, and how a coroutine waits in it.
local function stage()
  local host = runtime.new()
  local frame = assert(host:named "frame")
  return host, function(driver, ms) driver:sleep(ms, frame) end, frame
end

local function frames_until(host, holds)
  local engine = host:driver().engine
  local late = engine:now() + 20000
  while not holds() do
    assert(engine:now() < late)
    host:update()
  end
end

describe("kassa.runtime.frame", function()
  it("resumes in update, and only there", function()
    local host, sleep = stage()
    local driver, state = host:driver(), "new"
    coroutine.wrap(function()
      state = "waiting"
      sleep(driver, 1)
      state = "back"
    end)()
    assert.equal("waiting", state)
    driver:sleep(5) -- somebody who blocks pumps too
    assert.equal("waiting", state)
    host:update()
    assert.equal("back", state)
  end)

  it("is no work while nothing is in flight", function()
    local host = stage()
    runtime.new():update()
    host:update()
  end)

  it("raises in update what a coroutine raised, and the others go on", function()
    local host, sleep = stage()
    local driver, others = host:driver(), 0
    local function start(fn)
      coroutine.wrap(function()
        sleep(driver, 1)
        fn()
      end)()
    end
    start(function() error "a bug of the game" end)
    start(function() others = others + 1 end)
    driver:sleep(20)
    local ok, err = pcall(host.update, host)
    assert.is_false(ok)
    assert.matches("frame_spec.lua:%d+: a bug of the game.*traceback", err)
    frames_until(host, function() return others == 1 end)
  end)

  it("resumes no coroutine that has gone on by itself", function()
    local host, sleep = stage()
    local driver, steps = host:driver(), {}
    local co = coroutine.create(function()
      sleep(driver, 1)
      steps[#steps + 1] = "slept"
      coroutine.yield()
      steps[#steps + 1] = "its own"
    end)
    coroutine.resume(co)
    driver:sleep(20)
    coroutine.resume(co) -- a scheduler of the game's, once too early: it is answered already
    host:update()
    assert.same({ "slept" }, steps)
    frames_until(host, function() return true end)
  end)

  it("refuses what would hold up the frame, and blocks for time that is virtual", function()
    local _, sleep, frame = stage()
    assert.matches("outside every coroutine", frame.refuse())
    assert.is_nil(coroutine.wrap(frame.refuse)())
    local engine = script.new {}
    sleep(require "kassa.runtime.driver".new(engine), 60000)
    assert.equal(60000, engine:now())
  end)

  it("refuses a call in the coroutine that calls update, which nobody could resume", function()
    local host, _, frame = stage()
    local co = coroutine.wrap(function()
      host:update()
      return frame.refuse()
    end)
    assert.matches("the coroutine that draws the frames", co())
    assert.is_nil(coroutine.wrap(frame.refuse)())
  end)

  it("leaves to the next frame what does not fit into one, and loses none", function()
    local host, sleep = stage()
    local driver, back, frames = host:driver(), 0, 0
    local engine = driver.engine
    for _ = 1, 40 do
      coroutine.wrap(function()
        sleep(driver, 1)
        local late = engine:now() + 1
        while engine:now() < late do engine:now() end -- a game that works on what it got
        back = back + 1
      end)()
    end
    driver:sleep(20)
    host:update()
    assert(back >= 1 and back < 40, back)
    for _ = 1, 3 do -- also when nothing is in flight any more
      local before = back
      host:update()
      assert(back - before < 10, back - before)
    end
    frames_until(host, function()
      frames = frames + 1
      return back == 40
    end)
    assert(frames > 1)
  end)
end)
