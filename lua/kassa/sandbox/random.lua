--- Numbers and names drawn from a seed: the same seed gives the same bytes on every Lua version.
-- It never asks the machine for randomness and is no source of secrets.

local random = {}
random.__index = random

-- Two multiplicative generators combined (L'Ecuyer 1988): every product stays below 2^53, so
-- the doubles of Lua 5.1 and the integers of 5.3 walk the same sequence.
local FACTOR_1, MODULUS_1 = 40014, 2147483563
local FACTOR_2, MODULUS_2 = 40692, 2147483399
local ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

local function hash(text, modulus)
  local sum = 7
  for i = 1, #text do sum = (sum * 131 + text:byte(i)) % (modulus - 1) end
  return sum + 1
end

local function seed_text(seed)
  if type(seed) == "number" then return string.format("%.0f", seed) end
  return tostring(seed)
end

--- A generator for one purpose; purposes do not disturb each other.
-- @param seed number or string
-- @param purpose string, for example "ids"
function random.new(seed, purpose)
  local text = seed_text(seed) .. "/" .. (purpose or "")
  local self = setmetatable({ a = hash(text, MODULUS_1), b = hash(text .. "#", MODULUS_2) }, random)
  for _ = 1, 8 do self:draw() end
  return self
end

--- The next number, 1 .. 2147483562.
function random:draw()
  self.a = self.a * FACTOR_1 % MODULUS_1
  self.b = self.b * FACTOR_2 % MODULUS_2
  local mixed = self.a - self.b
  if mixed < 1 then mixed = mixed + MODULUS_1 - 1 end
  return mixed
end

--- An integer 0 .. count-1.
function random:below(count)
  return self:draw() % count
end

--- A fraction 0 <= x < 1.
function random:fraction()
  return (self:draw() - 1) / MODULUS_1
end

--- Letters and digits.
function random:letters(count)
  local out = {}
  for i = 1, count do
    local at = self:below(#ALPHABET) + 1
    out[i] = ALPHABET:sub(at, at)
  end
  return table.concat(out)
end

--- A UUID of version 4's shape.
function random:uuid()
  local parts = {}
  for i = 1, 8 do parts[i] = self:draw() % 65536 end
  parts[4] = parts[4] % 4096 + 4 * 4096
  parts[5] = parts[5] % 16384 + 2 * 16384
  for i = 1, 8 do parts[i] = string.format("%04x", parts[i]) end
  return parts[1] .. parts[2] .. "-" .. parts[3] .. "-" .. parts[4] .. "-" .. parts[5] .. "-"
    .. parts[6] .. parts[7] .. parts[8]
end

return random
