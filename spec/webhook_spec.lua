-- Promises of kassa.webhook: only what the provider signed becomes an event, a refusal says which
-- rule was broken, and no error shows a key, a digest or the body.
local core = require "kassa.core"
local deliveries = require "support.deliveries"
local fixtures = require "support.fixtures"
local json = require "kassa.json"
local webhook = require "kassa.webhook"

local KEY, KEY_ID, BODY, RIGHT =
  deliveries.KEY, deliveries.KEY_ID, deliveries.BODY, deliveries.RIGHT
local KEYS = { [KEY_ID] = KEY }

local function verify(changes)
  local options = { body = BODY, headers = deliveries.headers(), keys = KEYS }
  for name, value in pairs(changes or {}) do options[name] = value end
  return webhook.verify(options)
end

-- A body signed rightly, through verify.
local function verify_signed(body, changes)
  local headers = webhook.sign { body = body, key = KEY, key_id = KEY_ID }
  local options = { body = body, headers = headers }
  for name, value in pairs(changes or {}) do options[name] = value end
  return verify(options)
end

-- Nothing of these may stand in an error, in any of its fields.
local function assert_silent(err, ...)
  local text = tostring(err)
  for _, value in pairs(err) do text = text .. "\n" .. tostring(value) end
  for _, secret in ipairs { ... } do assert.is_nil(text:find(secret, 1, true), text) end
end

local function assert_refused(reason, event, err)
  assert.is_nil(event)
  assert.same({ "signature", reason, "no", "never", "kassa.webhook.verify" },
    { err.code, err.reason, err.happened, err.retry, err.operation })
  assert_silent(err, KEY, RIGHT, deliveries.BASE64, "bc42b6ff", "capture_amount")
  return err.message
end

describe("a verified delivery", function()
  it("is an event", function()
    local event = assert(verify())
    assert.same({ type = "payment.transaction.captured",
      id = "7f1ff389-7792-4cc5-8ec5-cb2ed6e1f19c", version = "v2", live = false,
      metadata = json.decode(BODY).metadata, payload = json.decode(BODY).payload,
      body = BODY, key_id = KEY_ID }, event)
    assert.equal(5000, event.payload.capture_amount)
    assert.equal("payment.transaction.captured 7f1ff389-7792-4cc5-8ec5-cb2ed6e1f19c",
      tostring(event))
  end)

  it("is read whatever the form of the keys", function()
    for _, keys in ipairs { KEYS, { [KEY_ID] = core.secret.new(KEY) }, webhook.keys(KEYS),
      { other = "k", [KEY_ID] = KEY } } do
      assert.equal(BODY, assert(verify { keys = keys }).body)
    end
  end)

  it("is read whatever the form of the headers", function()
    local lower = { ["klarna-signature"] = RIGHT, ["klarna-signing-key-ID"] = { KEY_ID } }
    local like_nginx = setmetatable({ ["klarna-signature"] = RIGHT, host = "x",
      ["klarna-signing-key-id"] = KEY_ID }, { __index = function() return "no" end })
    local function ask(name) return deliveries.headers()[name], "more" end
    local function ask_list(name) return { deliveries.headers()[name] } end
    for _, headers in ipairs { lower, like_nginx, ask, ask_list } do
      assert(verify { headers = headers })
    end
  end)

  it("may be any of the example events, the dispute's too", function()
    for _, fixture in ipairs(fixtures.of "event") do
      local event = assert(verify_signed(fixture.text))
      assert.equal(fixture.value.metadata.event_type, event.type)
      assert.equal(fixture.value.metadata.event_id, event.id)
      assert.equal(fixture.value.metadata.occurred_at, event.occurred_at)
      assert.equal(core.time.ms(event.occurred_at), event.occurred_ms)
      assert.same(json.decode(fixture.text).payload, event.payload)
      assert.equal(fixture.text, event.body)
    end
  end)

  it("needs a type, an id and a payload, nothing else, and keeps what it does not know", function()
    local event = assert(verify_signed('{"new":1,"metadata":{"event_type":"a",'
      .. '"event_id":"b","event_version":3,"occurred_at":null,"live":"yes","extra":7},'
      .. '"payload":{}}'))
    assert.same({ type = "a", id = "b", payload = {}, body = event.body, key_id = KEY_ID,
      metadata = event.metadata }, event)
    assert.equal(7, event.metadata.extra)
  end)

  it("says when it occurred and how long ago, and is not refused for that", function()
    local body = '{"metadata":{"event_type":"a","event_id":"b",'
      .. '"occurred_at":"2024-01-01T13:00:00.5+01:00"},"payload":{}}'
    local event = assert(verify_signed(body))
    assert.same({ 1704110400500, nil }, { event.occurred_ms, event.age_ms })
    assert.equal(500, assert(verify_signed(body, { now_ms = 1704110401000 })).age_ms)
    assert.equal(-1704110400500, assert(verify_signed(body, { now_ms = 0 })).age_ms)
    event = assert(verify_signed(body:gsub("2024", "20x4"), { now_ms = 0 }))
    assert.same({ "20x4-01-01T13:00:00.5+01:00" },
      { event.occurred_at, event.occurred_ms, event.age_ms })
  end)

  it("shows no control character of its type when printed", function()
    local event = assert(verify_signed
      '{"metadata":{"event_type":"a\\nb","event_id":"c\\u0000d"},"payload":{}}')
    assert.equal("a?b c?d", tostring(event))
    assert.equal("a\nb", event.type)
  end)

  it("is not read when only its signature is asked for", function()
    for _, body in ipairs { "", "no JSON", BODY, "\0" } do
      local event = assert(verify_signed(body, { raw = true }))
      assert.same({ body = body, key_id = KEY_ID }, event)
    end
    assert_refused("mismatch", verify { body = BODY .. " ", raw = true })
  end)
end)

describe("a delivery that is not the provider's", function()
  for _, vector in ipairs(deliveries.vectors) do
    if vector.signature ~= RIGHT then
      it("is refused: " .. vector.name, function()
        local headers = deliveries.headers(vector.signature)
        assert(webhook.verify { body = vector.body, headers = headers, raw = true,
          keys = { [KEY_ID] = vector.key } })
        if vector.body ~= BODY then
          assert_refused("mismatch", verify { body = vector.body })
        else
          assert_refused("mismatch", verify { keys = { [KEY_ID] = vector.key } })
        end
        assert_refused("mismatch", verify { headers = headers })
      end)
    end
  end

  it("is refused without both headers", function()
    assert.matches("no Klarna%-Signature header", assert_refused("no_signature",
      verify { headers = { ["Klarna-Signing-Key-Id"] = KEY_ID } }))
    assert.matches("no Klarna%-Signing%-Key%-Id header", assert_refused("no_signature",
      verify { headers = { ["Klarna-Signature"] = RIGHT } }))
    assert_refused("no_signature", verify { headers = {} })
    assert_refused("no_signature", verify { headers = function() end })
  end)

  it("is refused when a header comes twice, or is no text", function()
    local double = { ["klarna-signature"] = { RIGHT, RIGHT }, ["klarna-signing-key-id"] = KEY_ID }
    assert.matches("Klarna%-Signature came more than once",
      assert_refused("bad_format", verify { headers = double }))
    local folded = deliveries.headers(RIGHT .. ", " .. RIGHT)
    assert.matches("130 bytes", assert_refused("bad_format", verify { headers = folded }))
    local id_twice = deliveries.headers()
    id_twice["KLARNA-SIGNING-KEY-ID"] = KEY_ID
    assert.matches("Key%-Id came more than once",
      assert_refused("bad_format", verify { headers = id_twice }))
    assert_refused("bad_format", verify { headers = function() return 5 end })
  end)

  it("is refused in another encoding of the same digest", function()
    for _, signature in ipairs { RIGHT:upper(), deliveries.BASE64, core.sign.unhex(RIGHT),
      " " .. RIGHT, RIGHT .. "\r\n", RIGHT .. "\0", "" } do
      assert_refused("bad_format", verify { headers = deliveries.headers(signature) })
    end
  end)

  it("is refused by a key id that is not given, which the error shows in one line", function()
    assert.matches('"other" is none of', assert_refused("unknown_key",
      verify { headers = deliveries.headers(RIGHT, "other") }))
    local message = assert_refused("unknown_key",
      verify { headers = deliveries.headers(RIGHT, 'a"\n\27[2J' .. ("x"):rep(500)) })
    assert.is_truthy(message:find('"a???[2Jxxx', 1, true))
    assert.is_nil(message:find(("x"):rep(81), 1, true))
    local trap = setmetatable({ [KEY_ID] = KEY }, { __index = function() return KEY end })
    for _, id in ipairs { "__index", "", "1", "n" } do
      assert_refused("unknown_key", verify { headers = deliveries.headers(RIGHT, id), keys = trap })
    end
  end)

  it("is refused when the key is another's, or the signature another body's", function()
    assert_refused("mismatch", verify { keys = { [KEY_ID] = KEY .. "1" } })
    assert_refused("mismatch", verify { keys = { [KEY_ID] = KEY:upper(), other = KEY } })
    assert_refused("mismatch", verify { body = "" })
    assert_refused("mismatch", verify { body = BODY:gsub("5000", "5001") })
  end)
end)

describe("a signed delivery that is no event", function()
  it("is refused as no JSON, with the place and not the text", function()
    local bodies = { "", " ", "sesame", '{"sesame":', "{'a':1}", BODY .. "{}", "\0",
      '{"metadata":{"event_type":"a","event_id":"b"},"payload":{"sesame":1e999}}',
      '{"metadata":{"event_type":"a","event_id":"b"},"payload":{"sesame":NaN}}',
      '{"metadata":{"event_type":"a","event_id":"b"},"payload":{"sesame":"\\ud800"}}',
      '{"metadata":{"event_type":"a","event_id":"b"},"payload":{"sesame":"\237\160\128"}}',
      '{"metadata":{"event_type":"a\0","event_id":"b"},"payload":{}}',
      '\239\187\191{"metadata":{"event_type":"a","event_id":"b"},"payload":{}}',
      ("["):rep(100000), ("["):rep(100000) .. ("]"):rep(100000), ('{"a":'):rep(5000) }
    for _, body in ipairs(bodies) do
      local message = assert_refused("not_json", verify_signed(body))
      assert.matches(("the body of %d bytes"):format(#body), message)
      assert.is_nil(message:find("sesame", 1, true))
    end
  end)

  it("is refused for what it lacks", function()
    local bodies = {
      ["no JSON object"] = { "5", "null", '"a"', "true", "-0", "1e300" },
      ["metadata is"] = { "{}", '{"metadata":null,"payload":{}}',
        '{"metadata":"a","payload":{}}', "[]", "[1]" },
      ["event_type"] = { '{"metadata":[],"payload":{}}',
        '{"metadata":["event_type"],"payload":{}}',
        '{"metadata":{"event_id":"b"},"payload":{}}',
        '{"metadata":{"event_id":"b","event_type":null},"payload":{}}',
        '{"metadata":{"event_id":"b","event_type":""},"payload":{}}',
        '{"event_type":"a","metadata":{"event_id":"b","event_type":5},"payload":{}}' },
      ["event_id"] = { '{"metadata":{"event_type":"a"},"payload":{}}',
        '{"metadata":{"event_type":"a","event_id":7},"payload":{}}',
        '{"metadata":{"event_type":"a","event_id":{}},"payload":{}}' },
      ["payload"] = { '{"metadata":{"event_type":"a","event_id":"b"}}',
        '{"metadata":{"event_type":"a","event_id":"b"},"payload":null}',
        '{"metadata":{"event_type":"a","event_id":"b"},"payload":[]}',
        '{"metadata":{"event_type":"a","event_id":"b"},"payload":[{}]}',
        '{"metadata":{"event_type":"a","event_id":"b"},"payload":"{}"}' },
    }
    for word, list in pairs(bodies) do
      for _, body in ipairs(list) do
        assert.matches(word, assert_refused("missing_field", verify_signed(body)))
      end
    end
  end)

  it("names one id even when the body names two", function()
    local event = assert(verify_signed
      '{"metadata":{"event_type":"a","event_id":"b","event_id":"c"},"payload":{}}')
    assert.is_true(event.id == "b" or event.id == "c")
  end)
end)

describe("kassa.webhook.sign", function()
  it("gives the headers that verify takes", function()
    assert.same({ ["Klarna-Signature"] = RIGHT, ["Klarna-Signing-Key-Id"] = KEY_ID },
      webhook.sign { body = BODY, key = KEY, key_id = KEY_ID })
    assert.same(RIGHT, webhook.sign {
      body = BODY, key = core.secret.new(KEY), key_id = KEY_ID }["Klarna-Signature"])
  end)
end)

describe("a misuse", function()
  local function here(misuse)
    return "webhook_spec.lua:" .. debug.getinfo(misuse, "S").linedefined .. ": "
  end

  local KEY_IN_TABLE = { [KEY_ID] = "sesame\n" }
  local MISUSES = {
    ["options must be a table, got nil"] = function() webhook.verify() end,
    ["body must be a string, got number"] = function() verify { body = 5 } end,
    ["body must be a string, got table"] = function() verify { body = {} } end,
    ["body must be a string, got nil: the raw"] = function() webhook.verify { headers = {} } end,
    ["headers must be a table or a function(name), got string"] =
      function() verify { headers = "x" } end,
    ["keys must be a table of keys by id"] = function() verify { keys = KEY } end,
    ["keys holds an empty key"] = function() verify { keys = { [KEY_ID] = "" } } end,
    ["keys must name each key by its id"] = function() verify { keys = { KEY } } end,
    ["keys must hold each key as a string"] = function() verify { keys = { [KEY_ID] = 5 } } end,
    ["keys holds a key that begins or ends with white"] =
      function() verify { keys = KEY_IN_TABLE } end,
    ["provider must be \"klarna\" or \"cybersource\", got string"] =
      function() verify { provider = "stripe" } end,
    ["tolerance_s is for cybersource: Klarna signs no time"] =
      function() verify { tolerance_s = 60 } end,
    ["tolerance_s must be a number of seconds, not less than 0, got number"] =
      function() verify { provider = "cybersource", keys = {}, tolerance_s = -1 } end,
    ["keys holds a key that is not base64"] = function() verify { provider = "cybersource" } end,
    ["keys is a set for another provider"] =
      function() verify { provider = "cybersource", keys = webhook.keys(KEYS) } end,
    ["now_ms must be a number of milliseconds"] = function() verify { now_ms = "5" } end,
    ["raw must be a boolean"] = function() verify { raw = 1 } end,
    ["unknown option heders, did you mean headers?"] = function() verify { heders = {} } end,
    ["unknown option 1"] = function() verify { 1 } end,
    ["kassa.webhook.sign: options must be"] = function() webhook.sign() end,
    ["kassa.webhook.sign: body must be"] =
      function() webhook.sign { key = KEY, key_id = "a" } end,
    ["kassa.webhook.sign: key_id must be"] =
      function() webhook.sign { body = BODY, key = KEY, key_id = "a\r\nb" } end,
    ["kassa.webhook.sign: key is missing"] =
      function() webhook.sign { body = BODY, key_id = "a" } end,
    ["key_id and key holds an empty key"] =
      function() webhook.sign { body = BODY, key = "", key_id = "a" } end,
    ["unknown option keys, did you mean key?"] =
      function() webhook.sign { body = BODY, keys = KEY, key_id = "a" } end,
    ["kassa.webhook.sign: provider must be"] =
      function() webhook.sign { body = BODY, key = KEY, key_id = "a", provider = "stripe" } end,
    ["kassa.webhook.sign: now_ms must be a number"] =
      function() webhook.sign { body = BODY, key = KEY, key_id = "a", now_ms = "1" } end,
    ["key_id and key holds a key that is not base64"] = function()
      webhook.sign { body = BODY, key = "sesame!", key_id = "a", provider = "cybersource" }
    end,
    ["keys holds an empty key: everybody"] = function() webhook.keys { a = "" } end,
  }

  for words, misuse in pairs(MISUSES) do
    it("raises: " .. words, function()
      local ok, err = pcall(misuse)
      assert.is_false(ok)
      assert.is_truthy(err:find(words, 1, true), err)
      assert.is_nil(err:find("sesame", 1, true), err)
    end)
  end

  it("is named at the line of the script", function()
    for _, name in ipairs { "verify", "sign", "keys" } do
      local function misuse() webhook[name] { x = "" } end
      local _, err = pcall(misuse)
      assert.is_truthy(err:find(here(misuse), 1, true), err)
    end
  end)

  it("raises for more than 50 keys", function()
    local keys = {}
    for i = 1, 51 do keys["id" .. i] = "key" end
    assert.error_matches(function() verify { keys = keys } end, "keys holds more than 50 keys")
  end)

  it("by the world is none: no delivery raises, whatever it holds", function()
    local random = deliveries.random(5)
    for _ = 1, 2000 do
      local body = deliveries.bytes(random, random(64))
      local signature, id = deliveries.bytes(random, random(70)), deliveries.bytes(random, 3)
      assert_refused("bad_format", verify { body = body, headers = deliveries.headers(signature) })
      assert_refused("unknown_key", verify { headers = deliveries.headers(RIGHT, id) })
      local event, err = verify_signed(body)
      assert.is_true(event == nil and (err.reason == "not_json" or err.reason == "missing_field"))
    end
  end)
end)
