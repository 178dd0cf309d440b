-- Promises of kassa.runtime.nginx about its host: requests of one worker do not disturb each other,
-- reload and quit lose no answer, a killed leader strands nobody, nothing stays on disk. That calls
-- are the same as elsewhere is in contract/runtime_spec.lua.
local openresty = require "support.openresty"
local peers = require "support.peers"

-- Answers a read of the transaction "wait-300" after 300 ms, and of "wait-held" once it is told to.
local UPSTREAM = [[
  keepalive_requests 100000; lua_shared_dict told 1m;
  server {
    listen 127.0.0.1:$port; default_type application/json;
    location /release { content_by_lua_block { ngx.shared.told:set("released", true) } }
    location /hold { content_by_lua_block { ngx.shared.told:delete "released" } }
    location / { content_by_lua_block {
      local ms = ngx.var.uri:match "wait%-(%w+)"
      while ms == "held" and not ngx.shared.told:get "released" do ngx.sleep(0.02) end
      ngx.sleep((tonumber(ms) or 0) / 1000)
      ngx.print '{ "payment_transaction_id": "a", "state": "AUTHORIZED" }'
    } }
  }
]]

-- What a shop would write: a client made in init_by_lua, used everywhere.
local FRONT = [[
  error_log $folder/error.log warn;
  init_by_lua_block {
    kassa = require "kassa"
    %s
    klarna = kassa.klarna { api_key = "klarna_test_api_x", base_url = "http://127.0.0.1:%s",
      max_connections = 100 }
    function read(ms)
      local began = ngx.now()
      local tx, err = klarna.payment_transactions:read("wait-" .. ms, { retries = 0 })
      ngx.update_time()
      return tx and tx.state or tostring(err), ngx.now() - began
    end
    function try(...)
      local ok, err = pcall(...)
      ngx.log(ngx.ERR, "TRIED[", ok and "done" or tostring(err), "]")
    end
  }
  init_worker_by_lua_block { try(read, 1) }
  server {
    listen 127.0.0.1:$port; lua_check_client_abort on;
    location /read { content_by_lua_block { ngx.print((read(ngx.var.args or 1))) } }
    location /took { content_by_lua_block { ngx.print(select(2, read(ngx.var.args))) } }
    location /worker { content_by_lua_block { ngx.print(ngx.worker.pid(), " ", (read(1))) } }
    location /die { content_by_lua_block {
      ngx.on_abort(function() ngx.exit(499) end)
      read(ngx.var.args)
    } }
    location /fds { content_by_lua_block {
      local _, sockets = io.popen("ls -l /proc/$PPID/fd"):read "*a":gsub("deleted", "")
      ngx.print(sockets)
    } }
    location /tasks { content_by_lua_block {
      local seen = {}
      kassa.run(function()
        kassa.go(function() ngx.sleep(0.05) table.insert(seen, (read(1))) end)
        kassa.go(function() kassa.sleep(0.03) table.insert(seen, "slept") end)
        table.insert(seen, coroutine.wrap(function() return (read(1)) end)())
      end)
      table.sort(seen)
      ngx.print(table.concat(seen, " "))
    } }
    location /pcall { content_by_lua_block { local _, state = pcall(read, 1) ngx.print(state) } }
    location /gsub { content_by_lua_block {
      try(string.gsub, "x", "x", function() return (read(1)) end)
      ngx.print "over"
    } }
    location /phases {
      set_by_lua_block $a { try(kassa.sleep, 1) return "" }
      header_filter_by_lua_block { try(read, 1) }
      body_filter_by_lua_block { try(kassa.all, {}) }
      log_by_lua_block { try(kassa.run, print) }
      content_by_lua_block { ngx.print "over" }
    }
  }
]]

describe("kassa.runtime.nginx", function()
  local missing, upstream = openresty.missing() or openresty.elsewhere(), nil
  local servers = {}

  setup(function()
    if not missing then upstream = openresty.start(UPSTREAM) end
  end)

  teardown(function()
    if upstream then upstream:stop() end
  end)

  after_each(function()
    for _, server in ipairs(servers) do server:stop() end
    servers = {}
  end)

  local function front(more)
    more = more or {}
    servers[1] = openresty.start((more.http or "")
      .. FRONT:format(more.init or "", upstream.port), more)
    return servers[1]
  end

  local function promise(words, act)
    it(words, function()
      if missing then return pending(missing) end
      act()
    end)
  end

  -- Until it holds, but not for ever.
  local function wait_until(holds, words)
    for _ = 1, 1000 do
      if holds() then return end
      os.execute "sleep 0.02"
    end
    error(words .. " never came")
  end

  -- A signal while the calls of 50 requests are in flight. -> how many were answered, server
  local function interrupted(name)
    local server = front()
    local told = server.folder .. "/told"
    upstream:get "/hold"
    assert.equal("AUTHORIZED", (server:get "/read"))
    local old = server:workers()[1]
    os.execute(("(seq 50 | xargs -P 50 -I @ curl -sS -m 60 %s/read?held >%s 2>&1; "
      .. "echo over >>%s) &"):format(server.url, told, told))
    wait_until(function() return peers.established(upstream.port) >= 50 end, "50 calls in flight")
    server:signal(name)
    os.execute "sleep 0.3"
    upstream:get "/release"
    wait_until(function() return peers.read(told):find "over" end, "the end of 50 requests")
    local _, answered = peers.read(told):gsub("AUTHORIZED", "")
    wait_until(function() return peers.read("/proc/" .. old .. "/stat") == "" end,
      "the end of the worker")
    return answered, server
  end

  promise("answers 50 calls in flight at a reload, and the worker ends", function()
    local answered, server = interrupted "HUP"
    assert.equal(50, answered)
    assert.equal("AUTHORIZED", (server:get "/read"))
    assert.is_nil(server:log():find "exited on signal")
  end)

  promise("answers 50 calls in flight when nginx quits", function()
    local answered, server = interrupted "QUIT"
    assert.equal(50, answered)
    assert.is_nil(server:log():find "exited on signal")
  end)

  promise("stops at once and without a crash, with calls in flight", function()
    local answered, server = interrupted "TERM"
    assert.equal(0, answered)
    assert.is_nil(server:log():find "exited on signal")
  end)

  promise("lets a follower take over from a leader whose request was killed", function()
    local server = front()
    assert.equal("AUTHORIZED", (server:get "/read"))
    os.execute(("curl -s -m 0.3 %s/die?20000 & sleep 0.1; curl -s -m 60 %s/took?600 >%s/took; wait")
      :format(server.url, server.url, server.folder))
    local took = tonumber(peers.read(server.folder .. "/took"))
    -- Of an idle machine: 0.6 s and at most 1.1 for the lease. Without one: 30 s.
    assert(took and took >= 0.6 and took < 0.6 + 1.5 + 4, took)
  end)

  promise("hands out the others' answers when those of killed requests come", function()
    local server = front()
    assert.equal("AUTHORIZED", (server:get "/read"))
    os.execute(("seq 20 | xargs -P 20 -I @ curl -s -m 0.5 %s/die?900 & sleep 0.7; "
      .. "seq 20 | xargs -P 20 -I @ curl -sS -m 60 %s/read?900 >%s/told 2>&1; wait"):format(
      server.url, server.url, server.folder))
    local _, answered = peers.read(server.folder .. "/told"):gsub("AUTHORIZED", "")
    assert.equal(20, answered)
    assert.is_nil(server:log():find "runtime error")
  end)

  promise("refuses, before anything is sent, where a request cannot be suspended", function()
    local server = front()
    assert.equal("over", (server:get "/phases"))
    assert.equal("over", (server:get "/gsub"))
    wait_until(function() return server:log():find "phase log" end, "the end of a request")
    local log = server:log()
    for _, phase in ipairs { "init_worker", "set", "header_filter", "body_filter", "log" } do
      assert(log:find("TRIED%[[^\n]*called in nginx's phase " .. phase .. ", where"), log)
    end
    assert(log:find "TRIED%[[^\n]*in a callback of gsub", log)
    assert.is_nil(log:find "TRIED%[done")
    assert.equal(0, peers.established(upstream.port))
  end)

  promise("suspends inside pcall", function()
    assert.equal("AUTHORIZED", (front():get "/pcall"))
  end)

  promise("keeps the tasks of several requests apart", function()
    local server = front()
    for _ = 1, 3 do
      os.execute(("seq 20 | xargs -P 20 -I @ curl -sS -m 60 %s/tasks >%s/told 2>&1")
        :format(server.url, server.folder))
      local _, right = peers.read(server.folder .. "/told"):gsub("AUTHORIZED AUTHORIZED slept", "")
      assert.equal(20, right, peers.read(server.folder .. "/told") .. server:log())
    end
  end)

  promise("serves several workers by a client made in init_by_lua", function()
    local server = front { workers = 2 }
    local seen, count = {}, 0
    wait_until(function()
      local told = server:get "/worker"
      assert.matches("^%d+ AUTHORIZED$", told)
      if not seen[told] then seen[told], count = true, count + 1 end
      return count == 2
    end, "the second worker")
  end)

  promise("leaves nothing on disk, not while it works either", function()
    local place = peers.folder()
    finally(function() peers.remove(place) end)
    local server = front { head = ("env TMPDIR=%s;"):format(place) }
    assert.equal("AUTHORIZED", (server:get "/read"))
    assert.equal("1", (server:get "/fds")) -- the way to the socket was in that folder
    assert.equal("", io.popen("ls -A " .. place):read "*a")
  end)

  promise("works where nginx runs as somebody else, who may not look into its own /proc", function()
    local server = front { user = "nobody nogroup" }
    assert.equal("AUTHORIZED", (server:get "/read"))
    assert.is_nil(server:log():find "every 5 ms")
  end)

  promise("works without a place for its socket, by looking again", function()
    local server = front { init =
      "require 'kassa.core'.bridge.new = function() return nil, 'no folder' end" }
    assert.equal("AUTHORIZED", (server:get "/read"))
    assert.matches("looks for answers every 5 ms[^\n]*no folder", server:log())
  end)

  promise("works without a code cache, with a Lua state for each request", function()
    local server = front { http = "lua_code_cache off;" }
    for _ = 1, 3 do assert.equal("AUTHORIZED", (server:get "/read")) end
    assert.is_nil(server:log():find "exited on signal")
  end)
end)
