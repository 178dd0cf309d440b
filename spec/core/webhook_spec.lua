-- Promises of core.webhook: a signature is right or it is not, whatever the key's form, and a set
-- of keys is as good as a table of them. It refuses to compute by hand what libcrypto can tell.
local core = require "kassa.core"
local json = require "kassa.json"
local deliveries = require "support.deliveries"

local unpack = table.unpack or unpack -- luacheck: ignore
local webhook, sign = core.webhook, core.sign
local KEY, KEY_ID, BODY, RIGHT =
  deliveries.KEY, deliveries.KEY_ID, deliveries.BODY, deliveries.RIGHT

-- What check says of a delivery: the reason, or nil.
local function check(body, signature, id, keys)
  return (webhook.check { body = body, keys = keys,
    headers = { ["klarna-signature"] = signature, ["klarna-signing-key-id"] = id } })
end

-- The same by a table of keys and by a set of them, which must agree.
local function both(keys, body, signature)
  local plain = check(body, signature, KEY_ID, keys)
  assert.equal(plain, check(body, signature, KEY_ID, webhook.keys(keys)))
  return plain
end

describe("core.webhook.check", function()
  for _, vector in ipairs(deliveries.vectors) do
    it("agrees with the vector: " .. vector.name, function()
      assert.is_nil(both({ [KEY_ID] = vector.key }, vector.body, vector.signature))
      assert.is_nil(both({ [KEY_ID] = core.secret.new(vector.key) }, vector.body, vector.signature))
      if vector.signature ~= RIGHT then
        assert.equal("mismatch", both({ [KEY_ID] = vector.key }, vector.body, RIGHT))
      end
    end)
  end

  it("agrees with libcrypto's HMAC for keys and bodies of every size around a block", function()
    local random = deliveries.random(11)
    for size = 1, 200 do
      local key = "k" .. deliveries.bytes(random, size - 1):gsub("%s", "s")
      local body = deliveries.bytes(random, (size * 7) % 193)
      local signature = sign.hex(sign.hmac_sha256(key, body))
      assert.is_nil(both({ [KEY_ID] = key }, body, signature))
      assert.equal("mismatch", both({ [KEY_ID] = key .. "x" }, body, signature))
      assert.equal("mismatch", both({ [KEY_ID] = key }, body .. "\0", signature))
    end
  end)

  it("reads a body of 20 MB, and one of NULs", function()
    for _, body in ipairs { ("kassa"):rep(4000000), ("\0"):rep(1000) } do
      local signature = sign.hex(sign.hmac_sha256(KEY, body))
      assert.is_nil(both({ [KEY_ID] = KEY }, body, signature))
      assert.equal("mismatch", both({ [KEY_ID] = KEY }, body:sub(1, -2), signature))
    end
  end)

  it("takes 64 lower-case hexadecimal digits and no other form", function()
    local forms = { "", RIGHT:upper(), RIGHT:sub(1, 63), RIGHT .. "0", " " .. RIGHT, RIGHT .. " ",
      RIGHT .. "\n", "0x" .. RIGHT:sub(3), RIGHT .. "," .. RIGHT, deliveries.BASE64,
      sign.unhex(RIGHT), RIGHT:sub(1, 63) .. "\0", RIGHT:sub(1, 63) .. "g", RIGHT:rep(2),
      "sha256=" .. RIGHT, (RIGHT:gsub("^f", "F")), (RIGHT:gsub("f", "\239\189\134", 1)),
      RIGHT:sub(1, 62) .. "  ", "+" .. RIGHT:sub(2), "-" .. RIGHT:sub(2) }
    for _, signature in ipairs(forms) do
      assert.equal("bad_format", both({ [KEY_ID] = KEY }, BODY, signature))
    end
  end)

  it("tells what is missing from what is wrong", function()
    local keys = { [KEY_ID] = KEY }
    assert.equal("no_signature", check(BODY, nil, KEY_ID, keys))
    assert.equal("no_signature", check(BODY, RIGHT, nil, keys))
    assert.equal("unknown_key", check(BODY, RIGHT, "other", keys))
    assert.equal("unknown_key", check(BODY, RIGHT, "", keys))
    assert.equal("unknown_key", check(BODY, RIGHT, KEY_ID, {}))
    assert.equal("unknown_key", check(BODY, RIGHT, KEY_ID, webhook.keys {}))
  end)

  it("asks no metatable for a key", function()
    local keys = setmetatable({}, { __index = function() return KEY end })
    assert.equal("unknown_key", check(BODY, RIGHT, KEY_ID, keys))
    keys = setmetatable({}, { __index = { [KEY_ID] = KEY } })
    assert.equal("unknown_key", check(BODY, RIGHT, KEY_ID, keys))
    for _, id in ipairs { "__index", "__gc", "add", "1" } do
      assert.equal("unknown_key", check(BODY, RIGHT, id, webhook.keys { [KEY_ID] = KEY }))
    end
  end)

  it("works on after each refusal, by either form of keys", function()
    local set = webhook.keys { [KEY_ID] = KEY }
    for _, signature in ipairs { RIGHT:upper(), ("0"):rep(64), "" } do
      assert.is_string(check(BODY, signature, KEY_ID, set))
      assert.is_nil(check(BODY, RIGHT, KEY_ID, set))
      assert.is_nil(check(BODY, RIGHT, KEY_ID, { [KEY_ID] = KEY }))
    end
  end)

  it("gives back the two headers as it found them, after the reason", function()
    local headers = { ["Klarna-Signature"] = RIGHT, ["Klarna-Signing-Key-Id"] = KEY_ID }
    local options = { body = BODY, headers = headers, keys = { [KEY_ID] = KEY } }
    assert.same({ nil, RIGHT, KEY_ID }, { webhook.check(options) })
    options.keys = {}
    assert.same({ "unknown_key", RIGHT, KEY_ID }, { webhook.check(options) })
    headers["klarna-signature"] = "x"
    assert.same({ "bad_format", false, KEY_ID }, { webhook.check(options) })
  end)

  it("names the first option that cannot be meant", function()
    local right = { body = BODY, headers = {}, keys = {} }
    local function with(name, value)
      local options = { [name] = value }
      for known, part in pairs(right) do if known ~= name then options[known] = part end end
      return { webhook.check(options) }
    end
    for name, values in pairs { body = { 5, {}, false }, headers = { 5, "x", false },
      provider = { "x", 5, false, "klarna\0" }, now_ms = { "5", false }, raw = { 1, "true" } } do
      if name == "body" or name == "headers" then
        assert.same({ "option", name }, with(name))
      end
      for _, value in ipairs(values) do assert.same({ "option", name }, with(name, value)) end
    end
    assert.same({ "option", "keys", webhook.keys_fault(5) }, with("keys", 5))
    assert.same({ "option", "keys", webhook.keys_fault() }, with("keys"))
    assert.same({ "option", "keys", webhook.keys_fault { a = "" } }, with("keys", { a = "" }))
    assert.same({ "option", "Body" }, with("Body", BODY))
    assert.same({ "option", "bod\0" }, with("bod\0", BODY))
    assert.same({ "option", 1 }, with(1, BODY))
    assert.error_matches(function() webhook.check(5) end, "options: table expected")
  end)
end)

describe("core.webhook.check on headers", function()
  local function found(headers)
    local list = { webhook.check { body = BODY, headers = headers, keys = {} } }
    return { list[2], list[3] }
  end

  it("finds the two in any case, among others", function()
    assert.same({ "s", "i" }, found {
      Host = "x", ["KLARNA-SIGNATURE"] = "s", ["klarna-signing-key-ID"] = "i", [1] = "y" })
    assert.same({ "s", nil }, found { ["klarna-signature"] = "s" })
    assert.same({ nil, "i" },
      found { ["Klarna-Signing-Key-Id"] = "i", ["Klarna-Signatures"] = "s", [true] = "s" })
    assert.same({}, found { ["klarna-signaturd"] = "s", ["klarna-signatur\0"] = "s" })
  end)

  it("takes a list of one for its item, and two of a header for none", function()
    local name = "klarna-signature"
    assert.same({ "s" }, found { [name] = { "s" } })
    assert.same({ false }, found { [name] = { "s", "s" } })
    assert.same({ false }, found { [name] = {} })
    assert.same({ false }, found { [name] = { { "s" } } })
    assert.same({ false }, found { [name] = 5 })
    assert.same({ false }, found { [name] = { 5 } })
    assert.same({ false }, found { [name] = false })
    assert.same({ false }, found { [name] = "s", ["Klarna-Signature"] = "s" })
    assert.same({ false }, found { [name] = "s", [name:upper()] = "s", ["Klarna-Signature"] = {} })
  end)

  it("asks to have a function asked, and takes what it said as a table's", function()
    local options = { body = BODY, headers = print, keys = { [KEY_ID] = KEY } }
    local function say(...) return { webhook.check(options, ...) } end
    assert.same({ "ask" }, { webhook.check(options) })
    assert.same({ nil, RIGHT, KEY_ID }, say(RIGHT, KEY_ID))
    assert.same({ nil, RIGHT, KEY_ID }, say({ RIGHT }, { KEY_ID }))
    assert.same({ "bad_format", false, KEY_ID }, say({ RIGHT, RIGHT }, KEY_ID))
    assert.same({ "bad_format", RIGHT, false }, say(RIGHT, 5))
    assert.same({ "no_signature" }, say(nil, nil))
    options.keys = nil
    assert.equal("option", say(RIGHT, KEY_ID)[1])
  end)
end)

describe("core.webhook.parts", function()
  local function parts(text) return { webhook.parts(json.decode(text)) } end

  it("gives what an event is made of", function()
    local list = parts('{"metadata":{"event_type":"a","event_id":"b","event_version":"v2",'
      .. '"occurred_at":"1970-01-01T00:00:01Z","live":false},"payload":{"c":1}}')
    assert.equal("a", list[1].event_type)
    assert.same({ { c = 1 }, "a", "b", "v2", "1970-01-01T00:00:01Z", 1000, false },
      { unpack(list, 2, 8) })
  end)

  it("gives nil for what may be absent or is of another type", function()
    local list = parts('{"metadata":{"event_type":"a","event_id":"b","event_version":2,'
      .. '"occurred_at":"yesterday","live":null},"payload":{}}')
    assert.same({ {}, "a", "b", nil, "yesterday" }, { unpack(list, 2, 8) })
  end)

  it("asks no metatable, and says what is absent of anything", function()
    local trap = {}
    setmetatable(trap, { __index = function() return trap end })
    for _, value in ipairs { trap, { metadata = trap, payload = {} }, 5, false, "x", print } do
      local metadata, what = webhook.parts(value)
      assert.is_nil(metadata)
      assert.is_string(what)
    end
    assert.is_nil((webhook.parts()))
  end)
end)

describe("core.webhook.check of Cybersource", function()
  local SAMPLE = deliveries.stamped[1]

  local function check_stamped(header, body, keys)
    return webhook.check { body = body or SAMPLE.body, provider = "cybersource",
      keys = keys or { [SAMPLE.key_id] = SAMPLE.key }, headers = { ["V-C-Signature"] = header } }
  end

  for _, vector in ipairs(deliveries.stamped) do
    it("agrees with the vector: " .. vector.name, function()
      local keys = { [vector.key_id] = vector.key }
      local function plain_and_set(header)
        local reason, _, id, at_ms = check_stamped(header, vector.body, keys)
        local set = webhook.keys(keys, "cybersource")
        assert.equal(reason, (check_stamped(header, vector.body, set)))
        return reason, id, at_ms
      end
      assert.equal(vector.valid, plain_and_set(vector.header) == nil)
      local right = ("t=%.0f;keyId=%s;sig=%s"):format(vector.at_ms, vector.key_id, vector.right)
      assert.same({ nil, vector.key_id, vector.at_ms }, { plain_and_set(right) })
    end)
  end

  it("agrees with libcrypto's HMAC over time, dot and body of every size", function()
    local random = deliveries.random(12)
    for size = 1, 150 do
      local bytes, body = deliveries.bytes(random, size), deliveries.bytes(random, size * 7 % 193)
      local time = ("%d"):format(size * 1234567)
      local mac = sign.base64(sign.hmac_sha256(bytes, time .. "." .. body))
      local keys = { id = sign.base64(bytes) }
      assert.is_nil((check_stamped(("t=%s;keyId=id;sig=%s"):format(time, mac), body, keys)))
      assert.equal("mismatch",
        (check_stamped(("t=0%s;keyId=id;sig=%s"):format(time, mac), body, keys)))
    end
  end)

  it("takes the one form that is documented", function()
    local t, id = "t=1617830804768", ";keyId=" .. SAMPLE.key_id
    local sig = ";sig=" .. SAMPLE.right
    assert.is_nil((check_stamped(t .. id .. sig)))
    for _, header in ipairs { "", t, t .. id, t .. id .. ";sig=", id:sub(2) .. ";" .. t .. sig,
      t .. id .. sig .. ";", t .. id .. sig .. " ", " " .. t .. id .. sig, t .. ";" .. id .. sig,
      "T" .. t:sub(2) .. id .. sig, t .. id:upper() .. sig, "t=" .. id .. sig,
      "t=-1" .. id .. sig, "t=+1617830804768" .. id .. sig, "t=1617830804768.0" .. id .. sig,
      "t=0x10" .. id .. sig, "t=1617830804768123" .. id .. sig, "t= 1617830804768" .. id .. sig,
      t .. ";keyId=" .. sig, t .. ";keyId=a b" .. sig, t .. ";keyId=a\0" .. sig,
      t .. ";keyId=\195\169" .. sig, t .. id .. sig .. "\0", t .. id .. sig:sub(1, -2),
      t .. id .. sig .. "=", t .. id .. ";sig=" .. sign.hex(sign.unbase64(SAMPLE.right)),
      t .. id .. (sig:gsub("=$", "\n")), t .. id .. sig .. "," .. t .. id .. sig,
      t .. id .. (sig:gsub("=$", ""):gsub("/", "_"):gsub("%+", "-")),
      t .. id .. ";sig=" .. ("A"):rep(42) .. "B=", t .. id .. ";sig=" .. ("A"):rep(44) } do
      assert.equal("bad_format", (check_stamped(header)), header)
    end
    assert.equal("mismatch", (check_stamped(t .. id .. ";sig=" .. ("A"):rep(43) .. "=")))
  end)

  it("tells what is missing, double, unknown, and gives the time with the reason", function()
    assert.same({ "no_signature", nil, nil, 0 }, { check_stamped(nil) })
    assert.same({ "bad_format", false, nil, 0 }, { check_stamped { "a", "b" } })
    assert.equal("unknown_key", (check_stamped(SAMPLE.header, nil, {})))
    local reason, signature, id, at_ms = check_stamped(SAMPLE.header, "other")
    assert.same({ "mismatch", SAMPLE.header, SAMPLE.key_id, 1617830804768 },
      { reason, signature, id, at_ms })
  end)

  it("knows a tolerance, which Klarna's has not", function()
    local function with(provider, tolerance)
      local headers = { ["v-c-signature"] = SAMPLE.header, ["klarna-signature"] = "x" }
      return { webhook.check { body = "", headers = headers, keys = {}, provider = provider,
        tolerance_s = tolerance } }
    end
    for _, value in ipairs { "5", -1, 0 / 0, true, {} } do
      assert.same({ "option", "tolerance_s" }, with("cybersource", value))
    end
    for _, value in ipairs { 0, 0.5, 3600, math.huge } do
      assert.equal("unknown_key", with("cybersource", value)[1])
    end
    assert.matches("Klarna signs no time", with("klarna", 5)[3])
    assert.same({ "option", "tolerance_s" }, { with(nil, 5)[1], with(nil, 5)[2] })
  end)
end)
