-- err:resolve(): finds out what became of a request that nobody answered for. How, depends on what
-- the provider has: it is asked under the same key (kassa.resolve.again), or a search tells
-- (kassa.resolve.search). It never does a second time what may have been done.

local api_of = require "kassa.api"
local error_value = require "kassa.error"
local options_of = require "kassa.options"
local retry = require "kassa.retry"
local schedule_of = require "kassa.schedule"

local M = {}

local CHECKS = { deadline_s = options_of.call.deadline_s }

-- Pauses between looks where the table of operations has none.
local SCHEDULE = { pauses = { 5, 15, 60 }, then_s = 300, until_s = 86400 }

-- Who finds out about the requests of a plan; nil where nobody can.
local function finder_of(plan)
  if plan.key_at then return require "kassa.resolve.search" end
  if plan.keyed then return require "kassa.resolve.again" end
end

-- The error of a request of which nothing more is known. It can be resolved as the first one can.
local function still_unknown(err, why)
  local fresh = error_value.new(why.code or err.code, {
    operation = err.operation, method = err.method, route = err.route, attempts = err.attempts,
    idempotency_key = err.idempotency_key, correlation_id = err.correlation_id,
    status = err.status, happened = "unknown", retry = why.retry or err.retry,
    message = why.message, retry_after_s = why.again_s or why.told_s,
  })
  return nil, error_value.inherit(fresh, err)
end

local NOBODY = { message = "kassa has no way to find out: read the object" }

local function wrong_options(options)
  if options == nil then return nil end
  if type(options) ~= "table" then return "options must be a table, got " .. type(options) end
  local faults = options_of.faults(options, CHECKS)
  return faults[1] and table.concat(faults, "; ") or nil
end

-- How long to wait before look `number`, never less than the server's own figure; or nil when the
-- time is over before it.
local function pause_ms(client, number, deadline_ms, told_s)
  if not deadline_ms then return nil end
  local polling = api_of.find(client.api, client.api.polling)
  local schedule = polling and polling.search or SCHEDULE
  local pause = schedule_of.pause_ms(schedule, number, retry.fraction())
  pause = math.max(pause, math.ceil(1000 * (told_s or 0)))
  return client.engine:now() + pause < deadline_ms and pause or nil
end

-- Sleep, unless the client is closed meanwhile.
local function sleep(client, pause)
  local id = client.engine:timer(pause)
  client.resolving = client.resolving or {}
  client.resolving[id] = true
  client.driver:await(id, client.runtime)
  client.resolving[id] = nil
end

--- End the pauses of a client that was closed: what was not found out by then stays unknown.
function M.close(client)
  for id in pairs(client.resolving or {}) do client.engine:cancel(id) end
end

local function call_it(fn) return fn() end

-- Look until it is known, or as long as the caller waits.
local function look(finder, kept, deadline_s)
  local sent, number = kept.sent, 0
  local client = sent.client
  local function find() return finder.find(sent) end
  local deadline_ms = deadline_s and client.engine:now() + 1000 * deadline_s
  while true do
    local found, why, retry_how = (kept.asking or call_it)(find) -- as a journal has it
    if found ~= nil then return found, why, retry_how end
    number = number + 1
    local pause = not why.ends and not client.closed
      and pause_ms(client, number, deadline_ms, why.told_s)
    if not pause then return nil, why end
    sleep(client, pause)
    if client.closed then return nil, why end
  end
end

-- The error says from now on what is known.
local function settle(err, known)
  err.happened = known.found and "yes" or "no"
  err.retry = known.found and "never" or known.retry
  return known.found, known.why
end

local function find(err, kept, options)
  local sent = kept.sent
  local finder = sent and finder_of(sent.plan)
  if not finder then return still_unknown(err, NOBODY) end
  local found, why, retry_how = look(finder, kept, options and options.deadline_s)
  if found == nil and err.happened == "yes" then return true end -- only not which
  if found == nil then return still_unknown(err, why) end
  kept.known = { found = found, why = why, retry = retry_how or "new_key" }
  if kept.on_resolved then kept.on_resolved(found, why) end
  return settle(err, kept.known)
end

--- What err:resolve(options) does. kept: what was kept with the error (kassa.error).
-- options: deadline_s. Raises for options that cannot be meant, and once the client is closed.
-- -> object, or true where there is none to show; or false and why; or nil and an error
function M.resolve(err, kept, options)
  local sent = kept.sent
  local wrong = wrong_options(options) or sent and sent.client.gone() or nil
  if wrong then error("err:resolve: " .. wrong, 3) end
  if kept.known then return settle(err, kept.known) end
  if err.happened == "no" then return false, err.message end
  if err.happened == "yes" and not (sent and finder_of(sent.plan)) then
    return kept.object or true
  end
  return find(err, kept, options)
end

return M
