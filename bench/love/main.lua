-- A game that makes so many HTTPS calls at once, the first ones of its process, and prints the most
-- milliseconds that a frame spent in kassa: in starting calls, and in kassa.update(). It counts
-- everything of a frame, the 30th call as the first.
--
--   love bench/love MODE URL CA_FILE COUNT       thread (what LÖVE's clients have), or inline
--   love bench/love quit URL CA_FILE COUNT       quits with the calls in flight, prints "quit"

local kassa = require "kassa"

local ID = "krn:payment:eu1:request:00000000-0000-4000-8000-000000000000"

local mode, count, klarna, left
local worst = { start = 0, update = 0 }

-- A stand-in for a game that drives the engine itself.
local function without_thread()
  local engine = require "kassa.core".engine
  local new = engine.new
  engine.new = function(options)
    options.mode = nil
    return new(options)
  end
end

local function spent(what, act)
  local before = love.timer.getTime()
  act()
  worst[what] = math.max(worst[what], 1000 * (love.timer.getTime() - before))
end

local function start_all()
  for _ = 1, count do
    coroutine.wrap(function()
      local request, err = klarna.payment_requests:read(ID)
      if mode ~= "quit" then assert(request, tostring(err)) end
      left = left - 1
    end)()
  end
end

function love.load(words)
  mode, count = words[1], tonumber(words[4])
  left = count
  if mode == "inline" then without_thread() end
  klarna = kassa.klarna { api_key = "klarna_test_api_x", base_url = words[2], ca_file = words[3],
    max_connections = count }
end

local frame = 0

function love.update()
  frame = frame + 1
  if frame == 3 then spent("start", start_all) end
  spent("update", kassa.update)
  if mode == "quit" and frame == 5 then
    io.write "quit"
    love.event.quit(0)
  elseif left == 0 then
    print(("%.3f %.3f"):format(worst.start, worst.update))
    love.event.quit(0)
  end
end

-- In place of LÖVE's page about the error, which would stay.
function love.errorhandler(message)
  io.stderr:write(tostring(message), "\n")
  return function() return 1 end
end
