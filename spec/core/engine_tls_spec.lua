-- Promises of core.engine over TLS and HTTP/2, against a real nginx: whom it trusts, what it
-- refuses to speak, and that an early answer is an answer. The certificates are made for each run.
local core = require "kassa.core"
local heavy = require "support.heavy"
local peers = require "support.peers"
local run = require "support.engine"

local call = run.call
local describe_in_both_modes = run.in_both_modes(describe)

-- One block for each kind of server; the ports are given when they are known.
local SERVER = [[
  server {
    listen 127.0.0.1:%s ssl %s; ssl_certificate %s.pem; ssl_certificate_key %s.key; %s
    client_max_body_size 10m; keepalive_requests 10000; http2_max_concurrent_streams 128;
    location = /gzip {
      alias $folder/bomb.gz; default_type text/plain; add_header Content-Encoding gzip;
    }
    location = /401 { return 401 '{"error":"unauthorized"}'; }
    location = /429 { return 429 'slow down'; }
    location = /413 { client_max_body_size 1k; proxy_pass http://127.0.0.1:%s; }
    location / {
      proxy_http_version 1.1; client_body_buffer_size 2m; proxy_pass http://127.0.0.1:%s;
    }
  }
]]

local MANY = heavy.part(1000) -- early answers, each of which is told as such

local OLD = "ssl_protocols TLSv1.1; ssl_ciphers DEFAULT:@SECLEVEL=0;"
local MUTUAL = "ssl_client_certificate $folder/ca.pem; ssl_verify_client on;"

describe_in_both_modes("a call over TLS", function(mode)
  if not (peers.have "nginx" and peers.have "openssl") then
    it("needs nginx and openssl", function() pending "they are not installed" end)
    return
  end

  local folder, wire, nginx, ports, engine, ca

  local function server(port, http2, name, more)
    local path = folder .. "/" .. name
    return SERVER:format(port, http2, path, path, more or "", wire.port, wire.port)
  end

  setup(function()
    folder, wire, ports = peers.folder(), peers.wire(), peers.ports(6)
    ca = peers.authority(folder, "ca")
    peers.authority(folder, "stranger")
    peers.certificate(folder, "ca", "good", "localhost")
    peers.certificate(folder, "ca", "other", "other.example", true)
    peers.certificate(folder, "stranger", "unknown", "localhost")
    peers.certificate(folder, "ca", "merchant", "merchant")
    os.execute("head -c 20000000 /dev/zero | gzip > " .. folder .. "/bomb.gz")
    nginx = peers.nginx(folder, server(ports[1], "http2", "good") .. server(ports[2], "", "other")
      .. server(ports[3], "", "unknown") .. server(ports[4], "", "good", OLD)
      .. server(ports[5], "http2", "good", MUTUAL) .. server(ports[6], "", "good"))
  end)

  teardown(function()
    if nginx then nginx:stop() end
    if wire then wire:stop() end
    if folder then peers.remove(folder) end
  end)

  before_each(function() engine = core.engine.new { mode = mode } end)
  after_each(function() engine:close() end)

  local function channel(number, options)
    options = options or {}
    options.base_url = "https://127.0.0.1:" .. ports[number]
    options.ca_file = options.ca_file or ca
    return assert(engine:channel(options))
  end

  it("speaks HTTP/2 where the server does, and HTTP/1.1 where it does not or when told", function()
    local answer = call(engine, channel(1), "GET", "/")
    assert.same({ 200, "2", "ok" }, { answer.status, answer.http, answer.body })
    assert.matches("^HTTP/2 200", answer.head)
    assert.equal("1.1", call(engine, channel(1, { http = "1.1" }), "GET", "/").http)
    assert.equal("2", call(engine, channel(1), "GET", "/").http)
  end)

  it("sends over HTTP/2 what was told", function()
    local answer = call(engine, channel(1, { headers = { "Content-Type: text/plain" } }), "PATCH",
      "/echo?x=1", { "X-Own: 1" }, "body")
    assert.matches("^PATCH /echo%?x=1 HTTP/1%.1\r\n", answer.body)
    assert.matches("\r\nx%-own: 1\r\n", answer.body)
    assert.matches("\r\n\r\nbody$", answer.body)
  end)

  it("answers many at once over few connections", function()
    local one = channel(1)
    for _ = 1, 200 do one:submit("GET", "/sleep-50", nil, nil, 9000) end
    engine:step(20)
    local open = peers.connections(ports[1])
    local answers = run.collect(engine, 200)
    for _, answer in pairs(answers) do
      assert.same({ 200, "2" }, { answer.status, answer.http })
    end
    assert(open <= 3, open .. " connections")
  end)

  it("keeps to the connection limit with a host that turns out to speak HTTP/1.1 only", function()
    engine:close()
    engine = core.engine.new { max_connections = 4, mode = mode }
    local one, most = channel(6), 0
    for _ = 1, 60 do one:submit("POST", "/sleep-5", nil, "{}", 9000) end
    local done = 0
    while done < 60 do
      engine:step(1000)
      for _, answer in function() return engine:take() end do
        assert.same({ 200, "1.1" }, { answer.status, answer.http })
        done = done + 1
      end
      most = math.max(most, peers.connections(ports[6]))
    end
    assert.equal(4, most)
  end)

  it("calls a certificate for another host or by a stranger tls, unsent", function()
    for number = 2, 3 do
      local answer = call(engine, channel(number), "POST", "/", nil, "{}")
      assert.equal("tls", answer.code)
      assert.equal("unsent", answer.wire)
    end
    local answer = call(engine, channel(1, { ca_file = folder .. "/stranger.pem" }), "GET", "/")
    assert.equal("tls", answer.code)
    answer = call(engine, channel(1, { ca_file = folder .. "/none.pem" }), "GET", "/")
    assert.equal("tls", answer.code)
  end)

  it("refuses a server that speaks nothing newer than TLS 1.1", function()
    local answer = call(engine, channel(4), "GET", "/")
    assert.same({ "tls", "unsent" }, { answer.code, answer.wire })
  end)

  it("ends a handshake that hangs at the connect timeout or its deadline, unsent", function()
    local hole = peers.hole()
    local function to_hole(connect_timeout_ms)
      return assert(engine:channel { base_url = "https://127.0.0.1:" .. hole.port,
        connect_timeout_ms = connect_timeout_ms })
    end
    local answer = call(engine, to_hole(60), "POST", "/", nil, "{}", 5000)
    assert.same({ "connect", "unsent" }, { answer.code, answer.wire })
    answer = call(engine, to_hole(5000), "POST", "/", nil, "{}", 60)
    assert.same({ "timeout", "unsent" }, { answer.code, answer.wire })
    hole:stop()
  end)

  it("shows a client certificate when it has one", function()
    local mutual = { client_cert = folder .. "/merchant.pem",
      client_key = folder .. "/merchant.key" }
    assert.equal(200, call(engine, channel(5, mutual), "GET", "/").status)
    assert.equal(400, call(engine, channel(5), "GET", "/").status)
    engine:close() -- a connection with this certificate would be used again
    engine = core.engine.new { mode = mode }
    local wrong = { client_cert = folder .. "/merchant.pem", client_key = folder .. "/good.key" }
    assert.equal("tls", call(engine, channel(5, wrong), "GET", "/").code)
  end)

  it("goes through a proxy", function()
    local answer = call(engine, channel(1, { proxy = wire.url }), "GET", "/")
    assert.same({ 200, "2" }, { answer.status, answer.http })
  end)

  it("caps a body after decompression", function()
    local answer = call(engine, channel(1, { gzip = true }), "GET", "/gzip")
    assert.same({ "too_large", 200 }, { answer.code, answer.status })
    answer = call(engine, channel(1, { gzip = true, response_max = 30000000 }), "GET", "/gzip")
    assert.equal(20000000, #answer.body)
  end)

  it("ends at its deadline over HTTP/2, and the connection goes on", function()
    local one = channel(1)
    assert.equal(200, call(engine, one, "GET", "/").status)
    local answer = call(engine, one, "GET", "/sleep-2000", nil, nil, 60)
    assert.same({ "timeout", "sent" }, { answer.code, answer.wire })
    assert.equal(200, call(engine, one, "GET", "/").status)
  end)

  it("streams a large body and a file", function()
    local body = ("0123456789"):rep(100000)
    peers.write(folder .. "/body", body)
    for _, source in ipairs { body, { file = folder .. "/body" } } do
      local answer = call(engine, channel(1), "POST", "/echo", nil, source)
      assert(answer.body:match "\r\n\r\n(.*)$" == body)
    end
  end)

  it("sends a form over HTTP/1.1, although the host speaks HTTP/2", function()
    local body = ("0123456789"):rep(700000)
    peers.write(folder .. "/form", body)
    local parts = { { name = "small", data = "x" }, { name = "file", file = folder .. "/form" } }
    local one = channel(1, { response_max = 9000000 })
    for _ = 1, 3 do
      local answer = call(engine, one, "POST", "/echo", nil, { parts = parts })
      assert.same({ 200, "1.1" }, { answer.status, answer.http })
      assert(answer.body:find('name="file"; filename="form"\r\n\r\n' .. body .. "\r\n--", 1, true))
      assert.equal("2", call(engine, one, "GET", "/").http)
    end
  end)

  -- count calls, `at_once` in flight. -> how often each status came
  local function storm(one, path, body, count, at_once)
    local seen, started, done = {}, 0, 0
    while done < count do
      while started - done < at_once and started < count do
        one:submit("POST", path, nil, body, 9000)
        started = started + 1
      end
      engine:step(1000)
      for _, answer in function() return engine:take() end do
        local what = answer.status or (answer.code .. ": " .. answer.message)
        seen[what], done = (seen[what] or 0) + 1, done + 1
      end
    end
    return seen
  end

  it("reports an early answer as that status, every time, over HTTP/2", function()
    for _, status in ipairs { 401, 413, 429 } do
      assert.same({ [status] = MANY }, storm(channel(1), "/" .. status, ("x"):rep(6000), MANY, 20))
      engine:close() -- a connection for each thousand, so that all are over HTTP/2
      engine = core.engine.new { mode = mode }
    end
    assert.same({ [401] = MANY }, storm(channel(1), "/401", ("x"):rep(8192), MANY, 1))
  end)

  it("reports it on connections that are just being opened, too", function()
    for _ = 1, MANY / 100 do
      assert.same({ [413] = 60 }, storm(channel(1), "/413", ("x"):rep(6000), 60, 60))
      engine:close()
      engine = core.engine.new { mode = mode }
    end
  end)

  it("goes on doing so when the server begins to see a flood in it", function()
    local one = channel(1)
    for _ = 1, 3 do
      assert.same({ [429] = MANY }, storm(one, "/429", ("x"):rep(8000), MANY, 20))
    end
    assert.equal("2", call(engine, one, "GET", "/").http)
  end)

  it("reports it too when the body is larger than a window", function()
    local one = channel(1)
    for _, size in ipairs { 65536, 900000 } do
      assert.same({ [413] = MANY / 10 }, storm(one, "/413", ("x"):rep(size), MANY / 10, 10))
      assert.same({ [401] = MANY / 10 }, storm(one, "/401", ("x"):rep(size), MANY / 10, 1))
    end
  end)

  it("reports it too when the body is a form, small or large", function()
    local one = channel(1)
    for _, size in ipairs { 2000, 60000, 3000000 } do
      peers.write(folder .. "/form", ("x"):rep(size))
      local form = { parts = { { name = "file", file = folder .. "/form" } } }
      for _, status in ipairs { 401, 413, 429 } do
        assert.same({ [status] = MANY / 20 }, storm(one, "/" .. status, form, MANY / 20, 10))
      end
    end
  end)

  it("serves other calls over HTTP/2 meanwhile", function()
    local one, large = channel(1), ("x"):rep(200000)
    for i = 1, 60 do
      one:submit("POST", i % 2 == 0 and "/401" or "/echo", nil, i % 3 == 0 and large or "{}", 9000)
    end
    local good, refused = 0, 0
    for _, answer in pairs((run.collect(engine, 60))) do
      good = good + (answer.status == 200 and 1 or 0)
      refused = refused + (answer.status == 401 and 1 or 0)
    end
    assert.same({ 30, 30 }, { good, refused })
  end)

  it("leaves no descriptor open", function()
    local before = peers.descriptors()
    for _ = 1, 3 do
      local other, one = run.open({ base_url = "https://127.0.0.1:" .. ports[1], ca_file = ca },
        { mode = mode })
      one:submit("GET", "/", nil, nil, 2000)
      one:submit("POST", "/413", nil, ("x"):rep(300000), 2000)
      run.collect(other, 2)
      one:submit("GET", "/sleep-500", nil, nil, 2000)
      other:step(5)
      other:close()
    end
    assert.equal(before, peers.descriptors())
  end)
end)
