--- Faults as data: what should go wrong, for which operation or webhook, how often; and the answer
-- it makes. It breaks no connection itself: an answer says what its transport has to do to it.

local wildcard = require "kassa.sandbox.wildcard"

local faults = {}
faults.__index = faults

-- Every kind, and whether the operation happens all the same (a plan's `effect` overrides it).
local EFFECT = {
  refuse = false, reset = false, drop_before_effect = false, drop_after_effect = true,
  delay = true, drip = true, truncate = true, status = false, garbage = true, silence = false,
}
local FIELDS = {
  operation = "string", kind = "string", times = "number", skip = "number", chance = "number",
  ms = "number", at = "number", status = "number", headers = "table", body = "string",
  effect = "boolean", clear = "boolean",
}
local WEBHOOK = { duplicate = true, reorder = true, lose = true }
local WEBHOOK_FIELDS = {
  webhook = "string", event_type = "string", times = "number", skip = "number", chance = "number",
}
local NEEDS = { delay = "ms", drip = "ms", truncate = "at", status = "status" }
local PLANS_MAX = 1000

--- Plans, with a generator for those that come by chance.
-- @param refusals what the provider says with a status (sandbox/answers.lua: of_status, timeout,
--   rate_headers)
function faults.new(random, refusals)
  return setmetatable({ plans = {}, random = random, refusals = refusals }, faults)
end

local function whole(value, least)
  return value == nil or (value >= least and value == math.floor(value) and value < 2 ^ 31)
end

local function wrong_fields(spec, fields, what)
  for name, value in pairs(spec) do
    if not fields[name] then return what .. " has no field " .. tostring(name) end
    if type(value) ~= fields[name] then
      return "a fault's " .. name .. " must be a " .. fields[name] .. ", not a " .. type(value)
    end
  end
end

local function wrong_counts(spec)
  if not (whole(spec.times, 1) and whole(spec.skip, 0) and whole(spec.at, 0)
      and whole(spec.ms, 0)) then
    return "a fault's times, skip, at and ms are whole numbers"
  end
  if spec.chance and (spec.chance < 0 or spec.chance > 1) then
    return "a fault's chance is 0 .. 1"
  end
end

local function wrong_webhook(spec)
  local message = wrong_fields(spec, WEBHOOK_FIELDS, "a webhook's fault")
  if message then return message end
  if not WEBHOOK[spec.webhook] then
    return "a webhook's fault is duplicate, reorder or lose, not " .. spec.webhook
  end
  if spec.event_type and not wildcard.valid(spec.event_type) then
    return "an event type is a name or a pattern like payment.request.*, not " .. spec.event_type
  end
  return wrong_counts(spec)
end

local function wrong(spec)
  local message = wrong_fields(spec, FIELDS, "a fault")
  if message then return message end
  if EFFECT[spec.kind or ""] == nil then
    return "a fault's kind is one of refuse, reset, drop_before_effect, drop_after_effect, delay, "
      .. "drip, truncate, status, garbage, silence; not " .. tostring(spec.kind)
  end
  local need = NEEDS[spec.kind]
  if need and spec[need] == nil then return "the fault " .. spec.kind .. " needs " .. need end
  if spec.status and not (whole(spec.status, 200) and spec.status <= 599) then
    return "a fault's status is 200 .. 599"
  end
  return wrong_counts(spec)
end

local function header_lines(headers)
  local out = {}
  for name, value in pairs(headers or {}) do out[tostring(name)] = tostring(value) end
  return out
end

local function plan_of(spec)
  local effect = spec.effect
  if effect == nil then effect = EFFECT[spec.kind] end
  return {
    operation = spec.operation or "*", kind = spec.kind, left = spec.times, skip = spec.skip or 0,
    chance = spec.chance, effect = effect, ms = spec.ms, at = spec.at, status = spec.status,
    headers = header_lines(spec.headers), body = spec.body,
  }
end

local function webhook_plan_of(spec)
  return {
    webhook = spec.webhook, event_type = spec.event_type or "*", left = spec.times,
    skip = spec.skip or 0, chance = spec.chance,
  }
end

--- Plan a fault, or with { clear = true } forget all.
-- Fields: operation (a name or "*", the default), kind, times (until cleared when left out), skip
-- (let so many pass first), chance (0 .. 1, drawn from the seed), effect, and by kind: ms, at,
-- status, headers, body. For webhooks: webhook ("duplicate", "reorder" or "lose"), event_type (a
-- name or a pattern), times, skip, chance. Returns the number of plans, or nil and a sentence.
function faults:plan(spec)
  if type(spec) ~= "table" then return nil, "a fault is a table" end
  if spec.clear then
    self.plans = {}
    return 0
  end
  local webhook = type(spec.webhook) == "string"
  local message = (webhook and wrong_webhook or wrong)(spec)
  if message then return nil, message end
  if #self.plans >= PLANS_MAX then return nil, "there are " .. PLANS_MAX .. " faults already" end
  self.plans[#self.plans + 1] = (webhook and webhook_plan_of or plan_of)(spec)
  return #self.plans
end

local function concerns(plan, operation, event_type)
  if event_type then return plan.webhook and wildcard.match(plan.event_type, event_type) end
  return plan.operation == "*" or (plan.operation and plan.operation == operation)
end

local function fits(self, plan, operation, event_type)
  if not concerns(plan, operation, event_type) then return false end
  if plan.skip > 0 then
    plan.skip = plan.skip - 1
    return false
  end
  return not plan.chance or self.random:fraction() < plan.chance
end

local function take(self, operation, event_type)
  for i, plan in ipairs(self.plans) do
    if fits(self, plan, operation, event_type) then
      if plan.left then
        plan.left = plan.left - 1
        if plan.left == 0 then table.remove(self.plans, i) end
      end
      return plan
    end
  end
end

--- The fault for this call, or nil; the oldest plan that fits is used up by one.
function faults:take(operation)
  return take(self, operation)
end

--- The fault for the delivery of an event: "duplicate", "reorder", "lose" or nil.
function faults:take_webhook(event_type)
  local plan = take(self, nil, event_type)
  return plan and plan.webhook
end

-- Bytes that begin like JSON and are none, and no UTF-8 either.
local GARBAGE = "{\"payment_request_id\": \"krn:pay\\u00zz\255\254<html>"

-- `begun`: an interim answer comes first. Without it an HTTP client may send the request again by
-- itself, as libcurl does on a kept connection that dies unanswered, and the plan would be used up
-- behind the caller's back.
local function cut(name)
  return function()
    return { status = 500, headers = {}, body = "",
      fault = { kind = "reset", name = name, begun = true } }
  end
end

local ANSWER = {
  refuse = cut "refuse", reset = cut "reset",
  drop_before_effect = cut "drop_before_effect", drop_after_effect = cut "drop_after_effect",
}

function ANSWER.delay(plan, answer)
  answer.delay_ms = plan.ms
  return answer
end

function ANSWER.drip(plan, answer)
  answer.fault = { kind = "drip", ms = plan.ms }
  return answer
end

function ANSWER.truncate(plan, answer)
  answer.fault = { kind = "truncate", at = plan.at }
  return answer
end

function ANSWER.garbage(_, answer)
  answer.body = GARBAGE
  return answer
end

-- Silence for ever; or, with ms, until the server gives up and says so (59 s at Klarna's).
function ANSWER.silence(plan, answer, refuse, refusals)
  if not plan.ms then
    answer.fault = { kind = "silence" }
    return answer
  end
  answer = refuse(refusals.timeout())
  answer.delay_ms = plan.ms
  return answer
end

local function gateway(status)
  return {
    status = status, headers = { ["Content-Type"] = "text/html" },
    body = "<html><body><h1>" .. status .. "</h1></body></html>\n",
  }
end

-- A 429 tells the rate, as the API's own does, unless the plan tells another.
local function rate_told(plan, answer, refusals)
  for name in pairs(plan.headers) do
    if name:lower():find("^x%-ratelimit") then return end
  end
  for name, value in pairs(refusals.rate_headers) do answer.headers[name] = value end
end

function ANSWER.status(plan, _, refuse, refusals)
  local refusal = refusals.of_status(plan.status)
  local answer = refusal and refuse(refusal) or gateway(plan.status)
  if plan.body then answer.body = plan.body end
  if plan.status == 429 then rate_told(plan, answer, refusals) end
  for name, value in pairs(plan.headers) do answer.headers[name] = value end
  answer.delay_ms = plan.ms
  return answer
end

--- The answer that a fault makes of a call.
-- @param plan what take gave
-- @param answer what the operation answered; an empty 200 when its effect was left out
-- @param refuse function(refusal) -> answer in the provider's envelope
function faults:answer(plan, answer, refuse)
  return ANSWER[plan.kind](plan, answer, refuse, self.refusals)
end

return faults
