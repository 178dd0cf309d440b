-- Says what Cybersource's answers mean (cybersource.md 5, 6, 10). There, a 201 may bring a refusal,
-- and so the status inside decides; the processor's code explains and never decides.

local api_of = require "kassa.api"
local core = require "kassa.core"
local json = require "kassa.json"
local judge = require "kassa.judge"
local retry = require "kassa.retry"

local parse_head = core.headers.parse
local text = judge.text

local M = {}

local CODE_OF_STATUS = {
  [400] = "invalid", [401] = "unauthorized", [403] = "forbidden", [404] = "not_found",
  [409] = "conflict", [413] = "too_large", [429] = "rate_limited",
}

-- Statuses that are no state of anything: an error, whatever HTTP says.
local HTTP_OF_STATUS = { INVALID_REQUEST = 400, SERVER_ERROR = 502 }

local SKEW_S = 60 -- a clock that is further off is worth a word

local function table_or_empty(value)
  return type(value) == "table" and value or {}
end

local function list_or_nil(value)
  return type(value) == "table" and value[1] ~= nil and value or nil
end

-- What the processor's code says, for people, or nil.
local function class_of(plan, code)
  local responses = code and api_of.find(plan.api, plan.api.responses)
  local response = responses and responses[code]
  return response and response.class
end

-- What was sent about a failure, under the names that Klarna's errors have too.
local function provider_of(plan, sent)
  local processor = table_or_empty(sent.processorInformation)
  local information = table_or_empty(sent.errorInformation)
  local code = text(processor.responseCode)
  return {
    error_id = text(sent.id), error_type = text(sent.status),
    error_code = text(sent.reason) or text(information.reason),
    error_message = text(sent.message) or text(information.message)
      or text(table_or_empty(sent.response).rmsg),
    validation_errors = list_or_nil(sent.details) or list_or_nil(information.details),
    response_code = code, response_class = class_of(plan, code),
  }
end

local function faults_of(details)
  local faults = {}
  for _, item in ipairs(details or {}) do
    if type(item) == "table" then
      faults[#faults + 1] = {
        path = judge.lua_path(text(item.field) or ""), message = text(item.reason) or "refused",
      }
    end
  end
  return faults[1] and faults or nil
end

-- Which error a status is, and of a 400 the reason; nil for what is not listed.
local function code_of(plan, status, reason)
  if status ~= 400 or not reason then return CODE_OF_STATUS[status] end
  for _, listed in ipairs(api_of.find(plan.api, plan.api.errors)) do
    if listed.error_code == reason then return listed.code end
  end
  return CODE_OF_STATUS[status]
end

-- Does a refusal name the field?
local function names(provider, field)
  for _, item in ipairs(provider.validation_errors or {}) do
    local path = type(item) == "table" and text(item.field)
    if path and path:find(field .. "$") then return true end
  end
  return false
end

-- What a refusal says of an attempt whose name its caller may have used before: that the first one
-- got through ("yes"), or may have ("unknown"), or that its code was used before ("code"); nil when
-- it says nothing of the kind.
local function told_of_first(plan, code, provider)
  if not plan.key_at then return nil end
  local reason = provider.error_code
  if names(provider, "transactionId") then return "yes" end
  if reason == "DUPLICATE_REQUEST" then
    return names(provider, "%.code") and "unknown" or "code" -- another's perhaps
  end
  return (code == "illegal_state" or code == "exceeds_amount") and "unknown" or nil
end

local function join(...)
  local parts = {}
  for i = 1, select("#", ...) do parts[#parts + 1] = (select(i, ...)) end
  return table.concat(parts, ": ")
end

-- A signature is refused when the clocks differ: how far, if it is far.
local function clock_words(headers, now_s)
  local theirs = headers.date and core.headers.http_date(headers.date, now_s)
  local away = theirs and now_s - theirs or 0
  if math.abs(away) < SKEW_S then return "" end
  return (", this machine's clock is %.0f s %s"):format(math.abs(away),
    away > 0 and "ahead" or "behind")
end

local function message_of(status, provider, headers, now_s)
  local said = join(provider.error_code, provider.error_message)
  if status == 401 then
    return (said ~= "" and said or "refused") .. " (the key, its id, merchant_id, or the time"
      .. clock_words(headers, now_s) .. ")"
  end
  if said ~= "" then return said end
  return "the answer was no error of Cybersource (a gateway between?)"
end

-- Trouble passes for who only asks. What acts and has left is not sent again by kassa.
local function passes(plan, status, happened)
  if not judge.PASSING[status] then return false end
  return not plan.acts or happened == "no" and not plan.key_at
end

local function advice(plan, code, happened, status)
  if code == "unauthorized" or code == "too_large" then return "never" end
  local advised = judge.advice(plan, happened, judge.PASSING[status] or false)
  if advised == "never" and plan.key_at and happened == "no" then return "new_key" end
  return advised
end

-- An answer that is no success. sent: its body, decoded.
local function refused(plan, answer, sent, status, clock)
  local provider, headers = provider_of(plan, sent), parse_head(answer.head or "")
  local code = code_of(plan, status, provider.error_code) or "api"
  local happened = judge.acted(plan, status)
  if plan.acts and code == "api" then happened = "unknown" end
  local passing, now_s = passes(plan, status, happened), clock:time() / 1000
  return {
    code = code, status = answer.status, happened = happened,
    retry = advice(plan, code, happened, status),
    message = message_of(status, provider, headers, now_s), provider = provider,
    faults = faults_of(provider.validation_errors),
    correlation_id = headers["v-c-correlation-id"], passing = passing,
    told_s = judge.PASSING[status] and retry.told_s(headers, now_s) or nil,
    if_named = told_of_first(plan, code, provider),
  }
end

--- An HTTP answer that is no success (kassa.judge).
function M.refusal(plan, answer, clock)
  local sent = json.decode(answer.body or "")
  return refused(plan, answer, table_or_empty(sent), answer.status, clock)
end

local function is_refused(plan, status)
  for _, refusal in ipairs(api_of.find(plan.api, plan.api.refused)) do
    if refusal == status then return true end
  end
  return false
end

-- Klarna refused, or could not: final for this request, and nothing moved.
local function declined(plan, answer, sent)
  local provider = provider_of(plan, sent)
  local why = provider.response_class
    or provider.response_code and "code " .. provider.response_code
  return {
    code = "declined", status = answer.status, happened = "no", retry = "new_key",
    message = join(sent.status, why, provider.error_code, provider.error_message),
    provider = provider, faults = faults_of(provider.validation_errors), passing = false,
    correlation_id = parse_head(answer.head or "")["v-c-correlation-id"],
    refused = { value = sent, answer = answer },
  }
end

--- An answer of 2xx (kassa.judge): the object, unless what was to be done was refused.
function M.read(plan, answer, clock)
  local sent, failed = judge.read(plan, answer)
  local about_one = plan.acts or plan.row.asks and plan.kind -- and so it has a status
  if not sent or not about_one then return sent, failed end
  local status = sent.status
  if type(status) ~= "string" then
    return nil, judge.unreadable(plan, answer, "it has no status")
  end
  if plan.acts and is_refused(plan, status) then return nil, declined(plan, answer, sent) end
  local http = HTTP_OF_STATUS[status]
  if http then return nil, refused(plan, answer, sent, http, clock) end
  return sent
end

return M
