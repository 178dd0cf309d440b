-- Promises of the dashboard: everything the sandbox holds, on one page, and a clock to turn.
local json = require "kassa.json"
local orders = require "support.order"
local sandbox = require "kassa.sandbox"
local server = require "kassa.sandbox.server"

describe("the dashboard", function()
  local box, handler

  before_each(function()
    box = sandbox.world { seed = 7, base_url = "http://127.0.0.1:1" }
    handler = server.handler(box.world)
  end)

  local function api(method, path, body)
    local response = box:handle {
      method = method, path = path, body = body and assert(json.encode(body)) or "",
      headers = { ["content-type"] = body and "application/json" or nil,
        authorization = "Basic " .. box:options().api_key },
    }
    return json.decode(response.body)
  end

  local function get()
    return handler { method = "GET", path = "/_sandbox/", headers = {}, body = "" }.body
  end

  it("says so when there is nothing yet", function()
    local page = get()
    assert.truthy(page:find("http://127.0.0.1:1", 1, true))
    assert.truthy(page:find("1 Jan 2024, 12:00 UTC", 1, true))
    assert.truthy(page:find("None yet", 1, true))
    assert.is_nil(page:find(box:options().api_key, 1, true))
  end)

  it("shows requests with links, transactions with amounts, deliveries and calls", function()
    local request = api("POST", "/v2/payment/requests", orders.calm())
    local id = request.payment_request_id
    box:approve(id)
    local token = box:view(id).state_context.payment_confirmation_token
    local row = require("kassa.api").whole(require "kassa.api.klarna")
    local path
    for _, operation in ipairs(row.operations) do
      if operation.name == "payment_request.confirm" then path = operation.path end
    end
    local confirmed = api("POST", "/v2" .. path:gsub("{[%w_]+}", (token:gsub("%%", "%%%%"))),
      { currency = "EUR", payment_amount = 17890 })
    local transaction = confirmed.state_context.payment_transaction.payment_transaction_id
    api("POST", "/v2/payment/transactions/" .. transaction .. "/capture",
      { capture_amount = 5000 })
    local made = box:dispute(transaction, { state = "MERCHANT_EVIDENCE_PENDING" })
    local page = get()
    for _, part in ipairs { "href=\"/_sandbox/disputes/" .. made.payment_dispute_id .. "\"",
      "14 days left", "MERCHANT_EVIDENCE_PENDING", "href=\"/_sandbox/pay/" .. id .. "\"",
      "CONFIRMED", "AUTHORIZED",
      "€178.90", "€50.00", "€128.90", "payment.request.state-change.confirmed",
      "payment_transaction.capture", transaction } do
      assert(page:find(part, 1, true), part)
    end
  end)

  it("turns the clock, and says why not", function()
    local function post(body)
      return handler { method = "POST", path = "/_sandbox/", headers = {}, body = body }
    end
    assert.equal(303, post("advance=7d").status)
    assert.truthy(get():find("8 Jan 2024, 12:00 UTC", 1, true))
    assert.equal(400, post("advance=never").status)
    assert.equal(400, post("").status)
  end)
end)
