--- From a method and a path to a row of the table of operations, in both path families.
-- It reads the table's paths and nothing else of it; whether a call is allowed is not its business.

local percent = require "kassa.sandbox.percent"

local routes = {}
routes.__index = routes

local function split(path)
  local out = {}
  for segment in path:gmatch("/([^/]*)") do out[#out + 1] = segment end
  return out
end

local function add(self, row, family, prefix, path)
  local pattern = split(prefix .. path)
  local at = self.by_count[#pattern] or {}
  self.by_count[#pattern] = at
  at[#at + 1] = { row = row, family = family, pattern = pattern }
end

local function add_families(self, api, row, path)
  for _, family in ipairs(row.base == "plain" and { "direct" } or { "account", "direct" }) do
    local prefix = api.prefix[family]
    if prefix then add(self, row, family, prefix, path) end
  end
end

--- Routes of a table of operations.
-- @param api the table (kassa.api.klarna)
-- @param paths optional { [operation] = "/path" or "POST /path" }, as the client's option
-- @param also optional { [operation] = "/path" }: a second path of the same operation
function routes.new(api, paths, also)
  local self = setmetatable({ by_count = {} }, routes)
  for _, row in ipairs(api.operations) do
    local path = (paths and paths[row.name] or row.path):gsub("^%u+ ", "")
    add_families(self, api, row, path)
    if also and also[row.name] then add_families(self, api, row, also[row.name]) end
  end
  return self
end

local function fit(pattern, segments)
  local params = {}
  for i, wanted in ipairs(pattern) do
    local name = wanted:match("^{(.+)}$")
    if name then
      params[name] = percent.unescape(segments[i])
      if not params[name] or params[name] == "" then return nil end
    elseif wanted ~= segments[i] then
      return nil
    end
  end
  return params
end

--- The row for a raw path, with its parameters unescaped. Returns row, params, family; or nil.
function routes:find(method, path)
  local segments = split(path)
  for _, route in ipairs(self.by_count[#segments] or {}) do
    if route.row.method == method then
      local params = fit(route.pattern, segments)
      if params then return route.row, params, route.family end
    end
  end
end

return routes
