-- Cybersource's HTTP Signature (cybersource.md section 8): which headers say that a request is the
-- merchant's. It is the older of the two schemes and refuses to be anything but pure.

local core = require "kassa.core"
local fields = require "kassa.auth.fields"

local M = {}

local DAYS = { "Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat" }
local MONTHS = {
  "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
}

--- A time as RFC 1123 writes it: "Thu, 18 Jul 2019 00:18:03 GMT". seconds: since 1970
function M.date(seconds)
  local year, month, day, clock = core.time.text(seconds * 1000):match
    "^(%d+)-(%d+)-(%d+)T(%d+:%d+:%d+)"
  local weekday = DAYS[(math.floor(seconds / 86400) + 4) % 7 + 1]
  return ("%s, %s %s %s %s GMT"):format(weekday, day, MONTHS[tonumber(month)], year, clock)
end

--- The text that is signed, and the names of its lines in order.
-- @param lines { host =, date =, ["request-target"] =, digest = or nil, ["v-c-merchant-id"] = }
function M.signing_string(lines, order)
  local out = {}
  for i, name in ipairs(order) do out[i] = name .. ": " .. lines[name] end
  return table.concat(out, "\n")
end

local function order_of(digest)
  if digest then return { "host", "date", "request-target", "digest", "v-c-merchant-id" } end
  return { "host", "date", "request-target", "v-c-merchant-id" }
end

-- What is wrong with an input; or nil and the bytes of the secret.
local function check(input)
  local fault = fields.fault(input)
  if fault then return fault end
  if type(input.date) ~= "string" or input.date == "" then
    return "date must be a text such as " .. M.date(0)
  end
  if type(input.key_id) ~= "string" or input.key_id:find '[%c"]' then
    return "key_id must be a text without a quote"
  end
  local secret = fields.secret(input.secret_base64)
  if not secret then return "secret_base64 must be the shared secret in base64" end
  return nil, secret
end

--- The headers that sign a request. Of a meta key, portfolio_id is signed where the header names
-- the merchant.
-- @param input { method =, path = with its query as sent, host = with its port when the Host header
--   has one, date =, merchant_id =, portfolio_id = or nil, key_id =, secret_base64 = text or
--   kassa.secret, body = text or nil }
-- -> { host =, date =, digest = or nil, ["v-c-merchant-id"] =, signature = }. Raises for what
-- cannot be meant.
function M.headers(input)
  local fault, secret = check(input)
  if fault then error("kassa.auth.http_signature: " .. fault, 2) end
  local body = fields.body(input)
  local digest = body and "SHA-256=" .. fields.digest(body) or nil
  local order = order_of(digest)
  local text = M.signing_string({
    host = input.host, date = input.date, digest = digest,
    ["request-target"] = input.method:lower() .. " " .. input.path,
    ["v-c-merchant-id"] = input.portfolio_id or input.merchant_id,
  }, order)
  local mac = core.sign.base64(core.sign.hmac_sha256(secret, text))
  return {
    host = input.host, date = input.date, digest = digest,
    ["v-c-merchant-id"] = input.merchant_id,
    signature = ('keyid="%s", algorithm="HmacSHA256", headers="%s", signature="%s"'):format(
      input.key_id, table.concat(order, " "), mac),
  }
end

return M
