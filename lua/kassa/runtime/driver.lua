-- One engine and those who wait on it: hands each completion to its waiter, whoever pumps. It
-- starts no request and knows no event loop; how a waiter is suspended and made runnable is the
-- business of a runtime.

local STEP_MS = 1000 -- an upper bound only: the engine returns as soon as something is complete

local Driver = {}
Driver.__index = Driver

local M = {}

--- Make a driver of an engine (kassa.core.engine, or the sandbox's transport in process).
function M.new(engine)
  return setmetatable({ engine = engine, waiters = {}, waiting = 0 }, Driver)
end

--- Hand out every completion that is there. -> how many
function Driver:deliver()
  local engine, waiters, count = self.engine, self.waiters, 0
  local id, answer = engine:take()
  while id do
    local waiter = waiters[id]
    if waiter then
      waiters[id], waiter.answer = nil, answer
      self.waiting, count = self.waiting - 1, count + 1
      if waiter.wake then waiter.wake(waiter) end
    end
    id, answer = engine:take()
  end
  return count
end

--- Let the engine work for at most `ms`, then hand out what is complete. -> how many
function Driver:pump(ms)
  self.engine:step(ms)
  return self:deliver()
end

-- Outside every task: drive the engine until this one is answered; others' answers are handed out
-- on the way.
local function block(self, waiter)
  while not waiter.answer do self:pump(STEP_MS) end
end

--- Wait for the completion `id`. Suspends the running task, or blocks where there is none. ->
-- answer
function Driver:await(id, runtime)
  local waiter = {}
  self.waiters[id] = waiter
  self.waiting = self.waiting + 1
  if not (runtime and runtime.wait(waiter, self)) then block(self, waiter) end
  return waiter.answer
end

--- Wait `ms` milliseconds by the engine's own clock (virtual in a sandbox in process).
function Driver:sleep(ms, runtime)
  return self:await(self.engine:timer(ms), runtime)
end

return M
