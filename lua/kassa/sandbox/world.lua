--- Klarna as one deterministic machine: a request table in, a response table out, no sockets.
-- It does no I/O and knows no time or chance of its own: clock and seed come as arguments.
--
--   local world = require "kassa.sandbox.world".new { seed = 7 }
--   local response = world:handle { method = "POST", path = "/v2/payment/requests", headers = ... }

local json = require "kassa.json"
local agenda = require "kassa.sandbox.agenda"
local answers = require "kassa.sandbox.answers"
local checks = require "kassa.sandbox.checks"
local clock = require "kassa.sandbox.clock"
local deliveries = require "kassa.sandbox.deliveries"
local faults = require "kassa.sandbox.faults"
local klarna = require "kassa.sandbox.klarna"
local memory = require "kassa.sandbox.memory"
local notifications = require "kassa.sandbox.klarna.notifications"
local query = require "kassa.sandbox.query"
local quota = require "kassa.sandbox.quota"
local random = require "kassa.sandbox.random"
local routes = require "kassa.sandbox.routes"

local world = {}
world.__index = world

local BASE_URL = "https://klarna.sandbox.invalid"
local LOG_MAX = 10000
local OPTIONS = {
  seed = true, clock = true, base_url = true, account = true, api_key = true, username = true,
  rate = true, paths = true, start_ms = true, time_source = true,
}

-- Raises where kassa.sandbox.world was called.
local function check_options(options)
  for name in pairs(options) do
    if not OPTIONS[name] then
      local close = require "kassa.nearest"(tostring(name), OPTIONS)
      error(("the sandbox has no option %s%s"):format(tostring(name),
        close and ", did you mean " .. close .. "?" or ""), 4)
    end
  end
end

local function identity(options, names)
  return {
    api_key = options.api_key or "klarna_test_api_" .. names:letters(32),
    account = options.account
      or "krn:partner:global:account:test:" .. names:letters(8):upper(),
    username = options.username or names:uuid(),
  }
end

local function provider(self, seed)
  return klarna.new {
    seed = seed,
    now = function() return self.at or self.clock:now() end,
    plan = function(at, what) self.agenda:add(at, what) end,
    tell = function(event_type, payload, about)
      self.deliveries:add(event_type, payload, self.at or self.clock:now(), about)
    end,
    page_url = function(id) return self.base_url .. "/_sandbox/pay/" .. id end,
    product_id = self.deliveries.product_id,
  }
end

local function mail(self, seed)
  return deliveries.new(random.new(seed, "events"), self.account.account, {
    key = notifications.own_key(seed),
    webhooks = {
      match = function(event_type) return notifications.match(self.klarna, event_type) end,
      find = function(id) return notifications.find(self.klarna, id) end,
    },
    fault = function(event_type) return self.faults:take_webhook(event_type) end,
  })
end

--- A world without records.
-- @param options { seed = number or text (1), clock = "virtual" (default) or "real", base_url =,
--   account =, api_key =, username =, rate = requests a second (a number, or by bucket),
--   paths = { [operation] = path }, start_ms = first time of a virtual clock,
--   time_source = function that gives epoch milliseconds to a real clock }
function world.new(options)
  options = options or {}
  check_options(options)
  local seed = options.seed or 1
  local api = require("kassa.api").whole(require "kassa.api.klarna")
  local self = setmetatable({
    seed = seed, base_url = options.base_url or BASE_URL, api = api,
    clock = clock.new { kind = options.clock, start_ms = options.start_ms,
      source = options.time_source },
    account = identity(options, random.new(seed, "account")),
    agenda = agenda.new(), routes = routes.new(api, options.paths), memory = memory.new(),
    quota = quota.new(options.rate), faults = faults.new(random.new(seed, "faults")),
    error_ids = random.new(seed, "errors"), log = {}, log_first = 1, log_last = 0, operations = {},
  }, world)
  for _, row in ipairs(api.operations) do self.operations[row.name] = true end
  self.deliveries = mail(self, seed)
  self.klarna = provider(self, seed)
  return self
end

--- Let everything happen that is due by now, each at its own time and in order.
function world:settle()
  local now = self.clock:now()
  local what, at = self.agenda:take(now)
  while what do
    self.at = at
    self.klarna:due(what)
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

local function answer_of(status, body, headers)
  if body == nil then return { status = status, headers = {}, body = "" } end
  if type(body) == "table" then body = assert(json.encode(body)) end
  headers = headers or { ["Content-Type"] = "application/json" }
  return { status = status, headers = headers, body = body }
end

local function gateway(status)
  return { status = status, headers = { ["Content-Type"] = "text/plain" }, body = "" }
end

local function refuse(self, refusal)
  if not refusal.error_code then return gateway(refusal.status) end
  return answer_of(refusal.status, {
    error_id = self.error_ids:uuid(), error_type = refusal.error_type,
    error_code = refusal.error_code, error_message = refusal.error_message,
    validation_errors = refusal.validation_errors,
  })
end

local function copy_of(answer)
  local headers = {}
  for name, value in pairs(answer.headers) do headers[name] = value end
  return { status = answer.status, headers = headers, body = answer.body }
end

-- One operation, once: body, rules, answer.
local function act(self, row, params, request)
  local refusal = checks.needed_headers(row, request.headers)
  if refusal then return refuse(self, refusal) end
  local body
  body, refusal = checks.body(row, request)
  if not body then return refuse(self, refusal) end
  local by_name, pairs_of = query.read(request.query)
  if not by_name then return refuse(self, answers.field("query", pairs_of)) end
  local status, made, headers = self.klarna:act(row.name, params, body, request.headers,
    { path = request.path, query = by_name, pairs = pairs_of })
  if not status then return refuse(self, made) end
  return answer_of(status, made, headers)
end

-- A key that was used before brings its first answer again, whatever that was; another request with
-- the same key is a conflict (reference 1.10).
local function act_once(self, row, params, request, entry)
  local key = request.headers["klarna-idempotency-key"]
  if not key or not row.keyed then return act(self, row, params, request) end
  local now = self.clock:now()
  local print = checks.print(row, request)
  local found = self.memory:recall(key, print, now)
  if found == false then
    return refuse(self, answers.conflict("The idempotency key was used for another request."))
  end
  if found then
    entry.replayed = true
    return copy_of(found)
  end
  local answer = act(self, row, params, request)
  self.memory:keep(key, print, copy_of(answer), now)
  return answer
end

local function admitted(self, row, params, request)
  if not row then return answers.no_route() end
  if params.account and params.account ~= self.account.account then
    return answers.forbidden("The API key does not belong to the account.")
  end
  return checks.headers(request.headers)
end

-- From the bytes to the answer, without faults.
local function answer(self, row, params, request, entry)
  local status = checks.size(request, row)
  if status then return gateway(status) end
  local refusal = checks.credentials(request.headers, self.account)
    or admitted(self, row, params, request)
  if refusal then return refuse(self, refusal) end
  local allowed, rate_headers = self.quota:spend(row.bucket, self.clock:now())
  local made = allowed and act_once(self, row, params, request, entry)
    or refuse(self, answers.limited())
  for name, value in pairs(rate_headers) do made.headers[name] = value end
  made.headers["Partner-Correlation-Id"] = request.headers["partner-correlation-id"]
  return made
end

-- Both names of the customer token's header are in Klarna's own texts (reference 1.4).
local function normal(request)
  local headers = {}
  for name, value in pairs(request.headers or {}) do headers[name:lower()] = value end
  headers["x-klarna-customer-token"] = headers["x-klarna-customer-token"]
    or headers["klarna-customer-token"]
  return {
    method = request.method, path = request.path, query = request.query, headers = headers,
    body = request.body,
  }
end

-- A form holds files, which are large and no text.
local function noted_body(request)
  local form = (request.headers["content-type"] or ""):lower():find("^%s*multipart/")
  return form and "" or request.body or ""
end

local function note(self, request, row)
  local headers = {}
  for name, value in pairs(request.headers) do
    if name ~= "authorization" then headers[name] = value end
  end
  local entry = {
    at = clock.iso(self.clock:now()), method = request.method, path = request.path,
    query = request.query, operation = row and row.name, headers = headers,
    body = noted_body(request),
    idempotency_key = request.headers["klarna-idempotency-key"],
    correlation_id = request.headers["partner-correlation-id"],
  }
  self.log_last = self.log_last + 1
  self.log[self.log_last] = entry
  if self.log_last - self.log_first >= LOG_MAX then
    self.log[self.log_first] = nil
    self.log_first = self.log_first + 1
  end
  return entry
end

local function handle(self, request)
  self:settle()
  request = normal(request)
  local row, params = self.routes:find(request.method, request.path)
  local entry = note(self, request, row)
  local plan = self.faults:take(row and row.name)
  local made
  if not plan or plan.effect then
    made = answer(self, row, params or {}, request, entry)
  else
    made = answer_of(200, "")
  end
  if plan then
    entry.fault = plan.kind
    made = faults.answer(plan, made, function(refusal) return refuse(self, refusal) end)
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
  return refuse(self, answers.broken(tostring(made)))
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
