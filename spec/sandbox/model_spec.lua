-- The sandbox against a second opinion: a model of requests and transactions written from the
-- reference alone (4.1, 4.2). It requires neither the rows nor the sandbox's rules; random walks of
-- 2,000 operations must meet the same status, state and sums at every step.

local heavy = require "support.heavy"
local shop = require "support.shop"

local HOUR = 3600
local DAY = 24 * HOUR

-- A generator of the spec's own (Park and Miller), so that the walk does not lean on the sandbox's.
local function dice(seed)
  local state = seed
  return function(count)
    state = state * 48271 % 2147483647
    return state % count + 1
  end
end

-- The model -------------------------------------------------------------------------------------

local model = { now = 0 }
model.__index = model

local function new_model() return setmetatable({ now = 0 }, model) end

function model:new_request(amount)
  return { state = "SUBMITTED", amount = amount, ends = self.now + 48 * HOUR }
end

-- The state of a request at a time, seen from its facts.
function model:request_state(r)
  if r.state == "PENDING_CONFIRMATION" and self.now >= r.token_ends then r.state = "SUBMITTED" end
  if (r.state == "SUBMITTED" or r.state == "IN_PROGRESS") and self.now >= r.ends then
    r.state = "EXPIRED"
  end
  return r.state
end

function model:approve(r)
  local state = self:request_state(r)
  if state ~= "SUBMITTED" and state ~= "IN_PROGRESS" then return false end
  r.state, r.token_ends = "PENDING_CONFIRMATION", self.now + HOUR
  return true
end

function model:open(r)
  local state = self:request_state(r)
  if state ~= "SUBMITTED" and state ~= "IN_PROGRESS" and state ~= "PENDING_CONFIRMATION" then
    return false
  end
  r.state = "IN_PROGRESS"
  self:request_state(r)
  return true
end

function model:abort(r)
  local state = self:request_state(r)
  if state ~= "SUBMITTED" and state ~= "IN_PROGRESS" then return false end
  r.state = "SUBMITTED"
  return true
end

function model:update(r, amount)
  if self:request_state(r) ~= "SUBMITTED" then return 409 end
  r.amount = amount
  return 200
end

function model:cancel(r)
  local state = self:request_state(r)
  if state ~= "SUBMITTED" and state ~= "IN_PROGRESS" and state ~= "PENDING_CONFIRMATION" then
    return 409
  end
  r.state = "CANCELED"
  return 200
end

function model:confirm(r, amount, at_once)
  if self:request_state(r) == "CONFIRMED" then return 200 end
  if r.state ~= "PENDING_CONFIRMATION" then return 409 end
  if amount ~= r.amount then return 400 end
  r.state = "CONFIRMED"
  return 200, {
    state = at_once and "COMPLETED" or "AUTHORIZED", amount = amount,
    captures = at_once and { { amount = amount, refunded = 0 } } or {},
    captured = at_once and amount or 0, refunded = 0, refunds = 0,
    operations = at_once and 1 or 0, gone = false, ends = self.now + 28 * DAY,
  }
end

function model:transaction_state(t)
  if t.state == "AUTHORIZED" and self.now >= t.ends then t.state = "EXPIRED" end
  if t.state == "EXPIRED" and self.now >= t.ends + 7 * DAY then
    t.state = t.captured > 0 and "COMPLETED" or "CLOSED"
    t.gone = true
  end
  return t.state
end

function model.remaining(_, t)
  return t.gone and 0 or t.amount - t.captured
end

function model:capture(t, amount)
  if self:transaction_state(t) ~= "AUTHORIZED" or t.operations == 500 or #t.captures == 200
      or amount > t.amount - t.captured then
    return 403
  end
  t.captures[#t.captures + 1] = { amount = amount, refunded = 0 }
  t.captured, t.operations = t.captured + amount, t.operations + 1
  if t.captured == t.amount then t.state = "COMPLETED" end
  return 201
end

function model:void(t)
  if self:transaction_state(t) ~= "AUTHORIZED" or t.operations == 500 then return 403 end
  t.state = t.captured > 0 and "COMPLETED" or "CLOSED"
  t.gone, t.operations = true, t.operations + 1
  return 200
end

function model:refund(t, amount, capture)
  local state = self:transaction_state(t)
  if state == "CLOSED" or t.operations == 500 or t.refunds == 200 then return 403 end
  if amount > t.captured - t.refunded then return 403 end
  if capture and amount > capture.amount - capture.refunded then return 403 end
  t.refunded, t.refunds = t.refunded + amount, t.refunds + 1
  t.operations = t.operations + 1
  if capture then capture.refunded = capture.refunded + amount end
  return 201
end

-- The walk --------------------------------------------------------------------------------------

local STEPS = 2000
local walk = {}
walk.__index = walk

local function new_walk(seed)
  return setmetatable({
    roll = dice(seed), shop = shop.open { seed = seed }, model = new_model(),
    requests = {}, transactions = {}, statuses = {},
  }, walk)
end

local function pick(self, list)
  return list[math.max(1, #list - self.roll(6) + 1)]
end

-- Amounts near the limit are the interesting ones.
local function near(self, limit)
  local kind = self.roll(5)
  if kind == 1 then return math.max(1, limit) end
  if kind == 2 then return limit + 1 end
  return self.roll(math.max(1, limit))
end

local ACT = {}

function ACT.create(self)
  local amount = self.roll(5000)
  local made = self.model:new_request(amount)
  made.id = self.shop:request { currency = "USD", payment_amount = amount }.payment_request_id
  self.requests[#self.requests + 1] = made
end

for _, verb in ipairs { "approve", "open", "abort" } do
  ACT[verb] = function(self)
    local r = pick(self, self.requests)
    local wanted = self.model[verb](self.model, r)
    local ok, view = pcall(self.shop.verb, self.shop, verb, r.id)
    assert(ok == wanted, verb .. " of " .. r.state)
    if ok and verb == "approve" then r.token = view.state_context.payment_confirmation_token end
  end
end

local function same(self, what, wanted, got)
  self.statuses[what .. " " .. got] = true
  assert(wanted == got, string.format("%s: the model says %s, the sandbox %s", what, wanted, got))
end

function ACT.update(self)
  local r = pick(self, self.requests)
  local amount = self.roll(5000)
  same(self, "update", self.model:update(r, amount), (self.shop:send("PATCH",
    "/payment/requests/" .. r.id, { currency = "USD", payment_amount = amount })))
end

function ACT.cancel(self)
  local r = pick(self, self.requests)
  same(self, "cancel", self.model:cancel(r),
    (self.shop:send("DELETE", "/payment/requests/" .. r.id)))
end

function ACT.confirm(self)
  local r = pick(self, self.requests)
  if not r.token then return end
  local amount = self.roll(8) == 1 and r.amount + 1 or r.amount
  local at_once = self.roll(6) == 1
  local wanted, made = self.model:confirm(r, amount, at_once)
  local status, value = self.shop:confirm(r.token,
    { currency = "USD", payment_amount = amount, config = { capture = at_once } })
  same(self, "confirm", wanted, status)
  if made then
    made.id = value.state_context.payment_transaction.payment_transaction_id
    self.transactions[#self.transactions + 1] = made
  end
end

function ACT.capture(self)
  local t = pick(self, self.transactions)
  if not t then return end
  local amount = near(self, self.model:remaining(t))
  same(self, "capture", self.model:capture(t, amount), (self.shop:capture(t.id, amount)))
end

function ACT.void(self)
  local t = pick(self, self.transactions)
  if not t or self.roll(3) > 1 then return end
  same(self, "void", self.model:void(t), (self.shop:void(t.id)))
end

function ACT.refund(self)
  local t = pick(self, self.transactions)
  if not t then return end
  local amount = near(self, t.captured - t.refunded)
  same(self, "refund", self.model:refund(t, amount), (self.shop:refund(t.id, amount)))
end

function ACT.refund_capture(self)
  local t = pick(self, self.transactions)
  if not t or #t.captures == 0 then return end
  local number = self.roll(#t.captures)
  local capture = t.captures[number]
  local amount = near(self, capture.amount - capture.refunded)
  same(self, "refund_capture", self.model:refund(t, amount, capture),
    (self.shop:refund_capture(t.id .. ":capture:" .. number, amount)))
end

function ACT.wait(self)
  local seconds = ({ 60, 20 * 60, HOUR, 12 * HOUR, 5 * DAY })[self.roll(5)]
  self.model.now = self.model.now + seconds
  self.shop:verb("advance", seconds)
end

local ORDER = { "create", "approve", "confirm", "capture", "capture", "capture", "refund",
  "refund_capture", "void", "wait", "open", "abort", "update", "cancel", "create", "approve",
  "confirm", "capture", "confirm", "approve" }

local function compare(self)
  for _, r in ipairs(self.requests) do
    same(self, "request", self.model:request_state(r), self.shop:verb("state", r.id))
  end
  for _, t in ipairs(self.transactions) do
    same(self, "transaction", self.model:transaction_state(t), self.shop:verb("state", t.id))
    local ledger = self.shop:verb("ledger", t.id)
    same(self, "captured", t.captured, ledger.captured)
    same(self, "refunded", t.refunded, ledger.refunded)
    same(self, "remaining", self.model:remaining(t), ledger.remaining)
    same(self, "captures", #t.captures, ledger.captures)
    same(self, "refunds", t.refunds, ledger.refunds)
    same(self, "operations", t.operations, ledger.operations)
    assert(ledger.captured >= ledger.refunded and ledger.authorized >= ledger.captured)
  end
end

local MET = { "update 200", "update 409", "cancel 200", "cancel 409", "confirm 200", "confirm 400",
  "confirm 409", "capture 201", "capture 403", "void 200", "void 403", "refund 201", "refund 403",
  "refund_capture 201", "refund_capture 403", "transaction EXPIRED", "transaction CLOSED",
  "transaction COMPLETED", "request EXPIRED", "request SUBMITTED", "request IN_PROGRESS" }

describe("a random walk of 2,000 operations", function()
  local met = {}

  for seed = 1, heavy.here and 4 or 1 do
    it("agrees with the model at every step, seed " .. seed, function()
      local self = new_walk(seed)
      self.statuses = met
      ACT.create(self)
      for step = 1, STEPS do
        ACT[ORDER[self.roll(#ORDER)]](self)
        if step % 25 == 0 then compare(self) end
      end
    end)
  end

  local met_all = "has met every answer and state that matters"
  if not heavy.here then pending(heavy.left_out(met_all)) return end

  it(met_all, function()
    for _, what in ipairs(MET) do assert.is_true(met[what], "never met: " .. what) end
  end)
end)
