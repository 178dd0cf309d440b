-- Calls inside a loop of libuv (luv): a coroutine is suspended and resumed from the loop. It never
-- runs the loop itself, and keeps no handle open when nothing is in flight, so that uv.run returns.

local here = require "kassa.runtime.here"

local M = { package = "luv", debian = "lua-luv" }

local IN_CALLBACK = "called in a callback of uv.run, outside every coroutine, where it would hold"
  .. " up the loop: wrap it in coroutine.wrap(function() ... end)()"

local Luv = {}

-- Nothing is in flight any more: let go of the loop.
local function end_watch(self, driver)
  local poll = self.polls[driver]
  if not poll or driver.engine:usable() and driver.engine:pending() > 0 then return end
  self.polls[driver] = nil
  poll:stop()
  poll:close()
end

-- Resume whom the driver has woken, all of them, then raise what the first of them raised.
local function turn(self, driver)
  local raised
  while self.ready[1] do
    local waiter = table.remove(self.ready, 1)
    local wrong = waiter.parked and here.resume(waiter.parked)
    raised = raised or wrong
  end
  end_watch(self, driver)
  if raised then error(raised, 0) end
end

local function pump(self, driver)
  self.pumping = true
  if driver.engine:usable() then driver:turn() end
  self.pumping = false
  turn(self, driver)
end

-- Somebody else, who blocks, has pumped: the loop has to look, though its descriptor is quiet.
local function turn_later(self, driver)
  local timer = self.uv.new_timer()
  timer:start(0, 0, function()
    timer:close()
    turn(self, driver)
  end)
end

--- Can the caller be suspended by this loop? -> true; nothing outside of it; nil and why not
function Luv.inside(self)
  if not here.main() then return true end
  local mode = self.uv.loop_mode
  if mode and mode() then return nil, IN_CALLBACK end
end

--- See to it that the loop pumps the driver while something of it is in flight.
function Luv.watch(self, driver)
  if self.polls[driver] then return end
  local poll = assert(self.uv.new_poll(driver.engine:fd()))
  self.polls[driver] = poll
  poll:start("r", function() pump(self, driver) end)
end

--- Suspend the caller; it may return at any time.
function Luv.wait(_, waiter)
  waiter.parked = coroutine.running()
  coroutine.yield()
  waiter.parked = nil
end

--- Let it go on, as soon as the loop has its turn.
function Luv.wake(self, waiter, driver)
  self.ready[#self.ready + 1] = waiter
  if not self.pumping then turn_later(self, driver) end
end

--- The adapter: { name, inside, watch, wait, wake }. Raises what `require` says when luv is not
-- there.
function M.new()
  local self = {
    uv = package.loaded.luv or package.loaded.uv or require "luv", -- luvit calls it uv
    polls = setmetatable({}, { __mode = "k" }), ready = {}, pumping = false,
  }
  local adapter = { name = "luv" }
  for name, act in pairs(Luv) do
    adapter[name] = function(...) return act(self, ...) end
  end
  return adapter
end

return M
