-- A tally that several processes keep together in a dictionary with the methods of OpenResty's
-- lua_shared_dict (get, set, incr). It counts by slots of time, so it may hold a call back a
-- twentieth of a window longer than a tally of one process; it never counts too few.
--
-- Two processes may ask at one time, so a call is entered first and counted then: of two, one sees
-- the other. Who is answered is entered as answered before it is taken from those under way, and a
-- count looks at those under way first, so that nobody is missed in between.

local ARRIVAL_MS = require("kassa.pace.tally").ARRIVAL_MS

local floor, max = math.floor, math.max

local M = {}

local SLOT_MS = 200   -- of calls under way
local REACH_MS = ARRIVAL_MS + 1000
local KEPT_S = 10     -- longer than any slot is looked at

local Shared = {}
Shared.__index = Shared

--- What nginx.conf declares by `lua_shared_dict`, or nil, also outside nginx.
function M.named(name)
  local ngx = rawget(_G, "ngx") or package.loaded.ngx
  return ngx and ngx.shared and ngx.shared[name] or nil
end

--- dict: the dictionary; prefix: of all keys, one for each account and rate category.
function M.new(dict, prefix)
  return setmetatable({ dict = dict, prefix = prefix, now = 0 }, Shared)
end

local function under_way(self, slot) return self.prefix .. "way:" .. slot end

local function slot_of(policy) return max(1, floor(policy.window_ms / 20)) end

local function answered(self, policy, slot)
  return self.prefix .. "answered:" .. policy.window_ms .. ":" .. slot
end

--- As the tally of one process.
function Shared:take(now)
  local key = under_way(self, floor(now / SLOT_MS))
  self.dict:incr(key, 1, 0, KEPT_S)
  return { key = key }
end

function Shared:undo(number)
  self.dict:incr(number.key, -1) -- what has gone meanwhile needs no taking away
end

function Shared:answer(number, now, policies)
  for _, policy in ipairs(policies) do
    local key = answered(self, policy, floor(now / slot_of(policy)))
    self.dict:incr(key, 1, 0, floor(policy.window_ms / 500) + KEPT_S)
  end
  self:undo(number)
end

-- Other clocks may be a little ahead.
local function sum(self, key_of, from, to)
  local total, oldest = 0, nil
  for slot = from, to + 1 do
    local count = max(0, self.dict:get(key_of(slot)) or 0)
    if count > 0 then oldest = oldest or slot end
    total = total + count
  end
  return total, oldest
end

function Shared:settle(now)
  self.now = now
  local young = sum(self, function(slot) return under_way(self, slot) end,
    floor((now - REACH_MS) / SLOT_MS), floor(now / SLOT_MS))
  return young, math.huge
end

function Shared:since(bound, policy)
  local length = slot_of(policy)
  local count, oldest = sum(self, function(slot) return answered(self, policy, slot) end,
    floor(bound / length), floor(self.now / length))
  return count, oldest and (oldest + 1) * length
end

--- Take in what other processes have learnt.
function Shared:sync(window, now)
  local told = self.dict:get(self.prefix .. "limit")
  local reset, text = (told or ""):match "^(%d*);(.*)$"
  if text and text ~= window.text then
    window.known = true
    window:learn(text, tonumber(reset))
    self.told = told
  end
  local till = self.dict:get(self.prefix .. "held")
  local held = window.held
  if till and till > now and not (held and held.till >= till) then
    window.held = { left = 0, till = till, at = now }
  end
end

--- Tell other processes.
function Shared:tell(window, reset_s, refused, now)
  local told = window.text and (reset_s or "") .. ";" .. window.text
  if told and told ~= self.told then
    self.dict:set(self.prefix .. "limit", told)
    self.told = told
  end
  local held = refused and window.held
  if held then
    self.dict:set(self.prefix .. "held", held.till, (held.till - now) / 1000 + KEPT_S)
  end
end

return M
