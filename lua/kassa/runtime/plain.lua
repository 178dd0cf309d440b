-- Tasks for plain Lua: kassa.run, go, all and sleep. Inside `run` a call suspends only its task;
-- outside it blocks. It is no general event loop: it drives kassa's own engines and nothing else.

local unpack = table.unpack or unpack
local pack = table.pack or function(...) return { n = select("#", ...), ... } end

local running = coroutine.running

local CALLER = 3 -- of error(): a method here, kassa.run and its like, the script

local Task = {}
Task.__index = Task

local Plain = {}
Plain.__index = Plain

local M = {}

--- A scheduler. driver: function that gives the driver on which `sleep` sets its timers.
function M.new(driver)
  return setmetatable({
    driver = driver,  -- for kassa.sleep
    ready = {},       -- tasks to resume, first in first out
    first = 1, last = 0,
    live = 0,         -- tasks that have not ended
    waiting = {},     -- driver -> how many tasks wait on it
    failed = {},      -- tasks that raised and that nobody has joined
    current = nil,    -- the task being resumed
  }, Plain)
end

local function enqueue(self, task)
  self.last = self.last + 1
  self.ready[self.last] = task
end

local function finish(self, task, results)
  self.live = self.live - 1
  task.results = results
  for _, waiter in ipairs(task.joiners) do enqueue(self, waiter) end
  if not results[1] then self.failed[task] = true end
end

-- What a task raised, with the place of it; that of a task it joined is the better place.
local function traced(task, raised)
  if type(raised) ~= "string" or raised:find("\nstack traceback:", 1, true) then return raised end
  return debug.traceback(task.co, raised)
end

-- The only way a task yields: whatever it waits for enqueues it again.
local function park(task)
  task.parked = true
  coroutine.yield()
  task.parked = false
end

local STRAY = "a task of kassa.run yielded by itself, and nobody would resume it: wait by "
  .. "kassa.sleep or in a call, and yield in a coroutine of your own"

-- One turn of a task. What it raises is kept for whoever joins it, with the place of the error.
local function resume(self, task)
  if task.results then return end
  local before = self.current
  self.current = task
  local results = pack(coroutine.resume(task.co, unpack(task.arguments, 1, task.arguments.n)))
  task.arguments = { n = 0 }
  self.current = before
  if task.parked then return end
  if coroutine.status(task.co) ~= "dead" then results = pack(false, STRAY) end
  if not results[1] then results[2] = traced(task, results[2]) end
  finish(self, task, results)
end

-- The task that the caller is, or nil. A coroutine made inside a task is not the task: it blocks.
local function in_task(self)
  local task = self.current
  return task ~= nil and running() == task.co and task or nil
end

-- Yielding from inside a C function (gsub, sort; pcall on plain 5.1) raises, and would raise after
-- the request has left: such a call blocks instead. 5.1 has to look for the C function itself.
local can_yield = coroutine.isyieldable or function()
  local level = 3
  local frame = debug.getinfo(level, "S")
  while frame do
    if frame.what == "C" then return false end
    level = level + 1
    frame = debug.getinfo(level, "S")
  end
  return true
end

local function wake(waiter)
  local scheduler, driver = waiter.scheduler, waiter.driver
  local left = scheduler.waiting[driver] - 1
  scheduler.waiting[driver] = left > 0 and left or nil
  enqueue(scheduler, waiter.task)
end

--- The runtime's `wait`: suspend the current task until the driver has the answer to `id`.
-- -> answer, or nil outside every task
function Plain:suspend(driver, id)
  local task = in_task(self)
  if not task or not can_yield() then return nil end
  local waiter = { scheduler = self, driver = driver, task = task, wake = wake }
  driver.waiters[id] = waiter
  self.waiting[driver] = (self.waiting[driver] or 0) + 1
  while not waiter.answer do park(task) end
  return waiter.answer
end

local function run_ready(self)
  while self.first <= self.last do
    local task = self.ready[self.first]
    self.ready[self.first] = nil
    self.first = self.first + 1
    resume(self, task)
  end
  self.first, self.last = 1, 0
end

-- With one engine at work its own wait is enough; several are polled in turn, each for a moment.
local function pump(self)
  local drivers = {}
  for driver in pairs(self.waiting) do drivers[#drivers + 1] = driver end
  if #drivers == 0 then
    error("kassa.run: every task waits for something that no call of kassa will bring", 0)
  end
  local ms = #drivers == 1 and 1000 or 1
  for _, driver in ipairs(drivers) do driver:pump(ms) end
end

local function drive(self, done)
  while not done() do
    run_ready(self)
    if done() then return end
    pump(self)
  end
end

-- A task that raised and was joined by nobody must not be lost: its error ends `run`.
local function raise_unjoined(self)
  local task = next(self.failed)
  if not task then return end
  self.failed = {}
  error(task.results[2], 0)
end

--- Start a task, inside kassa.run only. -> task; task:join() returns or raises what fn did
function Plain:go(fn, ...)
  if type(fn) ~= "function" then
    error("bad argument #1 to 'kassa.go' (function expected, got " .. type(fn) .. ")", CALLER)
  end
  if not self.current then
    error("kassa.go: call it inside kassa.run(function () ... end)", CALLER)
  end
  return self:spawn(fn, ...)
end

function Plain:spawn(fn, ...)
  local task = setmetatable({
    co = coroutine.create(fn), arguments = pack(...), joiners = {}, scheduler = self,
  }, Task)
  self.live = self.live + 1
  enqueue(self, task)
  return task
end

-- Wait until the task has ended, however it did.
function Task:wait()
  local scheduler = self.scheduler
  local me = in_task(scheduler)
  if self.results then return end
  if not me then error("task:join: call it inside kassa.run, in the task that waits", 3) end
  if me == self then error("task:join: a task cannot wait for itself", 3) end
  self.joiners[#self.joiners + 1] = me
  while not self.results do park(me) end
end

--- Wait until the task has ended. -> what its function returned; raises what it raised
function Task:join()
  if getmetatable(self) ~= Task then error("task:join: call it with a colon, not with a dot", 2) end
  self:wait()
  self.scheduler.failed[self] = nil
  if not self.results[1] then error(self.results[2], 0) end
  return unpack(self.results, 2, self.results.n)
end

--- Is the caller a task of this scheduler, which can be suspended here?
function Plain:inside()
  return in_task(self) ~= nil and can_yield()
end

--- Call fn and catch what it raises, as pcall does, but so that it can suspend on every Lua: in a
-- task it runs as a task of its own. -> true and what fn returned, or false and what it raised
function Plain:try(fn, ...)
  if not self:inside() then return pcall(fn, ...) end
  local task = self:spawn(fn, ...)
  task:wait()
  self.failed[task] = nil
  return unpack(task.results, 1, task.results.n)
end

local NOT_IN_TASK = "called in a coroutine made inside a task; use kassa.go"

-- What one run leaves behind when it breaks must not meet the next.
local function reset(self)
  self.live, self.ready, self.first, self.last = 0, {}, 1, 0
  self.waiting, self.failed, self.current = {}, {}, nil
end

--- Run fn as a task and return, when it and every task it started have ended, what it returned.
-- Raises what fn raised. Inside a task it simply calls fn.
function Plain:run(fn, ...)
  if type(fn) ~= "function" then
    error("bad argument #1 to 'kassa.run' (function expected, got " .. type(fn) .. ")", CALLER)
  end
  if in_task(self) then return fn(...) end
  if self.current then error("kassa.run: " .. NOT_IN_TASK, CALLER) end
  local main = self:spawn(fn, ...)
  local ok, err = pcall(drive, self, function() return self.live == 0 end)
  if not ok then
    reset(self)
    error(err, 0)
  end
  self.failed[main] = nil
  if not main.results[1] then
    self.failed = {}
    error(main.results[2], 0)
  end
  raise_unjoined(self)
  return unpack(main.results, 2, main.results.n)
end

local function join_all(self, list)
  local tasks, values, errors = {}, { n = #list }, { n = #list }
  for i = 1, #list do tasks[i] = self:spawn(list[i]) end
  for i = 1, #list do tasks[i]:wait() end -- all have ended before the first error is raised
  for i = 1, #list do values[i], errors[i] = tasks[i]:join() end
  return values, errors
end

--- Run several functions at once and return when all have ended.
-- -> values, errors: the first and the second result of each, in order (`n` holds their number)
function Plain:all(list)
  if type(list) ~= "table" then
    local words = "bad argument #1 to 'kassa.all' (list of functions expected, got %s)"
    error(words:format(type(list)), CALLER)
  end
  for i = 1, #list do
    if type(list[i]) ~= "function" then
      local words = "bad argument #1 to 'kassa.all' (item %d is a %s, not a function)"
      error(words:format(i, type(list[i])), CALLER)
    end
  end
  if self.current and not in_task(self) then error("kassa.all: " .. NOT_IN_TASK, CALLER) end
  return self:run(function() return join_all(self, list) end)
end

--- Wait `seconds` (a fraction is fine). Inside a task only that task waits.
function Plain:sleep(seconds)
  if type(seconds) ~= "number" or not (seconds >= 0 and seconds < 1e9) then
    local words = "bad argument #1 to 'kassa.sleep' (seconds expected, got %s)"
    error(words:format(type(seconds) == "number" and seconds or type(seconds)), CALLER)
  end
  self.driver():sleep(math.ceil(seconds * 1000), self.runtime)
end

--- The face that clients use: { name, wait }; wait(driver, id) -> answer, or nil outside a task.
function M.runtime(scheduler)
  local runtime = { name = "plain" }
  function runtime.wait(driver, id)
    return scheduler.current and scheduler:suspend(driver, id)
  end
  scheduler.runtime = runtime
  return runtime
end

return M
