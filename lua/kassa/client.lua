-- Makes a client of a table of operations: every row becomes a method of its resource and of the
-- objects it acts on. A client cannot be changed once made, and never shows the key it holds.

local core = require "kassa.core"
local guard = require "kassa.guard"
local log = require "kassa.log"
local methods = require "kassa.methods"
local nearest = require "kassa.nearest"
local object = require "kassa.object"
local options_of = require "kassa.options"
local schema = require "kassa.schema"
local settings_of = require "kassa.settings"

local valid_value = core.headers.valid_value

local M = {}

local RESPONSE_MAX = 8 * 1024 * 1024

-- A header that one operation takes as an option (client_id, customer_token) is checked like any.
local function header_check(max)
  return function(value)
    local fits = type(value) == "string" and value ~= "" and #value <= max and valid_value(value)
    return not fits and ("a string of 1 to %d printable characters"):format(max) or nil
  end
end

local function header_checks(row)
  local checks = {}
  for _, header in ipairs(row.headers or {}) do
    checks[header.option] = header_check(header.type.max or 255)
  end
  return checks
end

-- "/v2/payment/requests/{payment_request_id}" -> a function that fills the one id in.
local function target_of(route)
  local before, after = route:match "^(.-){[%w_]+}(.*)$"
  if not before then return function() return route end end
  return function(id) return before .. id .. after end
end

local function route_of(settings, row)
  local override = settings.paths[row.name]
  if not override then return row.method, settings.prefix .. row.path end
  local method, path = override:match "^(%u+) (/.*)$"
  return method or row.method, settings.prefix .. (path or override)
end

-- What a row says, made ready once: the writer compiled, the path cut, the machine found.
local function plan_of(client, row)
  local kinds, kind = client.api.objects, row.on
  local method, route = route_of(client.settings, row)
  local id = kind and kinds[kind].id
  return {
    row = row, kind = kind, method = method, route = route, target = target_of(route),
    writer = row.body and schema.writer(row.body), amount = row.amount,
    acts = method ~= "GET", keyed = row.keyed or false,
    once = method ~= "GET" and not row.keyed, -- libcurl must not send it again by itself
    headers = row.headers, key_header = "Klarna-Idempotency-Key: ",
    option_checks = options_of.merged(options_of.call, header_checks(row)),
    machine = row.needs and client.machines[next(row.needs)] or nil,
    reply_schema = row.reply and kinds[row.reply].schema,
    needs_id = row.params ~= nil and row.params[1] ~= nil,
    takes_own_id = row.params ~= nil and row.params[1] == id,
    id_of = function(subject) return subject[id] end,
  }
end

local function unknown_name(what, names)
  return function(_, name)
    local close = nearest(tostring(name), names)
    error(("%s has no %q%s"):format(what, tostring(name),
      close and ", did you mean " .. close .. "?" or ""), 2)
  end
end

-- A table that can be read and not written, and that answers a mistyped name with the close one.
local function frozen(what, names)
  return setmetatable({}, {
    __index = setmetatable(names, { __index = unknown_name(what, names) }),
    __newindex = function(_, name)
      error(("%s is frozen: %s cannot be set"):format(what, tostring(name)), 2)
    end,
    __tostring = function() return what end,
  })
end

local function plans_of(client)
  local plans = {}
  for i, row in ipairs(client.api.operations) do plans[i] = plan_of(client, row) end
  return plans
end

local function add_resources(client, plans)
  local verbs = {}
  for _, plan in ipairs(plans) do
    local name = plan.row.resource
    verbs[name] = verbs[name] or {}
    verbs[name][plan.row.verb] = methods.of_resource(client, plan)
  end
  for name, names in pairs(verbs) do
    client.resources[name] = frozen(client.api.name .. "." .. name, names)
  end
end

local function add_classes(client, plans)
  for kind in pairs(client.api.objects) do
    local on_kind, verbs = {}, {}
    for _, plan in ipairs(plans) do
      if plan.kind == kind then
        on_kind[plan.row.verb], verbs[plan.row.verb] = plan, methods.of_object(client, plan)
      end
    end
    client.classes[kind] = object.class(client, kind, on_kind, verbs)
  end
end

-- Why no call can be made any more, or nil. An engine inherited over fork refuses every use.
local function gone_of(client)
  local engine = client.engine
  return function()
    if client.closed then return "this client is closed" end
    if pcall(engine.pending, engine) then return nil end
    return "this client was made before a fork; make a new one in the child process"
  end
end

local function close_of(client)
  return function()
    if client.closed then return end
    client.closed = true
    client.channel:close()
  end
end

local function open_channel(client, options)
  local settings = client.settings
  return client.engine:channel {
    base_url = settings.url, headers = settings.headers, response_max = RESPONSE_MAX,
    ca_file = options.ca_file, client_cert = options.client_cert, client_key = options.client_key,
    proxy = options.proxy, connect_timeout_ms = settings.connect_timeout_ms,
  }
end

local function face_of(client)
  local names = { close = close_of(client) }
  for name, resource in pairs(client.resources) do names[name] = resource end
  return frozen(("kassa.%s (%s, %s)"):format(
    client.api.name, client.settings.environment, client.settings.url), names)
end

local function runtime_of(host, options)
  return type(options.runtime) == "table" and options.runtime or host.runtime
end

--- Make a client. host: what the Lua state shares (kassa.runtime); api: the table of operations;
-- options: those that kassa.options lists. Raises, naming every option that cannot be meant.
-- -> frozen client
function M.new(host, api, options)
  local who = "kassa." .. api.name
  if type(options) ~= "table" then
    error(("%s: options must be a table, got %s"):format(who, type(options)), 3)
  end
  local settings, faults = settings_of.read(api, options)
  if not settings then error(who .. ": " .. table.concat(faults, "; "), 3) end
  local driver = host:driver(options.max_connections, options.transport)
  local client = {
    api = api, settings = settings, authorize = settings.authorize, log = log.new(options.log),
    driver = driver, engine = driver.engine, runtime = runtime_of(host, options),
    budget = host.budget, machines = guard.machines(api), resources = {}, classes = {},
    info = setmetatable({}, { __mode = "k" }), closed = false,
  }
  local channel, why = open_channel(client, options)
  if not channel then error(who .. ": " .. why, 3) end
  client.channel, client.gone = channel, gone_of(client)
  local plans = plans_of(client)
  add_resources(client, plans)
  add_classes(client, plans)
  return face_of(client)
end

return M
