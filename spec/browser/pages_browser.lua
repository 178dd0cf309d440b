-- Promises of the sandbox's pages in a real browser: what a person sees at a desk and on a phone,
-- and where their decision leads. Screenshots go to build/shots for the eye.
local browser = require "support.browser"
local httpd = require "kassa.httpd"
local json = require "kassa.json"
local orders = require "support.order"
local wire = require "support.wire"

local SHOTS = "build/shots/"
local eventually = browser.eventually
local DESK, PHONE = { 1280, 900 }, { 390, 844 }
local ENTER = "\238\128\135"

describe("the sandbox's pages in Chromium", function()
  local server, base, driver, key

  setup(function()
    os.execute("rm -rf build/chromium; mkdir -p build/chromium " .. SHOTS)
    server = assert(httpd.start { module = "kassa.sandbox.server",
      config = json.encode { seed = 7, clock = "virtual" } })
    base = "http://127.0.0.1:" .. server:port()
    driver = browser.start("build/chromium.log", "build/chromium")
  end)

  teardown(function()
    if driver then driver:stop() end
    if server then server:stop() end
  end)

  local function post(path, body)
    local answer = wire.fetch(server:port(), { method = "POST", path = path,
      body = assert(json.encode(body)), headers = { "Content-Type: application/json",
        key and "Authorization: Basic " .. key or "X-No: key" } })
    return json.decode(answer.body)
  end

  local function verb(name, ...)
    return post("/_sandbox/" .. name, { args = json.list { ... } }).result
  end

  -- A payment request; its shopper is sent back to a page of this server.
  local function create(body, without_redirect)
    key = verb("options").api_key
    body.config.redirect_url = not without_redirect and base
      .. "/_sandbox/?state={klarna.payment_request.state}"
      .. "&reference={klarna.payment_request.payment_reference}" or nil
    local request = post("/v2/payment/requests", body)
    assert(request.payment_request_id, json.encode(request))
    return request.payment_request_id, request.state_context.payment_distribution.url
  end

  -- Nothing may stick out sideways, and what is tapped must be large enough for a finger.
  local function expect_fits()
    driver:expect_fits()
    local small = driver:run [[
      return [...document.querySelectorAll("main form.decide button")]
        .filter(b => b.getBoundingClientRect().height < 40).length]]
    assert.equal(0, small)
  end

  local function look(name, url, size)
    driver:size(size[1], size[2])
    driver:open(url)
    expect_fits()
    driver:shot(SHOTS .. name .. "-" .. size[1] .. ".png")
  end

  local function expect_url(expected) driver:expect_url(expected) end

  local function expect_quiet()
    assert.same({}, driver:complaints())
  end

  it("shows the order at a desk and on a phone, and takes the shopper's yes", function()
    local id, url = create(orders.calm())
    for _, size in ipairs { DESK, PHONE } do look("pay", url, size) end
    assert.equal("Review and pay", driver:text "h1")
    local text = driver:text "main"
    for _, part in ipairs { "Order 1001", "2 × €25.00", "−€5.00", "€178.90", "Jane Doe",
      "Köpenicker Straße 70", "Including tax of €29.36" } do
      assert(text:find(part, 1, true), part)
    end
    assert.equal("IN_PROGRESS", verb("state", id))
    driver:click "button[value=approve]"
    expect_url(base .. "/_sandbox/?state=PENDING_CONFIRMATION&reference=order-1001")
    assert.equal("PENDING_CONFIRMATION", verb("state", id))
    look("approved", url, PHONE)
    driver:click "button[value=open]"
    eventually("IN_PROGRESS", function() return verb("state", id) end)
    eventually("Review and pay", function() return driver:text "h1" end)
    expect_quiet()
  end)

  it("can be decided from the keyboard", function()
    local id, url = create(orders.calm())
    driver:open(url)
    driver:type("button[value=decline]", ENTER)
    eventually("DECLINED", function() return verb("state", id) end)
    look("declined", url, DESK)
    assert.equal("Payment declined", driver:text "h1")
    expect_quiet()
  end)

  it("shows a result page where the shop gave no address to go back to", function()
    local id, url = create({ currency = "USD", payment_amount = 1000, config = {} }, true)
    look("minimal", url, DESK)
    driver:click "button[value=leave]"
    expect_url(url .. "/said")
    assert.equal("You left the payment", driver:text "h1")
    assert.equal("SUBMITTED", verb("state", id))
    look("left", url .. "/said", PHONE)
    expect_quiet()
  end)

  it("does nothing that a hostile order says", function()
    local body = orders.hostile()
    local _, url = create(body)
    look("hostile", url, PHONE)
    assert.equal(0, driver:run "return document.querySelectorAll('script, img, b').length")
    assert.truthy(driver:text("main"):find(orders.ATTACK, 1, true))
    driver:click "button[value=approve]"
    expect_url(base .. "/_sandbox/?state=PENDING_CONFIRMATION&reference="
      .. orders.ATTACK:gsub("[^%w]", function(c) return ("%%%02X"):format(c:byte()) end))
    assert.equal(0, driver:run "return document.querySelectorAll('script, img, b').length")
    expect_quiet()
  end)

  it("survives the longest words a shop may send", function()
    local body = orders.calm()
    local purchase = body.supplementary_purchase_data
    purchase.line_items[1].name = ("W"):rep(200)
    purchase.purchase_reference = ("R"):rep(200)
    purchase.shipping[1].recipient.family_name = ("N"):rep(99)
    local _, url = create(body)
    for _, size in ipairs { DESK, PHONE } do look("long", url, size) end
    expect_quiet()
  end)

  it("shows the dashboard, with links to the pages and a clock to turn", function()
    for _, size in ipairs { DESK, PHONE } do look("dashboard", base .. "/_sandbox/", size) end
    local before = verb "now"
    driver:click "button[value='1d']"
    eventually(before + 86400000, function() return verb "now" end)
    expect_url(base .. "/_sandbox/")
    local link = driver:run "return document.querySelector('.grid a').href"
    driver:click ".grid a"
    expect_url(link)
    expect_quiet()
  end)

  it("shows a dispute, and leads it to its verdict", function()
    local id, url = create(orders.calm())
    local token = verb("approve", id).state_context.payment_confirmation_token
    post("/v2/payment/confirmation-tokens/" .. token .. "/confirm",
      { currency = "EUR", payment_amount = 17890, config = { capture = true } })
    look("complete", url, PHONE)
    driver:click "button[value=dispute]"
    eventually("PRE_ARBITRATION", function() return verb("disputes")[1].state end)
    local dispute_id = verb("disputes")[1].payment_dispute_id
    local page = base .. "/_sandbox/disputes/" .. dispute_id
    expect_url(page)
    for _, size in ipairs { DESK, PHONE } do look("dispute", page, size) end
    for _, act in ipairs { "escalate", "ask" } do
      driver:click("button[value=" .. act .. "]")
      expect_url(page)
    end
    eventually("MERCHANT_EVIDENCE_PENDING", function() return verb("state", dispute_id) end)
    post("/v2/payment/disputes/" .. dispute_id .. "/respond", {
      additional_information = ("W"):rep(200), details = { tracking_number = ("1"):rep(200) } })
    for _, size in ipairs { DESK, PHONE } do look("answered", page, size) end
    driver:click "button[value=lost]"
    eventually("CLOSED", function() return verb("state", dispute_id) end)
    for _, size in ipairs { DESK, PHONE } do look("disputed", base .. "/_sandbox/", size) end
    look("problem", url, PHONE)
    expect_quiet()
  end)

  it("shows deliveries with their bytes, and delivers again by a button", function()
    create(orders.calm())
    local receiver = assert(httpd.start { module = "support.hook_app" })
    local signing_key = post("/v2/notification/signing-keys", {}).signing_key_id
    post("/v2/notification/webhooks", { url = "http://127.0.0.1:" .. receiver:port() .. "/fails/3",
      event_types = { "payment.*" }, signing_key_id = signing_key })
    verb("approve", (create(orders.calm())))
    eventually("waiting", function()
      local list = verb("deliveries", { last = 1 })
      return list[1].state
    end)
    for _, size in ipairs { DESK, PHONE } do
      look("deliveries", base .. "/_sandbox/deliveries", size)
    end
    driver:click "summary"
    assert.truthy(driver:text("main"):find("Klarna-Signature: ", 1, true))
    driver:shot(SHOTS .. "deliveries-open.png")
    driver:click ".again button"
    eventually("delivered", function() return verb("deliveries", { last = 1 })[1].state end)
    expect_quiet()
    receiver:stop()
  end)

  it("says clearly that a page has expired or never was", function()
    local _, url = create(orders.calm())
    verb("advance", "3d")
    look("expired", url, PHONE)
    assert.equal("This page has expired", driver:text "h1")
    driver:open(base .. "/_sandbox/pay/nobody")
    assert.equal("No such payment", driver:text "h1")
  end)
end)
