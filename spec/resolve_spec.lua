-- Promises of err:resolve(): what is known already costs no request, what is found out stays so,
-- and misuse is named. How it is found out, the specs in spec/resolve say.
local error_value = require "kassa.error"
local lossy = require "support.lossy"
local kassa = require "kassa"
local script = require "support.script"

local function message_of(fn, ...)
  local ok, err = pcall(fn, ...)
  assert.is_false(ok)
  return tostring(err)
end

describe("resolve", function()
  it("answers without a request what is known already", function()
    local found, why = error_value.new("declined", { message = "no funds" }):resolve()
    assert.is_false(found)
    assert.equal("no funds", why)
    assert.is_true(error_value.new("handler", {}):resolve())
    local object = {}
    local err = error_value.keep(error_value.new("handler", {}), "object", object)
    assert.equal(object, err:resolve())
    local gateway = lossy.new { script.json(400, '{"reason":"INVALID_DATA"}') }
    local _, refused = gateway.client.authorizations:capture("1", lossy.body(500))
    assert.is_false((refused:resolve()))
    assert.equal(1, #gateway.engine.sent)
  end)

  it("finds what a duplicate's first one came to", function()
    local gateway = lossy.new { false, script.json(400,
      '{"status":"INVALID_REQUEST","reason":"DUPLICATE_REQUEST"}') }
    local options, body = { intent = "parcel-1" }, lossy.body(500)
    assert(gateway.client.authorizations:capture("1", body, options))
    local _, err = gateway.client.authorizations:capture("1", body, options)
    assert.equal("yes", err.happened)
    assert.equal("721", assert(err:resolve()).id)
  end)

  it("never says no to what a refusal has proven", function()
    local gateway = lossy.new { "lost", script.json(400,
      '{"status":"INVALID_REQUEST","reason":"DUPLICATE_REQUEST"}') }
    local options, body = { intent = "parcel-1" }, lossy.body(500)
    gateway.client.authorizations:capture("1", body, options)
    local _, err = gateway.client.authorizations:capture("1", body, options)
    gateway.engine.clock = gateway.engine.clock + 3600 * 1000
    assert.is_true(err:resolve()) -- only not what it is
    assert.equal("yes", err.happened)
  end)

  it("takes no refusal of a code that others share for proof", function()
    local gateway = lossy.new { script.json(400,
      '{"status":"INVALID_REQUEST","reason":"DUPLICATE_REQUEST"}') }
    local _, err = gateway.client.authorizations:capture("1", lossy.body(500, "order-1"),
      { intent = "parcel-2" })
    assert.same({ "unknown", "never" }, { err.happened, err.retry })
  end)

  it("is idempotent: what was found out is not asked for again", function()
    local gateway = lossy.new { "unheard" }
    local _, err = gateway.client.authorizations:capture("1", lossy.body(500))
    local first = assert(err:resolve())
    local requests = #gateway.engine.sent
    assert.equal(first, err:resolve())
    assert.equal(requests, #gateway.engine.sent)
  end)

  it("stays unknown where nobody can find out", function()
    local err = error_value.new("timeout", { operation = "session.create" })
    local found, still = err:resolve()
    assert.is_nil(found)
    assert.same({ "unknown", "session.create" }, { still.happened, still.operation })
    local gateway = lossy.new { { code = "timeout", wire = "sent", message = "late" } }
    local _, lost = gateway.client.sessions:update("1", { flow = "widget",
      merchantInformation = { successUrl = "https://a.example/s",
        cancelUrl = "https://a.example/c", failureUrl = "https://a.example/f" },
      orderInformation = { amountDetails = { currency = "USD", taxAmount = 0 },
        billTo = { country = "US", postalCode = "1", administrativeArea = "OH" } } },
      { strict = false })
    assert.equal("unknown", lost.happened)
    assert.is_nil((lost:resolve()))
    assert.equal(1, #gateway.engine.sent)
  end)

  it("keeps what it asks by out of the error, whose line says that it can be asked", function()
    local gateway = lossy.new { "lost" }
    local _, err = gateway.client.authorizations:capture("1", lossy.body(500, "order-1"))
    local _, still = err:resolve()
    assert.matches("happened: unknown, .*, err:resolve%(%) finds out%)$", tostring(err))
    for _, one in ipairs { err, still } do
      for name, value in pairs(one) do
        assert.is_truthy(type(value) ~= "table" or name == "provider", name)
      end
    end
  end)

  it("names misuse at the caller's line", function()
    local gateway = lossy.new { "lost" }
    local _, err = gateway.client.authorizations:capture("1", lossy.body(500))
    for words, wrong in pairs {
      ["options must be a table, got number"] = 5,
      ["deadline is no option, did you mean deadline_s?"] = { deadline = 5 },
    } do
      local message = message_of(function() err:resolve(wrong) end)
      assert.is_truthy(message:find("err:resolve: " .. words, 1, true), message)
      assert.matches("resolve_spec.lua:%d+:", message)
    end
    assert.matches("resolve_spec.lua:%d+: err:resolve: call it with a colon",
      message_of(function() err.resolve {} end))
    gateway.client:close()
    assert.matches("this client is closed", message_of(function() err:resolve() end))
  end)

  it("suspends its task only", function()
    local gateway = lossy.new { "lost" }
    local _, err = gateway.client.authorizations:capture("1", lossy.body(500))
    local order = {}
    kassa.run(function()
      kassa.go(function()
        assert.is_false((err:resolve { deadline_s = 3600 }))
        order[#order + 1] = "known"
      end)
      kassa.go(function() order[#order + 1] = "other" end)
    end)
    assert.same({ "other", "known" }, order)
  end)
end)

describe("a resolve that waits", function()
  it("asks no sooner than the server said", function()
    local busy = script.json(429, "{}", { ["Retry-After"] = "600" })
    local gateway = lossy.new { "unheard", busy, busy }
    local _, err = gateway.client.authorizations:capture("1", lossy.body(500))
    local _, still = err:resolve()
    assert.equal(600, still.retry_after_s)
    assert.equal("721", assert(err:resolve { deadline_s = 3600 }).id)
    local sent = gateway.engine.sent
    assert.is_true(sent[4].at - sent[3].at >= 600 * 1000)
  end)

  it("ends when its client is closed, with nil and an error", function()
    local gateway = lossy.new { "lost" }
    local _, err = gateway.client.authorizations:capture("1", lossy.body(500))
    local inside = require "kassa.client".of(gateway.client)
    local found, still = kassa.run(function()
      kassa.go(function()
        inside.driver:sleep(60000, inside.runtime)
        gateway.client:close()
      end)
      return err:resolve { deadline_s = 3600 }
    end)
    assert.is_nil(found)
    assert.equal("unknown", still.happened)
    assert.is_true(gateway.engine.clock < 70000)
    assert.is_nil(next(inside.resolving))
  end)
end)
