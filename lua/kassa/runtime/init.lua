-- What this Lua state shares among its clients: one engine for each connection limit and mode, the
-- tasks, and the budget of retries. It never touches an engine inherited over fork, but makes a
-- new one.

local core = require "kassa.core"
local driver = require "kassa.runtime.driver"
local here = require "kassa.runtime.here"

local M = {}

M.MAX_CONNECTIONS = 32

local Host = {}

-- What only calls and tasks need is made for the first of them.
local later = {
  budget = function() return require "kassa.retry".budget() end,
  tasks = function(self)
    local plain = require "kassa.runtime.plain"
    return plain.new(function() return self:driver() end)
  end,
  runtime = function(self) return require "kassa.runtime.choose".auto(self) end,
}

function Host.__index(self, name)
  local make = later[name]
  if not make then return Host[name] end
  local made = make(self)
  self[name] = made
  if name == "tasks" then made.runtime = self.runtime end -- kassa.sleep suspends from the first
  return made
end

--- A host: what `require "kassa"` holds one of.
function M.new()
  return setmetatable({
    drivers = {}, transports = setmetatable({}, { __mode = "k" }),
    adapters = {}, -- of event loops, by name
    chosen = false, -- the adapter that a client has named last; kassa.sleep and kassa.run go by it
  }, Host)
end

--- The driver of the engine with this connection limit, or of the transport in its place; made
-- when first asked for. mode: "thread" for an engine that a thread of its own drives, nil for one
-- that whoever waits drives; inside nginx and in a game of LÖVE, where nobody may wait, always a
-- thread.
function Host:driver(max_connections, transport, mode)
  if transport then
    self.transports[transport] = self.transports[transport] or driver.new(transport)
    return self.transports[transport]
  end
  local limit = max_connections or M.MAX_CONNECTIONS
  mode = mode or (package.loaded.ngx or here.draws_frames()) and "thread" or nil
  local name = mode and mode .. limit or limit
  local found = self.drivers[name]
  if not (found and found.engine:usable()) then
    found = driver.new(core.engine.new { max_connections = limit, mode = mode })
    self.drivers[name] = found
  end
  return found
end

--- The adapter of an event loop, made when first asked for. Raises what `require` says when the
-- loop's package is not there.
function Host:adapter(name)
  local found = self.adapters[name]
  if not found then
    found = require("kassa.runtime." .. name).new()
    self.adapters[name] = found
  end
  return found
end

--- The runtime that a client's option names. -> runtime; or nil and why it cannot be
function Host:named(name)
  return require "kassa.runtime.choose".named(self, name)
end

--- One frame of the clients with runtime = "frame", which LÖVE's are by themselves.
function Host:update()
  self:adapter "frame".update()
end

return M
