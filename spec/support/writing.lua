-- Short ways for specs to write a value and to look at the faults.
-- It hides no fault: a list of another length than expected is another list.

local core = require "kassa.core"

local writing = {}

--- The JSON text of a valid value; raises with the faults of any other.
function writing.text(type_, value, ...)
  local text, faults = core.schema.compile(type_):write(value, ...)
  if text then return text end
  error(table.concat(writing.lines(faults), "; "), 2)
end

--- Faults as lines "path: message", with " (hint)" where there is one, in the order they came.
function writing.lines(faults)
  local lines = {}
  for position, fault in ipairs(faults) do
    lines[position] = fault.path .. ": " .. fault.message
      .. (fault.hint and " (" .. fault.hint .. ")" or "")
  end
  return lines
end

--- The faults of a value that cannot be written, as lines.
function writing.faults(type_, value, ...)
  local text, faults = core.schema.compile(type_):write(value, ...)
  if text then error("written: " .. text, 2) end
  return writing.lines(faults)
end

--- The same without hints.
function writing.messages(type_, value, ...)
  local lines = writing.faults(type_, value, ...)
  for position, line in ipairs(lines) do lines[position] = line:gsub(" %(.*%)$", "") end
  return lines
end

return writing
