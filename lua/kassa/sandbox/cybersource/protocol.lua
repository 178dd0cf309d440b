--- How Cybersource speaks HTTP: keys, envelopes, the memory of transaction ids, around its rules.
-- It holds nothing itself: everything is kept in the world that it is given.

local json = require "kassa.json"
local sign = require "kassa.core".sign
local answers = require "kassa.sandbox.cybersource.answers"
local bodies = require "kassa.sandbox.cybersource.bodies"
local checks = require "kassa.sandbox.checks"
local clock = require "kassa.sandbox.clock"
local cybersource = require "kassa.sandbox.cybersource"
local deliveries = require "kassa.sandbox.deliveries"
local door = require "kassa.sandbox.cybersource.door"
local envelope = require "kassa.sandbox.cybersource.envelope"
local memory = require "kassa.sandbox.memory"
local random = require "kassa.sandbox.random"
local reply = require "kassa.sandbox.reply"

local protocol = {
  name = "cybersource",
  base_url = "https://cybersource.sandbox.invalid",
  options = {
    merchant_id = true, key_id = true, secret = true, portfolio_id = true, certificates = true,
    skew_s = true, report_lag_s = true, repeated_code_s = true,
  },
  answers = answers,
  verbs = require "kassa.sandbox.cybersource.verbs",
  hidden = { authorization = true, signature = true },
  -- The path that a capture's own link advertises (8b).
  also = { ["capture.refund"] = "/pts/v2/captures/{id}/refunds" },
}

local CODE = "clientReferenceInformation.code"
local TRANSACTION_ID = "clientReferenceInformation.transactionId"
local MEMORY_MS = 60 * 24 * 3600 * 1000
local HAL = "application/hal+json"

--- The table of operations.
function protocol.api()
  return require("kassa.api").whole(require "kassa.api.cybersource")
end

local function identity(options, names)
  return {
    merchant_id = options.merchant_id or "kassa_" .. names:letters(8):lower(),
    key_id = options.key_id or names:uuid(),
    portfolio_id = options.portfolio_id,
    secret = options.secret or sign.base64(sign.sha256(names:letters(32))),
  }
end

local function mail(world, seed)
  local own = random.new(seed, "own signing key")
  return deliveries.new(random.new(seed, "events"), envelope.new(world.account.merchant_id), {
    key = { id = own:uuid(), secret = sign.base64(sign.sha256(own:letters(32))) },
    fault = function(event_type) return world.faults:take_webhook(event_type) end,
  })
end

local function provider(world, seed, options)
  return cybersource.new {
    seed = seed, merchant_id = world.account.merchant_id,
    report_lag_ms = (options.report_lag_s or 0) * 1000,
    now = function() return world:time() end,
    plan = function(at, what) world.agenda:add(at, what) end,
    tell = function(event_type, payload)
      world.deliveries:add(event_type, payload, world:time())
    end,
    page_url = function(id) return world.base_url .. "/_sandbox/pay/" .. id end,
  }
end

--- Give a world what is Cybersource's: merchant, door, memories, deliveries, records.
function protocol.open(world, options)
  local seed = world.seed
  world.account = identity(options, random.new(seed, "account"))
  world.memory = memory.new(MEMORY_MS)
  world.codes = options.repeated_code_s and memory.new(options.repeated_code_s * 1000) or nil
  world.correlation_ids = random.new(seed, "correlation")
  world.deliveries = mail(world, seed)
  world.provider = provider(world, seed, options)
  world.door = door.new {
    merchant_id = world.account.merchant_id, key_id = world.account.key_id,
    secret = world.account.secret, portfolio_id = options.portfolio_id,
    certificates = options.certificates, skew_s = options.skew_s,
    now = function() return world.clock:now() end,
  }
end

function protocol.normal() end

-- Authorize and follow-on share a path and differ in the body; the five checks share all and differ
-- in what they are about.
local function operation_of(world, row, params, given)
  if row.name == "authorization.create"
      and bodies.at(given, "processingInformation.linkId") ~= nil then
    return "authorization.follow_on"
  end
  local step = row.verb == "status" and world.provider.steps:find(params.id)
  return step and step.kind .. ".status" or row.name
end

--- The row for a request, and its parameters. A slash at the end of the path is let pass.
function protocol.route(world, request)
  request.given = request.method ~= "GET" and json.decode(request.body or "") or nil
  local row, params = world.routes:find(request.method, (request.path:gsub("(.)/$", "%1")))
  if not row then return nil end
  local name = operation_of(world, row, params, request.given)
  for _, other in ipairs(world.api.operations) do
    if other.name == name then return other, params end
  end
end

--- What the list of requests says beside the request itself; what names an attempt here is the
-- transactionId.
function protocol.note(entry, request)
  local id = bodies.at(request.given, TRANSACTION_ID)
  entry.body = request.body or ""
  entry.idempotency_key = type(id) == "string" and id or nil
end

local function body_of(world, refusal)
  if refusal.rmsg then return { response = { rmsg = refusal.rmsg } } end
  return {
    submitTimeUtc = clock.iso(world.clock:now()), status = refusal.state,
    reason = refusal.reason, message = refusal.message, details = refusal.details,
  }
end

--- A refusal (cybersource/answers.lua) in its envelope.
function protocol.refuse(world, refusal)
  return reply.of(refusal.status, body_of(world, refusal))
end

local refuse = protocol.refuse

-- The names that a request may not share with one before: its transactionId with any, and its code,
-- where the account wants that, with one of the same operation (section 10).
local function names_of(world, row, body)
  if not row.money then return {} end
  local code = world.codes and bodies.at(body, CODE)
  return {
    { memory = world.memory, key = bodies.at(body, TRANSACTION_ID),
      refusal = answers.field(TRANSACTION_ID) },
    { memory = world.codes, key = code and row.name .. " " .. code,
      refusal = answers.duplicate(CODE) },
  }
end

local function used(names, now)
  for _, name in ipairs(names) do
    if name.key and name.memory:recall(name.key, "", now) then return name.refusal end
  end
end

-- Names are used up by what made something, whatever became of that.
local function use(names, now)
  for _, name in ipairs(names) do
    if name.key then name.memory:keep(name.key, "", true, now) end
  end
end

local function act(world, row, params, request)
  local body, refusal = bodies.read(row, request, request.given)
  if not body then return refuse(world, refusal) end
  local now, names = world.clock:now(), names_of(world, row, body)
  refusal = used(names, now)
  if refusal then return refuse(world, refusal) end
  local before = #world.provider.steps.order
  local status, made = world.provider:act(row.name, params, body)
  if #world.provider.steps.order > before then use(names, now) end
  if not status then return refuse(world, made) end
  return reply.of(status, made, { ["Content-Type"] = HAL })
end

local function respond(world, row, params, request, entry)
  local status = checks.size(request, row)
  if status then return reply.bare(status) end
  local why = world.door:check(request)
  if why then
    entry.refused = why
    return refuse(world, answers.unauthorized(why))
  end
  if not row then return refuse(world, answers.missing()) end
  if not world.quota:spend(row.name, world.clock:now()) then
    local answer = refuse(world, answers.limited())
    answer.headers["Retry-After"] = answers.rate_headers["Retry-After"]
    return answer
  end
  return act(world, row, params, request)
end

--- From the bytes to the answer, without faults.
-- @param row nil for a route nobody has
-- @param entry of the list of requests: `refused` tells why somebody was not let in
function protocol.answer(world, row, params, request, entry)
  local made = respond(world, row, params, request, entry)
  made.headers["v-c-correlation-id"] = world.correlation_ids:uuid()
  return made
end

return protocol
