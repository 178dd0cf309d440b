-- Promises of kassa.answer: a secret is never printed, an empty answer claims nothing.
local core = require "kassa.core"
local json = require "kassa.json"
local kassa = require "kassa"
local script = require "support.script"

local KEY = "c2VjcmV0+/\\\"key"
local CREATED = json.encode { signing_key_id = "krn:k:1", signing_key = KEY, new_member = 1 }
local PENDING = [[{"payment_dispute_id":"krn:d:1","state":"MERCHANT_EVIDENCE_PENDING",
  "state_context":{},"purchase_reference":"order-1"}]]

local function open(answers, options)
  local engine = script.new(answers)
  local all = { api_key = "klarna_test_api_k", transport = engine }
  for name, value in pairs(options or {}) do all[name] = value end
  return kassa.klarna(all), engine
end

describe("a signing key", function()
  it("comes as a secret that shows nothing", function()
    local entries = {}
    local klarna = open({ script.json(201, CREATED) },
      { log = { level = "debug", write = function(entry) entries[#entries + 1] = entry end } })
    local key = assert(klarna.signing_keys:create())
    assert.equal("krn:k:1", key.signing_key_id)
    assert.is_true(core.secret.is(key.signing_key))
    assert.equal(KEY, core.secret.reveal(key.signing_key))
    assert.equal("[secret]", tostring(key.signing_key))
    assert.equal("kassa.signing_key krn:k:1", tostring(key))
    local raw = kassa.raw(key)
    assert.same({ signing_key_id = "krn:k:1", signing_key = "[secret]", new_member = 1 },
      json.decode(raw.body))
    assert.equal(1, #entries)
    assert.equal("[secret]", entries[1].response.signing_key)
    for _, text in ipairs { raw.body, tostring(key), json.encode(entries[1]) } do
      assert.is_nil(text:find("c2VjcmV0", 1, true))
    end
  end)

  it("that is read or listed has none", function()
    local klarna = open { script.json(200, '{"signing_key_id":"krn:k:1"}') }
    assert.is_nil(assert(klarna.signing_keys:read "krn:k:1").signing_key)
  end)

  it("is deleted without a word", function()
    local klarna, engine = open { { status = 204, head = "HTTP/1.1 204 No Content\r\n\r\n",
      body = "" } }
    assert.same({}, (assert(klarna.signing_keys:delete "krn:k:1")))
    assert.equal("DELETE", engine.sent[1].method)
  end)
end)

describe("an answer without a body", function()
  local EMPTY = { status = 202, head = "HTTP/1.1 202 Accepted\r\n\r\n", body = "" }
  local function empty() return { status = EMPTY.status, head = EMPTY.head, body = "" } end

  it("leaves an object its fields, but no state that may be over", function()
    local klarna, engine = open { script.json(200, PENDING), empty(), script.json(200,
      '{"payment_dispute_id":"krn:d:1","state":"CLOSED"}') }
    local dispute = assert(klarna.disputes:read "krn:d:1")
    assert.equal(dispute, (assert(dispute:accept_loss())))
    assert.same({ payment_dispute_id = "krn:d:1", purchase_reference = "order-1" }, dispute)
    assert.equal(202, kassa.raw(dispute).status)
    assert(dispute:refresh())
    assert.equal("CLOSED", dispute.state)
    local _, err = dispute:accept_loss()
    assert.equal("illegal_state", err.code)
    assert.equal(3, #engine.sent)
  end)

  it("to a call by id is an object that knows its id", function()
    local klarna, engine = open { empty(), script.json(200, PENDING) }
    local dispute = assert(klarna.disputes:accept_loss "krn:d/1")
    assert.same({ payment_dispute_id = "krn:d/1" }, dispute)
    assert(dispute:refresh())
    assert.equal("/v2/payment/disputes/krn:d%2F1", engine.sent[2].target)
  end)

  it("is one of several: with a body the object is what it says", function()
    local klarna = open { script.json(200, PENDING), script.json(200,
      '{"payment_dispute_id":"krn:d:1","state":"CLOSED"}') }
    local dispute = assert(klarna.disputes:read "krn:d:1")
    assert(dispute:accept_loss())
    assert.same({ payment_dispute_id = "krn:d:1", state = "CLOSED" }, dispute)
  end)

  it("is no answer where a body is promised", function()
    local klarna = open({ { status = 200, head = "HTTP/1.1 200 OK\r\n\r\n", body = "" } },
      { retries = 0 })
    local _, err = klarna.disputes:read "krn:d:1"
    assert.equal("protocol", err.code)
  end)
end)
