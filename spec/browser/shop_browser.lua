-- Promises of the shop in nginx to a person with a browser: a purchase approved, one declined, one
-- without scripts, a refund, a dispute answered with a PDF. The sandbox's books judge, and every
-- page is shot at a desk's width and a phone's, into build/shots, for the eye.
local browser = require "support.browser"
local shops = require "support.openresty_shop"

local eventually = browser.eventually
local SHOTS = "build/shots/shop-"
local DESK, PHONE = { 1280, 900 }, { 390, 844 }
local TOTAL = 2 * 2400 + 490

describe("the shop in Chromium", function()
  local shop, driver

  setup(function()
    os.execute "rm -rf build/chromium-shop; mkdir -p build/chromium-shop build/shots"
    shop = shops.start()
    driver = browser.start("build/chromium.log", "build/chromium-shop")
  end)

  teardown(function()
    if driver then driver:stop() end
    if shop then assert.is_true(shop:stop()) end
  end)

  before_each(function()
    driver:size(DESK[1], DESK[2])
    driver:open(shop.url .. "/nowhere")
    driver:forget()
    driver:complaints()
  end)

  -- One heading, a name for everything that can be filled in or seen, and a language.
  local function expect_named()
    assert.same({}, driver:run [[
      const page = document, wrong = []
      if (page.querySelectorAll("h1").length != 1) wrong.push("h1")
      if (!page.documentElement.lang) wrong.push("lang")
      for (const e of page.querySelectorAll("input:not([type=hidden]), select, textarea"))
        if (!e.labels.length) wrong.push(e.outerHTML)
      for (const e of page.querySelectorAll("svg:not([aria-label])")) wrong.push(e.outerHTML)
      for (const e of page.querySelectorAll("a, button"))
        if (!e.innerText.trim() && !e.querySelector("svg")) wrong.push(e.outerHTML)
      return wrong]])
  end

  -- Every page at both widths; it ends at a desk.
  local function look(name)
    expect_named()
    for _, size in ipairs { PHONE, DESK } do
      driver:size(size[1], size[2])
      driver:expect_fits()
      driver:shot(SHOTS .. name .. "-" .. size[1] .. ".png")
    end
    driver:size(DESK[1], DESK[2])
  end

  local function open(path) driver:open(shop.url .. path) end

  local function expect_text(selector, words)
    eventually(true, function() return driver:text(selector):find(words, 1, true) ~= nil end)
  end

  -- From the shelf to Klarna's page. shot: is every page on the way to be shot?
  -- -> the id of the payment request
  local function buy(shot)
    local function pass(name) if shot then look(name) end end
    open "/"
    pass "front"
    driver:click "a.card[href='/products/mug']"
    driver:expect_url(shop.url .. "/products/mug")
    pass "product"
    driver:click "#quantity option[value='2']"
    driver:click ".buy button"
    driver:expect_url(shop.url .. "/basket")
    pass "basket"
    driver:click ".box .button"
    driver:expect_url(shop.url .. "/checkout")
    for name, value in pairs(shops.ADDRESS) do driver:type("#" .. name, value) end
    pass "checkout"
    driver:click ".klarna"
    expect_text("h1", "Review and pay")
    pass "klarna"
    return driver:url():match "/pay/(.+)$"
  end

  -- Decide on Klarna's page. -> the order's page, where the shopper is then
  local function decide(decision)
    driver:click("button[value=" .. decision .. "]")
    eventually(true, function() return driver:url():find("/orders/", 1, true) ~= nil end)
    eventually("complete", function() return driver:run "return document.readyState" end)
    return driver:url():match "(/orders/.+)$"
  end

  local function enter()
    open "/office"
    if driver:text("h1") ~= "Back office" then return end
    driver:type("#password", shop.password)
    driver:click ".login button"
    driver:expect_url(shop.url .. "/office")
  end

  it("sells to a shopper who approves, and says how it stands", function()
    local request_id = buy(true)
    local page = decide "approve"
    expect_text("h1", "Thank you, Jane")
    expect_text("[role=status]", "We are packing")
    look "paid"
    local ledger = shop:ledger(request_id)
    assert.equal(TOTAL, ledger.authorized)
    assert.equal(0, ledger.captured)
    open "/basket"
    look "basket-empty"
    open(page)
    assert.same({}, driver:complaints())
  end)

  it("says clearly that a declined payment charged nothing", function()
    local request_id = buy()
    decide "decline"
    expect_text("h1", "This was not paid")
    look "declined"
    assert.equal("DECLINED", shop:verb("state", request_id))
    driver:click "main form button"
    expect_text("h1", "Review and pay")
  end)

  it("keeps an order open for a shopper who left the page", function()
    local request_id = buy()
    local page = decide "leave"
    expect_text("[role=status]", "Waiting for your payment")
    look "waiting"
    shop:verb("approve", request_id) -- later, on another device
    open(page)
    expect_text("[role=status]", "We are packing")
    assert.equal(TOTAL, shop:ledger(request_id).authorized)
  end)

  it("sells to a browser that runs no scripts", function()
    driver:scripts(false)
    driver:open "data:text/html,<title>none</title><script>document.title = 'some'</script>"
    assert.equal("none", driver:run "return document.title")
    local request_id = buy()
    decide "approve"
    expect_text("[role=status]", "We are packing")
    driver:scripts(true)
    assert.equal(TOTAL, shop:ledger(request_id).authorized)
  end)

  it("marks what is missing in an address, and what was never there", function()
    open "/products/vase"
    driver:click ".buy button"
    open "/checkout"
    driver:type("#email", "nobody")
    driver:run "document.querySelector('form.split').noValidate = true"
    driver:click ".klarna"
    expect_text("[role=alert]", "Something is missing")
    look "checkout-faults"
    open "/nowhere"
    look "nothing-here"
  end)

  it("ships and refunds in the back office", function()
    local request_id = buy()
    decide "approve"
    open "/office"
    look "office-login"
    driver:type("#password", "guess")
    driver:click ".login button"
    expect_text(".alert", "not the password")
    enter()
    look "office-orders"
    driver:click "tbody a"
    expect_text("h1", "to ship")
    driver:click "form[action$='/ship'] button"
    expect_text("[role=status]", "Shipped")
    assert.equal(TOTAL, shop:ledger(request_id).captured)
    driver:run "document.querySelector('#amount').value = ''"
    driver:type("#amount", "12.50")
    driver:click ".refund button"
    expect_text("[role=status]", "on its way back")
    look "office-order"
    assert.equal(1250, shop:ledger(request_id).refunded)
    assert.equal(TOTAL, shop:ledger(request_id).captured)
  end)

  -- A shipped order of a visitor without a browser, disputed by Klarna's customer.
  local function disputed(reason, deadline)
    local shopper, office = shop:visitor(), shop:visitor()
    local order = shopper:order()
    shop:verb("approve", order.request_id)
    local number = shops.eventually("paid", function()
      local page = shopper:get("/orders/" .. order.key).body
      return page:find("We are packing", 1, true) and page:match "<title>Order (%d+)"
    end)
    office:enter()
    local address = "/office/orders/" .. number
    office:post(address .. "/ship", { token = shops.hidden(office:get(address), "token") })
    return shop:verb("dispute", shop:transaction(order.request_id), {
      reason = reason, state = "MERCHANT_EVIDENCE_PENDING", deadline = deadline,
    }).payment_dispute_id
  end

  -- A PDF in a folder that the next run removes. -> its whole path
  local function pdf()
    local pipe = assert(io.popen "pwd")
    local path = pipe:read "*l" .. "/build/chromium-shop/proof-of-delivery.pdf"
    pipe:close()
    local file = assert(io.open(path, "wb"))
    file:write("%PDF-1.4\n", ("% delivered\n"):rep(2000), "%%EOF\n")
    file:close()
    return path
  end

  it("answers the most urgent dispute with an uploaded PDF", function()
    disputed("PRODUCTS_FAULTY", "9d")
    local id = disputed("PRODUCTS_NOT_RECEIVED", "2d")
    enter()
    open "/office/disputes"
    look "disputes"
    driver:click ".dues li:first-child .button"
    expect_text("h1", "Products not received")
    look "dispute"
    local resolved = "have_you_resolved_the_dispute_with_the_customer"
    driver:click("[id='details." .. resolved .. "'] option[value=NO_DISPUTE_NOT_ACCEPTED]")
    driver:click "[id='details.delivery_method'] option[value=BY_POST_OR_MAIL]"
    driver:type("#file", pdf())
    driver:click ".answer .button"
    expect_text(".attached", ".pdf")
    look "dispute-half"
    driver:type("[id='details.tracking_number']", "JCYPE32JAAR4")
    driver:run "document.getElementById('details.estimated_delivery_date').value = '2026-01-04'"
    driver:type("#additional_information", "Signed for at the door.")
    driver:click ".answer .button"
    expect_text("h1", "Answered")
    look "dispute-answered"
    local files = shop:verb("attachments", id)
    assert.equal(1, #files)
    assert.equal("application/pdf", files[1].content_type)
    local response = shop:verb("view", id).merchant_evidence[1].response
    assert.equal("Signed for at the door.", response.additional_information)
    assert.equal("Jane", response.details.customer.given_name)
    assert.same({}, shop:complaints())
  end)
end)
