-- The sandbox's disputes against a second opinion: a model written from the reference alone (4.4,
-- 4.5). It requires neither the rows nor the sandbox's rules; random walks must meet the same
-- status, state and money at every step.

local heavy = require "support.heavy"
local shop = require "support.shop"

local DAY = 24 * 3600

-- A generator of the spec's own (Park and Miller), so that the walk does not lean on the sandbox's.
local function dice(seed)
  local state = seed
  return function(count)
    state = state * 48271 % 2147483647
    return state % count + 1
  end
end

-- The model -------------------------------------------------------------------------------------

local model = {}
model.__index = model

-- What is left of a transaction's money, and what of that is not in dispute yet.
function model.left(_, t) return t.captured - t.refunded - t.back end

function model:free(t)
  local sum = self:left(t)
  for _, d in ipairs(t.disputes) do
    if self:state(d) ~= "CLOSED" then sum = sum - d.amount end
  end
  return math.max(0, sum)
end

-- The state of a dispute at a time, seen from its facts.
function model:state(d)
  if d.state == "PRE_ARBITRATION" and self.now >= d.ends then d.state = "ARBITRATION_PENDING" end
  local last = d.asked[#d.asked]
  if d.state == "MERCHANT_EVIDENCE_PENDING" and self.now >= last.ends then
    d.state, last.state = "ARBITRATION_PENDING", "EVIDENCE_REQUEST_EXPIRED"
  end
  return d.state
end

local AT_ONCE = { PURCHASE_UNAUTHORIZED = true, PURCHASE_HIGH_RISK = true }

function model:open(t, reason, amount)
  if amount < 1 or amount > self:free(t) then return nil end
  local d = { transaction = t, reason = reason, amount = amount, asked = {},
    ends = self.now + (AT_ONCE[reason] and 0 or 21 * DAY), state = "PRE_ARBITRATION" }
  t.disputes[#t.disputes + 1] = d
  return d
end

function model:escalate(d)
  if self:state(d) ~= "PRE_ARBITRATION" then return false end
  d.state = "ARBITRATION_PENDING"
  return true
end

function model:ask(d)
  if self:state(d) ~= "ARBITRATION_PENDING" or #d.asked == 5 then return false end
  local days = #d.asked == 0 and d.reason ~= "PURCHASE_UNAUTHORIZED" and 14 or 7
  d.asked[#d.asked + 1] = { state = "EVIDENCE_REQUESTED", ends = self.now + days * DAY }
  d.state = "MERCHANT_EVIDENCE_PENDING"
  return true
end

function model:respond(d)
  if self:state(d) ~= "MERCHANT_EVIDENCE_PENDING" then return 409 end
  d.state, d.asked[#d.asked].state = "ARBITRATION_PENDING", "EVIDENCE_RECEIVED"
  return 201
end

function model:upload(d)
  return self:state(d) == "CLOSED" and 409 or 201
end

function model:lose(d)
  d.state = "CLOSED"
  local t = d.transaction
  t.back = t.back + math.max(0, math.min(d.amount, self:left(t)))
end

function model:accept_loss(d)
  if self:state(d) == "CLOSED" then return 409 end
  if d.state == "MERCHANT_EVIDENCE_PENDING" then d.asked[#d.asked].state = "EVIDENCE_WAIVED" end
  self:lose(d)
  return 202
end

function model:decide(d, outcome)
  if self:state(d) ~= "ARBITRATION_PENDING" then return false end
  if outcome == "lost" then self:lose(d) else d.state = "CLOSED" end
  return true
end

function model.refund(_, t, amount)
  if amount > t.captured - t.refunded or t.refunds == 200 then return 403 end
  t.refunded, t.refunds = t.refunded + amount, t.refunds + 1
  return 201
end

-- The walk --------------------------------------------------------------------------------------

local STEPS = 1500
local REASONS = { "RETURN_NOT_REFUNDED", "PRODUCTS_NOT_RECEIVED", "PRODUCTS_FAULTY",
  "CAPTURE_AMOUNT_INCORRECT", "PURCHASE_CANCELED", "PURCHASE_UNAUTHORIZED", "PURCHASE_HIGH_RISK" }
local ANSWER = { details = { have_you_resolved_the_dispute_with_the_customer = "NO" } }
local PDF = { { "file", "%PDF-1.7", filename = "a.pdf" } }

local walk = {}
walk.__index = walk

local function pick(self, list)
  return list[math.max(1, #list - self.roll(6) + 1)]
end

local function same(self, what, wanted, got)
  self.met[what .. " " .. tostring(got)] = true
  assert(wanted == got, string.format("%s: the model says %s, the sandbox %s", what,
    tostring(wanted), tostring(got)))
end

-- A verb happens or is refused, as the model says.
local function verb_agrees(self, name, wanted, ...)
  local ok, result = pcall(self.shop.verb, self.shop, name, ...)
  same(self, name, wanted, ok)
  return ok and result
end

local ACT = {}

function ACT.transaction(self)
  local id = self.shop:authorized(1000)
  assert(self.shop:capture(id, 1000) == 201)
  self.transactions[#self.transactions + 1] =
    { id = id, captured = 1000, refunded = 0, refunds = 0, back = 0, disputes = {} }
end

function ACT.open(self)
  local t = pick(self, self.transactions)
  local reason, free = REASONS[self.roll(#REASONS)], self.model:free(t)
  local amount = self.roll(4) == 1 and free + 1 or self.roll(math.max(1, math.floor(free / 2)))
  local d = self.model:open(t, reason, amount)
  local made = verb_agrees(self, "dispute", d ~= nil, t.id, { reason = reason, amount = amount })
  if d then
    d.id = made.payment_dispute_id
    self.disputes[#self.disputes + 1] = d
  end
end

for _, name in ipairs { "escalate", "ask" } do
  ACT[name] = function(self)
    local d = pick(self, self.disputes)
    verb_agrees(self, name, self.model[name](self.model, d), d.id)
  end
end

function ACT.decide(self)
  local d = pick(self, self.disputes)
  if self.roll(3) > 1 and d.state ~= "CLOSED" then return end
  local outcome = self.roll(2) == 1 and "won" or "lost"
  verb_agrees(self, "decide", self.model:decide(d, outcome), d.id, outcome)
end

for name, body in pairs { respond = ANSWER, upload = PDF, accept_loss = false } do
  ACT[name] = function(self)
    local d = pick(self, self.disputes)
    if name == "accept_loss" and self.roll(4) > 1 and d.state ~= "CLOSED" then return end
    same(self, name, self.model[name](self.model, d),
      (self.shop[name](self.shop, d.id, body or nil)))
  end
end

function ACT.refund(self)
  local t = pick(self, self.transactions)
  local amount = self.roll(8) == 1 and t.captured - t.refunded + 1 or self.roll(300)
  same(self, "refund", self.model:refund(t, amount), (self.shop:refund(t.id, amount)))
end

function ACT.wait(self)
  local seconds = ({ 60, 6 * 3600, DAY, 3 * DAY, 7 * DAY, 14 * DAY })[self.roll(6)]
  self.model.now = self.model.now + seconds
  self.shop:verb("advance", seconds)
end

local ORDER = { "open", "open", "escalate", "ask", "ask", "ask", "respond", "respond", "upload",
  "accept_loss", "decide", "wait", "refund", "transaction", "ask", "ask", "wait", "respond" }

local function compare_dispute(self, d)
  local view = self.shop:verb("view", d.id)
  same(self, "state", self.model:state(d), view.state)
  same(self, "requests", #d.asked, #view.merchant_evidence)
  for i, asked in ipairs(d.asked) do
    same(self, "evidence", asked.state, view.merchant_evidence[i].request.state)
  end
  same(self, "deadline", d.state == "MERCHANT_EVIDENCE_PENDING", view.state_context ~= nil)
end

local function compare(self)
  local open = 0
  for _, d in ipairs(self.disputes) do
    compare_dispute(self, d)
    if d.state ~= "CLOSED" then open = open + 1 end
  end
  for _, t in ipairs(self.transactions) do
    local sum = 0
    for _, made in ipairs(self.shop:transaction(t.id).payment_chargebacks) do
      sum = sum + made.chargeback_amount
    end
    same(self, "money back of " .. t.id, t.back, sum)
    assert(sum <= t.captured)
  end
  local _, page = self.shop:get("/payment/disputes?size=1&state=PRE_ARBITRATION"
    .. "&state=ARBITRATION_PENDING&state=MERCHANT_EVIDENCE_PENDING")
  assert(page.pagination.total == open)
end

local MET = { "respond 201", "respond 409", "upload 201", "upload 409", "accept_loss 202",
  "accept_loss 409", "refund 201", "refund 403", "dispute false", "escalate false", "ask false",
  "decide true", "decide false", "state PRE_ARBITRATION", "state ARBITRATION_PENDING",
  "state MERCHANT_EVIDENCE_PENDING", "state CLOSED", "evidence EVIDENCE_REQUESTED",
  "evidence EVIDENCE_RECEIVED", "evidence EVIDENCE_REQUEST_EXPIRED", "evidence EVIDENCE_WAIVED",
  "requests 5", "deadline true" }

describe("a random walk of 1,500 operations on disputes", function()
  local met = {}

  for seed = 1, heavy.here and 4 or 1 do
    it("agrees with the model at every step, seed " .. seed, function()
      local self = setmetatable({ roll = dice(seed), shop = shop.open { seed = seed }, met = met,
        model = setmetatable({ now = 0 }, model), transactions = {}, disputes = {} }, walk)
      ACT.transaction(self)
      ACT.open(self)
      while #self.disputes == 0 do ACT.open(self) end
      for step = 1, STEPS do
        ACT[ORDER[self.roll(#ORDER)]](self)
        if step % 50 == 0 then compare(self) end
      end
    end)
  end

  local met_all = "has met every answer and state that matters"
  if not heavy.here then pending(heavy.left_out(met_all)) return end

  it(met_all, function()
    for _, what in ipairs(MET) do assert.is_true(met[what], "never met: " .. what) end
  end)
end)
