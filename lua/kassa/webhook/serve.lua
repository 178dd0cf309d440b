-- A receiver of webhooks for plain Lua: an HTTP server in the tasks of kassa.run that verifies and
-- stores a delivery, acknowledges it, and has it handled afterwards. It acknowledges nothing that
-- is not stored, and answers nothing but deliveries and the question whether it is well.

local core = require "kassa.core"
local host = require "kassa.host"
local receiver = require "kassa.webhook.receiver"

local answer, wrong_method = receiver.answer, receiver.wrong_method

local M = {}

local RECEIVE_S = 10
local AT_ONCE = 16   -- events that are handled at the same time

-- Options -----------------------------------------------------------------------------------------

-- Each: nil when the value fits, else what it must be.

local function path(value)
  if type(value) == "string" and value:find "^/[^?#%s]*$" then return nil end
  return "a path such as /webhooks"
end

local function callback(value)
  return type(value) ~= "function" and "a function" or nil
end

local function text(value)
  return type(value) ~= "string" and "a string" or nil
end

local function pem_or_path(value)
  return type(value) == "string" and value ~= "" or core.secret.is(value)
end

local whole = receiver.whole

local CHECKS = {
  port = whole(0, 65535), address = text, path = path, on_ready = callback,
  receive_s = whole(1, 86400),
  health = function(value) return value ~= false and path(value) or nil end,
  tls = function(value)
    local fits = type(value) == "table" and pem_or_path(value.cert) and pem_or_path(value.key)
    return not fits and "{ cert =, key = }, each PEM text or the path of a file" or nil
  end,
}

local function path_of(options)
  return options.path or "/"
end

local function health_of(options)
  if options.health == nil then return "/health" end
  return options.health
end

local function fault_of(options)
  local fault = receiver.fault(options, CHECKS, require "kassa.webhook")
  if fault then return fault end
  if health_of(options) == path_of(options) then return "health must be another path than path" end
end

local NO_PEM = "kassa.webhook.serve: tls.%s is no PEM text, and no file that can be read: %s"

-- -> the PEM text; or nil and why it cannot be read. What was given is not shown: it may be a key
-- that lost its first line.
local function pem_of(tls, name)
  local given, pem = tls[name], nil
  if core.secret.is(given) then given = core.secret.reveal(given) end
  if given:find("-----BEGIN", 1, true) then return given end
  local file, why = io.open(given, "rb")
  if file then
    pem, why = file:read "*a"
    file:close()
  end
  if pem then return pem end
  return nil, NO_PEM:format(name, why:match "[^: ][^:]*$")
end

-- One request -------------------------------------------------------------------------------------

local function route(self, request)
  local method = request.method
  if request.path == self.path then
    return method == "POST" and self:deliver(request) or wrong_method "POST"
  elseif request.path == self.health then
    local asked = method == "GET" or method == "HEAD"
    return asked and answer(200, "ok\n") or wrong_method "GET, HEAD"
  end
  return answer(404, "not found\n")
end

-- Handling afterwards -----------------------------------------------------------------------------

local function spawn(self, fn)
  local task = host.tasks:spawn(fn, self)
  self.tasks[task] = true
end

-- As many tasks as there are new events, within the limit; those at work go on to what comes.
local function start_workers(self)
  local count = math.min(self.fresh, self.at_once - self.workers)
  self.fresh = 0
  for _ = 1, count do
    self.workers = self.workers + 1
    spawn(self, self.work)
  end
  for task in pairs(self.tasks) do
    if task.results then self.tasks[task] = nil end
  end
end

-- The life of a receiver --------------------------------------------------------------------------

local MISSING = "kassa.webhook.serve needs kassa.httpd, the HTTP server on libmicrohttpd (Debian:"
  .. " libmicrohttpd-dev, then build kassa again). "

local function open_server(self, options, signals)
  local found, httpd = pcall(require, "kassa.httpd")
  if not found then return nil, MISSING .. tostring(httpd) end
  local cert, key, why
  if options.tls then
    cert, why = pem_of(options.tls, "cert")
    if cert then key, why = pem_of(options.tls, "key") end
    if not key then return nil, why end
  end
  return httpd.open {
    port = options.port, address = options.address, tls_cert = cert, tls_key = key,
    body_max = options.body_max or receiver.BODY_MAX, receive_s = options.receive_s or RECEIVE_S,
    idle_s = options.receive_s or RECEIVE_S, signals = signals,
    handler = function(request) return self:respond(route, request) end,
  }
end

local WILDCARDS = { ["0.0.0.0"] = "127.0.0.1", ["::"] = "::1" }

local function url_of(self, options)
  local address = options.address or "127.0.0.1"
  address = WILDCARDS[address] or address
  if address:find(":", 1, true) then address = "[" .. address .. "]" end
  local scheme = options.tls and "https" or "http"
  return ("%s://%s:%d%s"):format(scheme, address, self.server:port(), self.path)
end

local function told_of(self, options)
  local server = self.server
  return {
    port = server:port(), url = url_of(self, options),
    stop = function() server:finish() end,
  }
end

-- It may make calls, so it runs beside the receiver, which by then receives.
local function run_ready(self)
  local ok, err = host.tasks:try(self.on_ready, self.told)
  if ok then return end
  self.broken = { err }
  self.server:finish()
end

-- Wait until the server has work. With too many files open nothing can be watched: then look again
-- soon, since the receiver must outlive a flood.
local BLIND_MS = 20

local function wait(self)
  local id = self.driver.engine:watch(self.server:fd())
  if id then
    self.driver:await(id, host.runtime)
  else
    self.driver:sleep(BLIND_MS, host.runtime)
  end
end

-- Until the server ends, and what it had accepted is handled.
local function run(self)
  if self.on_ready then spawn(self, run_ready) end
  while self.server:step() do
    start_workers(self)
    wait(self)
  end
  self.ended, self.fresh = true, math.max(self.fresh, 1) -- a last look
  start_workers(self)
  local task = next(self.tasks)
  while task do
    task:wait()
    self.tasks[task] = nil
    task = next(self.tasks)
  end
  if self.broken then error(self.broken[1], 0) end
  return true
end

-- A client's own engine, so that one wait serves both; a sandbox in this process has none.
local function driver_of(router)
  local client = router.client
  return client and type(client.engine) == "userdata" and client.driver or host:driver()
end

local function complain(words) io.stderr:write("kassa.webhook: ", words, "\n") end

local function new(options)
  local driver = driver_of(options.router)
  local self = receiver.new(options, {
    time = function() return driver.engine:time() end, complain = complain,
    pause = function(ms) driver:sleep(ms, host.runtime) end,
  })
  self.on_ready, self.path, self.health = options.on_ready, path_of(options), health_of(options)
  self.at_once, self.driver, self.tasks = options.at_once or AT_ONCE, driver, {}
  return self
end

--- Receive webhooks. Inside kassa.run it suspends its task; outside it blocks, running tasks of its
-- own, and SIGINT or SIGTERM end it.
-- @param options { router = of kassa.webhook.router and keys = { [id] = signing key } or a set of
--   kassa.webhook.keys (both required); port = a free one, address = "127.0.0.1" (numeric), path =
--   "/", health = "/health" or false, tls = { cert =, key = } (PEM text or path), body_max = bytes
--   (1 MiB), receive_s = seconds a sender may take for its request (10), at_once = events handled
--   at the same time (16), log = as a client's, on_ready = function({ port, url, stop }),
--   provider = the router's, tolerance_s = for Cybersource how far from now (the router's, else the
--   system's) a delivery may have been signed (3600) }
-- -> true, when stop() was called (or a signal came) and all that was accepted has been handled; or
--   nil and why it cannot listen. Raises for options that cannot be meant, and what on_ready
--   raises.
function M.serve(options)
  local fault, inside = fault_of(options), host.tasks:inside()
  if not inside and host.tasks:current() then
    fault = fault or "called where its task cannot be suspended: in a coroutine made inside a "
      .. "task, or on Lua 5.1 inside pcall"
  end
  if fault then error("kassa.webhook.serve: " .. fault, 2) end
  local self = new(options)
  local server, why = open_server(self, options, not inside)
  if not server then return nil, why end
  self.server = server
  self.told = told_of(self, options)
  if inside then return run(self) end
  return host.tasks:run(run, self)
end

return M
