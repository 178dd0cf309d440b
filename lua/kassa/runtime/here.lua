-- Where a call is made: on the main thread or in a coroutine, and whether Lua can suspend it there.
-- It asks Lua alone, and knows no event loop.

local M = {}

local running = coroutine.running

--- Is the caller outside every coroutine?
function M.main()
  local co, main = running() -- plain 5.1 and LuaJIT give nil there, later ones the main thread
  return co == nil or main == true
end

-- What calls back and can be suspended nevertheless.
local passes = rawget(_G, "jit") and { [pcall] = true, [xpcall] = true } or {}

--- Can the caller be suspended? Not inside a C function that calls back (gsub, sort; pcall on
-- plain 5.1): yielding there raises. 5.1 has to look for the C function itself, and so has the
-- LuaJIT inside nginx, whose coroutines are of its own making.
M.can_yield = coroutine.isyieldable or function()
  local level = 2
  local frame = debug.getinfo(level, "Sf")
  while frame do
    if frame.what == "C" and not passes[frame.func] then return false end
    level = level + 1
    frame = debug.getinfo(level, "Sf")
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
