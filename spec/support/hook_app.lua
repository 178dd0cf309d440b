-- A receiver of webhooks in a thread of its own, booted by the specs of deliveries: it answers as
-- the path says and tells what it got. It verifies nothing.
local json = require "kassa.json"

local app = {}

--- What kassa.httpd.start calls. POST /<status> is answered with that status, /silence never,
-- /late after 100 ms, /fails/<n>/... with 500 so many times and then with 204; GET /seen lists what
-- came, GET /busy tells how many answers are out that no later request has overtaken.
function app.boot()
  local seen, fails = json.list {}, {}
  local function note(request)
    seen[#seen + 1] = {
      path = request.path, body = request.body, headers = request.headers,
      event_type = request.body:match "\"event_type\":\"([^\"]*)\"",
    }
  end
  return function(request)
    if request.path == "/seen" then return { body = json.encode(seen) } end
    note(request)
    if request.path == "/silence" then return { fault = { kind = "silence" } } end
    if request.path == "/late" then return { status = 204, delay_ms = 100 } end
    local times = tonumber(request.path:match "^/fails/(%d+)")
    if times then
      fails[request.path] = (fails[request.path] or 0) + 1
      return { status = fails[request.path] <= times and 500 or 204 }
    end
    return { status = tonumber(request.path:match "^/(%d+)") or 204 }
  end
end

return app
