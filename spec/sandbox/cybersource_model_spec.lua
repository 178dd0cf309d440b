-- Cybersource's sandbox against a second opinion: a model of authorizations written from the
-- reference alone (7.2 to 7.5). It requires neither the rows nor the sandbox's rules; random walks
-- of 1,500 operations must meet the same status, reason and sums at every step.

local gateway = require "support.gateway"
local heavy = require "support.heavy"

local HOUR, DAY = 3600, 24 * 3600

-- A generator of the spec's own (Park and Miller), so that the walk does not lean on the sandbox's.
local function dice(seed)
  local state = seed
  return function(count)
    state = state * 48271 % 2147483647
    return state % count + 1
  end
end

-- The model -------------------------------------------------------------------------------------
-- Amounts whose last three digits mean something are the triggers of the sandbox's table.

local model = {}
model.__index = model

local function new_model() return setmetatable({ now = 0 }, model) end

-- What was answered PENDING has its end at a time.
local function settled(self, step)
  if step.status == "PENDING" and self.now >= step.ends then step.status = step.becomes end
  return step.status
end

local function new_step(self, amount, status, becomes)
  return { amount = amount, status = status, becomes = becomes, ends = self.now + HOUR }
end

local function total(self, list, ...)
  local sum, counted = 0, {}
  for _, status in ipairs { ... } do counted[status] = true end
  for _, step in ipairs(list) do
    if counted[settled(self, step)] then sum = sum + step.amount end
  end
  return sum
end

local TAIL = { authorize = "91", reverse = "92", capture = "93", refund = "94" }

-- The first and the later status of an operation, by the amount.
local function outcome(verb, amount, good)
  local tail = ("%03d"):format(amount % 1000)
  if tail:sub(1, 2) ~= TAIL[verb] then return good end
  local last = tail:sub(3)
  if last == "1" then return "FAILED" end
  if last == "2" then return "PENDING", good end
  if last == "3" then return "PENDING", "FAILED" end
  return good
end

function model:authorize(amount)
  local status, becomes = outcome("authorize", amount, "AUTHORIZED")
  local made = new_step(self, amount, status, becomes)
  made.captures, made.open_until = {}, self.now + 28 * DAY
  return made
end

function model:captured(a) return total(self, a.captures, "SETTLED", "PENDING", "CHARGEBACK") end

-- nil when money can be asked for, else the reason of the refusal.
function model:closed(a)
  if a.reversal then
    local status = settled(self, a.reversal)
    if status == "AUTH_REVERSED" then return "AUTH_ALREADY_REVERSED" end
    if status == "PENDING" then return "TRANSACTION_ALREADY_REVERSED_OR_SETTLED" end
  end
  if settled(self, a) ~= "AUTHORIZED" or self.now >= a.open_until then return "MISSING_AUTH" end
end

function model:capture(a, amount)
  local reason = self:closed(a)
  if reason then return reason end
  if amount > a.amount - self:captured(a) then return "EXCEEDS_AUTH_AMOUNT" end
  local made = new_step(self, amount, outcome("capture", amount, "SETTLED"))
  made.refunds = {}
  a.captures[#a.captures + 1] = made
  return made.status, made
end

function model:reverse(a)
  local reason = self:closed(a)
  if reason then return reason end
  if self:captured(a) > 0 then return "TRANSACTION_ALREADY_SETTLED" end
  local status, becomes = outcome("reverse", a.amount, "AUTH_REVERSED")
  -- The table says of a failing reversal: only the first time.
  local fails = status == "FAILED" or becomes == "FAILED"
  if fails and a.tried then status, becomes = "AUTH_REVERSED", nil end
  a.tried = true
  a.reversal = new_step(self, a.amount, status, becomes)
  return status, a.reversal
end

function model:refunded(c) return total(self, c.refunds, "REFUNDED", "PENDING") end

function model:refund(c, amount)
  local status = settled(self, c)
  if status == "CHARGEBACK" then return "CAPTURE_ALREADY_VOIDED" end
  if status ~= "SETTLED" then return "NOT_SUPPORTED" end
  if amount > c.amount - self:refunded(c) then return "INVALID_AMOUNT" end
  local made = new_step(self, amount, outcome("refund", amount, "REFUNDED"))
  c.refunds[#c.refunds + 1] = made
  return made.status, made
end

-- An authorization whose reversal arrived is reversed itself.
function model:status(step)
  if step.reversal and settled(self, step.reversal) == "AUTH_REVERSED" then
    return "AUTH_REVERSED"
  end
  return settled(self, step)
end

-- The walk --------------------------------------------------------------------------------------

local STEPS = 1500
local walk = {}
walk.__index = walk

local function new_walk(seed)
  return setmetatable({
    roll = dice(seed), shop = gateway.open { seed = seed }, model = new_model(),
    authorizations = {}, captures = {}, steps = {}, met = {},
  }, walk)
end

local function pick(self, list)
  return list[math.max(1, #list - self.roll(5) + 1)]
end

local function text(minor) return ("%d.%02d"):format(math.floor(minor / 100), minor % 100) end

-- Not the triggers of a lost answer and of a late chargeback, which the model does not play.
local function tame(amount)
  local last = amount % 10
  return amount % 1000 >= 900 and last >= 4 and last <= 6 and amount - 6 or amount
end

-- Amounts near the limit, and those of the triggers, are the interesting ones.
local function near(self, limit, tail)
  local kind = self.roll(6)
  if kind == 1 then return tame(math.max(1, limit)) end
  if kind == 2 then return tame(limit + 1) end
  local amount = self.roll(math.max(1, limit))
  if kind == 3 and tail then amount = amount - amount % 1000 + tail * 10 + self.roll(3) end
  return tame(amount)
end

local function same(self, what, wanted, got)
  self.met[what .. " " .. tostring(got)] = true
  if wanted ~= got then
    error(("%s: the model says %s, the sandbox %s"):format(what, tostring(wanted), tostring(got)),
      2)
  end
end

-- What was answered: a status, or the reason of a refusal.
local function said(status, value)
  if status == 201 then return value.status end
  assert(status == 400, "status " .. status)
  return value.reason
end

local function keep(self, made, value)
  if not made then return end
  made.id = value.id
  self.steps[#self.steps + 1] = made
end

local ACT = {}

function ACT.authorize(self)
  local amount = 1000 * self.roll(20)
  if self.roll(3) == 1 then amount = amount + 910 + self.roll(3) end
  if self.roll(4) == 1 then amount = amount - amount % 1000 + 920 + self.roll(3) end
  local made = self.model:authorize(amount)
  -- A token of the table decides before the amount does: the others come from a session.
  local token = made.status == "AUTHORIZED" and "sandbox-approved"
    or self.shop:token(text(amount))
  local _, value = self.shop:authorize(token, text(amount))
  same(self, "authorize", made.status, value.status)
  keep(self, made, value)
  self.authorizations[#self.authorizations + 1] = made
end

function ACT.capture(self)
  local a = pick(self, self.authorizations)
  local amount = near(self, a.amount - self.model:captured(a), 93)
  local wanted, made = self.model:capture(a, amount)
  local status, value = self.shop:capture(a.id, text(amount))
  same(self, "capture", wanted, said(status, value))
  keep(self, made, value)
  if made then self.captures[#self.captures + 1] = made end
end

function ACT.reverse(self)
  local a = pick(self, self.authorizations)
  local wanted, made = self.model:reverse(a)
  local status, value = self.shop:reverse(a.id)
  same(self, "reverse", wanted, said(status, value))
  keep(self, made, value)
end

function ACT.refund(self)
  local c = pick(self, self.captures)
  if not c then return end
  local amount = near(self, c.amount - self.model:refunded(c), 94)
  local wanted, made = self.model:refund(c, amount)
  local status, value = self.shop:refund(c.id, text(amount))
  same(self, "refund", wanted, said(status, value))
  keep(self, made, value)
end

function ACT.chargeback(self)
  local c = pick(self, self.captures)
  if not c or self.roll(4) > 1 then return end
  local legal = settled(self.model, c) == "SETTLED"
  same(self, "chargeback", legal, (pcall(self.shop.verb, self.shop, "chargeback", c.id)))
  if legal then c.status = "CHARGEBACK" end
end

function ACT.wait(self)
  local seconds = ({ 60, 20 * 60, HOUR, 12 * HOUR, 9 * DAY })[self.roll(5)]
  self.model.now = self.model.now + seconds
  self.shop:verb("advance", seconds)
end

local ORDER = { "authorize", "authorize", "capture", "capture", "capture", "capture", "refund",
  "refund", "refund", "reverse", "chargeback", "wait" }

local function compare(self)
  for i = math.max(1, #self.steps - 20), #self.steps do
    local step = self.steps[i]
    local _, value = self.shop:check(step.id)
    same(self, "check", self.model:status(step), value.status)
  end
  for i = math.max(1, #self.authorizations - 5), #self.authorizations do
    local a = self.authorizations[i]
    local ledger, refunded = self.shop:verb("ledger", a.id), 0
    for _, c in ipairs(a.captures) do refunded = refunded + self.model:refunded(c) end
    same(self, "captured", self.model:captured(a), ledger.captured)
    same(self, "refunded", refunded, ledger.refunded)
    assert(ledger.captured <= ledger.authorized and ledger.refunded <= ledger.captured)
  end
end

local MET = { "authorize AUTHORIZED", "authorize PENDING", "authorize FAILED", "capture SETTLED",
  "capture PENDING", "capture FAILED", "capture EXCEEDS_AUTH_AMOUNT", "capture MISSING_AUTH",
  "capture AUTH_ALREADY_REVERSED", "capture TRANSACTION_ALREADY_REVERSED_OR_SETTLED",
  "reverse AUTH_REVERSED", "reverse PENDING", "reverse FAILED", "reverse MISSING_AUTH",
  "reverse TRANSACTION_ALREADY_SETTLED", "reverse AUTH_ALREADY_REVERSED", "refund REFUNDED",
  "refund PENDING", "refund FAILED", "refund INVALID_AMOUNT", "refund NOT_SUPPORTED",
  "refund CAPTURE_ALREADY_VOIDED", "chargeback true", "chargeback false", "check CHARGEBACK" }

describe("a random walk of 1,500 payments at Cybersource", function()
  local met = {}

  for seed = 1, heavy.here and 4 or 1 do
    it("agrees with the model at every step, seed " .. seed, function()
      local self = new_walk(seed)
      self.met = met
      ACT.authorize(self)
      for step = 1, STEPS do
        ACT[ORDER[self.roll(#ORDER)]](self)
        if step % 25 == 0 then compare(self) end
      end
    end)
  end

  local met_all = "has met every answer and status that matters"
  if not heavy.here then pending(heavy.left_out(met_all)) return end

  it(met_all, function()
    for _, what in ipairs(MET) do assert.is_true(met[what], "never met: " .. what) end
  end)
end)
