-- What only Cybersource asks of a client: who the merchant is, and what its requests are signed
-- with. It shows no secret, neither in a fault nor in a setting of its own.

local core = require "kassa.core"
local fields = require "kassa.auth.fields"

local is_secret, new_secret, reveal = core.secret.is, core.secret.new, core.secret.reveal

local FILE_MAX = 1024 * 1024 -- bytes of a PKCS #12 file; real ones have a few thousand

local M = {}

local function missing(options, name, what, faults)
  if options[name] ~= nil then return false end
  faults[#faults + 1] = ("%s is missing (%s)"):format(name, what)
  return true
end

-- A text or kassa.secret as the latter; or nil and what is wrong with it, in words of `wanted`.
local function wrapped(name, value, wanted)
  if is_secret(value) then return value end
  if type(value) ~= "string" then
    return nil, ("%s must be %s, got %s"):format(name, wanted, type(value))
  end
  if value == "" then return nil, name .. " is empty" end
  return new_secret(value)
end

-- The shared secret as kassa.secret of its base64; or nil and what is wrong, without repeating it.
local function shared_secret(value)
  local secret, fault = wrapped("secret", value,
    "a string, a kassa.secret or a function")
  if not secret then return nil, fault end
  if reveal(secret):find "%s" then
    return nil, "secret holds white space (was it read from a file?)"
  end
  if not fields.secret(secret) then
    return nil, "secret is no base64: it is the shared secret as shown with the key id"
  end
  return secret
end

-- A secret given as a function is asked before every attempt.
local function asked(given)
  return function()
    local ok, value = pcall(given)
    if not ok then return nil, "the secret function failed" end
    return shared_secret(value)
  end
end

local function by_secret(options, faults)
  missing(options, "key_id", "the id shown with the shared secret", faults)
  local how = "the shared secret in base64: a string, a kassa.secret or a function"
  if missing(options, "secret", how, faults) then return nil end
  if type(options.secret) == "function" then return asked(options.secret) end
  local secret, fault = shared_secret(options.secret)
  faults[#faults + 1] = fault
  return secret and function() return secret end
end

local function read(path)
  local file, why = io.open(path, "rb")
  if not file then return nil, "p12: " .. why end
  local bytes
  bytes, why = file:read(FILE_MAX + 1)
  file:close()
  if not bytes then return nil, "p12: " .. (why or "the file is empty") end
  if #bytes > FILE_MAX then return nil, "p12: the file is larger than 1 MiB" end
  return bytes
end

-- The key of a PKCS #12 file; or nil and what is wrong, which never repeats the password.
local function opened(path, password)
  local bytes, why = read(path)
  if not bytes then return nil, why end
  local key
  key, why = core.jws.p12(bytes, password)
  if not key then return nil, "p12: " .. why end
  if not key:serial() then
    return nil, "p12: the certificate's subject has no serialNumber, which names the key"
  end
  return key
end

local function by_certificate(options, faults)
  for _, name in ipairs { "secret", "key_id" } do
    if options[name] ~= nil then faults[#faults + 1] = name .. " and p12 exclude each other" end
  end
  if options.auth == "http_signature" then
    faults[#faults + 1] = 'auth "http_signature" takes a secret, p12 goes with "jwt"'
  end
  if missing(options, "p12_password", "it opens the p12 file", faults) then return nil end
  local password, fault = wrapped("p12_password", options.p12_password,
    "a string or a kassa.secret")
  faults[#faults + 1] = fault
  local path = type(options.p12) == "string" and options.p12
  if not password or not path or path == "" or path:find "%z" then return nil end
  local key, why = opened(path, password)
  faults[#faults + 1] = why
  return key
end

-- How the merchant's requests are signed, or nil.
local function scheme_of(options, faults)
  if options.p12 ~= nil then return { key = by_certificate(options, faults) } end
  if options.p12_password ~= nil then
    faults[#faults + 1] = "p12_password is for a p12 file, and there is none"
  end
  return { secret = by_secret(options, faults), key_id = options.key_id }
end

--- Check the options that only Cybersource has, adding sentences to `faults`.
-- -> function(settings) that completes the settings, once there are no faults
function M.check(_, options, _, url, faults)
  missing(options, "merchant_id", "who sells; shown in the business center", faults)
  local scheme = scheme_of(options, faults)
  return function(settings)
    scheme.name = options.auth or "jwt"
    scheme.merchant_id, scheme.portfolio_id = options.merchant_id, options.portfolio_id
    settings.account = options.merchant_id
    settings.authorize = require("kassa.auth.cybersource").signer(scheme, url)
    settings.headers[1] = "Accept: application/hal+json"
  end
end

return M
