-- Promises of kassa.sandbox.transport: the engine's face, failures as the engine tells them, and
-- waiting that costs nothing while the clock is virtual.

local core = require "kassa.core"
local json = require "kassa.json"
local transport = require "kassa.sandbox.transport"
local world = require "kassa.sandbox.world"

local ORDER = '{"currency":"USD","payment_amount":1000}'

local function open(options)
  local w = world.new(options)
  local t = transport.new(w)
  local channel = assert(t:channel { base_url = w.base_url, headers = {
    "Authorization: Basic " .. w.account.api_key, "Content-Type: application/json" } })
  return t, channel, w
end

local function create(channel, timeout_ms)
  return channel:submit("POST", "/v2/payment/requests", nil, ORDER, timeout_ms or 65000)
end

local function await(t)
  for _ = 1, 10 do
    local id, answer = t:take()
    if id then return id, answer end
    t:step(1000)
  end
end

local function fault(w, spec)
  spec.times = 1
  assert(w:fault(spec))
end

describe("the transport", function()
  it("brings a whole HTTP answer", function()
    local t, channel = open()
    local id = create(channel)
    assert.equal(1, t:pending())
    local got, answer = await(t)
    assert.equal(id, got)
    assert.equal(201, answer.status)
    assert.equal("1.1", answer.http)
    assert.equal(0, answer.ms)
    assert.equal("SUBMITTED", json.decode(answer.body).state)
    local headers = core.headers.parse(answer.head)
    assert.equal("application/json", headers["content-type"])
    assert.equal(tostring(#answer.body), headers["content-length"])
    assert.equal(0, t:pending())
    assert.is_nil(t:take())
  end)

  it("keeps a base URL's path and a query out of each other's way", function()
    local t, _, w = open()
    local channel = t:channel { base_url = "http://127.0.0.1:80/v2/", headers = {
      "Authorization: Basic " .. w.account.api_key } }
    channel:submit("GET", "/payment/requests/x?y=1", nil, nil, 1000)
    local _, answer = await(t)
    assert.equal(404, answer.status)
    assert.equal("/v2/payment/requests/x", w:requests()[1].path)
  end)

  it("lets headers of a call win over those of the channel", function()
    local t, channel, w = open()
    channel:submit("GET", "/v2/payment/requests/x", { "Authorization: Basic wrong", "X-One: 1" },
      nil, 1000)
    local _, answer = await(t)
    assert.equal(401, answer.status)
    assert.equal("1", w:requests()[1].headers["x-one"])
  end)

  it("refuses what would smuggle a header, and bodies it cannot carry", function()
    local _, channel = open()
    for _, line in ipairs { "A: b\r\nC: d", "A: b\n", "A: \0" } do
      assert.has_error(function() channel:submit("GET", "/v2/x", { line }, nil, 1000) end)
    end
    assert.has_error(function() channel:submit("POST", "/v2/x", nil, { file = "x" }, 1000) end)
  end)

  it("is no channel without an absolute base URL", function()
    local t = open()
    local channel, message = t:channel { base_url = "nowhere" }
    assert.is_nil(channel)
    assert.equal("string", type(message))
  end)

  it("refuses every use after close", function()
    local t, channel = open()
    channel:close()
    assert.has_error(function() create(channel) end)
    t:close()
    for _, call in ipairs { "step", "take", "pending", "now", "time", "timer", "fd" } do
      assert.has_error(function() t[call](t, 0) end)
    end
  end)
end)

describe("virtual time", function()
  it("jumps to the next completion, in the order of time", function()
    local t = open()
    local start = t:now()
    local late, soon = t:timer(5000), t:timer(100)
    assert.equal(0, t:step(0))
    assert.equal(1, t:step(1000))
    assert.equal(start + 100, t:now())
    local id, answer = t:take()
    assert.equal(soon, id)
    assert.is_true(answer.timer)
    t:step(1)
    assert.equal(late, (t:take()))
    assert.equal(start + 5000, t:now())
  end)

  it("passes by itself when nothing is awaited", function()
    local t = open()
    local start = t:time()
    assert.equal(0, t:step(250))
    assert.equal(start + 250, t:time())
  end)

  it("lets the world's own expiries happen on the way", function()
    local t, channel, w = open()
    create(channel)
    local id = json.decode(select(2, await(t)).body).payment_request_id
    t:timer(48 * 3600 * 1000)
    t:step(1)
    assert.equal("EXPIRED", w.provider:state(id))
  end)

  it("makes a silence of 59 seconds cost no second", function()
    local t, channel, w = open()
    fault(w, { kind = "silence" })
    local start, began = t:now(), os.clock()
    create(channel, 59000)
    local _, answer = await(t)
    assert.equal("timeout", answer.code)
    assert.equal("sent", answer.wire)
    assert.equal(start + 59000, t:now())
    assert.equal(59000, answer.ms)
    assert.truthy(os.clock() - began < 1)
  end)

  it("ends what is canceled at once, as canceled, and only that", function()
    local t, channel, w = open()
    local start = t:now()
    fault(w, { kind = "silence" })
    local timer, call = t:timer(10), create(channel)
    assert.is_true(t:cancel(call))
    assert.is_false(t:cancel(call))
    assert.is_false(t:cancel(99))
    assert.equal(2, t:pending())
    local id, answer = await(t)
    assert.equal(call, id)
    assert.equal("canceled", answer.code)
    assert.equal(start, t:now())
    assert.equal(timer, (await(t)))
    assert.is_false(t:cancel(timer))
    assert.equal(0, t:pending())
    t:step(100000)
    assert.is_nil(t:take())
  end)

  it("ends the calls of a channel that is closed", function()
    local t, channel, w = open()
    fault(w, { kind = "silence" })
    local call, timer = create(channel), t:timer(5)
    channel:close()
    local id, answer = await(t)
    assert.equal(call, id)
    assert.equal("canceled", answer.code)
    assert.equal(timer, (await(t)))
  end)
end)

describe("a fault on the wire", function()
  local function outcome(spec, timeout_ms)
    local t, channel, w = open()
    fault(w, spec)
    create(channel, timeout_ms)
    local _, answer = await(t)
    return answer, #w.provider:request_ids()
  end

  it("refuses a connection before a byte left", function()
    local answer, made = outcome { kind = "refuse" }
    assert.equal("connect", answer.code)
    assert.equal("unsent", answer.wire)
    assert.equal(0, made)
  end)

  it("resets it, or drops it before the effect", function()
    for _, kind in ipairs { "reset", "drop_before_effect" } do
      local answer, made = outcome { kind = kind }
      assert.equal("protocol", answer.code)
      assert.equal("sent", answer.wire)
      assert.is_nil(answer.status)
      assert.equal(0, made)
    end
  end)

  it("drops it after the effect", function()
    local answer, made = outcome { kind = "drop_after_effect" }
    assert.equal("protocol", answer.code)
    assert.equal("sent", answer.wire)
    assert.equal(1, made)
  end)

  it("cuts the body off, and tells the status that had come", function()
    local answer = outcome { kind = "truncate", at = 10 }
    assert.equal("protocol", answer.code)
    assert.equal(201, answer.status)
    answer = outcome { kind = "truncate", at = 100000 }
    assert.is_nil(answer.code)
    assert.equal(201, answer.status)
  end)

  it("delays and drips, up to the deadline and no further", function()
    local answer = outcome({ kind = "delay", ms = 3000 }, 5000)
    assert.equal(201, answer.status)
    assert.equal(3000, answer.ms)
    assert.equal("timeout", outcome({ kind = "delay", ms = 5000 }, 5000).code)
    answer = outcome({ kind = "drip", ms = 10 }, 65000)
    assert.equal(#answer.body * 10, answer.ms)
    assert.equal("timeout", outcome({ kind = "drip", ms = 1000 }, 65000).code)
  end)

  it("puts garbage under a status that looks right", function()
    local answer = outcome { kind = "garbage" }
    assert.equal(201, answer.status)
    assert.is_nil((json.decode(answer.body)))
  end)

  it("passes statuses on with their headers", function()
    local answer = outcome { kind = "status", status = 429,
      headers = { ["X-Ratelimit-Reset"] = "7" } }
    assert.equal(429, answer.status)
    assert.equal("7", core.headers.parse(answer.head)["x-ratelimit-reset"])
  end)

  it("refuses a body above the channel's limit", function()
    local t, _, w = open()
    local channel = t:channel { base_url = w.base_url, response_max = 20 }
    channel:submit("GET", "/v2/payment/requests/x", nil, nil, 1000)
    local _, answer = await(t)
    assert.equal("too_large", answer.code)
    assert.equal(401, answer.status)
  end)
end)

describe("the transport's forms", function()
  local parts = { { name = "a", data = "x" }, { name = "f", data = "%PDF-", filename = "f.pdf" } }

  it("come to the world as bytes with their type, and have left at once", function()
    local t, channel, w = open()
    local seen
    function w.handle(_, request)
      seen = request
      return { status = 200, headers = {}, body = "{}" }
    end
    local id = channel:submit("POST", "/x", { "Content-Type: text/plain" }, { parts = parts }, 1000)
    local boundary = seen.headers["content-type"]:match "^multipart/form%-data; boundary=(.+)$"
    assert.equal("--" .. boundary, seen.body:match "^[^\r]+")
    assert.same({ #seen.body, #seen.body }, { t:progress(id) })
    assert.equal(id, (await(t)))
    assert.is_nil(t:progress(id))
    assert.is_nil(t:progress(t:timer(1)))
    channel:submit("POST", "/x", nil, "{}", 1000)
    assert.equal("application/json", seen.headers["content-type"])
  end)

  it("are refused as the engine refuses them", function()
    local t, channel = open()
    for _, wrong in ipairs { 7, {}, { parts = {} }, { parts = { { name = "a" } } } } do
      assert.error_matches(function() channel:submit("POST", "/x", nil, wrong, 1000) end, "parts")
    end
    local lost = { { name = "a", file = "no/such/file" } }
    local id, why = channel:submit("POST", "/x", nil, { parts = lost }, 1000)
    assert.is_nil(id)
    assert.matches("^no/such/file: ", why)
    assert.equal(0, t:pending())
  end)
end)

describe("the transport's watches", function()
  it("complete when the descriptor is readable, in real time, and can be canceled", function()
    for _, clock in ipairs { "virtual", "real" } do
      local t, _, w = open { clock = clock }
      local other = core.engine.new {}
      local id, lost = t:watch(other:fd()), t:watch(other:fd())
      assert.equal(2, t:pending())
      other:timer(30)
      assert.is_true(t:cancel(lost))
      assert.is_false(t:cancel(lost))
      local got, answer = t:take()
      assert.same({ lost, "canceled" }, { got, answer.code })
      local before = w.clock:now()
      got, answer = await(t)
      assert.equal(id, got)
      assert.same({ readable = true }, answer)
      assert(w.clock:now() - before < 5000, clock)
      assert.equal(0, t:pending())
      other:close()
      t:close()
    end
  end)

  it("do not hold up what the virtual clock brings", function()
    local t, channel = open()
    local other = core.engine.new {}
    t:watch(other:fd())
    local late = t:timer(3600000)
    local id = create(channel)
    assert.equal(id, (await(t)))
    assert.equal(late, (await(t)))
    assert.is_nil(t:watch(1000000))
    t:close()
    other:close()
  end)
end)
