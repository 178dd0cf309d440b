--- Time for the sandbox: a virtual clock that moves only when told, or the real one with an offset.
-- It never sleeps; whoever wants to wait moves the virtual clock or asks an engine for a timer.

local core = require "kassa.core"
local duration = require "kassa.duration"

local clock = {}
clock.__index = clock

-- 2024-01-01T12:00:00Z, the hour at which the reference's examples begin.
local START_MS = 1704110400000

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
function clock:advance(by)
  local ms, message = duration.ms(by)
  if not ms then return nil, message end
  self.offset_ms = self.offset_ms + ms
  return self:now()
end

--- Milliseconds of a duration (kassa.duration's forms), or nil and a sentence.
clock.duration = duration.ms

--- ISO 8601 in UTC with whole seconds, as in the reference's examples.
function clock.iso(ms)
  return (core.time.text(math.floor(ms / 1000) * 1000):gsub("%.000Z$", "Z"))
end

return clock
