--- kassa.sandbox: a provider on this machine, in process (`world`) or behind a socket (`start`).
-- It talks to nobody but the script that made it, and no money moves.
--
--   local sandbox = require "kassa.sandbox".world { seed = 7 }
--   local klarna = kassa.klarna(sandbox:options())
--   local other = require "kassa.sandbox".world { provider = "cybersource" }
--   local cybersource = kassa.cybersource(other:options())

local transport = require "kassa.sandbox.transport"
local verbs = require "kassa.sandbox.verbs"
local world = require "kassa.sandbox.world"

local sandbox = {}

local handle = {} -- what handles of every provider can do beside the verbs

local class_of, must_be_handle = verbs.classes(handle, function(self, name, ...)
  local result, message = verbs.call(self.world, name, { ... })
  self.world:deliver()
  return result, message
end)

--- Receive webhooks in this process: receiver(request) -> status is called for each attempt that is
-- due, in order, and between the steps of `advance` at each attempt's own time. It may make calls;
-- one that raises has failed. nil ends it.
-- @param receiver function({ method, url = (nil when there is no webhook), headers, body, event_id,
--   event_type, webhook_id, attempt }) -> HTTP status
function handle:receive(receiver)
  must_be_handle(self, "receive")
  if receiver ~= nil and type(receiver) ~= "function" then
    error("bad argument #1 to 'receive' (function expected, got " .. type(receiver) .. ")", 2)
  end
  self.world:receive(receiver)
  return true
end

--- What kassa.klarna needs to talk to this sandbox: base_url, api_key, account, transport; or
-- kassa.cybersource: base_url, merchant_id, key_id, secret, transport.
function handle:options()
  must_be_handle(self, "options")
  local options = verbs.call(self.world, "options")
  options.transport = self.transport
  return options
end

--- Answer one request without any client: world.lua's request and response tables.
function handle:handle(request)
  must_be_handle(self, "handle")
  local response = self.world:handle(request)
  self.world:deliver()
  return response
end

--- The end: the transport answers no more, and a real clock stands still for good.
function handle:stop()
  must_be_handle(self, "stop")
  self.transport:close()
  if self.time_engine then self.time_engine:close() end
  self.time_engine = false
  return true
end

handle.__close = handle.stop

function handle:__tostring()
  return "sandbox in process" .. (self.transport.closed and " (stopped)" or "")
end

-- A real clock in this process reads milliseconds from an engine, which the system's own does not.
local function with_time_source(options)
  if options.clock ~= "real" or options.time_source then return options end
  local engine, copy = require "kassa.core".engine.new {}, {}
  for name, value in pairs(options) do copy[name] = value end
  copy.time_source = function() return engine:time() end
  return copy, engine
end

local function no_colon(options, name)
  if options == sandbox then
    error("call kassa.sandbox." .. name .. " {...} with a dot, not with a colon", 3)
  end
end

--- A sandbox in this process: no sockets, no threads; the options are those of world.lua.
function sandbox.world(options)
  no_colon(options, "world")
  local own, time_engine = with_time_source(options or {})
  local made = world.new(own)
  return setmetatable({
    world = made, transport = transport.new(made), base_url = made.base_url,
    time_engine = time_engine or false,
  }, class_of(own.provider))
end

local MISSING = "kassa.sandbox.start needs kassa.httpd, the HTTP server on libmicrohttpd (Debian:"
  .. " libmicrohttpd-dev, then build kassa again); kassa.sandbox.world{} needs none. "

--- A sandbox behind a socket of this machine, served by a thread of its own; the same verbs.
-- @param options { provider =, seed =, clock = "virtual" or "real", port = 0 }
function sandbox.start(options)
  no_colon(options, "start")
  local found, httpd = pcall(require, "kassa.httpd")
  if not found then return nil, MISSING .. tostring(httpd) end
  return require "kassa.sandbox.remote".start(options or {})
end

return sandbox
