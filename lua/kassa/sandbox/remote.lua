--- A sandbox behind a socket of this machine: a server in a background thread, and a handle that
-- asks it to do the verbs. Every verb blocks until it is done; it is no client of the API.

local core = require "kassa.core"
local json = require "kassa.json"
local verbs = require "kassa.sandbox.verbs"

local remote = {}

local handle = {} -- what handles of every provider can do beside the verbs

local TIMEOUT_MS = 30000

-- Wait for the one call that is in flight.
local function await(engine, id)
  while true do
    local done, answer = engine:take()
    if done == id then return answer end
    if not done then engine:step(TIMEOUT_MS) end
  end
end

-- Holes are sent as null, which the verbs read as nothing.
local function body_of(count, ...)
  local args = json.list {}
  for i = 1, count do
    local value = select(i, ...)
    if value == nil then value = json.null end
    args[i] = value
  end
  return json.encode { args = args }
end

local function call(self, name, ...)
  if not self.server then error("the sandbox is stopped", 3) end
  local body, faults = body_of(select("#", ...), ...)
  if not body then return nil, "an argument cannot be sent: " .. tostring(faults[1].message) end
  local id = self.channel:submit("POST", "/_sandbox/" .. name,
    { "Content-Type: application/json" }, body, TIMEOUT_MS)
  local answer = await(self.engine, id)
  if not answer.status or answer.code then
    return nil, "the sandbox does not answer: " .. tostring(answer.message)
  end
  local value = json.decode(answer.body)
  if type(value) ~= "table" then return nil, "the sandbox answered " .. answer.status end
  if value.ok then return value.result end
  return nil, value.message
end

local class_of, must_be_handle = verbs.classes(handle, call)

--- Only in process: behind a socket deliveries are posted to the URLs of webhooks.
function handle.receive()
  error("a sandbox behind a socket posts to webhooks: make one with a URL of this machine, or use"
    .. " kassa.sandbox.world", 2)
end

-- A client judges deadlines by the sandbox's time, which may be another than the system's. Nothing
-- is known of it once the sandbox is stopped.
local function clock_of(self)
  return function() return self.server and call(self, "now") or nil end
end

--- What a client of its provider needs to talk to it.
function handle:options()
  must_be_handle(self, "options")
  local options, message = call(self, "options")
  if not options then return nil, message end
  options.clock = clock_of(self)
  return options
end

--- The end: the server's thread is joined and its connections are closed. May be called twice.
function handle:stop()
  must_be_handle(self, "stop")
  if not self.server then return true end
  self.server:stop()
  self.channel:close()
  self.engine:close()
  self.server, self.channel, self.engine = false, false, false
  return true
end

handle.__close = handle.stop

function handle:__tostring()
  return "sandbox at " .. self.base_url .. (self.server and "" or " (stopped)")
end

local function config_of(options)
  local config = {}
  for name, value in pairs(options) do
    if type(value) == "function" then
      error("the option " .. name .. " is a function, which no other thread can call", 3)
    end
    config[name] = value
  end
  config.port = nil
  return assert(json.encode(config))
end

local function connect(server, class)
  local base_url = "http://127.0.0.1:" .. server:port()
  local engine = core.engine.new { max_connections = 1 }
  local channel, message = engine:channel { base_url = base_url, http = "1.1" }
  if not channel then return nil, message end
  return setmetatable({
    server = server, base_url = base_url, engine = engine, channel = channel,
  }, class)
end

--- Start a server and return its handle: the verbs of sandbox/verbs.lua, base_url, stop().
-- @param options { port = 0, provider =, seed =, clock =, ... } as sandbox/world.lua
-- @return handle | nil, message
function remote.start(options)
  local class, message = class_of(options.provider)
  if not class then return nil, message end
  local server
  server, message = require "kassa.httpd".start {
    module = "kassa.sandbox.server", config = config_of(options), port = options.port or 0,
  }
  if not server then return nil, message end
  return connect(server, class)
end

return remote
