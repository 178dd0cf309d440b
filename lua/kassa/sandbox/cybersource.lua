--- Klarna through Cybersource as the sandbox plays it: records, operations, shopper, time passing.
-- It speaks tables, not HTTP: requests come checked, and its rules are its own, not the client's.

local answers = require "kassa.sandbox.cybersource.answers"
local payments = require "kassa.sandbox.cybersource.payments"
local random = require "kassa.sandbox.random"
local search = require "kassa.sandbox.cybersource.search"
local sessions = require "kassa.sandbox.cybersource.sessions"
local shapes = require "kassa.sandbox.cybersource.shapes"
local steps = require "kassa.sandbox.cybersource.steps"

local cybersource = {}
cybersource.__index = cybersource

--- A provider without records.
-- @param options { seed =, merchant_id =, report_lag_ms = how late the search is, now = function
--   -> ms, plan = function(at_ms, what), tell = function(event_type, payload), page_url =
--   function(session_id) -> url }
function cybersource.new(options)
  return setmetatable({
    now = options.now, plan = options.plan, tell = options.tell, page_url = options.page_url,
    merchant_id = options.merchant_id, report_lag_ms = options.report_lag_ms or 0,
    steps = steps.new(options), tokens = random.new(options.seed, "tokens"),
    sessions_by_token = {},
  }, cybersource)
end

local HANDLERS = {}

for _, part in ipairs { sessions, payments, search } do
  for name, handler in pairs(part.handlers) do HANDLERS[name] = handler end
end

--- Do an operation. Returns status, body (a table); or nil and a refusal.
function cybersource:act(operation, params, body)
  local handler = HANDLERS[operation]
  if not handler then return nil, answers.missing() end
  return handler(self, params, body)
end

-- Let a planned status come, unless another came before.
local function arrive(self, step)
  local next_one = step.next
  self.steps:move(step, next_one.status, next_one.status == "FAILED" and next_one.code or nil)
  payments.arrived(self, step)
end

--- Something planned is due.
function cybersource:due(what)
  local step = self.steps:find(what.id)
  if what.over then return sessions.expire(self, step) end
  if step.next then arrive(self, step) end
end

-- People ------------------------------------------------------------------------------------------

local function of(kind, act)
  return function(self, id, ...)
    local step = self.steps:find(id, kind)
    if not step then return nil, ("there is no %s %s"):format(kind, tostring(id)) end
    return act(self, step, ...)
  end
end

local function shopper(verb)
  return of("session", function(self, step)
    local done, message = sessions[verb](self, step)
    if not done then return nil, message end
    local view = shapes.step(step)
    view.auth_token, view.redirect_url = step.token, sessions.redirect(step)
    return view
  end)
end

--- What the shopper does; each takes a session's id and returns the session as it is answered, with
-- auth_token and redirect_url; or nil and a sentence.
cybersource.approve = shopper "approve"
cybersource.decline = shopper "decline"
cybersource.abandon = shopper "abandon"

--- What the shopper of a session is to pay for: reference, amount, currency, order, expires_at.
cybersource.order = of("session", function(_, step) return sessions.order(step) end)

--- Where the shopper is sent after the page, or nil and a sentence.
cybersource.redirect = of("session", function(_, step)
  local url = sessions.redirect(step)
  if url then return url end
  return nil, "the shopper of a session that is " .. step.status .. " is sent nowhere"
end)

-- What a review may end with, by kind and word.
local VERDICTS = {
  authorization = { passed = "AUTHORIZED", failed = "FAILED", abandoned = "ABANDONED" },
  reversal = { passed = "AUTH_REVERSED", failed = "FAILED" },
  capture = { passed = "SETTLED", failed = "FAILED" },
  refund = { passed = "REFUNDED", failed = "FAILED" },
}

local function find(self, id)
  local step = self.steps:find(id)
  if step then return step end
  return nil, "there is no session, authorization, reversal, capture or refund " .. tostring(id)
end

--- Klarna ends the review of what is PENDING: "passed" (when left out), "failed", or of an
-- authorization "abandoned".
function cybersource:review(id, verdict)
  local step, message = find(self, id)
  if not step then return nil, message end
  if step.status ~= "PENDING" then
    return nil, "a step that is " .. step.status .. " has no review"
  end
  local status = VERDICTS[step.kind][verdict or "passed"]
  if not status then
    return nil, ("a review of a %s does not end %s"):format(step.kind, tostring(verdict))
  end
  self.steps:move(step, status, status == "FAILED" and step.next and step.next.code or nil)
  payments.arrived(self, step)
  return shapes.step(step)
end

--- The shopper wins a dispute over a settled capture.
cybersource.chargeback = of("capture", function(self, step)
  if step.status ~= "SETTLED" then
    return nil, "a capture that is " .. step.status .. " cannot be charged back"
  end
  self.steps:move(step, "CHARGEBACK")
  return shapes.step(step)
end)

--- Let the time of a session (48 hours) or of an authorization (28 days) be over.
function cybersource:expire(id)
  local step, message = find(self, id)
  if not step then return nil, message end
  if step.kind == "session" then
    sessions.expire(self, step)
  elseif step.kind == "authorization" then
    step.ends_at = math.min(step.ends_at, self.now())
  else
    return nil, "a " .. step.kind .. " has no end of time"
  end
  return shapes.step(step)
end

--- A step of any kind as the call that made it would answer now, or nil and a sentence.
function cybersource:view(id)
  local step, message = find(self, id)
  if not step then return nil, message end
  return shapes.step(step)
end

--- The status of a step of any kind.
function cybersource:state(id)
  local step, message = find(self, id)
  if not step then return nil, message end
  return step.status
end

--- The sums of an authorization, by its id.
cybersource.ledger = of("authorization", function(_, step) return payments.ledger(step) end)

return cybersource
