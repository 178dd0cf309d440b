-- What every receiver of webhooks does with a delivery: verify it, have it stored, acknowledge it,
-- and tell the log; and with what is stored: have it handled, one event after the other. It
-- acknowledges nothing that is not stored, and knows no server: serve.lua and openresty.lua are it.

local core = require "kassa.core"
local webhook = require "kassa.webhook"

local M = {}

M.BODY_MAX = 64 * 1024 -- events have 1 to 6 KiB; 1,000 connections may each hold as much

local STORE_PAUSE_MS = 1000 -- before a store that failed is asked again
local IN_A_ROW = 16  -- events that one task handles before it lets others go on

-- Options -----------------------------------------------------------------------------------------

-- Each: nil when the value fits, else what it must be.

function M.whole(low, high)
  return function(value)
    local fits = type(value) == "number" and value % 1 == 0 and value >= low and value <= high
    return not fits and ("a whole number from %d to %d"):format(low, high) or nil
  end
end

--- The checks of the options that all receivers have.
M.CHECKS = {
  body_max = M.whole(1, 2 ^ 30), at_once = M.whole(1, 1000),
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

local function unknown(name, checks)
  local names = {}
  for _, set in ipairs { checks, M.CHECKS } do
    for known in pairs(set) do names[known] = true end
  end
  local close = require "kassa.nearest"(tostring(name), names)
  return tostring(name) .. " is no option" .. (close and ", did you mean " .. close .. "?" or "")
end

--- What is wrong with the options of a receiver that has these checks too, or nil. around: the
-- module whose function is called, by which a colon in place of the dot is known.
function M.fault(options, checks, around)
  if type(options) ~= "table" then return "options must be a table, got " .. type(options) end
  if options == around then return "call it with a dot, not with a colon" end
  for name, value in pairs(options) do
    local check = checks[name] or M.CHECKS[name]
    if not check then return unknown(name, checks) end
    local wanted = check(value)
    if wanted then return ("%s must be %s"):format(name, wanted) end
  end
  if not options.router then return "router is missing" end
  local provider = provider_of(options)
  local wrong_keys = core.webhook.keys_fault(options.keys, provider)
  return provider_fault(options, provider) or wrong_keys and "keys " .. wrong_keys or nil
end

-- One delivery ------------------------------------------------------------------------------------

local TEXT = "text/plain; charset=utf-8"

local Receiver = {}
Receiver.__index = Receiver

--- { status =, headers =, body = }, of a line of text or nothing.
function M.answer(status, line)
  return { status = status, headers = line and { ["Content-Type"] = TEXT }, body = line }
end

--- The refusal of a method; allowed: those that are not refused.
function M.wrong_method(allowed)
  local refusal = M.answer(405, "method not allowed\n")
  refusal.headers["Allow"] = allowed
  return refusal
end

-- What a listener raises must not decide over an event: it is dropped.
local function tell(self, entry)
  if not self.log then return end
  entry.time_ms = self.time()
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

--- The answer to a delivery: { method, remote, headers, body }. It is acknowledged when it is
-- stored, be it now or before, and not sooner.
function Receiver:deliver(request)
  local event, err = webhook.verify {
    body = request.body, headers = request.headers, keys = self.keys,
    provider = self.provider, tolerance_s = self.tolerance_s,
    now_ms = self.provider ~= "klarna" and self.now() or nil,
  }
  if not event then
    tell_received(self, request, 400, nil, err)
    return M.answer(400, err.reason .. "\n")
  end
  local result
  result, err = self.router:accept(event)
  if not result then
    tell_received(self, request, 503, event, err)
    return M.answer(503, "not stored\n")
  end
  if result == "new" then self.fresh = self.fresh + 1 end
  tell_received(self, request, 204, event, nil, result)
  return M.answer(204)
end

--- act(self, request), which answers it; where it raises, the answer says so. Only what the program
-- gave can raise here: keys that were changed while they are in use.
function Receiver:respond(act, request)
  local ok, made = pcall(act, self, request)
  if ok then return made end
  tell(self, { operation = "webhook.receive", status = 500, code = "raised", error = made })
  if not self.log then self.complain(tostring(made)) end
  return M.answer(500, "failed\n")
end

-- Handling afterwards -----------------------------------------------------------------------------

-- Without anyone to hear of it, a failed handler is told on the error stream.
local function tell_failed(self, err)
  tell(self, { operation = "webhook.handle", code = err.code, happened = err.happened,
    event_type = err.operation, event_id = err.event_id, error = err })
  if not self.log and not self.router.on_error then
    self.complain(tostring(err))
  end
end

-- What is acknowledged must not wait for the next delivery to be asked for: the last task at work
-- stays. -> false when the caller may go
local function wait_for_store(self)
  if self.ended or self.workers > 1 then return false end
  self.pause(STORE_PAUSE_MS)
  return true
end

--- Handle what waits, until nothing does: the work of one task, which self.workers counts.
function Receiver:work()
  local count = 0
  repeat
    local how, err = self.router:handle_next()
    if how == false then
      tell_failed(self, err)
      if err.code == "store" and not wait_for_store(self) then break end
    end
    count = count + 1
    if count % IN_A_ROW == 0 then self.pause(0) end
  until how == nil
  self.workers = self.workers - 1
end

-- The whole ---------------------------------------------------------------------------------------

--- A receiver: { router, provider, workers, fresh = events that nobody has begun with }, with the
-- methods above. options: as serve's. around: { time = milliseconds since 1970, pause =
-- function(ms), complain = function(text), for what nobody listens to }
function M.new(options, around)
  return setmetatable({
    router = options.router, keys = options.keys, provider = provider_of(options),
    tolerance_s = options.tolerance_s, now = options.router.now or around.time,
    log = options.log ~= nil and require("kassa.log").new(options.log) or nil,
    time = around.time, pause = around.pause, complain = around.complain,
    workers = 0, fresh = 1, -- one looks for what an earlier life has left
  }, Receiver)
end

return M
