-- Promises of the sandbox's webhooks and signing keys: what is refused, what is shown once, who is
-- told of an event (reference 2.13).

local json = require "kassa.json"
local shop = require "support.shop"
local verbs = require "kassa.sandbox.verbs"
local world = require "kassa.sandbox.world"

local URL = "https://shop.example/webhooks"

describe("notifications", function()
  local w
  before_each(function() w = world.new { seed = 7 } end)

  local function act(operation, params, body)
    local status, made = w.provider:act(operation, params or {}, body or {}, {})
    return status or made.status, made
  end

  local function key()
    local status, made = act "signing_key.create"
    assert.equal(201, status)
    return made
  end

  local function webhook(more)
    local body = { url = URL, event_types = json.list { "payment.*" }, event_version = "v2",
      signing_key_id = more and more.signing_key_id or key().signing_key_id, status = "ENABLED" }
    for name, value in pairs(more or {}) do body[name] = value end
    return act("webhook.create", {}, body)
  end

  local function tell(event_type)
    w.provider.tell(event_type, {})
    return verbs.call(w, "deliveries")
  end

  describe("a signing key", function()
    it("shows its secret once", function()
      local made = key()
      assert.truthy(made.signing_key_id:match "^krn:")
      assert.truthy(#made.signing_key >= 32)
      local status, read = act("signing_key.read", { signing_key_id = made.signing_key_id })
      assert.equal(200, status)
      assert.same({ signing_key_id = made.signing_key_id }, read)
      local _, list = act "signing_key.list"
      assert.same({ signing_keys = { { signing_key_id = made.signing_key_id } } }, list)
    end)

    it("is one of fifty at most", function()
      for _ = 1, 50 do key() end
      local status, refusal = act "signing_key.create"
      assert.equal(403, status)
      assert.equal("OPERATION_FORBIDDEN", refusal.error_code)
      local _, list = act "signing_key.list"
      assert.equal(50, #list.signing_keys)
    end)

    it("can be deleted when no webhook uses it", function()
      local used, free = key(), key()
      webhook { signing_key_id = used.signing_key_id }
      assert.equal(409, (act("signing_key.delete", { signing_key_id = used.signing_key_id })))
      assert.equal(204, (act("signing_key.delete", { signing_key_id = free.signing_key_id })))
      assert.equal(404, (act("signing_key.read", { signing_key_id = free.signing_key_id })))
      assert.equal(404, (act("signing_key.delete", { signing_key_id = free.signing_key_id })))
    end)

    it("of another seed is another", function()
      assert.not_equal(key().signing_key, key().signing_key)
      local before = key().signing_key
      w = world.new { seed = 8 }
      key()
      key()
      assert.not_equal(before, key().signing_key)
    end)
  end)

  describe("a webhook", function()
    it("is made, read, listed, changed and deleted", function()
      local status, made = webhook()
      assert.equal(201, status)
      assert.truthy(made.webhook_id:match "^krn:partner:global:notification:webhook:")
      assert.equal(URL, made.url)
      assert.same({ "payment.*" }, made.event_types)
      local at = { webhook_id = made.webhook_id }
      assert.same({ 200, made }, { act("webhook.read", at) })
      assert.same({ 200, { webhooks = { made } } }, { act "webhook.list" })
      local changed
      status, changed = act("webhook.update", at, { status = "DISABLED" })
      assert.equal(200, status)
      assert.equal("DISABLED", changed.status)
      assert.equal(URL, changed.url)
      assert.equal(204, (act("webhook.delete", at)))
      for _, operation in ipairs { "webhook.read", "webhook.update", "webhook.delete",
          "webhook.simulate" } do
        assert.equal(404, (act(operation, at)), operation)
      end
    end)

    it("is ENABLED when it does not say", function()
      local _, made = act("webhook.create", {}, { url = URL, event_types = { "payment.*" },
        event_version = "v2", signing_key_id = key().signing_key_id })
      assert.equal("ENABLED", made.status)
    end)

    it("is refused when one with the same url and types exists, in any order of types", function()
      assert.equal(201, (webhook { event_types = { "payment.*", "identity.*" } }))
      assert.equal(409, (webhook { event_types = { "identity.*", "payment.*" } }))
      assert.equal(201, (webhook { event_types = { "identity.*" } }))
      local _, third = webhook { event_types = { "payment.*" } }
      assert.equal(409, (act("webhook.update", { webhook_id = third.webhook_id },
        { event_types = { "identity.*" } })))
      assert.equal(200, (act("webhook.update", { webhook_id = third.webhook_id },
        { event_types = { "payment.*" } })))
    end)

    it("takes https on 443 and 8443, and any port of this machine", function()
      for _, url in ipairs { "https://shop.example", "https://shop.example:443/x?y=1",
          "https://shop.example:8443/", "http://127.0.0.1:5000/hooks", "http://localhost:80",
          "http://[::1]:5000/", "https://127.0.0.1:9999/", "https://localhost:1/" } do
        assert.equal(201, (webhook { url = url }), url)
      end
      for _, url in ipairs { "http://shop.example/", "https://shop.example:444/", "ftp://x/", "",
          "https://", "shop.example", "http://127.0.0.1.example.com/", "http://localhost@evil/",
          "http://127.0.0.1:80@evil.example/", "https://user:password@shop.example/",
          "http://127.0.0.1x/", "javascript:alert(1)" } do
        local status, refusal = webhook { url = url }
        assert.equal(400, status, url)
        assert.equal("url", refusal.validation_errors[1].parameter)
      end
    end)

    it("needs a known key, a known status and types that can be", function()
      assert.equal(400, (webhook { signing_key_id = "krn:nobody" }))
      assert.equal(400, (webhook { status = "MAYBE" }))
      assert.equal(400, (webhook { event_types = json.list {} }))
      local status, refusal = webhook { event_types = { "payment.*", "pay*" } }
      assert.equal(400, status)
      assert.equal("event_types[1]", refusal.validation_errors[1].parameter)
    end)

    it("is one of a hundred at most", function()
      local id = key().signing_key_id
      for i = 1, 100 do webhook { signing_key_id = id, url = URL .. i } end
      assert.equal(403, (webhook { signing_key_id = id }))
    end)
  end)

  describe("an event", function()
    it("is told to the webhooks that ask for its type and are enabled", function()
      local id = key().signing_key_id
      local _, one = webhook { signing_key_id = id, event_types = { "payment.request.*" } }
      local _, two = webhook { signing_key_id = id, event_types = { "payment.transaction.captured",
        "payment.*" } }
      webhook { signing_key_id = id, event_types = { "identity.*" } }
      webhook { signing_key_id = id, url = URL .. "/off", status = "DISABLED" }
      local list = tell "payment.request.state-change.submitted"
      assert.equal(2, #list)
      assert.same({ one.webhook_id, two.webhook_id }, { list[1].webhook_id, list[2].webhook_id })
      list = tell "payment.transaction.captured"
      assert.equal(3, #list)
      assert.equal(two.webhook_id, list[3].webhook_id)
      assert.equal(URL, list[3].url)
      assert.equal(3, #tell "future.event")
    end)

    it("is listed and signed with the sandbox's own key while there is no webhook", function()
      local list = tell "future.event"
      assert.equal(1, #list)
      local own = verbs.call(w, "signing_key")
      assert.equal(own.signing_key_id, list[1].headers["Klarna-Signing-Key-Id"])
      assert.truthy(#own.signing_key >= 32)
    end)
  end)

  describe("simulate", function()
    it("delivers a sample to that webhook, whatever it asks for", function()
      local id = key().signing_key_id
      webhook { signing_key_id = id }
      local _, made = webhook { signing_key_id = id, event_types = { "identity.*" } }
      local status = act("webhook.simulate", { webhook_id = made.webhook_id },
        { event_type = "payment.transaction.captured", event_version = "v1" })
      assert.truthy(status >= 200 and status < 300)
      local list = verbs.call(w, "deliveries")
      assert.equal(1, #list)
      assert.equal(made.webhook_id, list[1].event.metadata.webhook_id)
      assert.equal("payment.transaction.captured", list[1].event_type)
      assert.equal("v1", list[1].event.metadata.event_version)
      assert.equal(2100, list[1].event.payload.capture_amount)
    end)

    it("tells of disputes in version 1 in the envelope they really have", function()
      local _, made = webhook()
      for _, version in ipairs { "v1", "v2" } do
        act("webhook.simulate", { webhook_id = made.webhook_id },
          { event_type = "payment.dispute.state-change.closed", event_version = version })
      end
      local list = verbs.call(w, "deliveries")
      assert.truthy(list[1].event.metadata.instance_id)
      assert.is_nil(list[1].event.metadata.product_instance_id)
      assert.truthy(list[2].event.metadata.product_instance_id)
      assert.equal("v2", list[2].event.metadata.event_version)
    end)

    it("knows its types and does not reach a disabled webhook", function()
      local _, made = webhook { status = "DISABLED" }
      local at = { webhook_id = made.webhook_id }
      assert.equal(403, (act("webhook.simulate", at, { event_type = "payment.request.updated" })))
      local status, refusal = act("webhook.simulate", at, { event_type = "payment.paid" })
      assert.equal(400, status)
      assert.equal("event_type", refusal.validation_errors[1].parameter)
    end)
  end)
end)

describe("the Notifications API", function()
  it("is served beside the payment API, never under an account", function()
    local s = shop.open { seed = 7 }
    local status, key = s:post("/notification/signing-keys")
    assert.equal(201, status)
    status = s:post("/notification/webhooks", { url = URL, event_types = { "payment.*" },
      event_version = "v2", signing_key_id = key.signing_key_id, status = "ENABLED" })
    assert.equal(201, status)
    local listed
    status, listed = s:get "/notification/webhooks"
    assert.equal(200, status)
    local path = "/notification/webhooks/" .. listed.webhooks[1].webhook_id
    local made, _, response = s:post(path .. "/simulate",
      { event_type = "payment.request.updated" })
    assert.equal(202, made)
    assert.equal("", response.body)
    assert.equal(1, #s:verb "deliveries")
    status, _, response = s:send("DELETE", path)
    assert.equal(204, status)
    assert.equal("", response.body)
    assert.is_nil(response.headers["Content-Type"])
    s.family = "account"
    assert.equal(404, (s:get "/notification/webhooks"))
  end)

  it("checks bodies by the table of operations", function()
    local s = shop.open { seed = 7 }
    local status, value = s:post("/notification/webhooks", { event_types = "payment.*" })
    assert.equal(400, status)
    local said = {}
    for _, entry in ipairs(value.validation_errors) do said[entry.parameter] = true end
    assert.same({ url = true, event_types = true }, said)
  end)

  it("answers a repeated creation by its key, secret and all", function()
    local s = shop.open { seed = 7 }
    local again = { ["klarna-idempotency-key"] = "one" }
    local _, first = s:post("/notification/signing-keys", nil, again)
    local _, second = s:post("/notification/signing-keys", nil, again)
    assert.same(first, second)
    local _, listed = s:get "/notification/signing-keys"
    assert.equal(1, #listed.signing_keys)
    assert.is_nil(listed.signing_keys[1].signing_key)
  end)
end)
