-- Promises of core.sign, against published vectors: FIPS 180-4, RFC 4231, RFC 4648, RFC 9562, and
-- the worked webhook example of Klarna's signature. It refuses to compute an expected value itself.
local core = require "kassa.core"
local sign = core.sign

local DNS = "6ba7b810-9dad-11d1-80b4-00c04fd430c8"
local URL = "6ba7b811-9dad-11d1-80b4-00c04fd430c8"
local OID = "6ba7b812-9dad-11d1-80b4-00c04fd430c8"

-- Text of random bytes from a seed, the same on every Lua.
local function generator(seed)
  local state = seed
  return function(limit)
    state = (state * 16807) % 2147483647
    return state % limit
  end
end

local function bytes(next_number, size)
  local out = {}
  for i = 1, size do out[i] = string.char(next_number(256)) end
  return table.concat(out)
end

describe("core.sign digests", function()
  it("computes SHA-256 as FIPS 180-4 does", function()
    local function hex(text) return sign.hex(sign.sha256(text)) end
    assert.equal("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", hex "")
    assert.equal("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", hex "abc")
    assert.equal("248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1",
      hex "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq")
    assert.equal("a77aedfe2e4a7232ea628a71745a966224c4521d93134b993cde5b65ea2f6e3c",
      hex(("abc"):rep(100000)))
  end)

  it("computes HMAC-SHA256 as RFC 4231 does", function()
    local function hex(key, text) return sign.hex(sign.hmac_sha256(key, text)) end
    assert.equal("b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7",
      hex(("\11"):rep(20), "Hi There"))
    assert.equal("5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
      hex("Jefe", "what do ya want for nothing?"))
    assert.equal("60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
      hex(("\170"):rep(131), "Test Using Larger Than Block-Size Key - Hash Key First"))
  end)

  it("accepts an empty key without remembering the last one", function()
    local empty = "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad"
    sign.hmac_sha256("another key", "text")
    assert.equal(empty, sign.hex(sign.hmac_sha256("", "")))
  end)
end)

describe("core.sign and Klarna's webhook signature", function()
  local KEY = "kassa-test-signing-key-0001"
  local BODY = '{"metadata":{"event_type":"payment.transaction.captured",'
    .. '"event_id":"7f1ff389-7792-4cc5-8ec5-cb2ed6e1f19c","event_version":"v2","live":false},'
    .. '"payload":{"payment_capture_id":"krn:payment:eu1:transaction:'
    .. 'bc42b6ff-b222-463c-b4b2-d8d6a82e0162:capture:1","capture_amount":5000}}'
  local RIGHT = "f6faa6360f775ec6ca08fdc58dcf60c78a5680241eb8bdf2091d7cb2ab46af09"

  local function hex(key, text) return sign.hex(sign.hmac_sha256(key, text)) end

  it("agrees with the worked example", function()
    assert.equal(274, #BODY)
    assert.equal(RIGHT, hex(KEY, BODY))
    assert.equal("9vqmNg93XsbKCP3Fjc9gx4pWgCQeuL3yCR18sqtGrwk=",
      sign.base64(sign.hmac_sha256(KEY, BODY)))
  end)

  it("agrees with each variant that must fail", function()
    assert.equal("f162f83c4c8cc0218a5ed0b025f899e035567e72440556b55347cf89d97bc349",
      hex(KEY, BODY .. "\n"))
    local spaced = BODY:gsub('","', '", "')
    assert.equal(278, #spaced)
    assert.equal("3e98c6e4576cb6da4711ab8c6b4f6a32ef6ab9706e0c119227a4db5c6eef11cf",
      hex(KEY, spaced))
    assert.equal("f2755853945bc735e2bce53c42e0d979735122177d3e5bf3433523a30881ea5c", hex(KEY, ""))
    assert.equal("761fc37b2ad248371044ce859d568a8062142fdadb5302ed0e8f4d189577451d",
      hex(("k"):rep(100), BODY))
  end)

  it("signs with a secret as with its string", function()
    assert.equal(RIGHT, hex(core.secret.new(KEY), BODY))
  end)
end)

describe("core.sign encodings", function()
  local BASE64 = { [""] = "", f = "Zg==", fo = "Zm8=", foo = "Zm9v", foob = "Zm9vYg==",
    fooba = "Zm9vYmE=", foobar = "Zm9vYmFy" }

  it("writes base64 as RFC 4648 does, and reads it back", function()
    for plain, text in pairs(BASE64) do
      assert.equal(text, sign.base64(plain))
      assert.equal(plain, sign.unbase64(text))
    end
  end)

  it("reads no base64 that it would not write", function()
    local junk = { "Z", "Zg", "Zg=", "Zg===", "Zh==", "Zm9=", "====", "Z===", "Zg==Zg==", " Zg==",
      "Zg==\n", "Zm9v\n", "Zm\n9", "Zm9-", "Zm9_", "Zm\0v", "=Zg=", "Zm=v" }
    for _, text in ipairs(junk) do assert.is_nil(sign.unbase64(text), text) end
  end)

  it("writes lower-case hex and reads either case", function()
    assert.equal("00ff7f80", sign.hex "\0\255\127\128")
    assert.equal("\0\255\171", sign.unhex "00fFAb")
    assert.equal("", sign.unhex "")
    for _, text in ipairs { "0", "0g", "0x", " 0", "00 ", "\0000" } do
      assert.is_nil(sign.unhex(text))
    end
  end)

  it("gives back 2,000 random byte strings through hex and base64", function()
    local random = generator(7)
    for size = 0, 1999 do
      local text = bytes(random, size % 67)
      assert.equal(text, sign.unhex(sign.hex(text)))
      assert.equal(text, sign.unbase64(sign.base64(text)))
    end
  end)

  it("encodes more than libcrypto takes at once", function()
    local large = ("kassa"):rep(1500000)
    local text = sign.base64(large)
    assert.equal(10000000, #text)
    assert.is_true(sign.unbase64(text) == large)
  end)
end)

describe("core.sign identifiers", function()
  it("makes version 5 UUIDs as RFC 9562 does", function()
    assert.equal("2ed6657d-e927-568b-95e1-2665a8aea6a2", sign.uuid5(DNS, "www.example.com"))
    assert.equal("886313e1-3b8a-5372-9b90-0c9aee199e5d", sign.uuid5(DNS, "python.org"))
    assert.equal("1b4db7eb-4057-5ddf-91e0-36dec72071f5", sign.uuid5(URL, ""))
    assert.equal("7b3b400f-4415-5958-a230-454632df1c5d", sign.uuid5(OID, "a\0b"))
    assert.equal("67cb7ade-89e6-57fa-b080-0a1047547fff",
      sign.uuid5(URL:upper(), "https://www.ietf.org/"))
  end)

  it("refuses a namespace that is no UUID, by its name", function()
    local bad = { "", "6ba7b810", DNS .. "0", (DNS:gsub("-", "0")), (DNS:gsub("6", "g")),
      (DNS:gsub("%x", "-", 1)) }
    for _, space in ipairs(bad) do
      assert.error_matches(function() sign.uuid5(space, "x") end, "namespace")
    end
  end)

  it("makes version 4 UUIDs that differ", function()
    local seen = {}
    for _ = 1, 1000 do
      local uuid = sign.uuid4()
      assert.matches("^%x+%-%x%x%x%x%-4%x%x%x%-[89ab]%x%x%x%-%x+$", uuid)
      assert.equal(36, #uuid)
      assert.is_nil(seen[uuid])
      seen[uuid] = true
    end
  end)

  it("gives as many random bytes as asked for, up to 65536", function()
    for _, size in ipairs { 0, 1, 16, 65536 } do assert.equal(size, #sign.random(size)) end
    assert.are_not.equal(sign.random(16), sign.random(16))
    for _, size in ipairs { -1, 65537, 1.5, 0 / 0, 1 / 0 } do
      assert.error_matches(function() sign.random(size) end, "size")
    end
  end)
end)

describe("core.sign comparison", function()
  it("tells same from different, whatever the sizes", function()
    assert.is_true(sign.equal("", ""))
    assert.is_true(sign.equal("a\0b", "a\0b"))
    assert.is_false(sign.equal("a\0b", "a\0c"))
    assert.is_false(sign.equal("a", "aa"))
    assert.is_true(sign.equal(core.secret.new "key", "key"))
  end)
end)

describe("core.sign misuse", function()
  it("raises with the argument named", function()
    local cases = {
      { "sha256", "bytes", nil }, { "sha256", "bytes", 5 }, { "hex", "bytes", {} },
      { "unhex", "text", false }, { "base64", "bytes" }, { "unbase64", "text", 1 },
      { "hmac_sha256", "key", {}, "x" }, { "hmac_sha256", "bytes", "x", nil },
      { "uuid5", "name", DNS, 7 }, { "equal", "b", "a", nil }, { "random", "size", "16" },
    }
    for _, case in ipairs(cases) do
      local call = function() sign[case[1]](case[3], case[4]) end
      assert.error_matches(call, case[2] .. ": .* expected")
    end
  end)
end)
