-- Promises of kassa.checkout's own face: what it takes, that a misuse is named at its line, what a
-- payment shows and what it keeps to itself. spec/contract/checkout_spec.lua tells what it does.

local body_of = require "kassa.checkout.body"
local fields = require "kassa.checkout.fields"
local json = require "kassa.json"
local kassa = require "kassa"
local sandboxes = require "kassa.sandbox"
local storefront = require "support.storefront"

local function klarna() return kassa.klarna(sandboxes.world { seed = 7 }:options()) end

describe("kassa.checkout", function()
  it("says whose it is, is frozen, and knows the close name", function()
    local checkout = kassa.checkout(klarna())
    assert.equal("kassa.checkout (Klarna)", tostring(checkout))
    assert.error_matches(function() checkout.begin = print end, "frozen")
    assert.error_matches(function() return checkout.beginn end, "did you mean begin")
  end)

  it("is loaded when it is first asked for", function()
    local status, printed = require "support.child".run [[
      local kassa = require "kassa"
      kassa.klarna { api_key = "klarna_test_api_c2VjcmV0" }
      assert(not package.loaded["kassa.checkout"])
      print "ok"]]
    assert.same({ 0, "ok\n" }, { status, printed })
  end)

  it("passes options to the provider's call, and each provider its own fields", function()
    for _, provider in ipairs(storefront.PROVIDERS) do
      local shop = storefront.open(provider)
      local payment = assert(shop.checkout:begin(shop.order(), { timeout_s = 5, klarna = {
        payment_request_reference = "K-1" }, cybersource = {
        clientReferenceInformation = { code = "C-1" } } }))
      local requests = shop.box:requests()
      local sent = requests[#requests].body or json.encode(shop.box:view(payment.id))
      assert.is_truthy(sent:find(provider == "klarna" and "K-1" or "C-1", 1, true), sent)
    end
  end)

  it("puts a provider's own fields over the common ones, lists whole", function()
    local common = { a = 1, b = { c = 2, d = 3 }, list = { 1, 2 } }
    local options = { klarna = { b = { d = 4 }, list = { 5 }, e = 6 }, intent = "x" }
    assert.same({ a = 1, b = { c = 2, d = 4 }, list = { 5 }, e = 6 },
      body_of.with(common, options, "klarna"))
    assert.equal(common, body_of.with(common, options, "cybersource"))
    assert.same({ a = 1, b = { c = 2, d = 3 }, list = { 1, 2 } }, common)
    assert.same({ intent = "x" }, body_of.options(options))
    assert.same({ intent = "y", session = 1 },
      body_of.options({ intent = "y" }, { intent = "z", session = 1 }))
    assert.same({ timeout_s = 1 }, body_of.reading { timeout_s = 1, intent = "x", expect = "Y" })
  end)

  it("describes every field, and rules only fields that are there", function()
    local known = {}
    for _, record in pairs { fields.order, fields.capture, fields.refund, fields.payment } do
      for _, entry in ipairs(record) do
        known[entry[1]] = true
        assert.matches("^%u.*[.]$", entry.doc)
      end
    end
    for name, rule in pairs(fields.rules) do
      assert.is_true(known[name], name)
      assert.is_truthy(rule.needs or rule.only or rule.left_out)
    end
  end)
end)

describe("a payment", function()
  it("prints as what it is", function()
    local shop = storefront.open "cybersource"
    local payment = shop:begun()
    assert.equal(("kassa.payment %s (waiting, 150.00 EUR)"):format(payment.id), tostring(payment))
    payment:authorize(shop:approve(payment))
    assert(payment:capture { amount = 5000 })
    assert.matches("%(authorized, 50.00 of 150.00 EUR captured%)$", tostring(payment))
  end)

  it("has the same verbs as the checkout, and nothing but data in it", function()
    local shop = storefront.open "klarna"
    local payment = shop:begun()
    shop:approve(payment)
    assert.equal(payment, shop.checkout:status(payment))
    assert.equal(payment, shop.checkout:authorize(payment, nil, { deadline_s = 5 }))
    local part = assert(shop.checkout:capture(payment, { amount = 100 }, { intent = "a" }))
    assert(shop.checkout:refund(payment, { amount = 100, capture = part }))
    assert.equal(payment, shop.checkout:cancel(payment))
    for _, value in pairs(payment) do
      assert.is_nil(({ ["function"] = 1, userdata = 1, thread = 1 })[type(value)])
    end
  end)

  it("leads to the provider's own object", function()
    for provider, kinds in pairs { klarna = { "payment_request", "payment_transaction" },
        cybersource = { "session", "authorization" } } do
      local shop = storefront.open(provider)
      local payment = shop:begun()
      local function kind(of) return (tostring(of:native()):match "^kassa%.([%w_]+)") end
      assert.equal(kinds[1], kind(payment))
      assert.equal(kinds[1], kind(shop:again(payment)))
      payment:authorize(shop:approve(payment))
      assert.equal(kinds[2], kind(payment))
      assert.equal(kinds[2], kind(shop:again(payment)))
    end
  end)

  it("can be dropped: nothing keeps it alive", function()
    local shop = storefront.open "cybersource"
    local weak = setmetatable({ shop:begun() }, { __mode = "v" })
    collectgarbage()
    collectgarbage()
    assert.is_nil(weak[1])
  end)
end)

-- Each must raise, at its own line in this file.
local MISUSES = {
  ["kassa.checkout: a client"] = function() kassa.checkout {} end,
  ["expected, got nil"] = function() kassa.checkout() end,
  ["checkout:begin: call it with a colon"] = function(c) c.begin {} end,
  ["checkout:begin: the order must be a table, got nil"] = function(c) c:begin() end,
  ["checkout:begin: options must be a table, got string"] = function(c) c:begin({}, "x") end,
  ["intnt is no option, did you mean intent?"] = function(_, p) p:capture({}, { intnt = 1 }) end,
  ["klarna must be a table"] = function(_, p) p:cancel { klarna = 1 } end,
  ["checkout:load: the text must be a string, got table"] = function(c) c:load {} end,
  ["checkout:status: the first argument must be a payment"] = function(c) c:status {} end,
  ["checkout:capture: the first argument must be"] = function(c) c:capture { amount = 1 } end,
  ["checkout:capture: the capture must be a table"] = function(c, p) c:capture(p, 100) end,
  ["payment:capture: the capture must be a table, got number"] = function(_, p)
    p:capture(100)
  end,
  ["payment:refund: the refund must be a table, got nil"] = function(_, p) p:refund() end,
  ["payment:authorize: what the shopper came back with"] = function(_, p) p:authorize(true) end,
  ["payment:status: call it with a colon"] = function(_, p) p.status {} end,
  ["payment:save: call it with a colon"] = function(_, p) p.save() end,
  ["payment:native: call it with a colon"] = function(_, p) p.native {} end,
  ["payment:status: this client is closed"] = function(_, p, client)
    client.close() p:status()
  end,
}

describe("a misuse of a checkout", function()
  for words, misuse in pairs(MISUSES) do
    it("is named at the line of the script: " .. words, function()
      local shop = storefront.open "klarna"
      local payment = shop:begun()
      local ok, err = pcall(misuse, shop.checkout, payment, shop.client)
      assert.is_false(ok)
      assert.is_truthy(err:find(words, 1, true), err)
      local line = debug.getinfo(misuse, "S").linedefined
      local told = tonumber(err:match "checkout_spec.lua:(%d+): ")
      assert.is_true(told == line or told == line + 1, err)
    end)
  end

  it("is a payment of another client", function()
    local one, other = storefront.open "klarna", storefront.open "klarna"
    assert.error_matches(function() other.checkout:status(one:begun()) end,
      "must be a payment of this checkout")
    local twin = kassa.checkout(one.client) -- a second checkout of one client is the same shop
    assert.is_truthy(twin:status(one:begun()))
  end)
end)
