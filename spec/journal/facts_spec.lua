-- Promises of what the journal writes down about a call: amounts in minor units and ids, from the
-- bodies of both APIs.
local api = require "kassa.api.klarna"
local facts = require "kassa.journal.facts"

describe("the facts of a call", function()
  it("are Klarna's amount, currency and reference", function()
    local amount, currency, reference = facts.of_request({ amount = "capture_amount" },
      { capture_amount = 400, payment_capture_reference = "p-1" }, { currency = "USD" })
    assert.equal(400, amount)
    assert.equal("USD", currency)
    assert.equal("p-1", reference)
  end)

  it("are Cybersource's decimals in minor units of their currency", function()
    local plan = { amount = "orderInformation.amountDetails.totalAmount" }
    local function of(total, currency)
      return facts.of_request(plan, {
        orderInformation = { amountDetails = { totalAmount = total, currency = currency } },
        clientReferenceInformation = { code = "o-1" },
      })
    end
    assert.same({ 1999, "USD", "o-1" }, { of("19.99", "USD") })
    assert.same({ 2000, "JPY", "o-1" }, { of("2000", "JPY") })
    assert.is_nil((of("19.99", nil)))
  end)

  it("are nothing where nothing is said", function()
    local amount, currency, reference = facts.of_request({ amount = "capture_amount" }, {})
    assert.is_nil(amount)
    assert.is_nil(currency)
    assert.is_nil(reference)
    assert.is_nil(facts.made(api, "payment_capture", {}))
    assert.is_nil(facts.made(api, nil, {}))
  end)

  it("say what was made: the capture, and of a confirmed request the transaction", function()
    assert.equal("krn:c:1", facts.made(api, "payment_capture", { payment_capture_id = "krn:c:1" }))
    assert.equal("krn:t:1", facts.made(api, "payment_request", { payment_request_id = "krn:r:1",
      state_context = { payment_transaction = { payment_transaction_id = "krn:t:1" } } }))
    assert.equal("krn:r:1", facts.made(api, "payment_request", { payment_request_id = "krn:r:1" }))
  end)
end)
