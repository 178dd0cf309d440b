-- Promises from end to end: what happens at the provider is done once by the handler, over real
-- sockets, whatever is doubled, out of order, refused or broken on the way.
local kassa = require "kassa"
local sandboxes = require "kassa.sandbox"

-- A shop with a receiver that the sandbox delivers to; test runs beside it.
-- handler: of every event.
local function shop(handler, test)
  local sandbox = assert(sandboxes.start { seed = 7 })
  local klarna = kassa.klarna(sandbox:options())
  local key = kassa.assert(klarna.signing_keys:create())
  local store = kassa.webhook.memory()
  local router = kassa.webhook.router { client = klarna, store = store, on_error = function() end }
  router:on("*", handler)
  local ok, err = pcall(kassa.webhook.serve, {
    router = router, keys = { [key.signing_key_id] = key.signing_key },
    on_ready = function(receiver)
      kassa.assert(klarna.webhooks:create {
        url = receiver.url, event_types = { "payment.*" }, event_version = "v2",
        status = "ENABLED", signing_key_id = key.signing_key_id,
      })
      test(klarna, sandbox, router, store)
      receiver.stop()
    end,
  })
  sandbox:stop()
  assert(ok, err)
end

-- Nothing is on its way for the first time; one that comes again is "waiting" until it is there.
local function at_rest(sandbox, all_there)
  if not all_there then return #sandbox:deliveries { state = "due" } == 0 end
  return #sandbox:deliveries { state = "delivered" } == #sandbox:deliveries()
end

-- Wait until the sandbox has nothing on the way and the router nothing open.
local function settle(sandbox, router, all_there)
  for _ = 1, 500 do
    kassa.sleep(0.01)
    if at_rest(sandbox, all_there) and router:pending() == 0 then return end
  end
  error "it does not come to rest"
end

local function buy(klarna, sandbox)
  local request = kassa.assert(klarna.payment_requests:create {
    currency = "EUR", payment_amount = 4900 })
  sandbox:approve(request.payment_request_id)
  kassa.assert(request:refresh())
  kassa.assert(request:confirm { currency = "EUR", payment_amount = 4900 })
  return request
end

describe("deliveries of the sandbox", function()
  it("are handled once each, doubled and out of order, and no object reads as before", function()
    local handled, states, went_back = {}, {}, 0
    local LIFE = { SUBMITTED = 1, IN_PROGRESS = 2, PENDING_CONFIRMATION = 3, CONFIRMED = 4 }
    shop(function(event)
      handled[event.id] = (handled[event.id] or 0) + 1
      local id = event.payload.payment_request_id
      if not id then return end
      local now = assert(LIFE[event.object.state])
      if now < (states[id] or 0) then went_back = went_back + 1 end
      states[id] = now
    end, function(klarna, sandbox, router)
      sandbox:fault { webhook = "duplicate", chance = 0.5 }
      sandbox:fault { webhook = "reorder", chance = 0.3 }
      for _ = 1, 20 do buy(klarna, sandbox) end
      settle(sandbox, router)
      sandbox:advance "2m"
      settle(sandbox, router, true)
      local events, sent = {}, sandbox:deliveries()
      for _, delivery in ipairs(sent) do
        assert.equal("delivered", delivery.state)
        events[delivery.event_id] = true
      end
      local count = 0
      for id in pairs(events) do
        assert.equal(1, handled[id])
        count = count + 1
      end
      assert.is_true(#sent > count, "nothing was doubled")
      assert.equal(0, went_back)
    end)
  end)

  it("come again when they could not be stored, and are not lost", function()
    local handled = 0
    shop(function() handled = handled + 1 end, function(klarna, sandbox, router, store)
      local put = store.put
      store.put = function() return nil, "no space left on device" end
      kassa.assert(klarna.payment_requests:create { currency = "EUR", payment_amount = 100 })
      settle(sandbox, router)
      local sent = sandbox:deliveries()
      assert.same({ "waiting", 503 }, { sent[1].state, sent[1].attempts[1].status })
      assert.equal(0, handled)
      store.put = put
      sandbox:advance "10s"
      settle(sandbox, router, true)
      assert.equal("delivered", sandbox:deliveries()[1].state)
      assert.equal(1, handled)
    end)
  end)

  it("are kept when their handler fails, and handled again when that is asked for", function()
    local works, handled = false, 0
    shop(function()
      assert(works, "not yet")
      handled = handled + 1
    end, function(klarna, sandbox, router)
      kassa.assert(klarna.payment_requests:create { currency = "EUR", payment_amount = 100 })
      settle(sandbox, router)
      assert.equal("delivered", sandbox:deliveries()[1].state)
      assert.same({ 0, 1 }, { router:pending() })
      works = true
      assert.same({ 1, 0 }, { router:retry() })
      assert.equal(1, handled)
    end)
  end)

  it("bring every type of event, each with the object it is about", function()
    local rows, seen = require "kassa.api.klarna.events", {}
    shop(function(event)
      seen[event.type] = event.object and tostring(event.object) or "none"
    end, function(klarna, sandbox, router)
      local webhook = kassa.assert(klarna.webhooks:list()).webhooks[1]
      for _, row in ipairs(rows) do
        kassa.assert(klarna.webhooks:simulate(webhook.webhook_id, {
          event_type = row.type, event_version = "v2" }))
      end
      settle(sandbox, router)
      for _, row in ipairs(rows) do
        local expected = row.object and "^kassa%." .. row.object .. " krn:" or "^none$"
        assert.matches(expected, seen[row.type] or "never came: " .. row.type)
      end
    end)
  end)
end)
