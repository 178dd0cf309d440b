-- The arithmetic of a rate limit, learnt from what the answers tell: may one more call leave, and
-- if not, when. It counts in whole milliseconds, keeps no calls (a tally does) and asks no clock.
--
-- The server counts a call when it arrives, which is some time between its sending and its answer,
-- and in windows whose boundary nobody tells: X-Ratelimit-Reset is rounded to a second. So a call
-- counts until one window has passed since its *answer*: then no later one can fall into the same
-- window, wherever the boundary lies. A call that was answered as the first of its window, shortly
-- after another, shows a boundary between the two, and with it all later ones; then calls that have
-- surely arrived before a boundary count no more once it has surely passed. A refusal in spite of
-- that tells of a server that counts otherwise, and no boundary is believed in any more.

local rate_limit = require("kassa.core").headers.rate_limit

local floor, ceil, max, min = math.floor, math.ceil, math.max, math.min

local M = {}

--- Calls that may be under way before the first answer has told of a limit, or of none.
M.FIRST = 32

local MEANT_MAX = 100000 -- calls a second; nobody waits for more
local DRIFT = 2000       -- the clocks of both sides part by less than 1 ms in so many

local Window = {}
Window.__index = Window

--- What is known before the first answer: nothing.
function M.new()
  return setmetatable({
    text = nil,       -- X-Ratelimit-Limit as it was sent last
    known = false,    -- has an answer come?
    policies = {},    -- { limit =, window_ms =, phase = nil or { low =, high = }, wrong = }
    near = nil,       -- the policy that the remaining quota is of
    longest = 0,      -- ms of the longest window
    before = {},      -- by number of a call: when the last one was sent that was answered before it
    held = nil,       -- { left =, till =, at = }: what the server said, while it holds
  }, Window)
end

-- Learning ---------------------------------------------------------------------------------------

-- A limit without a window is one of a second, unless the time until it begins anew is longer.
local function window_of(policy, reset_s)
  return 1000 * max(policy.window_s or reset_s or 1, 1)
end

-- Of several policies with one window the smallest limit decides.
local function add_policy(self, limit, window_ms)
  if limit * 1000 > MEANT_MAX * window_ms then return nil end
  limit = max(limit, 1)
  for _, known in ipairs(self.policies) do
    if known.window_ms == window_ms then
      known.limit = min(known.limit, limit)
      return known
    end
  end
  self.policies[#self.policies + 1] = { limit = limit, window_ms = window_ms }
  self.longest = max(self.longest, window_ms)
  return self.policies[#self.policies]
end

--- An answer tells this limit; nil: none.
function Window:hear(text, reset_s)
  self.known = true
  if text and text ~= self.text then self:learn(text, reset_s) end
end

--- Take in an X-Ratelimit-Limit: `40`, or `40, 40;w=1;name="account",100;w=1;name="psp"`.
function Window:learn(text, reset_s)
  self.text, self.policies, self.longest, self.near, self.before = text, {}, 0, nil, {}
  self.last_sent, self.last_left = nil, nil
  local told = rate_limit(text)
  local limit = told.limit
  for _, policy in ipairs(told.policies) do
    local made = add_policy(self, policy.limit, window_of(policy, reset_s))
    if policy.limit == limit then self.near = self.near or made end
  end
  if limit and not told.policies[1] then
    self.near = add_policy(self, limit, window_of({}, reset_s))
  end
end

-- A boundary lies after `low` and not after `high`. With what is known of earlier ones it is known
-- better, if it is clear which of them it is; what contradicts them takes their place.
local function observe(policy, low, high)
  local window, phase = policy.window_ms, policy.phase
  if high - low >= window then return end
  if phase then
    local times = floor((high - phase.low) / window)
    local slack = ceil((high - phase.high) / DRIFT)
    if phase.high + (times - 1) * window + slack >= low then return end
    local both_low = max(low, phase.low + times * window - slack)
    local both_high = min(high, phase.high + times * window + slack)
    if both_low < both_high then low, high = both_low, both_high end
  end
  policy.phase = { low = low, high = high }
end

--- Nobody looks for a while: what was seen last is no neighbour of what comes then.
function Window:forget()
  self.before, self.last_sent, self.last_left = {}, nil, nil
end

--- A call is sent: note what it may show. Only after half of the quota was used: elsewhere it could
-- have filled up little by little.
function Window:sent(number)
  local left = self.last_left
  if left and 2 * left <= self.near.limit then self.before[number] = self.last_sent end
end

-- An answer: is it the first of its window?
local function look(self, number, sent, now, remaining)
  local near, before = self.near, nil
  if number then before, self.before[number] = self.before[number], nil end
  if not remaining then return end
  if before and remaining >= near.limit - 1 and not near.wrong then observe(near, before, now) end
  if sent >= (self.last_sent or sent) then self.last_sent, self.last_left = sent, remaining end
end

-- When what was told at `now` is over. The seconds are whole: rounded up at Klarna, where 1 is told
-- for all of a second; a server that rounds down means up to a second more, never a whole window
-- more.
local function over_at(self, now, reset_s)
  local told = max(reset_s or 1, 1)
  local near = self.near
  if near and told * 1000 < near.window_ms then told = told + 1 end
  return now + told * 1000
end

-- More than our own calls was counted: others use the same quota.
local function is_shared(self, policy, now, remaining, tally)
  if remaining * 2 >= policy.limit then return false end
  local young = tally:settle(now, self.longest)
  local count = tally:since(self:horizon(policy, now), policy)
  return remaining < policy.limit - young - count
end

local function hold(self, left, till, now, sent)
  local held = self.held
  if held and held.till > now and held.left < left and sent < held.at then return end
  self.held = { left = left, till = till, at = now }
end

--- An answer came, and was heard. number, sent: of the call; remaining, reset_s: as told, each may
-- be nil; tally: with the call already entered.
function Window:answer(number, sent, now, remaining, reset_s, tally)
  local near, held = self.near, self.held
  if held and now >= held.till then held, self.held = nil, nil end
  if not near then return end
  look(self, number, sent, now, remaining)
  if not remaining then
    if held then held.left = max(0, held.left - 1) end
  elseif is_shared(self, near, now, remaining, tally) then
    hold(self, remaining, over_at(self, now, reset_s), now, sent)
  elseif held and sent >= held.at then
    self.held = nil
  end
end

--- A call was refused for the rate: nobody sends until the quota begins anew, and what was thought
-- of boundaries is forgotten.
function Window:refused(sent, now, reset_s)
  for _, policy in ipairs(self.policies) do
    policy.wrong = policy.wrong or policy.phase ~= nil
    policy.phase = nil
  end
  self:forget()
  hold(self, 0, over_at(self, now, reset_s), now, sent)
end

-- Asking -----------------------------------------------------------------------------------------

--- Calls that were answered at this time or before count no more.
function Window.horizon(_, policy, now)
  local bound, phase = now - policy.window_ms, policy.phase
  if not phase then return bound end
  local slack = ceil((now - phase.high) / DRIFT)
  local times = floor((now - phase.high - slack) / policy.window_ms)
  if times < 0 or phase.high - phase.low + 2 * slack >= policy.window_ms then return bound end
  return max(bound, phase.low + times * policy.window_ms - slack)
end

-- When a call that was answered at `answered` will count no more.
local function opening(policy, now, answered)
  local plain, phase = answered + policy.window_ms, policy.phase
  if not phase then return plain end
  local slack = ceil((plain - phase.high) / DRIFT)
  if phase.high - phase.low + 2 * slack >= policy.window_ms then return plain end
  local times = ceil((answered + slack - phase.low) / policy.window_ms)
  return max(now + 1, min(plain, phase.high + times * policy.window_ms + slack))
end

local function first_ones(self, young)
  if self.known or young < M.FIRST then return 0 end
end

--- May one more call leave? young: how many are under way; count: of the others, at most.
-- -> 0; or for how many ms it may not; or nil when an answer has to come first
function Window:room(now, young, count, tally)
  local held = self.held
  if held and now < held.till and young >= held.left then return held.till - now end
  local policies = self.policies
  if not policies[1] then return first_ones(self, young) end
  local pause = 0
  for i = 1, #policies do
    local policy = policies[i]
    if young + count >= policy.limit then
      local counted, oldest = tally:since(self:horizon(policy, now), policy)
      if young + counted >= policy.limit then
        if counted < 1 then return nil end
        pause = max(pause, opening(policy, now, oldest) - now)
      end
    end
    if pause == 0 and 2 * young > policy.limit and not policy.phase then return nil end
  end
  return pause
end

--- Does it know of no limit, after an answer?
function Window:is_open()
  return self.known and not self.policies[1] and not self.held
end

--- The limit in words, or nil.
function Window:words()
  local policy = self.near or self.policies[1]
  if not policy then return nil end
  return ("%d in %d s"):format(policy.limit, floor(policy.window_ms / 1000))
end

return M
