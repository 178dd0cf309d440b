-- Calls inside a loop that draws frames: a coroutine is suspended, and kassa.update(), called once
-- a frame, resumes it. It never waits for anything.

local here = require "kassa.runtime.here"

-- Of one frame: one coroutine is resumed, and more until so much time has gone; as much again is
-- for what each engine brings. The rest has its turn in the next one.
local FRAME_MS = 0.2

local M = {}

local IN_LOOP = "called in the coroutine that draws the frames, which only its own kassa.update()"
  .. " could resume: wrap it in coroutine.wrap(function() ... end)()"

local OUTSIDE = "called outside every coroutine, where it would hold up the frame: wrap it in"
  .. " coroutine.wrap(function() ... end)(); kassa.update() resumes it"

--- The adapter: { name, mode, inside, watch, wait, wake, update }. The engine has a thread of its
-- own, since a handshake can take longer than a frame.
function M.new()
  local watched, ready = {}, {}
  local first = 1 -- of ready
  local clock -- the engine that was waited on last; it tells the time when it has no work, too
  local loop -- the coroutine that calls update; nil on the main thread, where LÖVE 11 does
  local self = { name = "frame", mode = "thread" }

  --- Can the caller be suspended? -> true; or nil and why not
  function self.inside()
    if here.main() then return nil, OUTSIDE end
    if coroutine.running() == loop then return nil, IN_LOOP end
    return true
  end

  --- See to it that update pumps the driver while something of it is in flight.
  function self.watch(driver)
    watched[driver], clock = true, driver.engine
  end

  --- Suspend the caller; it may return at any time.
  function self.wait(waiter)
    waiter.parked = coroutine.running()
    coroutine.yield()
    waiter.parked = nil
  end

  --- Let it go on at the next update.
  function self.wake(waiter) ready[#ready + 1] = waiter end

  -- An engine that was closed tells no time: then all have their turn.
  local function has_time(late_ms)
    return not late_ms or not clock:usable() or clock:now() < late_ms
  end

  -- Resume those that are ready, as many as fit. -> what the first of them raised
  local function resume_some()
    local last, raised = #ready, nil
    local late_ms = clock and clock:usable() and clock:now() + FRAME_MS
    while first <= last and ready[first] do
      local waiter = ready[first]
      ready[first], first = false, first + 1
      local wrong = waiter.parked and here.resume(waiter.parked)
      raised = raised or wrong
      if not has_time(late_ms) then break end
    end
    if first > #ready then ready, first = {}, 1 end
    return raised
  end

  --- One frame: what is complete is handed out, and as many of its coroutines resumed as fit into
  -- it; then what the first of them raised is raised.
  function self.update()
    loop = coroutine.running()
    for driver in pairs(watched) do
      local engine = driver.engine
      if engine:usable() then driver:turn(engine:now() + FRAME_MS) end
      if not engine:usable() or engine:pending() == 0 then watched[driver] = nil end
    end
    local raised = resume_some()
    if raised then error(raised, 0) end
  end

  return self
end

return M
