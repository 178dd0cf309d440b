-- The seam for what is more than one call: the kit of a kind of object (kassa.dispute) adds methods
-- to its objects and its resource, and is asked before and told after each call that acts. A kit is
-- loaded when it is first needed, and none can replace a method that the table of operations has.
--
-- A kit is a module with any of these:
--   object    { name = function(object, ...) }, methods of its objects
--   resource  { name = function(resource, client, ...) }, methods of klarna.<resource>
--   refuse    function(plan, object, info, body, client, id, state): nil, or the fields of an
--             error; asked before the guard, since it knows more, and once more when the server
--             refused. object and info are nil in a call by id, id is nil in the question
--             object:can "verb"; state is what the caller expects the object to be in, or nil
--   key       function(plan, object, info, body, client, id): the idempotency key of a call that
--             names none itself, or nil for one of its own; asked once nothing is against the call
--   settle    function(plan, object, info, body, client, id, value, err): how the call ended
--   seen      function(object, client): an object was read
-- info is the client's own table about the object, where a kit may keep what it must remember.

local call = require "kassa.call"
local object = require "kassa.object"

local M = {}

-- The server refused what was let pass, and the object was read again: the kit may know why now.
local function sharpen(kit, plan, subject, info, body, client, err)
  if not info or not kit.refuse or err.status ~= 409 and err.status ~= 403 then return end
  local refusal = kit.refuse(plan, subject, info, body, client)
  if refusal then err.code, err.message = refusal.code, refusal.message end
end

--- What makes an acting call in place of `execute`, for kinds that have the kit `module`.
function M.executor(module, execute)
  return function(client, plan, subject, id, body, options)
    local kit, info = require(module), subject and client.info[subject]
    if not info then subject = nil end -- an object of another client counts by its id alone
    if plan.needs_id and not id then return call.execute(client, plan, subject) end -- refused there
    local state = options and options.expect
    local tried = options and options.entry and options.entry.tried -- perhaps done: no refusal
    local refusal = not tried and kit.refuse
      and kit.refuse(plan, subject, info, body, client, id, state)
    if refusal then return call.refuse(plan, refusal) end
    local key = kit.key and kit.key(plan, subject, info, body, client, id)
    if key then options = call.with_key(options, key) end
    local value, err = execute(client, plan, subject, id, body, options)
    if kit.settle then kit.settle(plan, subject, info, body, client, id, value, err) end
    if not value then sharpen(kit, plan, subject, info, body, client, err) end
    return value, err
  end
end

--- Tell the kit `module` of an object that was read.
function M.seen(module, made, client)
  local kit = require(module)
  if kit.seen then kit.seen(made, client) end
end

local function add(names, name, method)
  if rawget(names, name) ~= nil then error("kassa.kit: " .. name .. " is there already", 0) end
  names[name] = method
end

local function of_object(kind, name, method)
  return function(subject, ...)
    if object.kind(subject) ~= kind then
      error(("%s:%s: call it with a colon, not with a dot"):format(kind, name), 2)
    end
    local first, second = method(subject, ...) -- no tail call: an error names the caller's line
    return first, second
  end
end

--- Have the methods of a class (verb -> function) completed by a kit, when a name is asked for that
-- they have not.
function M.complete_class(module, kind, verbs)
  return setmetatable(verbs, { __index = function(_, name)
    setmetatable(verbs, nil)
    for own, method in pairs(require(module).object or {}) do
      add(verbs, own, of_object(kind, own, method))
    end
    return verbs[name]
  end })
end

local function of_resource(client, resource, name, method)
  return function(self, ...)
    local gone = self ~= client.resources[resource] and "call it with a colon, not with a dot"
      or client.gone()
    if gone then error(("%s:%s: %s"):format(resource, name, gone), 2) end
    local first, second = method(self, client, ...)
    return first, second
  end
end

--- The function that completes the names of a resource (kassa.frozen) by those of a kit.
function M.complete_resource(module, client, resource)
  return function(names)
    for name, method in pairs(require(module).resource or {}) do
      add(names, name, of_resource(client, resource, name, method))
    end
  end
end

return M
