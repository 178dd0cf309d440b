-- While the shopper decides in their browser: comets around the item, and the frames as a strip,
-- with what the worst of them spent on the server. It waits for nothing itself.

local goods = require "goods"
local paint = require "paint"

local g = love.graphics

local waiting = {}

local X, Y = 480, 258
local OPEN, LEAVE = { 330, 470, 300, 42 }, { 405, 524, 150, 30 }

local function comets(now, color)
  for i = 1, 3 do
    local radius = 86 + 20 * i
    local speed, phase = 1.9 - 0.4 * i, i * 2.1
    for tail = 0, 34 do
      local angle = now * speed + phase - tail * 0.045
      paint.color(tail == 0 and paint.pale or color, (1 - tail / 35) ^ 2)
      g.circle("fill", X + radius * math.cos(angle), Y + radius * 0.82 * math.sin(angle),
        (4.6 - i * 0.5) * (1 - tail / 42))
    end
  end
end

local function strip(game)
  for i, seconds in ipairs(game.frames) do
    g.setColor(0.62, 0.92, 0.78, 0.3 + 0.4 * i / 120)
    g.rectangle("fill", 732 + 1.7 * i, 566, 1.2, -math.min(30, 300 * seconds))
  end
  paint.words(("of the worst frame, the server had %.1f ms"):format(1000 * game.spent), "small",
    640, 570, 296, paint.dim, 1, "right")
end

local function line_of(game)
  if game.paying then return "Agreed! The stall keeper counts the coins." end
  if game.url then return "Approve it in your browser; this page is waiting there:" end
  return "The stall keeper looks for the receipt book."
end

function waiting.draw(game)
  local color = goods.color(game.item.id)
  paint.words(game.item.name, "title", 0, 18, 960, paint.gold)
  comets(game.now, color)
  goods.draw(game.item.id, X, Y + 4 * math.sin(game.now * 2), 1.25, game.now)
  paint.words(line_of(game), "large", 0, 400, 960, paint.pale)
  if game.url then
    paint.words(game.url:gsub("^(" .. ("."):rep(64) .. ").*", "%1..."), "small", 0, 436, 960,
      paint.dim)
    paint.button("Open the page again", OPEN, paint.hover(OPEN))
  end
  paint.button("Never mind", LEAVE, paint.hover(LEAVE), paint.dim)
  strip(game)
end

function waiting.pressed(game, x, y)
  if paint.inside(OPEN, x, y) then game.open_page() end
  if paint.inside(LEAVE, x, y) then game.leave() end
end

return waiting
