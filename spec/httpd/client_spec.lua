-- Promises of kassa.httpd to kassa's own client: TLS, many connections, and faults that the engine
-- tells apart.
local httpd = require "kassa.httpd"
local peers = require "support.peers"
local run = require "support.engine"

local function start(options)
  options.module = "support.httpd_app"
  return assert(httpd.start(options))
end

describe("kassa.httpd and the engine", function()
  local server, base, engine, channel

  local function open(options, engine_options)
    options.base_url = options.base_url or base
    engine, channel = run.open(options, engine_options)
  end

  before_each(function()
    server = start {}
    base = "http://127.0.0.1:" .. server:port()
  end)

  after_each(function()
    if engine then engine:close() end
    engine = nil
    server:stop()
  end)

  it("agree on what a reset, a cut body, a drip and silence are", function()
    open {}
    local reset = run.call(engine, channel, "GET", "/reset")
    assert.equal("protocol", reset.code)
    assert.matches("reset by peer", reset.message)
    assert.is_nil(reset.status)
    local cut = run.call(engine, channel, "GET", "/truncate")
    assert.equal("protocol", cut.code)
    assert.equal(200, cut.status)
    assert.equal("hello", run.call(engine, channel, "GET", "/drip").body)
    local silent = run.call(engine, channel, "GET", "/silence", nil, nil, 100)
    assert.equal("timeout", silent.code)
    assert.equal("sent", silent.wire)
    assert.equal(201, run.call(engine, channel, "GET", "/after").status)
  end)

  -- Both ends of every connection are in this process, which may have only so many descriptors.
  it("serve and ask up to 1,000 calls at once, each over a connection of its own", function()
    local pipe = io.popen "ulimit -n"
    local limit = tonumber(pipe:read "*l") or 1 / 0
    pipe:close()
    local count = math.floor(math.min(1000, limit / 2 - 60))
    open({ http = "1.1" }, { max_connections = count })
    for _ = 1, count do channel:submit("GET", "/delay", nil, nil, 20000) end
    for _, answer in pairs((run.collect(engine, count))) do
      assert.equal("late", answer.body, answer.message)
    end
  end)

  it("keep the order of many different delays", function()
    open({ http = "1.1" }, { max_connections = 60 })
    local delays = {}
    for i = 1, 60 do
      local ms = (i * 37) % 61 * 5 -- every multiple of 5 up to 300, in a wild order
      delays[channel:submit("GET", "/wait?" .. ms, nil, nil, 20000)] = ms
    end
    local answers, order = run.collect(engine, 60)
    local longest = 0
    for _, id in ipairs(order) do
      assert.equal(tostring(delays[id]), answers[id].body)
      assert(answers[id].ms >= delays[id] - 1)
      assert(longest - delays[id] < 200, "far out of order") -- a busy machine lags behind
      longest = math.max(longest, delays[id])
    end
  end)

  it("carry a body of 5 MB both ways", function()
    open {}
    local body = ("0123456789abcdef"):rep(327680)
    local answer = run.call(engine, channel, "POST", "/echo", nil, body)
    assert.is_true(answer.body == body)
  end)

  it("speak TLS with a certificate that the client trusts, and only then", function()
    if not httpd.tls then pending "libmicrohttpd without TLS" return end
    local folder = peers.folder()
    local ca_file = peers.authority(folder, "ca")
    local certificate, key = peers.certificate(folder, "ca", "server", "localhost")
    local secure = start { tls_cert = peers.read(certificate), tls_key = peers.read(key) }
    local url = "https://127.0.0.1:" .. secure:port()
    open { base_url = url, ca_file = ca_file }
    assert.equal(201, run.call(engine, channel, "GET", "/safe").status)
    assert.equal("protocol", run.call(engine, channel, "GET", "/reset").code)
    assert.equal("hello", run.call(engine, channel, "GET", "/drip").body)
    local strange = assert(engine:channel { base_url = url })
    assert.equal("tls", run.call(engine, strange, "GET", "/safe").code)
    secure:stop()
    peers.remove(folder)
  end)
end)
