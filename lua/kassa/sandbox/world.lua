--- A provider as one deterministic machine: a request table in, a response table out, no sockets.
-- It does no I/O and knows no time or chance of its own: clock and seed come as arguments.
--
--   local world = require "kassa.sandbox.world".new { seed = 7 }
--   local response = world:handle { method = "POST", path = "/v2/payment/requests", headers = ... }

local json = require "kassa.json"
local agenda = require "kassa.sandbox.agenda"
local clock = require "kassa.sandbox.clock"
local faults = require "kassa.sandbox.faults"
local providers = require "kassa.sandbox.providers"
local quota = require "kassa.sandbox.quota"
local random = require "kassa.sandbox.random"
local reply = require "kassa.sandbox.reply"
local routes = require "kassa.sandbox.routes"

local world = {}
world.__index = world

local LOG_MAX = 10000
local OPTIONS = {
  provider = true, seed = true, clock = true, base_url = true, rate = true, paths = true,
  start_ms = true, time_source = true,
}

-- Raises where kassa.sandbox.world was called.
local function check_options(options, of_provider)
  for name in pairs(options) do
    if not OPTIONS[name] and not of_provider[name] then
      local known = {}
      for _, set in ipairs { OPTIONS, of_provider } do
        for option in pairs(set) do known[option] = true end
      end
      local close = require "kassa.nearest"(tostring(name), known)
      error(("the sandbox has no option %s%s"):format(tostring(name),
        close and ", did you mean " .. close .. "?" or ""), 5)
    end
  end
end

local function protocol_of(options)
  local protocol, message = providers.find(options.provider)
  if not protocol then error(message, 4) end
  check_options(options, protocol.options)
  return protocol
end

--- A world without records.
-- @param options { provider = "klarna" (default) or "cybersource", seed = number or text (1),
--   clock = "virtual" (default) or "real", base_url =, rate = requests a second (a number, or by
--   bucket), paths = { [operation] = path }, start_ms = first time of a virtual clock,
--   time_source = function that gives epoch milliseconds to a real clock; and of Klarna account =,
--   api_key =, username =; of Cybersource merchant_id =, key_id =, secret = }
function world.new(options)
  options = options or {}
  local protocol = protocol_of(options)
  local seed, api = options.seed or 1, protocol.api()
  local self = setmetatable({
    seed = seed, protocol = protocol, base_url = options.base_url or protocol.base_url, api = api,
    clock = clock.new { kind = options.clock, start_ms = options.start_ms,
      source = options.time_source },
    agenda = agenda.new(), routes = routes.new(api, options.paths, protocol.also),
    quota = quota.new(options.rate),
    faults = faults.new(random.new(seed, "faults"), protocol.answers),
    log = {}, log_first = 1, log_last = 0, operations = {},
  }, world)
  for _, row in ipairs(api.operations) do self.operations[row.name] = true end
  protocol.open(self, options)
  return self
end

--- The time (ms) at which what happens now happens: of what is due, its own.
function world:time()
  return self.at or self.clock:now()
end

--- Let everything happen that is due by now, each at its own time and in order.
function world:settle()
  local now = self.clock:now()
  local what, at = self.agenda:take(now)
  while what do
    self.at = at
    self.provider:due(what)
    what, at = self.agenda:take(now)
  end
  self.at = nil
end

-- Deliveries -------------------------------------------------------------------------------------

--- The attempts to deliver that are due, in order (deliveries:take); each is to be told the end of.
-- @param reach nil or function(url) -> false for what the caller does not send
function world:attempts_due(reach)
  local out, now = {}, self.clock:now()
  local attempt = self.deliveries:take(now, reach)
  while attempt do
    out[#out + 1] = attempt
    attempt = self.deliveries:take(now, reach)
  end
  return out
end

--- An attempt ended with this status, or with none and a message; its failure plans the next one.
function world:attempted(id, status, message)
  return self.deliveries:attempted(id, status, message, self.clock:now())
end

--- Call receiver(attempt) -> status for each attempt that is due, from now on; nil: no more.
-- It may make calls of its own; one that raises has failed, as a status like 500 would have.
function world:receive(receiver)
  self.receiver = receiver
  self:deliver()
end

-- In a coroutine of its own: calls that the receiver makes block there and suspend nobody else, and
-- what it raises is caught on every Lua.
local function ask(receiver, attempt)
  local thread = coroutine.create(receiver)
  local ok, status = coroutine.resume(thread, attempt)
  if not ok then return nil, tostring(status) end
  if coroutine.status(thread) ~= "dead" then return nil, "the receiver yielded" end
  if type(status) ~= "number" then return nil, "the receiver returned no status" end
  return status
end

--- Hand the receiver what is due, one by one. Called from inside a receiver it does nothing: who
-- called the receiver goes on with what is due then.
function world:deliver()
  if not self.receiver or self.delivering then return end
  self.delivering = true
  local attempt = self.deliveries:take(self.clock:now())
  while attempt do
    self:attempted(attempt.id, ask(self.receiver, attempt))
    attempt = self.receiver and self.deliveries:take(self.clock:now())
  end
  self.delivering = false
end

local function earlier(one, other)
  return one and other and math.min(one, other) or one or other
end

--- The time (ms) of what happens next, an event or an attempt; nil when nothing is planned.
function world:due_at()
  return earlier(self.agenda:next(), self.deliveries:next())
end

-- What `advance` stops at: without a receiver to take attempts they stay where they are.
local function next_due(self)
  local takes = self.receiver and not self.delivering
  return earlier(self.agenda:next(), takes and self.deliveries:next() or nil)
end

--- Move time forward; on the way everything happens at its own time, deliveries to a receiver too.
-- Returns the new time in milliseconds, or nil and a sentence.
function world:advance(duration)
  local left, message = clock.duration(duration)
  if not left then return nil, message end
  local at = next_due(self)
  while at and at - self.clock:now() <= left do
    local gap = math.max(0, at - self.clock:now())
    self.clock:advance(gap / 1000)
    left = left - gap
    self:settle()
    self:deliver()
    at = next_due(self)
  end
  return (self.clock:advance(left / 1000))
end

-- Answers ----------------------------------------------------------------------------------------

local function normal(self, request)
  local headers = {}
  for name, value in pairs(request.headers or {}) do headers[name:lower()] = value end
  self.protocol.normal(headers)
  return {
    method = request.method, path = request.path, query = request.query, headers = headers,
    body = request.body,
  }
end

local function note(self, request, row)
  local headers = {}
  for name, value in pairs(request.headers) do
    if not self.protocol.hidden[name] then headers[name] = value end
  end
  local entry = {
    at = clock.iso(self.clock:now()), method = request.method, path = request.path,
    query = request.query, operation = row and row.name, headers = headers,
  }
  self.protocol.note(entry, request)
  self.log_last = self.log_last + 1
  self.log[self.log_last] = entry
  if self.log_last - self.log_first >= LOG_MAX then
    self.log[self.log_first] = nil
    self.log_first = self.log_first + 1
  end
  return entry
end

local function handle(self, request)
  local protocol = self.protocol
  self:settle()
  request = normal(self, request)
  local row, params = protocol.route(self, request)
  local entry = note(self, request, row)
  local plan = self.faults:take(row and row.name)
  local made
  if not plan or plan.effect then
    made = protocol.answer(self, row, params or {}, request, entry)
  else
    made = reply.of(200, "")
  end
  if plan then
    entry.fault = plan.kind
    made = self.faults:answer(plan, made,
      function(refusal) return protocol.refuse(self, refusal) end)
  end
  entry.status = made.status
  return made
end

--- Answer one request.
-- @param request { method =, path = (raw), query =, headers = { [name] = value }, body = }
-- @return { status =, headers = { [Name] = value }, body =, delay_ms =, fault = nil or { kind =
--   "reset", "silence", "truncate" (at), "drip" (ms a byte); name = the plan's kind } }
function world:handle(request)
  local ok, made = pcall(handle, self, request)
  if ok then return made end
  self.at = nil
  return self.protocol.refuse(self, self.protocol.answers.broken(tostring(made)))
end

--- What was asked, oldest first; the key is not kept.
function world:requests()
  local out = json.list {}
  for i = self.log_first, self.log_last do out[#out + 1] = self.log[i] end
  return out
end

--- Plan a fault (sandbox/faults.lua). Returns the number of plans, or nil and a sentence.
function world:fault(spec)
  local name = type(spec) == "table" and spec.operation
  if name and name ~= "*" and not self.operations[name] then
    return nil, "there is no operation " .. tostring(name)
  end
  return self.faults:plan(spec)
end

return world
