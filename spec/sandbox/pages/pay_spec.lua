-- Promises of the hosted payment page: a person sees the order, decides once, and is sent back.
local orders = require "support.order"
local sandbox = require "kassa.sandbox"
local server = require "kassa.sandbox.server"

describe("the hosted payment page", function()
  local box, handler

  before_each(function()
    box = sandbox.world { seed = 7, base_url = "http://127.0.0.1:1" }
    handler = server.handler(box.world)
  end)

  local function create(body)
    local json = require "kassa.json"
    local options = box:options()
    local response = box:handle {
      method = "POST", path = "/v2/payment/requests", body = assert(json.encode(body)),
      headers = { ["content-type"] = "application/json",
        authorization = "Basic " .. options.api_key },
    }
    assert.equal(201, response.status, response.body)
    local request = json.decode(response.body)
    local url = request.state_context.payment_distribution.url
    return request.payment_request_id, url:match "^http://127%.0%.0%.1:1(/.*)$"
  end

  local function get(path)
    return handler { method = "GET", path = path, headers = {}, body = "" }
  end

  local function post(path, body)
    return handler { method = "POST", path = path, body = body, headers = {
      ["content-type"] = "application/x-www-form-urlencoded" } }
  end

  it("is the address that the API gives out, and opening it starts the flow", function()
    local id, path = create(orders.calm())
    assert.equal("SUBMITTED", box:state(id))
    local page = get(path)
    assert.equal(200, page.status)
    assert.truthy(page.body:find("Order 1001", 1, true))
    assert.truthy(page.body:find("€178.90", 1, true))
    assert.equal("IN_PROGRESS", box:state(id))
    assert.equal(200, get(path).status)
    assert.equal("IN_PROGRESS", box:state(id))
  end)

  it("is not opened by a HEAD request", function()
    local id, path = create(orders.calm())
    assert.equal(200, handler({ method = "HEAD", path = path, headers = {}, body = "" }).status)
    assert.equal("SUBMITTED", box:state(id))
  end)

  it("sends the shopper back with every placeholder filled in and encoded", function()
    local body = orders.calm()
    body.payment_request_reference = "order 1001/ä&b"
    local id, path = create(body)
    get(path)
    local answer = post(path, "decision=approve")
    assert.equal(303, answer.status)
    assert.equal("PENDING_CONFIRMATION", box:state(id))
    local token = box:view(id).state_context.payment_confirmation_token
    local function encoded(text) return (text:gsub(":", "%%3A")) end
    assert.equal("https://shop.example/thanks?id=" .. encoded(id)
      .. "&state=PENDING_CONFIRMATION&token=" .. encoded(token)
      .. "&reference=order%201001%2F%C3%A4%26b", answer.headers["Location"])
  end)

  it("plays a refusal and a shopper who leaves", function()
    local id, path = create(orders.calm())
    get(path)
    local answer = post(path, "decision=leave")
    assert.equal(303, answer.status)
    assert.truthy(answer.headers["Location"]:find("state=SUBMITTED&token=&", 1, true))
    assert.equal("SUBMITTED", box:state(id))
    get(path)
    post(path, "decision=decline")
    assert.equal("DECLINED", box:state(id))
  end)

  it("says what happened where no redirect_url is given", function()
    local id, path = create { currency = "USD", payment_amount = 1000, config = {} }
    get(path)
    local answer = post(path, "decision=leave")
    assert.equal(path .. "/said", answer.headers["Location"])
    local said = get(path .. "/said")
    assert.equal(200, said.status)
    assert.truthy(said.body:find("You left the payment", 1, true))
    assert.is_nil(said.body:find("Back to the shop", 1, true))
    assert.equal("SUBMITTED", box:state(id))
  end)

  it("shows every final state clearly, without a form to decide", function()
    local cases = {
      DECLINED = { "declined", function(id) box:decline(id) end },
      EXPIRED = { "has expired", function() box:advance "49h" end },
      PENDING_CONFIRMATION = { "you approved", function(id) box:approve(id) end },
    }
    for state, case in pairs(cases) do
      local id, path = create(orders.calm())
      case[2](id)
      assert.equal(state, box:state(id))
      local page = get(path)
      assert.equal(200, page.status)
      assert(page.body:find(case[1], 1, true), state)
      assert(page.body:find(state, 1, true), state)
      assert.truthy(page.body:find("Back to the shop", 1, true))
      assert.is_nil(page.body:find("value=\"approve\"", 1, true))
      assert.equal(state, box:state(id))
    end
  end)

  it("lets a shopper change their mind before the shop confirms", function()
    local id, path = create(orders.calm())
    box:approve(id)
    local answer = post(path, "decision=open")
    assert.equal(path, answer.headers["Location"])
    assert.equal("IN_PROGRESS", box:state(id))
  end)

  it("decides once: a second decision shows what stands", function()
    local id, path = create(orders.calm())
    get(path)
    post(path, "decision=decline")
    local answer = post(path, "decision=approve")
    assert.equal(303, answer.status)
    assert.equal(path .. "/said", answer.headers["Location"])
    assert.equal(200, get(path .. "/said").status)
    assert.equal("DECLINED", box:state(id))
  end)

  it("escapes every text of a hostile order", function()
    local id, path = create(orders.hostile())
    for _, page in ipairs { get(path), post(path, "decision=decline") and get(path) } do
      assert.equal(200, page.status)
      assert.is_nil(page.body:find("<script", 1, true))
      assert.is_nil(page.body:find("<img", 1, true))
      assert.is_nil(page.body:find("<b>", 1, true))
      assert.is_nil(page.body:find("'onfocus", 1, true))
      assert.truthy(page.body:find("&lt;script&gt;alert(1)", 1, true))
    end
    assert.equal("DECLINED", box:state(id))
    local dashboard = get "/_sandbox/"
    assert.is_nil(dashboard.body:find("<script", 1, true))
    assert.truthy(dashboard.body:find("&lt;script&gt;alert(1)", 1, true))
  end)

  it("takes a shopper's complaint about what was paid, and shows how it stands", function()
    local id, path = create(orders.calm())
    box:approve(id)
    assert.is_nil(get(path).body:find("Report a problem", 1, true))
    assert.equal(409, post(path, "decision=dispute").status)
    local request = box:view(id)
    local function api(api_path, body)
      return box:handle { method = "POST", path = "/v2/payment" .. api_path, headers = {
        ["content-type"] = "application/json", authorization = "Basic " .. box:options().api_key,
      }, body = body }
    end
    local sum = '{"currency":"EUR","payment_amount":17890}'
    assert.equal(200, api("/confirmation-tokens/"
      .. request.state_context.payment_confirmation_token .. "/confirm", sum).status)
    assert.equal(409, post(path, "decision=dispute").status)
    local transaction = box:view(id).state_context.payment_transaction.payment_transaction_id
    assert.equal(201, api("/transactions/" .. transaction .. "/capture",
      '{"capture_amount":17890}').status)
    assert.truthy(get(path).body:find("Report a problem", 1, true))
    local answer = post(path, "decision=dispute")
    assert.equal(303, answer.status)
    local made = box:disputes()[1]
    assert.equal("/_sandbox/disputes/" .. made.payment_dispute_id, answer.headers.Location)
    assert.equal(200, get(answer.headers.Location).status)
    box:advance "1d"
    local page = get(path).body
    for _, part in ipairs { answer.headers.Location, "20 days left", "PRE_ARBITRATION" } do
      assert(page:find(part, 1, true), part)
    end
  end)

  it("links only to places, never to scripts", function()
    local pay = require "kassa.sandbox.pages.pay"
    local function shown(url)
      return pay.show(function(verb)
        if verb == "redirect" then return url end
        return { payment_request_id = "x", state = "DECLINED", currency = "EUR",
          payment_amount = 1, state_expires_at = "2024-01-01T12:00:00Z" }
      end, "x").body
    end
    assert.is_nil(shown("javascript:alert(1)"):find("javascript", 1, true))
    assert.is_nil(shown("data:text/html,x"):find("data:text", 1, true))
    assert.truthy(shown("myshop://thanks"):find("href=\"myshop://thanks\"", 1, true))
  end)

  it("answers 404, 400 and 405 with a page", function()
    local _, path = create(orders.calm())
    assert.equal(404, get("/_sandbox/pay/nobody").status)
    assert.equal(404, get("/_sandbox/pay/nobody/said").status)
    assert.equal(404, post("/_sandbox/pay/nobody", "decision=approve").status)
    assert.equal(400, post(path, "decision=steal").status)
    assert.equal(400, post(path, "").status)
    assert.equal(405, handler({ method = "PUT", path = path, headers = {}, body = "" }).status)
  end)
end)
