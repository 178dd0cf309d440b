-- What LÖVE is to open: one small window. It leaves out the parts that this game does without.

function love.conf(game)
  game.identity = "kassa-love-shop"
  game.version = "11.4"
  game.window.title = "The Night Market"
  game.window.width, game.window.height = 960, 600
  game.window.msaa = os.getenv "KASSA_SHOP_SHOTS" and 0 or 4 -- dear where no card draws
  for _, part in ipairs { "audio", "sound", "joystick", "physics", "video", "touch" } do
    game.modules[part] = false
  end
end
