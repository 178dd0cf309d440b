-- Client-side pacing: a call waits its turn when the server's own rate limit leaves no room for it,
-- in place of failing. One gate for each account and rate category, shared by all clients that
-- speak for it; before an answer has told of a limit nobody waits, and nobody waits without one.

local core = require "kassa.core"
local queue = require "kassa.pace.queue"
local tally = require "kassa.pace.tally"
local window = require "kassa.pace.window"

local rate = core.headers.rate
local floor, ceil, max, min = math.floor, math.ceil, math.max, math.min

local M = {}
M.__index = M

local LATE_MS = 250    -- whoever does not come so long after being called is passed over
local LOOK_MS = 1000   -- the longest between two looks at what only an answer changes
local POLL_MS = 50     -- the same where it may come to another process, or to nobody who runs

-- Gates ------------------------------------------------------------------------------------------

local function new_gate(category, shared, prefix)
  local counts = shared and require("kassa.pace.shared").new(shared, prefix) or tally.new()
  return {
    category = category, window = window.new(), tally = counts, shared = shared ~= nil,
    queue = queue.new(),
    open = false, -- no limit is known to hold: nobody is counted
    light = nil,  -- { flying =, most =, enough =, low = } while most of the quota is left
    adopted = {}, -- passes of those who left while it was light
    opens = nil,  -- when there may be room, as far as was seen last
  }
end

-- Who the client is to the server; no secret can be read from it.
local function identity_of(settings)
  local who = settings.account or not settings.authorize and settings.headers[1] or ""
  return core.sign.hex(core.sign.sha256(settings.url .. "\n" .. who)):sub(1, 32)
end

local function gate_of(pace, category)
  pace.identity = pace.identity or identity_of(pace.client.settings)
  local name = pace.identity .. ":" .. category
  local gate = pace.registry[name]
  if not gate then
    gate = new_gate(category, pace.dict, "kassa:" .. name .. ":")
    pace.registry[name] = gate
  end
  pace.gates[category] = gate
  return gate
end

local function inside(registry, key)
  registry[key] = registry[key] or {}
  return registry[key]
end

--- The pace of one client. registry: where the clients of this process keep their gates; option:
-- nil, or { dict = name of a lua_shared_dict, or what has its methods }; key: the function that
-- gives the API key, which then stands for the account where none is named.
function M.new(client, registry, option, key)
  local dict = type(option) == "table" and option.dict or nil
  if type(dict) == "string" then dict = require("kassa.pace.shared").named(dict) end
  if dict then registry = inside(registry, dict) end
  if key and not client.settings.account then registry = inside(registry, key) end
  return setmetatable({ client = client, registry = registry, dict = dict, gates = {} }, M)
end

-- Light traffic ----------------------------------------------------------------------------------
-- While each answer tells that half of the quota is left, and no more than a quarter of it is under
-- way, nobody can overrun it: whatever arrived before has been told of, or is under way. Then calls
-- are only counted, without a look at any clock.

local LIGHT_MIN = 8 -- a smaller limit has no quarter to speak of

-- Is the traffic light, from now on?
local function lighten(gate, now, remaining)
  local known = gate.window
  local policy = known.policies[1]
  if gate.shared or not remaining or not policy or known.policies[2] or known.held
    or policy.limit < LIGHT_MIN or 2 * remaining < policy.limit or gate.queue.count > 0 then
    return
  end
  local young, count = gate.tally:settle(now, known.longest)
  if 4 * (young + count) > policy.limit then return end
  gate.light = { flying = young, most = floor(policy.limit / 4), low = remaining,
    enough = ceil(policy.limit / 2) }
  gate.tally = tally.new(gate.tally.last)
  known:forget()
end

-- From now on every call is entered in the books, and these begin with what was told last.
local function darken(gate, now, remaining)
  local light, counts = gate.light, gate.tally
  local used = gate.window.policies[1].limit - min(light.low, remaining or light.low)
  for _ = 1, used do counts:answer(counts:take(now), now) end
  gate.light, gate.adopted = nil, {}
  for i = 1, light.flying do gate.adopted[i] = counts:take(now) end
end

-- What remains in this window. Answers overtake one another by no more than are under way.
local function note(light, remaining)
  light.flying = max(0, light.flying - 1)
  if remaining < light.low or remaining > light.low + light.most then light.low = remaining end
end

-- Turns ------------------------------------------------------------------------------------------

-- One more call, if there is room. It is entered first, since other processes may ask too.
-- -> pass; or nil and for how many ms there is none, nil when an answer has to come first
local function try(gate, now)
  local known, counts = gate.window, gate.tally
  if gate.shared then counts:sync(known, now) end
  local pass = counts:take(now)
  local young, count = counts:settle(now, known.longest)
  local pause = known:room(now, young - 1, count, counts)
  if pause == 0 then
    known:sent(pass)
    gate.opens = nil
    return pass
  end
  counts:undo(pass)
  gate.opens = pause and now + pause
  return nil, pause
end

local function wake(waiter, now)
  local engine = waiter.engine -- the one it set its timer on: a fork may have brought another
  waiter.due = min(waiter.due, now)
  if waiter.timer and engine:usable() then engine:cancel(waiter.timer) end
end

local function wake_head(gate, now)
  local head = gate.queue:head()
  if head then wake(head, now) end
end

-- A coroutine that nobody resumes any more must not hold up those behind it. If it comes all the
-- same, it has its place back.
local function pass_over(gate, me, now)
  local line = gate.queue
  local head = line:head()
  while head and head ~= me and head.due + LATE_MS < now do
    line:leave(head)
    head = line:head()
  end
  if not me.lane and not me.blocks then line:join(me, true) end
  return line:head() == me
end

-- When the turn of those behind may come at the latest, if all goes well.
local function expected(gate, me, now)
  local policy = gate.window.policies[1]
  local pause = max(0, (gate.opens or now) - now)
  if not policy then return pause + LOOK_MS end
  local rounds = floor(gate.queue:before(me) / policy.limit) + 1
  return pause + rounds * policy.window_ms + LATE_MS
end

-- -> pass, false when none is needed; or nil and the ms to wait before the next look
local function look(gate, me, now)
  local first = pass_over(gate, me, now)
  if gate.open then return false end
  if not first and not me.blocks then return nil, expected(gate, me, now) end
  local pass, pause = try(gate, now)
  if pass then return pass end
  local longest = (gate.shared or me.blocks) and POLL_MS or LOOK_MS
  return nil, pause or longest
end

-- Suspends the caller; where nobody can, it blocks, and then it cannot wait for its turn behind
-- tasks that do not run meanwhile.
local function sleep(gate, me, ms, now)
  local client = me.client
  local driver, runtime = client.driver, client.runtime
  local id = client.engine:timer(max(1, ceil(ms)))
  me.timer, me.engine, me.due = id, client.engine, now + ms
  if not (runtime and runtime.wait(driver, id)) then
    me.blocks = true
    gate.queue:leave(me)
    driver:await(id)
  end
  me.timer = nil
end

-- Refusals ---------------------------------------------------------------------------------------

local function advice(plan, request)
  if plan.keyed or not plan.acts then return "same_key" end
  return request.attempts == 0 and "same_key" or "never"
end

local function out_of_time(gate, plan, request, now)
  local limit, opens = gate.window:words(), gate.opens
  local left_s = opens and opens > now and (opens - now) / 1000 or nil
  local lasts = left_s and ("it lasts %.1f s more"):format(left_s) or "it is not told how long"
  local others = gate.queue.count - 1
  if others > 0 then lasts = lasts .. (", and %d other calls wait"):format(others) end
  return {
    code = "rate_limited", happened = "no", retry = advice(plan, request), told_s = left_s,
    message = ("not sent: the rate limit of %s%s leaves no room before the deadline (%s)"):format(
      gate.category, limit and " (" .. limit .. ")" or "", lasts),
  }
end

local CLOSED = "the client was closed while the call waited for its turn"

-- Why it shall wait no longer, as the fields of an error, or nil.
local function end_of(gate, plan, request, client, now)
  if client.closed then
    return { code = "canceled", happened = "no", retry = advice(plan, request), message = CLOSED }
  end
  local deadline = request.deadline_ms
  if now >= deadline or gate.opens and gate.opens >= deadline then
    return out_of_time(gate, plan, request, now)
  end
end

local function wait(gate, plan, request, client)
  local engine = client.engine
  local began = engine:now()
  local me = { client = client, due = math.huge }
  gate.queue:join(me, request.attempts > 0)
  local now, pass, pause, refusal
  repeat
    now = client.closed and began or floor(engine:now())
    pass, pause = nil, nil
    if not client.closed then pass, pause = look(gate, me, now) end
    refusal = pass == nil and end_of(gate, plan, request, client, now) or nil
    if pass == nil and not refusal then
      sleep(gate, me, min(pause, request.deadline_ms - now), now)
    end
  until pass ~= nil or refusal
  gate.queue:leave(me)
  if gate.queue.count > 0 then wake_head(gate, now) end
  request.pass, request.sent_ms = pass or nil, now
  request.paced_ms = ceil(now - began) > 0 and ceil(now - began) or nil
  return refusal
end

-- The face that kassa.call uses ------------------------------------------------------------------

--- Before an attempt: wait until it may leave. -> nil; or the error's fields when it may not before
-- the deadline, or the client was closed
function M.enter(pace, plan, request)
  local gate = pace.gates[plan.bucket] or gate_of(pace, plan.bucket)
  request.gate, request.pass, request.sent_ms, request.paced_ms = gate, nil, nil, nil
  if gate.open then return nil end
  local light = gate.light
  if light and light.flying < light.most then
    light.flying = light.flying + 1
    return nil
  end
  local client = pace.client
  if gate.queue.count == 0 then
    local now = floor(client.engine:now())
    if light then darken(gate, now) end
    local pass = try(gate, now)
    if pass then
      request.pass, request.sent_ms = pass, now
      return nil
    end
  end
  return wait(gate, plan, request, client)
end

-- Enter the end of a call in the books.
local function settle(gate, request, answer, now)
  local pass = request.pass or table.remove(gate.adopted)
  if not pass then return end
  request.pass = nil
  if answer.wire == "unsent" then
    gate.window.before[pass] = nil
    return gate.tally:undo(pass)
  end
  gate.tally:answer(pass, now, gate.window.policies)
end

local function learn(gate, request, pass, now, failed, remaining, reset_s)
  local known, refused = gate.window, failed and failed.status == 429
  if refused then
    known:refused(request.sent_ms or 0, now, reset_s or failed.told_s)
  else
    known:answer(pass, request.sent_ms or 0, now, remaining, reset_s, gate.tally)
  end
  if gate.shared then gate.tally:tell(known, reset_s, refused, now) end
end

--- After an attempt: learn from the answer, and let the next one through. failed: the fields of the
-- error, or nil.
function M.leave(pace, request, answer, failed)
  local gate, limit, remaining, reset_s = request.gate, nil, nil, nil
  if answer.head then limit, remaining, reset_s = rate(answer.head) end
  local refused = failed and failed.status == 429
  if gate.open and not limit and not refused then return end
  local light = gate.light
  if light and limit == gate.window.text and not refused
    and remaining and remaining >= light.enough then
    return note(light, remaining)
  end
  local engine = pace.client.engine
  if not engine:usable() then return end -- a sandbox that was stopped meanwhile
  local now, pass = ceil(engine:now()), request.pass
  if light then darken(gate, now, remaining) end
  if answer.status then gate.window:hear(limit, reset_s) end
  settle(gate, request, answer, now)
  if answer.status then learn(gate, request, pass, now, failed, remaining, reset_s) end
  gate.open = gate.window:is_open()
  if not refused then lighten(gate, now, remaining) end
  if gate.queue.count > 0 then wake_head(gate, now) end
end

--- Will a refused call wait at the gate for as long as the limit lasts?
function M.keeps(request, failed)
  local gate = request.gate
  return failed.status == 429 and gate ~= nil and gate.window.policies[1] ~= nil
end

--- End the waits of a client that was closed.
function M.close(client)
  local pace = client.pace
  for _, gate in pairs(pace and pace.gates or {}) do
    for _, waiter in ipairs(gate.queue:list()) do
      if waiter.client == client then wake(waiter, waiter.due) end
    end
  end
end

return M
