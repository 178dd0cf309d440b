-- What a success returns: a plain table of the fields as the API sent them, with the operations
-- that fit as methods. What kassa knows besides (status, bytes, ledger) is never put into it.

local core = require "kassa.core"
local guard = require "kassa.guard"

local M = {}

-- Printed, an object says what it is: kassa.payment_request krn:... (SUBMITTED).
local function describe(kind, id, state_field)
  return function(object)
    local state = rawget(object, state_field)
    state = state and " (" .. tostring(state) .. ")" or ""
    return ("kassa.%s %s%s"):format(kind, tostring(object[id]), state)
  end
end

local function info_of(object)
  local meta = getmetatable(object)
  local client = type(meta) == "table" and meta.client
  return client and client.info[object], meta
end

--- The kind of an object made here ("payment_transaction"), or nil.
function M.kind(value)
  local meta = type(value) == "table" and getmetatable(value)
  return type(meta) == "table" and meta.client and meta.kind or nil
end

-- The table at a path of one or two names, or nil where the answer holds none.
local function at(value, path)
  local found = value[path[1]]
  if path[2] and type(found) == "table" then found = found[path[2]] end
  return type(found) == "table" and found or nil
end

local function wrap_nested(client, inside, found, answer)
  if not inside.list then return M.wrap(client, inside.kind, found, answer) end
  for i = 1, #found do M.wrap(client, inside.kind, found[i], answer) end
end

--- Give a decoded table its methods, and the objects inside it theirs. answer: for kassa.raw.
function M.wrap(client, kind, value, answer)
  if type(value) ~= "table" then return value end
  local class = client.classes[kind]
  local nested = class.nested
  client.info[value] = { answer = answer }
  for i = 1, #nested do
    local found = at(value, nested[i].path)
    if found then wrap_nested(client, nested[i], found, answer) end
  end
  return setmetatable(value, class.meta)
end

--- Make `object` read as `fresh` does: to the merchant, one payment request stays one table.
function M.renew(object, fresh)
  for key in pairs(object) do rawset(object, key, nil) end
  for key, value in pairs(fresh) do rawset(object, key, value) end
  local info, renewed = info_of(object), info_of(fresh)
  info.answer, info.ledger = renewed.answer, nil
  return object
end

-- Records of what was known are filled up by what came; anything else is taken as it came.
local function update(known, came)
  for key, value in pairs(came) do
    local before = rawget(known, key)
    local both = type(before) == "table" and type(value) == "table"
    if both and before[1] == nil and value[1] == nil then
      update(before, value)
    else
      rawset(known, key, value)
    end
  end
end

--- Make `object` know what `fresh` says, beside what it knew: a check answers with less than was
-- told when the object was made.
function M.update(object, fresh)
  local id_field = getmetatable(object).plans.read.id_field
  local id = rawget(object, id_field)
  update(object, fresh)
  if id ~= nil then rawset(object, id_field, id) end -- what is done next is done to this one
  info_of(object).answer = info_of(fresh).answer
  return object
end

local function timings(answer)
  return { total_ms = answer.ms, attempts = answer.attempts, http = answer.http,
    paced_ms = answer.paced_ms }
end

local function rate_limit(headers)
  local limit = headers["x-ratelimit-limit"]
  return limit and core.headers.rate_limit(limit,
    headers["x-ratelimit-remaining"], headers["x-ratelimit-reset"])
end

--- What lies behind an object. Raises for a value that no call returned.
-- -> { status, headers (names in lower case), body (its bytes), request_id, idempotency_key,
-- timings, rate_limit }
function M.raw(object)
  local info = info_of(object)
  if not info then
    error("bad argument #1 to 'kassa.raw' (an object returned by a call expected)", 2)
  end
  local answer = info.answer
  local headers = core.headers.parse(answer.head or "")
  return {
    status = answer.status, headers = headers, body = answer.body,
    request_id = headers["klarna-correlation-id"] or headers["partner-correlation-id"]
      or headers["v-c-correlation-id"],
    idempotency_key = answer.idempotency_key, timings = timings(answer),
    rate_limit = rate_limit(headers),
  }
end

-- obj:can "capture" -> true, or false and the reason: the question the guard asks before each call.
local function can(object, verb, body)
  local info, meta = info_of(object)
  if not info then error("can: call it with a colon, not with a dot", 2) end
  local plan = meta.plans[verb]
  if not plan then
    return false, ("%s has no operation %q"):format(meta.kind, tostring(verb))
  end
  local kit = plan.kit and plan.acts and require(plan.kit)
  local refusal = kit and kit.refuse and kit.refuse(plan, object, info, body, meta.client)
    or guard.refuse(plan, object, info, body)
  if refusal then return false, refusal.message end
  return true
end

--- The class of one kind: its metatable, and where objects lie inside it. verbs: verb -> method.
function M.class(client, kind, plans, verbs)
  local described = client.api.objects[kind]
  verbs.can, verbs.refresh = can, rawget(verbs, "refresh") or rawget(verbs, "read")
  local meta = { __index = verbs, __name = "kassa." .. kind }
  meta.__tostring = describe(kind, described.id, described.state_field or "state")
  meta.kind, meta.client, meta.plans = kind, client, plans
  return { meta = meta, nested = described.nested }
end

return M
