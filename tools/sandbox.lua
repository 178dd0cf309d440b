-- Serves the sandbox in the foreground for `make sandbox`, until Ctrl-C. It is no installed
-- command.
--   lua tools/sandbox.lua [provider=klarna] [port=0] [clock=real] [seed=1]

local options = { clock = "real" }

local function refuse(message)
  io.stderr:write("sandbox: " .. message .. "\n")
  os.exit(2)
end

for _, word in ipairs(arg) do
  local name, value = word:match "^(%w+)=(.*)$"
  if name ~= "port" and name ~= "clock" and name ~= "seed" and name ~= "provider" then
    refuse("usage: lua tools/sandbox.lua [provider=klarna|cybersource] [port=0]"
      .. " [clock=real|virtual] [seed=1]")
  end
  options[name] = tonumber(value) or value
end

local port = options.port or 0
if type(port) ~= "number" or port % 1 ~= 0 or port < 0 or port > 65535 then
  refuse("port must be a whole number from 0 (a free one) to 65535, not " .. tostring(port))
end
if options.clock ~= "real" and options.clock ~= "virtual" then
  refuse("clock must be real or virtual, not " .. tostring(options.clock))
end

-- What a merchant gets from each provider, and the line to paste into a shop.
local TELL = {}

function TELL.klarna(made)
  print("API key   " .. made.api_key)
  print("account   " .. made.account)
  return ("kassa.klarna { api_key = %q, base_url = %q }"):format(made.api_key, made.base_url)
end

function TELL.cybersource(made)
  print("merchant  " .. made.merchant_id)
  return ("kassa.cybersource { merchant_id = %q, key_id = %q,\n  secret = %q, base_url = %q }")
    :format(made.merchant_id, made.key_id, made.secret, made.base_url)
end

options.provider = options.provider or "klarna"
if not TELL[options.provider] then
  refuse("provider must be klarna or cybersource, not " .. tostring(options.provider))
end

options.on_ready = function(made, page)
  print("base URL  " .. made.base_url)
  local line = TELL[options.provider](made)
  print("pages     " .. page)
  print(line)
  print("Ctrl-C ends it.")
  io.stdout:flush()
end

local ok, message = require "kassa.sandbox.server".serve(options)
if not ok then
  io.stderr:write("sandbox: " .. message .. "\n")
  os.exit(1)
end
