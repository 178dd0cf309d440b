-- Promises of kassa.log: one entry per attempt, in a fixed order, without a secret.
local json = require "kassa.json"
local kassa = require "kassa"
local log = require "kassa.log"
local script = require "support.script"

describe("kassa.log", function()
  it("is silent when nobody listens", function()
    assert.is_nil(log.new(nil))
  end)

  it("takes a function, or a table with a level", function()
    assert.is_false(log.new(print).debug)
    assert.is_true(log.new({ write = print, level = "debug" }).debug)
  end)

  it("writes an entry as one line in a fixed order", function()
    local entry = {
      attempt = 1, route = "/a b", method = "GET", status = 200, code = "ok",
      operation = "x.read", unknown = 1,
    }
    local words = 'operation=x.read code=ok status=200 method=GET route="/a b" attempt=1'
    assert.equal(words, log.line(entry))
  end)
end)

describe("a log of calls through Cybersource", function()
  local SECRET, TOKEN = "c2VjcmV0IG9mIHRoZSBzaG9w", "pre-approval-token-1"
  local BODY = {
    orderInformation = { amountDetails = { currency = "EUR", totalAmount = "5.00" },
      billTo = { country = "DE", postalCode = "10115", administrativeArea = "BE",
        firstName = "Erika", email = "erika@shop.example" } },
    processorInformation = { preApprovalToken = TOKEN },
  }

  local function entries_of(level, ...)
    local entries = {}
    local client = kassa.cybersource { merchant_id = "shop", key_id = "k", secret = SECRET,
      transport = script.new { ... },
      log = { level = level, write = function(entry) entries[#entries + 1] = entry end } }
    client.authorizations:create(BODY)
    client.sessions:create({ merchantInformation = {} }, { strict = false })
    return entries
  end

  it("tells of every attempt by what name, and shows no token, secret or person", function()
    for _, level in ipairs { "info", "debug" } do
      local entries = entries_of(level, script.json(201, '{"id":"1","status":"FAILED",'
        .. '"errorInformation":{"reason":"RISK"}}', { ["v-c-correlation-id"] = "c-1" }),
        script.json(201, '{"id":"2","status":"INITIATED","processorInformation":{"token":"'
          .. TOKEN .. '"}}'))
      assert.equal(2, #entries)
      assert.same({ "authorization.create", "declined", "no", "RISK", "/pts/v2/payments", "c-1" },
        { entries[1].operation, entries[1].code, entries[1].happened, entries[1].error_code,
          entries[1].route, entries[1].correlation_id })
      assert.equal(30, #entries[1].idempotency_key)
      local text = json.encode(entries)
      for _, hidden in ipairs { SECRET, TOKEN, "Erika", "erika@", "10115" } do
        assert.is_nil(text:find(hidden, 1, true), hidden)
      end
      assert.equal(level == "debug", entries[1].request ~= nil)
    end
  end)
end)
