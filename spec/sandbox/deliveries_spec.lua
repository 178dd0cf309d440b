-- Promises of kassa.sandbox.deliveries: envelopes as reference 5.1 has them, signed as 5.3 says,
-- attempted at the times of 5.4.

local deliveries = require "kassa.sandbox.deliveries"
local envelope = require "kassa.sandbox.klarna.envelope"
local json = require "kassa.json"
local random = require "kassa.sandbox.random"
local sign = require "kassa.core".sign

local ACCOUNT = "krn:partner:global:account:test:LWT2XJSE"
local NOON = 1704110400000
local CAPTURED = "payment.transaction.captured"
local OWN = { id = "own-key-id", secret = "own-key" }

local function fresh(seed)
  return deliveries.new(random.new(seed or 1), envelope.new(ACCOUNT), { key = OWN })
end

-- Deliveries to webhooks that want every event; `hooks` may be changed on the way.
local function to(hooks, fault)
  local made = deliveries.new(random.new(1), envelope.new(ACCOUNT), {
    key = OWN, fault = fault, webhooks = {
      match = function() return hooks end,
      find = function(id)
        for _, hook in ipairs(hooks) do
          if hook.id == id then return hook end
        end
      end,
    },
  })
  return made
end

local function hook(name)
  return { id = name, url = "https://" .. name .. ".example/", enabled = true,
    key = { id = "key-of-" .. name, secret = "secret of " .. name } }
end

local function types(list)
  local out = {}
  for i, entry in ipairs(list) do out[i] = entry.event_type end
  return out
end

-- The types of what is due at a time, in order; each is answered with a status.
local function drain(d, now, status)
  local out = {}
  local attempt = d:take(now)
  while attempt do
    out[#out + 1] = attempt.event_type
    d:attempted(attempt.id, status or 204, nil, now)
    attempt = d:take(now)
  end
  return out
end

describe("a delivery", function()
  it("holds the envelope, and the same as bytes", function()
    local d = fresh()
    d:add(CAPTURED, { capture_amount = 5 }, NOON)
    local entry = d:list()[1]
    local metadata = entry.event.metadata
    assert.equal(CAPTURED, metadata.event_type)
    assert.equal(entry.event_id, metadata.event_id)
    assert.equal("v2", metadata.event_version)
    assert.equal("2024-01-01T12:00:00Z", metadata.occurred_at)
    assert.equal(ACCOUNT, metadata.subject_account_id)
    assert.equal(ACCOUNT, metadata.recipient_account_id)
    assert.is_false(metadata.live)
    assert.truthy(metadata.webhook_id:match("^krn:partner:global:notification:webhook:"))
    assert.equal(metadata.webhook_id, entry.webhook_id)
    assert.same(entry.event, json.decode(entry.body))
    assert.equal(NOON, entry.due_ms)
    assert.equal(1, entry.attempt)
    assert.equal("due", entry.state)
    assert.equal(0, #entry.attempts)
    assert.is_nil(entry.url)
  end)

  it("keeps its bytes, id and order however often they are listed", function()
    local d = fresh()
    for i = 1, 5 do d:add("type-" .. i, { i = i }, NOON) end
    local first = d:list()
    d:list()[1].event.payload.i = 99
    assert.same(first, d:list())
    local seen = {}
    for i, entry in ipairs(first) do
      assert.equal("type-" .. i, entry.event_type)
      assert.is_nil(seen[entry.event_id])
      seen[entry.event_id] = true
    end
  end)

  it("is dropped, oldest first, when there are over 10,000", function()
    local d = fresh()
    for i = 1, 10003 do d:add("t", { i = i }, NOON) end
    local list = d:list()
    assert.equal(10000, #list)
    assert.equal(4, list[1].event.payload.i)
  end)

  it("has the version that was asked for", function()
    local d = fresh()
    d:add(CAPTURED, {}, NOON, { version = "v1" })
    assert.equal("v1", d:list()[1].event.metadata.event_version)
  end)
end)

describe("the list of deliveries", function()
  it("can be of the newest, of a type, of a state or of an event", function()
    local d = to { hook "a" }
    for i = 1, 5 do d:add("payment." .. i % 2, { i = i }, NOON) end
    d:attempted(d:take(NOON).id, 204, nil, NOON)
    local function numbers(wanted)
      local out = {}
      for i, entry in ipairs(d:list(wanted)) do out[i] = entry.event.payload.i end
      return out
    end
    assert.same({ 1, 2, 3, 4, 5 }, numbers())
    assert.same({ 4, 5 }, numbers { last = 2 })
    assert.same({ 1, 3, 5 }, numbers { event_type = "payment.1" })
    assert.same({ 3, 5 }, numbers { event_type = "payment.1", last = 2 })
    assert.same({ 1, 2, 3, 4, 5 }, numbers { event_type = "payment.*" })
    assert.same({ 1 }, numbers { state = "delivered" })
    assert.same({ 3 }, numbers { event_id = d:list()[3].event_id })
    assert.same({}, numbers { event_id = "nobody" })
  end)
end)

describe("a delivery's signature", function()
  -- HMAC-SHA256 of the body's bytes with the key as it stands, in lower-case hex (5.3).
  local function expected(entry, secret)
    return sign.hex(sign.hmac_sha256(secret, entry.body))
  end

  it("is made with the webhook's key, or with the sandbox's own where there is none", function()
    local d = fresh()
    d:add(CAPTURED, {}, NOON)
    local entry = d:list()[1]
    assert.equal(expected(entry, OWN.secret), entry.headers["Klarna-Signature"])
    assert.equal(OWN.id, entry.headers["Klarna-Signing-Key-Id"])
    assert.equal("application/json", entry.headers["Content-Type"])
    assert.truthy(entry.headers["Klarna-Signature"]:match("^[0-9a-f]+$"))

    d = to { hook "a" }
    d:add(CAPTURED, {}, NOON)
    local attempt = d:take(NOON)
    assert.equal(expected(attempt, "secret of a"), attempt.headers["Klarna-Signature"])
    assert.equal("key-of-a", attempt.headers["Klarna-Signing-Key-Id"])
    assert.same(attempt.headers, d:list()[1].headers)
  end)

  it("of a retry follows the webhook's new key and address", function()
    local hooks = { hook "a" }
    local d = to(hooks)
    d:add(CAPTURED, {}, NOON)
    assert.equal("https://a.example/", d:list()[1].url)
    drain(d, NOON, 500)
    hooks[1].key, hooks[1].url = { id = "new", secret = "new secret" }, "https://b.example/"
    local attempt = d:take(NOON + 10000)
    assert.equal(expected(attempt, "new secret"), attempt.headers["Klarna-Signature"])
    assert.equal("new", attempt.headers["Klarna-Signing-Key-Id"])
    assert.equal("https://b.example/", attempt.url)
  end)
end)

describe("an event", function()
  it("goes to each webhook that wants it, under one id, naming the webhook", function()
    local d = to { hook "a", hook "b" }
    d:add(CAPTURED, {}, NOON)
    local list = d:list()
    assert.equal(2, #list)
    assert.equal(list[1].event_id, list[2].event_id)
    assert.same({ "a", "b" }, { list[1].event.metadata.webhook_id,
      list[2].event.metadata.webhook_id })
    assert.same({ "a", "b" }, { list[1].webhook_id, list[2].webhook_id })
  end)

  it("goes nowhere when there are webhooks and none wants it", function()
    local d = to {}
    d:add(CAPTURED, {}, NOON)
    assert.equal(0, #d:list())
  end)

  it("can be for one webhook alone", function()
    local d = to { hook "a", hook "b" }
    d:add(CAPTURED, {}, NOON, { to = "b" })
    assert.equal(1, #d:list())
    assert.equal("b", d:take(NOON).webhook_id)
  end)

  it("is dropped when its webhook is gone or disabled by the time of an attempt", function()
    for _, change in ipairs { function(hooks) hooks[1] = nil end,
        function(hooks) hooks[1].enabled = false end } do
      local hooks = { hook "a" }
      local d = to(hooks)
      d:add(CAPTURED, {}, NOON)
      change(hooks)
      assert.is_nil(d:take(NOON))
      assert.equal("dropped", d:list()[1].state)
    end
  end)
end)

describe("a delivery's attempts", function()
  local d
  before_each(function() d = to { hook "a" } end)

  it("end with 200, 201, 202 and 204, and with no other status", function()
    for status = 100, 599 do
      local accepted = status == 200 or status == 201 or status == 202 or status == 204
      d:add(CAPTURED, {}, NOON)
      local attempt = d:take(NOON)
      assert.is_true(d:attempted(attempt.id, status, nil, NOON))
      local last = d:list({ last = 1 })[1]
      assert.equal(accepted and "delivered" or "waiting", last.state, status)
    end
  end)

  it("come after 10 s, 2 min, 15 min, 3 h, 6 h and 12 h, and then no more", function()
    d:add(CAPTURED, {}, NOON)
    local second = 1000
    local times = { 0, 10, 130, 1030, 11830, 33430, 76630 } -- seconds after the first, by hand
    for i, after in ipairs(times) do
      local at = NOON + after * second
      assert.is_nil(d:take(at - 1), "attempt " .. i .. " came too early")
      local attempt = assert(d:take(at), "attempt " .. i .. " did not come")
      assert.equal(i, attempt.attempt)
      d:attempted(attempt.id, 503, nil, at)
      local entry = d:list()[1]
      assert.equal(i, #entry.attempts)
      assert.equal(i < 7 and "waiting" or "dropped", entry.state)
      assert.equal(times[i + 1] and NOON + times[i + 1] * second, entry.next_ms)
    end
    assert.is_nil(d:take(NOON + 1e12))
    local entry = d:list()[1]
    assert.equal("2024-01-02T09:17:10Z", entry.attempts[7].at)
    assert.is_nil(entry.next_at)
    assert.equal(7, entry.attempt)
  end)

  it("count from the failure before, not from when they were due", function()
    d:add(CAPTURED, {}, NOON)
    local attempt = d:take(NOON)
    d:attempted(attempt.id, nil, "no answer within 5000 ms", NOON + 5000)
    local entry = d:list()[1]
    assert.equal(NOON + 15000, entry.next_ms)
    assert.equal("2024-01-01T12:00:15Z", entry.next_at)
    assert.same({ at = "2024-01-01T12:00:00Z", at_ms = NOON,
      message = "no answer within 5000 ms" }, entry.attempts[1])
  end)

  it("carry the same id and bytes each time", function()
    d:add(CAPTURED, { amount = 1 }, NOON)
    local first = d:take(NOON)
    d:attempted(first.id, 500, nil, NOON)
    local second = d:take(NOON + 10000)
    assert.equal(first.body, second.body)
    assert.equal(first.event_id, second.event_id)
    assert.same(first.headers, second.headers)
  end)

  it("are handed out once, and told the end of once", function()
    d:add(CAPTURED, {}, NOON)
    local attempt = d:take(NOON)
    assert.is_nil(d:take(NOON))
    assert.is_true(d:attempted(attempt.id, 204, nil, NOON))
    assert.is_false(d:attempted(attempt.id, 204, nil, NOON))
    assert.is_false(d:attempted(99, 204, nil, NOON))
  end)

  it("come in the order of their times, then of the events", function()
    d:add("first", {}, NOON)
    d:add("second", {}, NOON)
    assert.same({ "first", "second" }, drain(d, NOON, 500))
    d:add("third", {}, NOON + 5000)
    assert.equal(NOON + 5000, d:next())
    assert.same({ "third", "first", "second" }, drain(d, NOON + 20000))
  end)

  it("that nobody can reach leave the delivery due", function()
    d:add(CAPTURED, {}, NOON)
    assert.is_nil(d:take(NOON, function(url) return url ~= "https://a.example/" end))
    assert.equal("due", d:list()[1].state)
    assert.equal(0, #d:list()[1].attempts)
  end)
end)

describe("an event that is delivered again", function()
  it("goes to each of its webhooks once more, with all the retries", function()
    local d = to { hook "a", hook "b" }
    d:add("other", {}, NOON)
    d:add(CAPTURED, {}, NOON)
    drain(d, NOON)
    assert.equal(2, d:again(d:list()[3].event_id, NOON + 1000))
    assert.same({ CAPTURED, CAPTURED }, drain(d, NOON + 1000, 500))
    local entry = d:list()[3]
    assert.equal(2, #entry.attempts)
    assert.equal("waiting", entry.state)
    assert.equal(NOON + 11000, entry.next_ms)
  end)

  it("is due again although it was dropped, and at once although it waited", function()
    local d = to { hook "a" }
    d:add(CAPTURED, {}, NOON)
    drain(d, NOON, 500)
    assert.equal(1, d:again(d:list()[1].event_id, NOON + 1))
    assert.same({ CAPTURED }, drain(d, NOON + 1))
    assert.same({}, drain(d, NOON + 1e9)) -- the retry that was planned no longer counts
  end)

  it("must exist and not be under way", function()
    local d = to { hook "a" }
    local count, message = d:again("nobody", NOON)
    assert.is_nil(count)
    assert.equal("there is no event nobody", message)
    d:add(CAPTURED, {}, NOON)
    d:take(NOON)
    count, message = d:again(d:list()[1].event_id, NOON)
    assert.is_nil(count)
    assert.equal("the event is being delivered right now", message)
  end)
end)

describe("a fault", function()
  -- The faults of the first events, in order.
  local function with(...)
    local plans = { ... }
    return to({ hook "a" }, function() return table.remove(plans, 1) end)
  end

  it("duplicate delivers the same bytes twice", function()
    local d = with "duplicate"
    d:add(CAPTURED, {}, NOON)
    local list = d:list()
    assert.equal(2, #list)
    assert.equal(list[1].body, list[2].body)
    assert.equal("duplicate", list[2].fault)
    assert.is_nil(list[1].fault)
    assert.same({ CAPTURED, CAPTURED }, drain(d, NOON))
  end)

  it("lose delivers nothing and says so", function()
    local d = with "lose"
    d:add(CAPTURED, {}, NOON)
    d:add("next", {}, NOON)
    assert.same({ "next" }, drain(d, NOON))
    assert.equal("dropped", d:list()[1].state)
    assert.equal("lose", d:list()[1].fault)
    assert.same({}, drain(d, NOON + 1e9))
  end)

  it("reorder lets the next event pass", function()
    local d = with "reorder"
    d:add("first", {}, NOON)
    assert.same({}, drain(d, NOON))
    d:add("second", {}, NOON + 10)
    assert.same({ "second", "first" }, drain(d, NOON + 10))
    assert.same({ "first", "second" }, types(d:list()))
    assert.same({}, drain(d, NOON + 1e9))
  end)

  it("reorder of several keeps their own order", function()
    local d = with("reorder", "reorder")
    for _, name in ipairs { "first", "second", "third" } do d:add(name, {}, NOON) end
    assert.same({ "third", "first", "second" }, drain(d, NOON))
  end)

  it("reorder holds an event back for a minute at most", function()
    local d = with "reorder"
    d:add("first", {}, NOON)
    assert.same({}, drain(d, NOON + 59999))
    assert.same({ "first" }, drain(d, NOON + 60000))
    d:add("second", {}, NOON + 60001)
    assert.same({ "second" }, drain(d, NOON + 60001))
  end)
end)
