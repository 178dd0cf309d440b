-- Calls inside copas.loop: a thread of copas is suspended, the others go on. It serves two
-- generations: 1.2, which has no sleep and no wakeup, and from 2 on. It opens no socket: copas
-- selects the engine's own descriptor.

local here = require "kassa.runtime.here"

local M = { package = "copas", debian = "lua-copas, for Lua 5.1 and 5.2" }

local function nothing() end

-- What copas takes for a socket: readable when the engine has something to do, or when nothing is
-- in flight any more. Receiving from it pumps, and ends then.
local function socket_of(driver, ended)
  local engine = driver.engine
  local fd = engine:fd()
  local function over() return not engine:usable() or engine:pending() == 0 end
  return {
    getfd = function() return fd end,
    dirty = over,
    settimeout = nothing, close = nothing,
    receive = function()
      if not over() then driver:turn() end
      if not over() then return nil, "timeout" end
      ended()
      return ""
    end,
  }
end

-- Of copas 1.2: a thread that yields a thing and a queue is put into that queue, which may be ours.
-- A bare yield would end it and close its socket.
local parking = {
  insert = nothing,
  push = function(_, waiter, co) waiter.co = co end,
}

-- How a thread is suspended until it is woken, and how it is woken.
local function ways_of(copas)
  if not copas.wakeup then
    return function(waiter) coroutine.yield(waiter, parking) end, copas.addthread
  end
  local pause = copas.pauseforever or function() copas.sleep(-1) end
  return function(waiter)
    waiter.co = coroutine.running()
    pause()
  end, copas.wakeup
end

--- The adapter: { name, inside, watch, wait, wake }. Raises what `require` says when copas is not
-- there.
function M.new()
  local copas = require "copas"
  local park, unpark = ways_of(copas)
  local watched = setmetatable({}, { __mode = "k" }) -- driver -> true
  local self = { name = "copas" }

  --- Can the caller be suspended by this loop? -> true; nothing outside of it. 1.2 does not tell
  -- whether it runs.
  function self.inside()
    if here.main() or copas.running == false then return nil end
    return true
  end

  --- See to it that copas pumps the driver while something of it is in flight.
  function self.watch(driver)
    if watched[driver] then return end
    watched[driver] = true
    local socket = socket_of(driver, function() watched[driver] = nil end)
    copas.addthread(function() copas.receive(socket) end)
  end

  --- Suspend the caller; it may return at any time.
  function self.wait(waiter)
    park(waiter)
    waiter.co = nil
  end

  --- Let it go on.
  function self.wake(waiter)
    local co = waiter.co
    waiter.co = nil
    if co then unpark(co) end
  end

  return self
end

return M
