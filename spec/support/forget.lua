-- For busted's helper: when a spec file has run, what its functions hold is let go of.
-- Else busted keeps it to the end, every file's own copy of kassa among it, and each collection of
-- garbage goes through it all. It refuses to change what is run or counted.
local busted = require "busted"

local function forget(element)
  for _, child in ipairs(busted.children(element)) do
    forget(child)
    child.run = nil
  end
  for name, value in pairs(element) do
    if name == "env" or type(value) == "table" and value[1] and value[1].descriptor == name then
      element[name] = nil
    end
  end
end

local jit = rawget(_G, "jit")

busted.subscribe({ "file", "end" }, function(file)
  forget(file)
  if jit then jit.flush() end -- LuaJIT's compiled code holds what it was compiled for
  return nil, true
end)
