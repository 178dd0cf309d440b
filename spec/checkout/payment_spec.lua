-- Promises of a saved payment: it comes back as it was, holds no secret, and a text that is none is
-- refused with what is wrong, whatever it is.

local json = require "kassa.json"
local storefront = require "support.storefront"

local function plain(payment) return json.decode(payment:save()) end

-- Payments in many states, of one provider.
local function payments_of(provider)
  local shop, list = storefront.open(provider), {}
  list[1] = shop:begun { locale = "de" }
  list[2] = shop:authorized()
  list[3] = shop:authorized()
  assert(list[3]:capture { amount = 5000, reference = "parcel-1" })
  assert(list[3]:refund { amount = 500 })
  list[4] = shop:authorized()
  assert(list[4]:cancel())
  return shop, list
end

describe("a saved payment", function()
  for _, provider in ipairs(storefront.PROVIDERS) do
    it("of " .. provider .. " is loaded as it was, in every state", function()
      local shop, list = payments_of(provider)
      for _, payment in ipairs(list) do
        local text = payment:save()
        assert.is_nil(text:find "\n")
        local loaded = assert(shop.checkout:load(text))
        assert.same(plain(payment), plain(loaded))
        assert.equal(text, loaded:save())
        assert.equal(tostring(payment), tostring(loaded))
      end
    end)

    it("of " .. provider .. " is read on where it was left", function()
      local shop, list = payments_of(provider)
      for _, payment in ipairs(list) do
        local before = plain(payment)
        local loaded = assert(assert(shop.checkout:load(payment:save())):status())
        for _, name in ipairs { "state", "remaining", "captured", "refunded", "id" } do
          assert.equal(before[name], loaded[name], name)
        end
      end
    end)
  end

  it("holds neither the shopper's token nor a key", function()
    for _, provider in ipairs(storefront.PROVIDERS) do
      local shop = storefront.open(provider)
      local payment = shop:begun()
      local back = shop:approve(payment)
      local token = back:match "auth%-token=(.*)$"
        or shop.box:view(payment.id).state_context.payment_confirmation_token
      assert.is_true(#token > 8)
      assert(payment:status())
      local text = payment:save()
      payment:authorize(back)
      text = text .. payment:save()
      assert.is_nil(text:find(token, 1, true))
      local options = shop.box:options()
      assert.is_nil(text:find(options.api_key or options.secret, 1, true))
    end
  end)

  it("of another provider, version or state is refused, and so is what is none", function()
    local klarna, cybersource = storefront.open "klarna", storefront.open "cybersource"
    local text = klarna:begun():save()
    local function fault(given, shop)
      local payment, err = (shop or klarna).checkout:load(given)
      assert.is_nil(payment)
      assert.same({ "invalid", "no", "checkout.load" }, { err.code, err.happened, err.operation })
      return err.message
    end
    assert.matches("provider: is klarna, but this checkout's client is of cybersource",
      fault(text, cybersource))
    assert.matches("version", fault((text:gsub('"version":1', '"version":2'))))
    assert.matches("state: done is none of the states",
      fault((text:gsub('"state":"waiting"', '"state":"done"'))))
    assert.matches("amount", fault((text:gsub('"amount":15000,"auth', '"amount":"x","auth'))))
    assert.matches("amount", fault((text:gsub('"amount":15000', '"amount":1.5'))))
    assert.matches("surprise", fault((text:gsub("^{", '{"surprise":1,'))))
    for _, none in ipairs { "", "{", "[]", "null", "7", '"x"', "{}", '{"version":1}' } do
      fault(none)
    end
  end)

  it("with a byte cut out or changed never raises", function()
    local shop = storefront.open "klarna"
    local payment = shop:authorized()
    assert(payment:capture { amount = 5000 })
    local text, loaded = payment:save(), 0
    for at = 1, #text do
      for _, by in ipairs { "", "0", '"', "{", "\0" } do
        local made = shop.checkout:load(text:sub(1, at - 1) .. by .. text:sub(at + 1))
        if made then
          loaded = loaded + 1
          assert.is_string(tostring(made))
          assert.is_string(made:save())
        end
      end
    end
    assert.is_true(loaded > 0)
  end)
end)
