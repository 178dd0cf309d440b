-- A table that behaves as a lua_shared_dict does: get, set, add, incr, expire, each of them in one
-- step. `between` makes each of them a place where another worker may come between.

local dict = {}
dict.__index = dict

--- now: function -> seconds; between: function called before each method, or nil.
function dict.new(now, between)
  return setmetatable({ values = {}, ends = {}, now = now, between = between, used = 0 }, dict)
end

local function value_of(self, key)
  local ends = self.ends[key]
  if ends and ends <= self.now() then self.values[key], self.ends[key] = nil, nil end
  return self.values[key]
end

local function enter(self)
  self.used = self.used + 1
  if self.between then self.between() end
end

function dict:get(key)
  enter(self)
  return value_of(self, key)
end

local function put(self, key, value, life_s)
  self.values[key] = value
  self.ends[key] = life_s and life_s > 0 and self.now() + life_s or nil
  return true
end

function dict:set(key, value, life_s)
  enter(self)
  return put(self, key, value, life_s)
end

function dict:add(key, value, life_s)
  enter(self)
  if value_of(self, key) ~= nil then return false, "exists" end
  return put(self, key, value, life_s)
end

function dict:incr(key, step, initial, life_s)
  enter(self)
  local value = value_of(self, key)
  if value == nil then
    if initial == nil then return nil, "not found" end
    put(self, key, initial + step, life_s)
    return initial + step
  end
  self.values[key] = value + step
  return value + step
end

function dict:expire(key, life_s)
  enter(self)
  if value_of(self, key) == nil then return nil, "not found" end
  self.ends[key] = self.now() + life_s
  return true
end

return dict
