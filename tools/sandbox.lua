-- Serves the sandbox in the foreground for `make sandbox`, until Ctrl-C. It is no installed
-- command.
--   lua tools/sandbox.lua [port=0] [clock=real] [seed=1]

local options = { clock = "real" }
for _, word in ipairs(arg) do
  local name, value = word:match "^(%w+)=(.*)$"
  if not name then
    io.stderr:write("usage: lua tools/sandbox.lua [port=0] [clock=real|virtual] [seed=1]\n")
    os.exit(2)
  end
  options[name] = tonumber(value) or value
end

options.on_ready = function(made, page)
  print("base URL  " .. made.base_url)
  print("API key   " .. made.api_key)
  print("account   " .. made.account)
  print("pages     " .. page)
  print("Ctrl-C ends it.")
  io.stdout:flush()
end

local ok, message = require "kassa.sandbox.server".serve(options)
if not ok then
  io.stderr:write("sandbox: " .. message .. "\n")
  os.exit(1)
end
