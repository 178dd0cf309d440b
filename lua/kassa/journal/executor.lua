-- What stands around a call of a client with a journal: one worker at a time has the intent, what
-- is known of it decides, and only then the call is made. It knows no provider and no SQL.

local book = require "kassa.journal.book"
local call = require "kassa.call"
local canon = require "kassa.journal.canon"
local core = require "kassa.core"
local error_value = require "kassa.error"
local entry_of = require "kassa.journal.entry"
local finding = require "kassa.journal.finding"
local intent = require "kassa.intent"

local sha256 = core.sign.sha256

local NO_OPTIONS = {}
local ROUNDS_MAX = 4
local PAUSE_MIN_MS, PAUSE_MAX_MS = 2, 100

local M = {}

-- A token is a secret, also one in a path: the journal knows it by its hash only.
local function object_of(plan, id, holder)
  local param = plan.row.params[1]
  if id and (not param or param:find "id$") then return id end
  local token = id or holder
  return token and "sha256:" .. canon.hex(sha256(token)) or ""
end

local function identity_of(client, plan, subject, id, options)
  local holder = plan.row.arguments and options[plan.row.arguments[1]] or nil
  return {
    provider = client.api.name .. "/" .. client.settings.environment,
    account = client.settings.account or "", operation = plan.row.name,
    object = object_of(plan, id, holder), bare_object = id or holder or "",
    parent = subject and subject[plan.id_field] or nil,
    name = options.intent, key = options.idempotency_key,
  }
end

--- The number of an intent's lock. row: an identity, or a row of the book
function M.number(row)
  local parts = { row.provider, row.account, row.operation, row.object, row.name or row.key }
  for i, part in ipairs(parts) do parts[i] = #part .. ":" .. part end
  return tonumber(canon.hex(sha256(table.concat(parts, ","))):sub(1, 13), 16)
end

local function busy(identity)
  return {
    code = "deadline", happened = "unknown", retry = "same_key",
    message = ("another worker is at the intent %q and did not end in time"):format(
      identity.name or identity.key),
  }
end

-- Wait until the intent is ours. A task waits alone.
local function lock(journal, client, identity, deadline_ms)
  local number, pause = M.number(identity), PAUSE_MIN_MS
  while not journal.store:holds(number, identity) do
    local taken, err = journal.store:try_lock(number, identity)
    if taken then return number end
    if err then return nil, entry_of.unstored(err) end
    if client.engine:now() + pause >= deadline_ms then return nil, busy(identity) end
    client.driver:sleep(pause, client.runtime)
    pause = math.min(PAUSE_MAX_MS, pause * 2)
  end
  return number
end

local function look_up(journal, identity)
  local store = journal.store
  if identity.name then return book.by_name(store, identity) end
  if identity.asked then return book.by_key(store, identity.provider, identity.key) end
  return false
end

local function key_of(identity, generation)
  if not identity.name then return identity.key end
  return intent.key(identity.account, identity.operation, identity.bare_object, identity.name,
    generation)
end

-- Options whose values are not kept: who wants to repeat this needs them again.
local function needs_of(plan, options)
  local names = {}
  for _, header in ipairs(plan.headers or NO_OPTIONS) do
    if options[header.option] then names[#names + 1] = header.option end
  end
  return names[1] and table.concat(names, ", ") or nil
end

-- A key that the caller chose twice, for two things: the provider would answer the second of them
-- with what the first came to.
local function used_elsewhere(identity, row)
  if not row or identity.name then return nil end
  for _, part in ipairs { "operation", "account", "object" } do
    if row[part] ~= identity[part] then
      return { code = "intent_mismatch",
        message = ("the idempotency_key %q was used for %s of another %s: this one needs a key of "
          .. "its own"):format(row.key, row.operation, part) }
    end
  end
end

-- What to do about the intent. -> an entry; or nil and the fields of an error
local function decide(journal, client, plan, subject, identity, options)
  local row, err = look_up(journal, identity)
  if row == nil then return nil, entry_of.unstored(err) end
  local fault = used_elsewhere(identity, row)
  if fault then return nil, fault end
  local made = { journal = journal, client = client, plan = plan, subject = subject,
    identity = identity, generation = 1, needs = needs_of(plan, options) }
  if row and row.state == "failed" then
    made.generation = identity.name and row.generation + 1 or row.generation
    made.refused = not identity.name and row or nil
  elseif row then
    made.row, made.generation, made.key = row, row.generation, row.key
  end
  made.key = made.key or key_of(identity, made.generation)
  return entry_of.new(made)
end

-- The same, with what may not be repeated settled by reading first.
local function entry_for(journal, client, plan, subject, identity, options)
  local entry, failed = decide(journal, client, plan, subject, identity, options)
  local row = entry and entry.row
  if not row or row.state == "ok" then return entry, failed end
  if finding.repeatable(plan, row, journal.now_ms(client)) then return entry end
  local settled
  settled, failed = finding.settle(journal, client, plan, row)
  if not settled then return nil, failed end
  return decide(journal, client, plan, subject, identity, options)
end

local function with_entry(options, entry)
  local all = { entry = entry }
  for name, value in pairs(options) do all[name] = value end
  return all
end

local function deadline_of(client, options)
  local deadline_ms = options.deadline_s and 1000 * options.deadline_s
    or client.settings.deadline_ms
  return client.engine:now() + deadline_ms
end

-- What other runs of an intent have come to, the newest counts. -> object; or false and why; or
-- nil; or nil and { message = what stands in the way of asking, ends = true }
local function known(journal, client, plan, subject, row)
  local now, err
  if row.name then now, err = book.by_name(journal.store, row)
  else now, err = book.by_key(journal.store, row.provider, row.key) end
  if now == nil then return nil, { message = err.message, ends = true } end
  if not now then return nil end
  if now.state == "failed" then return false, now.error end
  if now.state ~= "ok" then
    return nil, now.key ~= row.key and { message = "a later try of it is open", ends = true } or nil
  end
  local value, answer = entry_of.answered { row = now, plan = plan, client = client }
  if not value then return nil, { message = answer.message, ends = true } end
  return (plan.make or call.make_object)(client, plan, subject, value, answer)
end

-- How err:resolve() asks: as a worker with the intent, since one that was done under a later key
-- must not be asked for under the first one again.
local function asking(journal, client, plan, subject, row)
  return function(find)
    local store, number, owner = journal.store, M.number(row), {}
    local taken, err = store:try_lock(number, owner)
    if not taken then
      return nil, { message = err and err.message or "another worker is at this intent" }
    end
    local found, why, retry = known(journal, client, plan, subject, row)
    if found == nil and not why then found, why, retry = find() end
    store:unlock(number, owner)
    return found, why, retry
  end
end

-- What err:resolve() finds out settles the intent as well.
local function listen(journal, client, plan, subject, entry, err)
  if err.happened == "no" or not entry.row then return end
  error_value.keep(err, "asking", asking(journal, client, plan, subject, entry.row))
  error_value.keep(err, "on_resolved", function(found)
    finding.resolved(journal, client, plan, entry.row, found)
  end)
end

-- A server that went away has given the lock to somebody else.
local function rounds(journal, execute, client, plan, subject, id, body, options, identity)
  local deadline_ms = deadline_of(client, options)
  for round = 1, ROUNDS_MAX do
    local number, failed = lock(journal, client, identity, deadline_ms)
    if not number then return call.refuse(plan, failed) end
    local entry
    entry, failed = entry_for(journal, client, plan, subject, identity, options)
    if not entry then return call.refuse(plan, failed) end
    entry.number = number
    local value, err = execute(client, plan, subject, id, body, with_entry(options, entry))
    if value == nil then listen(journal, client, plan, subject, entry, err) end
    if value ~= nil or not entry.again or round == ROUNDS_MAX then return value, err end
  end
end

-- A step that begins again would move the money again, since nothing tells that it has.
local function nameless(step)
  return { code = "flow", message = ("%s moves money without its name: give the call { intent = "
    .. "intent }, with the intent that its function gets"):format(step) }
end

--- What makes a call in place of `execute`, for a client with this journal: every call that moves
-- money, and every other one that is named.
function M.executor(journal, execute)
  return function(client, plan, subject, id, body, options)
    options = options or NO_OPTIONS
    if not (plan.row.money or options.intent) or plan.takes_id and not id then
      return execute(client, plan, subject, id, body, options ~= NO_OPTIONS and options or nil)
    end
    local step = journal:step_of_caller()
    if step and not (options.intent or options.idempotency_key) then
      return call.refuse(plan, nameless(step))
    end
    journal:flush()
    local watched = options.intent and journal.watched[options.intent]
    if watched then journal.watched[options.intent] = watched + 1 end
    local identity = identity_of(client, plan, subject, id, options)
    identity.asked = identity.key ~= nil
    identity.key = identity.key or not identity.name and intent.fresh_key() or nil
    local value, err = rounds(journal, execute, client, plan, subject, id, body, options, identity)
    journal.store:unlock(M.number(identity), identity)
    return value, err
  end
end

return M
