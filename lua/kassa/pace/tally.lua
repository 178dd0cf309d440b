-- Counts the calls of one rate category in this process: those under way, and when the others were
-- answered. Times are whole milliseconds; it knows no limit and never waits.

local M = {}

--- A call under way counts as arrived this long after it was sent, although no answer came: one
-- that hangs must not hold the place of others for ever.
M.ARRIVAL_MS = 2000

local Tally = {}
Tally.__index = Tally

--- An empty tally. last: the number of the last call that another has counted.
function M.new(last)
  last = last or 0
  return setmetatable({
    sent = {}, oldest = last + 1, last = last, -- by number: when it was sent, while it is under way
    at = {}, first = 1, answered = 0,  -- when the others arrived at the latest, in order
    young = 0,                         -- how many are under way
  }, Tally)
end

local function arrive(self, time)
  self.answered = self.answered + 1
  self.at[self.answered] = time
end

-- Those that hang have arrived. It comes before anything later is entered, so `at` stays in order.
local function age(self, now)
  local sent, oldest = self.sent, self.oldest
  while oldest <= self.last do
    local since = sent[oldest]
    if since then
      if since + M.ARRIVAL_MS > now then break end
      sent[oldest], self.young = nil, self.young - 1
      arrive(self, since + M.ARRIVAL_MS)
    end
    oldest = oldest + 1
  end
  self.oldest = oldest
end

--- One call is sent now. -> its number
function Tally:take(now)
  self.last, self.young = self.last + 1, self.young + 1
  self.sent[self.last] = now
  return self.last
end

--- It never left.
function Tally:undo(number)
  if not self.sent[number] then return end
  self.sent[number], self.young = nil, self.young - 1
end

--- It was answered.
function Tally:answer(number, now)
  age(self, now)
  if not self.sent[number] then return end
  self.sent[number], self.young = nil, self.young - 1
  arrive(self, now)
end

--- Forget who was answered `longest` ms ago or earlier. -> how many are under way, and how many
-- others are counted at most
function Tally:settle(now, longest)
  age(self, now)
  local at, first, gone = self.at, self.first, now - longest
  while first <= self.answered and at[first] <= gone do
    at[first] = nil
    first = first + 1
  end
  self.first = first
  return self.young, self.answered - first + 1
end

--- Those that may have arrived after `bound`. -> how many, and when the first of them was answered
function Tally:since(bound)
  local at, low, high = self.at, self.first, self.answered + 1
  while low < high do -- the first that is later
    local middle = math.floor((low + high) / 2)
    if at[middle] > bound then high = middle else low = middle + 1 end
  end
  return self.answered - low + 1, at[low]
end

return M
