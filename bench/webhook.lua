-- What it costs to verify and read one webhook, the "transaction authorized" event of 979 bytes, in
-- microseconds of CPU; bench/run.lua compares. It refuses to reuse anything between two deliveries
-- that a receiver could not.
--
--   lua bench/webhook.lua table|set|luaossl|bare|body [COUNT]
--
-- luaossl is the same job by hand: HMAC, its hexadecimal digits, comparison, cjson.decode; bare
-- leaves out the digits and the comparison. body prints the event for other programs.

local json = require "kassa.json"
local webhook = require "kassa.webhook"

local FIXTURE = "spec/fixtures/klarna/19-payment.transaction.state-change.authorized.event.json"
local KEY = "kassa-test-signing-key-0001"
local KEY_ID = "krn:partner:global:notification:signing-key:120e5b7e-abcd-4def-8a90-dca726e639b5"
local WARM = 2000

local file = assert(io.open(FIXTURE, "rb"))
local body = json.encode(json.decode(file:read "*a"))
file:close()

-- As a server hands them over.
local headers = {
  host = "shop.example", ["content-type"] = "application/json", ["content-length"] = "979",
  ["user-agent"] = "klarna", accept = "*/*",
}
for name, value in pairs(webhook.sign { body = body, key = KEY, key_id = KEY_ID }) do
  headers[name:lower()] = value
end

local workers = {}

local function kassa(keys)
  return function() return webhook.verify { body = body, headers = headers, keys = keys } end
end

function workers.table() return kassa { [KEY_ID] = KEY } end

function workers.set() return kassa(webhook.keys { [KEY_ID] = KEY }) end

local function hex(byte) return ("%02x"):format(byte:byte()) end

function workers.luaossl()
  local hmac, decode = require "openssl.hmac", require("cjson").decode
  local keys = { [KEY_ID] = KEY }
  return function()
    local key = keys[headers["klarna-signing-key-id"]]
    local digest = hmac.new(key, "sha256"):final(body):gsub(".", hex)
    return digest == headers["klarna-signature"] and decode(body)
  end
end

function workers.bare()
  local hmac, decode = require "openssl.hmac", require("cjson").decode
  return function()
    return hmac.new(KEY, "sha256"):final(body) and decode(body)
  end
end

local function measure(work, count)
  for _ = 1, WARM do assert(work()) end
  collectgarbage()
  local start = os.clock()
  for _ = 1, count do assert(work()) end
  return (os.clock() - start) / count * 1e6
end

if arg[1] == "body" then
  io.write(body)
else
  print(("%.3f"):format(measure(workers[arg[1]](), tonumber(arg[2]) or 30000)))
end
