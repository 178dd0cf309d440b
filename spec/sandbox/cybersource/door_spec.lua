-- Promises of the sandbox's door: what the official SDK signs comes in, whatever the vectors hold;
-- what is changed, stale, another's or repeated stays out, and the reason names what is wrong.
-- Requests are signed here by hand, from the formulas of the reference.
local core = require "kassa.core"
local door = require "kassa.sandbox.cybersource.door"
local peers = require "support.peers"
local json = require "kassa.json"

local sign = core.sign

local function vectors(name)
  return json.decode(peers.read("spec/fixtures/cybersource/" .. name .. ".json")).vectors
end

-- Text: nil for what JSON calls null.
local function text(value)
  return value ~= json.null and value or nil
end

local function split(path)
  local before, query = path:match "^([^?]*)%??(.*)$"
  return before, query
end

local SECRET = "sesame opens the sandbox's door"
local NOW_S = 1772701200 -- Thu, 05 Mar 2026 09:00:00 GMT
local DATE = "Thu, 05 Mar 2026 09:00:00 GMT"
local BODY = '{"a":1}'

local function new(options)
  local all = { merchant_id = "shop", key_id = "key-1", secret = sign.base64(SECRET),
    now = function() return NOW_S * 1000 end }
  for name, value in pairs(options or {}) do all[name] = value end
  return door.new(all)
end

-- HTTP Signature --------------------------------------------------------------------------------

local function digest_of(body)
  return "SHA-256=" .. sign.base64(sign.sha256(body))
end

-- A signed POST. change: what to sign otherwise: date, order, merchant (that is signed), key, keyid
local function signed(change)
  change = change or {}
  local headers = { host = "127.0.0.1:8080", date = change.date or DATE,
    ["v-c-merchant-id"] = "shop", digest = digest_of(BODY) }
  local order = change.order or "host date request-target digest v-c-merchant-id"
  local lines = {}
  for name in order:gmatch "%S+" do
    local value = headers[name]
    if name == "request-target" then value = "post /pts/v2/payments?x=%2F" end
    if name == "v-c-merchant-id" then value = change.merchant or value end
    if name == "v-c-date" then value = change.date or DATE end
    lines[#lines + 1] = name .. ": " .. tostring(value)
  end
  local mac = sign.hmac_sha256(change.key or SECRET, table.concat(lines, "\n"))
  headers.signature = ('keyid="%s", algorithm="HmacSHA256", headers="%s", signature="%s"'):format(
    change.keyid or "key-1", order, sign.base64(mac))
  if order:find "v%-c%-date" then headers["v-c-date"] = change.date or DATE end
  return { method = "POST", path = "/pts/v2/payments", query = "x=%2F", headers = headers,
    body = BODY }
end

describe("the door, of HTTP Signature,", function()
  for _, vector in ipairs(vectors "cybersource-http-signature") do
    it("lets in what the official SDK signed: " .. vector.name, function()
      local input, expected = vector.input, vector.expected
      local at_s = assert(core.headers.http_date(input.date))
      local own = door.new {
        merchant_id = input.merchant_id, portfolio_id = text(input.portfolio_id),
        key_id = input.key_id, secret = input.secret_base64,
        now = function() return at_s * 1000 end }
      local path, query = split(input.path)
      local request = { method = input.method, path = path, query = query,
        body = text(input.body) or "", headers = {
          host = expected.host, date = expected.date, digest = text(expected.digest),
          signature = expected.signature, ["v-c-merchant-id"] = expected["v-c-merchant-id"] } }
      assert.is_nil(own:check(request))
      request.body = request.body .. " "
      assert.matches("digest", own:check(request))
    end)
  end

  it("lets in what is signed by the formula, in any order, by either name of the date", function()
    assert.is_nil(new():check(signed()))
    for _, order in ipairs { "v-c-merchant-id digest request-target date host",
      "host v-c-date request-target digest v-c-merchant-id",
      "host date v-c-date request-target digest v-c-merchant-id" } do
      assert.is_nil(new():check(signed { order = order }))
    end
  end)

  it("keeps out a body changed after signing", function()
    local request = signed()
    request.body = '{"a":2}'
    assert.equal("digest is not the body's, of which 7 bytes came", new():check(request))
    request.headers.digest = digest_of(request.body)
    assert.matches("signature does not fit", new():check(request))
  end)

  it("keeps out a stale date, either way, and not a second sooner", function()
    local request = signed()
    for away_s, enters in pairs { [300] = true, [-300] = true, [301] = false, [-301] = false } do
      local why = new { now = function() return (NOW_S + away_s) * 1000 end }:check(request)
      if enters then assert.is_nil(why)
      else assert.equal("date is 301 seconds away from now, and 300 are allowed", why) end
    end
    assert.is_nil(new { skew_s = 5, now = function() return (NOW_S + 5) * 1000 end }:check(request))
    assert.matches("date is 6 seconds away",
      new { skew_s = 5, now = function() return (NOW_S + 6) * 1000 end }:check(request))
    assert.equal("date is no HTTP date", new():check(signed { date = "2026-03-05T09:00:00Z" }))
    local both = signed { order = "host date v-c-date request-target digest v-c-merchant-id" }
    both.headers["v-c-date"] = "Thu, 05 Mar 2026 08:00:00 GMT"
    assert.matches("signature does not fit", new():check(both))
  end)

  it("goes by the date that is signed, not by one that is only there", function()
    local request = signed { order = "host v-c-date request-target digest v-c-merchant-id" }
    request.headers.date = "Thu, 05 Mar 2020 09:00:00 GMT"
    assert.is_nil(new():check(request))
    request = signed { date = "Thu, 05 Mar 2020 09:00:00 GMT" }
    request.headers["v-c-date"] = DATE
    assert.matches("date is %d+ seconds away", new():check(request))
  end)

  it("keeps out a wrong key, of another name and of the same", function()
    assert.matches("signature does not fit", new():check(signed { key = "other" }))
    assert.equal("keyid is none of this merchant's keys", new():check(signed { keyid = "key-2" }))
    local request = signed()
    request.headers.signature = request.headers.signature:gsub("HmacSHA256", "hs2019")
    assert.equal("algorithm must be HmacSHA256", new():check(request))
  end)

  it("keeps out what is signed too little", function()
    for order, why in pairs {
      ["host request-target digest v-c-merchant-id"] = "no date is signed",
      ["date request-target digest v-c-merchant-id"] = "host is not signed",
      ["host date digest v-c-merchant-id"] = "request-target is not signed",
      ["host date request-target digest"] = "v-c-merchant-id is not signed",
      ["host date request-target v-c-merchant-id"] =
        "digest is not signed, although there is a body",
      ["host date (request-target) digest v-c-merchant-id"] = "(request-target) is no name that "
        .. "is accepted any more: it has no parentheses",
      ["host date date request-target digest v-c-merchant-id"] = "headers names date twice",
      ["host date request-target digest v-c-merchant-id x-more"] =
        "there is no header x-more, which is said to be signed",
      [""] = "host is not signed",
    } do
      assert.equal(why, new():check(signed { order = order }))
    end
  end)

  it("keeps out what came to another host, path, query, method or merchant", function()
    for _, change in ipairs {
      function(r) r.headers.host = "127.0.0.1:8081" end,
      function(r) r.path = "/pts/v2/payments/" end,
      function(r) r.query = "x=/" end, function(r) r.query = nil end,
      function(r) r.method = "PATCH" end,
    } do
      local request = signed()
      change(request)
      assert.matches("signature does not fit", new():check(request))
    end
    local request = signed()
    request.headers["v-c-merchant-id"] = "other"
    assert.matches("another merchant's", new():check(request))
    request.headers["v-c-merchant-id"] = nil
    assert.matches("another merchant's", new():check(request))
    assert.matches("signature does not fit", new():check(signed { merchant = "other" }))
  end)

  it("knows whose key a meta key is", function()
    local own = new { portfolio_id = "group" }
    assert.is_nil(own:check(signed { merchant = "group" }))
    assert.matches("signature does not fit", own:check(signed()))
    assert.matches("signature does not fit", new():check(signed { merchant = "group" }))
  end)

  it("reads a signature of one form", function()
    local right = signed().headers.signature
    for _, value in ipairs { "", "x", right .. ",", right .. ", ", right:gsub('"', ""),
      right .. ', keyid="key-1"', right:gsub("keyid", "keyId"), right:gsub(", ", ",  "),
      right:gsub(', headers="[^"]*"', ""), right:sub(1, -2), 'more="x", ' .. right } do
      local request = signed()
      request.headers.signature = value
      assert.matches("^signature must read", new():check(request))
    end
    local request = signed()
    request.headers.signature = right:gsub('signature="[^"]*"', 'signature="%%"')
    assert.matches("signature does not fit", new():check(request))
  end)

  it("needs a Host, and a signature of some kind", function()
    local request = signed()
    request.headers.host = nil
    assert.equal("there is no Host header", new():check(request))
    request = signed()
    request.headers.signature = nil
    assert.matches("nothing is signed", new():check(request))
  end)
end)

-- The token ---------------------------------------------------------------------------------------

local HEADER = { typ = "JWT", alg = "HS256", kid = "key-1" }

local function claims_of(change)
  local claims = {
    digest = sign.base64(sign.sha256(BODY)), digestAlgorithm = "SHA-256", iat = NOW_S,
    exp = NOW_S + 120, iss = "shop", jti = "jti-1", ["request-host"] = "127.0.0.1:8080",
    ["request-method"] = "post", ["request-resource-path"] = "/pts/v2/payments?x=%2F",
    ["v-c-jwt-version"] = "2", ["v-c-merchant-id"] = "shop",
  }
  for name, value in pairs(change or {}) do
    if value == json.null then value = nil end
    claims[name] = value
  end
  return claims
end

local function request_of(authorization)
  return { method = "POST", path = "/pts/v2/payments", query = "x=%2F", body = BODY,
    headers = { host = "127.0.0.1:8080", authorization = authorization } }
end

-- A request with a token, signed by the formula. header: changes; key: another secret
local function bearing(change, header, key)
  local head = {}
  for name, value in pairs(HEADER) do head[name] = value end
  for name, value in pairs(header or {}) do head[name] = value end
  local compact = sign.base64url(assert(json.encode(head))) .. "."
    .. sign.base64url(assert(json.encode(claims_of(change))))
  local mac = sign.hmac_sha256(key or SECRET, compact)
  return request_of("Bearer " .. compact .. "." .. sign.base64url(mac))
end

describe("the door, of tokens,", function()
  for _, vector in ipairs(vectors "cybersource-jwt") do
    it("lets in what the official SDK signed, once: " .. vector.name, function()
      local input = vector.input
      local own = door.new {
        merchant_id = input.merchant_id, portfolio_id = text(input.portfolio_id),
        key_id = input.key_id or "none", secret = input.secret_base64 or sign.base64 "none",
        certificates = { [input.kid or ""] = input.certificate_pem },
        now = function() return input.iat * 1000 end }
      local path, query = split(input.path)
      local function request()
        return { method = input.method, path = path, query = query, body = text(input.body) or "",
          headers = { host = input.host, authorization = vector.expected.authorization } }
      end
      local changed = request()
      changed.body = changed.body .. "x"
      assert.matches("digest", own:check(changed))
      assert.is_nil(own:check(request()))
      assert.equal("the token came before: jti is known", own:check(request()))
    end)
  end

  it("lets in what is claimed by the formula, by either spelling, in any case", function()
    assert.is_nil(new():check(bearing()))
    assert.is_nil(new():check(bearing {
      digestAlgorithm = json.null, ["digest-algorithm"] = "SHA-256", ["request-method"] = "POST" }))
  end)

  it("keeps out a body changed after signing, or not signed at all", function()
    local request = bearing()
    request.body = '{"a":2}'
    assert.equal("digest is not the body's, of which 7 bytes came", new():check(request))
    assert.matches("digest is not claimed", new():check(bearing { digest = json.null }))
    assert.equal("digestAlgorithm must be SHA-256",
      new():check(bearing { digestAlgorithm = "SHA-512" }))
    assert.equal("digestAlgorithm must be SHA-256",
      new():check(bearing { digestAlgorithm = json.null }))
  end)

  it("keeps out a token whose time is over, has not begun, or is too long", function()
    local function at(seconds, change)
      return new { now = function() return (NOW_S + seconds) * 1000 end }:check(bearing(change))
    end
    assert.is_nil(at(119))
    assert.equal("the token expired 0 seconds ago", at(120))
    assert.equal("the token expired 30 seconds ago", at(150))
    assert.is_nil(at(-300))
    assert.equal("the token was issued 301 seconds from now", at(-301))
    for _, change in ipairs { { exp = NOW_S + 121 }, { exp = NOW_S }, { exp = NOW_S - 1 } } do
      assert.equal("exp must be at most 120 seconds after iat", at(0, change))
    end
    for _, change in ipairs { { iat = json.null }, { exp = "1" }, { iat = DATE },
      { iat = NOW_S + 0.5 } } do
      assert.equal("iat and exp must be whole seconds", at(0, change))
    end
  end)

  it("keeps out a wrong key, and an algorithm that is not the key's", function()
    assert.matches("does not fit", new():check(bearing(nil, nil, "other")))
    assert.equal("kid is none of this merchant's keys",
      new():check(bearing(nil, { kid = "key-2" })))
    for _, alg in ipairs { "none", "RS256", "HS512", "", "hs256", 5 } do
      assert.matches("alg is not for this key", new():check(bearing(nil, { alg = alg })))
    end
    local bare = bearing().headers.authorization:match "^(.*%.)"
    assert.matches("must be Bearer", new():check(request_of(bare)))
  end)

  it("keeps out a replayed token inside its lifetime, and forgets it after", function()
    local now_s = NOW_S
    local own = new { now = function() return now_s * 1000 end }
    assert.is_nil(own:check(bearing()))
    now_s = NOW_S + 119
    assert.equal("the token came before: jti is known", own:check(bearing()))
    assert.is_nil(own:check(bearing { jti = "jti-2" }))
    assert.matches("came before", own:check(bearing { iat = NOW_S + 119, exp = NOW_S + 130 }))
    now_s = NOW_S + 120
    assert.is_nil(own:check(bearing { iat = now_s, exp = now_s + 120 }))
    for _, id in ipairs { "", ("x"):rep(257), 5, json.null } do
      assert.matches("^jti must be", own:check(bearing { jti = id, iat = now_s, exp = now_s + 9 }))
    end
  end)

  it("does not use up a token that was refused for something else", function()
    local own, request = new(), bearing()
    request.body = "x"
    assert.matches("digest", own:check(request))
    assert.is_nil(own:check(bearing()))
  end)

  it("keeps out what is for another host, path, method, issuer, merchant or version", function()
    for name, value in pairs { ["request-host"] = "api.cybersource.com",
      ["request-resource-path"] = "/pts/v2/payments", ["request-method"] = "put", iss = "other",
      ["v-c-merchant-id"] = "other", ["v-c-jwt-version"] = "1" } do
      local why = new():check(bearing { [name] = value })
      assert.is_truthy(why:find(name .. ' is "' .. value .. '" and should be', 1, true), why)
      assert.is_truthy(new():check(bearing { [name] = json.null }):find(name .. " is nil", 1, true))
    end
    local own = new { portfolio_id = "group" }
    assert.is_nil(own:check(bearing { iss = "group" }))
    assert.matches("^iss", own:check(bearing()))
  end)

  it("reads a compact token and nothing else", function()
    local right = bearing().headers.authorization
    for _, value in ipairs { "", "Bearer", "Bearer x", "Bearer a.b", "Bearer a.b.c", "Basic abc",
      right:gsub("^Bearer ", "bearer "), right .. "=", right .. ".x", right:gsub("%.", "!", 1),
      "Bearer " .. sign.base64url "5" .. "." .. sign.base64url "{}" .. ".AAAA" } do
      assert.matches("^Authorization must be Bearer", new():check(request_of(value)))
    end
  end)
end)

-- The sandbox behind the door -------------------------------------------------------------------

describe("Cybersource's sandbox answers 401", function()
  local auth = require "kassa.auth"
  local gateway = require "support.gateway"

  local PATH, HOST = "/pts/v2/refresh-payment-status/1", "cybersource.sandbox.invalid"
  local g, account
  before_each(function()
    g = gateway.open { seed = 7 }
    account = g.world.account
  end)

  -- A check that either scheme has signed by the world's time; change: of what is signed.
  local function check_of(scheme, change)
    local input = { method = "POST", path = PATH, host = HOST, body = BODY,
      merchant_id = account.merchant_id, key_id = account.key_id, secret_base64 = account.secret,
      iat = 1704110400, jti = "jti-1", date = "Mon, 01 Jan 2024 12:00:00 GMT" }
    for name, value in pairs(change or {}) do input[name] = value end
    local headers = auth[scheme](input)
    headers.host, headers["content-type"] = HOST, "application/json"
    return { method = "POST", path = PATH, headers = headers, body = BODY }
  end

  local function assert_refused(request, why)
    local answer = g.world:handle(request)
    assert.equal(401, answer.status)
    assert.equal('{"response":{"rmsg":"Authentication Failed"}}', answer.body)
    local noted = g.world:requests()
    assert.matches(why, noted[#noted].refused)
  end

  it("to a body changed after signing", function()
    for _, scheme in ipairs { "http_signature", "jwt" } do
      assert.is_true(g.world:handle(check_of(scheme)).status ~= 401)
      local request = check_of(scheme, { jti = "jti-2" })
      request.body = '{"a":2}'
      assert_refused(request, "digest is not the body's")
    end
  end)

  it("to a stale date", function()
    assert_refused(check_of("http_signature", { date = "Mon, 01 Jan 2024 11:54:59 GMT" }),
      "date is 301 seconds away")
    assert_refused(check_of("jwt", { iat = 1704110400 - 120 }), "expired 0 seconds ago")
  end)

  it("to a wrong key", function()
    for _, scheme in ipairs { "http_signature", "jwt" } do
      assert_refused(check_of(scheme, { secret_base64 = "c2VzYW1l" }), "does not fit")
      assert_refused(check_of(scheme, { key_id = "other" }), "none of this merchant's keys")
    end
  end)

  it("to a replayed token", function()
    assert.is_true(g.world:handle(check_of "jwt").status ~= 401)
    assert_refused(check_of "jwt", "the token came before")
  end)
end)
