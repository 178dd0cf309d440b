-- Is this delivery from the provider? Checks the signature over the raw body and reads the event.
-- It refuses to believe a byte before that, and no error of its holds a key, a digest or the body.

local core = require "kassa.core"
local event_mt = require("kassa.webhook.event").metatable
local json = require "kassa.json"
local new_error = require("kassa.error").new

local check, keys_fault = core.webhook.check, core.webhook.keys_fault
local decode = json.decode

local KEY_ID_SHOWN = 80 -- characters of a key id that an error shows

local M = {}

-- ---- misuse -------------------------------------------------------------------------------------

-- What each option of verify must be.
local MUST_BE = {
  body = "a string", headers = "a table or a function(name)", keys = "a table",
  provider = "\"klarna\" or \"cybersource\"", now_ms = "a number of milliseconds",
  raw = "a boolean", tolerance_s = "a number of seconds, not less than 0",
}

local MODULES = { klarna = "kassa.webhook.klarna", cybersource = "kassa.webhook.cybersource" }

local providers = {}

-- What differs by the provider of this name, Klarna for nil; loaded when first used.
local function provider_of(name)
  name = name or "klarna"
  local provider = providers[name]
  if not provider then
    provider = require(MODULES[name])
    providers[name] = provider
  end
  return provider
end

local COLON = "call it with a dot, not with a colon"

local function expected(name, what, value)
  local hint = name == "body" and value == nil and ": the raw body, \"\" for none" or ""
  return ("%s must be %s, got %s%s"):format(name, what, type(value), hint)
end

local function unknown(name, names)
  local close = require "kassa.nearest"(tostring(name), names)
  return ("unknown option %s%s"):format(tostring(name),
    close and ", did you mean " .. close .. "?" or "")
end

-- In words, what check found wrong with an option of verify.
local function misuse(options, name, fault)
  if fault then return name .. " " .. fault end
  if not MUST_BE[name] then return unknown(name, MUST_BE) end
  return expected(name, MUST_BE[name], options[name])
end

-- ---- refusals -----------------------------------------------------------------------------------

local function refuse(reason, message)
  return nil, new_error("signature",
    { operation = "kassa.webhook.verify", reason = reason, message = message })
end

-- A text that came from anywhere, for one line of a log.
local function shown(text)
  text = text:gsub("[^\32-\126]", "?"):gsub('["\\]', "?")
  return '"' .. text:sub(1, KEY_ID_SHOWN) .. (#text > KEY_ID_SHOWN and "..." or "") .. '"'
end

local MISMATCH = "the signature does not fit: the body must be the bytes as received, never "
  .. "decoded and encoded again, and the key the one of this id"

local function refuse_for(reason, provider, signature, key_id)
  local words = provider.words[reason]
  return refuse(reason, words and words(signature, key_id, shown) or MISMATCH)
end

-- ---- reading ------------------------------------------------------------------------------------

-- nil when the delivery is right, else the reason; the signature and the key id as they came, and
-- when it was signed.
local function judge(options)
  local reason, signature, key_id, signed_ms = check(options)
  if reason == "ask" then
    local ask, names = options.headers, provider_of(options.provider).headers
    return check(options, (ask(names[1])), names[2] and (ask(names[2])))
  end
  return reason, signature, key_id, signed_ms
end

local function system_time()
  return require("kassa.host"):driver().engine:time()
end

-- A refusal of what was signed too long ago, or too far in the future; or nil.
local function too_far(options, provider, signed_ms)
  local tolerance_s = options.tolerance_s or provider.tolerance_s
  local now_ms = options.now_ms or system_time()
  if math.abs(now_ms - signed_ms) <= tolerance_s * 1000 then return nil end
  return provider.words.stale(signed_ms, now_ms, tolerance_s)
end

-- The event that a body holds; nil and an error when it holds none.
local function read(options, provider, key_id, signed_ms)
  local body = options.body
  local root, why = decode(body)
  if why then
    return refuse("not_json", ("the body of %d bytes is signed but no JSON: %s"):format(#body, why))
  end
  local event, missing = provider.read(root, body, key_id, options.now_ms, signed_ms)
  if not event then return refuse("missing_field", missing) end
  return setmetatable(event, event_mt)
end

--- Check a delivery and read its event. Of Klarna's nothing is refused for its age, since no time
-- is signed: whoever keeps the ids of events for some days knows a repeated one. Cybersource's are
-- refused when they were signed too far from now. (klarna.md 5.1, 5.3; cybersource.md 11)
-- @param options { body = the raw bytes, headers = table (names in any case; a value may be a list)
--   or function(name), keys = { [id] = string or kassa.secret } of at most 50, or a set made by
--   webhook.keys (Cybersource's are base64); provider = "klarna" (default) or "cybersource";
--   now_ms = epoch, to have event.age_ms (for Cybersource the system's time when left out);
--   tolerance_s = for Cybersource seconds either way (3600; math.huge: any age); raw = true to
--   check the signature only, which gives { body, key_id, signed_ms } }
-- -> event: a table { type, id, version, occurred_at, occurred_ms, live, metadata, payload, body,
--   key_id, signed_ms }, where version, occurred_at, occurred_ms, live and signed_ms may be absent;
--   or nil and an error of the code "signature" with `reason`: no_signature, bad_format,
--   unknown_key, mismatch, stale, and for what is signed but no event, not_json or missing_field.
--   Raises for what cannot be meant.
function M.verify(options)
  if type(options) ~= "table" then
    error("kassa.webhook.verify: " .. expected("options", "a table", options), 2)
  end
  if options == M then error("kassa.webhook.verify: " .. COLON, 2) end
  local reason, signature, key_id, signed_ms = judge(options)
  if reason == "option" then
    error("kassa.webhook.verify: " .. misuse(options, signature, key_id), 2)
  end
  local provider = provider_of(options.provider)
  if reason then return refuse_for(reason, provider, signature, key_id) end
  local stale = signed_ms and too_far(options, provider, signed_ms)
  if stale then return refuse("stale", stale) end
  if options.raw then
    return setmetatable({ body = options.body, key_id = key_id, signed_ms = signed_ms }, event_mt)
  end
  return read(options, provider, key_id, signed_ms)
end

--- A prepared set of signing keys for verify, which then hashes faster: { [id] = string or
-- kassa.secret }, 50 at most; and whose they are, "klarna" (default) or "cybersource".
-- set:add(id, key) adds or replaces one, set:remove(id) tells whether it was there, #set counts. It
-- keeps hash states, not keys, and wipes them. -> set; raises
M.keys = core.webhook.keys

local SIGN_OPTIONS = { body = true, key = true, key_id = true, provider = true, now_ms = true }

-- What is wrong with the options of sign; nil when nothing is.
local function sign_fault(options)
  if options == M then return COLON end
  if type(options) ~= "table" then return expected("options", "a table", options) end
  for name in next, options do
    if not SIGN_OPTIONS[name] then return unknown(name, SIGN_OPTIONS) end
  end
  if options.provider ~= nil and not MODULES[options.provider] then
    return expected("provider", MUST_BE.provider, options.provider)
  end
  local body, key, key_id = options.body, options.key, options.key_id
  if type(body) ~= "string" then return expected("body", "a string", body) end
  if type(key_id) ~= "string" or key_id == "" or not core.headers.valid_value(key_id) then
    return "key_id must be a string that fits into a header"
  end
  if key == nil then return "key is missing" end
  if options.now_ms ~= nil and type(options.now_ms) ~= "number" then
    return expected("now_ms", MUST_BE.now_ms, options.now_ms)
  end
  local fault = keys_fault({ [key_id] = key }, options.provider)
  return fault and "the pair of key_id and key " .. fault
end

--- Sign a body as the provider does, for tests of one's own receiver.
-- @param options { body = string, key = string or kassa.secret, key_id = string, provider =
--   "klarna" (default) or "cybersource", now_ms = when it is signed, for Cybersource (now) }
-- -> the headers, by name. Raises for what cannot be meant.
function M.sign(options)
  local fault = sign_fault(options)
  if fault then error("kassa.webhook.sign: " .. fault, 2) end
  return provider_of(options.provider).sign(options.body, options.key, options.key_id,
    options.now_ms or options.provider == "cybersource" and system_time())
end

-- What comes after verification, loaded when first used.
local elsewhere = {
  router = { "kassa.webhook.router", "new" }, memory = { "kassa.webhook.memory", "new" },
  serve = { "kassa.webhook.serve", "serve" },
}

local NAMES = "keys, memory, router, serve, sign and verify"

return setmetatable(M, { __index = function(_, name)
  local place = elsewhere[name]
  if not place then
    error(("kassa.webhook has no %q, it has %s"):format(tostring(name), NAMES), 2)
  end
  M[name] = require(place[1])[place[2]]
  return M[name]
end })
