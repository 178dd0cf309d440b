-- Promises of the one-shot guard, asked as a call asks it: once, in time, only when asked, and in
-- words that say what happened when. It makes no request; spec/dispute_spec.lua makes them.

local api = require "kassa.api.klarna"
local door = require "kassa.dispute.door"
local guard = require "kassa.guard"

local RESPOND = { api = api, row = { name = "payment_dispute.respond" },
  machine = guard.machines(api).payment_dispute }
local ACCEPT = { api = api, row = { name = "payment_dispute.accept_loss" } }

local ID = "krn:d:1"
local BODY = { details = { did_you_receive_the_return = "RETURN_NOT_RECEIVED" } }
local OTHER = { details = { did_you_receive_the_return = "YES_WILL_MAKE_CHANGES_TO_PURCHASE" } }

local DAY = 86400000
local NOON = 1704110400000 -- 2024-01-01T12:00:00Z

local READ_IT = ". Read the dispute again: if Klarna asks once more, that can be answered"

local function dispute(number, changes)
  local made = {
    payment_dispute_id = ID, state = "MERCHANT_EVIDENCE_PENDING",
    state_context = { evidence_request_type = "RETURN_NOT_REFUNDED",
      evidence_response_deadline_at = ("2024-01-%02dT12:00:00Z"):format(7 + number) },
    merchant_evidence = { { payment_dispute_merchant_evidence_id = "krn:e:" .. number,
      request = { state = "EVIDENCE_REQUESTED", created_at = "2024-01-01T10:00:00Z" } } },
  }
  for name, value in pairs(changes or {}) do made[name] = value or nil end
  return made
end

describe("the one-shot guard", function()
  local client, now_ms

  before_each(function()
    now_ms = NOON
    client = { settings = { account = "krn:acc" },
      engine = { time = function() return now_ms end } }
  end)

  -- A call as kassa.kit makes it: object or nil, and the id.
  local function refuse(object, body, state)
    return door.refuse(RESPOND, object, nil, body or BODY, client, not object and ID or nil, state)
  end

  local function key(object, body)
    return door.key(RESPOND, object, nil, body or BODY, client, ID)
  end

  local function settle(plan, object, err)
    door.settle(plan, object, nil, BODY, client, ID, not err and {} or nil, err)
  end

  local function read(object) door.seen(object, client) return object end

  -- A whole call. -> the key it went with, or nil and the refusal
  local function respond(object, body, err)
    local refused = refuse(object, body)
    if refused then return nil, refused end
    local used = key(object, body)
    settle(RESPOND, object, err)
    return used
  end

  it("lets a first answer pass, in time", function()
    assert.is_nil(refuse(dispute(1)))
    assert.is_nil(refuse(nil))
    now_ms = NOON + 7 * DAY
    assert.is_nil(refuse(dispute(1)))
  end)

  it("refuses a late one, and says by how much and by which clock", function()
    now_ms = NOON + 7 * DAY + 3 * 3600000 + 12 * 60000
    local refused = refuse(dispute(1))
    assert.equal("illegal_state", refused.code)
    assert.equal("the deadline of evidence request krn:e:1, 2024-01-08T12:00:00Z, passed "
      .. "3 hours 12 minutes ago (it is 2024-01-08T15:12:00.000Z by this machine's clock)"
      .. READ_IT,
      refused.message)
  end)

  it("asks the clock that the client was given", function()
    client.settings.clock = function() return NOON + 30 * DAY end
    assert.matches("by this machine's clock", refuse(dispute(1)).message)
    client.settings.clock = function() return NOON end
    now_ms = NOON + 30 * DAY
    assert.is_nil(refuse(dispute(1)))
  end)

  it("refuses an answer that nobody asked for, and tells what came before", function()
    local answered = dispute(1, { state = "ARBITRATION_PENDING", state_context = false })
    answered.merchant_evidence[1].response = { created_at = "2024-01-01T11:00:00Z" }
    assert.equal("Klarna asks for nothing: the dispute is ARBITRATION_PENDING, an answer needs "
      .. "MERCHANT_EVIDENCE_PENDING; evidence request krn:e:1 was answered at "
      .. "2024-01-01T11:00:00Z, 1 hour ago" .. READ_IT, refuse(answered).message)
    local expired = dispute(1, { state = "ARBITRATION_PENDING" })
    expired.merchant_evidence[1].request.state = "EVIDENCE_REQUEST_EXPIRED"
    assert.matches("evidence request krn:e:1 has expired%.", refuse(expired).message)
    for _, state in ipairs { "PRE_ARBITRATION", "CLOSED" } do
      assert.equal("illegal_state", refuse({ state = state }).code)
    end
  end)

  it("lets pass what it does not know", function()
    assert.is_nil(refuse({ state = "ARBITRATION_APPEAL_OPEN" }))
    assert.is_nil(refuse({}))
    local odd = dispute(1)
    odd.merchant_evidence[1].request.state = "EVIDENCE_ON_HOLIDAY"
    odd.state_context.evidence_response_deadline_at = "some day"
    assert.is_nil(refuse(odd))
    assert.is_nil(door.refuse(ACCEPT, { state = "CLOSED" }, nil, nil, client))
  end)

  it("refuses an answer to a request that is closed by itself", function()
    for state, words in pairs { EVIDENCE_REQUEST_EXPIRED = "has expired",
      EVIDENCE_WAIVED = "the loss was accepted", EVIDENCE_RECEIVED = "is EVIDENCE_RECEIVED" } do
      local closed = dispute(1)
      closed.merchant_evidence[1].request.state = state
      assert.is_truthy(refuse(closed).message:find(words, 1, true), state)
    end
  end)

  it("lets one answer pass, by object and by id, on every object of the dispute", function()
    local first, copy = read(dispute(1)), read(dispute(1))
    assert.is_truthy(respond(first))
    now_ms = NOON + 90000
    for _, object in ipairs { first, copy } do
      local used, refused = respond(object)
      assert.is_nil(used)
      assert.equal("evidence request krn:e:1 was answered 1 minute 30 seconds ago by this client; "
        .. "each request takes one answer" .. READ_IT, refused.message)
    end
    assert.equal("illegal_state", refuse(nil).code)
    assert.equal("illegal_state", refuse(nil, OTHER).code)
  end)

  it("remembers an answer by id, although it never saw the dispute", function()
    assert.is_truthy(respond(nil))
    assert.equal("illegal_state", refuse(nil).code)
  end)

  it("knows a deadline by id, when the dispute was read", function()
    read(dispute(1))
    now_ms = NOON + 8 * DAY
    assert.matches("2024%-01%-08T12:00:00Z, passed 1 day ago", refuse(nil).message)
  end)

  it("lets the next request be answered once it was read", function()
    local first = read(dispute(1))
    respond(first)
    local second = read(dispute(2))
    assert.is_truthy(refuse(first))
    assert.is_nil(refuse(second))
    assert.is_nil(refuse(nil))
    assert.is_truthy(respond(nil))
    assert.is_truthy(refuse(second))
    read(first) -- an old page of a list, read late
    assert.is_truthy(refuse(nil))
  end)

  it("tells requests without an id apart by their deadlines", function()
    local function partial(number) return read(dispute(number, { merchant_evidence = false })) end
    respond(partial(1))
    assert.is_truthy(refuse(partial(1)))
    assert.is_nil(refuse(partial(2)))
    local whole = read(dispute(3))
    respond(whole)
    assert.is_truthy(refuse(partial(3)))
  end)

  it("trusts a caller who knows of a newer state", function()
    local old = read(dispute(1, { state = "ARBITRATION_PENDING" }))
    old.merchant_evidence[1].request.state = "EVIDENCE_RECEIVED"
    assert.is_truthy(refuse(old))
    assert.is_nil(refuse(old, BODY, "MERCHANT_EVIDENCE_PENDING"))
    assert.is_truthy(refuse(dispute(1), BODY, "CLOSED"))
  end)

  it("keeps the door open for the same answer when nobody knows whether it arrived", function()
    local object = read(dispute(1))
    local lost = { happened = "unknown", status = 503 }
    local first = respond(object, BODY, lost)
    now_ms = NOON + 5000
    local same = { details = { did_you_receive_the_return = "RETURN_NOT_RECEIVED" } }
    assert.equal(first, respond(object, same, lost))
    assert.equal(first, respond(nil, same, lost))
    local refused = refuse(object, OTHER)
    assert.same({ "intent_mismatch", "never" }, { refused.code, refused.retry })
    assert.matches("another answer to evidence request krn:e:1 was sent", refused.message)
    assert.equal("intent_mismatch", refuse(nil, OTHER).code)
    read(object)
    assert.is_nil(refuse(object, OTHER))
    assert.is_truthy(respond(object))
    assert.equal("illegal_state", refuse(object).code)
  end)

  it("keeps the fresh key of an answer by id that is repeated", function()
    local first = key(nil)
    assert.equal(first, key(nil))
    assert.is_true(first ~= key(nil, OTHER))
    settle(RESPOND, nil, { happened = "unknown", idempotency_key = "the caller's own" })
    assert.equal("the caller's own", key(nil, OTHER))
  end)

  it("lets no other answer out while one is on its way", function()
    local object = read(dispute(1))
    key(object)
    assert.is_nil(refuse(object))
    assert.equal("intent_mismatch", refuse(object, OTHER).code)
  end)

  it("stays shut while one is on its way, whatever is read or refused meanwhile", function()
    local object = read(dispute(1))
    key(object)
    read(dispute(1)) -- written before the answer came
    assert.equal("intent_mismatch", refuse(object, OTHER).code)
    key(object) -- the same by another task, refused since the first has not ended
    local conflict = { happened = "no", status = 409, message = "m" }
    settle(RESPOND, object, conflict)
    assert.equal("unknown", conflict.happened)
    assert.equal("intent_mismatch", refuse(object, OTHER).code)
    settle(RESPOND, object, { happened = "unknown", status = 503 })
    assert.equal("intent_mismatch", refuse(object, OTHER).code)
    read(object)
    assert.is_nil(refuse(object, OTHER))
  end)

  it("does not stay shut for an answer whose task was given up", function()
    local object = read(dispute(1))
    key(object)
    now_ms = NOON + door.FLIGHT_MAX_MS
    read(object)
    assert.is_nil(refuse(object, OTHER))
  end)

  it("does not tell an answer by id from one on an object, while it is in doubt", function()
    local first = key(nil)
    local object = dispute(1)
    assert.equal("intent_mismatch", refuse(object, OTHER).code)
    assert.equal(first, key(object))
  end)

  it("knows a request that was answered before its id was known", function()
    local event = dispute(1, { merchant_evidence = false })
    assert.is_truthy(respond(event))
    assert.equal("illegal_state", refuse(read(dispute(1))).code)
    local next_one = read(dispute(2))
    next_one.state_context.evidence_response_deadline_at = "2024-01-08T12:00:01Z"
    assert.is_nil(refuse(next_one))
  end)

  it("does not take a conflict after a lost answer for a proof that it was lost", function()
    local lost = { happened = "unknown", status = 503 }
    respond(nil, BODY, lost)
    local conflict = { happened = "no", retry = "new_key", status = 409, message = "m" }
    respond(nil, BODY, conflict)
    assert.same({ "unknown", "never", "m (an earlier answer may have arrived: read the dispute)" },
      { conflict.happened, conflict.retry, conflict.message })
    assert.equal("intent_mismatch", refuse(nil, OTHER).code)
  end)

  it("opens after a refusal, with another key, since Klarna may repeat a refusal", function()
    local object = read(dispute(1))
    local first = respond(object, BODY, { happened = "no", status = 400 })
    assert.is_nil(refuse(object, OTHER))
    local second = respond(object, BODY, { happened = "no", status = 429 })
    assert.is_true(first ~= second)
    local third = respond(object, BODY, { happened = "no" }) -- no connection: nobody saw the key
    assert.equal(second, third)
    assert.equal(third, respond(object, BODY))
  end)

  it("makes one key of one answer to one request, in every process", function()
    local here = respond(dispute(1))
    client.dispute_memory = nil
    assert.equal(here, respond(dispute(1)))
    client.dispute_memory = nil
    assert.is_true(here ~= respond(dispute(1), OTHER))
    client.dispute_memory = nil
    assert.is_true(here ~= respond(dispute(2)))
    client.dispute_memory, client.settings.account = nil, "krn:other"
    assert.is_true(here ~= respond(dispute(1)))
    assert.matches("^%x+%-%x+%-5%x+%-%x+%-%x+$", here)
  end)

  it("refuses an answer after the loss was accepted, until Klarna asks again", function()
    settle(ACCEPT, nil, { happened = "no" })
    assert.is_nil(refuse(nil))
    settle(ACCEPT, nil)
    now_ms = NOON + 60000
    assert.equal("the loss was accepted 1 minute ago by this client" .. READ_IT,
      refuse(dispute(1)).message)
    read(dispute(1))
    assert.is_nil(refuse(nil))
  end)

  it("survives whatever a server calls a dispute", function()
    for _, odd in ipairs { 5, "krn:d:1", true, {}, { payment_dispute_id = {} },
      { payment_dispute_id = ID, state = 5, merchant_evidence = 5, state_context = "?" },
      { payment_dispute_id = ID, state = "MERCHANT_EVIDENCE_PENDING", merchant_evidence = { 5 } },
    } do
      assert.has_no.errors(function() read(odd) end)
    end
    assert.is_nil(refuse(nil))
  end)

  it("does not judge a body that cannot be written", function()
    local cycle = {}
    cycle.cycle = cycle
    assert.is_nil(refuse(dispute(1), cycle))
    assert.is_truthy(key(dispute(1), cycle))
    assert.is_nil(refuse(dispute(1), { print }))
  end)

  it("forgets the oldest of very many disputes", function()
    for i = 1, door.DISPUTES_MAX + 1 do
      door.settle(ACCEPT, nil, nil, nil, client, "krn:d:many:" .. i, {})
    end
    local count = 0
    for _ in pairs(client.dispute_memory.by_id) do count = count + 1 end
    assert.equal(door.DISPUTES_MAX, count)
    assert.is_nil(door.refuse(RESPOND, nil, nil, BODY, client, "krn:d:many:1"))
    assert.is_truthy(door.refuse(RESPOND, nil, nil, BODY, client, "krn:d:many:2"))
  end)
end)
