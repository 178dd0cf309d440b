--- The door of Cybersource's sandbox: did the merchant sign this request, just now, as it came?
-- It shares no code with the client's signing, and why it refuses is for the sandbox's own list of
-- requests only, never for the answer.

local core = require "kassa.core"
local http_signature = require "kassa.sandbox.cybersource.http_signature"
local token = require "kassa.sandbox.cybersource.token"

local door = {}
door.__index = door

local SKEW_S = 300 -- the size of the window is not published (a guess)

-- What opens the door: by the id that a request names, a key as core.jws has it.
local function keys_of(options, secret)
  local keys = { [options.key_id] = assert(core.jws.secret(secret)) }
  for kid, pem in pairs(options.certificates or {}) do
    keys[kid] = assert(core.jws.public(pem))
  end
  return keys
end

--- A door with one lock.
-- @param options { merchant_id =, key_id =, secret = base64, portfolio_id = the owner of the key
--   when it is another (a meta key), certificates = { [kid] = PEM } or nil, skew_s = seconds that
--   a date may be away (300), now = function -> ms since 1970 }
function door.new(options)
  local secret = assert(core.sign.unbase64(options.secret), "secret must be base64")
  return setmetatable({
    merchant_id = options.merchant_id, owner = options.portfolio_id or options.merchant_id,
    key_id = options.key_id, secret = secret, keys = keys_of(options, secret),
    skew_s = options.skew_s or SKEW_S, now = options.now, met = token.memory(),
  }, door)
end

-- A request as both schemes speak of it.
local function seen_of(request)
  local query = request.query
  return {
    method = request.method:lower(), headers = request.headers, body = request.body or "",
    target = request.path .. (query and query ~= "" and "?" .. query or ""),
    host = request.headers.host,
  }
end

--- May this request come in? Whoever comes twice with one token may not.
-- @param request { method =, path = as sent, query =, headers = by lower-case names, body = }
-- -> nil when it may; or why not, in words without a secret
function door:check(request)
  local seen = seen_of(request)
  if not seen.host then return "there is no Host header" end
  if seen.headers.authorization then return token.fault(self, seen) end
  if seen.headers.signature then return http_signature.fault(self, seen) end
  return "nothing is signed: there is neither an Authorization nor a signature header"
end

return door
