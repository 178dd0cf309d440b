-- Promises of what is Klarna's own in a webhook: which two headers it is about, and in which words
-- a refusal says what is wrong with them. What verify makes of it is promised in webhook_spec.lua.
local deliveries = require "support.deliveries"
local klarna = require "kassa.webhook.klarna"

local function shown(text) return "<" .. text .. ">" end

describe("Klarna's webhook", function()
  it("is about two headers, and signing gives both", function()
    assert.same({ "Klarna-Signature", "Klarna-Signing-Key-Id" }, klarna.headers)
    assert.same({ ["Klarna-Signature"] = deliveries.RIGHT, ["Klarna-Signing-Key-Id"] = "id" },
      klarna.sign(deliveries.BODY, deliveries.KEY, "id"))
  end)

  it("has words for what is missing, of another form, and unknown", function()
    assert.matches("no Klarna%-Signature header", klarna.words.no_signature(nil, "id"))
    assert.matches("no Klarna%-Signing%-Key%-Id header", klarna.words.no_signature("s", nil))
    assert.matches("Signature came more than once", klarna.words.bad_format(false, "id"))
    assert.matches("Key%-Id came more than once", klarna.words.bad_format("s", false))
    assert.matches("else of 3 bytes", klarna.words.bad_format("abc", "id"))
    assert.matches("the key id <id> is none", klarna.words.unknown_key("s", "id", shown))
  end)

  it("reads the event of a body, with its age only when the time is told", function()
    local root = { metadata = { event_type = "a", event_id = "b",
      occurred_at = "1970-01-01T00:00:01Z" }, payload = {} }
    assert.same({ type = "a", id = "b", occurred_at = "1970-01-01T00:00:01Z", occurred_ms = 1000,
      age_ms = 500, metadata = root.metadata, payload = {}, body = "x", key_id = "k" },
      klarna.read(root, "x", "k", 1500))
    assert.is_nil(klarna.read(root, "x", "k").age_ms)
    assert.same({ nil, "payload is missing or no object" },
      { klarna.read({ metadata = root.metadata }, "x", "k") })
  end)
end)
