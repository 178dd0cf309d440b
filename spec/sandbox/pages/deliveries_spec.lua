-- Promises of the page of deliveries: what happened to every event, and a button to try again.
local json = require "kassa.json"
local sandbox = require "kassa.sandbox"
local server = require "kassa.sandbox.server"

describe("the page of deliveries", function()
  local box, handler

  before_each(function()
    box = sandbox.world { seed = 7, base_url = "http://127.0.0.1:1" }
    handler = server.handler(box.world)
  end)

  local function create()
    local response = box:handle { method = "POST", path = "/v2/payment/requests",
      body = json.encode { currency = "EUR", payment_amount = 100 },
      headers = { ["content-type"] = "application/json",
        authorization = "Basic " .. box:options().api_key } }
    return json.decode(response.body).payment_request_id
  end

  local function get(path)
    return handler { method = "GET", path = path or "/_sandbox/deliveries", headers = {},
      body = "" }
  end

  local function again(id)
    return handler { method = "POST", path = "/_sandbox/deliveries/again", headers = {},
      body = "event_id=" .. id }
  end

  local function shows(page, parts)
    for _, part in ipairs(parts) do assert(page:find(part, 1, true), part) end
  end

  it("says so when there is nothing yet", function()
    local answer = get()
    assert.equal(200, answer.status)
    shows(answer.body, { "None yet" })
  end)

  it("shows time, type, object, state, attempts and bytes, but no key", function()
    local answers = { 500 }
    box:receive(function()
      local status = table.remove(answers, 1)
      if not status then error "<no> shop" end
      return status
    end)
    local id = create()
    box:advance "10s"
    local delivery = box:deliveries()[1]
    local page = get().body
    shows(page, { "1 Jan 2024, 12:00:00 UTC", "payment.request.state-change.submitted", id,
      ">waiting</span>", "1 Jan 2024, 12:00:00 UTC: 500", "1 Jan 2024, 12:00:10 UTC: ",
      "&lt;no&gt; shop", "Next: 1 Jan 2024, 12:02:10 UTC", delivery.headers["Klarna-Signature"],
      "&quot;event_id&quot;:&quot;" .. delivery.event_id })
    assert.is_nil(page:find(box:signing_key().signing_key, 1, true))
    assert.is_nil(page:find(box:options().api_key, 1, true))
  end)

  it("tells of faults", function()
    box:fault { webhook = "lose" }
    create()
    shows(get().body, { ">dropped</span>", "Fault: lose" })
  end)

  it("delivers again by a button, and says why not", function()
    local got = 0
    box:receive(function()
      got = got + 1
      return 204
    end)
    create()
    local event_id = box:deliveries()[1].event_id
    shows(get().body, { "value=\"" .. event_id .. "\"", ">delivered</span>" })
    local answer = again(event_id)
    assert.equal(303, answer.status)
    assert.equal("/_sandbox/deliveries#" .. event_id, answer.headers.Location)
    box:now()
    assert.equal(2, got)
    assert.equal(400, again("nobody").status)
    assert.equal(400, handler({ method = "POST", path = "/_sandbox/deliveries/again",
      headers = {}, body = "" }).status)
  end)

  it("is linked from the dashboard, and leaves the verb of its name alone", function()
    create()
    shows(get("/_sandbox/").body, { "href=\"/_sandbox/deliveries#"
      .. box:deliveries()[1].event_id .. "\"" })
    local answer = handler { method = "POST", path = "/_sandbox/deliveries", headers = {},
      body = "{\"args\":[]}" }
    assert.equal(1, #json.decode(answer.body).result)
    assert.equal(405, handler({ method = "PUT", path = "/_sandbox/deliveries", headers = {},
      body = "" }).status)
  end)
end)
