-- Where an operation is reached: the path of its row, or the merchant's own in place of one that is
-- not exact. It checks the form of a path and never whether it leads anywhere.

local nearest = require "kassa.nearest"

local M = {}

local function fault_of(row, path)
  if type(path) ~= "string" or not path:find "^%u* ?/[%w/_{}%-]*$" then
    return ("paths: %s must read like %q"):format(row.name, row.http)
  end
  for _, param in ipairs(row.params or {}) do
    if not path:find("{" .. param .. "}", 1, true) then
      return ("paths: %s must hold {%s}"):format(row.name, param)
    end
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
  local prefix = row.base == "plain" and settings.plain_prefix or settings.prefix
  if not override then return row.method, prefix .. row.path end
  local method, path = override:match "^(%u+) (/.*)$"
  return method or row.method, prefix .. (path or override)
end

--- What stands before and after the ids of a route: "/v2/payment/requests/" and "", and between the
-- two of one that has two. A route without an id is all before.
function M.cut(route)
  local before, after = route:match "^(.-){[%w_]+}(.*)$"
  if not before then return route, "" end
  local between, rest = after:match "^(.-){[%w_]+}(.*)$"
  return before, rest or after, between
end

return M
