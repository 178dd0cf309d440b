-- Calls inside a loop of cqueues: a coroutine of a controller is suspended, the others go on. It
-- makes no controller of its own, and its watcher ends when nothing is in flight, so that cq:loop()
-- returns.

local M = { package = "cqueues", debian = "lua-cqueues" }

local NESTED = "called in a coroutine made inside one of cqueues, which could not be resumed: start"
  .. " it by cq:wrap or kassa.go, or let coroutine.wrap be cqueues.auxlib.wrap"

-- A script may put auxlib's functions in the place of Lua's; then a nested coroutine passes on what
-- cqueues needs to see.
local function passed_on()
  local auxlib = package.loaded["cqueues.auxlib"]
  return auxlib and (coroutine.wrap == rawget(auxlib, "wrap")
    or coroutine.resume == rawget(auxlib, "resume"))
end

-- Work for the engine while something of it is in flight.
local function watch(cqueues, driver, ended)
  local engine = driver.engine
  local readable = { pollfd = engine:fd(), events = "r" }
  repeat
    cqueues.poll(readable, ended)
    if not engine:usable() then return end
    driver:turn()
  until engine:pending() == 0
end

--- The adapter: { name, inside, watch, wait, wake }. Raises what `require` says when cqueues is not
-- there.
function M.new()
  local cqueues, condition = require "cqueues", require "cqueues.condition"
  local watched = setmetatable({}, { __mode = "k" }) -- driver -> controller -> its watcher's end
  local self = { name = "cqueues" }

  --- Can the caller be suspended by this loop? -> true; nothing outside of it; nil and why not
  function self.inside()
    local controller, own = cqueues.running()
    if not controller then return nil end
    if own or passed_on() then return true end
    return nil, NESTED
  end

  --- See to it that the driver is pumped while the controller that runs has something in flight.
  function self.watch(driver)
    local controller = cqueues.running()
    local ends = watched[driver] or setmetatable({}, { __mode = "k" })
    watched[driver] = ends
    if ends[controller] then return end
    local ended = condition.new()
    ends[controller] = ended
    controller:wrap(function()
      watch(cqueues, driver, ended)
      ends[controller] = nil
    end)
  end

  --- Suspend the caller; it may return at any time.
  function self.wait(waiter)
    waiter.condition = waiter.condition or condition.new()
    cqueues.poll(waiter.condition)
  end

  --- Let it go on, and the watchers look up when this was the last.
  function self.wake(waiter, driver)
    if waiter.condition then waiter.condition:signal() end
    if driver.engine:pending() > 0 then return end
    for _, ended in pairs(watched[driver] or {}) do ended:signal() end
  end

  return self
end

return M
