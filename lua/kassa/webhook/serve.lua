-- A receiver of webhooks for plain Lua: an HTTP server in the tasks of kassa.run that verifies and
-- stores a delivery, acknowledges it, and has it handled afterwards. It acknowledges nothing that
-- is not stored, and answers nothing but deliveries and the question whether it is well.

local core = require "kassa.core"
local host = require "kassa.host"
local webhook = require "kassa.webhook"

local M = {}

local BODY_MAX = 64 * 1024 -- events have 1 to 6 KiB; 1,000 connections may each hold as much
local RECEIVE_S = 10
local AT_ONCE = 16   -- events that are handled at the same time
local IN_A_ROW = 16  -- events that one task handles before it lets others go on
local STORE_PAUSE_MS = 1000 -- before a store that failed is asked again

-- Options -----------------------------------------------------------------------------------------

-- Each: nil when the value fits, else what it must be.

local function whole(low, high)
  return function(value)
    local fits = type(value) == "number" and value % 1 == 0 and value >= low and value <= high
    return not fits and ("a whole number from %d to %d"):format(low, high) or nil
  end
end

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

local CHECKS = {
  port = whole(0, 65535), address = text, path = path, on_ready = callback,
  body_max = whole(1, 2 ^ 30), receive_s = whole(1, 86400), at_once = whole(1, 1000),
  health = function(value) return value ~= false and path(value) or nil end,
  tls = function(value)
    local fits = type(value) == "table" and pem_or_path(value.cert) and pem_or_path(value.key)
    return not fits and "{ cert =, key = }, each PEM text or the path of a file" or nil
  end,
  keys = function() return nil end, -- keys_fault has its own words
  provider = function(value)
    local known = value == "klarna" or value == "cybersource"
    return not known and '"klarna" or "cybersource"' or nil
  end,
  tolerance_s = function(value)
    local fits = type(value) == "number" and value >= 0
    return not fits and "a number of seconds, not less than 0" or nil
  end,
  router = function(value)
    local fits = type(value) == "table" and type(value.accept) == "function"
      and type(value.handle_next) == "function"
    return not fits and "made by kassa.webhook.router" or nil
  end,
  log = function(value)
    local writes = type(value) == "table" and value.write or value
    return type(writes) ~= "function" and "a function, or a table with a function write" or nil
  end,
}

local function path_of(options)
  return options.path or "/"
end

local function health_of(options)
  if options.health == nil then return "/health" end
  return options.health
end

-- Whose events the router takes; one that does not say so takes those that are told here.
local function provider_of(options)
  return options.router.provider or options.provider or "klarna"
end

local function provider_fault(options, own)
  if options.provider and options.provider ~= own then
    return ("provider is %s, but the router is for %s: give the router a client, or a provider")
      :format(options.provider, own)
  end
  if options.tolerance_s and own == "klarna" then
    return "tolerance_s is for cybersource: Klarna signs no time"
  end
end

local function fault_of(options)
  if type(options) ~= "table" then return "options must be a table, got " .. type(options) end
  if options == require "kassa.webhook" then return "call it with a dot, not with a colon" end
  for name, value in pairs(options) do
    local wanted = CHECKS[name] and CHECKS[name](value)
    if wanted then return ("%s must be %s"):format(name, wanted) end
    if not CHECKS[name] then
      local close = require "kassa.nearest"(tostring(name), CHECKS)
      local hint = close and ", did you mean " .. close .. "?" or ""
      return tostring(name) .. " is no option" .. hint
    end
  end
  if not options.router then return "router is missing" end
  local provider = provider_of(options)
  local wrong_provider = provider_fault(options, provider)
  if wrong_provider then return wrong_provider end
  local wrong_keys = core.webhook.keys_fault(options.keys, provider)
  if wrong_keys then return "keys " .. wrong_keys end
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

local TEXT = "text/plain; charset=utf-8"

local function answer(status, line)
  return { status = status, headers = line and { ["Content-Type"] = TEXT }, body = line }
end

local function wrong_method(allowed)
  local refusal = answer(405, "method not allowed\n")
  refusal.headers["Allow"] = allowed
  return refusal
end

-- What a listener raises must not decide over an event: it is dropped.
local function tell(self, entry)
  if not self.log then return end
  entry.time_ms = self.driver.engine:time()
  pcall(self.log.write, entry)
end

local function tell_received(self, request, status, event, err, result)
  tell(self, {
    operation = "webhook.receive", status = status, code = err and err.code or "ok",
    reason = err and err.reason or nil, result = result, remote = request.remote,
    event_type = event and event.type or nil, event_id = event and event.id or nil,
    request_bytes = #request.body, method = request.method,
  })
end

-- A delivery is acknowledged when it is stored, be it now or before, and not sooner.
local function deliver(self, request)
  local event, err = webhook.verify {
    body = request.body, headers = request.headers, keys = self.keys,
    provider = self.provider, tolerance_s = self.tolerance_s,
    now_ms = self.provider ~= "klarna" and self.now() or nil,
  }
  if not event then
    tell_received(self, request, 400, nil, err)
    return answer(400, err.reason .. "\n")
  end
  local result
  result, err = self.router:accept(event)
  if not result then
    tell_received(self, request, 503, event, err)
    return answer(503, "not stored\n")
  end
  if result == "new" then self.fresh = self.fresh + 1 end
  tell_received(self, request, 204, event, nil, result)
  return answer(204)
end

local function route(self, request)
  local method = request.method
  if request.path == self.path then
    return method == "POST" and deliver(self, request) or wrong_method "POST"
  elseif request.path == self.health then
    local asked = method == "GET" or method == "HEAD"
    return asked and answer(200, "ok\n") or wrong_method "GET, HEAD"
  end
  return answer(404, "not found\n")
end

-- Only what the program gave can raise here: keys that were changed while they are in use.
local function respond(self, request)
  local ok, made = pcall(route, self, request)
  if ok then return made end
  tell(self, { operation = "webhook.receive", status = 500, code = "raised", error = made })
  if not self.log then io.stderr:write("kassa.webhook: ", tostring(made), "\n") end
  return answer(500, "failed\n")
end

-- Handling afterwards -----------------------------------------------------------------------------

-- Without anyone to hear of it, a failed handler is told on the error stream.
local function tell_failed(self, err)
  tell(self, { operation = "webhook.handle", code = err.code, happened = err.happened,
    event_type = err.operation, event_id = err.event_id, error = err })
  if not self.log and not self.router.on_error then
    io.stderr:write("kassa.webhook: ", tostring(err), "\n")
  end
end

-- What is acknowledged must not wait for the next delivery to be asked for: the last task at work
-- stays. -> false when the caller may go
local function wait_for_store(self)
  if self.ended or self.workers > 1 then return false end
  self.driver:sleep(STORE_PAUSE_MS, host.runtime)
  return true
end

-- A task that handles what waits, until nothing does.
local function work(self)
  local count = 0
  repeat
    local how, err = self.router:handle_next()
    if how == false then
      tell_failed(self, err)
      if err.code == "store" and not wait_for_store(self) then break end
    end
    count = count + 1
    if count % IN_A_ROW == 0 then self.driver:sleep(0, host.runtime) end
  until how == nil
  self.workers = self.workers - 1
end

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
    spawn(self, work)
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
    body_max = options.body_max or BODY_MAX, receive_s = options.receive_s or RECEIVE_S,
    idle_s = options.receive_s or RECEIVE_S, signals = signals,
    handler = function(request) return respond(self, request) end,
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

local function receiver_of(self, options)
  local server = self.server
  return {
    port = server:port(), url = url_of(self, options),
    stop = function() server:finish() end,
  }
end

-- It may make calls, so it runs beside the receiver, which by then receives.
local function run_ready(self)
  local ok, err = host.tasks:try(self.on_ready, self.receiver)
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

local function new(options)
  local driver = driver_of(options.router)
  local self = {
    router = options.router, keys = options.keys, on_ready = options.on_ready,
    provider = provider_of(options), tolerance_s = options.tolerance_s,
    now = options.router.now or function() return driver.engine:time() end,
    path = path_of(options), health = health_of(options),
    log = options.log ~= nil and require("kassa.log").new(options.log) or nil,
    at_once = options.at_once or AT_ONCE, driver = driver,
    tasks = {}, workers = 0, fresh = 1, -- one looks for what an earlier life has left
  }
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
  self.receiver = receiver_of(self, options)
  if inside then return run(self) end
  return host.tasks:run(run, self)
end

return M
