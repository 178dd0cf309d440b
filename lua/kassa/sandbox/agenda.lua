--- What will happen when time passes: expiries in order of time, then of planning (a binary heap).
-- It runs nothing and drops nothing itself: whoever takes an entry decides whether it still holds.

local agenda = {}
agenda.__index = agenda

function agenda.new()
  return setmetatable({ count = 0, planned = 0 }, agenda)
end

local function before(a, b)
  if a.at ~= b.at then return a.at < b.at end
  return a.order < b.order
end

local function rise(self, i)
  while i > 1 do
    local parent = math.floor(i / 2)
    if before(self[parent], self[i]) then return end
    self[parent], self[i] = self[i], self[parent]
    i = parent
  end
end

local function sink(self, i)
  while true do
    local least = i
    for child = 2 * i, math.min(2 * i + 1, self.count) do
      if before(self[child], self[least]) then least = child end
    end
    if least == i then return end
    self[least], self[i] = self[i], self[least]
    i = least
  end
end

--- Plan what (any value) for the time at (ms).
function agenda:add(at, what)
  self.planned = self.planned + 1
  self.count = self.count + 1
  self[self.count] = { at = at, order = self.planned, what = what }
  rise(self, self.count)
end

--- Take the earliest entry that is due. Returns what, at; or nil.
function agenda:take(now)
  local first = self[1]
  if self.count == 0 or first.at > now then return nil end
  self[1] = self[self.count]
  self[self.count] = nil
  self.count = self.count - 1
  if self.count > 0 then sink(self, 1) end
  return first.what, first.at
end

--- The time of the earliest entry, or nil.
function agenda:next()
  return self.count > 0 and self[1].at or nil
end

return agenda
