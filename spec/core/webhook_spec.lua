-- Promises of core.webhook: a signature is right or it is not, whatever the key's form, and a set
-- of keys is as good as a table of them. It refuses to compute by hand what libcrypto can tell.
local core = require "kassa.core"
local deliveries = require "support.deliveries"

local webhook, sign = core.webhook, core.sign
local KEY, KEY_ID, BODY, RIGHT =
  deliveries.KEY, deliveries.KEY_ID, deliveries.BODY, deliveries.RIGHT

local function both(keys, body, signature)
  local plain = webhook.check(body, signature, KEY_ID, keys)
  assert.equal(plain, webhook.check(body, signature, KEY_ID, webhook.keys(keys)))
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
    assert.equal("no_signature", webhook.check(BODY, nil, KEY_ID, keys))
    assert.equal("no_signature", webhook.check(BODY, RIGHT, nil, keys))
    assert.equal("bad_format", webhook.check(BODY, false, KEY_ID, keys))
    assert.equal("bad_format", webhook.check(BODY, RIGHT, false, keys))
    assert.equal("unknown_key", webhook.check(BODY, RIGHT, "other", keys))
    assert.equal("unknown_key", webhook.check(BODY, RIGHT, "", keys))
    assert.equal("unknown_key", webhook.check(BODY, RIGHT, KEY_ID, {}))
    assert.equal("unknown_key", webhook.check(BODY, RIGHT, KEY_ID, webhook.keys {}))
  end)

  it("asks no metatable for a key", function()
    local keys = setmetatable({}, { __index = function() return KEY end })
    assert.equal("unknown_key", webhook.check(BODY, RIGHT, KEY_ID, keys))
    keys = setmetatable({}, { __index = { [KEY_ID] = KEY } })
    assert.equal("unknown_key", webhook.check(BODY, RIGHT, KEY_ID, keys))
    for _, id in ipairs { "__index", "__gc", "add", "1" } do
      assert.equal("unknown_key", webhook.check(BODY, RIGHT, id, webhook.keys { [KEY_ID] = KEY }))
    end
  end)

  it("works on after each refusal, by either form of keys", function()
    local set = webhook.keys { [KEY_ID] = KEY }
    for _, signature in ipairs { RIGHT:upper(), ("0"):rep(64), "" } do
      assert.is_string(webhook.check(BODY, signature, KEY_ID, set))
      assert.is_nil(webhook.check(BODY, RIGHT, KEY_ID, set))
      assert.is_nil(webhook.check(BODY, RIGHT, KEY_ID, { [KEY_ID] = KEY }))
    end
  end)

  it("raises with the argument named when misused", function()
    assert.error_matches(function() webhook.check(5, RIGHT, KEY_ID, {}) end, "body: string")
    assert.error_matches(function() webhook.check(BODY, RIGHT, KEY_ID, 5) end, "keys: table")
    assert.error_matches(function() webhook.check(BODY, RIGHT, KEY_ID, io.stdout) end, "keys: t")
  end)
end)

describe("core.webhook.find", function()
  local function find(headers) return { webhook.find(headers) } end

  it("finds the two headers in any case, among others", function()
    assert.same({ "s", "i" }, find {
      Host = "x", ["KLARNA-SIGNATURE"] = "s", ["klarna-signing-key-ID"] = "i", [1] = "y" })
    assert.same({ "s", nil }, find { ["klarna-signature"] = "s" })
    assert.same({ nil, "i" }, find { ["Klarna-Signing-Key-Id"] = "i", ["Klarna-Signatures"] = "s" })
    assert.same({}, find {})
  end)

  it("takes a list of one for its item, and two of a header for none", function()
    local name = "klarna-signature"
    assert.same({ "s" }, find { [name] = { "s" } })
    assert.same({ false }, find { [name] = { "s", "s" } })
    assert.same({ false }, find { [name] = {} })
    assert.same({ false }, find { [name] = { { "s" } } })
    assert.same({ false }, find { [name] = 5 })
    assert.same({ false }, find { [name] = { 5 } })
    assert.same({ false }, find { [name] = "s", ["Klarna-Signature"] = "s" })
    assert.same({ false }, find { [name] = "s", [name:upper()] = "s", ["Klarna-Signature"] = {} })
  end)

  it("gives the same for the value of one header", function()
    assert.same({ "s", "s", false, false, n = 5 }, { webhook.value "s", webhook.value { "s" },
      webhook.value { "s", "s" }, webhook.value(5), webhook.value(nil), n = 5 })
  end)
end)

describe("core.webhook.keys", function()
  it("counts, replaces, removes", function()
    local set = webhook.keys { a = "1", b = core.secret.new "2" }
    assert.equal(2, #set)
    assert.equal(set, set:add("c", "3"):add("a", KEY))
    assert.equal(3, #set)
    assert.is_nil(webhook.check(BODY, RIGHT, "a", set))
    assert.is_true(set:remove "a")
    assert.is_false(set:remove "a")
    assert.equal("unknown_key", webhook.check(BODY, RIGHT, "a", set))
    assert.equal(2, #set)
    assert.equal("kassa.webhook.keys (2)", tostring(set))
  end)

  it("holds 50, by id, and gives places back", function()
    local set = webhook.keys {}
    for i = 1, 50 do set:add("id" .. i, "key" .. i) end
    for i = 1, 50 do
      local signature = sign.hex(sign.hmac_sha256("key" .. i, BODY))
      assert.is_nil(webhook.check(BODY, signature, "id" .. i, set))
      assert.equal("mismatch", webhook.check(BODY, signature, "id" .. i % 50 + 1, set))
    end
    assert.error_matches(function() set:add("id51", "key") end, "more than 50 keys")
    assert.equal(50, #set:add("id50", "key"))
    set:remove "id7"
    assert.is_nil(webhook.check(BODY, RIGHT, "id51", set:add("id51", KEY)))
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
      assert.is_nil(webhook.check(BODY, RIGHT, "kept", set))
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
    assert.equal("unknown_key", webhook.check(BODY, RIGHT, KEY_ID, risen))
  end)
end)
