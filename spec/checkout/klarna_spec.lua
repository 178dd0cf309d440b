-- Promises of the checkout over Klarna: the bodies it sends, by hand; what funding, expiry,
-- chargebacks and a capture at once mean; and that Klarna, not the shopper's address, tells.

local json = require "kassa.json"
local kassa = require "kassa"
local script = require "support.script"
local storefront = require "support.storefront"

local TRANSACTION = { capture = "payment_transaction.capture", read = "payment_transaction.read" }

-- The body of the call that a scripted client sends.
local function sent_by(act, answers)
  local engine = script.new(answers)
  local client = kassa.klarna { api_key = "klarna_test_api_abc", transport = engine }
  act(kassa.checkout(client))
  return json.decode(engine.sent[#engine.sent].body)
end

local SUBMITTED = '{"payment_request_id":"krn:r:1","state":"SUBMITTED","state_context":{}}'

describe("a checkout over Klarna", function()
  it("asks for a payment with the order's lines, references and place", function()
    assert.same({
      currency = "EUR", payment_amount = 16500, payment_request_reference = "order-1001",
      config = { redirect_url = "https://shop.example/thanks?order=1001" },
      supplementary_purchase_data = {
        purchase_reference = "order-1001",
        customer = { address = { country = "DE", postal_code = "10115", region = "BE" } },
        line_items = {
          { name = "Tee", quantity = 2, total_amount = 6000, total_tax_amount = 1000 },
          { name = "Board", quantity = 1, unit_price = 12000, total_amount = 12000,
            line_item_reference = "board-1" },
          { name = "Voucher", quantity = 1, unit_price = -1000, total_amount = -1000 },
          { name = "Discount", quantity = 1, unit_price = -500, total_amount = -500 },
        },
      },
    }, sent_by(function(checkout)
      assert(checkout:begin(storefront.order { amount = 16500, discount = 500, lines = {
        { name = "Tee", quantity = 2, unit_price = 2500, tax = 1000 },
        { name = "Board", unit_price = 12000, reference = "board-1" },
        { name = "Voucher", unit_price = -1000 } } }))
    end, { script.json(201, SUBMITTED) }))
  end)

  it("makes a line of the tax of an order in the US, and needs no more than is needed", function()
    local body = sent_by(function(checkout)
      assert(checkout:begin(storefront.order { country = "US", region = "OH", currency = "USD",
        tax = 1500, amount = 16500 }))
    end, { script.json(201, SUBMITTED) })
    assert.same({ name = "Tax", quantity = 1, unit_price = 1500, total_amount = 1500 },
      body.supplementary_purchase_data.line_items[3])
    assert.same({ currency = "EUR", payment_amount = 100,
      config = { redirect_url = "https://shop.example/" } }, sent_by(function(checkout)
      assert(checkout:begin { amount = 100, currency = "EUR",
        return_url = "https://shop.example/" })
    end, { script.json(201, SUBMITTED) }))
  end)

  it("takes and gives back what the storefront says, with its lines", function()
    local shop = storefront.open "klarna"
    local payment = shop:authorized()
    local lines = { { name = "Tee", quantity = 2, unit_price = 2500 } }
    assert(payment:capture { amount = 5000, reference = "parcel-1", lines = lines })
    assert(payment:refund { amount = 2500, reference = "return-1", lines = lines })
    local view = shop.box:view(payment.authorization_id)
    local capture, refund = view.payment_captures[1], view.payment_refunds[1]
    assert.equal("parcel-1", capture.payment_capture_reference)
    assert.equal("Tee", capture.supplementary_capture_data.line_items[1].name)
    assert.same({ "return-1", capture.payment_capture_id },
      { refund.payment_refund_reference, refund.payment_capture_id })
    assert.equal("order-1001", view.payment_transaction_reference)
  end)

  it("ships nothing while the funding is not there, or is gone", function()
    local shop = storefront.open "klarna"
    local payment = shop:authorized()
    for funding, state in pairs { PENDING = "pending", FUNDED = "authorized",
        EXPIRED = "failed" } do
      assert(shop.box:funding(payment.authorization_id, funding))
      assert.equal(state, assert(payment:status()).state)
    end
  end)

  it("sees a chargeback, an expiry, a request that was given up or refused", function()
    local shop = storefront.open "klarna"
    local payment = shop:authorized()
    assert(payment:capture { amount = 15000 })
    assert(shop.box:chargeback(payment.authorization_id, { amount = 4000 }))
    assert.same({ "charged_back", 4000 }, { assert(payment:status()).state,
      payment.charged_back })
    assert.same({ "charged_back", 4000 }, { shop:again(payment).state, payment.charged_back })

    local late, part = shop:authorized(), shop:authorized()
    assert(part:capture { amount = 100 })
    for _, one in ipairs { late, part } do assert(shop.box:expire(one.authorization_id)) end
    assert.same({ "expired", 0 }, { assert(late:status()).state, late.remaining })
    assert.same({ "captured", 0 }, { assert(part:status()).state, part.remaining })

    local begun = shop:begun()
    assert.equal("canceled", assert(begun:cancel()).state)
    assert.equal("canceled", assert(begun:status()).state)
    local forgotten = shop:begun()
    shop.box:advance "3d"
    assert.equal("expired", assert(forgotten:status()).state)
    local done, err = forgotten:authorize()
    assert.is_nil(done)
    assert.equal("illegal_state", err.code)
  end)

  it("divides a refund of several captures, and reads back how", function()
    local shop = storefront.open "klarna"
    local payment = shop:authorized()
    assert(payment:capture { amount = 1000 })
    assert(payment:capture { amount = 2000 })
    assert(payment:refund { amount = 2500 })
    assert.equal(2500, payment.refunded)
    assert.equal(2500, assert(payment:status()).refunded)
    local done, err = payment:refund { amount = 10, capture = "krn:another" }
    assert.is_nil(done)
    assert.matches("capture: is no capture of this payment", err.message)
  end)

  it("compares the token that came back with Klarna's own, and needs none", function()
    local shop = storefront.open "klarna"
    local url = "https://shop.example/?auth-token="
      .. "{klarna.payment_request.payment_confirmation_token}"
    local mine, other = shop:begun { return_url = url }, shop:begun { return_url = url }
    local back, foreign = shop:approve(mine), shop:approve(other)
    local done, err = mine:authorize(foreign)
    assert.is_nil(done)
    assert.same({ "invalid", "no" }, { err.code, err.happened })
    assert.matches("auth%-token: is that of another", err.message)
    assert.equal("authorized", assert(mine:authorize(back)).state)
    assert.equal("authorized", assert(other:authorize()).state)
  end)

  it("counts a capture at once", function()
    local shop = storefront.open "klarna"
    local payment = shop:begun()
    shop:approve(payment)
    assert(payment:authorize(nil, { klarna = { config = { capture = true } } }))
    assert.same({ "captured", 15000, 0 }, { payment.state, payment.captured, payment.remaining })
    assert(payment:refund { amount = 15000 })
    assert.equal("refunded", payment.state)
  end)

  it("has reserved what is reserved, although it could not be read", function()
    local shop = storefront.open "klarna"
    local payment = shop:begun()
    shop:approve(payment)
    shop.box:fault { operation = TRANSACTION.read, kind = "status", status = 500, times = 9 }
    assert.equal("authorized", assert(payment:authorize(nil, { retries = 0 })).state)
    assert.same({ 15000, 15000 }, { payment.authorized, payment.remaining })
    local done, err = payment:status { retries = 0 }
    assert.is_nil(done)
    assert.equal(500, err.status)
    assert.equal("authorized", payment.state)
    assert(payment:capture { amount = 5000 })
    assert.equal(10000, payment.remaining)
  end)

  it("goes on when somebody else confirmed or captured", function()
    local shop = storefront.open "klarna"
    local payment = shop:begun()
    shop:approve(payment)
    local twin = shop:again(payment)
    assert(payment:authorize())
    assert.equal("authorized", assert(twin:authorize()).state)
    assert(payment:capture { amount = 15000 })
    assert.same({ "captured", 15000 }, { assert(twin:status()).state, twin.captured })
  end)

  it("gives the provider's own error unchanged", function()
    local shop = storefront.open "klarna"
    local payment = shop:authorized()
    shop.box:fault { operation = TRANSACTION.capture, kind = "status", status = 403 }
    local done, err = payment:capture({ amount = 100 }, { retries = 0 })
    assert.is_nil(done)
    assert.same({ "forbidden", 403, TRANSACTION.capture, "no" },
      { err.code, err.status, err.operation, err.happened })
    assert.equal(0, payment.captured)
  end)
end)
