-- Makes the rows of a table of operations ready for a client: each becomes a plan, and with it a
-- method of its resource and of the objects it acts on. It reads no argument and makes no call.

local api_of = require "kassa.api"
local call = require "kassa.call"
local core = require "kassa.core"
local frozen = require "kassa.frozen"
local guard = require "kassa.guard"
local kit = require "kassa.kit"
local methods = require "kassa.methods"
local object = require "kassa.object"
local options_of = require "kassa.options"
local paths = require "kassa.paths"

local valid_value = core.headers.valid_value

local M = {}

-- A header that one operation takes as an option (client_id, customer_token) is checked like any.
local function header_check(max)
  return function(value)
    local fits = type(value) == "string" and value ~= "" and #value <= max and valid_value(value)
    return not fits and ("a string of 1 to %d printable characters"):format(max) or nil
  end
end

local function header_checks(row)
  local checks = {}
  for _, header in ipairs(row.headers or {}) do
    checks[header.option] = header_check(header.type.max or 255)
  end
  return checks
end

-- The schema of a body is read and compiled when the first one is written.
local function writer_of(plan, api, reference)
  return { write = function(_, ...)
    plan.writer = require("kassa.schema").writer(api_of.find(api, reference))
    return plan.writer:write(...)
  end }
end

-- What is made of a success, where a kit wants to see it.
local function maker_of(client, plan)
  local module = plan.reply and client.api.objects[plan.reply].kit
  if not module then return plan.make end
  local make = plan.make or call.make_object
  return function(...)
    local made = make(...)
    kit.seen(module, made, client)
    return made
  end
end

-- What a row says, made ready once: the path cut, the machine found.
local function plan_of(client, machines, row)
  local kinds, kind = client.api.objects, row.on
  local method, route = paths.route(client.settings, row)
  local id = kind and kinds[kind].id
  local before, after, between = paths.cut(route)
  local plan = {
    api = client.api, row = row, kind = kind, method = method, route = route,
    before = before, after = after, between = between, amount = row.amount,
    acts = method ~= "GET", keyed = row.keyed or false,
    once = method ~= "GET" and not row.keyed, -- libcurl must not send it again by itself
    headers = row.headers, key_header = "Klarna-Idempotency-Key: ",
    option_checks = options_of.merged(options_of.call, header_checks(row)),
    machine = row.needs and machines[next(row.needs)] or nil,
    reply = row.reply, reply_schema = row.reply and kinds[row.reply].schema,
    kit = kind and kinds[kind].kit,
    needs_id = row.params ~= nil and row.params[1] ~= nil,
    takes_own_id = row.params ~= nil and row.params[1] == id,
    id_field = id,
  }
  plan.writer = row.body and writer_of(plan, client.api, row.body)
  if plan.kit and plan.acts then
    plan.execute = kit.executor(plan.kit, plan.execute or call.execute)
  end
  plan.make = maker_of(client, plan)
  return plan
end

local function plans_of(client)
  local plans, machines = {}, guard.machines(client.api)
  for i, row in ipairs(client.api.operations) do plans[i] = plan_of(client, machines, row) end
  return plans
end

-- The kits of resources: those of the objects that belong there.
local function kits_of(api)
  local kits = {}
  for _, kind in pairs(api.objects) do kits[kind.resource] = kits[kind.resource] or kind.kit end
  return kits
end

local function add_resources(client, plans)
  local verbs = {}
  for _, plan in ipairs(plans) do
    local name = plan.row.resource
    verbs[name] = verbs[name] or {}
    verbs[name][plan.row.verb] = methods.of_resource(client, plan)
  end
  local kits = kits_of(client.api)
  for name, names in pairs(verbs) do
    client.resources[name] = frozen(client.api.name .. "." .. name, names,
      kits[name] and kit.complete_resource(kits[name], client, name))
  end
end

local function add_classes(client, plans)
  for kind, described in pairs(client.api.objects) do
    local on_kind, verbs = {}, {}
    for _, plan in ipairs(plans) do
      if plan.kind == kind then
        on_kind[plan.row.verb], verbs[plan.row.verb] = plan, methods.of_object(client, plan)
      end
    end
    if described.kit then kit.complete_class(described.kit, kind, verbs) end
    client.classes[kind] = object.class(client, kind, on_kind, verbs)
  end
end

--- Give a client its resources (name -> methods) and the classes of its objects.
function M.add(client)
  client.api = api_of.table(client.access)
  local plans = plans_of(client)
  add_resources(client, plans)
  add_classes(client, plans)
end

return M
