-- A hand-written gateway for the specs of waiting, booted by kassa.httpd in a Lua state of its own:
-- every authorization is PENDING for so many checks as its configuration says, then AUTHORIZED.
local app = {}

--- What kassa.httpd.start calls. config: the number of checks, as text.
function app.boot(config)
  local checks, pending = {}, tonumber(config)
  return function(request)
    local id = request.path:match "^/pts/v2/refresh%-payment%-status/(%w+)$"
    if not id then return { status = 404 } end
    checks[id] = (checks[id] or 0) + 1
    local status = checks[id] > pending and "AUTHORIZED" or "PENDING"
    return { status = 201, headers = { ["Content-Type"] = "application/json" },
      body = ('{"id":"%s","status":"%s"}'):format(id, status) }
  end
end

return app
