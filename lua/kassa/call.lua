-- One call from intent to answer, station by station: guard, write, key, headers, attempts,
-- judgement, object. It knows no operation by name: what differs between operations is in the plan
-- that the client made of the row.

local error_value = require "kassa.error"
local guard = require "kassa.guard"
local intent = require "kassa.intent"
local json = require "kassa.json"
local judge = require "kassa.judge"
local log = require "kassa.log"
local object = require "kassa.object"
local retry = require "kassa.retry"

local ceil = math.ceil
local fail = error_value.new
local NO_OPTIONS = {}
local NOTHING_SENT = { wire = "unsent" }
local BODIES_KEPT = 32 -- of a client, for its next calls
local BODY_KEPT_MAX = 64 * 1024

local M = {}

-- Every error of a call says where it happened.
local function name(err, plan, request)
  err.operation, err.method, err.route = plan.row.name, plan.method, plan.route
  err.attempts = request and request.attempts or 0
  if request then
    err.idempotency_key = request.key
    err.correlation_id = err.correlation_id or request.correlation_id
  end
  return err
end

--- Nothing and the error of these fields, with the operation's name. request: nil when none was
-- sent.
local function refuse(plan, fields, request)
  local code = fields.code
  fields.retry_after_s = fields.told_s
  fields.code, fields.passing, fields.told_s, fields.if_named = nil, nil, nil, nil
  return nil, fail(code, name(fields, plan, request))
end

-- Station 2. Only an object carries a state; a call by id may say which one it expects. What was
-- tried before may be what changed the state: a journal knows that, else a name may mean it.
local function check_guard(plan, subject, info, body, options)
  local entry = options.entry
  if entry and entry.tried then return nil end
  if info then
    local refusal = guard.refuse(plan, subject, info, body, options.expect)
    local named = not entry and (options.intent or options.idempotency_key)
    if refusal and named and guard.may_have_acted(plan, subject, info) then return nil end
    return refusal
  end
  if options.expect then return guard.refuse(plan, NO_OPTIONS, {}, body, options.expect) end
  local source = plan.source and options[plan.source.kind]
  if source then return guard.refuse_source(plan, source) end
end

-- An object that holds no confirmation token yet, although its state allows the call; or one that
-- was sent without its own id.
local function unknown_id(plan, subject)
  return {
    code = "illegal_state", state = subject[plan.state_field],
    message = ("this %s holds no %s: %s"):format(plan.kind:gsub("_", " "), plan.id_name,
      plan.takes_own_id and "call by id" or "refresh() it, or give the token"),
  }
end

--- Shall what breaks a rule be refused? The call's own word, or the client's.
local function strict_of(client, options)
  local strict = options and options.strict
  if strict == nil then return client.settings.strict end
  return strict
end

-- Station 3. The body becomes bytes here and now: changing the table later changes nothing sent.
-- They go where those of an earlier call were.
local function write(client, plan, body, options)
  local strict, sums, bodies = strict_of(client, options), options.sums, client.bodies
  if sums == nil then sums = client.settings.sums end
  local last = #bodies
  local spare = bodies[last]
  bodies[last] = nil
  return plan.writer:fill(body == nil and {} or body, strict, sums, spare)
end

-- The call is over: its bytes may be overwritten by the next one. A large body is not kept, nor a
-- form.
local function keep(bodies, bytes)
  if type(bytes) ~= "userdata" or #bytes > BODY_KEPT_MAX or #bodies >= BODIES_KEPT then return end
  bodies[#bodies + 1] = bytes
end

--- Options with the key that a call has, if its caller names none.
local function with_key(options, key)
  local all = {}
  for option, value in pairs(options or NO_OPTIONS) do all[option] = value end
  all.derived_key = key
  return all
end

-- Station 4. A named intent has one key for ever; an unnamed call gets one of its own, kept over
-- all attempts.
local function key_of(client, plan, id, options)
  if options.entry then return options.entry.key end
  if options.idempotency_key then return options.idempotency_key end
  if not options.intent then return options.derived_key or intent.fresh_key() end
  local holder = plan.row.arguments and options[plan.row.arguments[1]] -- of a charge: the token
  return intent.key(client.settings.account or "", plan.row.name, id or holder or "",
    options.intent)
end

-- Station 5.
local function headers_of(plan, request, options)
  local headers, n = {}, 0
  if plan.content_type then n = n + 1; headers[n] = plan.content_type end
  local key, name_of_key = request.key, plan.key_header
  if key and name_of_key then n = n + 1; headers[n] = name_of_key .. key end
  if request.correlation_id then
    n = n + 1; headers[n] = "Partner-Correlation-Id: " .. request.correlation_id
  end
  if not plan.headers or options == NO_OPTIONS then return headers end
  for _, header in ipairs(plan.headers) do
    local value = options[header.option]
    if value then n = n + 1; headers[n] = header.name .. ": " .. value end
  end
  return headers
end

-- The call's own limits, where it gives any.
local function limits_of(settings, options)
  return options.retries and 1 + options.retries or settings.tries,
    options.timeout_s and ceil(1000 * options.timeout_s) or settings.timeout_ms,
    options.deadline_s and 1000 * options.deadline_s or settings.deadline_ms
end

local function prepare(client, plan, id, body, bytes, options)
  local settings = client.settings
  local tries, timeout_ms, time_ms = settings.tries, settings.timeout_ms, settings.deadline_ms
  if options ~= NO_OPTIONS then tries, timeout_ms, time_ms = limits_of(settings, options) end
  local request = {
    plan = plan, value = body, body = bytes, attempts = 0,
    key = plan.keyed and key_of(client, plan, id, options) or options.derived_key,
    target = id and plan.before .. id .. plan.after or plan.before,
    correlation_id = options.correlation_id, tries = tries,
    name = not options.entry and (options.intent or options.idempotency_key) or nil,
    timeout_ms = timeout_ms, deadline_ms = client.engine:now() + time_ms,
    headers = nil,
  }
  request.headers = headers_of(plan, request, options)
  return request
end

-- What is signed is signed for every attempt, and a key that is a function is asked for each, so
-- that a rotated key takes effect at once. The time is that of the client's clock, by which a
-- sandbox whose clock is virtual goes too.
local function authorized(client, plan, request)
  local headers, why = client.authorize(plan.method, request.target, request.body, client.now())
  if not headers then return nil, { code = "unauthorized", happened = "no", message = why } end
  for _, header in ipairs(request.headers) do headers[#headers + 1] = header end
  return headers
end

local function deadline_over(client, request)
  return client.engine:now() >= request.deadline_ms
end

-- What never left, and why.
local function unsent(code, message)
  return { code = code, message = message, wire = "unsent" }
end

-- Station 6. A timeout at the end of the whole call's time is its deadline.
local function send(client, plan, request, headers)
  if client.closed then return unsent("canceled", "the client was closed") end
  local left = request.deadline_ms - client.engine:now()
  if left < 1 then return unsent("deadline", "the deadline was over before it was sent") end
  local form = plan.file and request.body
  local changed = form and request.attempts > 1 and form.changed()
  if changed then return unsent("invalid", changed) end
  local timeout = left < request.timeout_ms and ceil(left) or request.timeout_ms
  local id, why = client.channel:submit(plan.method, request.target, headers, request.body,
    timeout, plan.once)
  if not id then return unsent("invalid", why) end
  local answer = client.driver:await(id, client.runtime, form and form.on_progress)
  if answer.code == "timeout" and deadline_over(client, request) then answer.code = "deadline" end
  return answer
end

-- Station 10. What a listener raises must not decide over money: it is dropped.
local function tell(client, request, answer, value, failed)
  local listener = client.log
  local entry = log.entry(listener, request, request.attempts, answer, value, failed,
    client.engine:time())
  pcall(listener.write, entry)
end

-- A call waits until the rate limit has room for it (kassa.pace). -> the error's fields when that
-- is not before the deadline
local function wait_for_turn(client, plan, request)
  local refusal = client.pace:enter(plan, request)
  local waited = request.paced_ms
  if waited then request.paced_sum_ms = (request.paced_sum_ms or 0) + waited end
  if refusal and client.log then tell(client, request, NOTHING_SENT, nil, refusal) end
  return refusal
end

-- Stations 5 to 7, once.
local function attempt(client, plan, request)
  local paced = plan.bucket and client.pace
  local late = paced and wait_for_turn(client, plan, request)
  if late then return nil, late end
  request.attempts = request.attempts + 1
  local headers, denied = request.headers, nil
  if client.authorize then headers, denied = authorized(client, plan, request) end
  if denied then
    if paced then paced:leave(request, NOTHING_SENT) end
    return nil, denied
  end
  local answer = send(client, plan, request, headers)
  local value, failed = judge.judge(plan, answer, client.engine)
  if paced then paced:leave(request, answer, failed) end
  if client.log then tell(client, request, answer, value, failed) end
  if value then
    answer.attempts, answer.idempotency_key = request.attempts, request.key
    answer.paced_ms = request.paced_sum_ms
  end
  return value, failed or answer
end

-- How long to wait before the next attempt, or nil when there shall be none.
local function next_pause(client, request, failed)
  if not failed.passing or request.attempts >= request.tries then return nil end
  local pause = retry.pause_ms(request.attempts, failed.told_s)
  if client.engine:now() + pause >= request.deadline_ms then return nil end
  if request.gate and client.pace.keeps(request, failed) then return 0 end -- it waits there
  if not client.budget:spend() then return nil end
  return pause
end

-- What one attempt left open stays open: a later refusal says nothing about the earlier request.
local function still_open(plan, failed)
  failed.happened = "unknown"
  failed.retry = plan.keyed and "same_key" or "never"
end

local OF_FIRST = {
  yes = "%s (%q was sent before: the first one got through, err:resolve() finds it)",
  unknown = "%s (%q may have acted before: read the object)",
}

-- A conflict on a key that the caller named may come from the first use of that key, in another
-- process or before a crash: it is no proof that nothing happened. `if_named` is what the judge
-- makes of it.
local function named_conflict(plan, request, failed)
  local happened = failed.if_named or failed.status == 409 and plan.keyed and "unknown"
  if not (happened and request.name) then return end
  if happened == "code" then -- an account may refuse a second use of a code that others share
    local code = require("kassa.body").value_at(request.value, plan.api.code_at)
    happened = code == request.key and "yes" or "unknown"
  end
  failed.message = OF_FIRST[happened]:format(failed.message, request.name)
  failed.happened, failed.retry = happened, "never"
  if happened == "yes" then failed.code, failed.faults = "conflict", nil end
end

-- All attempts, with one key, within one deadline.
local function attempts(client, plan, request)
  local open = false
  while true do
    local value, result = attempt(client, plan, request)
    if value then
      if request.attempts == 1 then client.budget:earn() end
      return value, result
    end
    local pause = next_pause(client, request, result)
    if not pause then
      if open then still_open(plan, result) else named_conflict(plan, request, result) end
      return nil, result
    end
    open = open or result.happened == "unknown"
    if pause > 0 then client.driver:sleep(pause, client.runtime) end
  end
end

local CONTRADICTS = { [403] = true, [409] = true }

-- The server refused what the guard allowed, so the object was stale. Read it again and ask the
-- guard once more: its reason is better than a bare status.
local function contradicted(client, plan, subject, request, failed, body)
  if failed.happened ~= "no" or not CONTRADICTS[failed.status] and failed.code ~= "illegal_state"
  then
    return
  end
  local read = subject and plan.machine and client.classes[plan.kind].meta.plans.read
  local left_s = (request.deadline_ms - client.engine:now()) / 1000
  if not read or left_s < 0.05 then return end
  local options = { retries = 0, deadline_s = left_s }
  if not M.execute(client, read, subject, subject[plan.id_field], nil, options) then return end
  local refusal = guard.refuse(plan, subject, client.info[subject], body)
  if refusal then
    failed.code, failed.message, failed.limit = refusal.code, refusal.message, refusal.limit
  end
end

-- Station 8. A call on an object that answers with the same thing renews that object.
local function make_object(client, plan, subject, value, answer)
  local kind = plan.reply
  if not kind then return value end
  local fresh = object.wrap(client, kind, value, answer)
  if subject and plan.renew then return plan.renew(subject, fresh) end
  return fresh
end

-- Stations 2 and 3, before the wire. -> bytes (nil for none); or nil and the error's fields
local function check(client, plan, subject, info, id, body, options)
  if info or options ~= NO_OPTIONS or not id then
    local refusal = check_guard(plan, subject, info, body, options)
      or plan.needs_id and not id and unknown_id(plan, subject)
    if refusal then return nil, refusal end
  end
  if not plan.writer then return nil end
  local bytes, faults = write(client, plan, body, options)
  return bytes, faults and { code = "invalid", faults = faults }
end

-- What was refused is an object too, that may be asked about: err.object. An object that the answer
-- would have renewed has failed with it.
local function keep_refused(client, plan, subject, request, refused, err)
  local answer = refused.answer
  answer.attempts, answer.idempotency_key = request.attempts, request.key
  local made = object.wrap(client, plan.reply, refused.value, answer)
  if subject and plan.renew then made = plan.renew(subject, made) end
  error_value.keep(err, "object", made)
end

-- The end of a call that failed.
local function give_up(client, plan, subject, request, failed, body)
  contradicted(client, plan, subject, request, failed, body)
  local refused = failed.refused
  failed.refused = nil
  local _, err = refuse(plan, failed, request)
  if refused then keep_refused(client, plan, subject, request, refused, err) end
  return nil, err
end

-- The body as it was sent: the caller may have changed his own table since.
local function body_sent(request)
  local bytes = request.body
  return type(bytes) == "userdata" and json.decode(tostring(bytes)) or request.value
end

-- What resolve() asks by, out of a log's sight: the request, and between what times it was sent.
-- Its bytes are not given to another call.
local function keep_sent(err, client, request, subject, id, options)
  if err.happened == "no" or not request.key then return end -- it has no name to be asked by
  local _, _, time_ms = limits_of(client.settings, options)
  local ended_ms, entry = client.now(), options.entry
  local first_ms = entry and entry.row and entry.row.sent_ms -- in an earlier run, perhaps
  error_value.keep(err, "sent", {
    client = client, plan = request.plan, subject = subject, id = id, options = options,
    body = body_sent(request), bytes = request.body, key = request.key, ended_ms = ended_ms,
    named = request.name ~= nil or entry ~= nil and entry.tried, happened = err.happened,
    sent_ms = first_ms or ended_ms - (client.engine:now() - (request.deadline_ms - time_ms)),
  })
end

--- Send a keyed request again under its key, the very same bytes. sent: what was kept of it.
-- -> what the call would have returned; or nil and the error's fields
function M.again(sent)
  local client, plan, options = sent.client, sent.plan, {}
  for option, value in pairs(sent.options) do options[option] = value end
  options.idempotency_key, options.intent = sent.key, nil
  local info = sent.subject and client.info[sent.subject]
  local request = prepare(client, plan, sent.id, sent.body, sent.bytes, options)
  local value, result = attempts(client, plan, request)
  if not value then return nil, result end
  if info then guard.settle(plan, sent.subject, info, sent.body, sent.key) end
  return (plan.make or make_object)(client, plan, sent.subject, value, result, sent.id)
end

--- Make one call. plan: from the client; subject: the object it is done to, or nil; id: for the
-- path, or nil; body: a table or nil; options: checked per-call options or nil.
-- -> object, or nil and the error
function M.execute(client, plan, subject, id, body, options)
  options = options or NO_OPTIONS
  local info = subject and client.info[subject]
  if not info then subject = nil end -- an object of another client counts by its id alone
  local seen, asked = info and info.answer, info and guard.asked(plan, body)
  local bytes, refusal = check(client, plan, subject, info, id, body, options)
  if refusal then return refuse(plan, refusal) end
  local request = prepare(client, plan, id, body, bytes, options)
  local entry, value, result = options.entry -- of the journal, where there is one
  if entry then value, result = entry:run(request, attempts) end
  if not entry then value, result = attempts(client, plan, request) end
  if value or result.happened == "no" then keep(client.bodies, bytes) end
  if not value then
    local none, err = give_up(client, plan, subject, request, result, body)
    keep_sent(err, client, request, subject, id, options)
    return none, err
  end
  local fresh = info and info.answer == seen and not (entry and entry.tried)
  if fresh then guard.settle(plan, subject, info, asked, request.key) end
  return (plan.make or make_object)(client, plan, subject, value, result, id)
end

M.refuse, M.make_object, M.strict, M.with_key = refuse, make_object, strict_of, with_key
M.key_of = key_of

return M
