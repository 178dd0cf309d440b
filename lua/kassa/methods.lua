-- Turns rows into methods: reads the arguments of a call by id, on an object or without either, and
-- raises, at the caller's line, what cannot be meant. It makes no request itself.

local call = require "kassa.call"
local endpoint = require "kassa.endpoint"
local json = require "kassa.json"
local object = require "kassa.object"
local options_of = require "kassa.options"

local segment_of = endpoint.segment

local M = {}

-- A reader of arguments returns: nil or what is wrong, subject, id, body, options.

local function wrong_options(plan, options)
  if options == nil then return nil end
  if type(options) ~= "table" then return "options must be a table, got " .. type(options) end
  local faults = options_of.faults(options, plan.option_checks)
  return faults[1] and table.concat(faults, "; ") or nil
end

local function wrong_table(what, value)
  if value == nil or type(value) == "table" then return nil end
  return ("the %s must be a table, got %s"):format(what, type(value))
end

-- Without a body the options may stand in its place, or behind an empty one.
local function body_and_options(plan, body, options)
  if not plan.writer then
    if options == nil then return wrong_options(plan, body), nil, body end
    if body ~= nil and (type(body) ~= "table" or next(body) ~= nil) then
      return "takes no body", nil, options
    end
    body = nil
  end
  return wrong_table("body", body) or wrong_options(plan, options), body, options
end

-- klarna.payment_transactions:capture(id or object, body, options). The path of every call by id,
-- so it looks twice only at what is there.
local function by_id(plan, given, body, options)
  local subject, id = nil, given
  if type(given) == "table" and plan.takes_own_id and object.kind(given) == plan.kind then
    subject, id = given, given[plan.id_field]
  end
  local segment, wrong = segment_of(id)
  if not segment then return plan.id_name .. " " .. wrong end
  if body ~= nil or options ~= nil then
    wrong, body, options = body_and_options(plan, body, options)
  end
  return wrong, subject, segment, body, options
end

-- klarna.payment_requests:create(body, options)
local function plain(plan, body, options)
  local wrong
  wrong, body, options = body_and_options(plan, body, options)
  return wrong, nil, nil, body, options
end

local function wrong_target(target)
  local wrong = wrong_table("target", target)
  if wrong or target == nil then return wrong end
  for name, value in pairs(target) do
    local fine = name == "file" and type(value) == "string" and value ~= ""
    if not fine or value:find "%z" then return "the target must be { file = path }" end
  end
end

-- klarna.disputes:download_attachment(id or object, attachment_id, target, options)
local function by_two_ids(plan, given, second, target, options)
  local wrong, subject, first = by_id(plan, given)
  if wrong then return wrong end
  local segment, why = segment_of(second)
  if not segment then return plan.row.params[2] .. " " .. why end
  wrong = wrong_target(target) or wrong_options(plan, options)
  return wrong, subject, first .. plan.between .. segment, target, options
end

-- klarna.disputes:list(query, options)
local function by_query(plan, query, options)
  return wrong_table("query", query) or wrong_options(plan, options), nil, nil, query, options
end

local function with(options, name, value)
  local all = { [name] = value }
  if type(options) == "table" then
    for key, other in pairs(options) do
      if key ~= name then all[key] = other end
    end
  end
  return all
end

-- klarna.customer_tokens:charge(token, body, options): the token travels in a header.
local function by_header(plan, value, body, options)
  local name = plan.row.arguments[1]
  if type(value) ~= "string" then return name .. " must be a string, got " .. type(value) end
  if options ~= nil and type(options) ~= "table" then return wrong_options(plan, options) end
  return plain(plan, body, with(options, name, value))
end

local function reader_of(plan)
  if plan.query then return by_query end
  if plan.between then return by_two_ids end
  if plan.takes_id then return by_id end
  return plan.row.arguments and by_header or plain
end

--- The method of a resource: client.<resource>:<verb>(...). No reader takes more than four.
function M.of_resource(client, plan)
  local read_arguments, resources, name = reader_of(plan), client.resources, plan.row.resource
  local execute = plan.execute or call.execute
  local prefix = name .. ":" .. plan.row.verb .. ": "
  return function(self, first, second, third, fourth)
    if self ~= resources[name] then error(prefix .. "call it with a colon, not with a dot", 2) end
    local wrong, subject, id, body, options = client.gone(), nil, nil, nil, nil
    if not wrong then
      wrong, subject, id, body, options = read_arguments(plan, first, second, third, fourth)
    end
    if wrong then error(prefix .. wrong, 2) end
    return execute(client, plan, subject, id, body, options)
  end
end

--- The method beside a list that gives item after item: client.<resource>:each(query, options).
function M.of_each(client, plan)
  local resources, name = client.resources, plan.row.resource
  return function(self, query, options)
    local wrong = self ~= resources[name] and "call it with a colon, not with a dot"
      or client.gone() or by_query(plan, query, options)
    if wrong then error(name .. ":each: " .. wrong, 2) end
    return require("kassa.page").each(client, plan, query, options)
  end
end

-- transaction:capture(body, options)
local function on_own_id(plan, subject, body, options)
  local wrong
  wrong, body, options = body_and_options(plan, body, options)
  return wrong, subject, segment_of(subject[plan.id_field]), body, options
end

-- A token in hand proves that the shopper agreed after the object was read: the newer state counts.
local function proven(plan, subject, options)
  local state = subject.state
  if options and options.expect or type(state) ~= "string" or plan.machine:final(state) then
    return options
  end
  return with(options, "expect", plan.row.needs[plan.kind][1])
end

-- request:confirm(token?, body, options): the token, if not given, is the one the object holds.
local function on_token(plan, subject, given, body, options)
  if type(given) == "table" then given, body, options = nil, given, body end
  local wrong
  wrong, body, options = body_and_options(plan, body, options)
  if wrong then return wrong end
  local param, context = plan.row.params[1], subject.state_context
  local token = given or type(context) == "table" and context[param]
  local none = not token or token == json.null
  if none then return nil, subject, nil, body, options end
  local segment, why = segment_of(token)
  if not segment then return param .. " " .. why end
  if given then options = proven(plan, subject, options) end
  return nil, subject, segment, body, options
end

--- The method of what an operation comes from: session:authorize(body, options).
function M.of_source(client, plan)
  local kind, execute = plan.source.kind, plan.execute or call.execute
  local prefix = kind .. ":" .. plan.row.money .. ": "
  return function(source, body, options)
    if object.kind(source) ~= kind then
      error(prefix .. "call it with a colon, not with a dot", 2)
    end
    local wrong, _ = client.gone(), nil
    if not wrong then wrong, _, _, body, options = plain(plan, body, options) end
    if wrong then error(prefix .. wrong, 2) end
    return execute(client, plan, nil, nil, body, with(options, kind, source))
  end
end

--- The method of an object: object:<verb>(...).
function M.of_object(client, plan)
  local read_arguments = plan.between and by_two_ids or plan.takes_own_id and on_own_id or on_token
  local prefix = plan.kind .. ":" .. plan.row.verb .. ": "
  local execute = plan.execute or call.execute
  return function(subject, first, second, third)
    if object.kind(subject) ~= plan.kind then
      error(prefix .. "call it with a colon, not with a dot", 2)
    end
    local wrong, _, id, body, options = client.gone(), nil, nil, nil, nil
    if not wrong then
      wrong, _, id, body, options = read_arguments(plan, subject, first, second, third)
    end
    if wrong then error(prefix .. wrong, 2) end
    return execute(client, plan, subject, id, body, options)
  end
end

return M
