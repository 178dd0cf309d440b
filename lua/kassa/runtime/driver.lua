-- One engine and those who wait on it: hands each completion to its waiter, whoever pumps, and
-- tells those who ask how far an upload is. It starts no request and knows no event loop:
-- suspending a waiter is the business of a runtime.

local STEP_MS = 1000 -- an upper bound only: the engine returns as soon as something is complete
local REPORT_MS = 100 -- between two reports of progress; a step lasts no longer while one is due

local Driver = {}
Driver.__index = Driver

local M = {}

--- Make a driver of an engine (kassa.core.engine, or the sandbox's transport in process).
function M.new(engine)
  return setmetatable({ engine = engine, waiters = {} }, Driver)
end

-- What the listener of progress raises is dropped: it must not decide over the call. While it
-- waits for something itself it is not called again; it is told the end once it is back.
local function report(watch, now)
  if watch.busy or watch.sent == watch.told then return end
  watch.busy, watch.told, watch.told_at = true, watch.sent, now
  pcall(watch.listener, watch.sent, watch.total)
  watch.busy = false
  if watch.ended then report(watch) end
end

-- See how far the watched calls are, and tell it where a report is due.
local function look(self)
  local engine, due = self.engine, {}
  local now = engine:now()
  for id, watch in pairs(self.watched) do
    local sent, total = engine:progress(id)
    if sent then watch.sent, watch.total = sent, total end
    if now - watch.told_at >= REPORT_MS then due[#due + 1] = watch end
  end
  for _, watch in ipairs(due) do report(watch, now) end -- a listener may start a further upload
end

local function watch_progress(self, id, listener)
  self.watched = self.watched or {}
  self.watched[id] = { listener = listener, sent = 0, told = 0, told_at = self.engine:now() }
  look(self)
end

-- The call is complete: tell what was seen last.
local function unwatch(self, id)
  local watch = self.watched[id]
  if not watch then return end
  self.watched[id] = nil
  if not next(self.watched) then self.watched = nil end
  watch.ended = true
  report(watch)
end

local function step(self, ms)
  if not self.watched then return self.engine:step(ms) end
  self.engine:step(ms < REPORT_MS and ms or REPORT_MS)
  if self.watched then look(self) end -- a receiver in process may have ended them all
end

-- Give an answer to the one who waits for it; perhaps nobody does.
local function hand_out(self, id, answer)
  if self.watched then unwatch(self, id) end
  local waiter = self.waiters[id]
  if not waiter then return end
  self.waiters[id], waiter.answer = nil, answer
  waiter:wake()
end

--- Let the engine work for at most `ms`, then hand out what is complete; late_ms: no more than one
-- completion once the engine's clock has come to this.
function Driver:pump(ms, late_ms)
  local engine = self.engine
  step(self, ms)
  local id, answer = engine:take()
  while id do
    hand_out(self, id, answer)
    if late_ms and engine:now() >= late_ms then return end
    id, answer = engine:take()
  end
end

--- One turn in a loop that is not ours: do what can be done without waiting. Virtual time, which
-- costs nobody any, goes on to the next completion. late_ms: as for pump
function Driver:turn(late_ms)
  local clock = self.engine.clock
  self:pump(type(clock) == "table" and clock.kind == "virtual" and 1 or 0, late_ms)
end

local function nothing() end

-- Outside every task: drive the engine until this one is answered; others get theirs on the way.
-- It waits by name like all others, since a listener that blocks meanwhile may take its answer.
local function block(self, id)
  local engine, waiter = self.engine, { wake = nothing }
  self.waiters[id] = waiter
  while not waiter.answer do
    local found, answer = engine:take()
    if found then hand_out(self, found, answer) else step(self, STEP_MS) end
  end
  return waiter.answer
end

--- Wait for the completion `id`: suspends the running task, or blocks where none is.
-- on_progress(sent, total), bytes of the request's body, is called by whoever pumps: when `sent`
-- has changed, at most every 100 ms, and once more at the end. What it raises is dropped.
-- -> answer
function Driver:await(id, runtime, on_progress)
  if on_progress then watch_progress(self, id, on_progress) end
  return runtime and runtime.wait(self, id) or block(self, id)
end

--- Wait `ms` milliseconds by the engine's own clock (virtual in a sandbox in process).
function Driver:sleep(ms, runtime)
  return self:await(self.engine:timer(ms), runtime)
end

return M
