-- Cybersource's webhooks: one header that signs a time and the raw body, and an envelope around a
-- payload. It checks nothing, opens no encrypted payload, and calls no event the truth: what it
-- tells is a hint to check the status.

local core = require "kassa.core"
local json = require "kassa.json"

local M = {}

local SIGNATURE = "v-c-signature"

--- The header that verify asks a function for.
M.headers = { SIGNATURE }

--- How far the time that was signed may be from now, either way. (cybersource.md 11, a guess)
M.tolerance_s = 3600

--- In words for each reason, what is wrong with the header; `shown` makes a text fit for a log.
M.words = {}

function M.words.no_signature()
  return "the request has no " .. SIGNATURE .. " header: it is not from Cybersource, or something "
    .. "on the way took it"
end

function M.words.bad_format(signature)
  if signature == false then return SIGNATURE .. " came more than once or is no text" end
  return ("%s must read t=<milliseconds>;keyId=<id>;sig=<base64> and is something else of %d bytes")
    :format(SIGNATURE, #signature)
end

function M.words.unknown_key(_, key_id, shown)
  return "the key id " .. shown(key_id) .. " is none of those given: a signing key lives for the "
    .. "days that it was made for, and a new one is to be added here before it replaces the old"
end

--- The same for a time that is too far away. (Only what is rightly signed comes as far as this.)
function M.words.stale(signed_ms, now_ms, tolerance_s)
  local away_s = math.abs(now_ms - signed_ms) / 1000
  return ("it was signed %d seconds %s, and %d are allowed: it was sent a second time by somebody, "
    .. "or the clock of this machine is wrong"):format(math.ceil(away_s),
      signed_ms < now_ms and "ago" or "from now", tolerance_s)
end

-- A text that is not empty, or nil.
local function text(value)
  return type(value) == "string" and value ~= "" and value or nil
end

-- What tells one event from another. The envelope's own ids are new for each attempt.
local function id_of(root, payload)
  local reference, status = text(payload.reconciliationId), text(payload.status)
  if reference and status then return reference .. " " .. status end
  local said = json.encode { root.eventType, text(root.eventDate) or "", payload }
  return said and core.sign.hex(core.sign.sha256(said))
end

local function is_map(value)
  return type(value) == "table" and value[1] == nil and getmetatable(value) ~= json.list_mt
end

local ENCRYPTED = "the payload is encrypted, which kassa does not open"

-- The payload and its event's id; nil and what is missing.
local function payload_of(root)
  if not is_map(root) then return nil, "the body is no JSON object" end
  if root.encData or root.encryptedRequest then return nil, ENCRYPTED end
  if not text(root.eventType) then return nil, "eventType is missing or empty" end
  local payload = root.payload
  if type(payload) == "string" then return nil, ENCRYPTED end
  if not is_map(payload) then return nil, "payload is missing or no object" end
  local id = id_of(root, payload)
  if not id then return nil, "payload cannot be told from others" end
  return payload, id
end

-- Dates are written without a zone; that of UTC is meant. (a guess)
local function time_of(root)
  local date = text(root.eventDate)
  return date and (core.time.ms(date) or core.time.ms(date .. "Z"))
end

--- The fields of the event that a decoded body holds; nil and what is missing. (cybersource.md 11)
function M.read(root, body, key_id, now_ms, signed_ms)
  local payload, id = payload_of(root)
  if not payload then return nil, id end
  local occurred_ms, metadata = time_of(root), {}
  for name, value in pairs(root) do
    if name ~= "payload" then metadata[name] = value end
  end
  return {
    type = root.eventType, id = id, occurred_at = text(root.eventDate), occurred_ms = occurred_ms,
    age_ms = occurred_ms and now_ms and now_ms - occurred_ms, signed_ms = signed_ms,
    metadata = metadata, payload = payload, body = body, key_id = key_id,
  }
end

--- The header for a body that is signed at now_ms, by name. key: in base64.
function M.sign(body, key, key_id, now_ms)
  local time = ("%.0f"):format(now_ms)
  local bytes = core.sign.unbase64(core.secret.is(key) and core.secret.reveal(key) or key)
  local mac = core.sign.base64(core.sign.hmac_sha256(bytes, time .. "." .. body))
  return { [SIGNATURE] = ("t=%s;keyId=%s;sig=%s"):format(time, key_id, mac) }
end

return M
