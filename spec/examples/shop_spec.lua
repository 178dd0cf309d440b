-- Promises of examples/openresty-shop, kept by the sandbox's books: real nginx, real HTTP, real
-- webhooks, no browser (spec/browser/shop_browser.lua has one). It runs under one Lua: nginx brings
-- its own.
local child = require "support.child"
local heavy = require "support.heavy"
local shops = require "support.openresty_shop"

local TOTAL = 2 * 2400 + 2900 + 490 -- two mugs, a bowl, the delivery

local why_not = not heavy.here and heavy.left_out "the shop in nginx, which brings a LuaJIT"
  or shops.missing() and "the shop needs " .. shops.missing()

describe("the shop in nginx", function()
  if why_not then
    it("sells", function() pending(why_not) end)
    return
  end

  local shop, shopper, office

  setup(function()
    shop = shops.start()
    office = shop:visitor()
    office:enter()
  end)

  before_each(function() shopper = shop:visitor() end)

  teardown(function() if shop then shop:stop() end end)

  -- The page of an order, once it says this; webhooks may take a moment.
  local function expect_page(order, words)
    return shops.eventually(words, function()
      local page = shopper:get("/orders/" .. order.key)
      return page.body:find(words, 1, true) and page
    end)
  end

  -- The order, and the address and token of its page in the back office.
  local function paid(changes)
    local order = shopper:order(changes)
    shop:verb("approve", order.request_id)
    local page = expect_page(order, "We are packing")
    local number = page.body:match "<title>Order (%d+)"
    local address = "/office/orders/" .. number
    local token = shops.hidden(office:get(address), "token")
    assert.is_string(token)
    return order, address, token
  end

  it("names a port that cannot be one, and starts nothing", function()
    for _, port in ipairs { "shop", "99999", "-1" } do
      local status, said = child.finish { "examples/openresty-shop/run", port }
      assert.equal(2, status)
      assert.matches("PORT is '" .. port .. "', and must be a number", said, 1, true)
    end
  end)

  it("reserves the money by webhook, for a shopper who never came back", function()
    local order = paid()
    local ledger = shop:ledger(order.request_id)
    assert.equal(TOTAL, ledger.authorized)
    assert.equal(0, ledger.captured)
  end)

  it("reserves it when the shopper is back, and empties the basket", function()
    local order = shopper:order()
    local sent = shopper:post(order.page, { decision = "approve" })
    assert.equal(shop.url .. "/return/" .. order.key, sent.headers.location)
    local back = shopper:get(sent.headers.location)
    assert.equal(303, back.status)
    expect_page(order, "Thank you, Jane")
    assert.equal(TOTAL, shop:ledger(order.request_id).authorized)
    assert.truthy(shopper:get("/basket").body:find("Your basket is empty", 1, true))
  end)

  it("tells Klarna the lines with their tax, and where the parcel goes", function()
    local order = shopper:order()
    local asked = shop:verb("view", order.request_id).supplementary_purchase_data
    local tax = 0
    for _, line in ipairs(asked.line_items) do tax = tax + line.total_tax_amount end
    assert.equal(3, #asked.line_items)
    assert.equal(TOTAL - 4034 - 2437 - 412, tax)
    assert.equal("Köpenicker Straße 70", asked.shipping[1].address.street_address)
  end)

  it("shows a declined payment as that, and offers another try", function()
    local order = shopper:order()
    shop:verb("decline", order.request_id)
    local page = expect_page(order, "Payment declined")
    assert.truthy(page.body:find("Try again", 1, true))
    local again = shopper:post("/orders/" .. order.key .. "/again", {})
    assert.equal(303, again.status)
    assert.truthy(again.headers.location:find("/_sandbox/pay/", 1, true))
    assert.is_nil(again.headers.location:find(order.request_id, 1, true))
  end)

  it("makes one payment of a form that is sent twice", function()
    local fields = shopper:checkout()
    local before = #shop:verb "request_ids"
    local clicks = { shopper:click("/checkout", fields), shopper:click("/checkout", fields) }
    for _, click in ipairs(clicks) do assert.matches("303", click:receive "*l"); click:close() end
    assert.equal(303, shopper:post("/checkout", fields).status)
    assert.equal(before + 1, #shop:verb "request_ids")
  end)

  it("refuses an address with something missing, and keeps what was typed", function()
    local fields = shopper:checkout { postal_code = "1017", city = "" }
    local page = shopper:post("/checkout", fields)
    assert.equal(422, page.status)
    assert.truthy(page.body:find("Five digits", 1, true))
    assert.truthy(page.body:find("Köpenicker Straße 70", 1, true))
    assert.equal(fields.key, shops.hidden(page, "key"))
  end)

  it("believes no price and no product of a browser", function()
    shopper.cookies.basket = "mug.2-yacht.1-bowl.-3-plate.0"
    local page = shopper:get "/basket"
    assert.truthy(page.body:find("€52.90", 1, true))
    assert.is_nil(page.body:find("yacht", 1, true))
  end)

  it("ships once and refunds each part once, however often a button is pressed", function()
    local order, address, token = paid()
    local function press(verb, fields)
      fields.token = token
      local clicks = {}
      for i = 1, 2 do clicks[i] = office:click(address .. "/" .. verb, fields) end
      for _, click in ipairs(clicks) do assert.matches("303", click:receive "*l"); click:close() end
      assert.equal(303, office:post(address .. "/" .. verb, fields).status)
      return shop:ledger(order.request_id)
    end
    local ledger = press("ship", {})
    assert.equal(1, ledger.captures)
    assert.equal(TOTAL, ledger.captured)
    local name = shops.hidden(office:get(address), "name")
    ledger = press("refund", { name = name, amount = "12,50" })
    assert.equal(1250, ledger.refunded)
    name = shops.hidden(office:get(address), "name")
    ledger = press("refund", { name = name, amount = "69.40" })
    assert.equal(TOTAL, ledger.refunded)
    expect_page(order, "You got your money back")
  end)

  it("refuses to give back more than was taken, nothing, or what is no amount", function()
    local order, address, token = paid()
    office:post(address .. "/ship", { token = token })
    local name = shops.hidden(office:get(address), "name")
    for _, amount in ipairs { "81.91", "0", "-5", "twelve", "1.005", "" } do
      local fields = { token = token, name = name, amount = amount }
      assert.equal(409, office:post(address .. "/refund", fields).status, amount)
    end
    local page = office:post(address .. "/refund",
      { token = token, name = "order-1/return-1", amount = "1" })
    assert.equal(409, page.status)
    assert.equal(0, shop:ledger(order.request_id).refunded)
  end)

  it("gives an order up before it is shipped", function()
    local order, address, token = paid()
    assert.equal(303, office:post(address .. "/cancel", { token = token }).status)
    assert.equal(0, shop:ledger(order.request_id).remaining)
    expect_page(order, "Canceled")
  end)

  it("lets nobody into the office without the password", function()
    local stranger = shop:visitor()
    for _, path in ipairs { "/office", "/office/orders/1001", "/office/disputes" } do
      assert.equal(401, stranger:get(path).status)
    end
    assert.equal(401, stranger:post("/office/login", { password = "guess" }).status)
    assert.equal(401, stranger:get("/office").status)
    stranger.cookies.office = "9999999999." .. ("0"):rep(40)
    assert.equal(401, stranger:get("/office").status)
    assert.equal(401, stranger:post("/office/orders/1001/ship", {}).status)
  end)

  it("does nothing for a form without its token, or from another site", function()
    local order, address, token = paid()
    assert.equal(403, office:post(address .. "/ship", {}).status)
    assert.equal(403, office:post(address .. "/ship", { token = ("0"):rep(40) }).status)
    assert.equal(403, office:post(address .. "/ship", { token = token },
      { ["sec-fetch-site"] = "cross-site" }).status)
    assert.equal(0, shop:ledger(order.request_id).captured)
  end)

  it("knows no order that nobody placed, and no other address", function()
    assert.equal(404, shopper:get("/orders/" .. ("0"):rep(32)).status)
    assert.equal(404, shopper:get("/return/" .. ("0"):rep(32)).status)
    assert.equal(404, office:get("/office/orders/99").status)
    assert.equal(404, shopper:get("/products/yacht").status)
    assert.equal(404, shopper:get("/orders/1001").status)
    assert.equal(405, shopper:get("/basket/add").status)
  end)

  it("writes no markup that an address brings along", function()
    local attack = "<script>alert(1)</script>\"'><img src=x>"
    local order, address = paid { given_name = attack, street_address = attack }
    for _, page in ipairs { shopper:get("/orders/" .. order.key), office:get(address),
        office:get "/office" } do
      assert.is_nil(page.body:find("<script", 1, true))
      assert.is_nil(page.body:find("<img", 1, true))
      assert.truthy(page.body:find("&lt;script&gt;", 1, true))
    end
  end)

  it("refuses a delivery that Klarna has not signed", function()
    local said = shopper:post("/klarna/webhook", { event = "I am Klarna" })
    assert.equal(400, said.status)
  end)

  it("captures once when the answer is lost", function()
    local order, address, token = paid()
    shop:verb("fault", { operation = "payment_transaction.capture", kind = "drop_after_effect",
      times = 1 })
    assert.equal(303, office:post(address .. "/ship", { token = token }).status)
    assert.equal(1, shop:ledger(order.request_id).captures)
    expect_page(order, "on its way")
  end)

  local function kill_workers()
    os.execute("pkill -KILL -P $(cat " .. shop.folder .. "/nginx.pid)")
  end

  local function asked(operation)
    local count = 0
    for _, request in ipairs(shop:verb "requests") do
      count = count + (request.operation == operation and 1 or 0)
    end
    return count
  end

  it("finishes what its workers had begun when they were killed, once", function()
    local order, address, token = paid()
    local before = asked "payment_transaction.capture"
    shop:verb("fault", { operation = "payment_transaction.capture", kind = "silence", times = 1 })
    local click = office:click(address .. "/ship", { token = token })
    shops.eventually("Klarna is asked to capture", function()
      return asked "payment_transaction.capture" > before
    end)
    kill_workers()
    assert.is_nil(click:receive "*l")
    click:close()
    expect_page(order, "on its way") -- nobody pressed anything again
    assert.equal(303, office:post(address .. "/ship", { token = token }).status)
    local ledger = shop:ledger(order.request_id)
    assert.equal(1, ledger.captures)
    assert.equal(TOTAL, ledger.captured)
  end)

  it("answers again at once when its workers are killed, and knows who was in", function()
    local _, address = paid()
    kill_workers()
    shops.eventually("a new worker answers", function()
      local ok, page = pcall(office.get, office, address)
      return ok and page.status == 200
    end)
  end)

  -- A dispute about a shipped order. -> its id and the address of its page
  local function disputed(deadline)
    local order, address, token = paid()
    office:post(address .. "/ship", { token = token })
    local dispute = shop:verb("dispute", shop:transaction(order.request_id), {
      reason = "PRODUCTS_NOT_RECEIVED", state = "MERCHANT_EVIDENCE_PENDING", deadline = deadline })
    return dispute.payment_dispute_id, token
  end

  it("lists disputes by the time that is left, and answers one with a PDF, once", function()
    local late, token = disputed "9d"
    local soon = disputed "2d"
    local function place(id)
      return office:get("/office/disputes").body:find((id:gsub(":", "%%3A")), 1, true)
    end
    assert.is_true(place(soon) < place(late))

    local page = "/office/disputes/" .. soon
    local fields = { token = token, verb = "answer",
      ["details.have_you_resolved_the_dispute_with_the_customer"] =
        "YES_WILL_MAKE_CHANGES_TO_PURCHASE",
      ["details.delivery_method"] = "BY_POST_OR_MAIL",
      ["details.tracking_availability"] = "TRACKING_AVAILABLE" }
    local pdf = { "file", "proof.pdf", "%PDF-1.4\r\n" .. ("x"):rep(200000) .. "\r\n%%EOF\n" }
    local half = office:upload(page, fields, pdf)
    assert.equal(422, half.status)
    assert.truthy(half.body:find("Attached: <b>proof.pdf</b>", 1, true))
    assert.truthy(half.body:find('name="details.tracking_number"', 1, true))
    assert.equal("MERCHANT_EVIDENCE_PENDING", shop:verb("state", soon))

    fields.attachment_id = shops.hidden(half, "attachment_id")
    fields.attachment_name = "proof.pdf"
    fields["details.tracking_number"], fields["details.shipping_carrier"] = "JCYPE32", "DHL"
    fields["details.estimated_delivery_date"] = "2026-01-04"
    fields.additional_information = "Signed for at the door."
    local sent = office:post(page, fields)
    assert.equal(200, sent.status, sent.body)
    assert.truthy(sent.body:find("Klarna has your answer", 1, true))
    local evidence = shop:verb("view", soon).merchant_evidence[1]
    assert.equal("Signed for at the door.", evidence.response.additional_information)
    local files = shop:verb("attachments", soon)
    assert.equal(1, #files)
    assert.equal(#pdf[3], files[1].size)
    assert.is_nil(place(soon))
    assert.truthy(office:get(page).body:find("nothing to answer", 1, true))
  end)

  it("refuses a file that is none of the kinds, and says why", function()
    local id, token = disputed "5d"
    local page = office:upload("/office/disputes/" .. id, { token = token, verb = "answer" },
      { "file", "proof.exe", "MZ" .. ("\0"):rep(100) })
    assert.equal(422, page.status)
    assert.truthy(page.body:find("Not done: ", 1, true))
    assert.equal(0, #shop:verb("attachments", id))
  end)

  it("has nothing to complain about in its log but that workers were killed", function()
    for _, line in ipairs(shop:complaints()) do assert.matches("exited on signal 9$", line) end
  end)

  it("ends with everything that it began", function()
    local password = shop.password
    assert.is_nil(shop.told:find("klarna_test", 1, true))
    assert.equal(12, #password)
    assert.is_true(shop:stop())
    shop = nil
  end)
end)
