-- The error that every failed call returns as its second result: a table that reads as one line.
-- It carries no secret and no personal data, so that it may be logged whole.

local core = require "kassa.core"

local known = core.errors.by_code

local failure = {}
failure.__name = "kassa.error"

-- What belongs to an error and is not to be logged with it: by error, a table of names.
local behind = setmetatable({}, { __mode = "k" })

local methods = {}

-- The object that an error is about is asked for by name and is no field: it may hold a token.
function failure.__index(err, name)
  if name == "object" then return behind[err] and behind[err].object end
  return methods[name]
end

local FAULTS_SHOWN = 3
local MESSAGE_MAX = 500

-- Provider texts go into a log line: no control characters, and never cut inside a UTF-8 sequence.
local function tidy(text)
  text = tostring(text):gsub("%c+", " ")
  if #text <= MESSAGE_MAX then return text end
  local cut = MESSAGE_MAX
  while cut > 0 and text:byte(cut + 1) >= 0x80 and text:byte(cut + 1) < 0xC0 do cut = cut - 1 end
  return text:sub(1, cut) .. "..."
end

local function fault_text(fault)
  local text = fault.path ~= "" and fault.path .. ": " .. fault.message or fault.message
  if fault.hint then text = text .. " (" .. fault.hint .. ")" end
  return text
end

local function faults_text(faults)
  local shown = {}
  for i = 1, math.min(#faults, FAULTS_SHOWN) do shown[i] = fault_text(faults[i]) end
  local text = table.concat(shown, "; ")
  if #faults > FAULTS_SHOWN then text = text .. "; and " .. #faults - FAULTS_SHOWN .. " more" end
  return text
end

--- One readable line: operation, code, what was wrong, whether the provider acted, how to repeat.
function failure:__tostring()
  local parts = { self.operation or "kassa", ": ", self.code, ": ", self.message }
  if self.status then parts[#parts + 1] = " [HTTP " .. self.status .. "]" end
  parts[#parts + 1] = (" (happened: %s, retry: %s"):format(self.happened, self.retry)
  if self.retry == "same_key" and self.idempotency_key then
    parts[#parts + 1] = ", idempotency_key: " .. self.idempotency_key
  end
  if self.correlation_id then parts[#parts + 1] = ", correlation: " .. self.correlation_id end
  if self.happened == "unknown" and behind[self] and behind[self].sent then
    parts[#parts + 1] = ", err:resolve() finds out"
  end
  parts[#parts + 1] = ")"
  return table.concat(parts)
end

--- Find out what happened, where this error does not know (happened is "unknown"): asks the
-- provider by what was sent. It never does a second time what may have been done. Raises when it is
-- called with a dot. options: deadline_s, to ask again until it is known or the time is over.
-- -> the object it was about or became, true where there is none to show; or false and why: it did
-- not happen; or nil and an error: still unknown. Source: klarna.md 1.10, cybersource.md 10
function methods:resolve(options)
  if getmetatable(self) ~= failure then
    error("err:resolve: call it with a colon, not with a dot", 2)
  end
  local found, why = require("kassa.resolve").resolve(self, behind[self] or {}, options)
  return found, why
end

function failure.__concat(a, b) return tostring(a) .. tostring(b) end

local M = {}

--- Make an error of a code from the closed list in csrc/core/error.def. The fields become its own;
-- `happened` and `retry` come from the list unless given, and `message` from the faults.
function M.new(code, fields)
  local row = known[code] or error("kassa: unknown error code " .. tostring(code), 2)
  local err = fields or {}
  err.code = code
  err.happened = err.happened or row.happened
  err.retry = err.retry or row.retry
  local faults = err.faults and faults_text(err.faults)
  local message = err.message and faults and err.message .. ": " .. faults
  err.message = tidy(message or err.message or faults or row.text)
  return setmetatable(err, failure)
end

--- Keep something with an error that no log shall show: `object`, which reads as err.object, or
-- what `resolve` needs. -> the error
function M.keep(err, name, value)
  local kept = behind[err]
  if not kept then
    kept = {}
    behind[err] = kept
  end
  kept[name] = value
  return err
end

--- Have fn(found, why) called once `resolve` knows, after those that wait for it already. -> the
-- error
function M.when_resolved(err, fn)
  local before = behind[err] and behind[err].on_resolved
  return M.keep(err, "on_resolved", before and function(...)
    before(...)
    fn(...)
  end or fn)
end

--- Let an error keep what another one keeps. -> the error
function M.inherit(err, other)
  behind[err] = behind[other]
  return err
end

--- Is this value an error made here?
function M.is(value)
  return getmetatable(value) == failure
end

return M
