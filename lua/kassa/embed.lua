-- Puts into the body what other APIs say in a header or in the path: the name of the attempt, the
-- object that is followed. It never changes the caller's own tables.

local body_of = require "kassa.body"
local call = require "kassa.call"
local json = require "kassa.json"
local made_by = require "kassa.made"
local unescape = require("kassa.endpoint").unescape

local M = {}

local NAME_SIZE = 30 -- characters of a transactionId (cybersource.md 3)
local NO_OPTIONS = {}

-- A UUID without its hyphens has 32 digits; of those kept, 114 bits are chance.
local function short(key)
  if #key <= NAME_SIZE then return key end
  return (key:gsub("%-", "")):sub(1, NAME_SIZE)
end

--- The name of an attempt to move money: the one that the body has, of a named intent one for ever,
-- else one of its own. -> at most 30 characters
function M.key_of(client, plan, id, options, body)
  local own = body and body_of.value_at(body, plan.key_at)
  return type(own) == "string" and own or short(call.key_of(client, plan, id, options))
end

local function fault(plan, message, hint)
  return { code = "invalid", faults = { { path = plan.key_at, message = message, hint = hint } } }
end

-- What is wrong with a name of the caller's own, or nil. One that Cybersource refuses as a name is
-- refused in the words in which it refuses a second use: then nobody can tell the two apart.
local function own_fault(client, plan, own, options)
  if options.idempotency_key and options.idempotency_key ~= own then
    return fault(plan, "is another name than the option idempotency_key gives this attempt")
  end
  if call.strict(client, options) and own:find "[^%w._%-]" then
    return fault(plan, "may hold letters, digits, dots, _ and -",
      "what else Cybersource takes is not documented; strict = false sends it")
  end
end

-- The options with the attempt's name, which the caller may have given in the body.
local function named(client, plan, id, body, options)
  local own = body_of.value_at(body, plan.key_at)
  if own == nil or own == json.null then
    return call.with_key(options, M.key_of(client, plan, id, options))
  end
  if type(own) ~= "string" then return options end -- the writer refuses it
  local refusal = own_fault(client, plan, own, options)
  if refusal then return nil, refusal end
  local all = call.with_key(options, own)
  all.idempotency_key = own -- a name of the caller's own, however it was given
  return all
end

-- The way that the object's own link says, when it is the one that the row knows besides its path.
local function advertised(plan, subject, id)
  local other = plan.advertised
  local href = other and subject and id and body_of.value_at(subject, other.row.advertised.at)
  return href and href == other.before .. id .. other.after and other or plan
end

-- A search finds what was done by its code only: where the caller gives none, it is the name.
local function coded(body, path, key)
  local own = path and body_of.value_at(body, path)
  if not path or own ~= nil and own ~= json.null then return body end
  return body_of.with(body, path, key)
end

--- Make a call (kassa.call) whose body says its name (plan.key_at) or its object (plan.link).
function M.execute(client, plan, subject, id, body, options)
  body, options = body or {}, options or NO_OPTIONS
  if plan.key_at then
    local all, refusal = named(client, plan, id, body, options)
    if not all then return call.refuse(plan, refusal) end
    if all.derived_key then
      body = body_of.with(body, plan.key_at, all.derived_key)
      body = coded(body, plan.api.code_at, all.derived_key)
    end
    options = all
  end
  if plan.link and id then
    body, id = body_of.with(body, plan.link, unescape(id)), nil
  end
  local way, asked = advertised(plan, subject, id), plan.books and plan.books.asked(plan, body)
  local name = plan.key_at and options.derived_key
  if name then
    made_by.open(client, name, { code = body_of.value_at(body, plan.api.code_at),
      service = plan.row.service, amount = asked and asked.amount, sent_ms = client.now() })
  end
  local made, err = call.execute(client, way, subject, id, body, options)
  if made or err.happened == "no" then made_by.close(client, name) end
  if plan.key_at then
    local made_id = made and made.id or err and err.provider and err.provider.error_id
    made_by.remember(client, made_id, options.derived_key)
  end
  if made and plan.books then plan.books.enter(client, plan, subject, asked, made) end
  return made, err
end

return M
