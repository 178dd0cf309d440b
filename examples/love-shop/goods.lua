-- A picture of each item, drawn around the origin in a square of 100. Goods that nobody has drawn
-- yet are a parcel.

local paint = require "paint"

local g = love.graphics

local goods = {}

goods.colors = {
  blade = { 0.56, 0.78, 1 }, staff = { 1, 0.55, 0.35 }, boots = { 0.62, 0.92, 0.78 },
  compass = { 0.98, 0.80, 0.42 },
}

local draw = {}

function draw.blade(now)
  g.push()
  g.rotate(0.7)
  g.setColor(0.80, 0.90, 1)
  g.polygon("fill", -7, 18, -7, -38, 0, -52, 0, 18)
  g.setColor(0.55, 0.70, 0.92)
  g.polygon("fill", 7, 18, 7, -38, 0, -52, 0, 18)
  g.setColor(0.85, 0.68, 0.35)
  g.rectangle("fill", -20, 17, 40, 7, 3)
  g.setColor(0.42, 0.26, 0.32)
  g.rectangle("fill", -4, 24, 8, 20, 3)
  g.setColor(0.85, 0.68, 0.35)
  g.circle("fill", 0, 47, 6)
  g.setColor(1, 1, 1, 0.5 + 0.5 * math.sin(now * 2))
  g.circle("fill", -3, -20 + 17 * math.sin(now * 1.2), 2.5)
  g.pop()
end

function draw.staff(now)
  g.push()
  g.rotate(0.35)
  g.setColor(0.48, 0.30, 0.24)
  g.rectangle("fill", -4, -22, 8, 76, 4)
  g.setColor(0.72, 0.48, 0.32)
  g.rectangle("fill", -4, 4, 8, 6)
  g.setLineWidth(5)
  g.setColor(0.48, 0.30, 0.24)
  g.arc("line", "open", 0, -34, 15, 0.6, math.pi - 0.6)
  g.pop()
  for i = 1, 3 do
    local sway = 2 * math.sin(now * 5 + i)
    local size = 20 - 5 * i
    g.setColor(1, 0.30 + 0.22 * i, 0.12 + 0.12 * i, 0.9)
    g.polygon("fill", 13 - size, -32 + i, 13 + size, -32 + i, 13 + sway, -70 + 8 * i)
    g.circle("fill", 13, -32 + i, size)
  end
end

local function boot(x)
  g.setColor(0.50, 0.78, 0.68)
  g.rectangle("fill", x, -32, 20, 50, 6)
  g.rectangle("fill", x, 2, 38, 20, 9)
  g.setColor(0.36, 0.60, 0.54)
  g.rectangle("fill", x - 2, -34, 24, 9, 4)
  g.setColor(0.95, 0.97, 1)
  g.polygon("fill", x + 2, -6, x - 18, -20, x - 12, -8, x - 20, -4, x - 8, 0, x + 2, 4)
end

function draw.boots(now)
  g.setColor(1, 1, 1, 0.22)
  for i = -2, 2 do g.circle("fill", 18 * i, 36 + 3 * math.sin(now * 1.5 + i), 16) end
  g.translate(0, 3 * math.sin(now * 2))
  boot(-34)
  boot(10)
end

function draw.compass(now)
  g.setColor(0.80, 0.60, 0.28)
  g.circle("fill", 0, 4, 46)
  g.rectangle("fill", -7, -52, 14, 12, 4)
  g.setColor(0.98, 0.93, 0.82)
  g.circle("fill", 0, 4, 38)
  g.setColor(0.55, 0.42, 0.30)
  for i = 0, 11 do
    local a = i * math.pi / 6
    g.circle("fill", 32 * math.cos(a), 4 + 32 * math.sin(a), i % 3 == 0 and 2.6 or 1.2)
  end
  g.push()
  g.translate(0, 4)
  g.rotate(0.6 + 0.5 * math.sin(now * 0.9) + 0.1 * math.sin(now * 5))
  g.setColor(0.83, 0.27, 0.30)
  g.polygon("fill", -6, 0, 6, 0, 0, -27)
  g.setColor(0.34, 0.38, 0.52)
  g.polygon("fill", -6, 0, 6, 0, 0, 27)
  g.pop()
  g.setColor(0.80, 0.60, 0.28)
  g.circle("fill", 0, 4, 4)
end

local function parcel()
  g.setColor(0.72, 0.52, 0.34)
  g.rectangle("fill", -34, -30, 68, 60, 6)
end

--- Draw an item at a place.
function goods.draw(id, x, y, scale, now)
  paint.glow(x, y, 70 * scale, goods.color(id), 0.22 + 0.05 * math.sin(now * 1.7))
  g.push()
  g.translate(x, y)
  g.scale(scale)
  local picture = draw[id] or parcel
  picture(now)
  g.pop()
end

function goods.color(id) return goods.colors[id] or paint.gold end

return goods
