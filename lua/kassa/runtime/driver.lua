-- One engine and those who wait on it: hands each completion to its waiter, whoever pumps. It
-- starts no request and knows no event loop: suspending a waiter is the business of a runtime.

local STEP_MS = 1000 -- an upper bound only: the engine returns as soon as something is complete

local Driver = {}
Driver.__index = Driver

local M = {}

--- Make a driver of an engine (kassa.core.engine, or the sandbox's transport in process).
function M.new(engine)
  return setmetatable({ engine = engine, waiters = {} }, Driver)
end

-- Give an answer to the one who waits for it; perhaps nobody does.
local function hand_out(self, id, answer)
  local waiter = self.waiters[id]
  if not waiter then return end
  self.waiters[id], waiter.answer = nil, answer
  waiter:wake()
end

--- Let the engine work for at most `ms`, then hand out what is complete.
function Driver:pump(ms)
  local engine = self.engine
  engine:step(ms)
  local id, answer = engine:take()
  while id do
    hand_out(self, id, answer)
    id, answer = engine:take()
  end
end

-- Outside every task: drive the engine until this one is answered; others get theirs on the way.
local function block(self, id)
  local engine = self.engine
  while true do
    local found, answer = engine:take()
    if found == id then return answer end
    if found then hand_out(self, found, answer) else engine:step(STEP_MS) end
  end
end

--- Wait for the completion `id`: suspends the running task, or blocks where none is. -> answer
function Driver:await(id, runtime)
  return runtime and runtime.wait(self, id) or block(self, id)
end

--- Wait `ms` milliseconds by the engine's own clock (virtual in a sandbox in process).
function Driver:sleep(ms, runtime)
  return self:await(self.engine:timer(ms), runtime)
end

return M
