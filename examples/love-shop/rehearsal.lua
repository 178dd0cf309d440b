-- The game plays by itself for its test: buys an item, waits for the receipt, takes a picture of
-- each scene and quits. It is on while KASSA_SHOP_SHOTS names the folder for the pictures.

local folder = os.getenv "KASSA_SHOP_SHOTS"
local LIMIT_S = 60

local rehearsal = { on = folder ~= nil and folder ~= "" }

local function shot(name)
  love.graphics.captureScreenshot(function(image)
    local file = assert(io.open(folder .. "/love-" .. name .. ".png", "wb"))
    file:write(image:encode "png":getString())
    file:close()
  end)
end

-- Each: when it may happen, and what happens.
local steps = {
  { function(game) return game.open and game.since > 0.5 end, function(game, scenes)
    love.mouse.setPosition(scenes.store.middle(2))
    game.since = 0
  end },
  { function(game) return game.since > 0.4 end, function() shot "store" end },
  { function(game) return game.since > 0.5 end, function(_, scenes)
    love.event.push("mousepressed", scenes.store.middle(2))
  end },
  { function(game) return game.url and game.since > 1 end, function() shot "waiting" end },
  { function(game) return game.scene == "receipt" and game.since > 1.5 end,
    function() shot "receipt" end },
  { function(game) return game.since > 1.8 end, function(_, scenes)
    love.event.push("mousepressed", scenes.receipt.middle())
  end },
  { function(game) return game.scene == "store" and game.since > 0.3 end,
    function() shot "owned" end },
  { function(game) return game.since > 0.6 end, function(game)
    print(("bought %s, order %s"):format(game.receipt.id, game.receipt.order))
    love.event.quit(0)
  end },
}
local at = 1

--- Once a frame.
function rehearsal.update(game, scenes)
  if not rehearsal.on then return end
  if game.scene == "sorry" or game.now > LIMIT_S then
    print("the rehearsal failed in scene " .. game.scene .. ": " .. tostring(game.why))
    love.event.quit(1)
  end
  local step = steps[at]
  if step and step[1](game) then
    at = at + 1
    step[2](game, scenes)
  end
end

return rehearsal
