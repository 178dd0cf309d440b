-- Promises of kassa.httpd about the process around it: signals, exits at any moment, forks. Each
-- case runs in a child of its own and refuses any end but the one expected.
local child = require "support.child"
local socket = require "socket"
local wire = require "support.wire"

-- A server that has just been given work, in a child process.
local BUSY = [[
  local httpd = require "kassa.httpd"
  local wire = require "support.wire"
  local server = assert(httpd.start { module = "support.httpd_app" })
  local clients = {}
  for i, path in ipairs { "/digest", "/silence", "/delay", "/drip", "/digest", "/digest" } do
    clients[i] = wire.connect(server:port())
    clients[i]:send((wire.request { path = path }):rep(i == 1 and 50 or 1))
  end
]]

local function times(n, source, expected)
  for i = 1, n do
    local status, output = child.run(source)
    assert.equal(expected, status, "run " .. i .. ": " .. output)
  end
end

describe("kassa.httpd at the end of the process", function()
  it("survives os.exit with the server alive", function()
    times(20, BUSY .. "os.exit(3)", 3)
  end)

  it("survives os.exit that closes the state", function()
    times(5, BUSY .. "os.exit(4, true)", 4)
  end)

  it("survives the end of the script, and an error", function()
    times(5, BUSY, 0)
    times(5, BUSY .. "error 'over'", 1)
  end)

  it("survives os.exit in a handler, on the server's own thread", function()
    times(5, BUSY .. [[
      wire.connect(server:port()):send(wire.request { path = "/exit" })
      while true do end
    ]], 7)
  end)

  it("survives os.exit after stop", function()
    times(3, BUSY .. "server:stop(); os.exit(5)", 5)
  end)
end)

describe("kassa.httpd in a forked child", function()
  local FORK = BUSY .. [[
    local ffi = require "ffi"
    ffi.cdef "int fork(void); int waitpid(int, int *, int); void _exit(int);"
    local pid = ffi.C.fork()
    if pid == 0 then
      %s
    end
    local status = ffi.new "int[1]"
    ffi.C.waitpid(pid, status, 0)
    assert(status[0] == 0, "the child failed: " .. status[0])
    assert(wire.fetch(server:port(), { path = "/" }).status == 201)
    os.exit(6)
  ]]

  local on_luajit = rawget(_G, "jit") and it or function(name) pending(name .. " (needs ffi)") end

  on_luajit("does nothing when stopped, collected or left: the parent's server lives on", function()
    times(3, FORK:format "server:stop(); os.exit(0)", 6)
    times(3, FORK:format "server = nil; collectgarbage(); collectgarbage(); os.exit(0)", 6)
    times(3, FORK:format "os.exit(0, true)", 6)
  end)

  on_luajit("can start a server of its own", function()
    times(3, FORK:format [[
      local mine = assert(httpd.start { module = "support.httpd_app" })
      assert(wire.fetch(mine:port(), { path = "/count" }).body == "1")
      os.exit(0)
    ]], 6)
  end)
end)

describe("kassa.httpd.serve", function()
  local PORT_FILE = os.tmpname()
  local SERVE = ([[
    local httpd = require "kassa.httpd"
    local ok, message = httpd.serve {
      on_ready = function(port)
        local file = io.open(%q, "w")
        file:write(port, "\n")
        file:close()
      end,
      handler = function(request)
        if request.path == "/stop" then return { body = "bye", stop = true } end
        if request.path == "/large" then return { body = ("x"):rep(4e6) } end
        return { body = "fine" }
      end,
    }
    assert(ok, message)
    os.exit(9)
  ]]):format(PORT_FILE)

  local function start()
    os.remove(PORT_FILE)
    local pid = child.start({ child.lua, "-e", SERVE }, "/dev/null")
    local deadline = socket.gettime() + 5
    while socket.gettime() < deadline do
      local file = io.open(PORT_FILE)
      local line = file and file:read "*l"
      if file then file:close() end
      if line then return pid, tonumber(line) end
      socket.sleep(0.01)
    end
    error "the server did not start"
  end

  local function gone(pid)
    local deadline = socket.gettime() + 5
    while socket.gettime() < deadline do
      local file = io.open("/proc/" .. pid .. "/status")
      local text = file and file:read "*a" or ""
      if file then file:close() end
      if text == "" or text:find "State:%s+Z" then return true end
      socket.sleep(0.01)
    end
    return false
  end

  teardown(function() os.remove(PORT_FILE) end)

  it("serves until SIGINT or SIGTERM, with clients connected", function()
    for _, signal in ipairs { "INT", "TERM" } do
      local pid, port = start()
      assert.equal("fine", wire.fetch(port, {}).body)
      local idle = wire.connect(port)
      os.execute("kill -" .. signal .. " " .. pid)
      assert.is_true(gone(pid))
      idle:close()
    end
  end)

  it("survives clients that vanish in the middle of an answer", function()
    local pid, port = start()
    for _ = 1, 20 do
      local client = wire.connect(port)
      client:send((wire.request { path = "/large" }):rep(3))
      client:receive(1000)
      client:setoption("linger", { on = true, timeout = 0 })
      client:close()
    end
    assert.equal("fine", wire.fetch(port, {}).body)
    os.execute("kill -TERM " .. pid)
    assert.is_true(gone(pid))
  end)

  it("serves until a handler answers stop, and the answer arrives", function()
    local pid, port = start()
    assert.equal("bye", wire.fetch(port, { path = "/stop" }).body)
    assert.is_true(gone(pid))
  end)

  it("returns true after a signal, and leaves the signal to the host again", function()
    local status, output = child.run [[
      local httpd = require "kassa.httpd"
      local pid = io.open("/proc/self/stat"):read("*n")
      local function serve()
        return httpd.serve {
          handler = function() return {} end,
          on_ready = function() os.execute("kill -TERM " .. pid) end,
        }
      end
      assert(serve() == true)
      assert(serve() == true)
      io.stderr:write "served twice\n"
      os.execute("kill -TERM " .. pid)
      os.execute "sleep 1"
    ]]
    assert.equal("served twice\n", output:match "^served twice\n" or output)
    assert.equal(143, status)
  end)

  it("passes on what on_ready raises, and closes the port", function()
    local httpd = require "kassa.httpd"
    local port
    local ok, message = pcall(httpd.serve, {
      handler = function() return {} end,
      on_ready = function(p) port = p; error("not ready", 0) end,
    })
    assert.is_false(ok)
    assert.equal("not ready", message)
    assert.is_nil(socket.connect("127.0.0.1", port))
  end)

  it("returns nil and the reason when it cannot listen", function()
    local httpd = require "kassa.httpd"
    local ok, message = httpd.serve { handler = function() return {} end, address = "::ffff:0:1:2" }
    assert.is_nil(ok)
    assert.is_truthy(message:find("cannot serve on", 1, true))
  end)
end)
