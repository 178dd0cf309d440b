-- Finds the table of operations of an api and the parts that it names, so that nobody loads what he
-- does not use. It adds nothing to what the tables say.

local M = {}

local whole = setmetatable({}, { __mode = "k" })

--- The part that `reference` names: "payment_request.create" is the field `create` of what the
-- module kassa.api.<name of the api>.payment_request returns, "machines" such a module as a whole.
-- What is no name is given back. Raises for a name of nothing.
function M.find(api, reference)
  if type(reference) ~= "string" then return reference end
  local module, field = reference:match "^([%w_]+)%.?([%w_]*)$"
  local part = module and require("kassa.api." .. api.name .. "." .. module)
  if part and field ~= "" then part = part[field] end
  if part == nil then error(("kassa.api: %s has no part %q"):format(api.name, reference), 2) end
  return part
end

--- The table of operations of the api that `access` opens (kassa.api.klarna of ...klarna.access).
function M.table(access)
  return access.operations and access or require("kassa.api." .. access.name)
end

-- A copy of a table, in which what these fields name stands in place of its name.
local function found(api, given, fields)
  local copy = {}
  for name, value in pairs(given) do copy[name] = value end
  for _, name in ipairs(fields) do copy[name] = M.find(api, given[name]) end
  return copy
end

local PARTS = {
  "machines", "currencies", "headers", "integration", "limits", "rates", "error", "errors",
  "cases", "polling", "responses",
}
local OF_ROW = { "body", "query", "page", "file", "words", "without" }

--- A table of operations with all its parts in place, for whoever reads all of it: manual, sandbox,
-- specs. The same table for the same api.
function M.whole(api)
  if whole[api] then return whole[api] end
  local copy = found(api, api, PARTS)
  copy.operations, copy.objects = {}, {}
  for i, row in ipairs(api.operations) do copy.operations[i] = found(api, row, OF_ROW) end
  for kind, object in pairs(api.objects) do
    copy.objects[kind] = found(api, object, { "schema" })
  end
  whole[api] = copy
  return copy
end

return M
