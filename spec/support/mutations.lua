-- Deliveries that were signed rightly and then changed, in every way that was thought of, from a
-- seed. It refuses changes that mean the same: a key with NULs behind it is the same key to HMAC.

local core = require "kassa.core"
local deliveries = require "support.deliveries"
local fixtures = require "support.fixtures"
local json = require "kassa.json"
local webhook = require "kassa.webhook"

local sign = core.sign
local ID, OTHER_ID = deliveries.KEY_ID, "krn:partner:global:notification:signing-key:2"
local KEY, OTHER_KEY = deliveries.KEY, "kassa-test-signing-key-0002"
local SPACES = { " ", "\t", "\n", "\r\n", "\r", "\v", "\f", "\0", "\194\160", "\239\187\191" }

local function digest(key, body) return sign.hmac_sha256(key, body) end

local function pick(random, list) return list[random(#list) + 1] end

-- What gets changed: the worked example and each example event, by either key.
local bodies = { deliveries.BODY }
for _, fixture in ipairs(fixtures.of "event") do bodies[#bodies + 1] = fixture.text end

local function fresh(random)
  local body, first = pick(random, bodies), random(2) == 0
  return { body = body, id = first and ID or OTHER_ID,
    signature = sign.hex(digest(first and KEY or OTHER_KEY, body)) }
end

-- ---- changes to a text --------------------------------------------------------------------------

local function splice(text, first, last, middle)
  return text:sub(1, first - 1) .. middle .. text:sub(last + 1)
end

local function flip(random, text)
  local at, bit = random(#text) + 1, 2 ^ random(8)
  local byte = text:byte(at)
  local set = math.floor(byte / bit) % 2 == 1
  return splice(text, at, at, string.char(set and byte - bit or byte + bit))
end

local function cut(random, text)
  local size = random(#text)
  return random(2) == 0 and text:sub(1, size) or text:sub(-size, -1):sub(1, size)
end

local function grow(random, text)
  local at = random(#text + 1) + 1
  return splice(text, at, at - 1, deliveries.bytes(random, random(3) + 1))
end

local function replace(random, text)
  local at = random(#text) + 1
  return splice(text, at, at, string.char(random(256)))
end

local function swap(random, text)
  local at = random(#text - 1) + 1
  return splice(text, at, at + 1, text:sub(at, at + 1):reverse())
end

local function space(random, text)
  local at = pick(random, { 1, #text + 1, random(#text) + 1 })
  return splice(text, at, at - 1, pick(random, SPACES))
end

local function upper_one(random, text)
  local at = random(#text) + 1
  return splice(text, at, at, text:sub(at, at):upper())
end

local TEXT = { flip, cut, grow, replace, swap, space, upper_one }

-- ---- changes to a delivery ----------------------------------------------------------------------

-- Other ways to write the same 32 bytes.
local ENCODINGS = {
  function(bytes) return sign.hex(bytes):upper() end,
  function(bytes) return sign.base64(bytes) end,
  function(bytes) return (sign.base64(bytes):gsub("%+", "-"):gsub("/", "_"):gsub("=", "")) end,
  function(bytes) return bytes end,
  function(bytes) return "sha256=" .. sign.hex(bytes) end,
  function(bytes) return "0x" .. sign.hex(bytes) end,
  function(bytes) return sign.hex(sign.hex(bytes)) end,
  function(bytes) return sign.hex(bytes:reverse()) end,
  function(bytes) return sign.hex(bytes):gsub("%x%x", "%0:"):sub(1, -2) end,
  function(bytes) return sign.hex(bytes):rep(2) end,
  function(bytes) return sign.hex(bytes) .. ", " .. sign.hex(bytes) end,
  function(bytes) return '"' .. sign.hex(bytes) .. '"' end,
}

local kinds = {}

function kinds.body(random, d) d.body = pick(random, TEXT)(random, d.body) end

function kinds.signature(random, d) d.signature = pick(random, TEXT)(random, d.signature) end

function kinds.both(random, d)
  kinds.body(random, d)
  kinds.signature(random, d)
end

function kinds.encoding(random, d)
  d.signature = pick(random, ENCODINGS)(sign.unhex(d.signature))
end

function kinds.rewritten(_, d) d.body = json.encode(json.decode(d.body)) end

function kinds.key(random, d)
  local key = d.id == ID and KEY or OTHER_KEY
  d.signature = sign.hex(digest(pick(random, { cut, swap, upper_one })(random, key), d.body))
end

function kinds.plain_digest(random, d)
  d.signature = sign.hex(pick(random, {
    sign.sha256(d.body), sign.sha256(KEY .. d.body), digest(d.body, KEY), digest(KEY, ""),
    digest("", d.body), digest(KEY, sign.hex(sign.sha256(d.body))), digest(KEY, d.id .. d.body),
  }))
end

function kinds.key_id(random, d)
  d.id = pick(random, { d.id == ID and OTHER_ID or ID, "", "__index", d.id:upper(),
    pick(random, TEXT)(random, d.id) })
end

function kinds.other_body(random, d) d.body = fresh(random).body end

function kinds.headers(random, d)
  local signature, id = d.signature, d.id
  d.headers = pick(random, {
    {}, { ["Klarna-Signature"] = signature }, { ["Klarna-Signing-Key-Id"] = id },
    { ["Klarna-Signature"] = id, ["Klarna-Signing-Key-Id"] = signature },
    { ["Klarna-Signature"] = { signature, signature }, ["Klarna-Signing-Key-Id"] = id },
    { ["Klarna-Signature"] = signature, ["Klarna-Signing-Key-Id"] = { id, id } },
    { ["Klarna-Signature"] = signature, ["KLARNA-SIGNATURE"] = signature,
      ["Klarna-Signing-Key-Id"] = id },
    { ["Klarna-Signatur"] = signature, ["Klarna-Signing-Key-Id"] = id },
    { ["Klarna_Signature"] = signature, ["Klarna_Signing_Key_Id"] = id },
    { ["X-Klarna-Signature"] = signature, ["Klarna-Signing-Key-Id"] = id },
    { ["Klarna-Signature "] = signature, ["Klarna-Signing-Key-Id"] = id },
  })
end

local NAMES = {}
for name in pairs(kinds) do NAMES[#NAMES + 1] = name end
table.sort(NAMES)

-- ---- the run ------------------------------------------------------------------------------------

local KEYS = { [ID] = KEY, [OTHER_ID] = OTHER_KEY }

local function verify(d, keys)
  local headers = d.headers
    or { ["Klarna-Signature"] = d.signature, ["Klarna-Signing-Key-Id"] = d.id }
  return webhook.verify { body = d.body, headers = headers, keys = keys, raw = true }
end

local function changed(random)
  local before = fresh(random)
  local after = { body = before.body, id = before.id, signature = before.signature }
  local name = pick(random, NAMES)
  kinds[name](random, after)
  local same = not after.headers and after.body == before.body and after.id == before.id
    and after.signature == before.signature
  if same then return changed(random) end -- such as two equal bytes swapped
  return after, name, before
end

local mutations = { kinds = NAMES }

--- Verify so many changed deliveries, by a table of keys and by a prepared set in turn, and what
-- each was before the change. -> how many were accepted; refusals by kind; refusals by reason.
-- Raises when one that is not changed is refused.
function mutations.run(count, seed)
  local random, set = deliveries.random(seed), webhook.keys(KEYS)
  local accepted, by_kind, by_reason = 0, {}, {}
  for i = 1, count do
    local after, name, before = changed(random)
    local keys = i % 2 == 0 and KEYS or set
    local event, err = verify(after, keys)
    assert(verify(before, keys))
    if event then
      accepted = accepted + 1
    else
      by_kind[name] = (by_kind[name] or 0) + 1
      by_reason[err.reason] = (by_reason[err.reason] or 0) + 1
    end
  end
  return accepted, by_kind, by_reason
end

-- ---- Cybersource's ------------------------------------------------------------------------------

local STAMPED_KEYS = {
  first = sign.base64 "kassa-test-signing-key-0001", second = sign.base64(("\0\255k"):rep(11)),
}

local function stamped_header(d)
  return ("t=%s;keyId=%s;sig=%s"):format(d.time, d.id, d.signature)
end

local function stamped_digest(d)
  return sign.base64(digest(sign.unbase64(STAMPED_KEYS[d.id]), d.time .. "." .. d.body))
end

local function fresh_stamped(random)
  local d = { body = pick(random, bodies), id = pick(random, { "first", "second" }),
    time = ("%d"):format(1772701200 + random(100)) .. "000" }
  d.signature = stamped_digest(d)
  return d
end

-- Each changes a delivery, or gives another header for it.
local stamped = {}

function stamped.body(random, d) d.body = pick(random, TEXT)(random, d.body) end

function stamped.time(random, d) d.time = pick(random, TEXT)(random, d.time) end

function stamped.key_id(random, d)
  d.id = pick(random, { d.id == "first" and "second" or "first", pick(random, TEXT)(random, d.id) })
end

function stamped.signature(random, d) d.signature = pick(random, TEXT)(random, d.signature) end

function stamped.header(random, d) return pick(random, TEXT)(random, stamped_header(d)) end

-- What belongs together, put together in another way.
function stamped.swapped(random, d)
  local bytes = sign.unbase64(d.signature)
  local other = fresh_stamped(random)
  d.signature = pick(random, { other.signature ~= d.signature and other.signature or "",
    sign.hex(bytes), sign.base64url(bytes), sign.base64(bytes .. "\0"), sign.base64(bytes:sub(2)),
    sign.base64(sign.hex(bytes)), d.signature .. '"', '"' .. d.signature .. '"' })
end

function stamped.key(random, d)
  local key = sign.unbase64(STAMPED_KEYS[d.id])
  d.signature = sign.base64(pick(random, {
    digest(STAMPED_KEYS[d.id], d.time .. "." .. d.body), digest(key, d.body),
    digest(key, d.time .. d.body), digest(key, d.time .. "." .. d.id .. d.body),
    digest(key, d.body .. "." .. d.time), digest("", d.time .. "." .. d.body),
    sign.sha256(key .. d.time .. "." .. d.body), digest(key:reverse(), d.time .. "." .. d.body),
  }))
end

local STAMPED_NAMES = {}
for name in pairs(stamped) do STAMPED_NAMES[#STAMPED_NAMES + 1] = name end
table.sort(STAMPED_NAMES)

local function verify_stamped(body, header, keys)
  return webhook.verify { provider = "cybersource", raw = true, body = body, keys = keys,
    headers = { ["v-c-signature"] = header }, now_ms = 0, tolerance_s = math.huge }
end

--- The same as run, of deliveries of Cybersource.
function mutations.run_stamped(count, seed)
  local random, set = deliveries.random(seed), webhook.keys(STAMPED_KEYS, "cybersource")
  local accepted, by_kind, by_reason = 0, {}, {}
  for i = 1, count do
    local d = fresh_stamped(random)
    local body, before = d.body, stamped_header(d)
    local name = STAMPED_NAMES[random(#STAMPED_NAMES) + 1]
    local header = stamped[name](random, d) or stamped_header(d)
    local keys = i % 2 == 0 and STAMPED_KEYS or set
    assert(verify_stamped(body, before, keys))
    if d.body ~= body or header ~= before then
      local event, err = verify_stamped(d.body, header, keys)
      by_kind[name] = (by_kind[name] or 0) + 1
      if event then accepted = accepted + 1
      else by_reason[err.reason] = (by_reason[err.reason] or 0) + 1 end
    end
  end
  return accepted, by_kind, by_reason
end

return mutations
