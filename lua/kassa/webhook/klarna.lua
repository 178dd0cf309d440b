-- Klarna's webhooks: two headers, of which one signs the raw body, and an event that names itself.
-- It checks nothing; it says what a check has found, and reads what has passed one.

local core = require "kassa.core"

local parts = core.webhook.parts

local M = {}

local SIGNATURE, KEY_ID = "Klarna-Signature", "Klarna-Signing-Key-Id"

--- The headers that verify asks a function for: the signature, the id of the key.
M.headers = { SIGNATURE, KEY_ID }

--- In words for each reason, what is wrong with the two headers; `shown` makes a text fit for a
-- log.
M.words = {}

function M.words.no_signature(signature)
  return ("the request has no %s header: it is not from Klarna, or something on the way took it")
    :format(signature == nil and SIGNATURE or KEY_ID)
end

function M.words.bad_format(signature, key_id)
  if signature == false or key_id == false then
    local name = signature == false and SIGNATURE or KEY_ID
    return name .. " came more than once or is no text"
  end
  return ("%s must be 64 lower-case hexadecimal digits and is something else of %d bytes")
    :format(SIGNATURE, #signature)
end

function M.words.unknown_key(_, key_id, shown)
  return "the key id " .. shown(key_id) .. " is none of those given: a new signing key is to be "
    .. "added here before it is used, an old one kept for the 22 hours that retries may take"
end

--- The fields of the event that a decoded body holds; nil and what is missing. (klarna.md 5.1)
function M.read(root, body, key_id, now_ms)
  local metadata, payload, kind, id, version, occurred_at, occurred_ms, live = parts(root)
  if not metadata then return nil, payload end
  return {
    type = kind, id = id, version = version, live = live, occurred_at = occurred_at,
    occurred_ms = occurred_ms, age_ms = occurred_ms and now_ms and now_ms - occurred_ms,
    metadata = metadata, payload = payload, body = body, key_id = key_id,
  }
end

--- The headers for a body, by name.
function M.sign(body, key, key_id)
  return { [SIGNATURE] = core.sign.hex(core.sign.hmac_sha256(key, body)), [KEY_ID] = key_id }
end

return M
