-- Promises of the page of a dispute: a person sees how it stands and how long, and plays Klarna.

local server = require "kassa.sandbox.server"
local shop = require "support.shop"

describe("the page of a dispute", function()
  local s, handler

  before_each(function()
    s = shop.open { base_url = "http://127.0.0.1:1" }
    handler = server.handler(s.world)
  end)

  local function ask(method, id, body)
    return handler { method = method, path = "/_sandbox/disputes/" .. id, headers = {},
      body = body or "" }
  end

  local function shows(id, ...)
    local answer = ask("GET", id)
    assert.equal(200, answer.status)
    for _, part in ipairs { ... } do assert(answer.body:find(part, 1, true), part) end
    return answer.body
  end

  local function press(id, act)
    return ask("POST", id, "act=" .. act)
  end

  it("leads a dispute from its opening to the verdict, by its buttons", function()
    local id = s:disputed({}).payment_dispute_id
    local page = shows(id, "PRE_ARBITRATION", "21 days left", "22 Jan 2024, 12:00 UTC", "$10.00",
      "Take into arbitration", "products not received")
    assert.is_nil(page:find("The merchant wins", 1, true))
    assert.equal(303, press(id, "escalate").status)
    page = shows(id, "ARBITRATION_PENDING", "Ask for evidence", "The merchant loses")
    assert.is_nil(page:find("days left", 1, true))
    assert.equal("/_sandbox/disputes/" .. id, press(id, "ask").headers.Location)
    s:verb("advance", "2d")
    shows(id, "MERCHANT_EVIDENCE_PENDING", "12 days left", "Consumer claimed", "1 of 5",
      "EVIDENCE_REQUESTED")
    press(id, "expire")
    shows(id, "EVIDENCE_REQUEST_EXPIRED")
    press(id, "lost")
    page = shows(id, "CLOSED", "the money went back", "3 Jan 2024, 12:00 UTC")
    assert.is_nil(page:find("<button", 1, true))
    assert.equal("lost", s:verb("disputes")[1].outcome)
  end)

  it("shows what was answered and attached, and runs none of it", function()
    local id = s:disputed({ state = "MERCHANT_EVIDENCE_PENDING" }).payment_dispute_id
    local _, file = s:upload(id, { { "file", "%PDF-1.7" .. ("x"):rep(3 * 1024 * 1024) },
      { "filename", "<b>.pdf" } })
    assert.equal(201, (s:respond(id, { additional_information = "<script>", attachments = { file },
      details = { tracking_number = "<i>", customer = { given_name = "Klara" } } })))
    local page = shows(id, "&lt;script&gt;", "&lt;i&gt;", "&lt;b&gt;.pdf", "3.0 MB",
      "Tracking number", "{&quot;given_name&quot;:&quot;Klara&quot;}", "EVIDENCE_RECEIVED")
    for _, tag in ipairs { "<script", "<i>", "<b>" } do assert.is_nil(page:find(tag, 1, true)) end
  end)

  it("says who accepted, and what was won", function()
    local accepted = s:disputed({}).payment_dispute_id
    s:accept_loss(accepted)
    shows(accepted, "accepted the loss")
    shows(s:disputed({ state = "CLOSED" }).payment_dispute_id, "decided for the merchant")
  end)

  it("says what cannot be done", function()
    local id = s:disputed({}).payment_dispute_id
    assert.equal(409, press(id, "won").status)
    assert.equal(400, press(id, "explode").status)
    assert.equal(404, press("nobody", "ask").status)
    assert.equal(404, ask("GET", "nobody").status)
    assert.equal(405, ask("DELETE", id).status)
    assert.equal("PRE_ARBITRATION", s:verb("state", id))
  end)
end)
