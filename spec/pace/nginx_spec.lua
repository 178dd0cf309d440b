-- Promises of pacing between workers of a real nginx with a real lua_shared_dict. What can be said
-- without one is said in shared_spec.lua.
local openresty = require "support.openresty"
local sandbox = require "kassa.sandbox"

local FRONT = [[
  error_log $folder/error.log warn;
  lua_shared_dict pace 1m; lua_shared_dict told 1m;
  init_by_lua_block {
    local kassa = require "kassa"
    klarna = kassa.klarna { api_key = "%s", account = "%s", base_url = "%s",
      retries = 0, pace = { dict = "pace" } }
  }
  server {
    listen 127.0.0.1:$port reuseport;
    location /create { content_by_lua_block {
      local made, err = klarna.payment_requests:create { currency = "USD", payment_amount = 1000 }
      ngx.shared.told:incr(ngx.worker.pid(), 1, 0)
      ngx.status = made and 200 or 500
      ngx.print(made and made.state or tostring(err))
    } }
    location /workers { content_by_lua_block { ngx.print(#ngx.shared.told:get_keys()) } }
    location /keys { content_by_lua_block {
      ngx.print(table.concat(ngx.shared.pace:get_keys(), "\n"))
    } }
  }
]]

describe("two workers of nginx", function()
  local missing = openresty.missing() or openresty.elsewhere()

  it("share a limit through their dictionary, which holds no key", function()
    if missing then return pending(missing) end
    local box = assert(sandbox.start { clock = "real", rate = 20 })
    finally(function() box:stop() end)
    local options = box:options()
    local server = openresty.start(FRONT:format(options.api_key, options.account,
      options.base_url), { workers = 2 })
    finally(function()
      server:stop()
      box:stop()
    end)
    assert.equal("SUBMITTED", (server:get "/create")) -- one has learnt it
    assert.same({ ["200"] = 44 }, server:burst("/create", 44), server:log())
    for _, request in ipairs(box:requests()) do assert.equal(201, request.status) end
    assert.equal("2", (server:get "/workers"))
    local keys = server:get "/keys"
    assert.matches("^kassa:%x+:payment%-request%-management:", keys)
    assert.is_nil(keys:find(options.account, 1, true))
  end)
end)
