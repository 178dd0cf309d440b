-- The receipt unrolls, and the item is the player's. What stands on it came from the server.

local goods = require "goods"
local paint = require "paint"

local g = love.graphics

local receipt = {}

local X, Y, WIDTH, HEIGHT = 520, 112, 330, 380
local BACK = { 585, 528, 200, 42 }
local INK, FAINT = { 0.22, 0.17, 0.25 }, { 0.50, 0.44, 0.50 }

--- The middle of the way back.
function receipt.middle() return BACK[1] + BACK[3] / 2, BACK[2] + BACK[4] / 2 end

-- Paper as long as it has unrolled, its end torn.
local function paper(height)
  g.setColor(0, 0, 0, 0.3)
  g.rectangle("fill", X + 6, Y + 8, WIDTH, height)
  g.setColor(0.97, 0.94, 0.87)
  g.rectangle("fill", X, Y, WIDTH, height)
  for i = 0, 21 do
    local left = X + 15 * i
    g.polygon("fill", left, Y + height, left + 15, Y + height, left + 7.5, Y + height + 9)
  end
  g.setColor(0.36, 0.24, 0.30)
  g.rectangle("fill", X - 16, Y - 12, WIDTH + 32, 18, 9)
end

local function row(name, value, y, font)
  paint.words(name, font or "text", X + 28, y, WIDTH - 56, INK, 1, "left")
  paint.words(value, font or "text", X + 28, y, WIDTH - 56, INK, 1, "right")
end

local function dashes(y)
  paint.color(FAINT)
  for x = X + 28, X + WIDTH - 34, 10 do g.rectangle("fill", x, y, 6, 1.5) end
end

local function lines(paid)
  paint.words("THE NIGHT MARKET", "large", X, Y + 28, WIDTH, INK)
  paint.words("open from dusk", "small", X, Y + 58, WIDTH, FAINT)
  dashes(Y + 92)
  row(paid.name, paid.price, Y + 110)
  dashes(Y + 148)
  row("Paid with Klarna", paid.price, Y + 164, "text")
  dashes(Y + 202)
  paint.words("order", "small", X + 28, Y + 218, WIDTH, FAINT, 1, "left")
  paint.words(paid.order, "small", X + 28, Y + 236, WIDTH - 56, INK, 1, "left")
  paint.words("capture", "small", X + 28, Y + 264, WIDTH, FAINT, 1, "left")
  paint.words(paid.capture, "small", X + 28, Y + 282, WIDTH - 56, INK, 1, "left")
  paint.words("Thank you, traveller!", "text", X, Y + 342, WIDTH, INK)
end

function receipt.draw(game)
  local paid = game.receipt
  local unrolled = 1 - (1 - math.min(1, game.since / 0.9)) ^ 3
  paint.words("It is yours", "title", 0, 18, 960, paint.gold)
  goods.draw(paid.id, 270, 290 + 6 * math.sin(game.now * 2), 1.9, game.now)
  for i = 1, 14 do
    local angle = i * 0.449 + game.now * 0.25
    local far = 130 + 26 * math.sin(game.now * 1.4 + i * 1.7)
    paint.color(goods.color(paid.id), 0.75)
    g.circle("fill", 270 + far * math.cos(angle), 290 + far * math.sin(angle), 2.6)
  end
  paint.words(paid.name, "large", 120, 452, 300, paint.pale)
  g.setScissor(X - 20, Y - 14, WIDTH + 46, (HEIGHT + 30) * unrolled)
  paper(HEIGHT * unrolled)
  lines(paid)
  g.setScissor()
  paint.button("Back to the stall", BACK, paint.hover(BACK))
end

function receipt.pressed(game, x, y)
  if paint.inside(BACK, x, y) then game.go "store" end
end

return receipt
