-- Makes a client of a table of operations: what it was told, checked, and its way to the server.
-- A client cannot be changed once made, and never shows the key it holds.

local frozen = require "kassa.frozen"
local here = require "kassa.runtime.here"
local settings_of = require "kassa.settings"

local M = {}

local RESPONSE_MAX = 8 * 1024 * 1024

-- Why no call can be made any more, or not from here, or nil. An engine inherited over fork refuses
-- every use; a runtime, what would hold up its loop.
local function gone_of(client)
  return function()
    if client.closed then return "this client is closed" end
    if client.engine:usable() or client.renew() then
      local refuse = client.runtime.refuse
      return refuse and refuse()
    end
    return "this client was made before a fork; make a new one in the child process"
  end
end

local function close_of(client)
  return function()
    if client.closed then return end
    client.closed = true
    for _, name in ipairs { "kassa.wait", "kassa.resolve", "kassa.pace" } do
      if package.loaded[name] then require(name).close(client) end
    end
    client.channel:close()
  end
end

-- Opens the client's way to the server, as often as it is called: an engine, its driver and a
-- channel. It keeps no option but what it needs. -> true; or nil and why there is none
local function way_of(client, host, options, mode)
  local settings = client.settings
  local connections, transport = options.max_connections, options.transport
  local about = {
    base_url = settings.url, headers = settings.headers, response_max = RESPONSE_MAX,
    ca_file = options.ca_file, client_cert = options.client_cert, client_key = options.client_key,
    proxy = options.proxy, connect_timeout_ms = settings.connect_timeout_ms,
  }
  return function()
    local driver = host:driver(connections, transport, mode)
    local channel, why = driver.engine:channel(about)
    if not channel then return nil, why end
    client.driver, client.engine, client.channel = driver, driver.engine, channel
    return true
  end
end

-- What init_by_lua makes in nginx is inherited by each worker, where a shop wants to use it: there
-- it gets a way of its own. Elsewhere a fork is the script's own doing.
local function renew_of(client, open)
  return function()
    if client.closed or not package.loaded.ngx then return false end
    local opened, why = open()
    if not opened then error("kassa." .. client.access.name .. ": " .. why, 0) end
    return true
  end
end

-- The time of day, milliseconds since 1970: by the engine, which may be virtual, and by the clock
-- that the client was given.
local function clocks_of(client)
  local function time()
    if not client.engine:usable() then client.renew() end
    return client.engine:time()
  end
  return time, function()
    local clock = client.settings.clock
    local ms = clock and clock()
    return type(ms) == "number" and ms or time()
  end
end

-- What waits for the rate limits: one for all clients of a process, or for those of one sandbox in
-- process. Nil where the client says so, or its API has no rate categories.
local function pace_of(client, host, option, transport, key)
  if option == false or not client.api.rates then return nil end
  local registry = transport and client.driver or host
  registry.gates = rawget(registry, "gates") or {}
  return require("kassa.pace").new(client, registry.gates, option, key)
end

-- Make the resources and the classes of objects, once; whole: nothing is left for a first call.
local function fill_of(client, host, options)
  local pace, transport = options.pace, options.transport
  local key = type(options.api_key) == "function" and options.api_key or nil
  return function(whole)
    if client.api then return end
    client.runtime, client.budget = client.runtime or host.runtime, host.budget
    require("kassa.plans").add(client, whole)
    client.pace = pace_of(client, host, pace, transport, key)
  end
end

-- What the merchant holds. The methods are made when the first is asked for.
local function face_of(client, host, options)
  local what = ("kassa.%s (%s, %s)"):format(
    client.access.name, client.settings.environment, client.settings.url)
  client.fill = fill_of(client, host, options)
  local face = frozen(what, { close = close_of(client) }, function(names)
    client.fill()
    for name, resource in pairs(client.resources) do names[name] = resource end
  end)
  getmetatable(face).inside = function() return client end -- no field: a dump must not show the key
  return face
end

--- What is behind a client that M.new made, for the parts of kassa that make its objects.
-- -> table with `classes`, `engine` and the like; or nil for any other value
function M.of(face)
  local meta = type(face) == "table" and getmetatable(face)
  local client = type(meta) == "table" and meta.inside and meta.inside() or nil
  if client then client.fill() end
  return client
end

local function log_of(log)
  return log ~= nil and require("kassa.log").new(log) or nil
end

-- What the option says, or nil: then the host's, later.
local function runtime_of(host, option)
  if type(option) ~= "string" then return option end
  return host:named(option)
end

--- Make a client. host: what the Lua state shares (kassa.runtime); access: where the API is
-- (kassa.api.klarna.access); options: those that kassa.options lists. Raises, naming every option
-- that cannot be meant.
-- -> frozen client
function M.new(host, access, options)
  local who = "kassa." .. access.name
  if type(options) ~= "table" then
    error(("%s: options must be a table, got %s"):format(who, type(options)), 3)
  end
  local settings, faults = settings_of.read(access, options)
  if not settings then error(who .. ": " .. table.concat(faults, "; "), 3) end
  local runtime, missing = runtime_of(host, options.runtime)
  if missing then error(who .. ": " .. missing, 3) end
  local client = {
    access = access, settings = settings, authorize = settings.authorize, log = log_of(options.log),
    driver = nil, engine = nil, channel = nil, -- by `open`
    journal = options.journal, runtime = runtime,
    resources = {}, classes = {}, bodies = {},
    info = setmetatable({}, { __mode = "k" }), closed = false,
  }
  local open = way_of(client, host, options, runtime and runtime.mode)
  local opened, why = open()
  if not opened then error(who .. ": " .. why, 3) end
  client.renew, client.gone = renew_of(client, open), gone_of(client)
  client.time, client.now = clocks_of(client)
  local face = face_of(client, host, options)
  if here.draws_frames() or runtime and runtime.name == "frame" then client.fill(true) end
  return face
end

return M
