-- Promises of sets of signing keys: a set knows what it was given and nothing else, whoever signs,
-- and no message shows a key. It refuses to test the check itself.
local core = require "kassa.core"
local deliveries = require "support.deliveries"

local webhook, sign = core.webhook, core.sign
local KEY, KEY_ID, BODY, RIGHT =
  deliveries.KEY, deliveries.KEY_ID, deliveries.BODY, deliveries.RIGHT

-- What check says of a delivery: the reason, or nil.
local function check(body, signature, id, keys)
  return (webhook.check { body = body, keys = keys,
    headers = { ["klarna-signature"] = signature, ["klarna-signing-key-id"] = id } })
end

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

describe("core.webhook.keys of Cybersource", function()
  local VECTOR = deliveries.stamped[1]

  local function check_stamped(keys, header)
    return (webhook.check { body = VECTOR.body, keys = keys, provider = "cybersource",
      headers = { ["v-c-signature"] = header or VECTOR.header } })
  end

  it("are base64, and a set of them is as good as a table", function()
    for _, key in ipairs { VECTOR.key, core.secret.new(VECTOR.key) } do
      local keys = { other = "AAAA", [VECTOR.key_id] = key }
      assert.is_nil(check_stamped(keys))
      assert.is_nil(check_stamped(webhook.keys(keys, "cybersource")))
    end
    local set = webhook.keys({}, "cybersource")
    assert.equal("unknown_key", check_stamped(set))
    assert.is_nil(check_stamped(set:add(VECTOR.key_id, VECTOR.key)))
    assert.equal("mismatch", check_stamped(set:add(VECTOR.key_id, "AAAA")))
    assert.is_true(set:remove(VECTOR.key_id))
    assert.equal("unknown_key", check_stamped(set))
  end)

  it("are refused in any other form, without saying it", function()
    local long = ("A"):rep(1028)
    for _, key in ipairs { "sesame!", "c2VzYW1", "c2VzYW1l=", "c2Vz YW1l", "c2VzYW1lcw=",
      "c2VzYW1lcx==", "c2VzYW1l_-8=", long, core.secret.new "sesame!" } do
      local fault = webhook.keys_fault({ a = key }, "cybersource")
      assert.matches("not base64", fault)
      local _, err = pcall(webhook.keys, { a = key }, "cybersource")
      assert.is_truthy(err:find("keys " .. fault, 1, true))
      assert.is_nil(err:find("sesame", 1, true) or err:find("c2Vz", 1, true))
      assert.is_nil(webhook.keys_fault { a = key })
    end
    assert.is_nil(webhook.keys_fault({ a = long:sub(1, 1024) }, "cybersource"))
    assert.matches("empty key", webhook.keys_fault({ a = "" }, "cybersource"))
    assert.matches("white space", webhook.keys_fault({ a = "AAAA\n" }, "cybersource"))
  end)

  it("are not Klarna's: a set serves whom it was made for", function()
    local theirs = webhook.keys({ [VECTOR.key_id] = VECTOR.key }, "cybersource")
    local ours = webhook.keys({ [KEY_ID] = KEY }, "klarna")
    assert.matches("another provider", webhook.keys_fault(theirs))
    assert.matches("another provider", webhook.keys_fault(ours, "cybersource"))
    assert.equal("option", check(BODY, RIGHT, KEY_ID, theirs))
    assert.equal("option", check_stamped(ours))
    assert.is_nil(check(BODY, RIGHT, KEY_ID, ours))
    for _, name in ipairs { "stripe", 5, true, "klarna\0" } do
      assert.error_matches(function() webhook.keys({}, name) end, '"klarna", "cybersource"')
    end
  end)
end)
