-- Promises of kassa.kit, by a kit made for it: methods are added, asked before, told after.
local api = require "kassa.api.klarna"
local client = require "kassa.client"
local runtime = require "kassa.runtime"
local script = require "support.script"

local MODULE = "spec.kit.invented"
local PENDING = '{"payment_dispute_id":"krn:d:1","state":"MERCHANT_EVIDENCE_PENDING"}'
local CLOSED = '{"payment_dispute_id":"krn:d:1","state":"CLOSED"}'
local ANSWER = '{"response_id":"krn:d:1:response:1"}'

-- The table of operations, with this kit for disputes.
local function with_kit()
  local objects, copy = {}, {}
  for name, value in pairs(api) do copy[name] = value end
  for kind, object in pairs(api.objects) do objects[kind] = object end
  objects.payment_dispute = { kit = MODULE }
  for name, value in pairs(api.objects.payment_dispute) do
    if name ~= "kit" then objects.payment_dispute[name] = value end
  end
  copy.objects = objects
  return copy
end

local function open(kit, answers)
  local engine = script.new(answers)
  package.loaded[MODULE], package.preload[MODULE] = nil, function() return kit end
  local klarna = client.new(runtime.new(), with_kit(), {
    api_key = "klarna_test_api_k", transport = engine })
  return klarna, engine
end

local function key_of(request) return script.headers(request)["klarna-idempotency-key"] end

describe("a kit", function()
  after_each(function() package.loaded[MODULE], package.preload[MODULE] = nil, nil end)

  it("adds methods to objects and to their resource", function()
    local klarna = open({
      object = { words = function(dispute, more) return dispute.payment_dispute_id .. more end },
      resource = { due = function(disputes, _, query) return disputes, query.within end },
    }, { script.json(200, PENDING) })
    local dispute = assert(klarna.disputes:read "krn:d:1")
    assert.equal("krn:d:1!", dispute:words "!")
    assert.same({ klarna.disputes, "7d" }, { klarna.disputes:due { within = "7d" } })
    assert.has_error(function() dispute.words({}) end)
    assert.has_error(function() klarna.disputes.due {} end)
    assert.has_error(function() return klarna.disputes.deu end)
    assert.is_nil(dispute.no_such_field)
  end)

  it("is loaded when an object of its kind is met, not before", function()
    local klarna = open({}, { script.json(200, PENDING) })
    assert.is_truthy(klarna.disputes.read)
    assert.is_nil(package.loaded[MODULE])
    local dispute = assert(klarna.disputes:read "krn:d:1")
    assert.is_not_nil(package.loaded[MODULE])
    assert.is_true((dispute:can "respond"))
  end)

  it("replaces no method of the table", function()
    local klarna = open({ object = { respond = function() end } }, { script.json(200, PENDING) })
    local dispute = assert(klarna.disputes:read "krn:d:1")
    assert.error_matches(function() return dispute.unheard_of end, "respond is there already")
  end)

  it("is asked before a call that acts, on an object and by id, ahead of the guard", function()
    local asked = {}
    local klarna, engine = open({ refuse = function(plan, object, info, body, _, id, state)
      asked[#asked + 1] = { plan.row.name, object ~= nil, info ~= nil, body, id, state }
      if object and object.state == "CLOSED" then return nil end
      return { code = "illegal_state", message = "it has been answered" }
    end }, { script.json(200, PENDING), script.json(200, CLOSED) })
    local dispute = assert(klarna.disputes:read "krn:d:1")
    local _, err = dispute:respond { additional_information = "a" }
    assert.same({ "illegal_state", "it has been answered", "payment_dispute.respond", "no" },
      { err.code, err.message, err.operation, err.happened })
    assert.is_nil((klarna.disputes:accept_loss("krn:d:2", { expect = "CLOSED" })))
    assert.same({ false, "it has been answered" }, { dispute:can "respond" })
    assert.same({
      { "payment_dispute.respond", true, true, { additional_information = "a" }, "krn:d:1" },
      { "payment_dispute.accept_loss", false, false, nil, "krn:d:2", "CLOSED" },
      { "payment_dispute.respond", true, true },
    }, asked)
    assert(dispute:refresh())
    _, err = dispute:respond {}
    assert.matches("needs a payment dispute in state", err.message)
    assert.equal(4, #asked)
    assert.equal(2, #engine.sent)
  end)

  it("is asked once more when the server refused, and its words are better", function()
    local answered = false
    local klarna = open({ refuse = function()
      return answered and { code = "illegal_state", message = "somebody else was first" } or nil
    end }, {
      script.json(200, PENDING),
      function() answered = true return script.json(409, "{}") end,
      script.json(200, PENDING),
    })
    local dispute = assert(klarna.disputes:read "krn:d:1")
    local _, err = dispute:respond {}
    assert.same({ "illegal_state", "somebody else was first", 409 },
      { err.code, err.message, err.status })
  end)

  it("gives the key of a call that names none", function()
    local klarna, engine = open({ key = function(plan) return plan.row.verb .. "-key" end },
      { script.json(201, ANSWER), script.json(201, ANSWER), script.json(201, ANSWER) })
    local options = { correlation_id = "abc" }
    assert(klarna.disputes:respond("krn:d:1", {}, options))
    assert(klarna.disputes:respond("krn:d:1", {}, { idempotency_key = "own" }))
    assert(klarna.disputes:respond("krn:d:1", {}, { intent = "named" }))
    assert.equal("respond-key", key_of(engine.sent[1]))
    assert.equal("own", key_of(engine.sent[2]))
    assert.is_not.equal("respond-key", key_of(engine.sent[3]))
    assert.same({ correlation_id = "abc" }, options)
  end)

  it("is told how a call ended, and what was read", function()
    local told, seen = {}, {}
    local klarna, engine = open({
      settle = function(_, object, _, _, _, id, value, err)
        told[#told + 1] = { object ~= nil, id, value and value.response_id, err and err.code }
      end,
      seen = function(object) seen[#seen + 1] = object.state end,
    }, { script.json(403, "{}"), script.json(200, PENDING), script.json(201, ANSWER) })
    assert.is_nil((klarna.disputes:respond("krn:d:9", {})))
    local dispute = assert(klarna.disputes:read "krn:d:1")
    assert(dispute:respond {})
    assert.same({ { false, "krn:d:9", nil, "forbidden" },
      { true, "krn:d:1", "krn:d:1:response:1" } }, told)
    assert.same({ "MERCHANT_EVIDENCE_PENDING" }, seen)
    assert.equal(3, #engine.sent)
  end)
end)
