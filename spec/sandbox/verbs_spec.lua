-- Promises of kassa.sandbox.verbs: one call for every handle, results that nobody else holds.

local json = require "kassa.json"
local verbs = require "kassa.sandbox.verbs"
local world = require "kassa.sandbox.world"

describe("a verb", function()
  it("is there under each name the contract of the handles has", function()
    for _, name in ipairs { "options", "approve", "decline", "abort", "expire", "fault", "advance",
        "deliveries", "ledger", "requests", "state", "token", "page_url", "open", "prepare",
        "close", "chargeback", "funding", "view", "redirect", "now", "rate", "credentials",
        "request_ids", "well_known_tokens", "dispute", "ask", "escalate", "decide", "disputes" } do
      assert.is_true(verbs.has(world.new(), name), name)
    end
    assert.is_false(verbs.has(world.new(), "stop"))
    local sorted = verbs.names()
    table.sort(sorted)
    assert.same(sorted, verbs.names "klarna")
  end)

  it("that is unknown, or refused, is nil and a sentence", function()
    local w = world.new()
    for name, args in pairs { nonsense = {}, approve = { "nobody" }, advance = { "soon" },
        fault = { { kind = "explode" } }, token = { "maybe" }, ledger = {}, rate = { "fast" },
        expire = {}, state = { {} } } do
      local result, message = verbs.call(w, name, args)
      assert.is_nil(result, name)
      assert.equal("string", type(message), name)
    end
  end)

  it("takes JSON null for an argument left out", function()
    assert.truthy(verbs.call(world.new(), "token", { json.null }))
    assert.truthy(verbs.call(world.new(), "requests"))
  end)

  it("gives tables the world does not hold", function()
    local w = world.new()
    w:handle { method = "GET", path = "/v2/x", headers = {} }
    verbs.call(w, "requests")[1].path = "changed"
    assert.equal("/v2/x", verbs.call(w, "requests")[1].path)
  end)

  it("gives lists that are written as lists, also empty", function()
    local w = world.new()
    for _, name in ipairs { "deliveries", "requests", "request_ids", "disputes" } do
      assert.equal("[]", json.encode(verbs.call(w, name)), name)
    end
  end)

  it("gives the newest thousand deliveries, or those asked for", function()
    local w = world.new()
    for i = 1, 10050 do w.provider.tell("t." .. i % 2, { i = i }) end
    local list = verbs.call(w, "deliveries")
    assert.equal(1000, #list)
    assert.equal(10050, list[1000].event.payload.i)
    list = verbs.call(w, "deliveries", { { last = 2, event_type = "t.1" } })
    assert.same({ 10047, 10049 }, { list[1].event.payload.i, list[2].event.payload.i })
    for _, wrong in ipairs { 7, { last = 0 }, { last = 1001 }, { last = "2" }, { first = 2 },
        { 1 } } do
      local result, message = verbs.call(w, "deliveries", { wrong })
      assert.is_nil(result)
      assert.equal("string", type(message))
    end
  end)

  it("tells time as text and as milliseconds", function()
    local w = world.new()
    assert.equal(1704110400000, verbs.call(w, "now"))
    assert.equal("2024-01-08T12:00:00Z", verbs.call(w, "advance", { "7d" }))
  end)

  it("lists requests in the order they were made", function()
    local w = world.new()
    local made = {}
    for i = 1, 20 do
      local response = w:handle { method = "POST", path = "/v2/payment/requests",
        headers = { authorization = "Basic " .. w.account.api_key,
          ["content-type"] = "application/json" },
        body = '{"currency":"USD","payment_amount":1}' }
      made[i] = json.decode(response.body).payment_request_id
    end
    assert.same(made, verbs.call(w, "request_ids"))
  end)
end)
