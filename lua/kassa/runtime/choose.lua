-- Which runtime a call has: the tasks of kassa.run, the event loop it is made in, or none, and then
-- it blocks. It loads no event loop that the script has not loaded or named, and looks for those at
-- each call, at the cost of two look-ups.

local here = require "kassa.runtime.here"

local loaded = package.loaded

local M = {}

local LOOPS = { cqueues = true, luv = true, copas = true, frame = true, nginx = true }

local UNKNOWN = "called in a coroutine that no event loop known to kassa resumes here, so it would"
  .. " block whatever does: name the loop (runtime = \"luv\" or \"frame\"), use kassa.run, or take"
  .. " runtime = \"plain\" to block"

local NO_YIELD = "called where Lua cannot suspend it (in pcall on Lua 5.1, or in a callback of"
  .. " gsub, sort or require), so it would hold up the event loop"

-- The loop that runs here, by what the script has loaded.
local function loop_here(host)
  if loaded.ngx then return host:adapter "nginx" end
  local cqueues = loaded.cqueues
  if cqueues and cqueues.running() then return host:adapter "cqueues" end
  local copas = loaded.copas
  if copas and copas.running then return host:adapter "copas" end
  return host.chosen or here.draws_frames() and host:adapter "frame"
end

-- No closure: the caller's stack, which it would refer to, is gone when nginx kills the request.
local function wake(waiter) waiter.adapter.wake(waiter, waiter.driver) end

-- Suspend the caller in this loop until the driver has the answer to `id`.
local function suspend(adapter, driver, id)
  local waiter = { adapter = adapter, driver = driver, wake = wake }
  driver.waiters[id] = waiter
  adapter.watch(driver)
  while not waiter.answer do adapter.wait(waiter) end
  return waiter.answer
end

-- An engine without a descriptor cannot be watched (a virtual one, which blocks nobody).
local function fits(adapter, driver)
  return driver.engine.fd and adapter.inside() and here.can_yield()
end

-- Why a call may not be made here, or nil. firm: it may not block inside a coroutine.
local function refusal(adapter, firm)
  local inside, why
  if adapter then inside, why = adapter.inside() end
  if why then return why end
  if not firm or here.main() then return nil end
  if not inside then return UNKNOWN end
  return not here.can_yield() and NO_YIELD or nil
end

local function runtime_of(host, name, find, firm)
  local tasks = host.tasks
  return {
    name = name,
    wait = function(driver, id)
      if tasks:current() then return tasks:suspend(driver, id) end
      local adapter = find(host)
      if adapter and fits(adapter, driver) then return suspend(adapter, driver, id) end
    end,
    refuse = function()
      if tasks:current() then return tasks:refusal(firm) end
      return refusal(find(host), firm)
    end,
    loop = function()
      local adapter = find(host)
      return adapter and adapter.inside() and here.can_yield() and adapter or nil
    end,
  }
end

--- The runtime of clients that name none: the loop that runs, if kassa knows it, else blocking.
-- -> { name, wait, refuse, loop }; wait(driver, id) -> answer, or nil where it would have to block;
-- refuse() -> why a call may not be made here, or nil; loop() -> the adapter to wait by, or nil
function M.auto(host) return runtime_of(host, "auto", loop_here, false) end

local function none() return nil end

-- The words of a missing package, without the list of places where it was looked for.
local function missing(name, why)
  local module = require("kassa.runtime." .. name)
  return ("runtime = %q needs the Lua package %s (Debian: %s), which cannot be loaded: %s"):format(
    name, module.package, module.debian, (tostring(why):match "^[^\n]*"):gsub(":$", ""))
end

--- The runtime that an option names: plain, cqueues, luv, copas, nginx, frame, strict.
-- -> as auto; or nil and why it cannot be
function M.named(host, name)
  if name == "plain" then return runtime_of(host, name, none, false) end
  if name == "strict" then return runtime_of(host, name, loop_here, true) end
  if not LOOPS[name] then return nil, ("no runtime %q"):format(tostring(name)) end
  local found, adapter = pcall(host.adapter, host, name)
  if not found then return nil, missing(name, adapter) end
  host.chosen = adapter
  local runtime = runtime_of(host, name, function() return adapter end, true)
  runtime.mode = adapter.mode
  return runtime
end

return M
