-- Promises of core.engine over plain HTTP: what a call brings, how it fails, and that nothing stays
-- behind. TLS and HTTP/2 are in engine_tls_spec.lua; what Lua cannot reach is in engine_test.c.
local core = require "kassa.core"
local peers = require "support.peers"
local run = require "support.engine"
local socket = require "socket"
local unit = require "support.unit"

local call = run.call
local describe_in_both_modes = run.in_both_modes(describe)

describe("core.engine in C", function()
  it("keeps the promises of engine_test.c: heap, descriptor, fork, SIGPIPE", function()
    assert.matches("^ok %d+$", unit.run "engine_test")
  end)

  it("keeps those of engine_thread_test.c: two threads, fork, signals, the end", function()
    assert.matches("^ok %d+$", unit.run "engine_thread_test")
  end)
end)

describe_in_both_modes("an engine without calls", function(mode)
  local engine

  before_each(function() engine = core.engine.new { mode = mode } end)
  after_each(function() engine:close() end)

  it("refuses what is no mode or no number of connections", function()
    assert.error_matches(function() core.engine.new { mode = "green" } end, "mode")
    for _, wrong in ipairs { 0, 1.5, -1, 1025, "many", {} } do
      assert.error_matches(function() core.engine.new { max_connections = wrong } end,
        "max_connections")
    end
  end)

  it("completes timers in the order of their times, equal ones as they were made", function()
    local late, early = engine:timer(30), engine:timer(10)
    local first, second, third = engine:timer(20), engine:timer(20), engine:timer(20)
    local answers, order = run.collect(engine, 5)
    assert.same({ early, first, second, third, late }, order)
    assert.same({ timer = true }, answers[early])
  end)

  it("waits in step no longer than told, and not at all when something is complete", function()
    local start = engine:now()
    assert.equal(0, engine:step(30))
    assert(engine:now() - start >= 30)
    engine:timer(0)
    start = engine:now()
    assert.equal(1, engine:step(5000))
    assert(engine:now() - start < 1000)
  end)

  it("says whether it can be used", function()
    assert.is_true(engine:usable())
    engine:close()
    assert.is_false(engine:usable())
  end)

  it("counts what was not taken", function()
    assert.equal(0, engine:pending())
    engine:timer(0)
    engine:timer(60000)
    assert.equal(2, engine:pending())
    engine:step(100)
    assert.equal(2, engine:pending())
    engine:take()
    assert.equal(1, engine:pending())
    assert.is_nil(engine:take())
  end)

  it("completes a canceled timer as canceled, once", function()
    local id = engine:timer(60000)
    assert.is_true(engine:cancel(id))
    assert.is_false(engine:cancel(id))
    assert.equal("canceled", run.await(engine, id).code)
    assert.is_false(engine:cancel(id))
    assert.is_false(engine:cancel(12345678))
  end)

  it("watches a descriptor once, and tells at once when it is readable", function()
    local other = core.engine.new { mode = mode }
    local id = assert(engine:watch(other:fd()))
    assert.equal(0, engine:step(20))
    other:timer(10)
    local start = engine:now()
    assert.same({ readable = true }, run.await(engine, id))
    assert(engine:now() - start < 1000)
    assert.equal(0, engine:step(20)) -- still readable, but nobody asks
    assert.same({ readable = true }, run.await(engine, engine:watch(other:fd())))
    other:close()
  end)

  it("watches one descriptor for two, and one whose peer is gone", function()
    local listener = assert(socket.bind("127.0.0.1", 0))
    local _, port = listener:getsockname()
    local client = assert(socket.connect("127.0.0.1", port))
    local peer = assert(listener:accept())
    local first, second = engine:watch(client:getfd()), engine:watch(client:getfd())
    assert.equal(0, engine:step(20))
    peer:close()
    local answers = run.collect(engine, 2)
    assert.is_true(answers[first].readable and answers[second].readable)
    client:close()
    listener:close()
  end)

  it("completes a canceled watch as canceled, and keeps no descriptor", function()
    collectgarbage() -- engines of the tests before
    collectgarbage()
    local before = peers.descriptors()
    local other = core.engine.new { mode = mode }
    local ids = {}
    for i = 1, 10 do ids[i] = engine:watch(other:fd()) end
    for _, id in ipairs(ids) do assert.is_true(engine:cancel(id)) end
    other:timer(0)
    for _, answer in pairs(run.collect(engine, 10)) do assert.equal("canceled", answer.code) end
    assert.is_false(engine:cancel(ids[1]))
    engine:watch(other:fd())
    core.engine.new({ mode = mode }):watch(other:fd()) -- nobody ever takes this one
    other:close()
    engine:close()
    collectgarbage()
    collectgarbage()
    engine = core.engine.new { mode = mode }
    assert.equal(before, peers.descriptors())
  end)

  it("refuses to watch what cannot be read later", function()
    for _, wrong in ipairs { -1, 0.5, "pipe", {} } do
      assert.error_matches(function() engine:watch(wrong) end, "descriptor")
    end
    local id, why = engine:watch(1000000)
    assert.is_nil(id)
    assert.equal("descriptor 1000000: Bad file descriptor", why)
    assert.equal(0, engine:pending())
  end)

  it("tells monotonic and calendar time in milliseconds", function()
    local before = engine:now()
    engine:step(5)
    assert(engine:now() > before)
    assert(math.abs(engine:time() / 1000 - os.time()) < 5)
  end)

  it("says that it is closed", function()
    local channel = engine:channel { base_url = "http://127.0.0.1:9" }
    engine:close()
    engine:close()
    for _, name in ipairs { "step", "timer", "watch", "take", "pending", "now", "time", "fd",
      "channel" } do
      assert.error_matches(function() engine[name](engine, 1) end, "closed")
    end
    assert.error_matches(function() channel:submit("GET", "/", nil, nil, 1000) end, "closed")
    channel:close()
  end)

  it("refuses a base URL that is none", function()
    local none = { "", "shop", "ftp://x/", "https://x/?q=1", "https://x/#f", "http://" }
    for _, wrong in ipairs(none) do
      local channel, why = engine:channel { base_url = wrong }
      assert.is_nil(channel)
      assert.matches("base_url", why)
    end
    assert.error_matches(function() engine:channel { base_url = 7 } end, "base_url")
    assert.error_matches(function()
      engine:channel { base_url = "http://x", headers = { "A: b\r\nC: d" } }
    end, "CR, LF or NUL")
  end)
end)

describe_in_both_modes("a call over HTTP/1.1", function(mode)
  local wire, engine, channel

  setup(function() wire = peers.wire() end)
  teardown(function() wire:stop() end)
  before_each(function()
    engine, channel = run.open({ base_url = wire.url .. "/", response_max = 4 * 1024 * 1024,
      headers = { "X-Constant: yes", "Content-Type: application/json" } }, { mode = mode })
  end)
  after_each(function() engine:close() end)

  local function get(target, timeout_ms)
    return call(engine, channel, "GET", target, nil, nil, timeout_ms)
  end

  it("brings status, head, body, version and time", function()
    local answer = get "/"
    assert.equal(200, answer.status)
    assert.equal("ok", answer.body)
    assert.equal("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n", answer.head)
    assert.equal("1.1", answer.http)
    assert(answer.ms >= 0)
    assert.is_nil(answer.code)
  end)

  it("sends method, target, constant and own headers and the body, and few lines beside", function()
    local answer = call(engine, channel, "POST", "/echo?a=%20b", { "X-Own: 1", "X-Two: 2" }, "{}")
    local head, body = answer.body:match("^(.-\r\n)\r\n(.*)$")
    assert.equal("{}", body)
    assert.matches("^POST /echo%?a=%%20b HTTP/1%.1\r\n", head)
    for _, line in ipairs { "X-Own: 1", "X-Two: 2", "X-Constant: yes", "Content-Length: 2",
      "Content-Type: application/json", "User-Agent: kassa" } do
      assert(head:find("\r\n" .. line .. "\r\n", 1, true), line)
    end
    assert.equal(8, select(2, head:gsub("\r\n", ""))) -- these, the request line and Host
  end)

  it("sends every method as told", function()
    for _, method in ipairs { "GET", "POST", "PUT", "PATCH", "DELETE", "GET" } do
      local answer = call(engine, channel, method, "/echo", nil, nil)
      assert.equal(method, answer.body:match "^%u+")
      answer = call(engine, channel, method, "/echo", nil, "{}")
      assert.equal(method, answer.body:match "^%u+")
      assert.matches("\r\n\r\n{}$", answer.body)
    end
    assert.matches("\r\nContent%-Length: 0\r\n", call(engine, channel, "POST", "/echo").body)
  end)

  it("joins the path of the base URL and the target", function()
    local other = assert(engine:channel { base_url = wire.url .. "/v2/accounts/" })
    assert.matches("^GET /v2/accounts/payment/x HTTP", call(engine, other, "GET", "/payment/x").body
      == "ok" and "GET /v2/accounts/payment/x HTTP" or "")
    other = assert(engine:channel { base_url = wire.url .. "/echo" })
    assert.matches("^GET /echo HTTP/1%.1\r\n", call(engine, other, "GET", "").body)
    assert.matches("^GET /echo%?q HTTP/1%.1\r\n", call(engine, other, "GET", "?q").body)
  end)

  it("keeps a body of any bytes as it is", function()
    local bytes = {}
    for i = 0, 255 do bytes[#bytes + 1] = string.char(i) end
    local body = table.concat(bytes):rep(40)
    local answer = call(engine, channel, "POST", "/echo", nil, body)
    assert.equal(body, answer.body:match "\r\n\r\n(.*)$")
  end)

  it("streams a body from a file, also a large one and an empty one", function()
    local folder = peers.folder()
    for _, size in ipairs { 0, 10, 3000000 } do
      local body = ("0123456789"):rep(size / 10)
      peers.write(folder .. "/body", body)
      local answer = call(engine, channel, "POST", "/echo", nil, { file = folder .. "/body" })
      assert(answer.body:match "\r\n\r\n(.*)$" == body)
    end
    local id, why = channel:submit("POST", "/", nil, { file = folder .. "/none" }, 1000)
    assert.is_nil(id)
    assert.matches("none: No such file", why)
    assert.is_nil(channel:submit("POST", "/", nil, { file = folder }, 1000))
    peers.remove(folder)
  end)

  it("uses a connection again", function()
    for _ = 1, 20 do assert.equal(200, get("/").status) end
    assert.equal(1, peers.connections(wire.port))
  end)

  it("never has more connections than allowed, and queues the rest", function()
    local small, one = run.open({ base_url = wire.url }, { max_connections = 3, mode = mode })
    for _ = 1, 12 do one:submit("GET", "/sleep-200", nil, nil, 5000) end
    assert.equal(12, small:pending())
    local most = 0
    while small:step(1) == 0 do most = math.max(most, peers.connections(wire.port)) end
    local answers = run.collect(small, 12)
    for _, answer in pairs(answers) do assert.equal(200, answer.status) end
    assert.equal(3, most)
    small:close()
  end)

  it("ends a queued call at its deadline, unsent", function()
    local small, one = run.open({ base_url = wire.url }, { max_connections = 1, mode = mode })
    local first = one:submit("GET", "/sleep-200", nil, nil, 5000)
    local second = one:submit("GET", "/", nil, nil, 50)
    local answers, order = run.collect(small, 2)
    assert.same({ second, first }, order)
    assert.equal("timeout", answers[second].code)
    assert.equal("unsent", answers[second].wire)
    assert.equal(200, answers[first].status)
    small:close()
  end)

  it("ends at its deadline wherever the answer stops", function()
    for _, path in ipairs { "/silence", "/half-head", "/half-body" } do
      local start = engine:now()
      local answer = get(path, 250)
      assert.equal("timeout", answer.code, path)
      assert.equal("sent", answer.wire)
      assert.equal(path ~= "/silence" and 200 or nil, answer.status)
      assert(engine:now() - start < 1000)
    end
    assert.equal(200, get("/").status)
  end)

  it("calls a refused connection connect, unsent", function()
    local other = assert(engine:channel { base_url = "http://127.0.0.1:" .. peers.ports(1)[1] })
    local answer = call(engine, other, "POST", "/", nil, "{}")
    assert.equal("connect", answer.code)
    assert.equal("unsent", answer.wire)
    assert.is_string(answer.message)
  end)

  it("calls an unknown name connect, unsent", function()
    local other = assert(engine:channel { base_url = "http://kassa.invalid" })
    local answer = call(engine, other, "GET", "/", nil, nil, 9000)
    assert(answer.code == "connect" or answer.code == "timeout")
    assert.equal("unsent", answer.wire)
  end)

  it("calls resets, cuts and what is no HTTP protocol, sent", function()
    for path, status in pairs { ["/reset"] = 0, ["/close"] = 0, ["/garbage"] = 0,
      ["/truncate"] = 200, ["/reset-body"] = 200 } do
      local answer = get(path)
      assert.equal("protocol", answer.code, path)
      assert.equal("sent", answer.wire, path)
      assert.equal(status ~= 0 and status or nil, answer.status, path)
      assert.is_nil(answer.body)
    end
  end)

  it("refuses headers over 64 KiB and bodies over the limit, told or not", function()
    assert.equal("too_large", get("/flood").code)
    assert.matches("64 KiB", get("/flood").message)
    for _, path in ipairs { "/big", "/big-untold" } do
      local answer = get(path)
      assert.equal("too_large", answer.code)
      assert.equal(200, answer.status)
      assert.equal("sent", answer.wire)
    end
  end)

  it("gives the final head when others came before, and no trailer", function()
    assert.equal("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n", get("/interim").head)
    local answer = get "/trailer"
    assert.equal("ok", answer.body)
    assert.is_nil(answer.head:find("X-Late", 1, true))
  end)

  it("follows no redirect", function()
    local answer = get "/redirect"
    assert.equal(302, answer.status)
    assert.matches("Location: /echo", answer.head)
  end)

  it("sends again on a new connection when a kept one was dead, but not what is fresh", function()
    local before = tonumber(get("/once").body)
    assert.equal(before + 2, tonumber(get("/once").body)) -- seen twice, answered once
    local answer = call(engine, channel, "POST", "/once", nil, "{}", 5000, true)
    assert.equal(before + 3, tonumber(answer.body))
    answer = call(engine, channel, "POST", "/close", nil, "{}", 5000, true)
    assert.equal("protocol", answer.code)
    assert.equal("sent", answer.wire)
    assert.equal(before + 5, tonumber(get("/count").body))
  end)

  it("completes a canceled call as canceled, and the channel goes on", function()
    local id = channel:submit("POST", "/silence", nil, "{}", 5000)
    local late = engine:now() + 4000
    while engine:progress(id) == 0 and engine:now() < late do engine:step(5) end
    assert.is_true(engine:cancel(id))
    local answer = run.await(engine, id)
    assert.equal("canceled", answer.code)
    assert.equal("sent", answer.wire)
    assert.equal(200, get("/").status)
  end)

  it("cancels what is under way when its channel is closed", function()
    local ids = {}
    for i = 1, 5 do ids[i] = channel:submit("GET", "/silence", nil, nil, 5000) end
    engine:step(10)
    channel:close()
    local answers = run.collect(engine, 5)
    for _, id in ipairs(ids) do assert.equal("canceled", answers[id].code) end
    assert.error_matches(function() channel:submit("GET", "/", nil, nil, 1000) end,
      "the channel is closed")
  end)

  it("closes with calls in flight, and is collected with them", function()
    for _ = 1, 5 do channel:submit("POST", "/silence", nil, ("x"):rep(10000), 5000) end
    engine:step(5)
    engine:close()
    local lost = run.open({ base_url = wire.url }, { mode = mode })
    lost:channel({ base_url = wire.url }):submit("POST", "/silence", nil, ("x"):rep(100000), 5000)
    lost = nil -- luacheck: ignore
    collectgarbage()
    collectgarbage()
  end)

  it("keeps a body alive that nobody else holds", function()
    local id = channel:submit("POST", "/sleep-50", nil, ("y"):rep(2000000), 60000)
    for _ = 1, 5 do collectgarbage() end
    assert.equal(200, run.await(engine, id).status)
  end)

  it("refuses what would break a request, naming the argument", function()
    local function submit(...)
      local words = { n = select("#", ...), ... }
      return function() channel:submit((unpack or table.unpack)(words, 1, words.n)) end
    end
    assert.error_matches(submit("GET", "/", { "A: b\r\nC: d" }, nil, 1), "CR, LF or NUL")
    assert.error_matches(submit("GET", "/", { "A: b\nC: d" }, nil, 1), "CR, LF or NUL")
    assert.error_matches(submit("GET", "/", { "A: b\0" }, nil, 1), "CR, LF or NUL")
    assert.error_matches(submit("GET", "/", { "no colon" }, nil, 1), "colon")
    assert.error_matches(submit("GET", "/", { 7 }, nil, 1), "string expected")
    assert.error_matches(submit("GET", "/a b", nil, nil, 1), "target")
    assert.error_matches(submit("GET", "/a\r\nHost: x", nil, nil, 1), "target")
    assert.error_matches(submit("GET", "a", nil, nil, 1), "target")
    assert.error_matches(submit("get", "/", nil, nil, 1), "method")
    assert.error_matches(submit("GET\r\n", "/", nil, nil, 1), "method")
    assert.error_matches(submit("POST", "/", nil, 7, 1), "body")
    assert.error_matches(submit("POST", "/", nil, {}, 1), "body.file")
    assert.error_matches(submit("GET", "/", nil, nil, nil), "timeout_ms")
    assert.error_matches(submit("GET", "/", nil, nil, 0 / 0), "timeout_ms")
    assert.equal(0, engine:pending())
  end)

  it("goes through a proxy when one is named", function()
    local proxied = assert(engine:channel { base_url = "http://shop.example:" .. wire.port,
      proxy = wire.url })
    local answer = call(engine, proxied, "GET", "/echo")
    assert.equal(200, answer.status)
    assert.matches("\r\nHost: shop%.example:%d+\r\n", answer.body)
    assert.is_nil(answer.head:find("X-From", 1, true))
    proxied = assert(engine:channel { base_url = "http://shop.example:1", proxy = wire.url })
    answer = call(engine, proxied, "GET", "/echo")
    assert.same({ "connect", "unsent" }, { answer.code, answer.wire })
  end)

  it("leaves no descriptor open", function()
    local before = peers.descriptors()
    for _ = 1, 5 do
      local other, one = run.open({ base_url = wire.url }, { mode = mode })
      for _, path in ipairs { "/", "/reset", "/truncate", "/half-body", "/big" } do
        one:submit("POST", path, nil, "{}", 60)
      end
      run.collect(other, 5)
      one:submit("GET", "/silence", nil, nil, 1000)
      other:step(1)
      other:close()
    end
    assert.equal(before, peers.descriptors())
  end)
end)
