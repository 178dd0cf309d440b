-- A hand-written gateway for the specs of resolve, on a transport with a virtual clock: it
-- captures, may lose the request or the answer, and finds by its own search what it did. It knows
-- no rule of money.
local core = require "kassa.core"
local json = require "kassa.json"
local kassa = require "kassa"
local script = require "support.script"

local M = {}

local Gateway = {}
Gateway.__index = Gateway

local SERVICE = { payments = "ics_ap_auth", captures = "ics_ap_capture",
  refunds = "ics_ap_refund", reversals = "ics_ap_auth_reversal" }
local DONE = { payments = "AUTHORIZED", captures = "SETTLED", refunds = "REFUNDED",
  reversals = "AUTH_REVERSED" }

local function iso(ms) return (core.time.text(ms):gsub("%.%d+Z$", "Z")) end

-- What is done, and noted for the search.
function Gateway:act(kind, body)
  local reference = body.clientReferenceInformation or {}
  self.last = self.last + 1
  local done = {
    id = "72" .. self.last, status = self.status or DONE[kind], service = SERVICE[kind],
    code = reference.code, name = reference.transactionId, at = self.engine:time(),
    order = body.orderInformation,
  }
  table.insert(self.done, 1, done)
  return done
end

local function row_of(self, done)
  local good = done.status ~= "FAILED"
  return {
    id = done.id, submitTimeUtc = iso(done.at + (self.clock_off_ms or 0)),
    applicationInformation = { rCode = good and "1" or "0",
      applications = { { name = done.service } } },
    clientReferenceInformation = { code = done.code,
      transactionId = self.tells_names and done.name or nil },
    orderInformation = done.order and { amountDetails = done.order.amountDetails },
  }
end

function Gateway:search(body)
  self.searches = self.searches + 1
  local code = body.query:match '^clientReferenceInformation%.code:"(.*)"$'
    or body.query:match "^clientReferenceInformation%.code:(%S+)$"
  local rows = {}
  for _, done in ipairs(self.done) do
    local late = self.engine.clock - done.at + 1700000000000 < (self.lag_ms or 0)
    if done.code == code and not late then rows[#rows + 1] = row_of(self, done) end
  end
  return script.json(201, json.encode { count = #rows, totalCount = #rows,
    _embedded = rows[1] and { transactionSummaries = rows } or nil })
end

function Gateway:check(id)
  for _, done in ipairs(self.done) do
    if done.id == id then
      return script.json(201, json.encode { id = id, status = done.status })
    end
  end
  return script.json(404, "{}")
end

local LOST = { code = "timeout", message = "no answer in time", wire = "sent", after_ms = 1000 }

function Gateway:answer(request)
  local fault = table.remove(self.faults, 1)
  if type(fault) == "table" then return fault end
  local body = json.decode(request.body)
  if request.target == "/tss/v2/searches" then return self:search(body) end
  local id = request.target:match "^/pts/v2/refresh%-payment%-status/(%w+)$"
  if id then return self:check(id) end
  if fault == "lost" then return LOST end
  local done = self:act(request.target:match "%a+$", body)
  if fault == "unheard" then return LOST end
  return script.json(201, json.encode { id = done.id, status = done.status,
    orderInformation = done.order })
end

--- A gateway and a client of it. faults: of the requests in order, each false (none), "lost"
-- (before it acts), "unheard" (after it), or an answer of the script. -> gateway
function M.new(faults)
  local engine = script.new {}
  local gateway = setmetatable({ engine = engine, faults = faults or {}, done = {}, last = 0,
    searches = 0 }, Gateway)
  for i = 1, 200 do engine.script[i] = function(request) return gateway:answer(request) end end
  gateway.client = kassa.cybersource { merchant_id = "shop", key_id = "k", secret = "c2VjcmV0",
    transport = engine }
  return gateway
end

--- The body of a movement of so many cents. code: the merchant's, or nil.
function M.body(cents, code)
  return { clientReferenceInformation = code and { code = code } or nil,
    orderInformation = { amountDetails = { currency = "USD", totalAmount = cents } } }
end

return M
