-- Promises of kassa.resolve.again: the very bytes that were sent go out again under their key, and
-- only while the provider remembers it. Played on a script of answers.
local kassa = require "kassa"
local script = require "support.script"

local HOUR_MS = 3600000
local CAPTURE = '{"payment_capture_id":"krn:c:1","capture_amount":500}'
local LOST = { code = "timeout", message = "no answer in time", wire = "sent" }

local function klarna(...)
  local engine = script.new { ... }
  return kassa.klarna { api_key = "klarna_test_api_k", transport = engine, retries = 0 }, engine
end

local function key_of(request) return script.headers(request)["klarna-idempotency-key"] end

-- A capture of which nobody knows what became, and what comes after it. -> err, engine
local function lost(...)
  local client, engine = klarna(LOST, ...)
  local body = { capture_amount = 500 }
  local _, err = client.payment_transactions:capture("krn:t:1", body)
  body.capture_amount = 900
  assert.equal("unknown", err.happened)
  return err, engine, client
end

describe("a request that nobody answered for", function()
  it("is sent again, byte for byte, under its key", function()
    local err, engine, client = lost(script.json(201, CAPTURE), script.json(201, CAPTURE))
    for _ = 1, 3 do -- bytes of other calls must not lie in its place
      client.payment_transactions:capture("krn:t:2", { capture_amount = 77777 })
      if not engine.script[1] then break end
    end
    engine.script[1] = script.json(201, CAPTURE)
    local capture = assert(err:resolve())
    assert.equal("krn:c:1", capture.payment_capture_id)
    local first, last = engine.sent[1], engine.sent[#engine.sent]
    assert.equal(first.body, last.body)
    assert.equal(first.target, last.target)
    assert.equal(key_of(first), key_of(last))
    assert.equal(key_of(first), kassa.raw(capture).idempotency_key)
    assert.same({ "yes", "never" }, { err.happened, err.retry })
  end)

  it("counts once in the ledger of its object", function()
    local client, engine = klarna(
      script.json(200, '{"payment_transaction_id":"krn:t:1","state":"AUTHORIZED",'
        .. '"original_authorization_amount":1000,"remaining_authorization_amount":1000,'
        .. '"payment_captures":[]}'), LOST, script.json(201, CAPTURE))
    local tx = assert(client.payment_transactions:read "krn:t:1")
    local body = { capture_amount = 500 }
    local _, err = tx:capture(body)
    body.capture_amount = 1
    assert.is_true((tx:can("capture", { capture_amount = 1000 })))
    assert(err:resolve())
    assert(err:resolve())
    assert.equal(3, #engine.sent)
    assert.is_true((tx:can("capture", { capture_amount = 500 })))
    assert.is_false((tx:can("capture", { capture_amount = 501 })))
  end)

  it("did not happen when it is refused under the same key", function()
    local err = lost(script.json(400, '{"error_code":"INVALID_REQUEST","error_message":"no"}'))
    local found, why = err:resolve()
    assert.is_false(found)
    assert.matches("INVALID_REQUEST: no", why)
    assert.same({ "no", "new_key" }, { err.happened, err.retry })
  end)

  it("stays unknown after any other refusal, and can be asked about again", function()
    local err = lost(script.json(403, ""), script.json(401, "{}"), script.json(409, "{}"),
      script.json(400, "<html>"), LOST, script.json(201, CAPTURE))
    for _ = 1, 5 do
      local found, still = err:resolve()
      assert.is_nil(found)
      assert.same({ "unknown", err.idempotency_key }, { still.happened, still.idempotency_key })
      assert.equal("unknown", err.happened)
    end
    assert.equal("krn:c:1", assert(err:resolve()).payment_capture_id)
  end)

  it("is asked about until it is known, by the caller's deadline", function()
    local err, engine = lost(script.json(503, ""), script.json(503, ""), script.json(201, CAPTURE))
    assert(err:resolve { deadline_s = 600 })
    assert.is_true(engine.sent[3].at - engine.sent[2].at >= 5000)
    assert.is_true(engine.sent[4].at - engine.sent[3].at >= 15000)
  end)

  it("is stale once Klarna may have forgotten the key, and is not sent", function()
    local err, engine = lost()
    engine.clock = engine.clock + 24 * HOUR_MS - 600000
    local found, still = err:resolve { deadline_s = 60 }
    assert.is_nil(found)
    assert.same({ "stale_intent", "unknown", "never" },
      { still.code, still.happened, still.retry })
    assert.equal(1, #engine.sent)
    local late, later = lost(script.json(201, CAPTURE))
    later.clock = later.clock + 23 * HOUR_MS
    assert(late:resolve())
  end)

  it("is told to the kit of its kind too", function()
    local dispute = '{"payment_dispute_id":"krn:d:1","state":"MERCHANT_EVIDENCE_PENDING"}'
    local client, engine = klarna(script.json(200, dispute), LOST, script.json(200, ""))
    local found = assert(client.disputes:read "krn:d:1")
    local _, err = found:accept_loss()
    assert.equal("unknown", err.happened)
    assert(err:resolve())
    assert.equal(3, #engine.sent)
    local can, why = found:can "respond"
    assert.is_false(can)
    assert.is_string(why)
  end)
end)
