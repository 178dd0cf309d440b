-- Tasks for plain Lua: kassa.run, go, all and sleep. Inside `run` a call suspends only its task;
-- outside it blocks. It is no general event loop: it drives kassa's own engines and nothing else.
-- Inside somebody else's loop it waits by that loop's adapter.

local here = require "kassa.runtime.here"

local unpack = table.unpack or unpack
local pack = table.pack or function(...) return { n = select("#", ...), ... } end

local running, can_yield = coroutine.running, here.can_yield

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
    resumed = nil,    -- the task being resumed
    of = package.loaded.ngx and setmetatable({}, { __mode = "kv" }), -- coroutine -> task
    runtime = nil,    -- { wait, refuse, loop }, for kassa.sleep and kassa.run
  }, Plain)
end

-- The tasks of one `run`. Inside an event loop several go on next to each other.
local function new_group(scheduler, loop)
  return {
    scheduler = scheduler,
    loop = loop,      -- the adapter of the event loop it waits by, or nil
    sleeper = nil,    -- its waiter there, while it waits
    ready = {},       -- tasks to resume, first in first out
    first = 1, last = 0,
    live = 0,         -- tasks that have not ended
    waiting = {},     -- driver -> how many tasks wait on it
    failed = {},      -- tasks that raised and that nobody has joined
  }
end

local function enqueue(group, task)
  group.last = group.last + 1
  group.ready[group.last] = task
end

local function finish(task, results)
  local group = task.group
  group.live = group.live - 1
  task.results = results
  if group.scheduler.of then group.scheduler.of[task.co] = nil end
  for _, waiter in ipairs(task.joiners) do enqueue(waiter.group, waiter) end
  if not results[1] then group.failed[task] = true end
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
  local before = self.resumed
  if not self.of then self.resumed = task end
  local results = pack(coroutine.resume(task.co, unpack(task.arguments, 1, task.arguments.n)))
  task.arguments = { n = 0 }
  self.resumed = before
  if task.parked then return end
  if coroutine.status(task.co) ~= "dead" then results = pack(false, STRAY) end
  if not results[1] then results[2] = traced(task, results[2]) end
  finish(task, results)
end

--- The task in which the caller is, or nil. Inside nginx a task may be suspended by others too, and
-- then those of other requests run: there it is the one that the caller is.
function Plain:current()
  if self.of then return self.of[running()] end
  return self.resumed
end

-- The task that the caller is, or nil. A coroutine made inside a task is not the task: it blocks.
local function in_task(self)
  local task = self:current()
  return task ~= nil and running() == task.co and task or nil
end

local function wake(waiter)
  local group, driver = waiter.task.group, waiter.driver
  local left = group.waiting[driver] - 1
  group.waiting[driver] = left > 0 and left or nil
  enqueue(group, waiter.task)
  if group.sleeper then group.loop.wake(group.sleeper, driver) end
end

--- The runtime's `wait`: suspend the current task until the driver has the answer to `id`.
-- -> answer, or nil outside every task, and where Lua cannot yield: such a call blocks instead,
-- since what yields there raises, and would raise after the request has left
function Plain:suspend(driver, id)
  local task = in_task(self)
  if not task or not can_yield() then return nil end
  local waiter = { driver = driver, task = task, wake = wake }
  driver.waiters[id] = waiter
  local waiting = task.group.waiting
  waiting[driver] = (waiting[driver] or 0) + 1
  while not waiter.answer do park(task) end
  return waiter.answer
end

local NESTED = "called in a coroutine made inside a task of kassa.run, where it would hold up the"
  .. " event loop: use kassa.go"

--- Why a call may not be made inside the current task, or nil: where it would block, and hold up
-- the loop that the task is in.
function Plain:refusal(firm)
  if in_task(self) or not (firm or self:current().group.loop) then return nil end
  return NESTED
end

local function run_ready(self, group)
  while group.first <= group.last do
    local task = group.ready[group.first]
    group.ready[group.first] = nil
    group.first = group.first + 1
    resume(self, task)
  end
  group.first, group.last = 1, 0
end

-- Wait by the event loop until a task is ready.
local function wait_in_loop(group, drivers)
  local loop = group.loop
  group.sleeper = {}
  for _, driver in ipairs(drivers) do loop.watch(driver) end
  while group.first > group.last do loop.wait(group.sleeper) end
  group.sleeper = nil
end

-- With one engine at work its own wait is enough; several are polled in turn, each for a moment.
-- One without a descriptor, whose time is virtual, takes none of an event loop's.
local function pump(group)
  local drivers, watchable = {}, group.loop ~= nil
  for driver in pairs(group.waiting) do
    drivers[#drivers + 1] = driver
    watchable = watchable and driver.engine.fd ~= nil
  end
  if #drivers == 0 then
    error("kassa.run: every task waits for something that no call of kassa will bring", 0)
  end
  if watchable then return wait_in_loop(group, drivers) end
  local ms = #drivers == 1 and 1000 or 1
  for _, driver in ipairs(drivers) do driver:pump(ms) end
end

local function drive(self, group)
  while true do
    run_ready(self, group)
    if group.live == 0 then return end
    pump(group)
  end
end

-- A task that raised and was joined by nobody must not be lost: its error ends `run`.
local function raise_unjoined(group)
  local task = next(group.failed)
  if task then error(task.results[2], 0) end
end

local function start(group, fn, ...)
  local task = setmetatable({
    co = coroutine.create(fn), arguments = pack(...), joiners = {}, group = group,
  }, Task)
  group.live = group.live + 1
  if group.scheduler.of then group.scheduler.of[task.co] = task end
  enqueue(group, task)
  return task
end

--- Start a task, inside kassa.run only. -> task; task:join() returns or raises what fn did
function Plain:go(fn, ...)
  if type(fn) ~= "function" then
    error("bad argument #1 to 'kassa.go' (function expected, got " .. type(fn) .. ")", CALLER)
  end
  if not self:current() then
    error("kassa.go: call it inside kassa.run(function () ... end)", CALLER)
  end
  return self:spawn(fn, ...)
end

function Plain:spawn(fn, ...)
  return start(self:current().group, fn, ...)
end

-- Wait until the task has ended, however it did.
function Task:wait()
  local me = in_task(self.group.scheduler)
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
  self.group.failed[self] = nil
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
  task.group.failed[task] = nil
  return unpack(task.results, 1, task.results.n)
end

local NOT_IN_TASK = "called in a coroutine made inside a task; use kassa.go"

-- Why `run` may not be called here, for kassa.run and its like.
local function check_place(self, name)
  local runtime = self.runtime
  local why = runtime and runtime.refuse and runtime.refuse()
  if why then error(name .. ": " .. why, CALLER + 1) end
end

--- Run fn as a task and return, when it and every task it started have ended, what it returned.
-- Raises what fn raised. Inside a task it simply calls fn; in a coroutine of an event loop only
-- that coroutine waits.
function Plain:run(fn, ...)
  if type(fn) ~= "function" then
    error("bad argument #1 to 'kassa.run' (function expected, got " .. type(fn) .. ")", CALLER)
  end
  if in_task(self) then return fn(...) end
  if self:current() then error("kassa.run: " .. NOT_IN_TASK, CALLER) end
  check_place(self, "kassa.run")
  local runtime = self.runtime
  local group = new_group(self, runtime and runtime.loop and runtime.loop())
  local main = start(group, fn, ...)
  drive(self, group)
  group.failed[main] = nil
  if not main.results[1] then error(main.results[2], 0) end
  raise_unjoined(group)
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
  if self:current() and not in_task(self) then error("kassa.all: " .. NOT_IN_TASK, CALLER) end
  if not self:current() then check_place(self, "kassa.all") end
  return self:run(function() return join_all(self, list) end)
end

--- Wait `seconds` (a fraction is fine). Inside a task only that task waits.
function Plain:sleep(seconds)
  if type(seconds) ~= "number" or not (seconds >= 0 and seconds < 1e9) then
    local words = "bad argument #1 to 'kassa.sleep' (seconds expected, got %s)"
    error(words:format(type(seconds) == "number" and seconds or type(seconds)), CALLER)
  end
  check_place(self, "kassa.sleep")
  self.driver():sleep(math.ceil(seconds * 1000), self.runtime)
end

--- The face that clients of this scheduler alone use: { name, wait }; wait(driver, id) -> answer,
-- or nil outside a task.
function M.runtime(scheduler)
  local runtime = { name = "plain" }
  function runtime.wait(driver, id)
    return scheduler:current() and scheduler:suspend(driver, id)
  end
  scheduler.runtime = runtime
  return runtime
end

return M
