--- How long something takes, written as people write it: "7d", "90m", "1d12h", or seconds.
-- It knows no clock and no calendar: a day has 24 hours, and there are no months.

local M = {}

local DAY_MS = 86400000
local UNIT_MS = { ms = 1, s = 1000, m = 60000, h = 3600000, d = DAY_MS, w = 7 * DAY_MS }
local MAX_MS = 100 * 366 * DAY_MS
local DIGITS_MAX = 12

local function of_seconds(seconds)
  return seconds >= 0 and seconds * 1000 <= MAX_MS and math.floor(seconds * 1000 + 0.5) or nil
end

local function of_text(text)
  local total, rest = 0, text
  while rest ~= "" do
    local count, unit, after = rest:match "^(%d+)(%a+)(.*)$"
    if not count or not UNIT_MS[unit] or #count > DIGITS_MAX then return nil end
    total = total + tonumber(count) * UNIT_MS[unit]
    rest = after
  end
  return text ~= "" and total <= MAX_MS and total or nil
end

--- Milliseconds of "7d", "90m", "30s", "12h", "250ms", "2w", "1d12h", or of a number of seconds, as
-- number or text. At most 100 years.
-- -> milliseconds | nil and a sentence for anything else
function M.ms(value)
  local ms
  if type(value) == "number" then
    ms = of_seconds(value)
  elseif type(value) == "string" then
    local seconds = tonumber(value)
    if seconds then ms = of_seconds(seconds) else ms = of_text(value) end
  end
  if ms then return ms end
  return nil, "a duration is a number of seconds or a text like \"7d\", \"90m\", \"30s\", not "
    .. tostring(value)
end

local NAMES = {
  { "day", DAY_MS }, { "hour", UNIT_MS.h }, { "minute", UNIT_MS.m }, { "second", UNIT_MS.s },
}

local function counted(count, name)
  return ("%d %s%s"):format(count, name, count == 1 and "" or "s")
end

--- A duration in words, its two largest units: "6 days 4 hours", "90 seconds" is "1 minute 30
-- seconds", and less than a second "less than a second". ms: 0 or more, cut to whole seconds.
function M.words(ms)
  local shown = {}
  for i, unit in ipairs(NAMES) do
    local count = math.floor(ms / unit[2])
    if count > 0 then
      shown[1] = counted(count, unit[1])
      local next_unit = NAMES[i + 1]
      local rest = next_unit and math.floor((ms - count * unit[2]) / next_unit[2]) or 0
      if rest > 0 then shown[2] = counted(rest, next_unit[1]) end
      return table.concat(shown, " ")
    end
  end
  return "less than a second"
end

return M
