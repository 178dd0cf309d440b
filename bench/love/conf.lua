-- A window of LÖVE that shows nothing: what is measured is kassa, not drawing. It waits for no
-- screen, but sleeps a millisecond a frame as LÖVE does by itself.
function love.conf(game)
  game.window.width, game.window.height, game.window.vsync = 64, 64, 0
  for _, part in ipairs { "audio", "sound", "joystick", "physics", "video", "touch" } do
    game.modules[part] = false
  end
end
