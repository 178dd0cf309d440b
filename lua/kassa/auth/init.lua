-- Signatures for anyone to check: the fields that go in, the headers that come out. It opens no
-- connection, reads no clock where a time is given, and keeps no key.

local auth = {}

-- Loaded when first used, for a Klarna client needs none of it.
local elsewhere = {
  http_signature = { "kassa.auth.http_signature", "headers" },
  jwt = { "kassa.auth.jwt", "headers" },
  jws = { "kassa.auth.jwt", "sign" },
}

return setmetatable(auth, { __index = function(_, name)
  local place = elsewhere[name]
  if not place then return nil end
  auth[name] = require(place[1])[place[2]]
  return auth[name]
end })
