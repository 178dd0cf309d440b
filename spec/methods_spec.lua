-- Promises of kassa.methods: arguments and options find their places, misuse is named.
local kassa = require "kassa"
local json = require "kassa.json"
local script = require "support.script"

local KEY = "klarna_test_api_k"
local PENDING = [[{"payment_request_id":"krn:r:1","state":"PENDING_CONFIRMATION",
  "state_context":{"payment_confirmation_token":"krn:token:1"}}]]

describe("kassa.methods", function()
  local engine, klarna
  before_each(function()
    local answers = {}
    for i = 1, 5 do answers[i] = script.json(200, PENDING) end
    engine = script.new(answers)
    klarna = kassa.klarna { api_key = KEY, transport = engine }
  end)

  it("moves the options up where an operation has no body", function()
    klarna.payment_requests:read("krn:r:1", { correlation_id = "abc" })
    assert.same({ "Partner-Correlation-Id: abc" }, engine.sent[1].headers)
  end)

  it("puts a customer token into the header, and leaves the caller's options alone", function()
    local options = { correlation_id = "abc" }
    klarna.customer_tokens:charge("krn:ct:1", { currency = "USD", payment_amount = 1 }, options)
    assert.equal("krn:ct:1", script.headers(engine.sent[1])["x-klarna-customer-token"])
    assert.same({ correlation_id = "abc" }, options)
  end)

  it("confirms with the token the object holds, or with the one given", function()
    local request = assert(klarna.payment_requests:read "krn:r:1")
    request:confirm { currency = "USD", payment_amount = 1 }
    assert.matches("/krn:token:1/confirm$", engine.sent[2].target)
    request = assert(klarna.payment_requests:read "krn:r:1")
    request:confirm("krn:token:2", { currency = "USD", payment_amount = 1 })
    assert.matches("/krn:token:2/confirm$", engine.sent[4].target)
    assert.same({ currency = "USD", payment_amount = 1 }, json.decode(engine.sent[4].body))
  end)

  it("raises for a method called with a dot", function()
    local request = assert(klarna.payment_requests:read "krn:r:1")
    assert.has_error(function() request.confirm {} end, nil)
    assert.has_error(function() klarna.payment_requests.read "krn:r:1" end)
  end)
end)
