--- HTTP Signature as Cybersource's servers read it (section 8): what is signed, in which order, is
-- told by the request itself, and it has to be enough. It refuses a signature without a date.

local core = require "kassa.core"

local sign = core.sign

local http_signature = {}

local PARAMETERS = { keyid = true, algorithm = true, headers = true, signature = true }

-- keyid="..", algorithm="..", headers="..", signature=".." by name, each once; or nil
local function parse(text)
  local out, rest, count = {}, ", " .. text, 0
  while rest ~= "" do
    local name, value, after = rest:match '^, ?(%l+)="([^"]*)"(.*)$'
    if not name or not PARAMETERS[name] or out[name] then return nil end
    out[name], rest, count = value, after, count + 1
  end
  return count == 4 and out or nil
end

-- The names in their order, and as a set; or nil and the one that comes twice.
local function names_of(text)
  local order, set = {}, {}
  for name in text:gmatch "%S+" do
    name = name:lower()
    if set[name] then return nil, name end
    order[#order + 1], set[name] = name, true
  end
  return order, set
end

local PARENTHESES = "(request-target) is no name that is accepted any more: it has no parentheses"

local function names_fault(set, seen)
  if set["(request-target)"] then return PARENTHESES end
  for _, name in ipairs { "host", "request-target", "v-c-merchant-id" } do
    if not set[name] then return name .. " is not signed" end
  end
  if not (set.date or set["v-c-date"]) then return "no date is signed" end
  if not set.digest and (seen.body ~= "" or seen.headers.digest) then
    return "digest is not signed, although there is a body"
  end
end

-- The text that must have been signed; or nil and the name of a header that is not there. Of a meta
-- key the owner's name is signed, whatever the header says.
local function text_of(door, seen, order)
  local lines = {}
  local special = { host = seen.host, ["v-c-merchant-id"] = door.owner,
    ["request-target"] = seen.method .. " " .. seen.target }
  for i, name in ipairs(order) do
    local value = special[name] or seen.headers[name]
    if not value then return nil, name end
    lines[i] = name .. ": " .. value
  end
  return table.concat(lines, "\n")
end

local function date_fault(door, seen, name)
  local now_s = door.now() / 1000
  local at_s = core.headers.http_date(seen.headers[name], math.floor(now_s))
  if not at_s then return name .. " is no HTTP date" end
  local away_s = math.abs(now_s - at_s)
  if away_s <= door.skew_s then return nil end
  return ("%s is %d seconds away from now, and %d are allowed"):format(name, math.ceil(away_s),
    door.skew_s)
end

local function dates_fault(door, seen, set)
  return set.date and date_fault(door, seen, "date")
    or set["v-c-date"] and date_fault(door, seen, "v-c-date") or nil
end

local function digest_fault(seen, set)
  if not set.digest then return nil end
  local right = "SHA-256=" .. sign.base64(sign.sha256(seen.body))
  if seen.headers.digest == right then return nil end
  return ("digest is not the body's, of which %d bytes came"):format(#seen.body)
end

local function merchant_fault(door, seen)
  local id = seen.headers["v-c-merchant-id"]
  if id == door.merchant_id or id == door.owner then return nil end
  return "v-c-merchant-id is another merchant's, or not there"
end

local function key_fault(door, given)
  if given.keyid ~= door.key_id then return "keyid is none of this merchant's keys" end
  if given.algorithm ~= "HmacSHA256" then return "algorithm must be HmacSHA256" end
end

local function mac_fault(door, seen, order, given)
  local text, missing = text_of(door, seen, order)
  if not text then return "there is no header " .. missing .. ", which is said to be signed" end
  local mac = sign.unbase64(given)
  if mac and sign.equal(mac, sign.hmac_sha256(door.secret, text)) then return nil end
  return "signature does not fit what is signed, or the key is another"
end

--- What is wrong with a signed request; nil: nothing.
-- @param door kassa.sandbox.cybersource.door
-- @param seen { method = lower-case, target = path with query, host =, headers =, body = }
function http_signature.fault(door, seen)
  local given = parse(seen.headers.signature)
  if not given then
    return 'signature must read keyid="..", algorithm="..", headers="..", signature=".."'
  end
  local order, set = names_of(given.headers)
  if not order then return "headers names " .. set .. " twice" end
  return key_fault(door, given) or names_fault(set, seen)
    or mac_fault(door, seen, order, given.signature) or dates_fault(door, seen, set)
    or digest_fault(seen, set) or merchant_fault(door, seen)
end

return http_signature
