--- The sandbox's control verbs, once for every handle: in process and over HTTP.
-- It moves no bytes: arguments come as a list, results go as plain tables nobody else holds.

local json = require "kassa.json"
local clock = require "kassa.sandbox.clock"
local providers = require "kassa.sandbox.providers"

local verbs = {}

-- What every provider's sandbox can do; the rest is in the protocol's own `verbs`.
local VERB = {}

function VERB.fault(world, spec) return world:fault(spec) end

--- Move time: returns the new time as ISO text.
function VERB.advance(world, duration)
  local now, message = world:advance(duration)
  if not now then return nil, message end
  return clock.iso(now)
end

function VERB.now(world) return world.clock:now() end

-- More would be too much to write at once.
local DELIVERIES_MAX = 1000
local DELIVERIES_SPEC = { last = "number", event_type = "string", state = "string",
  event_id = "string" }

--- Deliveries: the newest thousand, or those that fit { last =, event_type =, state =,
-- event_id = }.
function VERB.deliveries(world, spec)
  if spec ~= nil and type(spec) ~= "table" then return nil, "deliveries takes a table" end
  local wanted = { last = DELIVERIES_MAX }
  for name, value in pairs(spec or {}) do
    if type(value) ~= DELIVERIES_SPEC[name] then
      return nil, "deliveries takes last (a number), event_type, state and event_id (texts)"
    end
    wanted[name] = value
  end
  if not (wanted.last >= 1 and wanted.last <= DELIVERIES_MAX) then
    return nil, "last is a number from 1 to " .. DELIVERIES_MAX
  end
  return world.deliveries:list(wanted)
end


--- Deliver an event again now, with all its retries. Returns the number of deliveries.
function VERB.redeliver(world, event_id)
  return world.deliveries:again(event_id, world.clock:now())
end

--- What signs deliveries while there is no webhook.
function VERB.signing_key(world)
  local key = world.deliveries.own.key
  return { signing_key_id = key.id, signing_key = key.secret }
end

function VERB.requests(world) return world:requests() end

--- Enforce a rate: a number of requests a second, { [bucket] = number }, or nothing for none.
function VERB.rate(world, rates)
  if rates ~= nil and type(rates) ~= "number" and type(rates) ~= "table" then
    return nil, "a rate is a number of requests a second, or a table by bucket"
  end
  world.quota:set(rates)
  return true
end

function VERB.page_url(world)
  return world.base_url .. "/_sandbox/"
end

--- The __index of a handle: its methods, and for a mistyped one the close one.
function verbs.index(methods)
  return function(_, name)
    local method = methods[name]
    if method ~= nil then return method end
    local close = require "kassa.nearest"(tostring(name), methods)
    error(("the sandbox has no verb %q%s"):format(tostring(name),
      close and ", did you mean " .. close .. "?" or ""), 2)
  end
end

--- The names of all verbs of a provider ("klarna" for nil), sorted; or nil and a sentence.
function verbs.names(provider)
  local protocol, message = providers.find(provider)
  if not protocol then return nil, message end
  local names = {}
  for _, set in ipairs { VERB, protocol.verbs } do
    for name in pairs(set) do names[#names + 1] = name end
  end
  table.sort(names)
  return names
end

-- The methods of base, and one for each verb of the provider.
local function class(base, provider, method)
  local names, message = verbs.names(provider)
  if not names then return nil, message end
  local made = {}
  for _, name in ipairs(names) do made[name] = method(name) end
  for name, value in pairs(base) do made[name] = value end
  made.__index = verbs.index(made)
  return made
end

--- The classes of a kind of handle, one for each provider.
-- @param base what handles of every provider can do beside the verbs
-- @param act function(handle, name, ...) -> what the verb gives
-- @return function(provider) -> class, or nil and a sentence; and function(handle, name), which
--   raises where the method of that name was called when it was not on a handle
function verbs.classes(base, act)
  local of_provider, is_class = {}, {}
  local function must_be_handle(self, name)
    if not is_class[getmetatable(self) or 0] then
      error("call sandbox:" .. name .. "(...) with a colon", 3)
    end
  end
  local function method(name)
    return function(self, ...)
      must_be_handle(self, name)
      local result, message = act(self, name, ...) -- no tail call: an error names the caller's line
      return result, message
    end
  end
  local function class_of(provider)
    provider = provider or "klarna"
    if not of_provider[provider] then
      local made, message = class(base, provider, method)
      if not made then return nil, message end
      of_provider[provider], is_class[made] = made, true
    end
    return of_provider[provider]
  end
  return class_of, must_be_handle
end

local function find(world, name)
  return VERB[name] or world.protocol.verbs[name]
end

--- Has this world such a verb?
function verbs.has(world, name)
  return find(world, name) ~= nil
end

-- JSON null stands for nothing, so that a remote caller can leave an argument out.
local function argument(value)
  if value == json.null then return nil end
  return value
end

--- Do a verb. Returns its result, or nil and a sentence.
-- @param args a list of at most three arguments
function verbs.call(world, name, args)
  local verb = find(world, name)
  if not verb then return nil, "the sandbox has no verb " .. tostring(name) end
  args = args or {}
  world:settle()
  local result, message = verb(world, argument(args[1]), argument(args[2]), argument(args[3]))
  if result == nil then return nil, message end
  if type(result) == "table" then return json.decode(assert(json.encode(result))) end
  return result
end

return verbs
