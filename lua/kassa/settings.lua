-- Reads what a merchant says when making a client: checks every option together, and works out the
-- base URL and the times. What only one API asks for (keys, paths) stands in settings/<api>.lua. It
-- never changes what it was given.

local options_of = require "kassa.options"

local M = {}

-- 65 s is above Klarna's 59 s of silence, after which it answers itself (klarna.md 1.7), and above
-- the 60 s that Cybersource's own library waits (cybersource.md 10).
local TIMEOUT_S, CONNECT_TIMEOUT_S, DEADLINE_S, RETRIES = 65, 10, 130, 3

local function url_of(api, options, environment, faults)
  local given = options.base_url
  if given == nil then return api.hosts[environment] end
  if type(given) ~= "string" then return nil end
  local url, fault = require("kassa.endpoint").check(given, environment)
  faults[#faults + 1] = fault
  return url
end

local function or_default(value, default)
  if value == nil then return default end
  return value
end

local function numbers(options)
  return {
    timeout_ms = math.ceil(1000 * (options.timeout_s or TIMEOUT_S)),
    deadline_ms = 1000 * (options.deadline_s or DEADLINE_S),
    tries = 1 + (options.retries or RETRIES),
    connect_timeout_ms = math.ceil(1000 * (options.connect_timeout_s or CONNECT_TIMEOUT_S)),
    strict = or_default(options.strict, true), sums = or_default(options.sums, true),
  }
end

-- What every client is told, checked. -> environment, base URL
local function check(api, options, faults)
  local environment = api.hosts[options.environment] and options.environment or "test"
  local url = url_of(api, options, environment, faults)
  if (options.client_cert == nil) ~= (options.client_key == nil) then
    faults[#faults + 1] = "client_cert and client_key go together"
  end
  if type(options.paths) == "table" then
    local operations = require("kassa.api").table(api).operations
    require("kassa.paths").check(operations, options.paths, faults)
  end
  return environment, url
end

--- Read the options of a client. api: its access (kassa.api.klarna.access) or its whole table.
-- -> settings, of which `authorize` is nil or asked before every attempt: (method, target, body,
-- time in ms) -> list of header lines, or nil and why there are none; or nil and a list of
-- sentences, one for each option that cannot be meant
function M.read(api, options)
  local own = require("kassa.settings." .. api.name)
  local faults = options_of.faults(options,
    options_of.merged(options_of.client, options_of[api.name]))
  local environment, url = check(api, options, faults)
  local complete = own.check(api, options, environment, url, faults)
  if faults[1] then return nil, faults end
  local settings = numbers(options)
  settings.environment, settings.url = environment, url
  settings.prefix, settings.plain_prefix = api.prefix.direct, api.prefix.direct
  settings.paths, settings.clock = options.paths or {}, options.clock
  settings.headers = {}
  complete(settings)
  return settings
end

return M
