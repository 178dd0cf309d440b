--- What a key answered the first time: kept for 24 hours of the world's clock, or as told.
-- It compares bytes, never meaning: a body with the same members in another order is another body.

local memory = {}
memory.__index = memory

local LIFE_MS = 24 * 3600 * 1000
local KEYS_MAX = 100000

--- No keys yet.
-- @param life_ms how long each is kept (24 hours)
function memory.new(life_ms)
  return setmetatable({
    keys = {}, queue = {}, first = 1, last = 0, life_ms = life_ms or LIFE_MS,
  }, memory)
end

local function forget_first(self)
  local entry = self.queue[self.first]
  self.queue[self.first] = nil
  self.first = self.first + 1
  if self.keys[entry.key] == entry then self.keys[entry.key] = nil end
end

local function forget_old(self, now)
  while self.first <= self.last and now >= self.queue[self.first].at + self.life_ms do
    forget_first(self)
  end
end

--- What the key answered: the answer; or false when the key was used for another request; or nil.
-- @param print the request's fingerprint (method, path and body)
function memory:recall(key, print, now)
  forget_old(self, now)
  local entry = self.keys[key]
  if not entry then return nil end
  return entry.print == print and entry.answer
end

--- Remember an answer; the first one stays for the key's whole life.
function memory:keep(key, print, answer, now)
  forget_old(self, now)
  if self.keys[key] then return end
  if self.last - self.first + 1 >= KEYS_MAX then forget_first(self) end
  local entry = { key = key, print = print, answer = answer, at = now }
  self.last = self.last + 1
  self.queue[self.last] = entry
  self.keys[key] = entry
end

return memory
