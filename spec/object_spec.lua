-- Promises of kassa.object: fields as sent, operations that fit, and no shape that breaks it.
local kassa = require "kassa"
local json = require "kassa.json"
local script = require "support.script"

local TRANSACTION = [[{"payment_transaction_id":"krn:t:1","state":"AUTHORIZED","payment_captures":
  [{"payment_capture_id":"krn:t:1:capture:1","capture_amount":5000}],"payment_refunds":[],
  "new_member":{"x":[]}}]]
local CONFIRMED = [[{"payment_request_id":"krn:r:1","state":"CONFIRMED",
  "state_context":{"payment_transaction":]] .. TRANSACTION .. "}}"

local function read(body, headers)
  local engine = script.new { script.json(200, body, headers) }
  local klarna = kassa.klarna { api_key = "klarna_test_api_k", transport = engine }
  return assert(klarna.payment_requests:read "krn:r:1"), engine, klarna
end

describe("an object", function()
  it("is the fields as sent, unknown ones included, and writes back the same", function()
    local request = read(CONFIRMED)
    assert.same(json.decode(CONFIRMED), request)
    local names = {}
    for name in pairs(request) do names[#names + 1] = name end
    assert.equal(3, #names)
    assert.equal(json.encode(json.decode(CONFIRMED)), json.encode(request))
  end)

  it("says what it is when it is printed", function()
    assert.equal("kassa.payment_request krn:r:1 (CONFIRMED)", tostring(read(CONFIRMED)))
    assert.equal("kassa.payment_request nil", tostring(read "{}"))
  end)

  it("gives the objects inside it their operations", function()
    local request = read(CONFIRMED)
    local tx = request.state_context.payment_transaction
    assert.is_function(tx.capture)
    assert.is_function(tx.payment_captures[1].refund)
    assert.is_nil(tx.payment_captures[1].capture)
    assert.error_matches(function() tx.can "capture" end, "with a colon")
    local ok, why = tx.payment_captures[1]:can "capture"
    assert.is_false(ok)
    assert.matches("no operation", why)
  end)

  it("tells what lies behind it", function()
    local request = read(CONFIRMED, {
      ["X-Ratelimit-Limit"] = '40, 40;w=1;name="a"', ["X-Ratelimit-Remaining"] = "15",
      ["X-Ratelimit-Reset"] = "1", ["Partner-Correlation-Id"] = "abc",
    })
    local raw = kassa.raw(request)
    assert.equal(200, raw.status)
    assert.equal(CONFIRMED, raw.body)
    assert.equal("application/json", raw.headers["content-type"])
    assert.equal("abc", raw.request_id)
    assert.equal(1, raw.timings.attempts)
    assert.equal(15, raw.rate_limit.remaining)
    assert.has_error(function() kassa.raw {} end)
    assert.has_error(function() kassa.raw(nil) end)
  end)

  it("survives replies of any shape", function()
    for _, body in ipairs {
      "{}", '{"state":null}', '{"state_context":7}',
      '{"state_context":{"payment_transaction":[]}}',
      '{"state_context":{"payment_transaction":{"payment_captures":[1,null,"x"]}}}',
    } do
      local request = read(body)
      request:can "cancel"
      request:can "confirm"
    end
  end)

  it("lets a transaction of any shape be asked", function()
    for _, body in ipairs {
      "{}", '{"state":"NEW_STATE"}', '{"payment_captures":7}',
      '{"payment_captures":[{"capture_amount":"7"}]}',
      '{"original_authorization_amount":1e300}', '{"remaining_authorization_amount":-5}',
      '{"original_authorization_amount":1.5,"remaining_authorization_amount":"x"}',
    } do
      local request = read('{"state_context":{"payment_transaction":' .. body .. "}}")
      local tx = request.state_context.payment_transaction
      for _, verb in ipairs { "capture", "refund", "void", "update" } do
        tx:can(verb, { capture_amount = 5, refund_amount = 5 })
      end
    end
  end)
end)
