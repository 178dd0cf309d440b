-- Is this delivery from the provider? Checks the signature over the raw body and reads the event.
-- It refuses to believe a byte before that, and no error of its holds a key, a digest or the body.

local core = require "kassa.core"
local json = require "kassa.json"
local new_error = require("kassa.error").new

local check, find, value_of = core.webhook.check, core.webhook.find, core.webhook.value
local keys_fault, ms_of = core.webhook.keys_fault, core.time.ms
local decode, list_mt = json.decode, json.list_mt

local SIGNATURE, KEY_ID = "Klarna-Signature", "Klarna-Signing-Key-Id"
local KEY_ID_SHOWN = 80 -- characters of a key id that an error shows

local M = {}

-- ---- misuse -------------------------------------------------------------------------------------

local function expected(name, what, value)
  return ("%s must be %s, got %s"):format(name, what, type(value))
end

-- Each: nil when the value fits, else what is wrong.
local fault_of = {}

function fault_of.body(value)
  if type(value) == "string" then return nil end
  local hint = value == nil and " (the raw body; \"\" when the request had none)" or ""
  return expected("body", "a string", value) .. hint
end

function fault_of.headers(value)
  if type(value) == "table" or type(value) == "function" then return nil end
  return expected("headers", "a table or a function(name)", value)
end

function fault_of.keys(value)
  local fault = keys_fault(value)
  return fault and "keys " .. fault
end

function fault_of.provider(value)
  if value == nil or value == "klarna" then return nil end
  return "provider must be \"klarna\", got " .. tostring(value)
end

function fault_of.now_ms(value)
  if value == nil or type(value) == "number" and value == value then return nil end
  return expected("now_ms", "a number of milliseconds", value)
end

function fault_of.raw(value)
  if value == nil or type(value) == "boolean" then return nil end
  return expected("raw", "a boolean", value)
end

local function unknown(name, names)
  local close = require "kassa.nearest"(tostring(name), names)
  return ("unknown option %s%s"):format(tostring(name),
    close and ", did you mean " .. close .. "?" or "")
end

-- What is wrong with the options of verify; nil when nothing is.
local function verify_fault(options)
  if type(options) ~= "table" then return expected("options", "a table", options) end
  for name in next, options do
    if not fault_of[name] then return unknown(name, fault_of) end
  end
  return fault_of.body(options.body) or fault_of.headers(options.headers)
    or fault_of.keys(options.keys) or fault_of.provider(options.provider)
    or fault_of.now_ms(options.now_ms) or fault_of.raw(options.raw)
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

local words = {}

function words.no_signature(signature)
  return ("the request has no %s header: it is not from Klarna, or something on the way took it")
    :format(signature == nil and SIGNATURE or KEY_ID)
end

function words.bad_format(signature, key_id)
  if signature == false or key_id == false then
    local name = signature == false and SIGNATURE or KEY_ID
    return name .. " came more than once or is no text"
  end
  return ("%s must be 64 lower-case hexadecimal digits and is something else of %d bytes")
    :format(SIGNATURE, #signature)
end

function words.unknown_key(_, key_id)
  return "the key id " .. shown(key_id) .. " is none of those given: a new signing key is to be "
    .. "added here before it is used, an old one kept for the 22 hours that retries may take"
end

function words.mismatch()
  return "the signature does not fit: the body must be the bytes as received, never decoded and "
    .. "encoded again, and the key the one of this id"
end

-- ---- reading ------------------------------------------------------------------------------------

-- What the two headers say: a text; nil for none; false for two of them, or for no text.
local function read_headers(headers)
  if type(headers) == "function" then
    return value_of((headers(SIGNATURE))), value_of((headers(KEY_ID)))
  end
  return find(headers)
end

local event_mt = { __name = "kassa.event" }

--- One line that names the event and nothing of its content.
function event_mt:__tostring()
  local line = tostring(self.type) .. " " .. tostring(self.id)
  return (line:gsub("%c", "?"))
end

local function text(value)
  return type(value) == "string" and value or nil
end

local function is_name(value)
  return type(value) == "string" and value ~= ""
end

local function is_map(value)
  return type(value) == "table" and value[1] == nil and getmetatable(value) ~= list_mt
end

-- The first part that every event has and this one has not; nil when all are there. (klarna.md 5.1)
local function missing(root)
  if not is_map(root) then return "the body is no JSON object" end
  if not is_map(root.metadata) then return "metadata is missing or no object" end
  if not is_name(root.metadata.event_type) then return "metadata.event_type is missing or empty" end
  if not is_name(root.metadata.event_id) then return "metadata.event_id is missing or empty" end
  if not is_map(root.payload) then return "payload is missing or no object" end
end

local function new_event(root, options, key_id)
  local metadata = root.metadata
  local occurred_at, live = text(metadata.occurred_at), metadata.live
  local occurred_ms = occurred_at and ms_of(occurred_at)
  local event = {
    type = metadata.event_type, id = metadata.event_id, version = text(metadata.event_version),
    occurred_at = occurred_at, occurred_ms = occurred_ms, metadata = metadata,
    payload = root.payload, body = options.body, key_id = key_id,
  }
  if type(live) == "boolean" then event.live = live end
  if occurred_ms and options.now_ms then event.age_ms = options.now_ms - occurred_ms end
  return setmetatable(event, event_mt)
end

--- Check a delivery and read its event. Nothing is refused for its age, since no time is signed:
-- whoever keeps the ids of events for some days knows a repeated one. (klarna.md 5.1, 5.3)
-- @param options { body = the raw bytes, headers = table (names in any case; a value may be a list)
--   or function(name), keys = { [id] = string or kassa.secret } of at most 50, or a set made by
--   webhook.keys; provider = "klarna", now_ms = epoch, to have event.age_ms; raw = true to check
--   the signature only, which gives { body, key_id } }
-- -> event: a table { type, id, version, occurred_at, occurred_ms, live, metadata, payload, body,
--   key_id }, where version, occurred_at, occurred_ms and live may be absent; or nil and an error
--   of the code "signature" with `reason`: no_signature, bad_format, unknown_key, mismatch, and
--   for what is signed but no event, not_json or missing_field. Raises for what cannot be meant.
function M.verify(options)
  local fault = verify_fault(options)
  if fault then error("kassa.webhook.verify: " .. fault, 2) end
  local body = options.body
  local signature, key_id = read_headers(options.headers)
  local reason = check(body, signature, key_id, options.keys)
  if reason then return refuse(reason, words[reason](signature, key_id)) end
  if options.raw then return setmetatable({ body = body, key_id = key_id }, event_mt) end
  local root, why = decode(body)
  if why then
    return refuse("not_json", ("the body of %d bytes is signed but no JSON: %s"):format(#body, why))
  end
  local absent = missing(root)
  if absent then return refuse("missing_field", absent) end
  return new_event(root, options, key_id)
end

--- A prepared set of signing keys for verify, which then hashes faster: { [id] = string or
-- kassa.secret }, 50 at most. set:add(id, key) adds or replaces one, set:remove(id) tells whether
-- it was there, #set counts. It keeps hash states, not keys, and wipes them. -> set; raises
M.keys = core.webhook.keys

-- What is wrong with the options of sign; nil when nothing is.
local function sign_fault(options)
  if type(options) ~= "table" then return expected("options", "a table", options) end
  for name in next, options do
    if name ~= "body" and name ~= "key" and name ~= "key_id" then
      return unknown(name, { body = true, key = true, key_id = true })
    end
  end
  local key_id = options.key_id
  if not is_name(key_id) or not core.headers.valid_value(key_id) then
    return "key_id must be a string that fits into a header"
  end
  if options.key == nil then return "key is missing" end
  local fault = keys_fault { [key_id] = options.key }
  return fault_of.body(options.body) or fault and "the pair of key_id and key " .. fault
end

--- Sign a body as Klarna does, for tests of one's own receiver.
-- @param options { body = string, key = string or kassa.secret, key_id = string }
-- -> the two headers, by name. Raises for what cannot be meant.
function M.sign(options)
  local fault = sign_fault(options)
  if fault then error("kassa.webhook.sign: " .. fault, 2) end
  return {
    [SIGNATURE] = core.sign.hex(core.sign.hmac_sha256(options.key, options.body)),
    [KEY_ID] = options.key_id,
  }
end

-- What comes after verification, loaded when first used.
local elsewhere = {
  router = { "kassa.webhook.router", "new" }, memory = { "kassa.webhook.memory", "new" },
}

return setmetatable(M, { __index = function(_, name)
  local place = elsewhere[name]
  if not place then return nil end
  M[name] = require(place[1])[place[2]]
  return M[name]
end })
