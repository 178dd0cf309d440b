-- Where an operation is reached: the path of its row, or the merchant's own in place of one that is
-- not exact. It checks the form of a path and never whether it leads anywhere.

local nearest = require "kassa.nearest"

local M = {}

local function fault_of(row, path)
  if type(path) ~= "string" or not path:find "^%u* ?/[%w/_{}%-]*$" then
    return ("paths: %s must read like %q"):format(row.name, row.http)
  end
  local param = row.params and row.params[1]
  if param and not path:find("{" .. param .. "}", 1, true) then
    return ("paths: %s must hold {%s}"):format(row.name, param)
  end
end

--- Add to the list `faults` what is wrong with the option `paths` (operation -> "METHOD /path").
function M.check(operations, paths, faults)
  local known = {}
  for _, row in ipairs(operations) do known[row.name] = row end
  for name, path in pairs(paths) do
    if known[name] then
      faults[#faults + 1] = fault_of(known[name], path)
    else
      local close = nearest(tostring(name), known)
      faults[#faults + 1] = ("paths: there is no operation %s%s"):format(tostring(name),
        close and ", did you mean " .. close .. "?" or "")
    end
  end
end

--- How a row is called by a client with these settings. -> method, path with its {param}
function M.route(settings, row)
  local override = settings.paths[row.name]
  if not override then return row.method, settings.prefix .. row.path end
  local method, path = override:match "^(%u+) (/.*)$"
  return method or row.method, settings.prefix .. (path or override)
end

--- What stands before and after the one id of a route: "/v2/payment/requests/" and "". A route
-- without an id is all before.
function M.cut(route)
  local before, after = route:match "^(.-){[%w_]+}(.*)$"
  return before or route, after or ""
end

return M
