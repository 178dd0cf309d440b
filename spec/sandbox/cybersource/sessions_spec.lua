-- Promises of kassa.sandbox.cybersource.sessions: shopper, page and time as reference 5 and 7.1.

local gateway = require "support.gateway"

describe("a session", function()
  local g
  before_each(function() g = gateway.open { seed = 7 } end)

  local function status_of(id)
    local _, value = g:check(id)
    return value.status
  end

  local function refused(message, verb, ...)
    local ok, why = pcall(g.verb, g, verb, ...)
    assert.is_false(ok)
    assert.truthy(tostring(why):find(message, 1, true), tostring(why))
  end

  it("is COMPLETED once the shopper agreed, with one token for ever", function()
    local _, session = g:session()
    assert.equal("INITIATED", status_of(session.id))
    local agreed = g:verb("approve", session.id)
    assert.equal("COMPLETED", agreed.status)
    assert.truthy(agreed.auth_token:match "^%x+%-%x+%-4%x+%-%x+%-%x+$")
    assert.equal(agreed.auth_token, g:verb("approve", session.id).auth_token)
    assert.equal("COMPLETED", status_of(session.id))
  end)

  it("sends the shopper back by the success URL, whatever query that has", function()
    local urls = {
      ["https://shop.example/ok"] = "https://shop.example/ok?auth-token=%s",
      ["https://shop.example/ok?order=7"] = "https://shop.example/ok?order=7&auth-token=%s",
      ["https://shop.example/ok#top"] = "https://shop.example/ok?auth-token=%s#top",
    }
    for given, wanted in pairs(urls) do
      local _, session = g:session("1.00", { merchantInformation = { successUrl = given,
        cancelUrl = "https://shop.example/c", failureUrl = "https://shop.example/f" } })
      refused("INITIATED is sent nowhere", "redirect", session.id)
      local agreed = g:verb("approve", session.id)
      assert.equal(wanted:format(agreed.auth_token), agreed.redirect_url)
      assert.equal(agreed.redirect_url, g:verb("redirect", session.id))
    end
  end)

  it("is ABANDONED when the shopper leaves, FAILED when declined, and that is the end", function()
    for verb, told in pairs { abandon = { "ABANDONED", "cancel" },
        decline = { "FAILED", "failed" } } do
      local _, session = g:session()
      local view = g:verb(verb, session.id)
      assert.equal(told[1], view.status)
      assert.equal("https://shop.example/" .. told[2], view.redirect_url)
      assert.equal(told[1], status_of(session.id))
      refused("cannot be approved", "approve", session.id)
      local status, value = g:update(session.id)
      assert.equal(400, status)
      assert.equal("INVALID_DATA", value.reason)
    end
  end)

  it("takes updates for 48 hours, and is ABANDONED then unless the shopper is done", function()
    local _, session = g:session()
    g:verb("advance", "47h")
    local status, value = g:update(session.id, "70.00")
    assert.equal(201, status)
    assert.equal("70.00", value.orderInformation.amountDetails.totalAmount)
    local _, done = g:session()
    g:verb("approve", done.id)
    g:verb("advance", "1h")
    assert.equal("ABANDONED", status_of(session.id))
    assert.equal(400, (g:update(session.id)))
    g:verb("advance", "47h")
    assert.equal("COMPLETED", status_of(done.id))
    status, value = g:update(done.id)
    assert.equal(400, status)
    assert.truthy(value.message:find "48 hours")
  end)

  it("is over when it is told so", function()
    local _, session = g:session()
    assert.equal("ABANDONED", g:verb("expire", session.id).status)
    refused("there is no session", "approve", "nobody")
    refused("there is no session", "expire", "nobody")
  end)

  it("keeps its status when it is updated, and takes the widget for the page", function()
    local _, session = g:session()
    g:verb("approve", session.id)
    local _, value = g:update(session.id)
    assert.equal("COMPLETED", value.status)
    assert.equal(404, (g:update "7000000000000000000000"))
  end)

  it("is listed in the order of making", function()
    local made = {}
    for i = 1, 3 do
      local _, session = g:session()
      made[i] = session.id
      g:verb("advance", 1)
    end
    assert.same(made, g:verb "session_ids")
    assert.equal("INITIATED", g:verb("state", made[1]))
    assert.equal(made[1], g:verb("view", made[1]).id)
  end)
end)
