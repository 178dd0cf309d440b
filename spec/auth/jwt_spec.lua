-- Promises of kassa.auth.jwt and jws: the tokens of the official SDK over the same bytes, byte for
-- byte, and the same claims by value. It refuses to compute an expected signature itself.
local auth = require "kassa.auth"
local core = require "kassa.core"
local json = require "kassa.json"
local peers = require "support.peers"

local VECTORS = json.decode(peers.read "spec/fixtures/cybersource/cybersource-jwt.json")

local function key_of(input) return input.secret_base64 or input.test_only_private_key_pem end

local function unbase64url(text)
  text = text:gsub("-", "+"):gsub("_", "/")
  return core.sign.unbase64(text .. ("="):rep(-#text % 4))
end

local function parts_of(token)
  local header, payload, signature = token:match "^([^.]+)%.([^.]+)%.([^.]+)$"
  return json.decode(unbase64url(header)), json.decode(unbase64url(payload)), signature
end

-- The guide's name of the claim, which kassa sends; the official SDK that made the vectors has
-- another (cybersource.md 9).
local function as_the_guide(claims)
  claims.digestAlgorithm, claims["digest-algorithm"] = claims["digest-algorithm"], nil
  return claims
end

describe("kassa.auth.jws", function()
  for _, vector in ipairs(VECTORS.vectors) do
    it("signs given bytes as the official SDK does: " .. vector.name, function()
      local expected = vector.expected
      assert.equal(expected.token,
        auth.jws(expected.header_json, expected.payload_json, key_of(vector.input)))
    end)
  end

  it("has all six vectors", function() assert.equal(6, #VECTORS.vectors) end)

  it("says what does not fit, and never the key", function()
    local function raises(pattern, ...)
      local ok, message = pcall(auth.jws, ...)
      assert.is_false(ok)
      assert.matches(pattern, message)
      assert.is_nil(message:find "U0VDUkVU")
    end
    raises("names no alg", "{}", "{}", "U0VDUkVU")
    raises("names no alg", "nonsense", "{}", "U0VDUkVU")
    raises("does not fit", '{"alg":"none"}', "{}", core.jws.secret "U0VDUkVU")
    raises("does not fit", '{"alg":"RS256"}', "{}", core.jws.secret "U0VDUkVU")
    raises("private RSA key", '{"alg":"RS256"}', "{}", "U0VDUkVU")
    raises("must be base64", '{"alg":"HS256"}', "{}", "U0VDUkVU!")
    raises("got table", '{"alg":"HS256"}', "{}", {})
    raises("must be texts", nil, "{}", "U0VDUkVU")
  end)
end)

describe("kassa.auth.jwt", function()
  for _, vector in ipairs(VECTORS.vectors) do
    it("makes the official SDK's claims: " .. vector.name, function()
      local made = auth.jwt(vector.input)
      local token = made.authorization:match "^Bearer (.+)$"
      local header, claims, signature = parts_of(token)
      assert.same(json.decode(vector.expected.header_json), header)
      assert.same(as_the_guide(json.decode(vector.expected.payload_json)), claims)
      local text = token:match "^(.*)%."
      local input = vector.input
      local key = input.certificate_pem and core.jws.public(input.certificate_pem)
        or core.jws.secret(core.sign.unbase64(input.secret_base64))
      assert.is_true(key:verify(header.alg, text, unbase64url(signature)))
      assert.is_false(key:verify(header.alg, text .. "x", unbase64url(signature)))
    end)
  end

  it("names the field that cannot be meant", function()
    local good = VECTORS.vectors[1].input
    for name, value in pairs { iat = 1.5, jti = "", key_id = 7, path = "x", host = "", body = 1 } do
      local input = {}
      for field, given in pairs(good) do input[field] = given end
      input[name] = value
      local ok, message = pcall(auth.jwt, input)
      assert.is_false(ok)
      assert.matches(name, message)
    end
  end)
end)
