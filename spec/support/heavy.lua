-- Promises that are dear to test and do not depend on the Lua: lua5.4 tests them whole, the other
-- Luas a part, or with the reason printed nothing. It refuses to make any promise smaller in a run
-- of all Luas; KASSA_WHOLE=1 lets each of them test all.
local M = {}

--- Is this the Lua that tests all?
M.here = _VERSION == "Lua 5.4" or os.getenv "KASSA_WHOLE" ~= nil

--- Is this one of the two that test what is dear and may depend on the Lua? LuaJIT is the other.
M.either = M.here or rawget(_G, "jit") ~= nil

--- Why something is left out, for `pending`.
function M.left_out(what)
  return what .. ": hardly depends on the Lua, so others test it (here: KASSA_WHOLE=1)"
end

--- How many of `whole` to test here: all, or a tenth.
function M.part(whole)
  return M.here and whole or math.ceil(whole / 10)
end

return M
