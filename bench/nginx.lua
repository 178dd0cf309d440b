-- One nginx worker under 500 calls at once, upstream 50 ms away over HTTPS: kassa beside a plain
-- cosocket client that does nothing but ask and decode. It judges nothing: it prints the calls a
-- second of both, the 99th percentile of another location's answers under each in ms, and by how
-- many KiB the worker grew over 100,000 calls (bench/run.lua has the bars).
--
--   lua bench/nginx.lua [seconds of each run] [rounds] [calls]

local openresty = require "support.openresty"
local peers = require "support.peers"

local SECONDS, ROUNDS = tonumber(arg[1]) or 4, tonumber(arg[2]) or 3
local CALLS = tonumber(arg[3]) or 100000
local AT_ONCE = 500

local UPSTREAM = [[
  keepalive_requests 100000000; http2_max_concurrent_streams 128; keepalive_timeout 300;
  server {
    listen 127.0.0.1:$port ssl http2; ssl_certificate %s/good.pem; ssl_certificate_key %s/good.key;
    default_type application/json;
    location / { content_by_lua_block {
      local text = [=[%s]=]
      ngx.sleep(0.05)
      ngx.header.content_length = #text
      ngx.print(text)
    } }
  }
]]

local FRONT = [[
  keepalive_requests 100000000; lua_ssl_trusted_certificate %s/ca.pem; lua_code_cache on;
  init_by_lua_block {
    local klarna = require "kassa".klarna { api_key = "klarna_test_api_x", ca_file = "%s/ca.pem",
      base_url = "https://127.0.0.1:%s", max_connections = 16 }
    local id = "krn:payment:eu1:transaction:6debe89e-98c0-486e-b7a5-08a4f6bc15f8"
    function by_kassa()
      local made, err = klarna.payment_transactions:read(id)
      ngx.print(made and made.state or tostring(err))
    end
    local decode = require "cjson.safe".decode
    local request = "GET /v2/payment/transactions/" .. id .. " HTTP/1.1\r\nHost: localhost\r\n"
      .. "Authorization: Basic klarna_test_api_x\r\n\r\n"
    function by_cosocket()
      local socket = ngx.socket.tcp()
      assert(socket:connect("127.0.0.1", %s, { pool = "up", pool_size = 600 }))
      assert(socket:sslhandshake(nil, "localhost", true))
      assert(socket:send(request))
      local size
      repeat
        local line = assert(socket:receive "*l")
        size = size or tonumber(line:match "^[Cc]ontent%%-[Ll]ength: (%%d+)")
      until line == ""
      local body = decode((assert(socket:receive(size))))
      socket:setkeepalive(60000)
      ngx.print(body.state)
    end
  }
  server {
    listen 127.0.0.1:$port;
    location /kassa { content_by_lua_block { by_kassa() } }
    location /cosocket { content_by_lua_block { by_cosocket() } }
    location /ping { return 200 pong; }
  }
]]

-- For wrk: every 5 ms one question, and the 99th percentile at the end.
local PING = [[
  function delay() return 5 end
  function done(_, latency) print("p99 " .. latency:percentile(99) / 1000) end
]]

local function shell(command)
  local pipe = assert(io.popen(command .. " 2>&1"))
  local text = pipe:read "*a"
  pipe:close()
  return text
end

local function median(list)
  table.sort(list)
  return list[math.floor((#list + 1) / 2)]
end

-- -> calls a second, p99 of the pings in ms
local function run(front, path, seconds)
  local f = front.folder
  local text = shell(("wrk -t1 -c1 -d%ds -s %s/ping.lua %s/ping >%s/pings & "
    .. "wrk -t1 -c%d -d%ds --timeout 10s %s/%s; wait"):format(
    seconds, f, front.url, f, AT_ONCE, seconds, front.url, path))
  local rate = text:match "Requests/sec:%s*([%d.]+)"
  local p99 = peers.read(f .. "/pings"):match "p99 ([%d.]+)"
  if not rate or not p99 or text:find "Non%-2xx" then
    error(path .. ":\n" .. text .. front:log():sub(1, 2000), 0)
  end
  return tonumber(rate), tonumber(p99)
end

local function resident_kib(front)
  return tonumber(peers.read("/proc/" .. front:workers()[1] .. "/status"):match "VmRSS:%s*(%d+)")
end

local function growth_kib(front, rate)
  run(front, "kassa", 2)
  local before = resident_kib(front)
  run(front, "kassa", math.ceil(CALLS / rate))
  return resident_kib(front) - before
end

local function measure(front)
  peers.write(front.folder .. "/ping.lua", PING)
  local answer, status = front:get "/kassa"
  if status ~= 200 or answer ~= "AUTHORIZED" then error("kassa: " .. answer .. front:log(), 0) end
  local found = { kassa = {}, cosocket = {} }
  local pings = { kassa = {}, cosocket = {} }
  for path in pairs(found) do run(front, path, 1) end
  for i = 1, ROUNDS do
    for path in pairs(found) do found[path][i], pings[path][i] = run(front, path, SECONDS) end
  end
  local rate = median(found.kassa)
  print(rate, median(found.cosocket), median(pings.kassa), median(pings.cosocket),
    growth_kib(front, rate))
end

local function main()
  local folder = peers.folder()
  peers.authority(folder, "ca")
  peers.certificate(folder, "ca", "good", "localhost")
  local json = require "kassa.json"
  local answer = json.encode(json.decode(peers.read(
    "spec/fixtures/klarna/13-payment_transaction.read.response.json")))
  local upstream = openresty.start(UPSTREAM:format(folder, folder, answer))
  local front = openresty.start(FRONT:format(folder, folder, upstream.port, upstream.port))
  local ran, why = pcall(measure, front)
  front:stop()
  upstream:stop()
  peers.remove(folder)
  if not ran then error(why, 0) end
end

main()
