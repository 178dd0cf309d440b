--- Requests per second by bucket, and the X-Ratelimit-* headers that tell of them.
-- It refuses only a rate the script asked for; else it tells of one that nobody reaches, so that no
-- client waits for what is not enforced.

local quota = {}
quota.__index = quota

local WINDOW_MS = 1000
local TOLD = 1000000

--- Quotas.
-- @param rates nil, a number for every bucket, or { [bucket] = number }
function quota.new(rates)
  return setmetatable({ rates = rates, windows = {} }, quota)
end

local function enforced(self, bucket)
  if type(self.rates) == "table" then return self.rates[bucket] end
  return self.rates
end

--- Change the rates that are enforced (nil: none).
function quota:set(rates)
  self.rates = rates
end

local function used(self, bucket, now)
  local start = math.floor(now / WINDOW_MS)
  local window = self.windows[bucket]
  if not window or window.start ~= start then
    window = { start = start, count = 0 }
    self.windows[bucket] = window
  end
  window.count = window.count + 1
  return window.count
end

--- Count one request. Returns allowed, headers.
function quota:spend(bucket, now)
  bucket = bucket or "payment"
  local limit = enforced(self, bucket)
  local told = limit or TOLD
  local left = told - used(self, bucket, now)
  local least = limit and 0 or 1
  return not limit or left >= 0, {
    ["X-Ratelimit-Limit"] = string.format("%d, %d;w=1;name=\"account_%s\"", told, told, bucket),
    ["X-Ratelimit-Remaining"] = string.format("%d", math.max(left, least)),
    ["X-Ratelimit-Reset"] = "1",
  }
end

return quota
