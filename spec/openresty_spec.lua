-- Promises of kassa.openresty: what its handler acknowledges is stored and handled, in a real
-- nginx, and a wrong or large delivery costs nobody anything. What deliveries are in all
-- receivers is in webhook/serve_spec.lua and webhook/receiver_spec.lua.
local child = require "support.child"
local openresty = require "support.openresty"
local receivers = require "support.receivers"
local wire = require "support.wire"

local body_of, delivery = receivers.body_of, receivers.delivery

-- The handler keeps a client's call and a pause between an event and the note that it was handled.
local FRONT = [[
  client_body_buffer_size 1k; lua_shared_dict handled 1m; lua_shared_dict rates 1m;
  init_by_lua_block {
    kassa = require "kassa"
    local router = kassa.webhook.router()
    router:on("*", function(event)
      kassa.sleep(0.01)
      ngx.sleep(event.payload.wait or 0)
      if event.payload.broken then error "a bug of the shop" end
      ngx.shared.handled:incr(event.id, 1, 0)
      if event.id == "last" then ngx.log(ngx.ERR, "handled the last") end
    end)
    receive = kassa.openresty.webhook { router = router, body_max = 4000,
      keys = { ["krn:key:1"] = "kassa-test-signing-key-0001" } }
    told = {}
    function try(...)
      local ok, err = pcall(...)
      told[#told + 1] = ok and "fine" or tostring(err)
    end
    try(kassa.openresty.webhook, { router = router, keys = {}, colour = 1 })
    try(kassa.openresty.webhook, { keys = {} })
    try(kassa.openresty.webhook, kassa.openresty)
    try(kassa.openresty.dict, "rates")
    try(kassa.openresty.dict, "nowhere")
  }
  server {
    listen 127.0.0.1:$port;
    location = / { content_by_lua_block { receive() } }
    location /handled { content_by_lua_block {
      ngx.print(ngx.shared.handled:get(ngx.var.args) or 0)
    } }
    location /told { content_by_lua_block { ngx.print(table.concat(told, "\n")) } }
    location /rates { content_by_lua_block {
      ngx.print((kassa.openresty.dict "rates":incr("n", 1, 0)))
    } }
  }
]]

describe("kassa.openresty", function()
  local missing, server = openresty.missing() or openresty.elsewhere(), nil

  setup(function()
    if not missing then server = openresty.start(FRONT) end
  end)

  teardown(function()
    if server then server:stop() end
  end)

  local function promise(words, act)
    it(words, function()
      if missing then return pending(missing) end
      act()
    end)
  end

  local function post(request)
    local client = wire.connect(server.port, 20)
    client:send(request)
    local got = assert(wire.read(client))
    client:close()
    return got
  end

  -- How often the event was handled, once it was.
  local function handled(id)
    for _ = 1, 500 do
      local times = server:get("/handled?" .. id)
      if times ~= "0" then return times end
      os.execute "sleep 0.01"
    end
    error("the event was never handled\n" .. server:log())
  end

  promise("acknowledges what is signed, and has it handled afterwards", function()
    local got = post(delivery(body_of("payment.transaction.captured", { wait = 0.1 }, "first")))
    assert.same({ 204, "" }, { got.status, got.body })
    assert.equal("0", (server:get "/handled?first"))
    assert.equal("1", handled "first")
  end)

  promise("reads a body that nginx has put into a file", function()
    local body = body_of("x", { text = ("t"):rep(3000) }, "large")
    assert.equal(204, post(delivery(body)).status)
    assert.equal("1", handled "large")
  end)

  promise("handles a repeated delivery once", function()
    local request = delivery(body_of("x", { wait = 0.05 }, "again"))
    for _ = 1, 3 do assert.equal(204, post(request).status) end
    assert.equal("1", handled "again")
    os.execute "sleep 0.2"
    assert.equal("1", handled "again")
  end)

  promise("refuses by name what is not signed, is too large, or is no delivery", function()
    local body = body_of "x"
    local got = post(delivery(body, { key = "another" }))
    assert.same({ 400, "mismatch\n" }, { got.status, got.body })
    got = post(delivery(body, { headers = {} }))
    assert.same({ 400, "no_signature\n" }, { got.status, got.body })
    assert.equal(413, post(delivery(body_of("x", { text = ("t"):rep(5000) }))).status)
    local chunk = "1388\r\n" .. ("t"):rep(5000) .. "\r\n0\r\n\r\n"
    assert.equal(413, post(wire.request { method = "POST",
      headers = { "Transfer-Encoding: chunked" } } .. chunk).status)
    got = post(wire.request {})
    assert.same({ 405, "POST" }, { got.status, got.headers.allow })
  end)

  promise("tells of a handler that fails, and handles the next one", function()
    assert.equal(204, post(delivery(body_of("x", { broken = true }))).status)
    assert.equal(204, post(delivery(body_of("x", nil, "next"))).status)
    assert.equal("1", handled "next")
    assert.matches("kassa.webhook: [^\n]*a bug of the shop", server:log())
  end)

  promise("names an option that cannot be meant, and a dictionary that is not there", function()
    local told = server:get "/told"
    assert.matches("kassa.openresty.webhook: colour is no option", told)
    assert.matches("kassa.openresty.webhook: router is missing", told)
    assert.matches("call it with a dot, not with a colon", told)
    assert.matches("fine\n[^\n]*add `lua_shared_dict nowhere 1m;` to its http block", told)
    assert.equal("1", (server:get "/rates"))
    assert.equal("2", (server:get "/rates"))
  end)

  promise("handles what it has acknowledged when nginx quits meanwhile", function()
    local own = openresty.start(FRONT)
    finally(function() own:stop() end)
    local client = wire.connect(own.port, 20)
    client:send(delivery(body_of("x", { wait = 0.3 }, "last")))
    assert.equal(204, wire.read(client).status)
    client:close()
    local worker = own:workers()[1]
    own:signal "QUIT"
    for _ = 1, 500 do
      if not io.open("/proc/" .. worker .. "/stat") then break end
      os.execute "sleep 0.02"
    end
    assert.is_nil(own:log():find "exited on signal")
    assert.matches("handled the last", own:log())
  end)

  it("says that it belongs into nginx", function()
    local status, printed = child.run [[
      local kassa = require "kassa"
      print(select(2, pcall(kassa.openresty.webhook, {})))
      print(select(2, pcall(kassa.openresty.dict, "x")))]]
    assert.equal(0, status)
    assert.matches("kassa.openresty.webhook: only inside nginx", printed)
    assert.matches("kassa.openresty.dict: only inside nginx", printed)
  end)
end)
