-- Who waits for a place, first come first served; a call that was let through before and comes back
-- goes before those that never left. It wakes nobody.

local M = {}

local Queue = {}
Queue.__index = Queue

local function lane() return { first = 1, last = 0 } end

--- An empty queue.
function M.new()
  return setmetatable({ again = lane(), fresh = lane(), count = 0 }, Queue)
end

--- Come to the end of it. again: has it left before?
function Queue:join(waiter, again)
  local to = again and self.again or self.fresh
  to.last = to.last + 1
  to[to.last], waiter.lane, waiter.place = waiter, to, to.last
  self.count = self.count + 1
end

--- Go from wherever it stands, if it stands here.
function Queue:leave(waiter)
  local from = waiter.lane
  if not from then return end
  from[waiter.place], waiter.lane = nil, nil
  self.count = self.count - 1
  while from.first <= from.last and not from[from.first] do from.first = from.first + 1 end
end

--- The first, or nil.
function Queue:head()
  return self.again[self.again.first] or self.fresh[self.fresh.first]
end

--- How many stand before this one, at most.
function Queue:before(waiter)
  local from = waiter.lane
  local here = waiter.place - from.first
  if from == self.again then return here end
  return here + self.again.last - self.again.first + 1
end

--- All that wait, in order.
function Queue:list()
  local all = {}
  for _, each in ipairs { self.again, self.fresh } do
    for place = each.first, each.last do all[#all + 1] = each[place] end
  end
  return all
end

return M
