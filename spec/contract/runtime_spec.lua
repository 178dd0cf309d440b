-- The same script, the same results, in every loop: outside one, in cqueues, luv, copas and frames,
-- and in requests of nginx. A loop whose package is not there is skipped by name.

local loops = require "support.loops"
local openresty = require "support.openresty"
local stories = require "support.stories"

local sorted = {}
for promise in pairs(stories) do sorted[#sorted + 1] = promise end
table.sort(sorted)

for _, name in ipairs(loops.names) do
  describe("in " .. name, function()
    local missing = loops.missing(name)
    for _, promise in ipairs(sorted) do
      it(promise, function()
        if missing then return pending(missing) end
        stories[promise](name, finally)
      end)
    end
  end)
end

-- In each phase that can wait, and in a timer: /content?a promise.
local NGINX = [[
  init_by_lua_block { require "support.told" }
  server {
    listen 127.0.0.1:$port;
    location /rewrite { rewrite_by_lua_block { require "support.told".by_request() } }
    location /access { access_by_lua_block { require "support.told".by_request() } }
    location /content { content_by_lua_block { require "support.told".by_request() } }
    location /timer { content_by_lua_block { require "support.told".by_timer() } }
  }
]]

describe("in nginx", function()
  local missing, server = openresty.missing() or openresty.elsewhere(), nil
  local phases = { "content", "access", "rewrite", "timer" }

  setup(function()
    if not missing then server = openresty.start(NGINX) end
  end)

  teardown(function()
    if server then server:stop() end
  end)

  for i, promise in ipairs(sorted) do
    it(promise, function()
      if missing then return pending(missing) end
      local phase = phases[i % #phases + 1]
      local told = server:get("/" .. phase .. "?" .. promise:gsub("[^%w]", "+"))
      assert(told == "kept", phase .. ": " .. told .. server:log())
    end)
  end
end)
