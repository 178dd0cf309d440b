--- The JSON Web Token as Cybersource's servers read it, scheme version 2 (section 9): for one
-- request, for two minutes, once. It refuses a token it has met before inside its lifetime.

local core = require "kassa.core"
local json = require "kassa.json"

local sign = core.sign

local token = {}

local LIFE_S = 120
local JTI_MAX = 256 -- characters; a UUID has 36

-- Which tokens were met -------------------------------------------------------------------------

local Memory = {}
Memory.__index = Memory

--- Knows the ids of tokens until they expire.
function token.memory()
  return setmetatable({ ids = {}, order = {}, first = 1, last = 0 }, Memory)
end

-- Lives differ by the clocks of who made them, so one that has expired may stand behind another
-- that has not: it goes a little later.
local function forget(self, now_s)
  local id = self.order[self.first]
  while id and self.ids[id] <= now_s do
    self.ids[id], self.order[self.first] = nil, nil
    self.first = self.first + 1
    id = self.order[self.first]
  end
end

--- Meet an id for the first time. -> false when it is not
function Memory:meet(id, until_s, now_s)
  forget(self, now_s)
  if self.ids[id] then return false end
  self.last = self.last + 1
  self.ids[id], self.order[self.last] = until_s, id
  return true
end

-- Reading ---------------------------------------------------------------------------------------

local function unbase64url(text)
  text = text:gsub("-", "+"):gsub("_", "/")
  return sign.unbase64(text .. ("="):rep(-#text % 4))
end

local function object_of(part)
  local text = unbase64url(part)
  local value = text and json.decode(text)
  return type(value) == "table" and value or nil
end

-- { header, claims, signed = the text that is signed, signature }, or nil
local function parse(authorization)
  local head, payload, mac = authorization:match "^Bearer ([%w_-]+)%.([%w_-]+)%.([%w_-]+)$"
  if not head then return nil end
  local given = { header = object_of(head), claims = object_of(payload),
    signed = head .. "." .. payload, signature = unbase64url(mac) }
  return given.header and given.claims and given.signature and given or nil
end

local function key_fault(door, given)
  local header = given.header
  local key = type(header.kid) == "string" and door.keys[header.kid]
  if not key then return "kid is none of this merchant's keys" end
  local alg = type(header.alg) == "string" and header.alg or ""
  if key:verify(alg, given.signed, given.signature) then return nil end
  return "the token's signature does not fit, or its alg is not for this key"
end

-- What is claimed -------------------------------------------------------------------------------

local function whole(value)
  return type(value) == "number" and value % 1 == 0
end

local function time_fault(door, claims, now_s)
  local iat, exp = claims.iat, claims.exp
  if not (whole(iat) and whole(exp)) then return "iat and exp must be whole seconds" end
  if exp <= iat or exp - iat > LIFE_S then
    return ("exp must be at most %d seconds after iat"):format(LIFE_S)
  end
  if now_s >= exp then return ("the token expired %d seconds ago"):format(now_s - exp) end
  if iat > now_s + door.skew_s then
    return ("the token was issued %d seconds from now"):format(iat - now_s)
  end
end

local function shown(value)
  return type(value) == "string" and '"' .. value .. '"' or type(value)
end

-- Each claim that has to be equal to what came: name, value.
local function equal_fault(door, claims, seen)
  local method = claims["request-method"]
  claims["request-method"] = type(method) == "string" and method:lower() or method
  for _, pair in ipairs {
    { "request-host", seen.host }, { "request-method", seen.method },
    { "request-resource-path", seen.target }, { "iss", door.owner },
    { "v-c-merchant-id", door.merchant_id }, { "v-c-jwt-version", "2" },
  } do
    local name, wanted = pair[1], pair[2]
    if claims[name] ~= wanted then
      return ("%s is %s and should be %s"):format(name, shown(claims[name]), shown(wanted))
    end
  end
end

-- Both spellings of the algorithm's name are sent by official SDKs.
local function digest_fault(claims, seen)
  if claims.digest == nil and seen.body == "" then return nil end
  if claims.digest == nil then return "digest is not claimed, although there is a body" end
  local algorithm = claims.digestAlgorithm or claims["digest-algorithm"]
  if algorithm ~= "SHA-256" then return "digestAlgorithm must be SHA-256" end
  if claims.digest == sign.base64(sign.sha256(seen.body)) then return nil end
  return ("digest is not the body's, of which %d bytes came"):format(#seen.body)
end

local function replay_fault(door, claims, now_s)
  local id = claims.jti
  if type(id) ~= "string" or id == "" or #id > JTI_MAX then
    return ("jti must be a text of at most %d characters"):format(JTI_MAX)
  end
  if not door.met:meet(id, claims.exp, now_s) then return "the token came before: jti is known" end
end

--- What is wrong with a request that carries a token; nil: nothing, and the token is used up.
-- @param door kassa.sandbox.cybersource.door
-- @param seen { method = lower-case, target = path with query, host =, headers =, body = }
function token.fault(door, seen)
  local given = parse(seen.headers.authorization)
  if not given then return "Authorization must be Bearer and a compact JSON Web Token" end
  local claims, now_s = given.claims, math.floor(door.now() / 1000)
  return key_fault(door, given) or time_fault(door, claims, now_s)
    or equal_fault(door, claims, seen) or digest_fault(claims, seen)
    or replay_fault(door, claims, now_s)
end

return token
