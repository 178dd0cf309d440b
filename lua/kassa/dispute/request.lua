-- The evidence request that a dispute is about: which of them it is, in what state, until when. It
-- judges nothing by itself: whether a request may be answered, the state machine in C says.

local core = require "kassa.core"
local json = require "kassa.json"

local null = json.null

local M = {}

local function table_at(value, field)
  local inner = type(value) == "table" and value[field]
  return type(inner) == "table" and inner or nil
end

local function text_at(value, field)
  local inner = type(value) == "table" and value[field]
  return type(inner) == "string" and inner or nil
end

local function ms_of(text)
  return text and core.time.ms(text) or nil
end

-- An entry of merchant_evidence. An answer that stands there was received, whatever the state says.
local function read(entry)
  local request, response = table_at(entry, "request"), table_at(entry, "response")
  local answered = response and next(response) ~= nil
  return {
    id = text_at(entry, "payment_dispute_merchant_evidence_id"),
    state = answered and "EVIDENCE_RECEIVED" or text_at(request, "state"),
    asked_at = text_at(request, "created_at"),
    comment = text_at(request, "comment"),
    answered_at = answered and text_at(response, "created_at") or nil,
  }
end

-- Is a the one to speak of, rather than b? An open one before others, then the newest; the order of
-- the list decides when no time tells.
local function comes_before(a, b, open)
  if not b then return true end
  if (a.state == open) ~= (b.state == open) then return a.state == open end
  local a_ms, b_ms = ms_of(a.asked_at), ms_of(b.asked_at)
  return not a_ms or not b_ms or a_ms >= b_ms
end

--- The evidence request that a dispute is about, as far as the object tells.
-- -> { id, state, asked_at, comment, answered_at, number (of requests so far), type, deadline,
-- deadline_ms }, each nil when it is not known; times are texts
function M.of(dispute)
  local list, found = table_at(dispute, "merchant_evidence") or {}, nil
  for i = 1, #list do
    local one = read(list[i])
    if comes_before(one, found, "EVIDENCE_REQUESTED") then found = one end
  end
  found = found or {}
  found.number = #list
  local context = table_at(dispute, "state_context")
  found.type = text_at(context, "evidence_request_type") or text_at(dispute, "dispute_reason")
  found.deadline = text_at(context, "evidence_response_deadline_at")
  found.deadline_ms = ms_of(found.deadline)
  return found
end

--- How many requests Klarna makes at most in this dispute, or nil.
function M.limit(dispute)
  local config = table_at(dispute, "config")
  local limit = config and config.total_merchant_evidence_requests
  return limit ~= null and limit or nil
end

return M
