-- The sandbox is as strict as Klarna says it is: every example request of the reference is taken,
-- every broken variant of a body is refused with 400 and the place. Members that the description
-- does not know are no fault of a request: the reference does not say that Klarna refuses them.

local S = require "kassa.schema"
local api = require("kassa.api").whole(require "kassa.api.klarna")
local fixtures = require "support.fixtures"
local heavy = require "support.heavy"
local json = require "kassa.json"
local shop = require "support.shop"

local EXAMPLE = {}
for _, fixture in ipairs(fixtures.of "request") do
  EXAMPLE[fixture.subject] = json.decode(fixture.text)
end

describe("the example requests of the reference, played as one story,", function()
  local s = shop.open()
  local id

  it("are taken: create, update, confirm", function()
    local request = s:request(EXAMPLE["payment_request.create"])
    local status, value = s:send("PATCH", "/payment/requests/" .. request.payment_request_id,
      EXAMPLE["payment_request.update"])
    assert.equal(200, status, json.encode(value))
    assert.same(EXAMPLE["payment_request.update"].supplementary_purchase_data,
      value.supplementary_purchase_data)
    local pending = s:verb("approve", request.payment_request_id)
    status, value = s:confirm(pending.state_context.payment_confirmation_token,
      EXAMPLE["payment_request.confirm"])
    assert.equal(200, status, json.encode(value))
    id = value.state_context.payment_transaction.payment_transaction_id
  end)

  it("are taken: token charge", function()
    assert.equal(201, (s:charge(s:verb("token", "approved"), EXAMPLE["customer_token.charge"])))
  end)

  it("are taken: update, capture, refund of a transaction and of a capture", function()
    id = s:authorized(10000)
    local path = "/payment/transactions/" .. id
    assert.equal(200, (s:send("PATCH", path, EXAMPLE["payment_transaction.update"])))
    local status, capture = s:post(path .. "/capture", EXAMPLE["payment_transaction.capture"])
    assert.equal(201, status)
    assert.equal(201, (s:capture(id, 5000)))
    assert.equal(201, (s:post(path .. "/refund", EXAMPLE["payment_transaction.refund"])))
    assert.equal(201, (s:post("/payment/captures/" .. capture.payment_capture_id .. "/refund",
      EXAMPLE["payment_capture.refund"])))
  end)
end)

-- A call of each operation whose body is the only thing that can be wrong.
local function targets(s)
  local request = s:request().payment_request_id
  local _, token = s:pending()
  local id = s:authorized(2000000000)
  s:capture(id, 1000000000)
  return {
    payment_request_id = request, payment_confirmation_token = token,
    payment_transaction_id = id, payment_capture_id = id .. ":capture:1",
  }
end

local function status_of(s, row, ids, text)
  local headers = { ["content-type"] = "application/json" }
  if row.name == "customer_token.charge" then
    headers["x-klarna-customer-token"] = s:verb("token", "approved")
  end
  local path = row.path:gsub("{(.-)}", ids)
  return s:send(row.method, path, text, headers)
end

-- The three large bodies are nearly one: all of the first, and of the others each seventh variant.
local STRIDE = { ["payment_request.update"] = 7, ["customer_token.charge"] = 7 }

local SKIP = heavy.here and 1 or 5

describe("every broken body is refused by", function()
  for _, row in ipairs(api.operations) do
    if row.body then
      it(row.name, function()
        local s = shop.open()
        local ids, count = targets(s), 0
        local all = S.broken(row.body)
        for i = 1, #all, (STRIDE[row.name] or 1) * (#all > 500 and SKIP or 1) do
          local broken = all[i]
          local text = json.encode(broken.value)
          if text and not broken.why:find("unknown field", 1, true) then
            local status, value = status_of(s, row, ids, text)
            assert.equal(400, status, broken.why)
            assert.equal("VALIDATION_ERROR", value.error_code)
            assert.truthy(#value.validation_errors > 0)
            count = count + 1
          end
        end
        assert.truthy(count > 10, "only " .. count .. " broken bodies")
      end)
    end
  end
end)
