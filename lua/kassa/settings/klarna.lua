-- What only Klarna's own API asks of a client: the key as a header, the path family of an account,
-- who built the integration. It shows no key, neither in a fault nor in a setting of its own.

local auth = require "kassa.auth.klarna"

local M = {}

local function integration_header(api, integration, faults)
  if type(integration) ~= "table" then return nil end
  local type_ = require("kassa.api").find(api, api.integration)
  local text, wrong = require("kassa.schema").writer(type_):write(integration)
  for _, fault in ipairs(wrong or {}) do
    faults[#faults + 1] = ("integration.%s: %s"):format(fault.path, fault.message)
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
    return { auth.header(checked, options.username, options.api_key_form) }
  end
end

local function key_of(options, environment, faults)
  if type(options.api_key) == "function" then return nil, authorizer(options, environment) end
  local key, fault = auth.check(options.api_key, environment)
  faults[#faults + 1] = fault
  local fits = key and (options.username == nil or type(options.username) == "string")
  return fits and auth.header(key, options.username, options.api_key_form) or nil
end

local function prefix_of(api, account)
  local segment = require("kassa.endpoint").segment(account):gsub("%%", "%%%%")
  return (api.prefix.account:gsub("{account}", segment))
end

--- Check the options that only Klarna's API has, adding sentences to `faults`.
-- -> function(settings) that completes the settings, once there are no faults
function M.check(api, options, environment, _, faults)
  if type(options.pace) == "table" and type(options.api_key) == "function" and not options.account
  then
    faults[#faults + 1] = "pace.dict goes with account where api_key is a function: by it processes"
      .. " know that they share a limit"
  end
  local key, authorize = key_of(options, environment, faults)
  local metadata = integration_header(api, options.integration, faults)
  return function(settings)
    settings.authorize, settings.account = authorize, options.account
    if options.account then settings.prefix = prefix_of(api, options.account) end
    local headers = settings.headers
    headers[#headers + 1] = key
    headers[#headers + 1] = metadata
  end
end

return M
