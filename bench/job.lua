-- One process of the bench: the large update request is written, sent, and its answer read, again
-- and again, by kassa or by a peer. It prints one number and refuses to judge it.
--
--   job.lua WHO calls URL COUNT AT_ONCE   CPU seconds of that many calls, connections made before
--   job.lua WHO hold URL COUNT            KiB of memory for each of so many calls in flight
--   job.lua WHO start URL                 make what is needed for a call and end
--   job.lua WHO burst URL COUNT CA_FILE   milliseconds until so many reads at once have ended
--   job.lua WHO early URL COUNT CA_FILE   how many of so many calls brought an early answer
--   job.lua WHO inline URL COUNT CA_FILE  milliseconds of the worst step during so many calls at
--   job.lua WHO thread URL COUNT CA_FILE  once, first ones of a process, in either mode
--   job.lua WHO upload URL FOLDER         KiB more of memory at most while 7 MiB are uploaded
--
-- WHO: client (the whole of kassa), engine (its engine alone), and the peers socket, lcurl.

local KEY = "klarna_test_api_" .. ("a2V5"):rep(16) -- as long as a real one
local ID = "krn:payment:eu1:request:00000000-0000-4000-8000-000000000000"
local BODY_BYTES = 6000 -- of a request that is refused early

local here = arg[0]:match "^(.*)bench/job%.lua$" or "./"

local function read(path)
  local file = assert(io.open(path, "rb"))
  local text = file:read "*a"
  file:close()
  return text
end

local function payload()
  return read(here .. "spec/fixtures/klarna/04-payment_request.update.request.json")
end

local function resident_kib(field)
  return tonumber(read "/proc/self/status":match((field or "VmRSS") .. ":%s*(%d+)"))
end

-- ---- the whole client --------------------------------------------------------------------------

local client = {}

local function make_client(url, options)
  options = options or {}
  options.api_key, options.base_url = KEY, url
  return require "kassa".klarna(options)
end

function client.start(url)
  make_client(url)
end

function client.calls(url, at_once)
  local kassa = require "kassa"
  local klarna = make_client(url, { max_connections = at_once })
  local body = require "kassa.json".decode(payload())
  local function one()
    assert(assert(klarna.payment_requests:update(ID, body)).state)
  end
  return function(count)
    if at_once == 1 then
      for _ = 1, count do one() end
      return
    end
    kassa.run(function()
      for _ = 1, at_once do
        kassa.go(function() for _ = 1, count / at_once do one() end end)
      end
    end)
  end
end

function client.hold(url, count)
  local kassa = require "kassa"
  local klarna = make_client(url, { max_connections = count, retries = 0, timeout_s = 3 })
  local body = require "kassa.json".decode(payload())
  klarna.payment_requests:update(ID, body, { timeout_s = 0.05 })
  collectgarbage()
  local before, held = resident_kib(), nil
  kassa.run(function()
    for _ = 1, count do
      kassa.go(function() klarna.payment_requests:update(ID, body) end)
    end
    kassa.sleep(1.5)
    held = resident_kib()
  end)
  return (held - before) / count
end

function client.burst(url, count, ca_file)
  local kassa = require "kassa"
  local klarna = make_client(url, { ca_file = ca_file })
  local now = require "kassa.core".engine.new {}
  local start, reads = now:now(), {}
  for i = 1, count do
    reads[i] = function() return assert(klarna.payment_requests:read(ID)) end
  end
  kassa.run(function() kassa.all(reads) end)
  return now:now() - start
end

-- ---- the engine alone --------------------------------------------------------------------------

local engine = {}

local function make_channel(url, options, connections, mode)
  options.base_url = url
  options.headers = { "Content-Type: application/json", "Authorization: Basic " .. KEY }
  local made = require "kassa.core".engine.new { max_connections = connections, mode = mode }
  return made, assert(made:channel(options))
end

-- Keep at_once under way until count have ended; each answer goes to `see`.
local function pump(made, submit, count, at_once, see)
  local started, done = 0, 0
  while done < count do
    while started - done < at_once and started < count do
      submit()
      started = started + 1
    end
    made:step(1000)
    for _, answer in function() return made:take() end do
      see(answer)
      done = done + 1
    end
  end
end

function engine.start(url)
  make_channel(url, {})
end

function engine.calls(url, at_once)
  local made, channel = make_channel(url, {}, at_once)
  local json = require "kassa.json"
  local body = json.encode(json.decode(payload()))
  local own = { "Klarna-Idempotency-Key: 00000000-0000-4000-8000-000000000000" }
  local function submit() channel:submit("POST", "/v2", own, body, 30000) end
  local function see(answer) assert(answer.status == 200) end
  return function(count) pump(made, submit, count, at_once, see) end
end

function engine.hold(url, count)
  local made, channel = make_channel(url, {}, count)
  local body = payload()
  local function submit() channel:submit("POST", "/v2", nil, body, 20000) end
  made:step(0)
  local before = resident_kib()
  for _ = 1, count do submit() end
  local late = made:now() + 1500
  while made:now() < late do made:step(100) end
  return (resident_kib() - before) / count
end

function engine.early(url, count, ca_file)
  local made, channel = make_channel(url, { ca_file = ca_file })
  local body, good = ("x"):rep(BODY_BYTES), 0
  pump(made, function() channel:submit("POST", "/401", nil, body, 9000) end, count, 20,
    function(answer) good = good + (answer.status == 401 and answer.http == "2" and 1 or 0) end)
  return good
end

-- The first upload is a small one, which makes whatever stays.
-- As a frame loop does it: step without waiting, take, and have something else to do.
local function frames(mode)
  return function(url, count, ca_file)
    local made, channel = make_channel(url, { ca_file = ca_file }, nil, mode)
    local other = require "kassa.core".engine.new {}
    local left, worst = count, 0
    for _ = 1, count do channel:submit("GET", "/v2", nil, nil, 20000) end
    while left > 0 do
      local before = other:now()
      made:step(0)
      for _, answer in function() return made:take() end do
        assert(answer.status == 200, answer.message)
        left = left - 1
      end
      worst = math.max(worst, other:now() - before)
      other:step(2)
    end
    return worst
  end
end
engine.inline, engine.thread = frames "inline", frames "thread"

function engine.upload(url, folder)
  local made, channel = make_channel(url, {})
  local function upload(size)
    local file = assert(io.open(folder .. "/upload", "wb"))
    for _ = 1, size / 1024 do file:write(("x"):rep(1024)) end
    file:close()
    local parts = { { name = "file", file = folder .. "/upload" } }
    pump(made, function() channel:submit("POST", "/sip-1", nil, { parts = parts }, 30000) end, 1, 1,
      function(answer) assert(answer.status == 200) end)
  end
  upload(1024)
  local before = resident_kib "VmHWM"
  upload(7 * 1024 * 1024)
  return resident_kib "VmHWM" - before
end

-- ---- peers: cjson and somebody else's HTTP, one call at a time --------------------------------

local socket, lcurl = {}, {}

function socket.calls(url)
  local http, cjson = require "socket.http", require "cjson"
  local ltn12 = require "ltn12"
  local value = cjson.decode(payload())
  return function(count)
    for _ = 1, count do
      local body, parts = cjson.encode(value), {}
      local _, status = http.request {
        url = url .. "/v2", method = "POST", sink = ltn12.sink.table(parts),
        source = ltn12.source.string(body),
        headers = { ["Content-Length"] = #body, ["Content-Type"] = "application/json",
          Authorization = "Basic " .. KEY },
      }
      assert(status == 200 and cjson.decode(table.concat(parts)).state)
    end
  end
end

function lcurl.calls(url)
  local curl, cjson = require "lcurl", require "cjson"
  local value, easy = cjson.decode(payload()), curl.easy()
  return function(count)
    for _ = 1, count do
      local parts = {}
      easy:setopt { url = url .. "/v2", postfields = cjson.encode(value),
        httpheader = { "Content-Type: application/json", "Authorization: Basic " .. KEY } }
      easy:setopt_writefunction(function(part) parts[#parts + 1] = part return true end)
      easy:perform()
      assert(cjson.decode(table.concat(parts)).state)
    end
  end
end

-- ------------------------------------------------------------------------------------------------

local WHO = { client = client, engine = engine, socket = socket, lcurl = lcurl }

local function cpu_of(work, count, at_once)
  work(at_once)
  local before = os.clock()
  work(count)
  return os.clock() - before
end

local who, what, url, count = WHO[arg[1]], arg[2], arg[3], tonumber(arg[4])
if what == "calls" then
  local at_once = tonumber(arg[5])
  print(("%.6f"):format(cpu_of(who.calls(url, at_once), count, at_once)))
else
  print(who[what](url, count or arg[4], arg[5]))
end
