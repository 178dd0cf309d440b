-- Tables that can be read and not written, and that answer a mistyped name with the close one. They
-- hide their names from `pairs`: what is in them is for calling.

-- Raises at the line that named it. `fill`, if given, adds the names that come later.
local function unknown_name(what, names, fill)
  return function(_, name)
    if fill then
      fill(names)
      fill = nil
      local value = rawget(names, name)
      if value ~= nil then return value end
    end
    local close = require "kassa.nearest"(tostring(name), names)
    error(("%s has no %q%s"):format(what, tostring(name),
      close and ", did you mean " .. close .. "?" or ""), 2)
  end
end

--- Freeze `names` (name -> value), which the caller gives away. what: how the table calls itself.
-- fill: nil, or a function(names) called once, when a name is asked for that is not there yet.
return function(what, names, fill)
  return setmetatable({}, {
    __index = setmetatable(names, { __index = unknown_name(what, names, fill) }),
    __newindex = function(_, name)
      error(("%s is frozen: %s cannot be set"):format(what, tostring(name)), 2)
    end,
    __tostring = function() return what end,
  })
end
