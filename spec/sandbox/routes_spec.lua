-- Promises of kassa.sandbox.routes: every path of the reference, in both families, and no other.

local api = require("kassa.api").whole(require "kassa.api.klarna")
local routes = require "kassa.sandbox.routes"

local ACCOUNT = "krn:partner:global:account:test:LWT2XJSE"

-- Section 2 of the reference, by hand.
local PATHS = {
  { "payment_request.create", "POST", "/payment/requests" },
  { "payment_request.read", "GET", "/payment/requests/{payment_request_id}" },
  { "payment_request.update", "PATCH", "/payment/requests/{payment_request_id}" },
  { "payment_request.cancel", "DELETE", "/payment/requests/{payment_request_id}" },
  { "payment_request.confirm", "POST",
    "/payment/confirmation-tokens/{payment_confirmation_token}/confirm" },
  { "customer_token.charge", "POST", "/payment/customer-token/charge" },
  { "payment_transaction.read", "GET", "/payment/transactions/{payment_transaction_id}" },
  { "payment_transaction.update", "PATCH", "/payment/transactions/{payment_transaction_id}" },
  { "payment_transaction.capture", "POST",
    "/payment/transactions/{payment_transaction_id}/capture" },
  { "payment_transaction.refund", "POST",
    "/payment/transactions/{payment_transaction_id}/refund" },
  { "payment_transaction.void", "POST", "/payment/transactions/{payment_transaction_id}/void" },
  { "payment_capture.read", "GET", "/payment/captures/{payment_capture_id}" },
  { "payment_capture.refund", "POST", "/payment/captures/{payment_capture_id}/refund" },
  { "payment_refund.read", "GET", "/payment/refunds/{payment_refund_id}" },
  { "payment_chargeback.read", "GET", "/payment/chargebacks/{payment_chargeback_id}" },
}

describe("routing", function()
  local all = routes.new(api)

  for _, case in ipairs(PATHS) do
    local operation, method, template = case[1], case[2], case[3]
    it("finds " .. operation .. " in both path families", function()
      local path = template:gsub("{.-}", "krn:payment:eu1:thing:1")
      local row, params, family = all:find(method, "/v2" .. path)
      assert.equal(operation, row.name)
      assert.equal("direct", family)
      assert.is_nil(params.account)
      local name = template:match("{(.-)}")
      if name then assert.equal("krn:payment:eu1:thing:1", params[name]) end
      row, params, family = all:find(method, "/v2/accounts/" .. ACCOUNT .. path)
      assert.equal(operation, row.name)
      assert.equal("account", family)
      assert.equal(ACCOUNT, params.account)
    end)
  end

  it("finds what lies outside every account there and nowhere else", function()
    local row, params, family = all:find("GET", "/v2/notification/webhooks/krn:1")
    assert.same({ "webhook.read", "krn:1", "direct" }, { row.name, params.webhook_id, family })
    assert.is_nil((all:find("GET", "/v2/accounts/" .. ACCOUNT .. "/notification/webhooks/krn:1")))
  end)

  it("unescapes parameters", function()
    local _, params = all:find("GET", "/v2/accounts/a%3Ab/payment/requests/x%2Fy")
    assert.equal("a:b", params.account)
    assert.equal("x/y", params.payment_request_id)
  end)

  it("finds nothing else", function()
    local wrong = {
      { "GET", "/v2/payment/requests" }, { "PUT", "/v2/payment/requests/x" },
      { "POST", "/v1/payment/requests" }, { "POST", "/v2/payment/requests/" },
      { "POST", "/payment/requests" }, { "GET", "" }, { "GET", "/" }, { "GET", "no slash" },
      { "GET", "/v2/payment/requests/%zz" }, { "GET", "/v2/payment/requests/%" },
      { "POST", "/v2/payment/transactions//capture" }, { "POST", "/v2/payment/requests/x/y/z" },
    }
    for _, case in ipairs(wrong) do assert.is_nil((all:find(case[1], case[2])), case[2]) end
  end)

  it("follows paths that the caller replaced", function()
    local own = routes.new(api, {
      ["customer_token.charge"] = "POST /payment/token-charge",
      ["payment_request.read"] = "/payment/ask/{payment_request_id}",
    })
    assert.equal("customer_token.charge", own:find("POST", "/v2/payment/token-charge").name)
    assert.equal("payment_request.read", own:find("GET", "/v2/payment/ask/1").name)
    assert.is_nil((own:find("POST", "/v2/payment/customer-token/charge")))
  end)
end)
