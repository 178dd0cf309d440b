-- An application with a watcher, booted by the specs of kassa.httpd: an engine whose timers ring
-- while the server serves. It refuses to ring by itself.
local core = require "kassa.core"

local app = {}

local function rings(engine, config)
  local count = 0
  return {
    fd = engine:fd(),
    step = function()
      engine:step(0)
      while engine:take() do count = count + 1 end
      if config == "raise" then error "the key is hunter2" end
    end,
  }, function() return tostring(count) end
end

--- What kassa.httpd.start calls.
function app.boot(config)
  local wrong = {
    ["no table"] = 7, ["no fd"] = { step = print }, ["no step"] = { fd = 0 },
    ["bad fd"] = { fd = -1, step = print }, ["no such fd"] = { fd = 1e6, step = print },
  }
  if wrong[config] then return function() return { body = "" } end, wrong[config] end
  local engine = core.engine.new {}
  local watcher, count = rings(engine, config)
  return function(request)
    local ms = tonumber(request.query)
    if ms then engine:timer(ms) end
    return { body = count() }
  end, watcher
end

return app
