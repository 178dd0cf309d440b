-- object:wait(): asks for the status of an object by the schedule of its state (kassa.schedule)
-- until it needs no more waiting. It moves no money, and trouble on the way is waited out: a check
-- that failed says nothing about the object.

local api_of = require "kassa.api"
local call = require "kassa.call"
local duration = require "kassa.duration"
local endpoint = require "kassa.endpoint"
local error_value = require "kassa.error"
local options_of = require "kassa.options"
local retry = require "kassa.retry"
local schedule_of = require "kassa.schedule"

local M = { object = {} }

local YEARS_S = 100 * 366 * 86400

local function a_function(value)
  return type(value) ~= "function" and "a function" or nil
end

local CHECKS = {
  deadline_s = function(value)
    local fits = type(value) == "number" and value >= 0 and value <= YEARS_S
    return not fits and "a number of seconds from 0" or nil
  end,
  timeout_s = options_of.call.timeout_s,
  on_check = a_function, cancel = a_function,
  until_state = function(value)
    return type(value) ~= "string" and type(value) ~= "table" and "a state or a list of states"
      or nil
  end,
}

-- misuse ------------------------------------------------------------------------------------------

local function wrong_state(machine, state)
  local known = {}
  for _, name in ipairs(machine.states) do known[name] = true end
  if known[state] then return nil end
  local close = require "kassa.nearest"(tostring(state), known)
  return ("until_state: %s is no state of it%s"):format(tostring(state),
    close and ", did you mean " .. close .. "?" or "")
end

-- -> set of states to wait for, or nil; nil and what is wrong with it
local function wanted_of(machine, given)
  if given == nil then return nil end
  local set = {}
  for _, state in ipairs(type(given) == "table" and given or { given }) do
    local wrong = wrong_state(machine, state)
    if wrong then return nil, wrong end
    set[state] = true
  end
  if next(set) == nil then return nil, "until_state names no state" end
  return set
end

local function wrong_options(options)
  if type(options) ~= "table" then return "options must be a table, got " .. type(options) end
  local faults = options_of.faults(options, CHECKS)
  return faults[1] and table.concat(faults, "; ") or nil
end

-- one wait ----------------------------------------------------------------------------------------

-- What is known about waiting for an object, shared by all who wait for it: the schedule goes on
-- where the last wait left it, and two waits ask no more often than one.
local function record_of(wait, state, schedule, now)
  local info = wait.client.info[wait.object]
  local record = info.waiting
  if not record then
    record = { sleepers = {} }
    info.waiting = record
  end
  if record.schedule ~= schedule or record.state ~= state then
    record.schedule, record.state, record.since_ms, record.number = schedule, state, now, 1
    record.due_ms = now + schedule_of.pause_ms(schedule, 1, retry.fraction())
  end
  return record
end

local function state_of(wait)
  local state = rawget(wait.object, wait.state_field)
  return type(state) == "string" and state or nil
end

local function is_in(list, state)
  for _, member in ipairs(list) do
    if member == state then return true end
  end
  return false
end

-- Does it need no more waiting? -> true; or false and the schedule, nil where none can help
local function arrived(wait, state)
  local refused = is_in(wait.refused, state) -- an end, although it may be no state of this kind
  local schedule = not refused and schedule_of.of_state(wait.machine, wait.polling, state) or nil
  if not wait.wanted then return schedule == nil, schedule end
  if wait.wanted[state] then return true end
  if not schedule and not refused and not is_in(wait.machine.final, state) then
    schedule = wait.polling.watch
  end
  return false, schedule
end

local function ended(wait, code, message)
  local err = error_value.new(code, {
    operation = wait.kind .. ".wait", happened = "no", attempts = wait.checks,
    retry = code == "illegal_state" and "never" or "same_key", state = state_of(wait),
    message = message,
  })
  return nil, error_value.keep(err, "object", wait.object)
end

local function so_far(wait, now)
  local trouble = wait.trouble and "; the last one failed: " .. wait.trouble or ""
  return ("still %s after %s and %d check%s%s"):format(tostring(state_of(wait)),
    duration.words(now - wait.began_ms), wait.checks, wait.checks == 1 and "" or "s", trouble)
end

-- Sleep until that time, unless somebody ends the pause. It goes through the runtime: in a task
-- only the task waits, outside it blocks.
local function sleep(wait, record, until_ms, now)
  local engine = wait.client.engine
  local id = engine:timer(math.ceil(until_ms - now))
  record.sleepers[id] = engine
  wait.client.driver:await(id, wait.client.runtime)
  record.sleepers[id] = nil
end

local function wake(record)
  for id, engine in pairs(record.sleepers) do engine:cancel(id) end
end

-- Trouble that passes. A refusal that would come again ends the wait.
local PASSING = {
  connect = true, timeout = true, deadline = true, protocol = true, rate_limited = true,
}

local function passes(err)
  return PASSING[err.code] or (err.status and (err.status >= 500 or err.status == 408)) or false
end

-- Of a check, so that it is sent once: what fails is asked again by the schedule, not before.
local function options_of_check(wait, now)
  local left_s = wait.deadline_ms and (wait.deadline_ms - now) / 1000
  local own_s = wait.client.settings.deadline_ms / 1000
  return { retries = 0, timeout_s = wait.timeout_s,
    deadline_s = left_s and left_s < own_s and math.max(left_s, 0.001) or nil }
end

-- Ask once. The pause after it begins when it was asked, so that others do not ask meanwhile.
local function check(wait, record, now)
  wait.checks, record.number = wait.checks + 1, record.number + 1
  record.due_ms = now + schedule_of.pause_ms(record.schedule, record.number, retry.fraction())
  local plan, object = wait.plan, wait.object
  local id = endpoint.segment(object[plan.id_field])
  local found, err = (plan.execute or call.execute)(wait.client, plan, object, id, nil,
    options_of_check(wait, now))
  wait.trouble = err and err.message
  local later_s = err and err.retry_after_s
  if later_s then record.due_ms = math.max(record.due_ms, now + math.ceil(1000 * later_s)) end
  if state_of(wait) ~= record.state then wake(record) end
  if found and wait.on_check then wait.on_check(object) end
  return err
end

local function stopped(wait, record, serial)
  if wait.client.closed then return "the client was closed" end
  if record.stopped ~= serial then return "the wait was stopped" end
  if wait.cancel and wait.cancel(wait.object) then return "the caller canceled the wait" end
end

-- One turn: a pause and, if it was slept to its end, a check. -> err of a check that ends the wait
local function turn(wait, record, now)
  local due_ms = record.due_ms
  local until_ms = math.min(due_ms, wait.deadline_ms or due_ms)
  if until_ms > now then
    sleep(wait, record, until_ms, now)
  elseif due_ms <= now then
    local err = check(wait, record, now)
    if err and not passes(err) then return err end
  end
end

local function run(wait)
  local engine, serial = wait.client.engine, nil
  while true do
    local state, now = state_of(wait), engine:now()
    local done, schedule = arrived(wait, state)
    if done then return wait.object end
    if not schedule then
      return ended(wait, "illegal_state", ("it is %s, and that is an end"):format(state))
    end
    local record = record_of(wait, state, schedule, now)
    serial = serial or record.stopped or 0
    record.stopped = record.stopped or 0
    local why = stopped(wait, record, serial)
    if why then return ended(wait, "canceled", why) end
    if schedule_of.over(schedule, now - record.since_ms) then
      return ended(wait, "deadline", so_far(wait, now) .. ": kassa asks no longer than that")
    end
    if wait.deadline_ms and now >= wait.deadline_ms then
      return ended(wait, "deadline", so_far(wait, now))
    end
    local err = turn(wait, record, now)
    if err then return nil, error_value.keep(err, "object", wait.object) end
  end
end

--- Wait until the object is in a state in which nothing more is expected: asks for its status by
-- the schedule of docs/reference/cybersource.md, never earlier than that. In a task only the task
-- waits, elsewhere it blocks. Network trouble, 5xx and an unknown status are waited out. An object
-- that needs no waiting returns at once.
-- options: deadline_s, seconds after which to give up; until_state, a state or a list of states to
-- wait for in place of any settled one; on_check(object), called after each answer; cancel(object),
-- asked before each check whether to stop; timeout_s, of one check.
-- -> the object itself, with its new state; or nil and the error, the object being err.object:
-- deadline, canceled, illegal_state when it can no longer become until_state, or what a check was
-- refused for. Source: cybersource.md 7.7
function M.object.wait(object, options)
  local meta = getmetatable(object)
  local client, kind = meta.client, meta.kind
  local wrong = client.gone() or wrong_options(options or {})
  local machine = api_of.find(client.api, client.api.machines)[kind]
  local wanted
  if not wrong then wanted, wrong = wanted_of(machine, options and options.until_state) end
  if wrong then error(("%s:wait: %s"):format(kind, wrong), 3) end
  options = options or {}
  local now = client.engine:now()
  return run {
    client = client, object = object, kind = kind, plan = meta.plans.read, machine = machine,
    state_field = meta.plans.read.state_field, wanted = wanted,
    polling = api_of.find(client.api, client.api.polling), checks = 0, began_ms = now,
    refused = api_of.find(client.api, client.api.refused),
    deadline_ms = options.deadline_s and now + 1000 * options.deadline_s,
    on_check = options.on_check, cancel = options.cancel, timeout_s = options.timeout_s,
  }
end

--- End every wait for this object now: each returns nil and an error with the code "canceled".
function M.object.stop_waiting(object)
  local record = getmetatable(object).client.info[object].waiting
  if not record then return end
  record.stopped = (record.stopped or 0) + 1
  wake(record)
end

--- End the waits of a client that was closed.
function M.close(client)
  for _, info in pairs(client.info) do
    if info.waiting then wake(info.waiting) end
  end
end

return M
