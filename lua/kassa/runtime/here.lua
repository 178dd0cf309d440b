-- Where a call is made: on the main thread or in a coroutine, whether Lua can suspend it there, and
-- whether this state draws frames. It asks Lua's own values alone, and loads no event loop.

local core = require "kassa.core"

local M = {}

local running = coroutine.running

--- Is the caller outside every coroutine?
function M.main()
  local co, main = running() -- plain 5.1 and LuaJIT give nil there, later ones the main thread
  return co == nil or main == true
end

--- Is this a game of LÖVE, which draws frames from its first line? The states of love.thread have
-- the global too, but no loop: there nobody minds a call that blocks.
function M.draws_frames()
  local love = rawget(_G, "love")
  return type(love) == "table" and type(love.run) == "function"
end

--- Can the caller be suspended? Not inside a C function that calls back (gsub, sort; pcall on
-- plain 5.1): yielding there raises. nginx's own table of coroutines lacks the question, so LuaJIT
-- is asked past it; 5.1 has to look for the C function itself.
M.can_yield = coroutine.isyieldable or core.coroutine.isyieldable or function()
  local level = 2
  local frame = debug.getinfo(level, "S")
  while frame do
    if frame.what == "C" then return false end
    level = level + 1
    frame = debug.getinfo(level, "S")
  end
  return running() ~= nil
end

--- Resume a coroutine that was parked. -> nil, or what it raised, text with the place of it
function M.resume(co)
  local ok, raised = coroutine.resume(co)
  if ok then return nil end
  return type(raised) == "string" and debug.traceback(co, raised) or raised or "nil"
end

return M
