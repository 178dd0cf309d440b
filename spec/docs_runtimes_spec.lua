-- The page about event loops keeps its word: each of its scripts runs as printed, in a process of
-- its own, against a sandbox. A loop whose package is not there is skipped by name.

local child = require "support.child"
local loops = require "support.loops"
local openresty = require "support.openresty"
local peers = require "support.peers"
local receivers = require "support.receivers"
local sandbox = require "kassa.sandbox"
local wire = require "support.wire"

local file = assert(io.open "docs/runtimes.md")
local text = file:read "*a"
file:close()

-- What the page's reader has: orders by their ids, and a client that is lent the sandbox's options.
local PRELUDE = [[
  %s
  local kassa = require "kassa"
  local box = require "kassa.sandbox".world {}
  local klarna = kassa.klarna(box:options())
  local order, made = { currency = "USD", payment_amount = 9000 }, kassa.klarna
  ids = {}
  for i = 1, 3 do ids[i] = assert(klarna.payment_requests:create(order)).payment_request_id end
  function kassa.klarna(options)
    local all = box:options()
    all.runtime = options.runtime
    return made(all)
  end
  love, show = {}, print
]]

-- The script under a heading of the page.
local function script_of(heading)
  local _, after = text:find("## " .. heading .. "\n\n```lua\n", 1, true)
  return assert(text:match("^(.-)```", assert(after) + 1))
end

local STAND_IN = 'package.loaded.copas = require "support.copas4"'
local FRAMES = [[
  buy { currency = "USD", payment_amount = 9000 }
  for _ = 1, 100 do love.update() end
]]

for _, case in ipairs {
  { "cqueues", "cqueues" }, { "luv", "luv" }, { "copas", "copas 4", before = STAND_IN },
  { "Frames", "frame", after = FRAMES, lines = 1 },
} do
  local heading, loop = case[1], case[2]
  it("runs the script of " .. heading, function()
    local missing = loops.missing(loop)
    if missing then return pending(missing) end
    local status, printed = child.run(PRELUDE:format(case.before or "") .. "do\n"
      .. script_of(heading):gsub("local function buy", "function buy") .. "\nend\n"
      .. (case.after or ""))
    assert(status == 0, printed)
    local _, lines = printed:gsub("SUBMITTED\n", "")
    if heading == "Frames" then _, lines = printed:gsub("approve it in your browser\n", "") end
    assert.equal(case.lines or 3, lines, printed)
  end)
end

-- The merchant's nginx.conf, and the only thing that is not the merchant's: where the sandbox is.
local SHOP = [[
  error_log $folder/error.log notice;
  init_by_lua_block {
    package.path = "%s/?.lua;" .. package.path
    local kassa = require "kassa"
    local made = kassa.klarna
    kassa.klarna = function(options)
      options.base_url = "%s"
      return made(options)
    end
    require "shop"
  }
  server {
    listen 127.0.0.1:$port;
    location = /pay { content_by_lua_block { require "shop".pay() } }
    location = / { content_by_lua_block { require "shop".receive() } }
  }
]]

it("runs the script of OpenResty", function()
  local missing = openresty.missing() or openresty.elsewhere()
  if missing then return pending(missing) end
  local folder, box = peers.folder(), assert(sandbox.start {})
  peers.write(folder .. "/shop.lua", script_of "OpenResty")
  local options = box:options()
  local server = openresty.start(SHOP:format(folder, options.base_url), {
    head = ("env KLARNA_API_KEY=%s; env KLARNA_SIGNING_KEY=%s;"):format(options.api_key,
      receivers.KEY) })
  finally(function()
    server:stop()
    box:stop()
    peers.remove(folder)
  end)
  assert.equal("SUBMITTED\n", (server:get "/pay"))
  local client, kind = wire.connect(server.port, 20), "payment.request.state-change.submitted"
  client:send(receivers.delivery(receivers.body_of(kind)))
  assert.equal(204, assert(wire.read(client)).status)
  client:close()
  for _ = 1, 200 do
    if server:log():find(kind, 1, true) then return end
    os.execute "sleep 0.02"
  end
  error("the event was not handled: " .. server:log())
end)
