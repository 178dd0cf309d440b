-- One answer to each evidence request: remembers, for a client, which requests were answered, and
-- refuses a second answer, a late one and one that nobody asked for before a byte leaves. What it
-- does not know it lets pass, since Klarna decides too.

local core = require "kassa.core"
local duration = require "kassa.duration"
local endpoint = require "kassa.endpoint"
local intent = require "kassa.intent"
local json = require "kassa.json"
local request_of = require("kassa.dispute.request").of

local M = {}

local RESPOND, ACCEPT_LOSS = "payment_dispute.respond", "payment_dispute.accept_loss"
local PENDING = "MERCHANT_EVIDENCE_PENDING"

-- So many disputes are remembered; the oldest is forgotten first.
M.DISPUTES_MAX = 4096

-- An answer that has not come back after so long was given up by its task, and counts no more.
M.FLIGHT_MAX_MS = 600000

local READ_IT = "Read the dispute again: if Klarna asks once more, that can be answered"

local REPEAT_IT = "Repeat that one unchanged, or read the dispute first: it tells whether it did"

-- memory ------------------------------------------------------------------------------------------

local function memory_of(client)
  local memory = client.dispute_memory
  if not memory then
    memory = { by_id = {}, ids = {}, first = 1, last = 0 }
    client.dispute_memory = memory
  end
  return memory
end

local function forget_oldest(memory)
  if memory.last - memory.first < M.DISPUTES_MAX then return end
  memory.by_id[memory.ids[memory.first]] = nil
  memory.ids[memory.first] = nil
  memory.first = memory.first + 1
end

-- What is remembered of a dispute: `known`, the request last seen or answered; `answered`, { ms,
-- id } by the name of a request; `open`, an answer whose outcome nobody knows, of which so many as
-- `flying` says are on their way; `lost_ms`.
local function entry_of(client, id)
  local memory = memory_of(client)
  local entry = memory.by_id[id]
  if not entry then
    entry = { answered = {}, refusals = {} }
    memory.last = memory.last + 1
    memory.ids[memory.last], memory.by_id[id] = id, entry
    forget_oldest(memory)
  end
  return entry
end

local function remembered(client, id)
  local memory = client.dispute_memory
  return memory and memory.by_id[id] or nil
end

-- A request is known by its id; without one, by its deadline, since every request has its own.
local function name_of(request)
  return request and (request.id or request.deadline) or ""
end

-- Where nothing tells two requests apart, they are the same: a doubt about one is about both.
local function is_same(a, b)
  if a.id and b.id then return a.id == b.id end
  return not a.deadline or not b.deadline or a.deadline == b.deadline
end

-- When this client answered a request, or nil. One whose id was not known then is found by its
-- deadline.
local function answered_ms(entry, request)
  local told = entry.answered[name_of(request)]
  if told then return told.ms end
  told = request.deadline and entry.answered[request.deadline]
  return told and not told.id and told.ms or nil
end

local function is_flying(open, now_ms)
  return open.flying > 0 and now_ms - open.ms < M.FLIGHT_MAX_MS
end

-- words -------------------------------------------------------------------------------------------

--- The time of the client's clock, milliseconds since 1970.
function M.now_ms(client)
  local clock = client.settings.clock
  local ms = clock and clock()
  return type(ms) == "number" and ms or client.engine:time()
end

local function ago(ms, now_ms)
  return duration.words(math.max(0, now_ms - ms)) .. " ago"
end

-- "at 2024-01-05T09:00:00Z, 3 days 2 hours ago"
local function at_time(text, now_ms)
  local ms = core.time.ms(text)
  return "at " .. text .. (ms and ", " .. ago(ms, now_ms) or "")
end

local function named(request)
  return request.id and "evidence request " .. request.id or "the evidence request"
end

local function refusal(message)
  return { code = "illegal_state", message = message .. ". " .. READ_IT, hint = READ_IT }
end

local function answered(request, when)
  return refusal(("%s was answered %s; each request takes one answer"):format(
    named(request), when))
end

local CLOSED = {
  EVIDENCE_REQUEST_EXPIRED = "has expired",
  EVIDENCE_WAIVED = "is closed, since the loss was accepted",
}

-- What became of the last request, for a dispute that asks for nothing now.
local function history(request, now_ms)
  if request.answered_at then
    return ("; %s was answered %s"):format(named(request), at_time(request.answered_at, now_ms))
  end
  local closed = CLOSED[request.state]
  return closed and ("; %s %s"):format(named(request), closed) or ""
end

-- judgement ---------------------------------------------------------------------------------------

local machines = setmetatable({}, { __mode = "k" })

-- The states of an evidence request, with the one operation that is done to it.
local function machine_of(api)
  if not machines[api] then
    local made = require("kassa.api").find(api, "machines").merchant_evidence
    machines[api] = core.machine.new {
      name = "merchant_evidence", states = made.states, edges = made.edges,
      operations = { [RESPOND] = { "EVIDENCE_REQUESTED" } },
    }
  end
  return machines[api]
end

local function check_state(plan, state, request, now_ms)
  if type(state) ~= "string" or plan.machine:legal(RESPOND, state) then return nil end
  return refusal(("Klarna asks for nothing: the dispute is %s, an answer needs %s%s"):format(
    state, PENDING, history(request, now_ms)))
end

local function check_request(plan, request, now_ms)
  if not request.state or machine_of(plan.api):legal(RESPOND, request.state) then return nil end
  if request.answered_at then return answered(request, at_time(request.answered_at, now_ms)) end
  local closed = CLOSED[request.state] or "is " .. request.state
  return refusal(("%s %s"):format(named(request), closed))
end

local function check_deadline(request, now_ms)
  local deadline_ms = request.deadline_ms
  if not deadline_ms or now_ms <= deadline_ms then return nil end
  local text = "the deadline of %s, %s, passed %s (it is %s by this machine's clock)"
  return refusal(text:format(named(request), request.deadline, ago(deadline_ms, now_ms),
    core.time.text(math.floor(now_ms))))
end

-- The body as bytes that are equal for equal bodies; nil for one that the writer will refuse.
local function digest_of(body)
  local ok, bytes = pcall(json.encode, body or {})
  return ok and bytes and core.sign.sha256(bytes) or nil
end

local function check_memory(entry, request, body, now_ms)
  local ms = answered_ms(entry, request)
  if ms then return answered(request, ago(ms, now_ms) .. " by this client") end
  if entry.lost_ms then
    return refusal("the loss was accepted " .. ago(entry.lost_ms, now_ms) .. " by this client")
  end
  local open = entry.open
  if not open or body == nil or not is_same(open.request, request)
    or open.digest == digest_of(body) then
    return nil
  end
  return {
    code = "intent_mismatch", retry = "never",
    message = ("another answer to %s was sent %s, and nobody knows whether it arrived. %s"):format(
      named(request), ago(open.ms, now_ms), REPEAT_IT),
    hint = REPEAT_IT,
  }
end

-- Klarna takes one answer to a request, and an empty one would be it.
local function check_content(body)
  if body ~= nil and (type(body) ~= "table" or next(body) ~= nil) then return nil end
  return { code = "invalid", faults = { {
    path = "", message = "an answer that says nothing would use up the one that Klarna takes",
    hint = "give details, attachments or additional_information; dispute:missing() tells which",
  } } }
end

-- The id of a dispute as it stands in a path, whoever names it.
local function id_of(object, id)
  return id or endpoint.segment(object.payment_dispute_id)
end

-- The functions below are what kassa.kit asks and tells.

--- May this be done? object: the dispute, or nil for a call by id; state: what the caller knows it
-- to be in, which makes what the object tells of its requests old when it is another.
-- -> nil when it may; else the fields of an error
function M.refuse(plan, object, _, body, client, id, state)
  if plan.row.name ~= RESPOND then return nil end
  local asked = id ~= nil -- a call; object:can "respond" knows no answer yet
  id = id_of(object, id)
  local now_ms, entry = M.now_ms(client), id and remembered(client, id)
  local request = object and request_of(object) or entry and entry.known or {}
  local refused = check_state(plan, state or object and object.state, request, now_ms)
  if refused or state and object and state ~= object.state then return refused end
  return check_request(plan, request, now_ms)
    or entry and check_memory(entry, request, body, now_ms)
    or check_deadline(request, now_ms) or asked and check_content(body) or nil
end

--- A dispute was read: what Klarna asks now may be answered, and a doubt about it is over, unless
-- an answer is on its way, which the one who wrote what was read may not have seen.
function M.seen(dispute, client)
  if type(dispute) ~= "table" then return end -- a server may put anything into a list
  local id, asks = id_of(dispute), dispute.state == PENDING
  local entry = id and (remembered(client, id) or asks and entry_of(client, id))
  if not entry then return end
  entry.known = request_of(dispute)
  if entry.open and not is_flying(entry.open, M.now_ms(client)) then entry.open = nil end
  if not asks then return end
  entry.lost_ms = nil
  if name_of(entry.known) == "" then entry.answered[""] = nil end
end

-- The same for the same answer to the same request, also in another process; another for other
-- words, and after a refusal, since Klarna may repeat a refusal for its key.
local function new_key(client, plan, entry, request, id, digest)
  if not digest or not request.id then return intent.fresh_key() end
  return intent.key(client.settings.account or "", plan.row.name, id,
    ("%s/%s/%d"):format(request.id, digest, entry.refusals[request.id] or 0))
end

--- An answer is about to leave: until it is settled, only the same one may be sent.
-- -> its idempotency key, unless the caller gives one; nil for what is no answer
function M.key(plan, object, _, body, client, id)
  if plan.row.name ~= RESPOND then return nil end
  local entry, digest = entry_of(client, id), digest_of(body)
  local request = object and request_of(object) or entry.known or {}
  local open = entry.open
  if not open or not is_same(open.request, request) or open.digest ~= digest then
    open = { request = request, digest = digest, flying = 0,
      key = new_key(client, plan, entry, request, id, digest) }
    entry.open = open
  end
  open.flying, open.ms = open.flying + 1, M.now_ms(client)
  return open.key
end

local function note_answer(entry, request, now_ms)
  entry.open, entry.known = nil, request
  local told = { ms = now_ms, id = request.id }
  entry.answered[name_of(request)] = told
  if request.deadline then entry.answered[request.deadline] = told end
end

-- A refusal with a status may be kept by Klarna, under its key. It says nothing about an earlier
-- answer of which nobody knows, nor about the same one that another task has sent.
local function note_refusal(entry, name, err)
  local open = entry.open
  if err.status and err.status ~= 429 then
    entry.refusals[name] = (entry.refusals[name] or 0) + 1
  end
  if not open then return end
  if not open.unknown and open.flying == 0 then
    entry.open = nil
  elseif err.status == 409 then
    err.happened, err.retry = "unknown", "never"
    err.message = err.message .. " (an earlier answer may have arrived: read the dispute)"
  end
end

local function settle_answer(entry, object, err, now_ms)
  local request, open = object and request_of(object) or entry.known or {}, entry.open
  if open then open.flying = math.max(0, open.flying - 1) end
  if not err then return note_answer(entry, request, now_ms) end
  if err.happened == "no" then return note_refusal(entry, name_of(request), err) end
  if not open then return end
  open.unknown, open.key = true, err.idempotency_key or open.key
end

--- A call ended, well (err is nil) or with an error.
function M.settle(plan, object, _, _, client, id, _, err)
  if plan.row.name == RESPOND then
    settle_answer(entry_of(client, id), object, err, M.now_ms(client))
  elseif plan.row.name == ACCEPT_LOSS and not err then
    entry_of(client, id).lost_ms = M.now_ms(client)
  end
end

return M
