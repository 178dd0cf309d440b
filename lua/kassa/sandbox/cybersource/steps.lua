--- Steps: what every session, authorization, reversal, capture and refund has in common. An id, a
-- status and its processor's code, and what will become of it; it knows no rule of money.

local clock = require "kassa.sandbox.clock"
local duration = require "kassa.duration"
local random = require "kassa.sandbox.random"

local steps = {}
steps.__index = steps

local EVENT = "payments.payments.updated"

-- Section 6; INITIATED's is a guess, and of AUTH_REVERSED's two the one in the sample.
local CODE = {
  INITIATED = "00000", COMPLETED = "00000", PENDING = "00001", ABANDONED = "00002",
  AUTHORIZED = "00003", SETTLED = "00004", REFUNDED = "00006", AUTH_REVERSED = "00007",
  CHARGEBACK = "00011", FAILED = "30200",
}

--- No steps yet.
-- @param options { seed =, now = function -> ms, plan = function(at_ms, what),
--   tell = function(event_type, payload) }
function steps.new(options)
  return setmetatable({
    now = options.now, plan = options.plan, tell = options.tell,
    random = random.new(options.seed, "ids"), by_id = {}, order = {},
  }, steps)
end

local function digits(self, count)
  local out = {}
  for i = 1, count do out[i] = self.random:below(10) end
  return table.concat(out)
end

-- As in the samples: milliseconds without their first digit, then ten digits.
local function new_id(self)
  local head = ("%.0f"):format(self.now()):sub(2)
  local id
  repeat id = head .. digits(self, 22 - #head) until not self.by_id[id]
  return id
end

--- Make a step. It is in no state until `move` gives it one.
-- @param body of the request, for the merchant's names
function steps:add(kind, body)
  local reference = body.clientReferenceInformation or {}
  local now = self.now()
  local step = {
    kind = kind, id = new_id(self), at = now, updated_at = now,
    reconciliation_id = self.random:letters(12):upper(),
    reference = reference.code or ("%.0f"):format(now),
    transaction_id = reference.transactionId,
  }
  self.by_id[step.id] = step
  self.order[#self.order + 1] = step
  return step
end

--- A step, when it is of that kind (nil: of any).
function steps:find(id, kind)
  local step = self.by_id[id]
  return step and (kind == nil or step.kind == kind) and step or nil
end

--- The ids of all steps of a kind, oldest first.
function steps:ids(kind)
  local out = {}
  for _, step in ipairs(self.order) do
    if step.kind == kind then out[#out + 1] = step.id end
  end
  return out
end

--- Bring a step into a status and tell of it; a session that was just made is no news.
function steps:move(step, status, code)
  step.status, step.code = status, code or CODE[status]
  step.updated_at, step.next = self.now(), nil
  if status == "INITIATED" then return end
  self.tell(EVENT, { reconciliationId = step.reconciliation_id, status = status })
end

local function plan_next(self, step, trigger)
  local left = assert(duration.ms(trigger.after))
  step.next = { status = trigger.statuses[2], code = trigger.code }
  self.plan(self.now() + left, { id = step.id })
end

--- Bring a new step into the first status of a trigger and plan its second; without a trigger into
-- the usual one.
function steps:begin(step, usual, trigger)
  local statuses = trigger and trigger.statuses or { usual }
  self:move(step, statuses[1], not statuses[2] and trigger and trigger.code or nil)
  if statuses[2] then plan_next(self, step, trigger) end
end

--- The time in one of the two spellings of submitTimeUtc: sessions write no colons.
function steps.time(step)
  local text = clock.iso(step.at)
  return step.kind == "session" and (text:gsub(":", "")) or text
end

return steps
