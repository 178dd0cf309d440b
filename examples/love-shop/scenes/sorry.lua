-- When nothing was sold: why, in the server's words, and a way back. It blames nobody.

local paint = require "paint"

local sorry = {}

local BACK = { 380, 400, 200, 42 }

function sorry.draw(game)
  paint.words("Another time", "title", 0, 18, 960, paint.gold)
  paint.panel(220, 220, 520, 250, paint.dim)
  paint.words(game.why or "Nothing was sold.", "large", 260, 270, 440, paint.pale)
  paint.button("Back to the stall", BACK, paint.hover(BACK))
end

function sorry.pressed(game, x, y)
  if paint.inside(BACK, x, y) then game.go "store" end
end

return sorry
