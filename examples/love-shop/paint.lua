-- The hand that draws: the night sky, panels, buttons and text, all from LÖVE's primitives.
-- It loads no picture and no font file, and knows nothing of the shop.

local g = love.graphics

local paint = { width = 960, height = 600, font = {} }

paint.gold = { 0.98, 0.80, 0.42 }
paint.pale = { 0.93, 0.91, 0.98 }
paint.dim = { 0.66, 0.62, 0.78 }
paint.dark = { 0.11, 0.08, 0.19 }

local sky, stars = nil, {}

-- A rectangle whose colour runs from top to bottom.
local function gradient(top, bottom)
  return g.newMesh({
    { 0, 0, 0, 0, top[1], top[2], top[3], 1 }, { 1, 0, 1, 0, top[1], top[2], top[3], 1 },
    { 1, 1, 1, 1, bottom[1], bottom[2], bottom[3], 1 },
    { 0, 1, 0, 1, bottom[1], bottom[2], bottom[3], 1 },
  }, "fan", "static")
end

function paint.load()
  for name, size in pairs { small = 13, text = 16, large = 21, title = 36 } do
    paint.font[name] = g.newFont(size)
  end
  sky = gradient({ 0.05, 0.04, 0.13 }, { 0.25, 0.13, 0.34 })
  for i = 1, 110 do
    stars[i] = { x = math.random(0, 960), y = math.random(0, 430), r = 0.4 + math.random() * 1.3,
      phase = math.random() * 6.3 }
  end
end

--- Set the colour, with another opacity.
function paint.color(color, alpha) g.setColor(color[1], color[2], color[3], alpha or 1) end

--- A soft light around a point.
function paint.glow(x, y, radius, color, alpha)
  for i = 8, 1, -1 do
    paint.color(color, alpha / 8)
    g.circle("fill", x, y, radius * i / 8)
  end
end

local function hills(base, height, wave, color)
  local points = { 0, 600 }
  for x = 0, 960, 32 do
    points[#points + 1] = x
    points[#points + 1] = base - height * (math.sin(x / wave) + 0.6 * math.sin(x / wave * 2.3 + 1))
  end
  points[#points + 1], points[#points + 2] = 960, 600
  paint.color(color)
  for _, triangle in ipairs(love.math.triangulate(points)) do g.polygon("fill", triangle) end
end

-- Lanterns on a rope, swaying.
local function lanterns(now)
  local function rope(x) return 108 - 0.00012 * (x - 480) ^ 2 end
  local line = {}
  for x = 0, 960, 24 do
    line[#line + 1], line[#line + 2] = x, rope(x)
  end
  g.setColor(0.5, 0.4, 0.55, 0.6)
  g.setLineWidth(1.5)
  g.line(line)
  for i = 0, 7 do
    local x = 60 + 120 * i
    local y, sway = rope(x) + 12, 2.5 * math.sin(now * 1.3 + i)
    paint.glow(x + sway, y, 34, paint.gold, 0.16 + 0.03 * math.sin(now * 2 + i * 2))
    g.setColor(0.95, 0.62 + 0.05 * (i % 3), 0.32)
    g.ellipse("fill", x + sway, y, 7, 9)
  end
end

--- The sky, the hills and the lanterns.
function paint.night(now)
  g.setColor(1, 1, 1)
  g.draw(sky, 0, 0, 0, paint.width, paint.height)
  for _, star in ipairs(stars) do
    g.setColor(1, 0.97, 0.9, 0.35 + 0.45 * math.sin(now * 1.1 + star.phase) ^ 2)
    g.circle("fill", (star.x + now * 1.5) % 960, star.y, star.r)
  end
  paint.glow(872, 44, 70, { 1, 0.95, 0.8 }, 0.20)
  g.setColor(1, 0.95, 0.82)
  g.circle("fill", 872, 44, 25)
  hills(520, 20, 130, { 0.13, 0.08, 0.22 })
  hills(565, 14, 90, { 0.09, 0.06, 0.16 })
  lanterns(now)
end

--- A line of text in the middle of a column.
function paint.words(text, font, x, y, width, color, alpha, align)
  g.setFont(paint.font[font])
  paint.color(color, alpha)
  g.printf(text, x, y, width, align or "center")
end

--- A panel with a shadow under it.
function paint.panel(x, y, width, height, border, alpha)
  g.setColor(0, 0, 0, 0.28)
  g.rectangle("fill", x + 3, y + 9, width, height, 16)
  g.setColor(0.12, 0.085, 0.21, alpha or 0.94)
  g.rectangle("fill", x, y, width, height, 16)
  g.setLineWidth(2)
  paint.color(border, 0.75)
  g.rectangle("line", x, y, width, height, 16)
end

--- A button; `lit` while the mouse is over it.
function paint.button(text, box, lit, color)
  local x, y, width, height = unpack(box)
  paint.color(color or paint.gold, lit and 1 or 0.86)
  g.rectangle("fill", x, y, width, height, height / 2)
  paint.words(text, "text", x, y + height / 2 - 10, width, paint.dark)
end

--- Is the point in this box { x, y, width, height }?
function paint.inside(box, x, y)
  return x >= box[1] and x <= box[1] + box[3] and y >= box[2] and y <= box[2] + box[4]
end

function paint.hover(box) return paint.inside(box, love.mouse.getPosition()) end

return paint
