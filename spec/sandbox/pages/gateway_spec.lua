-- Promises of kassa.sandbox.pages.gateway: sessions with their pages, authorizations with sums.

local gateway = require "support.gateway"
local page = require "kassa.sandbox.pages.gateway"
local server = require "kassa.sandbox.server"
local verbs = require "kassa.sandbox.verbs"

describe("the dashboard of Cybersource's sandbox", function()
  it("shows sessions and what became of the money", function()
    local g = gateway.open { seed = 7 }
    local function show()
      local answer = page.show(function(name, ...) return verbs.call(g.world, name, { ... }) end,
        "2024-01-01T12:00:00Z")
      assert.equal(200, answer.status)
      return answer.body
    end
    assert.truthy(show():find("None yet. Create one", 1, true))
    local token, session = g:token "100.00"
    local _, made = g:authorize(token, "100.00", { code = "<order>" })
    local _, capture = g:capture(made.id, "60.00")
    g:refund(capture.id, "10.00")
    local body = show()
    assert.truthy(body:find('href="/_sandbox/pay/' .. session.id, 1, true))
    assert.truthy(body:find("&lt;order&gt;", 1, true))
    for _, amount in ipairs { "$100.00", "$60.00", "$10.00", "$40.00" } do
      assert.truthy(body:find(amount, 1, true), amount)
    end
    assert.truthy(body:find(">COMPLETED<", 1, true) and body:find(">AUTHORIZED<", 1, true))
    assert.is_nil(body:find(g.world.account.secret, 1, true))
    assert.truthy(body:find(capture.reconciliationId, 1, true))
  end)

  it("is what the server shows, with its deliveries", function()
    local g = gateway.open { seed = 7 }
    g:captured()
    local handler = server.handler(g.world)
    for _, path in ipairs { "/_sandbox/", "/_sandbox/deliveries" } do
      local answer = handler { method = "GET", path = path, headers = {}, body = "" }
      assert.equal(200, answer.status, answer.body)
      assert.truthy(answer.body:find("payments.payments.updated", 1, true))
    end
  end)
end)
