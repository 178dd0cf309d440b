-- The stall: a card for each item, lifted while the mouse is over it. A click begins the purchase;
-- what is owned cannot be bought again.

local goods = require "goods"
local paint = require "paint"

local store = {}

local WIDTH, HEIGHT, TOP, GAP = 206, 330, 178, 20

local function box_of(place)
  return { 38 + (place - 1) * (WIDTH + GAP), TOP, WIDTH, HEIGHT }
end

--- The middle of a card.
function store.middle(place)
  local box = box_of(place)
  return box[1] + WIDTH / 2, TOP + HEIGHT / 2
end

local function card(game, place, item)
  local box = box_of(place)
  local lit = paint.hover(box) and not game.owned[item.id]
  local x, y, color = box[1], box[2] - (lit and 8 or 0), goods.color(item.id)
  if lit then paint.glow(x + WIDTH / 2, y + HEIGHT / 2, 230, color, 0.12) end
  paint.panel(x, y, WIDTH, HEIGHT, lit and color or paint.dim)
  goods.draw(item.id, x + WIDTH / 2, y + 96, lit and 1.08 or 1, game.now + place)
  paint.words(item.name, "large", x, y + 186, WIDTH, paint.pale)
  paint.words(item.about, "small", x + 18, y + 220, WIDTH - 36, paint.dim)
  if game.owned[item.id] then
    paint.words("in your bag", "text", x, y + HEIGHT - 50, WIDTH, color)
  else
    paint.button(item.price, { x + 38, y + HEIGHT - 60, WIDTH - 76, 40 }, lit)
  end
end

function store.draw(game)
  paint.words("The Night Market", "title", 0, 18, 960, paint.gold)
  if not game.open then
    paint.words("Looking for the stall" .. ("."):rep(1 + math.floor(game.now * 3) % 3), "large",
      0, 320, 960, paint.dim)
  end
  for place, item in ipairs(game.items) do card(game, place, item) end
  paint.words("Click what you like. Esc leaves.", "small", 0, 562, 960, paint.dim)
end

function store.pressed(game, x, y)
  for place, item in ipairs(game.items) do
    if paint.inside(box_of(place), x, y) and not game.owned[item.id] then game.buy(item) end
  end
end

return store
