-- What kassa uses of copas 4, on every Lua: Debian has only 1.2. It follows the documented face
-- (addthread, receive, pauseforever, wakeup, running, loop, finished) and has no sockets to wrap.

local socket = require "socket"

local M = { running = false }

local reading, resumable, asleep, queues = {}, {}, {}, {}
local SLEEPING, READING = {}, {}

local function tick(co, ...)
  local ok, what, queue = coroutine.resume(co, ...)
  if queue == READING then
    if not queues[what] then
      queues[what] = {}
      reading[#reading + 1] = what
    end
    table.insert(queues[what], co)
  elseif queue == SLEEPING then
    asleep[co] = true
  else
    if not ok then error(debug.traceback(co, what), 0) end
    assert(coroutine.status(co) == "dead", "a coroutine yielded something that is not copas's")
  end
end

local function pause() coroutine.yield(0, SLEEPING) end

function M.pauseforever() coroutine.yield(-1, SLEEPING) end

function M.wakeup(co)
  if not asleep[co] then return end
  asleep[co] = nil
  resumable[#resumable + 1] = co
end

-- It starts at the next step, as there.
function M.addthread(fn, ...)
  local co
  co = coroutine.create(function(...)
    resumable[#resumable + 1] = co
    pause()
    asleep[co] = nil
    return fn(...)
  end)
  tick(co, ...)
  return co
end

-- Now and then the real one pauses after it has read, so that others get their turn; here always.
function M.receive(client)
  while true do
    local got, why = client:receive "*l"
    local co = coroutine.running()
    resumable[#resumable + 1] = co
    pause()
    asleep[co] = nil
    if got or why ~= "timeout" then return got, why end
    coroutine.yield(client, READING)
  end
end

function M.finished() return #reading == 0 and #resumable == 0 end

local function take(client)
  for place, other in ipairs(reading) do
    if other == client then table.remove(reading, place) end
  end
  local waiting = queues[client]
  queues[client] = nil
  return waiting
end

function M.step(timeout)
  if #resumable > 0 then timeout = 0 end
  local readable = socket.select(reading, nil, timeout)
  for _, client in ipairs(readable) do
    for _, co in ipairs(take(client)) do tick(co) end
  end
  local list = resumable
  resumable = {}
  for _, co in ipairs(list) do tick(co) end
end

function M.loop(timeout)
  M.running = true
  while not M.finished() do M.step(timeout) end
  M.running = false
end

return M
