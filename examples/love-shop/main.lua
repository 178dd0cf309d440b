-- The Night Market, an in-game store for LÖVE: asks its game server, draws what it hears, and holds
-- neither a key nor a price of its own. No frame waits for anything.
--
--   love examples/love-shop 127.0.0.1:PORT        of server.lua; `make love-shop` starts both

local link = require "link"
local paint = require "paint"
local rehearsal = require "rehearsal"

local scenes = {
  store = require "scenes.store", waiting = require "scenes.waiting",
  receipt = require "scenes.receipt", sorry = require "scenes.sorry",
}

-- All that the scenes know. `since` counts seconds in the scene, `now` in all.
local game = { items = {}, owned = {}, scene = "store", since = 0, now = 0, spent = 0, frames = {} }

function game.go(scene)
  game.scene, game.since = scene, 0
end

function game.buy(item)
  game.item, game.url = item, nil
  game.frames, game.spent = {}, 0
  game.server:say("buy", item.id)
  game.go "waiting"
end

function game.leave() game.server:say "leave" end

function game.open_page()
  if game.url then love.system.openURL(game.url) end
end

-- What the server may say.
local hear = {}

function hear.item(id, name, about, price)
  game.items[#game.items + 1] = { id = id, name = name, about = about, price = price }
end

function hear.open() game.open = true end

function hear.page(url)
  game.url = url
  if not rehearsal.on then game.open_page() end
end

function hear.paying() game.paying = true end

function hear.receipt(id, name, price, order, capture)
  game.owned[id], game.paying = true, nil
  game.receipt = { id = id, name = name, price = price, order = order, capture = capture }
  game.go "receipt"
end

function hear.sorry(why)
  game.why, game.paying = why, nil
  game.go "sorry"
end

local function listen()
  for line in game.server.lines do
    local act = hear[line[1]]
    if act then act(unpack(line, 2)) end
  end
end

-- The last frames, for the strip under the waiting animation: how long each took, and the most that
-- one spent on the server.
local function remember(dt, spent)
  game.spent = math.max(game.spent, spent)
  table.insert(game.frames, dt)
  if #game.frames > 120 then table.remove(game.frames, 1) end
end

function love.load(words)
  math.randomseed(7)
  paint.load()
  game.server = link.to(words[1] or "127.0.0.1:4242")
end

function love.update(dt)
  game.now, game.since = game.now + dt, game.since + dt
  local before = love.timer.getTime()
  listen()
  remember(dt, love.timer.getTime() - before)
  local lost = game.server:lost()
  if lost and game.scene ~= "sorry" then hear.sorry(lost) end
  rehearsal.update(game, scenes)
end

function love.draw()
  paint.night(game.now)
  scenes[game.scene].draw(game)
end

function love.mousepressed(x, y)
  scenes[game.scene].pressed(game, x, y)
end

function love.keypressed(key)
  if key ~= "escape" then return end
  if game.scene == "waiting" then game.leave() else love.event.quit(0) end
end

-- LÖVE's own page about an error waits for a person; in a rehearsal there is none.
if rehearsal.on then
  function love.errorhandler(message)
    print(message)
    return function() return 1 end
  end
end
