-- Promises of kassa.webhook.serve: what is acknowledged is stored, what is stored is handled, and
-- no sender, however slow, wrong or many, holds up the others. All of it goes over real sockets.
local child = require "support.child"
local kassa = require "kassa"
local peers = require "support.peers"
local receivers = require "support.receivers"
local socket = require "socket"
local wire = require "support.wire"

local KEY_ID, KEY = receivers.KEY_ID, receivers.KEY
local body_of, delivery, patient = receivers.body_of, receivers.delivery, receivers.patient
local post, serving = receivers.post, receivers.serving

describe("a receiver", function()
  it("acknowledges what is signed, and has it handled", function()
    local events = {}
    serving({ handler = function(event) events[#events + 1] = event end }, function(receiver)
      assert.equal("http://127.0.0.1:" .. receiver.port .. "/", receiver.url)
      local body = body_of("payment.transaction.captured", { capture_amount = 5000 })
      local got = post(receiver.port, delivery(body))
      assert.same({ 204, "" }, { got.status, got.body })
      kassa.sleep(0.02)
      assert.equal("payment.transaction.captured", events[1].type)
      assert.equal(5000, events[1].payload.capture_amount)
      assert.equal(body, events[1].body)
    end)
  end)

  it("answers 400 and the name of the reason to what is not, and hands nothing on", function()
    local calls = 0
    serving({ handler = function() calls = calls + 1 end }, function(receiver)
      local body = body_of "x"
      local signed = kassa.webhook.sign { body = body, key = KEY, key_id = KEY_ID }
      local cases = {
        mismatch = delivery(body, { key = "another" }),
        unknown_key = delivery(body, { key_id = "krn:key:2" }),
        no_signature = delivery(body, { headers = {} }),
        bad_format = delivery(body, { headers = { "Klarna-Signing-Key-Id: " .. KEY_ID,
          "Klarna-Signature: " .. signed["Klarna-Signature"]:upper() } }),
        not_json = delivery "{",
        missing_field = delivery '{"metadata":{"event_id":"1"},"payload":{}}',
      }
      for reason, request in pairs(cases) do
        local got = post(receiver.port, request)
        assert.same({ 400, reason .. "\n" }, { got.status, got.body })
      end
      assert.equal(0, calls)
    end)
  end)

  it("answers only where and how it is asked for deliveries and its health", function()
    serving({ path = "/hooks", health = "/up" }, function(receiver)
      assert.matches("/hooks$", receiver.url)
      local function ask(method, path)
        local got = post(receiver.port, wire.request { method = method, path = path })
        return got.status, got.headers.allow
      end
      assert.same({ 405, "POST" }, { ask("GET", "/hooks") })
      assert.same({ 405, "POST" }, { ask("PUT", "/hooks") })
      assert.same({ 405, "GET, HEAD" }, { ask("POST", "/up") })
      assert.equal(200, (ask("GET", "/up")))
      assert.equal(200, (ask("GET", "/up?from=balancer")))
      assert.equal(404, (ask("POST", "/")))
      assert.equal(404, (ask("POST", "/hooks/")))
      assert.equal(204, post(receiver.port, delivery(body_of "x", { path = "/hooks?a=b" })).status)
    end)
  end)

  it("answers 413 to more than body_max, and takes as much", function()
    local calls = 0
    serving({ body_max = 2000, handler = function() calls = calls + 1 end }, function(receiver)
      local small = body_of("x", { text = "" })
      local fits = body_of("x", { text = ("t"):rep(2000 - #small) })
      fits = #fits == 2000 and fits or body_of("x", { text = ("t"):rep(4000 - #small - #fits) })
      assert.equal(2000, #fits)
      assert.equal(204, post(receiver.port, delivery(fits)).status)
      assert.equal(413, post(receiver.port, delivery(fits .. " ")).status)
      assert.equal(413, post(receiver.port, wire.request { method = "POST", headers = {
        "Content-Length: 1000000", "Expect: 100-continue" } }).status)
      kassa.sleep(0.01)
      assert.equal(1, calls)
    end)
  end)

  it("answers 503 when the event cannot be stored, and has it handled when it comes again",
    function()
      local store, full, handled = kassa.webhook.memory(), true, {}
      local put = store.put
      function store:put(event)
        if full then return nil, "no space left on device" end
        return put(self, event)
      end
      serving({ store = store, handler = function(event) handled[#handled + 1] = event.id end },
        function(receiver)
          local request = delivery(body_of("x", nil, "again"))
          local got = post(receiver.port, request)
          assert.same({ 503, "not stored\n" }, { got.status, got.body })
          full = false
          assert.equal(204, post(receiver.port, request).status)
          kassa.sleep(0.01)
          assert.same({ "again" }, handled)
        end)
    end)

  it("acknowledges before it is handled, and handles duplicates once", function()
    local order, held = {}, true
    serving({ handler = function()
      order[#order + 1] = "begin"
      while held do kassa.sleep(0.01) end
      order[#order + 1] = "end"
    end }, function(receiver)
      local request = delivery(body_of "x")
      for _ = 1, 3 do assert.equal(204, post(receiver.port, request).status) end
      assert.same({ "begin" }, order)
      held = false
      kassa.sleep(0.2)
      assert.equal(204, post(receiver.port, request).status)
      assert.same({ "begin", "end" }, order)
    end)
  end)

  it("keeps an event whose handler fails, reports it once, and lives on", function()
    local works, calls = false, 0
    serving({ handler = function()
      calls = calls + 1
      kassa.sleep(0.001)
      if not works then error "not today" end
    end }, function(receiver, router, errors)
      assert.equal(204, post(receiver.port, delivery(body_of "x")).status)
      kassa.sleep(0.05)
      assert.same({ 1, 1 }, { calls, #errors })
      assert.matches("not today", errors[1].message)
      assert.same({ 0, 1 }, { router:pending() })
      works = true
      assert.equal(204, post(receiver.port, delivery(body_of "y")).status)
      assert.same({ 1, 0 }, { router:retry() })
      kassa.sleep(0.02)
      assert.same({ 0, 0 }, { router:pending() })
      assert.equal(3, calls)
    end)
  end)

  it("asks a store again that could not say what is to be handled", function()
    local store, fails, calls = kassa.webhook.memory(), false, 0
    local frail = setmetatable({ take = function(_, about)
      if fails then fails = false error "database is locked" end
      return store:take(about)
    end }, { __index = function(_, name)
      return function(_, ...) return store[name](store, ...) end
    end })
    serving({ store = frail, handler = function() calls = calls + 1 end },
      function(receiver, router, errors)
        kassa.sleep(0.02)
        fails = true
        assert.equal(204, post(receiver.port, delivery(body_of "x")).status)
        kassa.sleep(0.05)
        assert.same({ 0, 1, 0 }, { calls, router:pending() })
        assert.matches("database is locked", errors[1].message)
        kassa.sleep(1.05)
        assert.same({ 1, 0, 0 }, { calls, router:pending() })
        fails = true
        assert.equal(204, post(receiver.port, delivery(body_of "y")).status)
      end)
    assert.same({ 2, 0, 0 }, { calls, store:pending() })
  end)

  it("fails an event whose handler yields by itself, and lives on", function()
    serving({ handler = function(event)
      if event.type == "x" then coroutine.yield() end
    end }, function(receiver, router, errors)
      assert.equal(204, post(receiver.port, delivery(body_of "x")).status)
      assert.equal(204, post(receiver.port, delivery(body_of "y")).status)
      kassa.sleep(0.05)
      assert.same({ 0, 1 }, { router:pending() })
      assert.matches("yielded by itself", errors[1].message)
    end)
  end)

  it("handles so many at once, the events of one object one after another", function()
    local now, most, of_one, order = 0, 0, 0, {}
    serving({ at_once = 4, handler = function(event)
      now = now + 1
      most = math.max(most, now)
      local id = event.payload.payment_transaction_id
      if id == "krn:t:one" then
        of_one = of_one + 1
        assert(of_one == 1, "two at once")
        order[#order + 1] = event.payload.n
      end
      kassa.sleep(0.005)
      if id == "krn:t:one" then of_one = of_one - 1 end
      now = now - 1
    end }, function(receiver, router)
      for n = 1, 20 do
        local id = n % 2 == 0 and "krn:t:one" or "krn:t:" .. n
        local body = body_of("payment.transaction.captured",
          { payment_transaction_id = id, n = n })
        assert.equal(204, post(receiver.port, delivery(body)).status)
      end
      while router:pending() > 0 do kassa.sleep(0.005) end
      assert.is_true(most > 1 and most <= 4, tostring(most))
      assert.same({ 2, 4, 6, 8, 10, 12, 14, 16, 18, 20 }, order)
      assert.same({ 0, 0 }, { router:pending() })
    end)
  end)

  it("takes a new signing key while it runs", function()
    local keys = { [KEY_ID] = KEY }
    serving({ keys = keys }, function(receiver)
      local request = delivery(body_of "x", { key_id = "krn:key:2", key = "rotated" })
      assert.equal(400, post(receiver.port, request).status)
      keys["krn:key:2"] = kassa.secret "rotated"
      assert.equal(204, post(receiver.port, request).status)
      assert.equal(204, post(receiver.port, delivery(body_of "x")).status)
    end)
    local set = kassa.webhook.keys(keys)
    serving({ keys = set }, function(receiver)
      assert.equal(204, post(receiver.port, delivery(body_of "x")).status)
      set:remove(KEY_ID)
      assert.equal("unknown_key\n", post(receiver.port, delivery(body_of "x")).body)
    end)
  end)
end)

describe("a receiver's senders", function()
  it("are cut off when they are slow, and hold up nobody", function()
    serving({ receive_s = 1 }, function(receiver)
      local slow, body = {}, body_of "x"
      for i = 1, 20 do
        slow[i] = wire.connect(receiver.port)
        slow[i]:settimeout(0)
        slow[i]:send(i % 2 == 0 and "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9999\r\n\r\n"
          or "POST / HTTP/1.1\r\nHost: x\r\nX-Slow: ")
      end
      local began, cut = socket.gettime(), 0
      while cut < 20 and socket.gettime() - began < 4 do
        assert.equal(204, post(receiver.port, delivery(body)).status)
        kassa.sleep(0.02)
        for i, client in pairs(slow) do
          if not client:send "x" then
            cut, slow[i] = cut + 1, nil
            client:close()
          end
        end
      end
      local took = socket.gettime() - began
      assert.equal(20, cut)
      assert.is_true(took > 0.8 and took < 3, tostring(took))
    end)
  end)

  it("may be 200 at once", function()
    local handled = {}
    serving({ handler = function(event) handled[event.id] = (handled[event.id] or 0) + 1 end },
      function(receiver, router)
        local clients, ids = {}, {}
        for i = 1, 200 do
          ids[i] = "at-once-" .. i
          clients[i] = wire.connect(receiver.port)
          assert(clients[i]:send(delivery(body_of("x", nil, ids[i]))))
        end
        for i = 1, 200 do
          assert.equal(204, wire.read(patient(clients[i])).status)
          clients[i]:close()
        end
        while router:pending() > 0 do kassa.sleep(0.001) end
        for i = 1, 200 do assert.equal(1, handled[ids[i]]) end
      end)
  end)

  it("may send several deliveries on one connection, and vanish at any moment", function()
    local handled = 0
    serving({ handler = function() handled = handled + 1 end }, function(receiver)
      local client = wire.connect(receiver.port)
      client:send(delivery(body_of "x") .. delivery(body_of "x") .. delivery(body_of "x"))
      local reading = patient(client)
      for _ = 1, 3 do assert.equal(204, wire.read(reading).status) end
      client:close()
      for size = 1, 400, 40 do
        local leaving = wire.connect(receiver.port)
        leaving:send(delivery(body_of "x"):sub(1, size))
        leaving:setoption("linger", { on = true, timeout = 0 })
        leaving:close()
      end
      assert.equal(204, post(receiver.port, delivery(body_of "x")).status)
      kassa.sleep(0.02)
      assert.equal(4, handled)
    end)
  end)

  it("may use TLS", function()
    if not require "kassa.httpd".tls then return pending "libmicrohttpd is built without TLS" end
    local folder, handled = peers.folder(), 0
    local authority = peers.authority(folder, "authority")
    local cert, key = peers.certificate(folder, "authority", "shop", "shop.test")
    local forms = {
      { cert = cert, key = key },
      { cert = peers.read(cert), key = kassa.secret(peers.read(key)) },
    }
    for i, tls in ipairs(forms) do
      serving({ tls = tls, handler = function() handled = handled + 1 end }, function(receiver)
        assert.matches("^https://", receiver.url)
        local host = require "kassa.host"
        local driver = host:driver()
        local channel = driver.engine:channel { base_url = "https://127.0.0.1:" .. receiver.port,
          ca_file = authority }
        local body, headers = body_of "x", {}
        for name, value in pairs(kassa.webhook.sign { body = body, key = KEY, key_id = KEY_ID }) do
          headers[#headers + 1] = name .. ": " .. value
        end
        local id = channel:submit("POST", "/", headers, body, 5000)
        assert.equal(204, driver:await(id, host.runtime).status)
        local plain = post(receiver.port, delivery(body_of "x"))
        assert.is_nil(plain)
        kassa.sleep(0.02)
        assert.equal(i, handled)
        channel:close()
      end)
    end
    local missing = { cert = folder .. "/none.pem", key = key }
    local router = kassa.webhook.router()
    local ok, why = kassa.webhook.serve { router = router, keys = { k = "v" }, tls = missing }
    assert.is_nil(ok)
    assert.matches("tls.cert is no PEM text, .*: No such file", why)
    peers.remove(folder)
    ok, why = kassa.webhook.serve { router = router, keys = { k = "v" },
      tls = { cert = "-----BEGIN JUNK", key = "-----BEGIN JUNK" } }
    assert.is_nil(ok)
    assert.matches("certificate and key do not work", why)
  end)
end)

describe("the end of a receiver", function()
  it("comes when its handler says so, and after everything was handled", function()
    local done, receiver = {}, nil
    local router = kassa.webhook.router()
    router:on("*", function(event)
      receiver.stop()
      kassa.sleep(0.1)
      done[#done + 1] = event.id
    end)
    local ended = kassa.run(function()
      kassa.go(function()
        while not receiver do kassa.sleep(0.001) end
        for i = 1, 3 do wire.connect(receiver.port):send(delivery(body_of("x", nil, "e" .. i))) end
      end)
      local ok = kassa.webhook.serve { router = router, keys = { [KEY_ID] = KEY },
        on_ready = function(made) receiver = made end }
      assert.same({ 0, 0 }, { router:pending() })
      return ok
    end)
    assert.is_true(ended)
    assert.is_true(#done >= 1)
    assert.is_nil(socket.connect("127.0.0.1", receiver.port))
    receiver.stop()
  end)

  it("is an error when on_ready raises, and leaves nothing open", function()
    local before = wire.count "fd"
    local port
    local options = { router = kassa.webhook.router(), keys = { [KEY_ID] = KEY },
      on_ready = function(receiver)
        port = receiver.port
        kassa.sleep(0.01)
        error("not ready", 0)
      end }
    for _, run in ipairs { kassa.webhook.serve, function(o)
      return kassa.run(function() return kassa.webhook.serve(o) end)
    end } do
      local ok, err = pcall(run, options)
      assert.is_false(ok)
      assert.matches("not ready", err)
      assert.is_nil(socket.connect("127.0.0.1", port))
    end
    assert.equal(before, wire.count "fd")
  end)

  it("leaves nothing open, served in a task or not", function()
    local function once()
      assert.is_true(kassa.webhook.serve { router = kassa.webhook.router(),
        keys = { [KEY_ID] = KEY }, on_ready = function(receiver) receiver.stop() end })
    end
    once()
    kassa.run(once)
    local before = wire.count "fd"
    for _ = 1, 10 do
      once()
      kassa.run(once)
    end
    assert.equal(before, wire.count "fd")
  end)

  it("comes before the beginning when the port is taken", function()
    local taken = assert(socket.bind("127.0.0.1", 0))
    local _, port = taken:getsockname()
    local ok, why = kassa.webhook.serve { router = kassa.webhook.router(),
      keys = { [KEY_ID] = KEY }, port = tonumber(port) }
    assert.is_nil(ok)
    assert.matches("Address already in use", why)
    taken:close()
  end)

  it("comes with SIGINT or SIGTERM outside kassa.run, after everything was handled", function()
    for _, signal in ipairs { "INT", "TERM" } do
      local status, output = child.run(([[
        local kassa = require "kassa"
        local wire = require "support.wire"
        local key = { id = "k" }
        local router = kassa.webhook.router()
        router:on("*", function(event)
          io.stderr:write("begin\n")
          kassa.sleep(0.3)
          io.stderr:write("end\n")
        end)
        local pid = io.open("/proc/self/stat"):read("*n")
        local ended = kassa.webhook.serve { router = router, keys = { id = "key" },
          on_ready = function(receiver)
            local body = '{"metadata":{"event_type":"x","event_id":"1"},"payload":{}}'
            local lines = {}
            for name, value in pairs(kassa.webhook.sign { body = body, key = "key",
              key_id = "id" }) do lines[#lines + 1] = name .. ": " .. value end
            wire.connect(receiver.port):send(wire.request { method = "POST", headers = lines,
              body = body })
            kassa.sleep(0.1)
            io.popen("kill -%s " .. pid):close()
          end }
        io.stderr:write(tostring(ended), "\n")
        os.exit(7)
      ]]):format(signal))
      assert.equal("begin\nend\ntrue\n", output)
      assert.equal(7, status)
    end
  end)
end)

describe("a receiver in a program", function()
  it("runs beside calls, in a client's own engine", function()
    local sandbox = require "kassa.sandbox".start { seed = 7 }
    local klarna = kassa.klarna(sandbox:options())
    local read = {}
    serving({ client = klarna, handler = function(event)
      local request = kassa.assert(event.object:refresh())
      read[#read + 1] = request.state
    end }, function(receiver)
      for i = 1, 5 do
        local request = kassa.assert(klarna.payment_requests:create {
          currency = "EUR", payment_amount = 100 * i })
        local body = body_of("payment.request.state-change.submitted",
          { payment_request_id = request.payment_request_id, state = "SUBMITTED" })
        assert.equal(204, post(receiver.port, delivery(body)).status)
      end
      while #read < 5 do kassa.sleep(0.005) end
      assert.same({ "SUBMITTED", "SUBMITTED", "SUBMITTED", "SUBMITTED", "SUBMITTED" }, read)
    end)
    sandbox:stop()
  end)

  it("tells its log of every delivery and of every failed handler, and of no secret", function()
    local entries = {}
    local router = kassa.webhook.router()
    router:on("*", function() error "broken" end)
    serving({ log = function(entry)
      entries[#entries + 1] = entry
      error "a log that fails decides nothing"
    end, handler = function() error "broken" end }, function(receiver)
      post(receiver.port, delivery(body_of("x", { secret = "hunter2" }, "logged")))
      post(receiver.port, delivery(body_of "x", { key = "another" }))
      kassa.sleep(0.02)
    end)
    local lines = {}
    for i, entry in ipairs(entries) do
      assert.is_number(entry.time_ms)
      lines[i] = require("kassa.log").line(entry)
      assert.is_nil(lines[i]:find(KEY, 1, true))
      assert.is_nil(lines[i]:find("hunter2", 1, true))
    end
    table.sort(lines)
    assert.equal(3, #lines)
    assert.matches("^operation=webhook.handle code=handler happened=yes event_type=x "
      .. "event_id=logged$", lines[1])
    assert.matches("operation=webhook.receive code=ok status=204 method=POST request_bytes=%d+ "
      .. "result=new event_type=x event_id=logged remote=127.0.0.1", lines[2])
    assert.matches("code=signature status=400 .* reason=mismatch", lines[3])
  end)

  it("tells of keys that were spoilt while it runs, and acknowledges nothing then", function()
    local keys, entries = { [KEY_ID] = KEY }, {}
    serving({ keys = keys, log = function(entry) entries[#entries + 1] = entry end },
      function(receiver, router)
        keys.other = " " .. KEY
        assert.equal(500, post(receiver.port, delivery(body_of "x")).status)
        assert.matches("keys holds a key that begins or ends with white space", entries[1].error)
        assert.is_nil(entries[1].error:find(KEY, 1, true))
        keys.other = nil
        assert.equal(204, post(receiver.port, delivery(body_of "x")).status)
        kassa.sleep(0.02)
        assert.same({ 0, 0 }, { router:pending() })
      end)
  end)

  it("tells the error stream of a failed handler where nobody else listens", function()
    local status, output = child.run [[
      local kassa = require "kassa"
      local router = kassa.webhook.router()
      router:on("*", function() error "broken" end)
      router:accept { id = "1", type = "x", payload = {} } -- what an earlier life has left
      kassa.webhook.serve { router = router, keys = { id = "key" },
        on_ready = function(receiver) kassa.sleep(0.05) receiver.stop() end }
    ]]
    assert.equal(0, status)
    assert.matches("kassa.webhook: x: handler: the handler failed: .*broken", output)
  end)
end)
