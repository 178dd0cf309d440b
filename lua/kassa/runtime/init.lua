-- What this Lua state shares among its clients: one engine for each connection limit and mode, the
-- tasks, and the budget of retries. It never touches an engine inherited over fork, but makes a
-- new one.

local core = require "kassa.core"
local driver = require "kassa.runtime.driver"

local M = {}

M.MAX_CONNECTIONS = 32

local Host = {}

-- What only calls and tasks need is made for the first of them.
local later = {
  budget = function() return require "kassa.retry".budget() end,
  tasks = function(self)
    local plain = require "kassa.runtime.plain"
    local tasks = plain.new(function() return self:driver() end)
    plain.runtime(tasks) -- before any client needs it, so that kassa.sleep suspends from the first
    return tasks
  end,
  runtime = function(self) return self.tasks.runtime end,
}

function Host.__index(self, name)
  local make = later[name]
  if not make then return Host[name] end
  local made = make(self)
  self[name] = made
  return made
end

--- A host: what `require "kassa"` holds one of.
function M.new()
  return setmetatable({ drivers = {}, transports = setmetatable({}, { __mode = "k" }) }, Host)
end

--- The driver of the engine with this connection limit, or of the transport in its place; made
-- when first asked for. mode: "thread" for an engine that a thread of its own drives, nil for one
-- that whoever waits drives.
function Host:driver(max_connections, transport, mode)
  if transport then
    self.transports[transport] = self.transports[transport] or driver.new(transport)
    return self.transports[transport]
  end
  local limit = max_connections or M.MAX_CONNECTIONS
  local name = mode and mode .. limit or limit
  local found = self.drivers[name]
  if not (found and found.engine:usable()) then
    found = driver.new(core.engine.new { max_connections = limit, mode = mode })
    self.drivers[name] = found
  end
  return found
end

return M
