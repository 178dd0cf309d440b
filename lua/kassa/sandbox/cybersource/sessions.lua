--- Sessions: what is bought, and the shopper on the page or widget (sections 5, 7.1), by hand.
-- It moves no money; the token that a shopper's consent makes is all that leaves it.

local answers = require "kassa.sandbox.cybersource.answers"
local bodies = require "kassa.sandbox.cybersource.bodies"
local clock = require "kassa.sandbox.clock"
local shapes = require "kassa.sandbox.cybersource.shapes"
local triggers = require "kassa.sandbox.cybersource.triggers"

local sessions = { handlers = {} }
local handlers = sessions.handlers

local LIFE_MS = 48 * 3600 * 1000
local OPEN = { INITIATED = true, COMPLETED = true }

-- What a create or an update says of the order; what an update leaves out stays.
local function take(step, body)
  local details = body.orderInformation.amountDetails
  step.currency = details.currency
  step.amount = bodies.minor(details.totalAmount, details.currency) or step.amount
  step.urls = body.merchantInformation or step.urls
  step.order = body.orderInformation
  step.hosted = body.processingInformation.paymentFlowMode == "HOP"
end

local function set_page(self, step)
  step.payment_url = step.hosted and self.page_url(step.id) or nil
end

handlers["session.create"] = function(self, _, body)
  local details = body.orderInformation.amountDetails
  local trigger = triggers.of_amount("session.create",
    bodies.minor(details.totalAmount, details.currency))
  if trigger and trigger.refuses then return nil, answers.triggered(trigger.refuses) end
  local step = self.steps:add("session", body)
  take(step, body)
  set_page(self, step)
  step.widget_token = self.tokens:letters(24) .. "." .. self.tokens:letters(96) .. "."
    .. self.tokens:letters(43)
  step.ends_at, step.totals = step.at + LIFE_MS, 0
  self.steps:begin(step, "INITIATED", trigger)
  self.plan(step.ends_at, { id = step.id, over = true })
  return 201, shapes.step(step)
end

local function closed(self, step)
  if not OPEN[step.status] then
    return answers.invalid("INVALID_DATA", "A session that is " .. step.status
      .. " cannot be updated: create a new one.")
  end
  if self.now() >= step.ends_at then
    return answers.invalid("INVALID_DATA", "A session can be updated for 48 hours.")
  end
end

handlers["session.update"] = function(self, params, body)
  local step = self.steps:find(params.id, "session")
  if not step then return nil, answers.missing() end
  local refusal = closed(self, step)
  if refusal then return nil, refusal end
  take(step, body)
  set_page(self, step)
  if body.orderInformation.amountDetails.totalAmount then step.totals = step.totals + 1 end
  local trigger = triggers.of_amount("session.update", step.amount)
  if trigger then self.steps:move(step, trigger.statuses[1], trigger.code) end
  return 201, shapes.step(step)
end

local function not_open(step, verb)
  if OPEN[step.status] then return nil end
  return "a session that is " .. step.status .. " cannot be " .. verb
end

--- The shopper agrees: COMPLETED, and a token. Also done on a session that was COMPLETED before the
-- shopper came, as the samples of the guide are; a second time it is the same token.
function sessions.approve(self, step)
  local message = not_open(step, "approved")
  if message then return nil, message end
  if not step.token then
    step.token = self.tokens:uuid()
    self.sessions_by_token[step.token] = step
  end
  if step.status ~= "COMPLETED" then self.steps:move(step, "COMPLETED") end
  return true
end

--- The shopper leaves the page or the widget.
function sessions.abandon(self, step)
  local message = not_open(step, "abandoned")
  if message then return nil, message end
  self.steps:move(step, "ABANDONED")
  return true
end

--- Klarna declines the shopper. That the session is then FAILED is a guess.
function sessions.decline(self, step)
  local message = not_open(step, "declined")
  if message then return nil, message end
  self.steps:move(step, "FAILED", "30200")
  return true
end

--- The session's time is over: it takes no updates, and a shopper who is not done is gone.
function sessions.expire(self, step)
  step.ends_at = math.min(step.ends_at, self.now())
  if step.status == "INITIATED" then self.steps:move(step, "ABANDONED") end
  return true
end

--- What is bought as the shop sent it, and until when: for the page.
function sessions.order(step)
  return {
    id = step.id, reference = step.reference, amount = step.amount, currency = step.currency,
    order = step.order, expires_at = clock.iso(step.ends_at), hosted = step.hosted,
  }
end

local function with_token(url, token)
  local base, fragment = url:match "^([^#]*)(.*)$"
  return base .. (base:find("?", 1, true) and "&" or "?") .. "auth-token=" .. token .. fragment
end

--- Where the page sends the shopper: the success URL with the token, or one of the others; nil
-- while the shopper is on the page.
function sessions.redirect(step)
  local urls = step.urls or {}
  if step.status == "ABANDONED" then return urls.cancelUrl end
  if step.status == "FAILED" then return urls.failureUrl end
  return step.token and urls.successUrl and with_token(urls.successUrl, step.token)
end

return sessions
