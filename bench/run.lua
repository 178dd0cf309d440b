-- What kassa costs, as ratios to a bare libcurl program in C, taken in one interleaved run on one
-- machine; absolute figures say nothing about another one. It refuses to guess: what is not
-- installed is left out with a line that says so, and a bar that is missed ends it with 1.
--
--   make bench            all of it, some minutes
--   make bench ONLY=hold  one part: calls, cpu, peers, start, hold, burst, frames, love, early,
--                         upload, write, webhook, mutations, journal, nginx

local peers = require "support.peers"
local json = require "kassa.json"

local LUA = arg[-1] or "lua5.4"
local COUNTED = 300    -- calls under callgrind, and twice as many
local TIMED = 3000     -- calls of one timed run
local ROUNDS = 5       -- interleaved; the middle one counts
local STARTS = 20      -- processes of one timed round of starts
local HELD = 1000

local folder, missed = nil, false

local function output(command)
  local pipe = assert(io.popen(command .. " 2>&1"))
  local text = pipe:read "*a"
  pipe:close()
  return text
end

local BUILT = os.getenv "KASSA_BENCH" or "build/bench"

local function floor(words) return ("%s/floor %s"):format(BUILT, words) end
local function floor_calls(at, count, at_once)
  return floor(("calls %s/v2 %s/body %d %d"):format(at.plain, folder, count, at_once))
end
local function job(words) return ("%s bench/job.lua %s"):format(LUA, words) end

-- The number that a command prints; without one the bench cannot go on.
local function number(command)
  local text = output(command)
  return tonumber(text:match "[%d.]+\n*$") or error(command .. ":\n" .. text, 0)
end

local function median(list)
  table.sort(list)
  return list[math.floor((#list + 1) / 2)]
end

-- One line of the report. bar: the most (or with `least`, the least) that value may be.
local function report(what, value, form, bar, least)
  local kept = not bar or (least and value >= bar) or (not least and value <= bar)
  missed = missed or not kept
  print(("%-58s " .. form .. "%s"):format(what, value,
    bar and ("   (bar " .. form .. (kept and ", kept)" or ", MISSED)")):format(bar) or ""))
end

local function instructions(command)
  local run = "valgrind --tool=callgrind --callgrind-out-file=/dev/null " .. command
  return tonumber(output(run):match "Collected : (%d+)")
end

local function of_one_call(calls)
  return (instructions(calls(2 * COUNTED)) - instructions(calls(COUNTED))) / COUNTED
end

local parts = {}

function parts.calls(at)
  if not peers.have "valgrind" then return print "calls: left out, valgrind is not installed" end
  local base = of_one_call(function(n) return floor_calls(at, n, 1) end)
  report("instructions a call, bare libcurl", base, "%.0f")
  for who, bar in pairs { engine = false, client = 330000 } do
    local own = of_one_call(function(n)
      return job(("%s calls %s %d 1"):format(who, at.plain, n))
    end)
    report("instructions a call, " .. who, own, "%.0f", bar)
    report("  the same, times bare libcurl", own / base, "%.2f")
  end
end

local function have_module(name)
  return output(("%s -e 'print((pcall(require, %q)))'"):format(LUA, name)):find "true" ~= nil
end

-- Commands by name -> CPU time of each as a ratio to `floor`, by the middle of interleaved rounds.
local function ratios(commands)
  local rounds = {}
  for _ = 1, ROUNDS do
    local base = number(commands.floor)
    for name, command in pairs(commands) do
      rounds[name] = rounds[name] or {}
      table.insert(rounds[name], number(command) / base)
    end
  end
  for name, list in pairs(rounds) do rounds[name] = median(list) end
  return rounds
end

function parts.cpu(at)
  local bars = { [1] = 1.7, [10] = 2.4 }
  for _, at_once in ipairs { 1, 10 } do
    local words = ("calls %s %d %d"):format(at.plain, TIMED, at_once)
    local found = ratios {
      floor = floor_calls(at, TIMED, at_once),
      engine = job("engine " .. words), client = job("client " .. words),
    }
    local what = "CPU a call at " .. at_once .. " in flight, times bare libcurl, "
    report(what .. "engine", found.engine, "%.2f")
    report(what .. "client", found.client, "%.2f", bars[at_once])
  end
end

function parts.peers(at)
  local words = ("calls %s %d 1"):format(at.plain, TIMED)
  local base = floor_calls(at, TIMED, 1)
  local modules = { socket = "socket.http", lcurl = "lcurl" }
  for _, who in ipairs { "socket", "lcurl" } do
    if have_module(modules[who]) then
      local found = ratios { floor = base, peer = job(who .. " " .. words) }
      report("CPU a call at 1 in flight, times bare libcurl, " .. modules[who], found.peer, "%.2f")
    else
      print(modules[who] .. ": left out, it is not installed")
    end
  end
end

-- CPU seconds of so many starts of a program, by the shell that waits for them.
local function starts(command)
  local loop = "sh -c 'i=0; while [ $i -lt %d ]; do %s >/dev/null; i=$((i+1)); done; times'"
  local user, system = output(loop:format(STARTS, command)):match "(%S+) (%S+)\n*$"
  local sum = 0
  for _, text in ipairs { user, system } do
    local minutes, seconds = text:match "(%d+)m([%d.]+)s"
    sum = sum + 60 * minutes + seconds
  end
  return sum
end

function parts.start()
  local found = {}
  for i = 1, ROUNDS do
    local base = starts(BUILT .. "/start")
    found[i] = starts(LUA .. " bench/start.lua") / base
  end
  report("start with a client, times bare libcurl", median(found), "%.2f", 1.5)
end

function parts.hold(at)
  report("KiB for each of 1,000 calls in flight, bare libcurl",
    number(floor(("hold %s/hold %s/body %d"):format(at.plain, folder, HELD))), "%.1f")
  report("KiB for each of 1,000 calls in flight, engine",
    number(job(("engine hold %s/hold %d"):format(at.plain, HELD))), "%.1f")
  report("KiB for each of 1,000 calls in flight, client",
    number(job(("client hold %s/hold %d"):format(at.plain, HELD))), "%.1f", 40)
end

function parts.burst(at)
  local times = {}
  for i = 1, ROUNDS do
    times[i] = number(job(("client burst %s/slow 200 %s/ca.pem"):format(at.tls, folder)))
  end
  report("ms for 200 reads at once over HTTP/2, upstream 50 ms", median(times), "%.0f", 200)
end

-- The merchant's roots are the system's, whose parsing is most of a cold start.
local ROOTS = "/etc/ssl/certs/ca-certificates.crt"

function parts.frames(at)
  os.execute(("cat %s %s/ca.pem >%s/roots.pem 2>&1"):format(ROOTS, folder, folder))
  local times = { inline = {}, thread = {} }
  for i = 1, ROUNDS do
    for mode, list in pairs(times) do
      list[i] = number(job(("engine %s %s 30 %s/roots.pem"):format(mode, at.tls, folder)))
    end
  end
  report("ms of the worst step, 30 HTTPS calls, cold, inline", median(times.inline), "%.2f")
  report("  the same in thread mode", median(times.thread), "%.2f", 1)
end

-- A game of LÖVE on a screen in memory, the first calls of its process, whole clients.
local function game(mode, at)
  local run = "HOME=%s LUA_CPATH='build/5.1/?.so;;' xvfb-run -a love bench/love %s %s %s/roots.pem"
    .. " 30; echo $?"
  local text = output(run:format(folder, mode, at.tls, folder))
  local start, update, status = text:match "([%d.]+) ([%d.]+)%s+(%d+)%s*$"
  if mode == "quit" then return text:find "quit%s*0%s*$" ~= nil end
  if status ~= "0" then error("bench/love: " .. text, 0) end
  return tonumber(start), tonumber(update)
end

local QUITS = 15

function parts.love(at)
  if not (peers.have "love" and peers.have "xvfb-run" and have_module "cjson") then
    return print "love: left out, love or xvfb is not installed"
  end
  os.execute(("cat %s %s/ca.pem >%s/roots.pem 2>&1"):format(ROOTS, folder, folder))
  local began, updates, inline, clean = {}, {}, {}, 0
  for i = 1, ROUNDS do
    began[i], updates[i] = game("thread", at)
    inline[i] = select(2, game("inline", at))
  end
  for _ = 1, QUITS do clean = clean + (game("quit", at) and 1 or 0) end
  local worst = median(updates)
  report("ms of the worst kassa.update() in LÖVE, 30 HTTPS calls, cold", worst, "%.2f", 1)
  report("  the same, times one without a thread", worst / median(inline), "%.4f")
  report("ms of the frame that starts all 30 of them", median(began), "%.2f")
  report("clean ends of LÖVE with 30 calls in flight, of 15", clean, "%.0f", QUITS, true)
end

function parts.early(at)
  report("early answers reported as such over HTTP/2, of 1,000",
    number(job(("engine early %s 1000 %s/ca.pem"):format(at.tls, folder))), "%.0f", 1000, true)
end

function parts.upload(at)
  report("KiB more in memory while 7 MiB are uploaded, engine",
    number(job(("engine upload %s %s"):format(at.wire, folder))), "%.0f", 1024)
end

function parts.write()
  local text = output(LUA .. " bench/write.lua")
  io.write(text)
  missed = missed or text:find "ratio" and tonumber(text:match "ratio ([%d.]+)") > 1
end

local function webhook(words) return ("%s bench/webhook.lua %s"):format(LUA, words) end

-- How a prepared set of keys compares with another, in CPU.
local function against(what, command, bar)
  local found = ratios { floor = command, kassa = webhook "set" }
  report("CPU to verify and read an event, times " .. what, found.kassa, "%.2f", bar)
end

function parts.webhook()
  report("us of CPU to verify and read an event", number(webhook "set"), "%.1f")
  against("its own with a table of keys", webhook "table")
  if have_module "openssl.hmac" then
    against("luaossl and cjson", webhook "luaossl", 0.5)
    against("luaossl's HMAC and cjson.decode alone", webhook "bare")
  else
    print "luaossl: left out, it is not installed"
  end
  if peers.have "node" and output "node -e 'require(\"stripe\")'" == "" then
    peers.write(folder .. "/event", output(webhook "body"))
    against("stripe on node", ("node bench/webhook.js %s/event 50000"):format(folder), 1.25)
  else
    print "stripe on node: left out, it is not installed (NODE_PATH tells where it is)"
  end
end

function parts.mutations()
  local code = "print((require('support.mutations').run(%d, 7)))"
  report("accepted, of 1,000,000 deliveries changed after signing",
    number(('%s -e "%s"'):format(LUA, code:format(1000000))), "%.0f", 0)
end

-- ---- the peer -----------------------------------------------------------------------------------

local SERVER = [[
  keepalive_requests 1000000; client_body_buffer_size 64k; http2_max_concurrent_streams 128;
  upstream slow { server 127.0.0.1:%s; keepalive 256; }
  server {
    listen 127.0.0.1:%s; listen 127.0.0.1:%s ssl http2;
    ssl_certificate $folder/good.pem; ssl_certificate_key $folder/good.key;
    default_type application/json;
    location /hold { proxy_pass http://127.0.0.1:%s; proxy_read_timeout 60s; }
    location /slow {
      rewrite ^ /sleep-50 break; proxy_http_version 1.1; proxy_set_header Connection "";
      proxy_pass http://slow;
    }
    location = /401 { return 401 '{}'; }
    location / { return 200 '%s'; }
  }
]]

local function prepare()
  folder = peers.folder()
  local fixtures = "spec/fixtures/klarna/"
  local function compact(name) return json.encode(json.decode(peers.read(fixtures .. name))) end
  peers.write(folder .. "/body", compact "04-payment_request.update.request.json")
  peers.authority(folder, "ca")
  peers.certificate(folder, "ca", "good", "localhost")
  return compact "13-payment_transaction.read.response.json"
end

-- The numbers that bench/journal.lua prints, in an empty folder on a disk.
local function journal(words)
  local place = peers.folder()
  local text = output(("%s bench/journal.lua %s"):format(LUA, words:format(place)))
  os.execute("rm -rf " .. place)
  local numbers = {}
  for number_text in (text:match "[%d. ]+\n*$" or ""):gmatch "[%d.]+" do
    numbers[#numbers + 1] = tonumber(number_text)
  end
  if not numbers[1] then error(text, 0) end
  return numbers
end

local function report_intent(kind, name)
  local us = journal("write " .. kind .. " %s")
  report("us until an intent is synced, median, " .. name, us[1], "%.0f")
  report("  the same, times a bare INSERT", us[1] / us[3], "%.2f", 1.3)
  report("us until an intent is synced, 99th percentile, " .. name, us[2], "%.0f")
  report("  the same, times a bare INSERT", us[2] / us[4], "%.2f", 1.3)
  report("us of it with lock and look-up, median, " .. name, us[5], "%.0f")
end

function parts.journal()
  if not have_module "dbd.sqlite3" then
    return print "journal: left out, lua-dbi-sqlite3 is not installed"
  end
  report_intent("sqlite", "SQLite")
  if have_module "dbd.postgresql" and not require "support.postgres".missing() then
    report_intent("postgres", "PostgreSQL")
  else
    print "PostgreSQL: left out, it or lua-dbi-postgresql is not installed"
  end
  local s = journal "recover %s 100000"
  report("s to open a journal of 100,000 intents and recover 100", s[1], "%.2f", 2)
  report("s to open one and list 100,000 that are unsettled", s[2], "%.2f", 2)
  local us = journal "grow %s"
  report("us of an intent at 1,000,000, times one at 100,000", us[2] / us[1], "%.2f", 1.5)
end

-- Two of its bars are met by either figure: the one that counts on a quick machine is absolute.
function parts.nginx()
  if not peers.have "wrk" then return print "nginx: left out, wrk is not installed" end
  local missing = require "support.openresty".missing()
  if missing then return print("nginx: left out, " .. missing) end
  local text = output(LUA .. " bench/nginx.lua")
  local rate, peer, ping, peer_ping, kib =
    text:match "^([%d.]+)%s+([%d.]+)%s+([%d.]+)%s+([%d.]+)%s+([%d.-]+)\n*$"
  if not rate then error(text, 0) end
  report("calls a second in a worker, 500 at once, upstream 50 ms", tonumber(rate), "%.0f")
  report("  the same, times a bare cosocket client", rate / peer, "%.2f",
    tonumber(rate) < 7000 and 0.8 or nil, true)
  report("ms of another location meanwhile, 99th percentile", tonumber(ping), "%.1f")
  report("  the same, times that under the cosocket client", ping / peer_ping, "%.2f",
    tonumber(ping) >= 15 and 1.5 or nil)
  report("KiB by which the worker grew over 100,000 calls", tonumber(kib), "%.0f", 1024)
end

local PARTS = "calls cpu peers start hold burst frames love early upload write webhook mutations "
  .. "journal nginx"

local function main(only)
  if not (peers.have "nginx" and peers.have "openssl") then
    print "bench: left out, nginx or openssl is not installed"
    return
  end
  local answer = prepare()
  local wire, hole, ports = peers.wire(), peers.hole(), peers.ports(2)
  local nginx = peers.nginx(folder,
    SERVER:format(wire.port, ports[1], ports[2], hole.port, (answer:gsub("%%", "%%%%"))))
  local at = { plain = "http://127.0.0.1:" .. ports[1], tls = "https://127.0.0.1:" .. ports[2],
    wire = wire.url }
  local ran, why = pcall(function()
    for name in PARTS:gmatch "%a+" do
      if not only or only == name then parts[name](at) end
    end
  end)
  nginx:stop()
  hole:stop()
  wire:stop()
  peers.remove(folder)
  if not ran then error(why, 0) end
end

main(arg[1])
os.exit(missed and 1 or 0)
