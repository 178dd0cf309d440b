-- Promises of the checkout over Cybersource: the bodies it sends, by hand; reviews, failures and
-- chargebacks as they are seen; and that no status that is not known is a success.

local json = require "kassa.json"
local kassa = require "kassa"
local script = require "support.script"
local storefront = require "support.storefront"

local function client_of(engine)
  return kassa.cybersource { merchant_id = "shop", key_id = "k", secret = "c2VjcmV0",
    transport = engine }
end

local function answer(kind, status, more)
  return script.json(201, ('{"id":"%s","status":"%s"%s}'):format(kind, status, more or ""))
end

-- A body without what the row fills in.
local function own(sent)
  local body = json.decode(sent.body)
  body.paymentInformation, body.processingInformation = nil, nil
  if body.clientReferenceInformation then
    body.clientReferenceInformation.transactionId = nil
  end
  return body
end

local OHIO = { country = "US", region = "OH", postal_code = "43215", currency = "USD",
  locale = "en-US", tax = 1500, amount = 16500 }

describe("a checkout over Cybersource", function()
  it("begins a session with amounts as decimal text, lines and addresses", function()
    local engine = script.new { answer("1", "INITIATED",
      ',"processorInformation":{"paymentUrl":"https://pay.example/1"}') }
    local payment = assert(kassa.checkout(client_of(engine)):begin(storefront.order(OHIO)))
    assert.same({ "1", "waiting", "https://pay.example/1" },
      { payment.id, payment.state, payment.url })
    assert.is_nil(payment.left_out)
    local back = "https://shop.example/thanks?order=1001"
    assert.same({
      clientReferenceInformation = { code = "order-1001" },
      buyerInformation = { language = "en-US" },
      merchantInformation = { successUrl = back, cancelUrl = back, failureUrl = back },
      orderInformation = {
        amountDetails = { currency = "USD", totalAmount = "165.00", taxAmount = "15.00" },
        billTo = { country = "US", postalCode = "43215", administrativeArea = "OH" },
        lineItems = {
          { productName = "Tee", quantity = 2, unitPrice = "25.00", totalAmount = "50.00" },
          { productName = "Skateboard", quantity = 1, unitPrice = "100.00",
            totalAmount = "100.00" },
        },
      },
    }, own(engine.sent[1]))
  end)

  it("has taxes on the lines elsewhere, vouchers as coupons, a page for each end", function()
    local engine = script.new { answer("1", "INITIATED") }
    assert(kassa.checkout(client_of(engine)):begin(storefront.order {
      amount = 15500, discount = 500, cancel_url = "https://shop.example/no",
      failure_url = "https://shop.example/failed", lines = {
        { name = "Tee", quantity = 2, unit_price = 2500, tax = 1000 },
        { name = "Board", unit_price = 12000, reference = "board-1" },
        { name = "Voucher", quantity = 2, unit_price = -1000 } } }))
    local body = own(engine.sent[1])
    assert.same({ successUrl = "https://shop.example/thanks?order=1001",
      cancelUrl = "https://shop.example/no", failureUrl = "https://shop.example/failed" },
      body.merchantInformation)
    assert.same({ currency = "EUR", totalAmount = "155.00", discountAmount = "5.00" },
      body.orderInformation.amountDetails)
    assert.same({
      { productName = "Tee", quantity = 2, unitPrice = "25.00", totalAmount = "60.00",
        taxAmount = "10.00" },
      { productName = "Board", productSku = "board-1", quantity = 1, unitPrice = "120.00",
        totalAmount = "120.00", taxAmount = "0.00" },
      { productName = "Voucher", productCode = "coupon", quantity = 2, unitPrice = "10.00",
        totalAmount = "20.00", taxAmount = "0.00" },
    }, body.orderInformation.lineItems)
  end)

  it("authorizes, captures and refunds with what is asked for", function()
    local engine = script.new { answer("1", "INITIATED"), answer("2", "AUTHORIZED"),
      answer("3", "SETTLED"), answer("4", "REFUNDED") }
    local payment = assert(kassa.checkout(client_of(engine)):begin(storefront.order(OHIO)))
    assert(payment:authorize "auth-token=54e3")
    assert.same({
      clientReferenceInformation = { code = "order-1001" },
      orderInformation = {
        amountDetails = { currency = "USD", totalAmount = "165.00", taxAmount = "15.00" },
        billTo = { country = "US", postalCode = "43215", administrativeArea = "OH" },
      },
      processorInformation = { preApprovalToken = "54e3" },
    }, own(engine.sent[2]))
    assert(payment:capture { amount = 5000, reference = "parcel-1",
      lines = { { name = "Tee", quantity = 2, unit_price = 2500, reference = "t" } } })
    assert.equal("/pts/v2/payments/2/captures", engine.sent[3].target)
    assert.same({
      clientReferenceInformation = { code = "parcel-1" },
      orderInformation = { amountDetails = { currency = "USD", totalAmount = "50.00" },
        lineItems = { { productName = "Tee", productSku = "t", quantity = 2, unitPrice = "25.00",
          totalAmount = "50.00" } } },
    }, own(engine.sent[3]))
    assert(payment:refund { amount = 5 })
    assert.equal("/pts/v2/payments/3/refunds", engine.sent[4].target)
    assert.equal("0.05", own(engine.sent[4]).orderInformation.amountDetails.totalAmount)
  end)

  it("says of a voucher that it was taken off, also where it is captured and refunded", function()
    local engine = script.new { answer("1", "INITIATED"), answer("2", "AUTHORIZED"),
      answer("3", "SETTLED"), answer("4", "REFUNDED") }
    local payment = assert(kassa.checkout(client_of(engine)):begin(storefront.order(OHIO)))
    assert(payment:authorize "auth-token=54e3")
    local lines = { { name = "Tee", unit_price = 2500, quantity = 2 },
      { name = "Voucher", unit_price = -500, reference = "v-1" } }
    assert(payment:capture { amount = 4500, lines = lines })
    assert(payment:refund { amount = 4500, lines = lines })
    for sent = 3, 4 do
      assert.same({ productName = "Voucher", productCode = "coupon", productSku = "v-1",
        quantity = 1, unitPrice = "5.00", totalAmount = "5.00" },
        own(engine.sent[sent]).orderInformation.lineItems[2])
    end
  end)

  it("is no success in a status that nobody has heard of", function()
    local engine = script.new { answer("1", "SHINY"), answer("2", "SPLENDID"),
      answer("2", "GLORIOUS") }
    local payment = assert(kassa.checkout(client_of(engine)):begin(storefront.order(OHIO)))
    assert.equal("unknown", payment.state)
    assert(payment:authorize "auth-token=54e3")
    assert.same({ "unknown", 0, 0 }, { payment.state, payment.authorized, payment.remaining })
    assert.equal("unknown", assert(payment:status()).state)
  end)

  it("waits out a review, of an authorization, a capture and a refund", function()
    local shop = storefront.open "cybersource"
    local order = { amount = 14912, lines = { { name = "Tee", unit_price = 14912 } } }
    local payment = shop:authorized(order) -- .912: the sandbox reviews it
    assert.same({ "pending", 0 }, { payment.state, payment.remaining })
    local done, err = payment:capture { amount = 100 }
    assert.is_nil(done)
    assert.equal("illegal_state", err.code)
    assert.equal("pending", assert(payment:status()).state)
    shop.box:advance "1h"
    assert.same({ "authorized", 14912 }, { assert(payment:status()).state, payment.remaining })

    local first = assert(payment:capture { amount = 11932 }) -- .932: reviewed
    assert.same({ "pending", "authorized", 2980, 0 },
      { first.state, payment.state, payment.remaining, payment.captured })
    assert(payment:capture { amount = 2980 })
    assert.same({ "pending", 0, 2980 }, { payment.state, payment.remaining, payment.captured })
    payment = shop:again(payment)
    shop.box:advance "1h"
    assert.same({ "captured", 14912 }, { assert(payment:status()).state, payment.captured })

    local refund = assert(payment:refund { amount = 942, capture = first.id })
    assert.same({ "pending", 0 }, { refund.state, payment.refunded })
    shop.box:advance "1h"
    assert(payment:status())
    assert.same({ "refunded", 942 }, { refund.state, payment.refunded })
  end)

  it("sees reviews that failed: what was held is free again", function()
    local shop = storefront.open "cybersource"
    local payment = shop:authorized()
    local part = assert(payment:capture { amount = 5933 })
    assert.equal(9067, payment.remaining)
    shop.box:advance "1h"
    assert(payment:status())
    assert.same({ "failed", 15000, 0, "authorized" },
      { part.state, payment.remaining, payment.captured, payment.state })
    local done, err = payment:refund { amount = 100 }
    assert.is_nil(done)
    assert.same({ "illegal_state", "checkout.refund" }, { err.code, err.operation })
    assert(payment:capture { amount = 15000 })
    assert.equal("captured", payment.state)
  end)

  it("sees a chargeback by a check", function()
    local shop = storefront.open "cybersource"
    local payment = shop:authorized()
    local part = assert(payment:capture { amount = 9000 })
    assert(payment:capture { amount = 6000 })
    assert(shop.box:chargeback(part.id))
    payment = assert(shop:again(payment):status())
    assert.same({ "charged_back", 9000, 15000 },
      { payment.state, payment.charged_back, payment.captured })
    local done, err = payment:refund { amount = 1, capture = part.id }
    assert.is_nil(done)
    assert.equal("illegal_state", err.code)
    assert(payment:refund { amount = 1, capture = payment.captures[2] })
  end)

  it("fails for good when Klarna refuses", function()
    local shop = storefront.open "cybersource"
    local payment = shop:begun { amount = 14911,
      lines = { { name = "Tee", unit_price = 14911 } } }
    local done, err = payment:authorize(shop:approve(payment))
    assert.is_nil(done)
    assert.same({ "declined", "no" }, { err.code, err.happened })
    assert.same({ "failed", "FAILED" }, { payment.state, payment.provider_state })
    done, err = shop:again(payment):authorize "auth-token=54e3"
    assert.is_nil(done)
    assert.same({ "illegal_state", "failed" }, { err.code, err.state })
  end)

  it("begins no payment when the session is refused, and sees one that is left", function()
    local shop = storefront.open "cybersource"
    local payment, err = shop.checkout:begin(shop.order { amount = 14901,
      lines = { { name = "Tee", unit_price = 14901 } } })
    assert.is_nil(payment)
    assert.equal("declined", err.code)
    payment = shop:begun()
    assert(shop.box:abandon(payment.id))
    assert.equal("abandoned", assert(payment:status()).state)
  end)

  it("releases at once, after a review, or not: then it may be tried again", function()
    local shop = storefront.open "cybersource"
    local function of(amount)
      return shop:authorized { amount = amount, lines = { { name = "Tee", unit_price = amount } } }
    end
    local slow = of(14922)
    assert.equal("pending", assert(slow:cancel()).state)
    local done, err = slow:capture { amount = 1 }
    assert.is_nil(done)
    assert.equal("illegal_state", err.code)
    slow = shop:again(slow)
    done, err = slow:cancel()
    assert.is_nil(done)
    assert.equal("illegal_state", err.code)
    shop.box:advance "1h"
    assert.same({ "canceled", 0 }, { assert(slow:status()).state, slow.remaining })

    local stubborn = of(14923)
    assert.equal("pending", assert(stubborn:cancel()).state)
    shop.box:advance "1h"
    assert.same({ "authorized", 14923 }, { assert(stubborn:status()).state, stubborn.remaining })
    assert.equal("canceled", assert(shop:again(stubborn):cancel()).state)

    local refused = of(14921)
    done, err = refused:cancel()
    assert.is_nil(done)
    assert.equal("declined", err.code)
    assert.equal("authorized", refused.state)
    assert.equal("canceled", assert(refused:cancel()).state)
  end)

  it("needs the token, and one that is Klarna's", function()
    local shop = storefront.open "cybersource"
    local payment = shop:begun()
    local done, err = payment:authorize()
    assert.is_nil(done)
    assert.same({ "illegal_state", "no" }, { err.code, err.happened })
    assert.matches("auth%-token", err.message)
    done, err = payment:authorize "auth-token=a&auth-token=b"
    assert.is_nil(done)
    assert.equal("invalid", err.code)
    assert.equal("waiting", payment.state)
  end)
end)
