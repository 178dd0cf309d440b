-- Reads what a merchant says when making a client: checks every option together, and works out the
-- base URL, the path family, the key's header and the times. It never changes what it was given.

local auth = require "kassa.auth.klarna"
local options_of = require "kassa.options"

local M = {}

-- 65 s is above Klarna's 59 s of silence, after which it answers itself (klarna.md 1.7).
local TIMEOUT_S, CONNECT_TIMEOUT_S, DEADLINE_S, RETRIES = 65, 10, 130, 3

local function add(faults, fault)
  faults[#faults + 1] = fault
end

local function integration_header(api, integration, faults)
  if type(integration) ~= "table" then return nil end
  local type_ = require("kassa.api").find(api, api.integration)
  local text, wrong = require("kassa.schema").writer(type_):write(integration)
  for _, fault in ipairs(wrong or {}) do
    add(faults, ("integration.%s: %s"):format(fault.path, fault.message))
  end
  return text and "Klarna-Integration-Metadata: " .. text
end

-- A key given as a function is asked before every attempt; what it gives is checked like any other.
local function authorizer(options, environment)
  return function()
    local ok, key = pcall(options.api_key)
    if not ok then return nil, "the api_key function failed" end
    local checked, fault = auth.check(key, environment)
    if not checked then return nil, fault end
    return auth.header(checked, options.username, options.api_key_form)
  end
end

local function key_of(options, environment, faults)
  if type(options.api_key) == "function" then return nil, authorizer(options, environment) end
  local key, fault = auth.check(options.api_key, environment)
  add(faults, fault)
  local fits = key and (options.username == nil or type(options.username) == "string")
  return fits and auth.header(key, options.username, options.api_key_form) or nil
end

local function url_of(api, options, environment, faults)
  local given = options.base_url
  if given == nil then return api.hosts[environment] end
  if type(given) ~= "string" then return nil end
  local url, fault = require("kassa.endpoint").check(given, environment)
  add(faults, fault)
  return url
end

local function prefix_of(api, account)
  if not account then return api.prefix.direct end
  local segment = require("kassa.endpoint").segment(account):gsub("%%", "%%%%")
  return (api.prefix.account:gsub("{account}", segment))
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

--- Read the options of a client. api: its access (kassa.api.klarna.access) or its whole table.
-- -> settings; or nil and a list of sentences, one for each option that cannot be meant
function M.read(api, options)
  local faults = options_of.faults(options, options_of.merged(options_of.client, options_of.klarna))
  local environment = options.environment == "live" and "live" or "test"
  local url = url_of(api, options, environment, faults)
  local key, authorize = key_of(options, environment, faults)
  local metadata = integration_header(api, options.integration, faults)
  if (options.client_cert == nil) ~= (options.client_key == nil) then
    add(faults, "client_cert and client_key go together")
  end
  if type(options.paths) == "table" then
    local operations = require("kassa.api").table(api).operations
    require("kassa.paths").check(operations, options.paths, faults)
  end
  if faults[1] then return nil, faults end
  local settings = numbers(options)
  settings.environment, settings.url = environment, url
  settings.account, settings.prefix = options.account, prefix_of(api, options.account)
  settings.plain_prefix = api.prefix.direct
  settings.paths, settings.authorize = options.paths or {}, authorize
  settings.clock = options.clock
  settings.headers = {}
  add(settings.headers, key)
  add(settings.headers, metadata)
  return settings
end

return M
