-- Promises of kassa.webhook.receiver, what serve.lua and openresty.lua have in common: the checks
-- of their options, and an answer whatever happens. All else of it is in their own specs, on wires.
local receiver = require "kassa.webhook.receiver"
local webhook = require "kassa.webhook"

local KEYS = { ["krn:key:1"] = "kassa-test-signing-key-0001" }

local function new(router)
  local said = {}
  return receiver.new({ router = router, keys = KEYS }, {
    time = function() return 5 end, pause = function() end,
    complain = function(words) said[#said + 1] = words end,
  }), said
end

describe("a receiver of any kind", function()
  it("names the option that cannot be meant, its own ones among them", function()
    local router = webhook.router()
    local checks = { depth = receiver.whole(1, 2) }
    local function fault(options) return receiver.fault(options, checks) end
    assert.is_nil(fault { router = router, keys = KEYS, depth = 2 })
    assert.equal("depth must be a whole number from 1 to 2",
      fault { router = router, keys = KEYS, depth = 3 })
    assert.equal("at_onc is no option, did you mean at_once?", fault { at_onc = 1 })
    assert.equal("dept is no option, did you mean depth?", fault { dept = 1 })
    assert.matches("^keys ", fault { router = router, keys = 5 })
    assert.matches("^tolerance_s is for cybersource",
      fault { router = router, keys = KEYS, tolerance_s = 1 })
  end)

  it("answers 500 where its program raises, and complains when nobody listens", function()
    local self, said = new(webhook.router())
    local answer = self:respond(function() error "a bug" end, {})
    assert.same({ 500, "failed\n" }, { answer.status, answer.body })
    assert.matches("a bug", said[1])
  end)

  it("works until nothing waits, and counts itself out", function()
    local router = webhook.router()
    router:on("*", function() error "a bug of the shop" end)
    local self, said = new(router)
    assert.equal("new", router:accept { type = "x", id = "1", payload = {} })
    self.workers = 1
    self:work()
    assert.equal(0, self.workers)
    assert.matches("a bug of the shop", said[1])
  end)
end)
