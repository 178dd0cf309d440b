-- Promises of kassa.auth.http_signature: the vectors made by the official SDK, byte for byte, and
-- what misuse reads like. It refuses to compute an expected value itself.
local http_signature = require "kassa.auth".http_signature
local json = require "kassa.json"
local peers = require "support.peers"
local secret = require "kassa.core".secret

local VECTORS = json.decode(peers.read "spec/fixtures/cybersource/cybersource-http-signature.json")

local function good()
  return {
    method = "POST", path = "/pts/v2/payments", host = "apitest.cybersource.com",
    date = "Thu, 18 Jul 2019 00:18:03 GMT", merchant_id = "m", key_id = "k",
    secret_base64 = "c2VjcmV0", body = "{}",
  }
end

describe("kassa.auth.http_signature", function()
  for _, vector in ipairs(VECTORS.vectors) do
    it("signs as the official SDK does: " .. vector.name, function()
      local made = http_signature(vector.input)
      for name, value in pairs(vector.expected) do
        if value == json.null then value = nil end
        assert.equal(value, made[name])
      end
      for name in pairs(made) do assert.is_not_nil(vector.expected[name]) end
    end)
  end

  it("has all twelve vectors", function() assert.equal(12, #VECTORS.vectors) end)

  it("takes the secret as kassa.secret", function()
    local plain, hidden = good(), good()
    hidden.secret_base64 = secret.new "c2VjcmV0"
    assert.same(http_signature(plain), http_signature(hidden))
  end)

  it("names the field that cannot be meant, at the caller's line, without the secret", function()
    local wrong = {
      method = 7, path = "pts", host = "a\nb", merchant_id = false, key_id = 'a"b', date = 1,
      secret_base64 = "not base64 SECRET", body = {},
    }
    for name, value in pairs(wrong) do
      local input = good()
      input[name] = value
      local ok, message = pcall(http_signature, input)
      assert.is_false(ok)
      assert.matches(name, message)
      assert.is_nil(message:find "SECRET")
    end
    local ok, message = pcall(function() http_signature { method = 7 } end)
    assert.is_false(ok)
    assert.matches("http_signature_spec", message)
  end)

  it("writes dates as RFC 1123 does, in English and in GMT", function()
    local date = require "kassa.auth.http_signature".date
    assert.equal("Thu, 01 Jan 1970 00:00:00 GMT", date(0))
    assert.equal("Thu, 18 Jul 2019 00:18:03 GMT", date(1563409083))
    assert.equal("Sat, 29 Feb 2020 23:59:59 GMT", date(1583020799))
  end)
end)
