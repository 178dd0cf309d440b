-- Promises of kassa.webhook.event: an event comes back from text as it was, or is refused by name.
local event_of = require "kassa.webhook.event"
local json = require "kassa.json"

describe("an event as text", function()
  local function back(event)
    return event_of.read(assert(event_of.write(event)))
  end

  it("is the same after the way there and back", function()
    local event = { id = "a", type = "t\n", occurred_ms = 1792000000123, live = false,
      payload = { none = json.null, list = json.list(), map = {}, deep = { { 1, 2 } } },
      body = '{"a":"\0\255"}' }
    local read = back(event)
    assert.same(event, read)
    assert.equal("[]", json.encode(read.payload.list))
    assert.equal("t? a", tostring(read))
    assert.equal(event_of.metatable, getmetatable(read))
  end)

  it("leaves out what it is about, which the store keeps beside it", function()
    assert.is_nil(back({ id = "a", type = "t", payload = {}, about = "x" }).about)
  end)

  it("names what no text can hold, and shows nothing of it", function()
    local text, why = event_of.write { id = "a", type = "t", payload = { secret = print } }
    assert.is_nil(text)
    assert.equal("event.payload cannot be written as JSON", why)
    text, why = event_of.write { id = "a\255", type = "t", payload = {} }
    assert.is_nil(text)
    assert.equal("event.id cannot be written as JSON", why)
  end)
end)
