-- Promises of kassa.auth.cybersource: each attempt is signed for the place it is sent to. The first
-- signature is the worked example of cybersource.md 8, copied by hand.
local core = require "kassa.core"
local cybersource = require "kassa.auth.cybersource"
local json = require "kassa.json"

local BODY = '{"processingInformation":{"actionList":"AP_AUTH_REVERSAL"},"paymentInformation":'
  .. '{"paymentType":{"name":"INVOICE","method":{"name":"KLARNA"}}}}'
local EXAMPLE = { name = "http_signature", merchant_id = "kassa_loop",
  key_id = "e37a9a1e-594d-419c-a774-a4e1d102c7c1",
  secret = function()
    return core.secret.new "dlPO2ESqLwdvA+FbBeXuY4oJFKFOKgnuDIVZXhDQUaI="
  end }
local AT_MS = 1772699400999 -- Thu, 05 Mar 2026 08:30:00 GMT, and not quite a second

local function changed(changes)
  local scheme = {}
  for name, value in pairs(EXAMPLE) do scheme[name] = value end
  for name, value in pairs(changes) do scheme[name] = value end
  return scheme
end

local function by_name(lines)
  local found = {}
  for _, line in ipairs(lines) do
    local name, value = line:match "^([^:]+): (.*)$"
    found[name] = value
  end
  return found
end

local function unbase64url(text)
  text = text:gsub("-", "+"):gsub("_", "/")
  return core.sign.unbase64(text .. ("="):rep(-#text % 4))
end

local function token_of(lines)
  local header, payload, signature = by_name(lines).authorization:match
    "^Bearer ([^.]+)%.([^.]+)%.([^.]+)$"
  return json.decode(unbase64url(header)), json.decode(unbase64url(payload)),
    unbase64url(signature), header .. "." .. payload
end

describe("a signer by HTTP signature", function()
  it("writes the headers of the worked example", function()
    local sign = cybersource.signer(EXAMPLE, "http://127.0.0.1:18443")
    assert.same({
      "date: Thu, 05 Mar 2026 08:30:00 GMT",
      "digest: SHA-256=u98QjJhwcr2NGnLnrXpWXwCaxKALHINqyPtkmgd9NKs=",
      "v-c-merchant-id: kassa_loop",
      'signature: keyid="e37a9a1e-594d-419c-a774-a4e1d102c7c1", algorithm="HmacSHA256", '
        .. 'headers="host date request-target digest v-c-merchant-id", '
        .. 'signature="+AS2QawNaFg8ARIzpNAiyJq9e/+eANspyG4ERxe6aIQ="',
    }, sign("POST", "/pts/v2/payments/7297199754036380503955/reversals", BODY, AT_MS))
  end)

  it("signs the path that is sent, with what stands before it in the base URL", function()
    local target = "/pts/v2/payments/7297199754036380503955/reversals"
    local whole = cybersource.signer(EXAMPLE, "http://127.0.0.1:18443")
    local parted = cybersource.signer(EXAMPLE, "http://127.0.0.1:18443/pts/v2")
    assert.same(whole("POST", target, BODY, AT_MS),
      parted("POST", target:sub(#"/pts/v2" + 1), BODY, AT_MS))
  end)

  it("has no digest without a body", function()
    local sign = cybersource.signer(EXAMPLE, "https://api.example")
    local lines = by_name(sign("GET", "/tss/v2/transactions/1", nil, AT_MS))
    assert.is_nil(lines.digest)
    assert.matches('headers="host date request%-target v%-c%-merchant%-id"', lines.signature)
  end)

  it("signs for the owner of a meta key and names the merchant", function()
    local url, target = "https://api.example", "/pts/v2/payments"
    local meta = cybersource.signer(changed { portfolio_id = "portfolio" }, url)
    local own = cybersource.signer(changed { merchant_id = "portfolio" }, url)
    local lines = by_name(meta("POST", target, BODY, AT_MS))
    assert.equal("kassa_loop", lines["v-c-merchant-id"])
    assert.equal(by_name(own("POST", target, BODY, AT_MS)).signature, lines.signature)
  end)
end)

describe("a signer by token", function()
  local scheme = changed { name = "jwt" }

  it("signs the claims of the guide with the shared secret", function()
    local sign = cybersource.signer(scheme, "https://apitest.cybersource.com")
    local header, claims, signature, text = token_of(
      sign("POST", "/pts/v2/payments", BODY, AT_MS))
    assert.same({ typ = "JWT", alg = "HS256", kid = scheme.key_id }, header)
    assert.matches("^%x+%-%x+%-4%x+%-%x+%-%x+$", claims.jti)
    claims.jti = nil
    assert.same({
      digest = "u98QjJhwcr2NGnLnrXpWXwCaxKALHINqyPtkmgd9NKs=", digestAlgorithm = "SHA-256",
      iat = 1772699400, exp = 1772699520, iss = "kassa_loop", ["v-c-jwt-version"] = "2",
      ["request-host"] = "apitest.cybersource.com", ["request-method"] = "post",
      ["request-resource-path"] = "/pts/v2/payments", ["v-c-merchant-id"] = "kassa_loop",
    }, claims)
    local secret = core.sign.unbase64 "dlPO2ESqLwdvA+FbBeXuY4oJFKFOKgnuDIVZXhDQUaI="
    assert.equal(core.sign.hmac_sha256(secret, text), signature)
  end)

  it("is made anew for every attempt", function()
    local sign = cybersource.signer(scheme, "https://api.example")
    local _, first = token_of(sign("GET", "/x", nil, AT_MS))
    local _, second = token_of(sign("GET", "/x", nil, AT_MS + 5000))
    assert.is_not.equal(first.jti, second.jti)
    assert.equal(5, second.iat - first.iat)
  end)

  it("names a port as the Host header does: unless it goes without saying", function()
    for url, host in pairs {
      ["https://a.example"] = "a.example", ["https://a.example:443/x"] = "a.example",
      ["http://127.0.0.1:80"] = "127.0.0.1", ["https://a.example:80"] = "a.example:80",
      ["http://127.0.0.1:8080"] = "127.0.0.1:8080", ["http://[::1]:8080"] = "[::1]:8080",
    } do
      local _, claims = token_of(cybersource.signer(scheme, url)("GET", "/x", nil, AT_MS))
      assert.equal(host, claims["request-host"])
    end
  end)

  it("gives the reason when there is no secret", function()
    local none = changed { name = "jwt", secret = function() return nil, "the vault is shut" end }
    local lines, why = cybersource.signer(none, "https://a.example")("GET", "/x", nil, AT_MS)
    assert.same({ nil, "the vault is shut" }, { lines, why })
  end)
end)
