-- Runs a test program written in C and tells whether it ended well. It refuses to build: that is
-- `make unit`.
local unit = {}

--- The last line that build/unit/NAME printed: "ok N", or the promise that was not kept.
function unit.run(name)
  local folder = os.getenv "KASSA_UNIT" or "build/unit"
  local pipe = assert(io.popen("'" .. folder .. "/" .. name .. "' 2>&1"))
  local text = pipe:read "*a"
  pipe:close()
  return text:match "([^\n]*)\n*$"
end

return unit
