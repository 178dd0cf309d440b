-- Promises of kassa.httpd: what a handler sees, what a client sees, and that faults are real on
-- the wire. It refuses to look inside the server.
local httpd = require "kassa.httpd"
local socket = require "socket"
local wire = require "support.wire"

local function start(options)
  options = options or {}
  options.module = options.module or "support.httpd_app"
  return assert(httpd.start(options))
end

describe("kassa.httpd", function()
  local server, port
  before_each(function()
    server = start { config = "seed 7", body_max = 100000 }
    port = server:port()
  end)
  after_each(function() server:stop() end)

  it("gives the handler the request as it was sent", function()
    local answer = wire.fetch(port, { method = "PATCH", path = "/a%20b/c?x=%41+&y", body = "hi",
      headers = { "X-Twice: 1", "X-TWICE: 2" } })
    assert.equal(201, answer.status)
    assert.equal("yes", answer.headers["x-test"])
    local lines = {}
    for line in answer.body:gmatch "[^\n]+" do lines[line] = true end
    for _, expected in ipairs { "PATCH", "/a%20b/c", "x=%41+&y", "127.0.0.1", "x-twice=1, 2",
      "content-length=2", "host=test" } do
      assert.is_true(lines[expected], expected .. " in:\n" .. answer.body)
    end
  end)

  it("hands over config and port, and keeps one state between requests", function()
    assert.equal("seed 7 " .. port, wire.fetch(port, { path = "/config" }).body)
    assert.equal("1", wire.fetch(port, { path = "/count" }).body)
    assert.equal("2", wire.fetch(port, { path = "/count" }).body)
  end)

  it("carries bodies with any byte", function()
    local body = "\0\1\255\r\n\r\n" .. ("z"):rep(70000)
    assert.equal(body, wire.fetch(port, { method = "POST", path = "/echo", body = body }).body)
  end)

  it("answers several requests on one connection, pipelined too", function()
    local client = wire.connect(port)
    local request = wire.request { path = "/count" }
    assert(client:send(request))
    assert.equal("1", wire.read(client).body)
    assert(client:send(request .. request .. request))
    for expected = 2, 4 do assert.equal(tostring(expected), wire.read(client).body) end
    client:close()
  end)

  it("answers 500 when the handler raises, says nothing of the message, and lives on", function()
    for _, name in ipairs { "raise", "raise-table", "nothing", "strange", "split", "yield" } do
      local path = "/" .. name
      local answer = wire.fetch(port, { path = path })
      assert.equal(500, answer.status, path)
      assert.is_nil(answer.body:find("hunter2", 1, true))
      assert.is_nil(answer.headers["x-b"])
    end
    assert.equal(201, wire.fetch(port, { path = "/alive" }).status)
  end)

  it("counts the body itself, whatever the handler's headers say", function()
    local answer = wire.fetch(port, { path = "/own-length" })
    assert.equal("4", answer.headers["content-length"])
    assert.equal("then", answer.headers["date"])
    assert.equal("four", answer.body)
  end)

  describe("limits", function()
    it("refuses a body over body_max with 413 and takes one of exactly body_max", function()
      local fits = wire.fetch(port, { method = "POST", path = "/size", body = ("b"):rep(100000) })
      assert.equal("100000", fits.body)
      local refused = wire.fetch(port, { method = "POST", path = "/", body = ("b"):rep(100001) })
      assert.equal(413, refused.status)
    end)

    it("refuses before the body for a client that asks first", function()
      local client = wire.connect(port)
      client:send(wire.request { method = "POST", path = "/size",
        headers = { "Content-Length: 200000", "Expect: 100-continue" } })
      assert.equal(413, wire.read(client).status)
      client:close()
    end)

    it("refuses a chunked body that grows past body_max", function()
      local client = wire.connect(port)
      client:send(wire.request { method = "POST", path = "/size",
        headers = { "Transfer-Encoding: chunked" } })
      local chunk = ("%x\r\n%s\r\n"):format(50000, ("c"):rep(50000))
      client:send(chunk .. chunk .. chunk .. "0\r\n\r\n")
      assert.equal(413, wire.read(client).status)
      client:close()
    end)

    it("cuts off a sender that drips its request past receive_s", function()
      local slow = start { receive_s = 1 }
      local client = wire.connect(slow:port())
      client:send "POST /size HTTP/1.1\r\nHost: test\r\nContent-Length: 1000\r\n\r\n"
      local began, open = socket.gettime(), true
      while open and socket.gettime() - began < 4 do
        socket.sleep(0.1)
        open = client:send "x"
      end
      assert.is_falsy(open)
      assert.is_true(socket.gettime() - began < 3)
      client:close()
      slow:stop()
    end)

    it("closes a connection that is idle for idle_s", function()
      local short = start { idle_s = 1 }
      local client = wire.connect(short:port())
      local _, problem = client:receive(1)
      assert.equal("closed", problem)
      client:close()
      short:stop()
    end)

    it("answers 431 to a head that is too large", function()
      local answer = wire.fetch(port, { headers = { "X-Large: " .. ("h"):rep(70000) } })
      assert.equal(431, answer.status)
    end)
  end)

  describe("faults", function()
    it("resets: the client's socket reads a TCP reset, not an end", function()
      local client = wire.connect(port)
      client:send(wire.request { path = "/reset" })
      assert.is_true(wire.was_reset(client))
      client:close()
      client = wire.connect(port)
      client:send(wire.request { path = "/reset-begun" })
      assert.equal("HTTP/1.1 100 Continue", client:receive "*l")
      assert.equal("", client:receive "*l")
      assert.is_true(wire.was_reset(client))
      client:close()
      client = wire.connect(port)
      client:send(wire.request { path = "/headless" })
      assert.equal("closed", select(2, wire.read(client)))
      assert.is_false(wire.was_reset(client))
      client:close()
    end)

    it("keeps silent until the client leaves, then holds nothing of it", function()
      local before = wire.count "fd"
      local client = wire.connect(port, 0.2)
      client:send(wire.request { path = "/silence" })
      assert.equal("timeout", select(2, wire.read(client)))
      client:close()
      local deadline = socket.gettime() + 2
      while wire.count "fd" > before and socket.gettime() < deadline do socket.sleep(0.01) end
      assert.equal(before, wire.count "fd")
    end)

    it("truncates after the byte asked for, under a head that promised all", function()
      local answer, problem, part = wire.fetch(port, { path = "/truncate" })
      assert.is_nil(answer)
      assert.equal("closed", problem)
      assert.equal(100, #part)
    end)

    it("drips the body, byte by byte", function()
      local client = wire.connect(port)
      client:send(wire.request { path = "/drip" })
      local began = socket.gettime()
      assert.equal("hello", wire.read(client).body)
      assert.is_true(socket.gettime() - began >= 0.149)
      client:send(wire.request { path = "/count" })
      assert.equal("1", wire.read(client).body)
      client:close()
    end)

    it("delays one answer without holding up the others", function()
      local late, began = wire.connect(port), socket.gettime()
      late:send(wire.request { path = "/wait?600" })
      assert.equal("1", wire.fetch(port, { path = "/count" }).body)
      assert.is_true(socket.gettime() - began < 0.59)
      assert.equal("600", wire.read(late).body)
      assert.is_true(socket.gettime() - began >= 0.599)
      late:close()
    end)
  end)

  it("serves 200 clients at once, each with a delayed answer", function()
    local clients, began = {}, socket.gettime()
    for i = 1, 200 do
      clients[i] = wire.connect(port)
      clients[i]:send(wire.request { path = "/delay" })
    end
    for i = 1, 200 do
      assert.equal("late", wire.read(clients[i]).body)
      clients[i]:close()
    end
    assert.is_true(socket.gettime() - began < 5)
  end)
end)

describe("kassa.httpd.start", function()
  it("returns what went wrong while booting, with nothing left behind", function()
    local fds, threads = wire.count "fd", wire.count "task"
    local cases = {
      { { module = "no.such.module" }, "module 'no.such.module' not found" },
      { { module = "support.httpd_app", config = "raise" }, "no such world" },
      { { module = "support.httpd_app", config = "nothing" }, "boot returns no function" },
      { { module = "string" }, "no function boot" },
      { { module = "support.httpd_app", address = "not an address" }, "not a numeric" },
      { { module = "support.httpd_app", address = "192.0.2.1" }, "cannot serve on 192.0.2.1:0" },
      { { module = "support.httpd_app", tls_cert = "junk", tls_key = "junk" }, "TLS" },
    }
    for _, case in ipairs(cases) do
      local server, message = httpd.start(case[1])
      assert.is_nil(server)
      assert.is_truthy(message:find(case[2], 1, true), message)
    end
    assert.equal(fds, wire.count "fd")
    assert.equal(threads, wire.count "task")
  end)

  it("says that a port is taken", function()
    local first = start()
    local second, message = httpd.start { module = "support.httpd_app", port = first:port() }
    assert.is_nil(second)
    assert.is_truthy(message:find("Address already in use", 1, true), message)
    first:stop()
  end)

  it("raises on misuse, naming the option", function()
    local wrong = { address = 1, port = "80", module = false, body_max = -1, idle_s = 0.5 }
    for option, value in pairs(wrong) do
      local options = { module = "support.httpd_app" }
      options[option] = value
      local ok, message = pcall(httpd.start, options)
      assert.is_false(ok)
      assert.is_truthy(message:find(option, 1, true), message)
    end
    assert.is_false(pcall(httpd.start, { module = "support.httpd_app", tls_cert = "alone" }))
    assert.is_false(pcall(httpd.serve, {}))
  end)

  it("stops with connections open, delayed, dripping and silent", function()
    local fds, threads = wire.count "fd", wire.count "task"
    local server, clients = start(), {}
    for _, path in ipairs { "/silence", "/delay", "/drip", "/truncate", "/", "half" } do
      local client = wire.connect(server:port())
      client:send(path == "half" and "POST / HT" or wire.request { path = path })
      clients[#clients + 1] = client
    end
    assert.equal("1", wire.fetch(server:port(), { path = "/count" }).body)
    server:stop()
    server:stop()
    for _, client in ipairs(clients) do client:close() end
    assert.equal(fds, wire.count "fd")
    assert.equal(threads, wire.count "task")
    assert.is_nil(socket.connect("127.0.0.1", server:port()))
  end)

  it("is stopped by the garbage collector", function()
    local fds, threads = wire.count "fd", wire.count "task"
    for _ = 1, 20 do start() end
    collectgarbage()
    collectgarbage()
    assert.equal(fds, wire.count "fd")
    assert.equal(threads, wire.count "task")
  end)

  it("ends its thread when a handler answers stop, and can still be stopped", function()
    local threads = wire.count "task"
    local server = start()
    assert.equal("bye", wire.fetch(server:port(), { path = "/stop" }).body)
    local deadline = socket.gettime() + 2
    while wire.count "task" > threads and socket.gettime() < deadline do socket.sleep(0.01) end
    assert.equal(threads, wire.count "task")
    server:stop()
  end)

  it("blocks every signal in its thread", function()
    if (os.getenv "LD_PRELOAD" or ""):find "vgpreload" then
      pending "valgrind keeps the masks of threads to itself"
      return
    end
    local server = start()
    assert(wire.fetch(server:port(), {})) -- the thread is certainly there
    local pipe = io.popen "grep -h SigBlk /proc/$PPID/task/*/status"
    local masks = pipe:read "*a"
    pipe:close()
    server:stop()
    assert.matches("fffffffe7ffbfeff", masks, 1, true) -- all but those that cannot be blocked
  end)
end)

describe("kassa.httpd with a watcher", function()
  local function count(port) return tonumber(wire.fetch(port, { path = "/" }).body) end

  local function wait_for(port, least)
    local deadline = socket.gettime() + 5
    while count(port) < least and socket.gettime() < deadline do socket.sleep(0.005) end
    return count(port)
  end

  it("calls it when its descriptor is readable, while requests are served", function()
    local server = start { module = "support.httpd_watcher" }
    local port = server:port()
    wire.fetch(port, { path = "/?20" })
    wire.fetch(port, { path = "/?0" })
    assert.equal(2, wait_for(port, 2))
    server:stop()
  end)

  it("calls it no more once it has raised, and serves on", function()
    local server = start { module = "support.httpd_watcher", config = "raise" }
    local port = server:port()
    wire.fetch(port, { path = "/?0" })
    assert.equal(1, wait_for(port, 1))
    wire.fetch(port, { path = "/?0" })
    socket.sleep(0.05)
    assert.equal(1, count(port))
    server:stop()
  end)

  it("stops while it has work to do", function()
    for _ = 1, 20 do
      local server = start { module = "support.httpd_watcher" }
      for ms = 0, 5 do wire.fetch(server:port(), { path = "/?" .. ms }) end
      server:stop()
    end
  end)

  it("refuses what is no watcher", function()
    for config, expected in pairs {
      ["no table"] = "the watcher must be a table with fd and step",
      ["no fd"] = "watcher.fd must be a descriptor", ["bad fd"] = "watcher.fd must be a descriptor",
      ["no step"] = "watcher.step must be a function", ["no such fd"] = "Bad file descriptor",
    } do
      local server, message = httpd.start { module = "support.httpd_watcher", config = config }
      assert.is_nil(server)
      assert.truthy(message:find(expected, 1, true), message)
    end
    assert.has_error(function()
      httpd.serve { handler = print, watcher = 7 }
    end, "the watcher must be a table with fd and step")
  end)
end)
