-- Signed deliveries for specs: the vectors of klarna.md 5.3 and of cybersource.md 15, which other
-- tools computed, and random ones from a seed. It refuses to sign with the code that is under test.

local json = require "kassa.json"

local deliveries = {}

local here = debug.getinfo(1, "S").source:match("^@(.*)support/deliveries%.lua$")

local function read(path)
  local file = assert(io.open(here .. path, "rb"))
  local text = file:read "*a"
  file:close()
  return text
end

local klarna = json.decode(read "fixtures/webhook/klarna.json")

deliveries.KEY_ID = "krn:partner:global:notification:signing-key:1"
deliveries.KEY, deliveries.BODY = klarna.key, klarna.body
deliveries.RIGHT, deliveries.BASE64 = klarna.signature, klarna.base64

--- { name, key, body, signature }, the worked example first.
deliveries.vectors = klarna.vectors

local cybersource =
  json.decode(read "fixtures/cybersource/cybersource-webhook-signature.json").vectors

--- Cybersource's: { name, key (in base64), key_id, body, header, valid, at_ms, right = the
-- signature that fits }, the vendor's own sample first.
deliveries.stamped = {}
for i, vector in ipairs(cybersource) do
  local input, expected = vector.input, vector.expected
  deliveries.stamped[i] = { name = vector.name, key = input.key_base64, key_id = input.key_id,
    body = input.body, header = input.header, valid = expected.valid,
    at_ms = expected.timestamp_ms, right = expected.sig_over }
end

--- The headers of a delivery with this signature (the worked example's) and key id.
function deliveries.headers(signature, key_id)
  return {
    ["Klarna-Signature"] = signature or deliveries.RIGHT,
    ["Klarna-Signing-Key-Id"] = key_id or deliveries.KEY_ID,
    ["Content-Type"] = "application/json",
  }
end

--- Numbers from 0 to limit - 1 by a seed, the same on every Lua.
function deliveries.random(seed)
  local state = seed
  return function(limit)
    state = (state * 16807) % 2147483647
    return state % limit
  end
end

--- So many random bytes.
function deliveries.bytes(random, size)
  local list = {}
  for i = 1, size do list[i] = string.char(random(256)) end
  return table.concat(list)
end

return deliveries
