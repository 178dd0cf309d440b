--- The sandbox behind HTTP: a provider's API, the control verbs, and the pages for people.
-- It is a handler for kassa.httpd and holds one world; it listens on no socket but in `serve`.

local json = require "kassa.json"
local board = require "kassa.sandbox.pages.board"
local clock = require "kassa.sandbox.clock"
local deliveries = require "kassa.sandbox.pages.deliveries"
local dispute = require "kassa.sandbox.pages.dispute"
local percent = require "kassa.sandbox.percent"
local postman = require "kassa.sandbox.postman"
local shell = require "kassa.sandbox.pages.shell"
local verbs = require "kassa.sandbox.verbs"
local world = require "kassa.sandbox.world"

local server = {}

-- Small tools ------------------------------------------------------------------------------------

-- What cannot be read stays as it is: no page and no verb knows it.
local function unescape(text)
  return percent.unescape(text) or text
end

-- One field of a posted form.
local function field(body, name)
  for key, value in (body or ""):gmatch "([^&=]+)=([^&]*)" do
    if unescape((key:gsub("+", " "))) == name then return unescape((value:gsub("+", " "))) end
  end
end

local function json_answer(status, value)
  return {
    status = status, headers = { ["Content-Type"] = "application/json" },
    body = assert(json.encode(value)),
  }
end

local function wrong_method(allowed)
  local answer = shell.notice(405, "Not like this", "This address takes " .. allowed .. ".")
  answer.headers["Allow"] = allowed
  return answer
end

-- Control verbs ----------------------------------------------------------------------------------

local function args_of(body)
  if body == "" then return {} end
  local value = json.decode(body)
  local args = type(value) == "table" and value.args
  if args == nil then args = {} end
  return type(args) == "table" and args or nil
end

--- POST /_sandbox/<verb> with {"args": [...]} -> {"ok": true, "result": ...}, or "ok": false and a
-- "message".
local function control(self, name, request)
  if request.method ~= "POST" then return wrong_method "POST" end
  if not verbs.has(self.world, name) then
    return json_answer(404, { ok = false, message = "the sandbox has no verb " .. name })
  end
  local args = args_of(request.body)
  if not args then
    return json_answer(400, { ok = false, message = "the body must be {\"args\": [...]}" })
  end
  local result, message = verbs.call(self.world, name, args)
  if result == nil and message then return json_answer(200, { ok = false, message = message }) end
  return json_answer(200, { ok = true, result = result })
end

-- Pages ------------------------------------------------------------------------------------------

-- The modules of pages that show a provider's own objects, by its name.
local DASHBOARD = {
  klarna = "kassa.sandbox.pages.dashboard", cybersource = "kassa.sandbox.pages.gateway",
}
local PAY = { klarna = "kassa.sandbox.pages.pay", cybersource = "kassa.sandbox.pages.hosted" }

local function hosted_page(self, rest, request)
  local pay = require(PAY[self.world.protocol.name])
  local said = rest:match "^(.+)/said$"
  local id = said or rest
  if request.method == "POST" then
    return pay.decide(self.call, id, field(request.body, "decision"))
  end
  if request.method ~= "GET" and request.method ~= "HEAD" then
    return wrong_method "GET, HEAD, POST"
  end
  if said then return pay.said(self.call, id) end
  return pay.show(self.call, id, request.method == "HEAD")
end

local function overview(self, request)
  if request.method == "POST" then
    return board.advance(self.call, field(request.body, "advance"))
  end
  if request.method ~= "GET" and request.method ~= "HEAD" then
    return wrong_method "GET, HEAD, POST"
  end
  local dashboard = require(DASHBOARD[self.world.protocol.name])
  return dashboard.show(self.call, clock.iso(self.world.clock:now()))
end

local function dispute_page(self, id, request)
  if request.method == "POST" then
    return dispute.act(self.call, id, field(request.body, "act"))
  end
  if request.method ~= "GET" and request.method ~= "HEAD" then
    return wrong_method "GET, HEAD, POST"
  end
  return dispute.show(self.call, id)
end

local function deliveries_page(self, request)
  if request.method == "POST" then
    return deliveries.again(self.call, field(request.body, "event_id"))
  end
  return deliveries.show(self.call)
end

-- Routes -----------------------------------------------------------------------------------------

local FOR_BROWSERS = {
  ["/"] = function() return { status = 303, headers = { Location = "/_sandbox/" }, body = "" } end,
  ["/favicon.ico"] = function() return { status = 204, body = "" } end,
}

local function route(self, request)
  local rest = request.path:match "^/_sandbox/?(.*)$"
  if not rest then
    local known = FOR_BROWSERS[request.path]
    return known and known() or self.world:handle(request)
  end
  if rest == "" then return overview(self, request) end
  local page = rest:match "^pay/(.+)$"
  if page then return hosted_page(self, unescape(page), request) end
  page = rest:match "^disputes/(.+)$"
  if page then return dispute_page(self, unescape(page), request) end
  if rest == "deliveries/again" and request.method == "POST"
      or rest == "deliveries" and (request.method == "GET" or request.method == "HEAD") then
    return deliveries_page(self, request)
  end
  return control(self, rest, request)
end

-- Whatever was asked may have made deliveries due.
local function serve(self, request)
  local answer = route(self, request)
  if self.post then self.post:work() end
  return answer
end

--- A handler for kassa.httpd around a world.
-- @param post nil or the postman (sandbox/postman.lua) of its deliveries
function server.handler(of_world, post)
  local self = {
    world = of_world, post = post,
    call = function(name, ...) return verbs.call(of_world, name, { ... }) end,
  }
  if post then post.world = of_world end
  return function(request)
    local ok, answer = pcall(serve, self, request)
    if ok then return answer end
    return { status = 500, headers = { ["Content-Type"] = "text/plain; charset=utf-8" },
      body = "the sandbox failed: " .. tostring(answer) .. "\n" }
  end
end

-- The postman that options ask for; what is left of them is the world's.
local function with_postman(options)
  local post = postman.new { ca_file = options.ca_file }
  options.ca_file = nil
  if options.clock == "real" and not options.time_source then
    options.time_source = function() return post:time() end
  end
  return post
end

--- What kassa.httpd.start calls in the background thread's Lua state.
-- @param config JSON of the options of sandbox/world.lua (seed, clock, ...) and ca_file (PEM by
--   which https webhooks are verified), or ""
-- @param port the port that is listened on
-- @return the handler, the watcher
function server.boot(config, port)
  local options = config == "" and {} or assert(json.decode(config))
  options.base_url = options.base_url or "http://127.0.0.1:" .. tostring(port)
  local post = with_postman(options)
  return server.handler(world.new(options), post), post:watcher()
end

--- Serve in the foreground until SIGINT or SIGTERM.
-- @param options port (0: a free one), on_ready = function({ base_url, api_key, account },
--   page_url), ca_file, and those of sandbox/world.lua
-- @return true | nil, message
function server.serve(options)
  local made = {}
  for name, value in pairs(options) do made[name] = value end
  local port, on_ready = made.port or 0, made.on_ready
  local post = with_postman(made)
  made.port, made.on_ready = nil, nil
  local handler
  local ok, message = require "kassa.httpd".serve {
    port = port, watcher = post:watcher(),
    handler = function(request) return handler(request) end,
    on_ready = function(bound)
      made.base_url = made.base_url or "http://127.0.0.1:" .. tostring(bound)
      local own = world.new(made)
      handler = server.handler(own, post)
      if on_ready then on_ready(verbs.call(own, "options"), verbs.call(own, "page_url")) end
    end,
  }
  post:close()
  return ok, message
end

return server
