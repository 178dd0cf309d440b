--- The providers that a sandbox can play, by name: each is a module that says how it speaks HTTP.
-- It loads the one that is asked for, and never another.

local providers = {}

local MODULES = {
  klarna = "kassa.sandbox.klarna.protocol",
  cybersource = "kassa.sandbox.cybersource.protocol",
}

--- The protocol of a provider ("klarna" for nil), or nil and a sentence.
function providers.find(name)
  local module = MODULES[name or "klarna"]
  if module then return require(module) end
  local close = require "kassa.nearest"(tostring(name), MODULES)
  return nil, ("the sandbox plays no provider %s%s"):format(tostring(name),
    close and ", did you mean " .. close .. "?" or "")
end

return providers
