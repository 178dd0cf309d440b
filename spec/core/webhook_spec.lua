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

describe("core.webhook.keys", function()
  it("counts, replaces, removes", function()
    local set = webhook.keys { a = "1", b = core.secret.new "2" }
    assert.equal(2, #set)
    assert.equal(set, set:add("c", "3"):add("a", KEY))
    assert.equal(3, #set)
    assert.is_nil(check(BODY, RIGHT, "a", set))
    assert.is_true(set:remove "a")
    assert.is_false(set:remove "a")
    assert.equal("unknown_key", check(BODY, RIGHT, "a", set))
    assert.equal(2, #set)
    assert.equal("kassa.webhook.keys (2)", tostring(set))
  end)

  it("holds 50, by id, and gives places back", function()
    local set = webhook.keys {}
    for i = 1, 50 do set:add("id" .. i, "key" .. i) end
    for i = 1, 50 do
      local signature = sign.hex(sign.hmac_sha256("key" .. i, BODY))
      assert.is_nil(check(BODY, signature, "id" .. i, set))
      assert.equal("mismatch", check(BODY, signature, "id" .. i % 50 + 1, set))
    end
    assert.error_matches(function() set:add("id51", "key") end, "more than 50 keys")
    assert.equal(50, #set:add("id50", "key"))
    set:remove "id7"
    assert.is_nil(check(BODY, RIGHT, "id51", set:add("id51", KEY)))
  end)

  local FAULTS = {
    { { [""] = "k" }, "by its id" }, { { "k" }, "by its id" }, { { [true] = "k" }, "by its id" },
    { { a = 5 }, "string or a secret" }, { { a = {} }, "string or a secret" },
    { { a = false }, "string or a secret" }, { { a = "" }, "empty key" },
    { { a = core.secret.new "" }, "empty key" }, { { a = "sesame\n" }, "white space" },
    { { a = " sesame" }, "white space" }, { { a = core.secret.new "sesame\t" }, "white space" },
  }

  it("refuses a key that cannot be meant, without saying it", function()
    for _, case in ipairs(FAULTS) do
      local fault = webhook.keys_fault(case[1])
      assert.matches(case[2], fault)
      local _, err = pcall(webhook.keys, case[1])
      assert.is_truthy(err:find("keys " .. fault, 1, true))
      assert.is_nil(err:find("sesame", 1, true))
      local id, key = next(case[1])
      local set = webhook.keys { kept = KEY }
      assert.error_matches(function() set:add(id, key) end, case[2])
      assert.equal(1, #set)
      assert.is_nil(check(BODY, RIGHT, "kept", set))
    end
    assert.error_matches(function() webhook.keys { a = "k" }:add "a" end, "string or a secret")
    assert.error_matches(function() webhook.keys() end, "keys: table expected")
    assert.error_matches(function() webhook.keys({}):remove() end, "id: string expected")
  end)

  it("finds no fault with up to 50 keys, and one with more", function()
    local keys = {}
    for i = 1, 50 do keys["id" .. i] = "key" end
    assert.is_nil(webhook.keys_fault(keys))
    assert.is_nil(webhook.keys_fault(webhook.keys(keys)))
    keys.id51 = "key"
    assert.matches("more than 50", webhook.keys_fault(keys))
    assert.matches("must be a table", webhook.keys_fault(nil))
    assert.matches("must be a table", webhook.keys_fault(io.stdout))
  end)

  it("shows nothing of itself and does not take another's methods", function()
    local set = webhook.keys { sesame = "open" }
    assert.is_nil(tostring(set):find("sesame", 1, true))
    assert.is_false(getmetatable(set))
    assert.is_nil(set.keys)
    assert.has_error(function() set.x = 1 end)
    assert.error_matches(function() set.add(io.stdout, "a", "k") end, "kassa.webhook_keys exp")
  end)

  it("is empty after collection: a resurrected set knows no key", function()
    if _VERSION == "Lua 5.1" then return end -- tables have no __gc there to resurrect it with
    local holder, risen = { set = webhook.keys { [KEY_ID] = KEY } }, nil
    setmetatable(holder, { __gc = function(dying) risen = dying.set end })
    holder = nil -- luacheck: ignore
    collectgarbage()
    collectgarbage()
    assert.equal(0, #risen)
    assert.equal("unknown_key", check(BODY, RIGHT, KEY_ID, risen))
  end)
end)
