-- Is this delivery from the provider? Checks the signature over the raw body and reads the event.
-- It refuses to believe a byte before that, and no error of its holds a key, a digest or the body.

local core = require "kassa.core"
local json = require "kassa.json"
local new_error = require("kassa.error").new

local check, parts, keys_fault =
  core.webhook.check, core.webhook.parts, core.webhook.keys_fault
local decode = json.decode

local SIGNATURE, KEY_ID = "Klarna-Signature", "Klarna-Signing-Key-Id"
local KEY_ID_SHOWN = 80 -- characters of a key id that an error shows

local M = {}

-- ---- misuse -------------------------------------------------------------------------------------

-- What each option of verify must be.
local MUST_BE = {
  body = "a string", headers = "a table or a function(name)", keys = "a table",
  provider = "\"klarna\"", now_ms = "a number of milliseconds", raw = "a boolean",
}

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

-- nil when the delivery is right, else the reason; the signature and the key id as they came.
local function judge(options)
  local reason, signature, key_id = check(options)
  if reason == "ask" then
    local headers = options.headers
    return check(options, (headers(SIGNATURE)), (headers(KEY_ID)))
  end
  return reason, signature, key_id
end

local event_mt = { __name = "kassa.event" }

--- One line that names the event and nothing of its content.
function event_mt:__tostring()
  local line = tostring(self.type) .. " " .. tostring(self.id)
  return (line:gsub("%c", "?"))
end

-- The event that a body holds; nil and an error when it holds none. (klarna.md 5.1)
local function read(options, key_id)
  local body = options.body
  local root, why = decode(body)
  if why then
    return refuse("not_json", ("the body of %d bytes is signed but no JSON: %s"):format(#body, why))
  end
  local metadata, payload, kind, id, version, occurred_at, occurred_ms, live = parts(root)
  if not metadata then return refuse("missing_field", payload) end
  local now_ms = options.now_ms
  return setmetatable({
    type = kind, id = id, version = version, live = live, occurred_at = occurred_at,
    occurred_ms = occurred_ms, age_ms = occurred_ms and now_ms and now_ms - occurred_ms,
    metadata = metadata, payload = payload, body = body, key_id = key_id,
  }, event_mt)
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
  if type(options) ~= "table" then
    error("kassa.webhook.verify: " .. expected("options", "a table", options), 2)
  end
  if options == M then error("kassa.webhook.verify: " .. COLON, 2) end
  local reason, signature, key_id = judge(options)
  if reason == "option" then
    error("kassa.webhook.verify: " .. misuse(options, signature, key_id), 2)
  end
  if reason then return refuse(reason, words[reason](signature, key_id)) end
  if options.raw then return setmetatable({ body = options.body, key_id = key_id }, event_mt) end
  return read(options, key_id)
end

--- A prepared set of signing keys for verify, which then hashes faster: { [id] = string or
-- kassa.secret }, 50 at most. set:add(id, key) adds or replaces one, set:remove(id) tells whether
-- it was there, #set counts. It keeps hash states, not keys, and wipes them. -> set; raises
M.keys = core.webhook.keys

-- What is wrong with the options of sign; nil when nothing is.
local function sign_fault(options)
  if options == M then return COLON end
  if type(options) ~= "table" then return expected("options", "a table", options) end
  for name in next, options do
    if name ~= "body" and name ~= "key" and name ~= "key_id" then
      return unknown(name, { body = true, key = true, key_id = true })
    end
  end
  local body, key, key_id = options.body, options.key, options.key_id
  if type(body) ~= "string" then return expected("body", "a string", body) end
  if type(key_id) ~= "string" or key_id == "" or not core.headers.valid_value(key_id) then
    return "key_id must be a string that fits into a header"
  end
  if key == nil then return "key is missing" end
  local fault = keys_fault { [key_id] = key }
  return fault and "the pair of key_id and key " .. fault
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
