-- Promises of kassa.resolve.search: what was done is found, what was not done is said only once the
-- search cannot be late any more, and nothing is taken for what it is not. The gateway is
-- spec/support/lossy.lua.
local lossy = require "support.lossy"
local json = require "kassa.json"
local script = require "support.script"
local search = require "kassa.resolve.search"

local HOUR_MS = 3600 * 1000
local GRACE_MS = 25 * 60 * 1000 -- five tries, five minutes apart, says the guide to the search

-- A capture of so many cents, of which nobody knows what became. -> err, gateway
local function lost(fault, code, cents, options)
  local gateway = lossy.new { fault }
  local made, err = gateway.client.authorizations:capture("1", lossy.body(cents or 500, code),
    options)
  assert.is_nil(made)
  assert.equal("unknown", err.happened)
  return err, gateway
end

local function targets(engine, from)
  local list = {}
  for i = from, #engine.sent do list[#list + 1] = engine.sent[i].target end
  return list
end

describe("a request that acted, unheard", function()
  it("is found by its code and read by its id", function()
    local err, gateway = lost("unheard")
    local capture = assert(err:resolve())
    assert.same({ "721", "SETTLED" }, { capture.id, capture.status })
    assert.equal("kassa.capture 721 (SETTLED)", tostring(capture))
    assert.equal("5.00", capture.orderInformation.amountDetails.totalAmount)
    assert.same({ "/tss/v2/searches", "/pts/v2/refresh-payment-status/721" },
      targets(gateway.engine, 2))
    assert.same({ "yes", "never" }, { err.happened, err.retry })
  end)

  it("is found whatever moves money", function()
    local order = { amountDetails = { currency = "USD", totalAmount = 500, taxAmount = 0 },
      billTo = { country = "US", postalCode = "1", administrativeArea = "OH" } }
    for kind, call in pairs {
      authorization = function(client) return client.authorizations:create {
        orderInformation = order, processorInformation = { preApprovalToken = "t" } } end,
      reversal = function(client) return client.authorizations:reverse "1" end,
      refund = function(client) return client.captures:refund("1", lossy.body(500)) end,
    } do
      for _, fault in ipairs { "unheard", "lost" } do
        local gateway = lossy.new { fault }
        local _, err = call(gateway.client)
        gateway.engine.clock = gateway.engine.clock + GRACE_MS
        local found = err:resolve()
        if fault == "lost" then assert.is_false(found) end
        if fault == "unheard" then assert.matches("^kassa." .. kind .. " 721", tostring(found)) end
      end
    end
  end)

  it("is found after a 502 and a cut answer too", function()
    for _, fault in ipairs { script.json(502, '{"status":"SERVER_ERROR"}'),
        { code = "protocol", message = "the body ended", wire = "sent" } } do
      local gateway = lossy.new { fault }
      local body = lossy.body(500, "order-1")
      local _, err = gateway.client.authorizations:capture("1", body)
      gateway:act("captures", json.decode(gateway.engine.sent[1].body))
      assert.equal("721", assert(err:resolve()).id)
    end
  end)

  it("counts once in the books of its object", function()
    local gateway = lossy.new { false, "unheard" }
    local authorization = assert(gateway.client.authorizations:create {
      orderInformation = { amountDetails = { currency = "USD", totalAmount = 1000, taxAmount = 0 },
        billTo = { country = "US", postalCode = "1", administrativeArea = "OH" } },
      processorInformation = { preApprovalToken = "t" } })
    local body = lossy.body(600)
    local _, err = authorization:capture(body)
    body.orderInformation.amountDetails.totalAmount = 100 -- no more than a table of the caller's
    assert(err:resolve())
    assert(err:resolve())
    assert.is_true((authorization:can("capture", lossy.body(400))))
    local can, why = authorization:can("capture", lossy.body(401))
    assert.is_false(can)
    assert.matches("at most 4.00 USD", why)
  end)

  it("is an object still when it is pending, and no success", function()
    local gateway = lossy.new { "unheard" }
    gateway.status = "PENDING"
    local _, err = gateway.client.authorizations:capture("1", lossy.body(500))
    local capture = assert(err:resolve())
    assert.equal("PENDING", capture.status)
    gateway.done[1].status = "SETTLED"
    assert.equal("SETTLED", assert(capture:wait()).status)
  end)

  it("did not happen when it was refused", function()
    local gateway = lossy.new { "unheard" }
    gateway.status = "FAILED"
    local _, err = gateway.client.authorizations:capture("1", lossy.body(500))
    local found, why = err:resolve()
    assert.is_false(found)
    assert.matches("721 was refused: it is FAILED", why)
    assert.same({ "no", "new_key" }, { err.happened, err.retry })
  end)

  it("stays unknown when its status cannot be read or is none that kassa knows", function()
    local err, gateway = lost("unheard")
    gateway.faults = { false, script.json(401, "{}") }
    local found, still = err:resolve()
    assert.is_nil(found)
    assert.equal("unknown", still.happened)
    assert.matches("721 was found, but not its status", still.message)
    gateway.done[1].status = "HALFWAY"
    found, still = err:resolve()
    assert.is_nil(found)
    assert.equal("unknown", still.happened)
    assert.matches("721 was found, but HALFWAY is no status", still.message)
  end)
end)

describe("a request that never came", function()
  it("stays unknown while the search may lag behind, then did not happen", function()
    local err, gateway = lost("lost", "order-1")
    local found, still = err:resolve()
    assert.is_nil(found)
    assert.same({ "unknown", "timeout", "authorization.capture" },
      { still.happened, still.code, still.operation })
    assert.matches("no capture with the code order%-1 that could be it was found", still.message)
    assert.equal(1500, still.retry_after_s)
    gateway.engine.clock = gateway.engine.clock + GRACE_MS - 10000
    assert.is_nil((still:resolve()))
    gateway.engine.clock = gateway.engine.clock + 10000
    local no, why = still:resolve()
    assert.is_false(no)
    assert.matches("was found 25 minutes", why)
    assert.same({ "no", "same_key" }, { still.happened, still.retry })
    assert.is_false((err:resolve()))
    assert.equal("no", err.happened)
  end)

  it("is asked about until it is known, by the caller's deadline", function()
    local gateway = lossy.new { "unheard" }
    gateway.lag_ms = 120000
    local _, err = gateway.client.authorizations:capture("1", lossy.body(500))
    assert.is_nil((err:resolve { deadline_s = 30 }))
    local before = gateway.searches
    assert.equal("721", assert(err:resolve { deadline_s = 600 }).id)
    assert.is_true(before >= 2 and gateway.searches <= before + 6)
    local never = lost "lost"
    assert.is_false((never:resolve { deadline_s = 3600 }))
  end)

  it("stays unknown when the search fails", function()
    local err, gateway = lost("lost")
    gateway.faults = { script.json(401, '{"response":{"rmsg":"Authentication Failed"}}') }
    gateway.engine.clock = gateway.engine.clock + GRACE_MS
    local found, still = err:resolve()
    assert.is_nil(found)
    assert.equal("unknown", still.happened)
    assert.matches("the search failed", still.message)
    assert.is_false((err:resolve()))
  end)
end)

describe("a code that others share", function()
  -- Another request under the code, a second away. -> gateway
  local function with_other(kind, cents, fault, away_ms, told)
    local gateway = lossy.new { fault }
    gateway.tells_names = told
    gateway:act(kind, { clientReferenceInformation = { code = "order-1", transactionId = "x" },
      orderInformation = { amountDetails = { currency = "USD",
        totalAmount = ("%.2f"):format(cents / 100) } } })
    gateway.engine.clock = gateway.engine.clock + (away_ms or 1000)
    local _, err = gateway.client.authorizations:capture("1", lossy.body(500, "order-1"))
    return err, gateway
  end

  it("finds nothing of another kind, another amount or another time", function()
    for _, other in ipairs { { "refunds", 500 }, { "captures", 501 },
        { "captures", 500, 400000 } } do
      local err, gateway = with_other(other[1], other[2], "lost", other[3])
      gateway.engine.clock = gateway.engine.clock + GRACE_MS
      assert.is_false((err:resolve()))
      err, gateway = with_other(other[1], other[2], "unheard", other[3])
      assert.equal("722", assert(err:resolve()).id)
      assert.equal(2, #gateway.done)
    end
  end)

  it("takes neither of two that may be meant", function()
    local err, gateway = with_other("captures", 500, "unheard")
    gateway.engine.clock = gateway.engine.clock + GRACE_MS
    local found, still = err:resolve()
    assert.is_nil(found)
    assert.equal("unknown", still.happened)
    assert.matches("722, 721", still.message)
  end)

  it("takes the one that bears its name, where names are told", function()
    local err = with_other("captures", 500, "unheard", 1000, true)
    assert.equal("722", assert(err:resolve()).id)
    local gateway
    err, gateway = with_other("captures", 500, "lost", 1000, true)
    gateway.engine.clock = gateway.engine.clock + GRACE_MS
    assert.is_false((err:resolve()))
  end)

  it("does not take what the client made by another call", function()
    local gateway = lossy.new { false, "lost", "unheard" }
    local body = lossy.body(500, "order-1")
    assert(gateway.client.authorizations:capture("1", body))
    local _, second = gateway.client.authorizations:capture("1", body)
    local _, third = gateway.client.authorizations:capture("1", body)
    for _, err in ipairs { second, third } do -- nobody can tell which of the two it was
      local found, still = err:resolve()
      assert.is_nil(found)
      assert.equal("unknown", err.happened)
      assert.matches("722 may be what another open attempt of this client came to", still.message)
    end
    local last = lossy.new { false, "lost" }
    assert(last.client.authorizations:capture("1", body))
    local _, fourth = last.client.authorizations:capture("1", body)
    last.engine.clock = last.engine.clock + GRACE_MS
    assert.is_false((fourth:resolve()))
  end)

  it("may hide what an earlier run of a named intent came to", function()
    for _, options in ipairs { { intent = "parcel-1" }, { idempotency_key = "parcel-1" } } do
      local gateway = lossy.new { "unheard" }
      local body = lossy.body(500, "order-1")
      gateway.client.authorizations:capture("1", body, options)
      local later = lossy.new { "lost" } -- the answer to the second run is lost, whatever it was
      later.done, later.engine.clock = gateway.done, gateway.engine.clock + HOUR_MS
      local _, err = later.client.authorizations:capture("1", body, options)
      later.engine.clock = later.engine.clock + HOUR_MS
      local found, still = err:resolve()
      assert.is_nil(found)
      assert.matches("721 .* earlier run of this intent", still.message)
      later.tells_names = true
      assert.equal("721", assert(err:resolve()).id)
    end
  end)

  it("is looked for in a later run too, by the body that was sent", function()
    local gateway = lossy.new { "unheard", "unheard" }
    local body = lossy.body(500, "order-1")
    gateway.client.authorizations:capture("1", body)
    gateway.client.authorizations:capture("1", body)
    local later = lossy.new()
    later.done, later.engine.clock = gateway.done, gateway.engine.clock
    local inside = require "kassa.client".of(later.client)
    local function sent(known)
      return { client = inside, plan = inside.classes.authorization.meta.plans.capture,
        body = json.decode(gateway.engine.sent[1].body), sent_ms = later.engine:time() - 2000,
        ended_ms = later.engine:time(), known = known }
    end
    assert.is_nil((search.find(sent())))
    assert.equal("721", search.find(sent { ["722"] = true }).id)
    gateway.done[1], gateway.done[2] = nil, nil
    assert.is_nil((search.find(sent())))
    local old = sent()
    old.ended_ms = old.ended_ms - GRACE_MS
    assert.is_false((search.find(old)))
  end)

  it("may hold any character", function()
    local err, gateway = lost("unheard", "order 1: 5/7")
    assert.equal("721", assert(err:resolve()).id)
    assert.equal('clientReferenceInformation.code:"order 1: 5/7"',
      json.decode(gateway.engine.sent[2].body).query)
  end)
end)

describe("the code that is sent", function()
  it("is the attempt's own name where the caller gives none", function()
    local _, gateway = lost("lost")
    local sent = json.decode(gateway.engine.sent[1].body).clientReferenceInformation
    assert.equal(30, #sent.code)
    assert.equal(sent.transactionId, sent.code)
  end)
end)

-- The answer to a search that finds one capture of 5.00 USD, with what is given besides.
local function found(more)
  local row = { id = "999", submitTimeUtc = "2023-11-14T22:13:20Z",
    clientReferenceInformation = { code = "order-1" },
    applicationInformation = { rCode = "1", applications = { { name = "ics_ap_capture" } } },
    orderInformation = { amountDetails = { totalAmount = "5.00", currency = "USD" } } }
  for name, value in pairs(more) do row[name] = value end
  return script.json(201, json.encode { totalCount = 1,
    _embedded = { transactionSummaries = { row } } })
end

-- What becomes of a lost capture under the code order-1 when a search finds such a row.
local function resolved_by(row)
  local gateway = lossy.new { "lost", found(row),
    script.json(201, '{"id":"999","status":"SETTLED"}') }
  local _, err = gateway.client.authorizations:capture("1", lossy.body(500, "order-1"))
  return (err:resolve())
end

describe("what a search may find by mistake", function()
  it("is not taken: another merchant's of the organization, or another code's", function()
    assert.equal("999", resolved_by {}.id)
    assert.equal("999", resolved_by { merchantId = "SHOP" }.id)
    assert.is_nil(resolved_by { merchantId = "shop_2" })
    assert.is_nil(resolved_by { clientReferenceInformation = { code = "order-10" } })
    assert.equal("999", resolved_by { clientReferenceInformation = { code = " Order-1" } }.id)
  end)

  it("is no object that a check could be about", function()
    for _, id in ipairs { "", "..", ("7"):rep(2000), 7 } do
      assert.is_nil(resolved_by { id = id })
    end
  end)
end)

describe("no is not said", function()
  it("when the answer does not tell how many were found", function()
    for _, answer in ipairs { "{}", '{"_embedded":{"transactionSummaries":[]}}',
        '{"totalCount":"many"}' } do
      local gateway = lossy.new { "unheard", script.json(201, answer) }
      local _, err = gateway.client.authorizations:capture("1", lossy.body(500))
      gateway.engine.clock = gateway.engine.clock + GRACE_MS
      local result, still = err:resolve()
      assert.is_nil(result)
      assert.same({ "unknown", nil }, { still.happened, still.retry_after_s })
      assert.matches("there may be more", still.message)
    end
  end)

  it("because an attempt of another process was refused, while ours cannot be found yet", function()
    local gateway = lossy.new { "unheard" }
    gateway.status = "FAILED"
    local other = lossy.body "5.00"
    other.clientReferenceInformation = { code = "order-1", transactionId = "x" }
    gateway:act("captures", other)
    gateway.status = nil
    local _, err = gateway.client.authorizations:capture("1", lossy.body(500, "order-1"))
    local ours = table.remove(gateway.done, 1)
    local result, still = err:resolve()
    assert.is_nil(result)
    assert.equal("unknown", err.happened)
    assert.equal(1500, still.retry_after_s)
    assert.matches("721 was refused: it is FAILED, but it may be another's", still.message)
    table.insert(gateway.done, 1, ours)
    assert.equal("722", assert(err:resolve()).id)
  end)

  it("because an earlier run of the intent was refused, until ours would be found", function()
    local gateway = lossy.new { false, "lost" }
    local options, body = { intent = "parcel-1" }, lossy.body(500)
    gateway.status = "FAILED"
    local _, declined = gateway.client.authorizations:capture("1", body, options)
    assert.same({ "declined", "no" }, { declined.code, declined.happened })
    local _, err = gateway.client.authorizations:capture("1", body, options)
    assert.is_nil((err:resolve()))
    assert.equal("unknown", err.happened)
    gateway.engine.clock = gateway.engine.clock + GRACE_MS
    assert.is_false((err:resolve()))
  end)

  it("because the service of what was done has a name that kassa does not know", function()
    for _, options in ipairs { {}, { intent = "parcel-1" } } do
      local err, gateway = lost("unheard", nil, 500, options)
      gateway.done[1].service = "ics_apm_capture"
      gateway.engine.clock = gateway.engine.clock + GRACE_MS
      local result, still = err:resolve()
      if options.intent then
        assert.is_nil(result)
        assert.matches("721 .* names no service that kassa knows", still.message)
      else
        assert.equal("721", result.id)
      end
    end
  end)
end)
