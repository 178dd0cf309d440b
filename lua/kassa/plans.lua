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

-- The object that comes before is an option of its kind's name.
local function source_checks(source)
  return { [source.kind] = function(value)
    return object.kind(value) ~= source.kind and "a " .. source.kind .. " that a call returned"
  end }
end

local function option_checks(api, row, source)
  local own = options_of.merged(header_checks(row), source and source_checks(source) or {})
  local of_api = options_of.merged(options_of.call, options_of.calls[api.name] or {})
  return options_of.merged(of_api, own)
end

-- The schema of a body is read and compiled when the first one is written, or by `load`.
local function writer_of(plan, api, row)
  local function load()
    plan.writer = row.fixed and require("kassa.body").writer(api, row)
      or require("kassa.schema").writer(api_of.find(api, row.body))
  end
  return { load = load, fill = function(_, ...)
    load()
    return plan.writer:fill(...)
  end }
end

-- What a form is written by: it is made before the call.
local AS_IT_IS = { fill = function(_, form) return form end }

-- What gives a part of the table when it is asked for.
local function part_of(client, reference)
  return reference and function() return api_of.find(client.api, reference) end or nil
end

-- A function of a module that most programs never need.
local function later(module, name)
  return function(...) return require(module)[name](...) end
end

local HOOKED = { multipart = "kassa.upload", download = "kassa.download" }

-- Who makes the call of a row that is more than JSON there and back; nil for the usual way.
local function executor_of(plan)
  local row = plan.row
  local module = row.list and "kassa.page" or HOOKED[row.hook]
  local execute = module and later(module, "execute") or nil
  if plan.link or plan.key_at then execute = require("kassa.embed").execute end
  if not plan.kit or not plan.acts then return execute end
  return kit.executor(plan.kit, execute or call.execute)
end

-- The same, with the journal around it. What brings a secret is not kept, nor is a file.
local function journalled(client, plan, execute)
  local row = plan.row
  if not client.journal or not plan.acts or row.secret or row.file then return execute end
  return client.journal:executor(execute or call.execute)
end

-- Who makes something of a success, where it is no plain object; nil for the usual way.
local function own_maker_of(row)
  local module = row.list and "kassa.page" or row.hook == "download" and HOOKED.download
  return module and later(module, "make") or row.secret and later("kassa.answer", "secret")
    or row.bare and later("kassa.answer", "bare") or nil
end

-- The same, with the kit that wants to see what was read.
local function maker_of(client, plan)
  local make, row = own_maker_of(plan.row), plan.row
  local module = row.reply and client.api.objects[row.reply].kit
  if not module then return make end
  return function(...)
    local made = (make or call.make_object)(...)
    for _, item in ipairs(row.list and made[row.list] or { made }) do
      kit.seen(module, item, client)
    end
    return made
  end
end

-- How the object of a call is named: in the path, or in the body (`link`).
local function add_id(plan, row, id)
  local in_path = row.params and row.params[1]
  plan.id_name = in_path or row.link and row.arguments[1] or nil
  plan.needs_id, plan.takes_id = in_path ~= nil, plan.id_name ~= nil
  plan.id_field, plan.takes_own_id = id, plan.id_name ~= nil and plan.id_name == id
end

-- What becomes of the object that a call is made on: it is renewed by an answer of its own kind, or
-- learns from a check; what follows it (`link`) is another object.
local function renewal_of(row)
  if row.on ~= row.reply or row.link then return nil end
  return row.asks and object.update or object.renew
end

-- How answers are read, where an API has a judge of its own.
local function add_judge(plan, api, row)
  plan.read = row.hook == "download" and later(HOOKED.download, "read")
    or api.judge and later(api.judge, "read") or nil
  plan.refusal = api.judge and later(api.judge, "refusal") or nil
end

-- How an attempt is named, so that it acts once: by a header, or in the body of what moves money.
local function add_key(plan, api, row)
  plan.key_header = row.keyed and api.key_header or nil
  plan.key_at = row.money and api.key_at or nil
  plan.key_of = plan.key_at and later("kassa.embed", "key_of") or call.key_of
  plan.link = row.link
end

-- The object that has to come before (`from`), or nil.
local function source_of(api, machines, row)
  local kind = row.from and next(row.from)
  return kind and { kind = kind, machine = machines[kind],
    state_field = api.objects[kind].state_field or "state" } or nil
end

-- The same call by the path that an object's link may say, unless the merchant has his own.
local function advertised_of(client, plan, row)
  if not row.advertised or client.settings.paths[row.name] then return nil end
  local route = client.settings.prefix .. row.advertised.path
  local before, after = paths.cut(route)
  return setmetatable({ route = route, before = before, after = after }, { __index = plan })
end

-- What a row says, made ready once: the path cut, the machine found.
local function plan_of(client, machines, row)
  local api, kind = client.api, row.on
  local kinds = api.objects
  local method, route = paths.route(client.settings, row)
  local before, after, between = paths.cut(route)
  local acts, source = method ~= "GET" and not row.asks, source_of(api, machines, row)
  local plan = {
    api = api, row = row, kind = kind, method = method, route = route,
    before = before, after = after, between = between, amount = row.amount,
    acts = acts, keyed = row.keyed or false,
    bucket = row.bucket,
    once = acts and not row.keyed, -- libcurl must not send it again by itself
    headers = row.headers, option_checks = option_checks(api, row, source),
    machine = row.needs and machines[next(row.needs)] or nil,
    state_field = kind and kinds[kind].state_field or "state",
    reply = row.reply, reply_schema = row.page or row.reply and kinds[row.reply].schema,
    kit = kind and kinds[kind].kit, renew = renewal_of(row), source = source,
    books = api.books and require(api.books) or nil, unknown_waits = api.unknown_waits,
  }
  add_id(plan, row, kind and kinds[kind].id)
  add_key(plan, api, row)
  add_judge(plan, api, row)
  plan.writer = row.body and writer_of(plan, api, row) or row.file and AS_IT_IS or nil
  plan.content_type = row.body and "Content-Type: application/json" or nil
  plan.query, plan.file = part_of(client, row.query), part_of(client, row.file)
  plan.advertised = advertised_of(client, plan, row)
  plan.execute = journalled(client, plan, executor_of(plan))
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
    if plan.row.list and plan.row.query then verbs[name].each = methods.of_each(client, plan) end
  end
  local kits = kits_of(client.api)
  for name, names in pairs(verbs) do
    client.resources[name] = frozen(client.api.name .. "." .. name, names,
      kits[name] and kit.complete_resource(kits[name], client, name))
  end
end

-- The methods of one kind of object. What asks for its state is refresh(): the field that holds it
-- may be called like the verb.
local function methods_on(client, kind, plans)
  local on_kind, verbs = {}, {}
  for _, plan in ipairs(plans) do
    local verb = plan.row.verb
    if plan.kind == kind and plan.row.asks then
      on_kind.read, verbs.refresh = plan, methods.of_object(client, plan)
    elseif plan.kind == kind then
      on_kind[verb], verbs[verb] = plan, methods.of_object(client, plan)
    elseif plan.source and plan.source.kind == kind then
      verbs[plan.row.money] = methods.of_source(client, plan)
    end
  end
  return on_kind, verbs
end

local function add_classes(client, plans)
  for kind, described in pairs(client.api.objects) do
    local on_kind, verbs = methods_on(client, kind, plans)
    if described.kit then kit.complete_class(described.kit, kind, verbs) end
    client.classes[kind] = object.class(client, kind, on_kind, verbs)
  end
end

-- A frame must not pay for a schema. One is compiled when it writes; the faults are nobody's.
local function load_writers(plans)
  for _, plan in ipairs(plans) do
    if plan.row.body then plan.writer.load() end
    if plan.row.body and not plan.row.fixed then plan.writer:write {} end
  end
end

--- Give a client its resources (name -> methods) and the classes of its objects. whole: with all
-- that would else be loaded by the first calls.
function M.add(client, whole)
  client.api = api_of.table(client.access)
  local plans = plans_of(client)
  if client.journal then client.journal:add(client, plans) end
  add_resources(client, plans)
  add_classes(client, plans)
  if whole then load_writers(plans) end
end

return M
