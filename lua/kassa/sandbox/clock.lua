--- Time for the sandbox: a virtual clock that moves only when told, or the real one with an offset.
-- It never sleeps; whoever wants to wait moves the virtual clock or asks an engine for a timer.

local clock = {}
clock.__index = clock

-- 2024-01-01T12:00:00Z, the hour at which the reference's examples begin.
local START_MS = 1704110400000
local DAY_MS = 86400000
local UNIT_MS = { ms = 1, s = 1000, m = 60000, h = 3600000, d = DAY_MS, w = 7 * DAY_MS }
local DURATION_MAX_MS = 100 * 366 * DAY_MS

local function system_ms()
  return os.time() * 1000
end

--- A clock.
-- @param options { kind = "virtual" (default) or "real", start_ms = epoch of a virtual one,
--   source = function -> epoch milliseconds for a real one (os.time by default) }
function clock.new(options)
  options = options or {}
  local kind = options.kind or "virtual"
  if kind ~= "virtual" and kind ~= "real" then
    error("clock must be \"virtual\" or \"real\", not " .. tostring(kind), 2)
  end
  return setmetatable({
    kind = kind,
    base_ms = options.start_ms or START_MS,
    offset_ms = 0,
    source = options.source or system_ms,
  }, clock)
end

--- Milliseconds since 1970.
function clock:now()
  local base = self.kind == "real" and self.source() or self.base_ms
  return base + self.offset_ms
end

--- Move forward by a duration (clock.duration's forms). Returns the new time, or nil and why not.
function clock:advance(duration)
  local ms, message = clock.duration(duration)
  if not ms then return nil, message end
  self.offset_ms = self.offset_ms + ms
  return self:now()
end

local function text_duration(text)
  local total, rest = 0, text
  while rest ~= "" do
    local count, unit, after = rest:match("^(%d+)(%a+)(.*)$")
    if not count or not UNIT_MS[unit] or #count > 12 then return nil end
    total = total + tonumber(count) * UNIT_MS[unit]
    rest = after
  end
  return text ~= "" and total or nil
end

--- Milliseconds of "7d", "90m", "30s", "12h", "250ms", "1d12h", or of a number of seconds.
-- Returns nil and a sentence for anything else.
function clock.duration(value)
  local ms
  if type(value) == "number" then
    ms = value >= 0 and value * 1000 <= DURATION_MAX_MS and math.floor(value * 1000 + 0.5) or nil
  elseif type(value) == "string" then
    ms = tonumber(value) and clock.duration(tonumber(value)) or text_duration(value)
  end
  if not ms or ms > DURATION_MAX_MS then
    return nil, "a duration is a number of seconds or a text like \"7d\", \"90m\", \"30s\", not "
      .. tostring(value)
  end
  return ms
end

-- Year, month and day of a day number counted from 1970-01-01 (proleptic Gregorian calendar).
local function civil(day)
  local z = day + 719468
  local era = math.floor(z / 146097)
  local doe = z - era * 146097
  local yoe = math.floor((doe - math.floor(doe / 1460) + math.floor(doe / 36524)
    - math.floor(doe / 146096)) / 365)
  local doy = doe - (365 * yoe + math.floor(yoe / 4) - math.floor(yoe / 100))
  local mp = math.floor((5 * doy + 2) / 153)
  local month = mp < 10 and mp + 3 or mp - 9
  local year = yoe + era * 400 + (month <= 2 and 1 or 0)
  return year, month, doy - math.floor((153 * mp + 2) / 5) + 1
end

--- ISO 8601 in UTC with whole seconds, as in the reference's examples.
function clock.iso(ms)
  local seconds = math.floor(ms / 1000)
  local day = math.floor(seconds / 86400)
  local left = seconds - day * 86400
  local year, month, date = civil(day)
  return string.format("%04d-%02d-%02dT%02d:%02d:%02dZ", year, month, date,
    math.floor(left / 3600), math.floor(left / 60) % 60, left % 60)
end

return clock
