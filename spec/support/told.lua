-- Plays the stories of the contract inside nginx and tells what came of them: "kept", or what was
-- wrong. It knows no story.

local ngx = package.loaded.ngx

local M = {}

local function plus(promise) return (promise:gsub("[^%w]", "+")) end

local function play(wanted)
  local stories = require "support.stories"
  local endings = {}
  local function finally(act) endings[#endings + 1] = act end
  local told = "there is no such story"
  for promise, story in pairs(stories) do
    if plus(promise) == wanted then
      local ok, err = xpcall(function() story("nginx", finally) end, debug.traceback)
      told = ok and "kept" or tostring(err)
    end
  end
  for _, act in ipairs(endings) do act() end
  return told
end

function M.by_request()
  ngx.print(play(ngx.var.args))
  ngx.exit(200)
end

function M.by_timer()
  local wanted, told = ngx.var.args, nil
  ngx.timer.at(0, function() told = play(wanted) end)
  while not told do ngx.sleep(0.01) end
  ngx.print(told)
end

return M
