-- A storefront changes its provider in one line: the same script tells the same story over either,
-- state by state and sum by sum. What differs is an error of the code "unsupported", listed here.

local storefront = require "support.storefront"

-- Write down what a payment is, as "state remaining captured refunded".
local function told(payment)
  return ("%s %d %d %d"):format(payment.state, payment.remaining, payment.captured,
    payment.refunded)
end

-- Stories: each gets a shop and a function that writes down the payment, and returns nothing.
local STORIES = {
  ["bought, shipped in two parcels, part of it given back"] = { function(shop, tell)
    local payment = shop:begun()
    tell(payment)
    local back = shop:approve(payment)
    tell(assert(payment:status()))
    tell(assert(payment:authorize(back)))
    local parcel = assert(payment:capture { amount = 5000, reference = "parcel-1" })
    assert.equal("captured", parcel.state)
    tell(payment)
    assert(payment:refund { amount = 2500, reference = "return-1" })
    tell(payment)
    assert(payment:capture { amount = 10000 })
    tell(payment)
    assert(payment:refund { amount = 2500, capture = parcel })
    tell(payment)
    assert(payment:refund { amount = 10000, capture = payment.captures[2].id })
    tell(payment)
    tell(assert(payment:status()))
  end, { "waiting 0 0 0", "approved 0 0 0", "authorized 15000 0 0", "authorized 10000 5000 0",
    "authorized 10000 5000 2500", "captured 0 15000 2500", "captured 0 15000 5000",
    "refunded 0 15000 15000", "refunded 0 15000 15000" } },

  ["bought and released"] = { function(shop, tell)
    local payment = shop:authorized()
    tell(assert(payment:cancel()))
    tell(assert(payment:status()))
    local refused, err = payment:capture { amount = 100 }
    assert.is_nil(refused)
    assert.same({ "illegal_state", "no" }, { err.code, err.happened })
    tell(payment)
  end, { "canceled 0 0 0", "canceled 0 0 0", "canceled 0 0 0" } },

  ["another process goes on after each step"] = { function(shop, tell)
    local payment = shop:again(shop:begun())
    tell(payment)
    payment = shop:again(assert(payment:authorize(shop:approve(payment))))
    tell(payment)
    assert(payment:capture { amount = 5000 })
    payment = shop:again(payment)
    tell(payment)
    assert(payment:refund { amount = 2000 })
    payment = shop:again(payment)
    tell(payment)
    tell(assert(shop:again(payment):status()))
  end, { "waiting 0 0 0", "authorized 15000 0 0", "authorized 10000 5000 0",
    "authorized 10000 5000 2000", "authorized 10000 5000 2000" } },

  ["a capture or refund of too much is refused before the wire, loaded or not"] = {
    function(shop, tell)
      local payment = shop:authorized()
      assert(payment:capture { amount = 5000 })
      assert(payment:refund { amount = 2500 })
      local sent = #shop.box:requests()
      for _, held in ipairs { payment, shop:again(payment) } do
        local refused, err = held:capture { amount = 10001 }
        assert.is_nil(refused)
        assert.same({ "exceeds_amount", "no", 10001, 10000 },
          { err.code, err.happened, err.asked, err.limit })
        tell(held)
      end
      local refused, err = payment:refund { amount = 2501 }
      assert.is_nil(refused)
      assert.same({ "exceeds_amount", 2501, 2500 }, { err.code, err.asked, err.limit })
      assert.equal(sent, #shop.box:requests())
    end, { "authorized 10000 5000 2500", "authorized 10000 5000 2500" } },

  ["the shopper's second click on the way back reserves nothing twice"] = { function(shop, tell)
    local payment = shop:begun()
    local back, text = shop:approve(payment), payment:save()
    tell(assert(payment:authorize(back)))
    local sent = #shop.box:requests()
    tell(assert(payment:authorize(back)))
    assert.equal(sent, #shop.box:requests())
    local late = assert(shop.checkout:load(text)) -- another process, which knows nothing of it
    local again, err = late:authorize(back)
    assert.is_true(again ~= nil or err.happened == "yes", tostring(err))
    if err then assert(err:resolve()) end
    tell(late)
    tell(assert(payment:status()))
  end, { "authorized 15000 0 0", "authorized 15000 0 0", "authorized 15000 0 0",
    "authorized 15000 0 0" } },

  ["nobody agreed, so nothing is reserved"] = { function(shop, tell)
    local payment = shop:begun()
    local done, err = payment:authorize "order=1001"
    assert.is_nil(done)
    assert.same({ "illegal_state", "no" }, { err.code, err.happened })
    tell(payment)
    for _, verb in ipairs { "capture", "refund" } do
      done, err = payment[verb](payment, { amount = 100 })
      assert.is_nil(done)
      assert.same({ "illegal_state", "no" }, { err.code, err.happened })
      assert.equal("checkout." .. verb, err.operation)
    end
    tell(payment)
  end, { "waiting 0 0 0", "waiting 0 0 0" } },

  ["the shopper is refused"] = { function(shop, tell)
    local payment = shop:begun()
    assert(shop.box:decline(payment.id))
    tell(assert(payment:status()))
    local done, err = payment:authorize ""
    assert.is_nil(done)
    assert.same({ "illegal_state", "no", "failed" }, { err.code, err.happened, err.state })
  end, { "failed 0 0 0" } },

  ["a parcel's intent takes money once, however often it is asked for"] = { function(shop, tell)
    local payment = shop:authorized()
    local named = { intent = "order-1001/parcel-1" }
    local first = assert(payment:capture({ amount = 5000 }, named))
    local again, err = payment:capture({ amount = 5000 }, named)
    assert.is_true(again == first or err ~= nil and err.happened == "yes", tostring(err))
    tell(payment)
    tell(assert(payment:status()))
    assert.equal(1, #payment.captures)
  end, { "authorized 10000 5000 0", "authorized 10000 5000 0" } },

  ["an answer that was lost is found again, and the payment learns of it"] = {
    function(shop, tell)
      local payment = shop:authorized()
      local operation = { klarna = "payment_transaction.capture",
        cybersource = "authorization.capture" }
      shop.box:fault { operation = operation[shop.provider], kind = "drop_after_effect",
        times = 1 }
      local part, err = payment:capture({ amount = 5000, reference = "parcel-1" },
        { retries = 0 })
      assert.is_nil(part)
      assert.equal("unknown", err.happened)
      tell(payment)
      assert(err:resolve())
      tell(payment)
      assert.equal("parcel-1", payment.captures[1].reference)
      assert(payment:refund { amount = 5000 })
      tell(payment)
    end, { "authorized 15000 0 0", "authorized 10000 5000 0", "authorized 10000 5000 5000" } },

  ["what was lost is asked for again by another process, and moves money once"] = {
    function(shop, tell)
      local NAMES = { klarna = { "payment_transaction.capture", "payment_capture.refund" },
        cybersource = { "authorization.capture", "capture.refund" } }
      local names = NAMES[shop.provider]
      local function lose(payment, kind, operation, verb, amount)
        local text, named = payment:save(), { intent = "order-1001/" .. verb, retries = 0 }
        shop.box:fault { operation = operation, kind = kind, times = 1 }
        local made, err = payment[verb](payment, { amount = amount }, named)
        assert.same({ nil, "unknown" }, { made, err.happened })
        local late = assert(shop.checkout:load(text))
        made, err = late[verb](late, { amount = amount }, named)
        assert.is_true(made ~= nil or err.happened == "yes", tostring(err))
        if err then assert(err:resolve()) end
        return late
      end
      for _, kind in ipairs { "drop_before_effect", "drop_after_effect", "garbage", "reset" } do
        local payment = lose(shop:authorized(), kind, names[1], "capture", 5000)
        payment = lose(payment, kind, names[2], "refund", 2000)
        local ledger = shop.box:ledger(payment.authorization_id)
        assert.same({ 5000, 2000 }, { ledger.captured, ledger.refunded })
        tell(payment)
      end
    end, { "authorized 10000 5000 2000", "authorized 10000 5000 2000",
      "authorized 10000 5000 2000", "authorized 10000 5000 2000" } },

  ["an order that does not add up, or misses a field, goes nowhere"] = { function(shop)
    local sent = #shop.box:requests()
    for _, wrong in ipairs { { amount = 15001 }, { amount = 150.5 }, { lins = {} },
        { currency = "EURO" }, { return_url = "thanks" } } do
      local payment, err = shop.checkout:begin(shop.order(wrong))
      assert.is_nil(payment)
      assert.same({ "invalid", "no", "checkout.begin" },
        { err.code, err.happened, err.operation })
    end
    assert.equal(sent, #shop.box:requests())
  end, {} },
}

for name, story in pairs(STORIES) do
  describe("a story: " .. name, function()
    for _, provider in ipairs(storefront.PROVIDERS) do
      it("is the same over " .. provider, function()
        local shop, lines = storefront.open(provider), {}
        story[1](shop, function(payment) lines[#lines + 1] = told(payment) end)
        assert.same(story[2], lines)
        shop.client.close()
      end)
    end
  end)
end

-- What one provider has not: refused before the wire by it, done by the other one.
local LACKS = {
  { "klarna", "begin", function(shop)
    return shop.checkout:begin(shop.order { cancel_url = "https://shop.example/no" })
  end },
  { "klarna", "begin", function(shop)
    return shop.checkout:begin(shop.order { failure_url = "https://shop.example/no" })
  end },
  { "cybersource", "begin", function(shop)
    return shop.checkout:begin(shop.order {
      return_url = "https://shop.example/?r={klarna.payment_request.id}" })
  end },
  { "cybersource", "cancel", function(shop) return shop:begun():cancel() end },
  { "cybersource", "cancel", function(shop)
    local payment = shop:authorized()
    assert(payment:capture { amount = 100 })
    return payment:cancel()
  end },
  { "cybersource", "refund", function(shop)
    local payment = shop:authorized()
    assert(payment:capture { amount = 100 })
    assert(payment:capture { amount = 200 })
    return payment:refund { amount = 250 }
  end },
}

describe("what one provider lacks", function()
  for number, lack in ipairs(LACKS) do
    it(("is a named error there, and done by the other (%d: %s, %s)"):format(
      number, lack[1], lack[2]), function()
      for _, provider in ipairs(storefront.PROVIDERS) do
        local shop = storefront.open(provider)
        local done, err = lack[3](shop)
        if provider == lack[1] then
          assert.is_nil(done)
          assert.same({ "unsupported", "no", "never", "checkout." .. lack[2] },
            { err.code, err.happened, err.retry, err.operation })
        else
          assert.is_truthy(done, tostring(err))
        end
      end
    end)
  end
end)
