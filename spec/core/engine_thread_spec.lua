-- Promises of an engine's thread about its process: exits under calls in flight, forks, and names
-- that do not resolve. What two threads hand each other is in engine_thread_test.c; that a call is
-- the same in both modes is in engine_spec.lua and its like.
--
-- The bar is 1,000 exits on lua5.4 and on LuaJIT: `make exits`. The ordinary suite makes a few.
local child = require "support.child"
local core = require "kassa.core"
local peers = require "support.peers"

local EXITS = tonumber(os.getenv "KASSA_EXITS") or 15
local HANG_S = 60 -- of spec/support/hang.c
local BOUND_S = 20

local it_forks = rawget(_G, "jit") and it
  or function(name) it(name, function() pending "needs LuaJIT, to call fork" end) end

-- Ends with handshakes under way, after so many milliseconds, in one of three ways.
local EXIT = [[
  local url, ca, how, ms = arg[1], arg[2], arg[3], tonumber(arg[4])
  local engine = require "kassa.core".engine.new { mode = "thread" }
  local channel = assert(engine:channel { base_url = url, ca_file = ca })
  for _ = 1, 12 do channel:submit("GET", "/", nil, nil, 20000, true) end
  engine:timer(ms)
  engine:step(ms)
  if how == "os.exit" then os.exit() end
  if how == "error" then error("the script fails", 0) end
]]

describe("a process that ends under the calls of a thread", function()
  if not (peers.have "nginx" and peers.have "openssl") then
    it("needs nginx and openssl", function() pending "they are not installed" end)
    return
  end

  local folder, nginx, port, ca

  setup(function()
    folder, port = peers.folder(), peers.ports(1)[1]
    ca = peers.authority(folder, "ca")
    peers.certificate(folder, "ca", "good", "localhost")
    nginx = peers.nginx(folder, ([[server {
      listen 127.0.0.1:%s ssl http2; ssl_certificate $folder/good.pem;
      ssl_certificate_key $folder/good.key; location / { return 200 ok; } }]]):format(port))
    peers.write(folder .. "/exit.lua", EXIT)
  end)

  teardown(function()
    if nginx then nginx:stop() end
    if folder then peers.remove(folder) end
  end)

  for how, expected in pairs { ["os.exit"] = 0, ["error"] = 1, ["its end"] = 0 } do
    it("ends cleanly by " .. how, function()
      for i = 1, math.ceil(EXITS / 3) do
        local status, output = child.finish { child.lua, folder .. "/exit.lua",
          "https://127.0.0.1:" .. port, ca, how, tostring(i % 40) }
        assert.equal(expected, status, output)
        assert.equal(how == "error", output:find("the script fails", 1, true) ~= nil, output)
      end
    end)
  end
end)

describe("a process whose names do not resolve", function()
  -- A call that waits for its name, and what the process then does about it.
  local SCRIPT = [[
    local engine = require "kassa.core".engine.new { mode = %q }
    local channel = assert(engine:channel { base_url = "http://shop.hang" })
    channel:submit("GET", "/", nil, nil, 100)
    channel:submit("GET", "/", nil, nil, 300000)
    while engine:step(1000) == 0 do end
    assert(select(2, engine:take()).code == "timeout")
    assert(engine:pending() == 1)
    %s
    io.write "over"
  ]]

  local function run(mode, last)
    local shim = (os.getenv "KASSA_UNIT" or "build/unit") .. "/hang.so"
    local preload = ((os.getenv "LD_PRELOAD" or "") .. " " .. shim):match "^%s*(.*)$"
    local clock = core.engine.new {}
    local start = clock:now()
    local status, output = child.finish { "env", "LD_PRELOAD=" .. preload, child.lua, "-e",
      SCRIPT:format(mode, last) }
    local seconds = (clock:now() - start) / 1000
    clock:close()
    assert.same({ 0, "over" }, { status, output })
    assert(seconds < BOUND_S and BOUND_S < HANG_S, seconds .. " s")
  end

  for _, mode in ipairs { "inline", "thread" } do
    it("closes its engine without waiting, " .. mode, function() run(mode, "engine:close()") end)
    it("closes its channel without waiting, " .. mode, function() run(mode, "channel:close()") end)
    it("ends without waiting, " .. mode, function() run(mode, "") end)
    it("exits without waiting, " .. mode, function() run(mode, "io.write 'over' os.exit()") end)
  end
end)

describe("a forked child", function()
  it_forks("gets an error from an inherited engine, and can make its own", function()
    local status, output = child.run [[
      local ffi = require "ffi"
      ffi.cdef "int fork(void); int waitpid(int, int *, int); void _exit(int);"
      local host = require "kassa.runtime".new()
      local driver = host:driver(4, nil, "thread")
      driver:sleep(1)
      local long = driver.engine:timer(60000)
      local pid = ffi.C.fork()
      if pid == 0 then
        local ok, why = pcall(driver.engine.timer, driver.engine, 1)
        if ok or not why:find("after fork", 1, true) then ffi.C._exit(2) end
        local own = host:driver(4, nil, "thread")
        if own == driver then ffi.C._exit(3) end
        own:sleep(1)
        driver.engine:close()
        ffi.C._exit(own.engine:usable() and 7 or 4)
      end
      local status = ffi.new "int[1]"
      ffi.C.waitpid(pid, status, 0)
      driver:sleep(1)
      assert(driver.engine:cancel(long))
      print(bit.rshift(status[0], 8))
    ]]
    assert.same({ 0, "7\n" }, { status, output })
  end)
end)
