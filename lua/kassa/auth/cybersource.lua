-- Signs a client's requests to Cybersource, each attempt anew: a token and a date are good for
-- minutes only. It opens no key and reads no file; kassa.settings.cybersource has done that.

local core = require "kassa.core"
local http_signature = require "kassa.auth.http_signature"
local jwt = require "kassa.auth.jwt"

local M = {}

local DEFAULT_PORT = { http = ":80", https = ":443" }

-- The host as libcurl writes it into a request, and the path that comes before every target.
local function place_of(url)
  local scheme, host, path = url:match "^(%a+)://([^/]+)(.*)$"
  local port = DEFAULT_PORT[scheme]
  if host:sub(-#port) == port then host = host:sub(1, -#port - 1) end
  return host, path
end

local function input_of(scheme, host, method, path, body)
  return {
    method = method, path = path, host = host, body = body and tostring(body),
    merchant_id = scheme.merchant_id, portfolio_id = scheme.portfolio_id,
  }
end

local function by_certificate(scheme, input)
  input.key, input.kid, input.alg = scheme.key, scheme.key:serial(), "RS256"
  return jwt.headers(input)
end

local function by_token(scheme, input, now_ms)
  input.iat, input.jti = math.floor(now_ms / 1000), core.sign.uuid4()
  if scheme.key then return by_certificate(scheme, input) end
  local secret, why = scheme.secret()
  if not secret then return nil, why end
  input.key_id, input.secret_base64 = scheme.key_id, secret
  return jwt.headers(input)
end

local function by_signature(scheme, input, now_ms)
  local secret, why = scheme.secret()
  if not secret then return nil, why end
  input.key_id, input.secret_base64 = scheme.key_id, secret
  input.date = http_signature.date(math.floor(now_ms / 1000))
  return http_signature.headers(input)
end

local HEADERS = { jwt = by_token, http_signature = by_signature }

-- In a fixed order; host is written by libcurl.
local ORDER = { "authorization", "date", "digest", "v-c-merchant-id", "signature" }

--- What signs the requests of one client. scheme: { name = "jwt" or "http_signature",
-- merchant_id =, portfolio_id = or nil, key = of core.jws, or key_id = and
-- secret = function() -> kassa.secret, or nil and why }; url: the base URL.
-- -> function(method, target with its query as sent, body or nil, milliseconds since 1970)
-- -> list of header lines, or nil and why there are none
function M.signer(scheme, url)
  local host, before = place_of(url)
  local headers_of = HEADERS[scheme.name]
  return function(method, target, body, now_ms)
    local headers, why = headers_of(scheme,
      input_of(scheme, host, method, before .. target, body), now_ms)
    if not headers then return nil, why end
    local lines = {}
    for _, name in ipairs(ORDER) do
      if headers[name] then lines[#lines + 1] = name .. ": " .. headers[name] end
    end
    return lines
  end
end

return M
