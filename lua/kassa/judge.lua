-- Says what an answer means: success, or which error, whether the provider acted, and whether the
-- same request may be sent again. It looks at one attempt and knows nothing of earlier ones. What
-- is said here of an API's own errors is Klarna's; judge/<api>.lua says it of another.

local core = require "kassa.core"
local json = require "kassa.json"
local retry = require "kassa.retry"

local parse_head = core.headers.parse

local M = {}

local CODE_OF_STATUS = {
  [400] = "invalid", [401] = "unauthorized", [403] = "forbidden", [404] = "not_found",
  [409] = "conflict", [413] = "too_large", [429] = "rate_limited",
}

-- Trouble that passes (klarna.md 6.2): the same request, with the same key, may succeed later.
local PASSING = {
  [408] = true, [429] = true, [500] = true, [502] = true, [503] = true, [504] = true,
}
local LASTING = { SERVER_CONFIGURATION_ERROR = true }
local PASSING_WIRE = { timeout = true, connect = true, protocol = true }

local TEXT_MAX = 2048 -- what Klarna allows its longest text

-- A provider's text goes into logs: bounded, and never more than the one line it is part of.
local function text(value)
  if type(value) ~= "string" or value == "" then return nil end
  return (value:sub(1, TEXT_MAX):gsub("%c", " "))
end

-- Klarna counts list positions from 0 and Lua from 1.
local function lua_path(parameter)
  return (parameter:gsub("%[(%d+)%]", function(i) return "[" .. tonumber(i) + 1 .. "]" end))
end

local function faults_of(list)
  if type(list) ~= "table" then return nil end
  local faults = {}
  for _, item in ipairs(list) do
    if type(item) == "table" then
      faults[#faults + 1] = {
        path = lua_path(text(item.parameter) or ""),
        message = text(item.reason) or text(item.error_message) or "refused",
      }
    end
  end
  return faults[1] and faults or nil
end

-- Both envelopes of klarna.md 6.1: today's, and the older one whose error_messages are a list.
local function provider_of(body)
  local sent = json.decode(body)
  if type(sent) ~= "table" then return {} end
  local messages = sent.error_messages
  return {
    error_id = text(sent.error_id) or text(sent.correlation_id),
    error_type = text(sent.error_type), error_code = text(sent.error_code),
    error_message = text(sent.error_message)
      or (type(messages) == "table" and text(messages[1])) or nil,
    validation_errors = type(sent.validation_errors) == "table" and sent.validation_errors
      or type(sent.errors) == "table" and sent.errors or nil,
  }
end

local function message_of(status, provider)
  if provider.error_message then
    return (provider.error_code and provider.error_code .. ": " or "") .. provider.error_message
  end
  if status == 403 then return "refused without a reason (Klarna's protection against floods)" end
  if provider.error_code then return provider.error_code end
  return "the answer was no Klarna error (a gateway between?)"
end

-- Did the provider act? A read never acts. A refusal did not; trouble inside (5xx) leaves it open.
local function acted(plan, status)
  local open = status >= 500 or status == 408 -- a gateway gave up waiting
  return plan.acts and open and "unknown" or "no"
end

local function advice(plan, happened, passing)
  if passing and (plan.keyed or not plan.acts) then return "same_key" end
  if happened == "no" and passing then return "same_key" end
  return plan.keyed and happened == "no" and "new_key" or "never"
end

-- An HTTP answer that is no success.
local function refusal(plan, answer, clock)
  local status = answer.status
  local provider = provider_of(answer.body or "")
  local headers = parse_head(answer.head or "")
  local passing = PASSING[status] and not LASTING[provider.error_code] or false
  local happened = acted(plan, status)
  local code = CODE_OF_STATUS[status] or "api"
  local advised = (code == "unauthorized" or code == "too_large") and "never"
    or advice(plan, happened, passing)
  return {
    code = code, status = status, happened = happened, retry = advised,
    message = message_of(status, provider), provider = provider,
    faults = faults_of(provider.validation_errors),
    correlation_id = headers["klarna-correlation-id"] or headers["partner-correlation-id"]
      or provider.error_id,
    passing = passing and (plan.keyed or happened == "no"),
    told_s = passing and retry.told_s(headers, clock:time() / 1000) or nil,
  }
end

-- No usable answer: the wire broke, or the deadline came first.
local function broken(plan, answer)
  local unsent = answer.wire == "unsent"
  local happened = (unsent or not plan.acts) and "no" or "unknown"
  local passing = PASSING_WIRE[answer.code] or false
  return {
    code = answer.code, status = answer.status, message = answer.message, happened = happened,
    retry = advice(plan, happened, passing or happened == "unknown" or answer.code == "deadline"),
    passing = passing and (plan.keyed or happened == "no"),
  }
end

-- A success that cannot be read: the provider acted, probably, and the same key tells it again.
local function unreadable(plan, answer, why)
  local happened = plan.acts and "unknown" or "no"
  return {
    code = "protocol", status = answer.status, message = "the answer is not as agreed: " .. why,
    happened = happened, retry = advice(plan, happened, true),
    passing = plan.keyed or not plan.acts,
  }
end

local function read(plan, answer)
  local body = answer.body
  if body == "" and (answer.status == 204 or not plan.row.reply or plan.row.bare) then
    return {}
  end
  local value, why = json.decode(body)
  if type(value) == "table" and value[1] == nil and getmetatable(value) == nil then return value end
  return nil, unreadable(plan, answer, why or "it is no object")
end

--- Judge one answer of the engine. clock: what tells the time of day, clock:time() -> ms.
-- -> the decoded table; or nil and the error's fields, with `passing` (the same request may be
-- sent again) and `told_s` (the server's own waiting time) beside them
function M.judge(plan, answer, clock)
  local status = answer.status
  if answer.code then return nil, broken(plan, answer) end
  if status >= 200 and status < 300 then return (plan.read or read)(plan, answer, clock) end
  return nil, (plan.refusal or refusal)(plan, answer, clock)
end

-- For the judges of other APIs.
M.text, M.lua_path, M.acted, M.advice = text, lua_path, acted, advice
M.read, M.unreadable, M.PASSING = read, unreadable, PASSING

return M
