-- Cybersource's JSON Web Token, scheme version 2 (cybersource.md section 9): one header that signs
-- method, host, path and body for two minutes. It refuses to be anything but pure.

local core = require "kassa.core"
local fields = require "kassa.auth.fields"
local json = require "kassa.json"

local jws, base64url = core.jws, core.sign.base64url

local LIFE_S = 120 -- the longest that Cybersource takes

local M = {}

-- A key in whatever form it was given; nil and why when it is none.
local function key_of(alg, given)
  if jws.is(given) then return given end
  if type(given) ~= "string" and not core.secret.is(given) then
    return nil, "a text, a kassa.secret or a key of core.jws expected, got " .. type(given)
  end
  if alg:find "^HS" then
    local secret = fields.secret(given)
    if not secret then return nil, "the shared secret must be base64" end
    return jws.secret(secret)
  end
  return jws.private(given)
end

local function alg_of(header_json)
  local header = json.decode(header_json)
  local alg = type(header) == "table" and header.alg
  return type(alg) == "string" and alg or nil
end

-- The token, or nil and what is wrong.
local function compact(header_json, payload_json, key)
  local alg = alg_of(header_json)
  if not alg then return nil, "header_json names no alg" end
  local opened, why = key_of(alg, key)
  if not opened then return nil, "key: " .. why end
  local text = base64url(header_json) .. "." .. base64url(payload_json)
  local signature = opened:sign(alg, text)
  if not signature then return nil, "alg " .. alg .. " does not fit the key" end
  return text .. "." .. base64url(signature)
end

--- Sign given bytes (RFC 7515, compact form) with the algorithm that the header names: HS256,
-- RS256, PS256 and their like with 384 and 512.
-- @param key the shared secret in base64, or a private RSA key in PEM, each as text or kassa.secret
-- -> "header.payload.signature". Raises for what cannot be meant.
function M.sign(header_json, payload_json, key)
  if type(header_json) ~= "string" or type(payload_json) ~= "string" then
    error("kassa.auth.jws: header_json and payload_json must be texts", 2)
  end
  local token, why = compact(header_json, payload_json, key)
  if not token then error("kassa.auth.jws: " .. why, 2) end
  return token
end

--- The claims of a token for a request.
function M.claims(input)
  local body = fields.body(input)
  return {
    digest = body and fields.digest(body), digestAlgorithm = body and "SHA-256" or nil,
    iat = input.iat, exp = input.iat + LIFE_S, iss = input.portfolio_id or input.merchant_id,
    jti = input.jti, ["request-host"] = input.host, ["request-method"] = input.method:lower(),
    ["request-resource-path"] = input.path, ["v-c-jwt-version"] = "2",
    ["v-c-merchant-id"] = input.merchant_id,
  }
end

-- What is wrong with an input; or nil and the id of the key.
local function check(input)
  local fault = fields.fault(input)
  if fault then return fault end
  local iat, kid = input.iat, input.kid or input.key_id
  if type(iat) ~= "number" or iat ~= math.floor(iat) then
    return "iat must be whole seconds since 1970, got " .. type(iat)
  end
  if type(input.jti) ~= "string" or input.jti == "" then
    return "jti must be a text, new for every request"
  end
  if type(kid) ~= "string" or kid == "" then
    return "key_id (or kid, of a certificate) must be a text"
  end
  return nil, kid
end

--- The header that signs a request.
-- @param input { method =, path = with its query as sent, host =, merchant_id =, portfolio_id = or
--   nil, iat = seconds since 1970, jti = UUID, body = text or nil, alg = "HS256" by default,
--   key_id = and secret_base64 =, or kid = and key = (PEM or core.jws key; also
--   test_only_private_key_pem) }
-- -> { authorization = "Bearer ..." }. Raises for what cannot be meant.
function M.headers(input)
  local fault, kid = check(input)
  if fault then error("kassa.auth.jwt: " .. fault, 2) end
  local header = json.encode { typ = "JWT", alg = input.alg or "HS256", kid = kid }
  local key = input.key or input.secret_base64 or input.test_only_private_key_pem
  local token, why = compact(header, json.encode(M.claims(input)), key)
  if not token then error("kassa.auth.jwt: " .. why, 2) end
  return { authorization = "Bearer " .. token }
end

return M
