--- How Klarna speaks HTTP: keys, headers, envelopes, idempotency and the rate, around its rules.
-- It holds nothing itself: everything is kept in the world that it is given.

local answers = require "kassa.sandbox.answers"
local checks = require "kassa.sandbox.checks"
local deliveries = require "kassa.sandbox.deliveries"
local envelope = require "kassa.sandbox.klarna.envelope"
local klarna = require "kassa.sandbox.klarna"
local memory = require "kassa.sandbox.memory"
local notifications = require "kassa.sandbox.klarna.notifications"
local query = require "kassa.sandbox.query"
local random = require "kassa.sandbox.random"
local reply = require "kassa.sandbox.reply"

local protocol = {
  name = "klarna",
  base_url = "https://klarna.sandbox.invalid",
  options = { account = true, api_key = true, username = true },
  answers = answers,
  verbs = require "kassa.sandbox.klarna.verbs",
  hidden = { authorization = true },
}

--- The table of operations.
function protocol.api()
  return require("kassa.api").whole(require "kassa.api.klarna")
end

local function identity(options, names)
  return {
    api_key = options.api_key or "klarna_test_api_" .. names:letters(32),
    account = options.account
      or "krn:partner:global:account:test:" .. names:letters(8):upper(),
    username = options.username or names:uuid(),
  }
end

local function mail(world, seed)
  return deliveries.new(random.new(seed, "events"), envelope.new(world.account.account), {
    key = notifications.own_key(seed),
    webhooks = {
      match = function(event_type) return notifications.match(world.provider, event_type) end,
      find = function(id) return notifications.find(world.provider, id) end,
    },
    fault = function(event_type) return world.faults:take_webhook(event_type) end,
  })
end

local function provider(world, seed)
  return klarna.new {
    seed = seed,
    now = function() return world:time() end,
    plan = function(at, what) world.agenda:add(at, what) end,
    tell = function(event_type, payload, about)
      world.deliveries:add(event_type, payload, world:time(), about)
    end,
    page_url = function(id) return world.base_url .. "/_sandbox/pay/" .. id end,
    product_id = world.deliveries.style.product_id,
  }
end

--- Give a world what is Klarna's: account, memory, deliveries, records.
function protocol.open(world, options)
  local seed = world.seed
  world.account = identity(options, random.new(seed, "account"))
  world.memory = memory.new()
  world.error_ids = random.new(seed, "errors")
  world.deliveries = mail(world, seed)
  world.provider = provider(world, seed)
end

--- The row for a request, and its parameters.
function protocol.route(world, request)
  return world.routes:find(request.method, request.path)
end

--- Both names of the customer token's header are in Klarna's own texts (reference 1.4).
function protocol.normal(headers)
  headers["x-klarna-customer-token"] = headers["x-klarna-customer-token"]
    or headers["klarna-customer-token"]
end

--- What the list of requests says beside the request itself.
function protocol.note(entry, request)
  -- A form holds files, which are large and no text.
  local form = (request.headers["content-type"] or ""):lower():find("^%s*multipart/")
  entry.body = form and "" or request.body or ""
  entry.idempotency_key = request.headers["klarna-idempotency-key"]
  entry.correlation_id = request.headers["partner-correlation-id"]
end

--- A refusal (sandbox/answers.lua) in Klarna's envelope, with an id.
function protocol.refuse(world, refusal)
  if not refusal.error_code then return reply.bare(refusal.status) end
  return reply.of(refusal.status, {
    error_id = world.error_ids:uuid(), error_type = refusal.error_type,
    error_code = refusal.error_code, error_message = refusal.error_message,
    validation_errors = refusal.validation_errors,
  })
end

local refuse = protocol.refuse

-- One operation, once: body, rules, answer.
local function act(world, row, params, request)
  local refusal = checks.needed_headers(row, request.headers)
  if refusal then return refuse(world, refusal) end
  local body
  body, refusal = checks.body(row, request)
  if not body then return refuse(world, refusal) end
  local by_name, pairs_of = query.read(request.query)
  if not by_name then return refuse(world, answers.field("query", pairs_of)) end
  local status, made, headers = world.provider:act(row.name, params, body, request.headers,
    { path = request.path, query = by_name, pairs = pairs_of })
  if not status then return refuse(world, made) end
  return reply.of(status, made, headers)
end

-- A key that was used before brings its first answer again, whatever that was; another request with
-- the same key is a conflict (reference 1.10).
local function act_once(world, row, params, request, entry)
  local key = request.headers["klarna-idempotency-key"]
  if not key or not row.keyed then return act(world, row, params, request) end
  local now = world.clock:now()
  local print = checks.print(row, request)
  local found = world.memory:recall(key, print, now)
  if found == false then
    return refuse(world, answers.conflict("The idempotency key was used for another request."))
  end
  if found then
    entry.replayed = true
    return reply.copy(found)
  end
  local answer = act(world, row, params, request)
  world.memory:keep(key, print, reply.copy(answer), now)
  return answer
end

local function admitted(world, row, params, request)
  if not row then return answers.no_route() end
  if params.account and params.account ~= world.account.account then
    return answers.forbidden("The API key does not belong to the account.")
  end
  return checks.headers(request.headers)
end

--- From the bytes to the answer, without faults.
-- @param row nil for a route nobody has
-- @param entry of the list of requests
function protocol.answer(world, row, params, request, entry)
  local status = checks.size(request, row)
  if status then return reply.bare(status) end
  local refusal = checks.credentials(request.headers, world.account)
    or admitted(world, row, params, request)
  if refusal then return refuse(world, refusal) end
  local allowed, rate_headers = world.quota:spend(row.bucket, world.clock:now())
  local made = allowed and act_once(world, row, params, request, entry)
    or refuse(world, answers.limited())
  for name, value in pairs(rate_headers) do made.headers[name] = value end
  made.headers["Partner-Correlation-Id"] = request.headers["partner-correlation-id"]
  return made
end

return protocol
