-- Promises of the sandbox behind a socket: the same verbs with the same results as in process.
local sandbox = require "kassa.sandbox"
local verbs = require "kassa.sandbox.verbs"
local wire = require "support.wire"

describe("sandbox.start", function()
  local box

  before_each(function() box = assert(sandbox.start { seed = 7, clock = "virtual" }) end)
  after_each(function() box:stop() end)

  it("has every verb of the sandbox in process", function()
    for _, name in ipairs(verbs.names()) do assert.equal("function", type(box[name]), name) end
    assert.has_error(function() box.advance "1h" end, "call sandbox:advance(...) with a colon")
    assert.has_error(function() box.stop() end, "call sandbox:stop(...) with a colon")
    assert.has_error(function() box:aprove "krn:r:1" end,
      'the sandbox has no verb "aprove", did you mean approve?')
  end)

  it("has the identity that the seed gives, and its own address", function()
    local there, here = box:options(), sandbox.world({ seed = 7 }):options()
    assert.equal(here.api_key, there.api_key)
    assert.equal(here.account, there.account)
    assert.equal(box.base_url, there.base_url)
    assert.truthy(box.base_url:match "^http://127%.0%.0%.1:%d+$")
    assert.equal(box.base_url .. "/_sandbox/", box:page_url())
  end)

  it("lends its time to a client, and knows none when it is stopped", function()
    local options = box:options()
    box:advance "3d"
    assert.equal(box:now(), options.clock())
    box:stop()
    assert.is_nil(options.clock())
  end)

  it("carries results, refusals, lists and holes", function()
    assert.equal("2024-01-01T13:00:00Z", box:advance "1h")
    assert.same({}, box:deliveries())
    local result, message = box:approve "nobody"
    assert.is_nil(result)
    assert.equal("there is no payment request nobody", message)
    assert.equal(1, box:fault { operation = "payment_request.read", kind = "reset", times = 1 })
    assert.equal(0, box:fault { clear = true })
    assert.is_nil((box:advance()))
    assert.equal(10, box:rate(10) and 10)
    assert.is_true(box:rate(nil))
  end)

  it("refuses an argument that cannot travel", function()
    local result, message = box:fault { kind = print }
    assert.is_nil(result)
    assert.truthy(message:find("cannot be sent", 1, true))
    local self_holding = {}
    self_holding[1] = self_holding
    assert.is_nil((box:fault(self_holding)))
  end)

  it("ends with stop, may be stopped twice, and leaves nothing behind", function()
    box:stop()
    local fds, threads = wire.count "fd", wire.count "task"
    local other = assert(sandbox.start { seed = 1 })
    assert.truthy(other:options())
    assert.is_true(other:stop())
    assert.is_true(other:stop())
    assert.equal(fds, wire.count "fd")
    assert.equal(threads, wire.count "task")
    assert.has_error(function() other:options() end, "the sandbox is stopped")
    assert.truthy(tostring(other):find("stopped", 1, true))
  end)

  it("says what is wrong with its options", function()
    local made, message = sandbox.start { sed = 7 }
    assert.is_nil(made)
    assert.truthy(message:find("no option sed", 1, true), message)
    assert.has_error(function() sandbox.start { time_source = os.time } end,
      "the option time_source is a function, which no other thread can call")
  end)

  it("listens on the port asked for, and says when it is taken", function()
    local port = tonumber(box.base_url:match ":(%d+)$")
    local made, message = sandbox.start { port = port }
    assert.is_nil(made)
    assert.truthy(message:find("Address already in use", 1, true), message)
  end)
end)
