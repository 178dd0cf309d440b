-- The game server: a loop of 60 ticks a second that talks to its players and calls kassa.update()
-- once a tick, so that no player waits for another one's payment. The key is here and only here.
--
--   lua server.lua [port]        a free port of the loopback, if left out; prints its address
--
-- KLARNA_API_KEY (KLARNA_ACCOUNT, KLARNA_BASE_URL): sell there; without it, on its own sandbox.

local here = arg[0]:match "^(.*/)" or "./"
package.path = here .. "?.lua;" .. package.path

local kassa = require "kassa"
local socket = require "socket"
local till = require "till"
local words = require "words"

local TICK_S = 1 / 60

io.stdout:setvbuf "line"

local function said(name)
  local value = os.getenv(name)
  return value ~= "" and value or nil
end

local sandbox -- lives as long as the server

local function provider()
  local key = said "KLARNA_API_KEY"
  if key then
    return { api_key = key, account = said "KLARNA_ACCOUNT", base_url = said "KLARNA_BASE_URL" }
  end
  sandbox = kassa.assert(require "kassa.sandbox".start { seed = 7 })
  print "selling on a sandbox: no money moves"
  return sandbox:options()
end

local options = provider()
options.runtime = "frame"
local checkout = kassa.checkout(kassa.klarna(options))

local players, orders, started = {}, 0, os.time()

-- Whoever is gone hears nothing; what they bought is theirs all the same.
local function buy(player, id)
  local item = till.find(id)
  if player.sale or not item then return end
  orders = orders + 1
  local order = ("game-%d-%d"):format(started, orders)
  local sale = {}
  function sale.tell(what, ...)
    if what == "page" then print(("%s of %s: %s"):format(order, item.id, (...))) end
    player.channel:say(what, ...)
  end
  player.sale = sale
  coroutine.wrap(function()
    local sold = till.sell(checkout, item, order, sale)
    player.sale = nil
    print(("%s of %s: %s"):format(order, item.id, sold and "sold" or "not sold"))
  end)()
end

local heard = {}

function heard.hello(player)
  for _, item in ipairs(till.items) do
    player.channel:say("item", item.id, item.name, item.about, till.price(item))
  end
  player.channel:say "open"
end

function heard.buy(player, id) buy(player, id) end

function heard.leave(player)
  if player.sale then player.sale.stopped = true end
end

local function serve(player)
  local channel = player.channel
  channel:flush()
  local line = channel:hear()
  while line do
    local act = heard[line[1]]
    if act then act(player, line[2]) else channel:hang_up() end
    line = channel:hear()
  end
end

local door = assert(socket.bind("127.0.0.1", tonumber(arg[1]) or 0))
door:settimeout(0)
print(("listening on 127.0.0.1:%d"):format(select(2, door:getsockname())))

while true do
  local tick = socket.gettime()
  local guest = door:accept()
  if guest then players[{ channel = words.over(guest) }] = true end
  for player in pairs(players) do
    serve(player)
    if player.channel.closed then players[player] = nil end
  end
  kassa.update()
  socket.sleep(math.max(0, TICK_S - (socket.gettime() - tick)))
end
