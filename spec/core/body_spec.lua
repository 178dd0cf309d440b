-- Promises of the bodies that a writer fills for the engine: they are sent as they were filled,
-- whatever happens to the table and the next body, and outlive neither use nor need.
local core = require "kassa.core"
local peers = require "support.peers"
local run = require "support.engine"

local any = core.schema.compile { kind = "any" }

local function fill(value, spare) return assert(any:fill(value, true, true, spare)) end

describe("a filled body", function()
  it("has the bytes that write returns", function()
    local body = fill { a = { 1, 2 }, b = "c" }
    assert.equal('{"a":[1,2],"b":"c"}', tostring(body))
    assert.equal(19, #body)
    assert.is_false(getmetatable(body))
  end)

  it("is filled again when it is given as spare, and left alone when it is not", function()
    local first = fill "first"
    assert.equal('"first"', tostring(first))
    local second = fill("second", first)
    assert.equal(first, second)
    assert.equal('"second"', tostring(first))
    assert.equal('"third"', tostring(fill "third"))
    assert.equal('"second"', tostring(first))
    for _, wrong in ipairs { 1, "x", {}, true, any, io.stdout } do
      assert.equal('"fourth"', tostring(fill("fourth", wrong)))
    end
  end)

  it("is not returned where there are faults", function()
    local body, faults = any:fill(print)
    assert.is_nil(body)
    assert.equal("expected a value, got function", faults[1].message)
    assert.equal('"x"', tostring(fill "x"))
  end)
end)

describe("a filled body in a request", function()
  local wire, engine, channel

  setup(function() wire = peers.wire() end)
  teardown(function() wire:stop() end)
  before_each(function()
    engine, channel = run.open { base_url = "http://127.0.0.1:" .. wire.port }
  end)
  after_each(function() engine:close() end)

  it("is sent as it was filled", function()
    local body = fill(("x"):rep(20000))
    local answer = run.call(engine, channel, "POST", "/echo", nil, body)
    assert.equal(tostring(body), answer.body:match "\r\n\r\n(.*)$")
  end)

  it("is not filled again before the answer is taken, not even given as spare", function()
    local body = fill(("x"):rep(20000))
    local sent = tostring(body)
    local first = channel:submit("POST", "/echo", nil, body, 5000)
    local again = channel:submit("POST", "/echo", nil, body, 5000)
    local other = fill("other", body)
    assert.are_not.equal(body, other)
    local answers = run.collect(engine, 2)
    for _, id in ipairs { first, again } do
      assert.equal(sent, answers[id].body:match "\r\n\r\n(.*)$")
    end
    assert.equal(body, fill("other", body))
  end)

  it("may be collected, and its engine closed, while it is under way", function()
    for _ = 1, 20 do channel:submit("POST", "/sleep-50", nil, fill(("x"):rep(20000)), 5000) end
    collectgarbage()
    engine:step(1)
    engine:close()
    collectgarbage()
  end)

  it("is lent no more once its call was canceled or its channel closed", function()
    local body = fill "x"
    engine:cancel(channel:submit("POST", "/sleep-50", nil, body, 5000))
    run.collect(engine, 1)
    assert.equal(body, fill("y", body))
    channel:submit("POST", "/sleep-50", nil, body, 5000)
    channel:close()
    assert.are_not.equal(body, fill("z", body))
    run.collect(engine, 1)
    assert.equal(body, fill("z", body))
    assert.equal('"z"', tostring(body))
  end)
end)
