-- Promises of pacing, judged by the sandbox's own list of requests: a batch waits its turn, nobody
-- overruns a limit that is known, and whoever cannot wait is told so, with nothing sent.

local access = require "kassa.api.klarna.access"
local client = require "kassa.client"
local core = require "kassa.core"
local dict_of = require "support.dict"
local heavy = require "support.heavy"
local kassa_runtime = require "kassa.runtime"
local limiter = require "support.limiter"
local sandbox = require "kassa.sandbox"
local script = require "support.script"

local ORDER = { currency = "USD", payment_amount = 1000 }
local BUCKET = "payment-request-management"

-- A client of this sandbox, of a host of its own unless one is given.
local function client_of(box, options, host)
  local all = box:options()
  for name, value in pairs(options or {}) do all[name] = value end
  host = host or kassa_runtime.new()
  return client.new(host, access, all), host
end

-- How often each status was answered, and how many 429 came after the first answer.
local function statuses(box)
  local count, requests = {}, box:requests()
  for _, request in ipairs(requests) do
    count[request.status] = (count[request.status] or 0) + 1
  end
  return count, #requests
end

-- Create so many payment requests at once. -> errors
local function batch(host, clients, count, options)
  local calls, errors = {}, {}
  for i = 1, count do
    calls[i] = function()
      local klarna = clients[i % #clients + 1]
      local made, err = klarna.payment_requests:create(ORDER, options)
      if not made then errors[#errors + 1] = err end
    end
  end
  host.tasks:all(calls)
  return errors
end

describe("a batch of 2,000 calls against 40 a second", function()
  for _, case in ipairs(heavy.here and { { 0, 0 }, { 613, 100 } } or { { 137, 0 } }) do
    it(("is refused nothing and takes its time (window %d ms off, %d ms a call)"):format(
      case[1], case[2]), function()
      local box = sandbox.world { rate = 40, start_ms = 1704110400000 + case[1] }
      if case[2] > 0 then
        box:fault { operation = "payment_request.create", kind = "delay", ms = case[2] }
      end
      local klarna, host = client_of(box)
      local began = box:now()
      local errors = batch(host, { klarna }, 2000)
      local count, all = statuses(box)
      assert.equal(0, #errors, tostring(errors[1]))
      assert.same({ [201] = 2000 }, count)
      assert.truthy(all <= 1.02 * 2000)
      local took = box:now() - began
      assert.truthy(took >= 0.97 * 50000 and took <= 1.1 * 50000, "it took " .. took)
    end)
  end

  it("learns a smaller limit from the first calls, and refuses none of the later", function()
    local box = sandbox.world { rate = 5, start_ms = 1704110400000 + 333 }
    local klarna, host = client_of(box, { deadline_s = 1000 })
    assert.equal(0, #batch(host, { klarna }, 200))
    local count, all = statuses(box)
    assert.equal(200, count[201])
    assert.truthy(all - 200 <= 27, all) -- 32 were under way before the first answer
    local requests = box:requests()
    for i = 33, all do assert(requests[i].status == 201, "request " .. i) end
  end)
end)

describe("over a socket, on the real clock", function()
  it("150 calls against 50 a second take their turn", function()
    local box = assert(sandbox.start { clock = "real", rate = 50 })
    finally(function() box:stop() end)
    local klarna, host = client_of(box)
    local clock = core.engine.new {}
    local began = clock:now()
    assert.equal(0, #batch(host, { klarna }, 150))
    local count, all = statuses(box)
    assert.equal(150, count[201])
    assert.equal(150, all, "refused: " .. tostring(count[429]))
    assert.truthy(clock:now() - began >= 1990)
  end)
end)

describe("who shares a limit", function()
  it("two clients of one account do", function()
    local box = sandbox.world { rate = 10 }
    local one, host = client_of(box)
    local other = client_of(box, { timeout_s = 7 }, host)
    assert.equal(0, #batch(host, { one, other }, 100))
    local count = statuses(box)
    assert.equal(100, count[201])
    assert.truthy((count[429] or 0) <= 22, count[429]) -- of those that taught the limit
    local klarna, before = client_of(box, nil, host), box:now()
    assert.equal(0, #batch(host, { one, klarna }, 40))
    assert.equal(count[429], (statuses(box))[429])
    assert.truthy(box:now() - before >= 3000)
  end)

  it("two accounts and two hosts do not", function()
    local engine, host, names = script.new {}, kassa_runtime.new(), {}
    for _, options in ipairs {
      { api_key = "klarna_test_api_a" }, { api_key = "klarna_test_api_b" },
      { api_key = "klarna_test_api_a", account = "krn:partner:global:account:test:A" },
      { api_key = "klarna_test_api_a", account = "krn:partner:global:account:test:B" },
      { api_key = "klarna_test_api_a", base_url = "https://other.example" },
      { api_key = function() return "klarna_test_api_a" end },
      { api_key = function() return "klarna_test_api_b" end },
    } do
      options.transport = engine
      local klarna = client.new(host, access, options)
      engine.script[1] = script.json(201, '{"payment_request_id":"krn:r:1"}')
      assert(klarna.payment_requests:create(ORDER))
      local pace = client.of(klarna).pace
      local gate = assert(pace.gates[BUCKET])
      assert.is_nil(names[gate])
      names[gate] = true
      assert.is_nil(pace.identity:find "klarna")
    end
  end)

  it("two categories do not", function()
    local box = sandbox.world { rate = { [BUCKET] = 1 } }
    local klarna = client_of(box)
    assert(klarna.payment_requests:create(ORDER))
    local began = box:now()
    assert(klarna.disputes:list())
    assert.equal(began, box:now())
  end)

  it("two workers with one dictionary do", function()
    local box = sandbox.world { rate = 10, start_ms = 1704110400000 + 450 }
    local pace = { dict = dict_of.new(function() return box:now() / 1000 end) }
    local one, host = client_of(box, { pace = pace })
    local other, second = client_of(box, { pace = pace })
    assert.is_not.equal(host, second)
    assert(one.payment_requests:create(ORDER)) -- one has learnt it, and tells
    local calls, errors = {}, 0
    for i = 1, 60 do
      local klarna = i % 2 == 0 and one or other
      calls[i] = function()
        if not klarna.payment_requests:create(ORDER) then errors = errors + 1 end
      end
    end
    -- One loop drives both, as one machine would; their books are apart.
    local inside = client.of(other)
    inside.runtime, inside.driver = client.of(one).runtime, client.of(one).driver
    host.tasks:all(calls)
    assert.equal(0, errors)
    assert.same({ [201] = 61 }, (statuses(box)))
    local text = require "kassa.json".encode(pace.dict.values)
    assert.is_nil(text:find("klarna_test_api", 1, true))
  end)

  it("nobody does who says pace = false", function()
    local box = sandbox.world { rate = 10 }
    local klarna = client_of(box, { pace = false, retries = 0 })
    for _ = 1, 10 do assert(klarna.payment_requests:create(ORDER)) end
    local _, err = klarna.payment_requests:create(ORDER)
    assert.equal(429, err.status)
  end)
end)

describe("light traffic", function()
  -- Some calls now and then, some at once, a burst: what a shop does all day.
  local function day(seed)
    local box = sandbox.world { rate = 40, start_ms = 1704110400000 + 97 * seed }
    local klarna, host = client_of(box, { retries = 0 })
    local chance, seen, wrong = limiter.chance(seed), { light = 0, counted = 0 }, nil
    local driver = host:driver(nil, box:options().transport)
    box:fault { operation = "payment_request.create", kind = "delay", ms = chance(1, 120) }
    local function one()
      local made, err = klarna.payment_requests:create(ORDER)
      wrong = wrong or not made and err or nil
    end
    one() -- from here on the limit is known
    host.tasks:run(function()
      for _ = 1, 80 do
        local size = ({ 1, 1, 2, 5, 9, 15, 70 })[chance(1, 7)]
        for _ = 1, size do host.tasks:go(one) end
        driver:sleep(chance(1, 2500), host.runtime)
        local gate = client.of(klarna).pace.gates[BUCKET]
        local how = gate.light and "light" or "counted"
        seen[how] = seen[how] + 1
      end
    end)
    return wrong, (statuses(box))[429], seen
  end

  it("is not counted one by one, and a burst after it is refused nothing all the same", function()
    for seed = 1, heavy.here and 3 or 1 do
      local wrong, refused, seen = day(seed)
      assert.is_nil(wrong)
      assert.is_nil(refused)
      assert.truthy(seen.light > 10 and seen.counted > 10, seen.light .. " " .. seen.counted)
    end
  end)
end)

describe("a call that waits", function()
  local function full(options)
    local box = sandbox.world { rate = 2, start_ms = 1704110400000 + 500 }
    local klarna, host = client_of(box, options)
    for _ = 1, 2 do assert(klarna.payment_requests:create(ORDER)) end
    return klarna, box, host
  end

  it("goes on by the engine's own clock, and says for how long it waited", function()
    local entries = {}
    local klarna, box = full { log = function(entry) entries[#entries + 1] = entry end }
    local began = box:now()
    local made = assert(klarna.payment_requests:create(ORDER))
    assert.equal(1000, box:now() - began)
    assert.equal(1000, require "kassa.object".raw(made).timings.paced_ms)
    assert.is_nil(entries[1].paced_ms)
    assert.equal(1000, entries[3].paced_ms)
    assert.matches(" paced_ms=1000 ", require "kassa.log".line(entries[3]))
  end)

  it("is not sent when there is no room before its deadline, and is told so at once", function()
    local entries = {}
    local klarna, box = full { log = function(entry) entries[#entries + 1] = entry end }
    local began = box:now()
    local made, err = klarna.payment_requests:create(ORDER, { deadline_s = 0.4 })
    assert.is_nil(made)
    assert.equal("rate_limited", err.code)
    assert.equal("no", err.happened)
    assert.equal("same_key", err.retry)
    assert.equal(0, err.attempts)
    assert.equal(1, err.retry_after_s)
    assert.matches("payment%-request%-management %(2 in 1 s%)", err.message)
    assert.matches("lasts 1%.0 s more", err.message)
    assert.equal(began, box:now())
    assert.equal(2, #box:requests())
    assert.equal("rate_limited", entries[3].code)
  end)

  it("behind others, too, ends at its deadline", function()
    local klarna, box, host = full()
    local began, late = box:now(), nil
    local calls = {}
    for i = 1, 6 do
      calls[i] = function()
        local options = i == 6 and { deadline_s = 2.5 } or nil
        local made, err = klarna.payment_requests:create(ORDER, options)
        if i == 6 then late = { err and err.code, made, box:now() - began } else assert(made) end
      end
    end
    host.tasks:all(calls)
    assert.same({ "rate_limited", nil, 2500 }, late)
    assert.equal(2 + 5, #box:requests())
  end)

  it("is ended by close(), with nothing sent", function()
    local klarna, box, host = full()
    local errors = {}
    host.tasks:run(function()
      for i = 1, 3 do
        host.tasks:go(function() errors[i] = select(2, klarna.payment_requests:create(ORDER)) end)
      end
      host:driver(nil, box:options().transport):sleep(100, host.runtime)
      klarna.close()
    end)
    for i = 1, 3 do
      assert.equal("canceled", errors[i].code)
      assert.equal("no", errors[i].happened)
    end
    assert.equal(2, #box:requests())
  end)

  it("is served in the order of coming", function()
    local klarna, _, host = full()
    local calls, order = {}, {}
    for i = 1, 9 do
      calls[i] = function()
        assert(klarna.payment_requests:create(ORDER))
        order[#order + 1] = i
      end
    end
    host.tasks:all(calls)
    assert.same({ 1, 2, 3, 4, 5, 6, 7, 8, 9 }, order)
  end)

  it("holds up nobody when its coroutine is never resumed", function()
    local klarna, box, host = full()
    local parked = coroutine.create(function() klarna.payment_requests:create(ORDER) end)
    local inside = client.of(klarna)
    local own = inside.runtime
    inside.runtime = { wait = function() return coroutine.yield() end }
    assert(coroutine.resume(parked)) -- it waits, and is forgotten
    inside.runtime = own
    local began = box:now()
    local calls = {}
    for i = 1, 4 do
      calls[i] = function() assert(klarna.payment_requests:create(ORDER)) end
    end
    host.tasks:all(calls)
    assert.truthy(box:now() - began <= 4000, box:now() - began)
  end)

  it("that blocks waits behind no task, since none can run meanwhile", function()
    local klarna, box, host = full()
    host.tasks:run(function()
      for _ = 1, 3 do
        host.tasks:go(function() assert(klarna.payment_requests:create(ORDER)) end)
      end
      host.tasks:go(function()
        local began = box:now()
        coroutine.wrap(function() assert(klarna.payment_requests:create(ORDER)) end)()
        assert.truthy(box:now() - began <= 4000)
      end)
    end)
    assert.equal(2 + 4, (statuses(box))[201])
  end)
end)

describe("a refusal that comes all the same", function()
  local REQUEST = '{"payment_request_id":"krn:r:1","state":"SUBMITTED"}'
  local function told(remaining)
    return { ["X-Ratelimit-Limit"] = '40, 40;w=1;name="a",100;w=1;name="b"',
      ["X-Ratelimit-Remaining"] = remaining, ["X-Ratelimit-Reset"] = "1" }
  end

  local function shop(answers)
    local engine = script.new(answers)
    local klarna = client.new(kassa_runtime.new(), access,
      { api_key = "klarna_test_api_k", transport = engine })
    return klarna, engine
  end

  it("is repeated when the limit is over, not later, and takes nothing from the retries", function()
    local klarna, engine = shop {
      script.json(429, "", told "0"), script.json(201, REQUEST, told "39"),
    }
    local inside = client.of(klarna)
    local tokens = inside.budget.tokens
    assert(klarna.payment_requests:create(ORDER))
    assert.equal(1001, engine.sent[2].at)
    assert.equal(tokens, inside.budget.tokens)
  end)

  it("holds back the others, too", function()
    local klarna, engine = shop {
      script.json(429, "", told "0"), script.json(201, REQUEST, told "39"),
    }
    klarna.payment_requests:create(ORDER, { retries = 0 })
    assert(klarna.payment_requests:create(ORDER))
    assert.equal(1001, engine.sent[2].at)
  end)

  it("of the last place for this process leaves it to others: what remains is theirs", function()
    local klarna, engine = shop { script.json(201, REQUEST, told "1"),
      script.json(201, REQUEST, told "0"), script.json(201, REQUEST, told "39") }
    for _ = 1, 3 do assert(klarna.payment_requests:create(ORDER)) end
    assert.equal(1, engine.sent[2].at)
    assert.equal(1002, engine.sent[3].at)
  end)
end)

describe("a server that tells of no limit", function()
  it("is asked by everybody at once", function()
    local answers = {}
    for i = 1, 200 do
      answers[i] = script.json(201, '{"payment_request_id":"krn:r:1","state":"SUBMITTED"}')
      answers[i].after_ms = 50
    end
    local engine, host = script.new(answers), kassa_runtime.new()
    local klarna = client.new(host, access, { api_key = "klarna_test_api_k", transport = engine })
    assert.equal(0, #batch(host, { klarna }, 200))
    assert.equal(100, engine:now()) -- the first of them, then all others
    assert.is_true(client.of(klarna).pace.gates[BUCKET].open)
  end)
end)

describe("the option pace", function()
  it("takes false and a dictionary, and says what is wrong with anything else", function()
    for _, value in ipairs { { dict = "shop" }, { dict = {} }, {}, 7, { dict = {}, more = 1 } } do
      local fine, why = pcall(client.new, kassa_runtime.new(), access,
        { api_key = "klarna_test_api_k", pace = value })
      assert.is_false(fine)
      assert.matches("pace must be false", why)
    end
    local dict = dict_of.new(function() return 0 end)
    local fine, why = pcall(client.new, kassa_runtime.new(), access,
      { api_key = function() end, pace = { dict = dict } })
    assert.is_false(fine)
    assert.matches("pace.dict goes with account", why)
  end)

  it("finds a lua_shared_dict by its name", function()
    local box = sandbox.world { rate = 10 }
    local dict = dict_of.new(function() return box:now() / 1000 end)
    rawset(_G, "ngx", { shared = { shop = dict } })
    finally(function() rawset(_G, "ngx", nil) end)
    local klarna = client_of(box, { pace = { dict = "shop" } })
    assert(klarna.payment_requests:create(ORDER))
    assert.truthy(next(dict.values))
  end)
end)
