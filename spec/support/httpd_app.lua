-- A small application that misbehaves on request, booted by the specs of kassa.httpd in its own
-- Lua state. It refuses to be realistic.
local app = {}

local function describe(request)
  local lines = { request.method, request.path, request.query or "no query", request.remote }
  for name, value in pairs(request.headers) do lines[#lines + 1] = name .. "=" .. value end
  table.sort(lines)
  return { status = 201, headers = { ["X-Test"] = "yes" }, body = table.concat(lines, "\n") }
end

-- Work in libcrypto, so that a process may end in the middle of it.
local function digest()
  local sign, text = require "kassa.core".sign, ""
  for _ = 1, 200 do text = sign.sha256(text) end
  return sign.hex(text)
end

local function count(_, state)
  state.count = state.count + 1
  return { body = tostring(state.count) }
end

local function long(fault)
  return { body = ("x"):rep(1000), fault = fault }
end

local routes = {
  ["/count"] = count,
  ["/echo"] = function(request) return { body = request.body } end,
  ["/size"] = function(request) return { body = tostring(#request.body) } end,
  ["/config"] = function(_, state) return { body = state.config .. " " .. state.port } end,
  ["/reset"] = function() return { fault = { kind = "reset" } } end,
  ["/reset-begun"] = function() return { fault = { kind = "reset", begun = true } } end,
  ["/silence"] = function() return { fault = { kind = "silence" } } end,
  ["/truncate"] = function() return long { kind = "truncate", at = 100 } end,
  ["/headless"] = function() return long { kind = "truncate", at = 0 } end,
  ["/drip"] = function() return { body = "hello", fault = { kind = "drip", ms = 30 } } end,
  ["/delay"] = function() return { body = "late", delay_ms = 150 } end,
  ["/wait"] = function(request)
    return { body = request.query, delay_ms = tonumber(request.query) }
  end,
  ["/raise"] = function() error("the key is hunter2") end,
  ["/raise-table"] = function() error {} end,
  ["/nothing"] = function() return nil end,
  ["/strange"] = function() return { status = "fine" } end,
  ["/split"] = function() return { headers = { ["X-A"] = "a\r\nX-B: b" } } end,
  ["/own-length"] = function()
    return { headers = { ["Content-Length"] = "7", Date = "then" }, body = "four" }
  end,
  ["/yield"] = function() coroutine.yield() end,
  ["/digest"] = function() return { body = digest() } end,
  ["/exit"] = function() os.exit(7) end,
  ["/stop"] = function() return { body = "bye", stop = true } end,
}

--- What kassa.httpd.start calls.
function app.boot(config, port)
  if config == "raise" then error("no such world", 0) end
  if config == "nothing" then return nil end
  local state = { count = 0, config = config, port = port }
  return function(request)
    return (routes[request.path] or describe)(request, state)
  end
end

return app
