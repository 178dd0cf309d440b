-- Whether and when a failed attempt is made again: exponential backoff with full jitter, the
-- server's own waiting time, and a budget that all clients of a process share. It never sleeps.

local core = require "kassa.core"

local random_bytes = core.sign.random

local M = {}

M.BASE_MS = 200
M.CAP_MS = 10000

local Budget = {}
Budget.__index = Budget

local CAPACITY, COST, REFUND = 100, 5, 1

--- A budget of retries, so that a provider in trouble is not drowned by repeats: 20 at once, and
-- one more for every five calls that succeed at first try.
function M.budget()
  return setmetatable({ tokens = CAPACITY }, Budget)
end

--- Take one retry from the budget. -> false when it is spent.
function Budget:spend()
  if self.tokens < COST then return false end
  self.tokens = self.tokens - COST
  return true
end

--- Put back a little after a call that needed no retry.
function Budget:earn()
  if self.tokens < CAPACITY then self.tokens = self.tokens + REFUND end
end

--- A number in [0, 1) from the system's generator: many workers must not fall into step.
function M.fraction()
  local a, b, c = random_bytes(3):byte(1, 3)
  return (a * 65536 + b * 256 + c) / 16777216
end

--- Milliseconds to wait before attempt `attempt` + 1: anywhere up to BASE_MS * 2^(attempt - 1), at
-- most CAP_MS, and never earlier than `told_s`, the server's own figure in seconds
-- (X-Ratelimit-Reset, Retry-After).
function M.pause_ms(attempt, told_s)
  local ceiling = math.min(M.CAP_MS, M.BASE_MS * 2 ^ (attempt - 1))
  local pause = math.floor(M.fraction() * ceiling)
  if told_s then pause = pause + math.ceil(told_s * 1000) end
  return pause
end

local function later(a, b)
  if a and b then return math.max(a, b) end
  return a or b
end

--- Seconds the server asked to wait, by its parsed headers, or nil. now_s: epoch, for HTTP dates.
function M.told_s(headers, now_s)
  local reset = tonumber(headers["x-ratelimit-reset"])
  if reset and (reset < 0 or reset ~= reset or reset > 86400) then reset = nil end
  local after = headers["retry-after"] and core.headers.retry_after(headers["retry-after"], now_s)
  return later(reset, after)
end

return M
