-- Promises of httpd.open: a server that an event loop steps, in the loop's own Lua state. It tells
-- by its descriptor when it has work, and never waits.
local child = require "support.child"
local core = require "kassa.core"
local httpd = require "kassa.httpd"
local peers = require "support.peers"
local socket = require "socket"
local wire = require "support.wire"

describe("httpd.open", function()
  local engine, server
  before_each(function() engine = core.engine.new {} end)
  after_each(function()
    if server then server:stop() end
    engine:close()
  end)

  local function open(handler, options)
    options = options or {}
    options.handler = handler or function(request)
      return { body = request.method .. " " .. request.path .. " " .. request.body }
    end
    server = assert(httpd.open(options))
    return server:port()
  end

  -- Wait for the descriptor as an event loop does. -> false when nothing came in time
  local function wait(ms)
    local id, timer = assert(engine:watch(server:fd())), engine:timer(ms or 3000)
    repeat engine:step(1000) until engine:take()
    local woken = engine:cancel(timer)
    engine:cancel(id)
    while engine:pending() > 0 do
      engine:step(0)
      while engine:take() do end
    end
    return woken
  end

  -- Step whenever the descriptor says so, until done() is true.
  local function drive(done)
    while not done() do
      assert(wait(), "the descriptor tells of nothing")
      if not server:step() then return end
    end
  end

  local function readable(client)
    return socket.select({ client }, nil, 0)[1] ~= nil
  end

  -- A client whose reads step the server until what they ask for is there.
  local function patient(client)
    return { receive = function(_, what)
      client:settimeout(0)
      local got, problem, part = client:receive(what)
      while problem == "timeout" do
        drive(function() return readable(client) end)
        got, problem, part = client:receive(what, part)
      end
      return got, problem, part
    end }
  end

  local function answer(client)
    return wire.read(patient(client))
  end

  local function fetch(port, options)
    local client = wire.connect(port)
    client:send(wire.request(options or {}))
    local got = answer(client)
    client:close()
    return got
  end

  it("answers from the caller's own state, step by step", function()
    local seen = {}
    local port = open(function(request)
      seen[#seen + 1] = request.path
      return { status = 202, body = "got " .. request.body }
    end)
    local got = fetch(port, { method = "POST", path = "/a", body = "it" })
    assert.same({ 202, "got it" }, { got.status, got.body })
    fetch(port, { path = "/b" })
    assert.same({ "/a", "/b" }, seen)
  end)

  it("accepts nothing before it is stepped, and a step never waits", function()
    local port = open()
    local client = wire.connect(port, 0.05)
    client:send(wire.request {})
    assert.equal("timeout", select(2, wire.read(client)))
    client:settimeout(5)
    assert.equal("GET / ", answer(client).body)
    local began = socket.gettime()
    for _ = 1, 100 do
      local ms = server:step()
      assert.is_true(ms >= 0 and ms <= 60000)
    end
    assert.is_true(socket.gettime() - began < 1)
    assert.is_false(wait(20))
    client:close()
  end)

  it("tells by its descriptor of a timer too: a delay, a drip, a slow sender", function()
    local port = open(function(request)
      if request.path == "/delay" then return { body = "late", delay_ms = 60 } end
      return { body = "drop", fault = { kind = "drip", ms = 20 } }
    end, { receive_s = 1 })
    local began = socket.gettime()
    assert.equal("late", fetch(port, { path = "/delay" }).body)
    assert.is_true(socket.gettime() - began >= 0.059)
    assert.equal("drop", fetch(port, { path = "/drip" }).body)
    local client = wire.connect(port)
    client:send "POST / HTTP/1.1\r\nHost: test\r\nContent-Length: 1000\r\n\r\n"
    began = socket.gettime()
    drive(function()
      client:settimeout(0)
      return select(2, client:receive(1)) == "closed"
    end)
    local took = socket.gettime() - began
    assert.is_true(took >= 0.9 and took < 3, tostring(took))
    client:close()
  end)

  it("cuts off who drips its request, however steadily", function()
    local port = open(nil, { receive_s = 1 })
    local client = wire.connect(port)
    client:send "POST / HTTP/1.1\r\nHost: test\r\nContent-Length: 1000\r\n\r\n"
    local began, alive = socket.gettime(), true
    while alive and socket.gettime() - began < 4 do
      socket.sleep(0.02)
      server:step()
      alive = client:send "x"
    end
    assert.is_falsy(alive)
    assert.is_true(socket.gettime() - began < 3)
    client:close()
  end)

  it("answers 500 when the handler raises or yields, and steps in any coroutine", function()
    local port = open(function(request)
      if request.path == "/raise" then error "the key is hunter2" end
      if request.path == "/yield" then coroutine.yield() end
      return { body = "fine" }
    end)
    local co = coroutine.wrap(function()
      assert.equal(500, fetch(port, { path = "/raise" }).status)
      assert.equal(500, fetch(port, { path = "/yield" }).status)
      assert.equal("fine", fetch(port).body)
      return "end"
    end)
    assert.equal("end", co())
    collectgarbage()
    assert.equal("fine", fetch(port).body)
  end)

  it("refuses to be stepped by its own handler", function()
    local message
    local port = open(function()
      message = select(2, pcall(server.step, server))
      return {}
    end)
    assert.equal(200, fetch(port).status)
    assert.matches("called by a handler", message)
  end)

  it("is stopped by its handler after the answer", function()
    local port = open(function()
      server:stop()
      server:stop()
      return { body = "bye" }
    end)
    assert.equal("bye", fetch(port).body)
    assert.is_nil(server:step())
    assert.is_nil(socket.connect("127.0.0.1", port))
    assert.matches("stopped", tostring(server))
    assert.has_error(function() server:fd() end)
  end)

  it("sends the answers that are made when it is stopped, and refuses later requests", function()
    local port, calls = open(function() return { body = "made" } end), 0
    local clients = {}
    for i = 1, 50 do
      clients[i] = wire.connect(port)
      clients[i]:send(wire.request {})
    end
    repeat
      assert(wait())
      server:step()
    until socket.select(clients, nil, 0)[1]
    server:stop()
    for i = 1, 50 do
      local got = wire.read(clients[i])
      if got and got.body == "made" then calls = calls + 1
      elseif got then assert.equal(503, got.status) end
      clients[i]:close()
    end
    assert.is_true(calls >= 1)
  end)

  it("wakes whoever waits for it when it is to finish", function()
    open()
    assert.is_number(server:step())
    assert.is_false(wait(20))
    server:finish()
    assert.is_true(wait(1000))
    assert.is_nil(server:step())
    server:finish()
    server:stop()
  end)

  it("serves 200 clients at once", function()
    local port, clients = open(), {}
    for i = 1, 200 do
      clients[i] = wire.connect(port)
      clients[i]:send(wire.request { method = "POST", path = "/" .. i, body = "b" })
    end
    for i = 1, 200 do
      assert.equal("POST /" .. i .. " b", answer(clients[i]).body)
      clients[i]:close()
    end
  end)

  it("leaves nothing behind, stopped, collected or never stepped", function()
    local before = wire.count "fd"
    for i = 1, 30 do
      local port = open()
      local client = wire.connect(port)
      client:send(i % 2 == 0 and "POST / HT" or wire.request {})
      if i % 3 > 0 then
        wait(100)
        server:step()
      end
      if i % 5 > 0 then server:stop() end
      server = nil
      client:close()
    end
    assert.equal(before, wire.count "fd")
  end)

  it("says why it cannot be opened, with nothing left behind", function()
    local before = wire.count "fd"
    local handler = function() return {} end
    local first = assert(httpd.open { handler = handler })
    local other, message = httpd.open { handler = handler, port = first:port() }
    assert.is_nil(other)
    assert.is_truthy(message:find("Address already in use", 1, true), message)
    first:stop()
    assert.is_nil(httpd.open { handler = handler, address = "nowhere" })
    assert.is_nil(httpd.open { handler = handler, tls_cert = "junk", tls_key = "junk" })
    assert.has_error(function() httpd.open {} end)
    assert.has_error(function() httpd.open { handler = handler, port = "80" } end)
    assert.equal(before, wire.count "fd")
  end)

  it("speaks TLS", function()
    if not httpd.tls then return pending "this libmicrohttpd is built without TLS" end
    local folder = peers.folder()
    local authority = peers.authority(folder, "authority")
    local cert, key = peers.certificate(folder, "authority", "shop", "shop.test")
    local port = open(nil, { tls_cert = peers.read(cert), tls_key = peers.read(key) })
    local channel = assert(engine:channel {
      base_url = "https://127.0.0.1:" .. port, ca_file = authority })
    local id, got = channel:submit("POST", "/x", {}, "secret", 5000), nil
    local watch = engine:watch(server:fd())
    while not got do
      engine:step(1000)
      local found, result = engine:take()
      if found == id then got = result elseif found == watch then
        server:step()
        watch = engine:watch(server:fd())
      end
    end
    peers.remove(folder)
    assert.same({ 200, "POST /x secret" }, { got.status, got.body })
  end)
end)

describe("httpd.open and a flood", function()
  it("leaves the process half of its descriptors", function()
    local path = os.tmpname()
    local source = ([[
      local httpd = require "kassa.httpd"
      local socket = require "socket"
      local server = assert(httpd.open { handler = function() return {} end })
      local file = io.open("%s", "w")
      file:write("port ", server:port(), "\n")
      file:flush()
      for i = 1, 100 do server:step() socket.sleep(0.01) end
      local left, held = 0, {}
      repeat
        left = left + 1
        held[left] = io.open "/dev/null"
      until not held[left]
      file:write("left ", left, "\n")
      file:close()]]):format(path)
    local command = ("ulimit -n 80; exec '%s' -e '%s'"):format(child.lua, source)
    child.start({ "sh", "-c", command }, "/dev/null")
    local function told(pattern)
      for _ = 1, 500 do
        local number = peers.read(path):match(pattern)
        if number then return tonumber(number) end
        socket.sleep(0.01)
      end
      error("the child did not tell " .. pattern)
    end
    local clients, port = {}, told "port (%d+)\n"
    for i = 1, 70 do clients[i] = wire.connect(port) end
    local left = told "left (%d+)\n"
    for i = 1, 70 do clients[i]:close() end
    os.remove(path)
    assert.is_true(left >= 20, tostring(left))
  end)
end)

describe("httpd.open and the process", function()
  local OPEN = [[
    local core = require "kassa.core"
    local httpd = require "kassa.httpd"
    local wire = require "support.wire"
    local engine = core.engine.new {}
    local server = assert(httpd.open { signals = true, handler = function() return {} end })
    local function serve()
      while server:step() do
        engine:watch(server:fd())
        repeat engine:step(1000) until engine:take()
      end
    end
    local pid = io.open("/proc/self/stat"):read("*n")
  ]]

  it("ends at a signal, where that is asked for, and gives signals back", function()
    for name, status in pairs { INT = 1, TERM = 143 } do -- lua itself catches SIGINT
      local got, output = child.run(OPEN .. ([[
        os.execute("kill -%s " .. pid)
        serve()
        io.stderr:write "ended\n"
        os.execute("(sleep 0.1; kill -%s " .. pid .. ") &") -- system() itself ignores SIGINT
        engine:timer(2000)
        engine:step(2000)
      ]]):format(name, name))
      assert.equal("ended\n", output:match "^ended\n" or output)
      assert.equal(status, got)
    end
  end)

  it("may exit at any moment", function()
    for _, finish in ipairs { "os.exit(3)", "os.exit(3, true)", "error 'over'", "" } do
      local got = child.run(OPEN .. "server:step() wire.connect(server:port()) " .. finish)
      assert.equal(({ [""] = 0, ["error 'over'"] = 1 })[finish] or 3, got)
    end
  end)

  local on_luajit = rawget(_G, "jit") and it or function(name) pending(name .. " (needs ffi)") end

  on_luajit("is not ended by a forked child, which cannot step it", function()
    local got, output = child.run(OPEN .. [[
      local ffi = require "ffi"
      ffi.cdef "int fork(void); int waitpid(int, int *, int); void _exit(int);"
      local client = wire.connect(server:port())
      client:send(wire.request {})
      server:step()
      local child = ffi.C.fork()
      if child == 0 then
        local ok, message = pcall(server.step, server)
        assert(not ok and message:find "before a fork", message)
        server:stop()
        os.exit(0, true)
      end
      local status = ffi.new "int[1]"
      ffi.C.waitpid(child, status, 0)
      assert(status[0] == 0, "the child failed")
      server:step()
      assert(wire.read(client).status == 200)
      os.exit(6)
    ]])
    assert.equal(6, got, output)
  end)
end)
