-- The example payloads of spec/fixtures/klarna, by name and by what they are.
-- It reads them from disk, and refuses to run when one of the 39 is missing.

local cjson = require "cjson"

local fixtures = {}

local here = debug.getinfo(1, "S").source:match("^@(.*)support/fixtures%.lua$")
local folder = here .. "fixtures/klarna/"

local NAMES = {
  "00-payment_request.create.request", "01-payment_request.create.response",
  "02-payment.request.state-change.submitted.event", "03-payment_request.read.response",
  "04-payment_request.update.request", "05-payment_request.update.response",
  "06-payment_request.cancel.response", "07-payment_request.confirm.request",
  "08-payment_request.confirm.response", "09-payment.request.state-change.confirmed.event",
  "10-customer_token.charge.request", "11-customer_token.charge.response",
  "12-payment.request.state-change.submitted.event", "13-payment_transaction.read.response",
  "14-payment.funding.state-change.pending.event", "15-payment_transaction.update.request",
  "16-payment_transaction.update.response", "17-payment_transaction.capture.request",
  "18-payment_transaction.capture.response",
  "19-payment.transaction.state-change.authorized.event",
  "20-payment_transaction.refund.request", "21-payment_transaction.refund.response",
  "22-payment.transaction.refunded.event", "23-payment_transaction.void.response",
  "24-payment.transaction.state-change.authorized.event", "25-payment_capture.read.response",
  "26-payment_capture.refund.request", "27-payment_capture.refund.response",
  "28-payment.transaction.refunded.event", "29-payment_refund.read.response",
  "30-payment_chargeback.read.response", "31-payment.transaction.chargeback.event",
  "32-dispute.list.response", "33-dispute.read.response",
  "34-payment.dispute.state-change.pre-arbitration.event", "35-error.response",
  "36-dispute.upload_attachment.response", "37-dispute.respond.request",
  "38-dispute.respond.response",
}

local function load_one(name)
  local file = assert(io.open(folder .. name .. ".json", "rb"))
  local text = file:read "*a"
  file:close()
  local subject, kind = name:match("^%d+%-(.*)%.(%a+)$")
  return { name = name, subject = subject, kind = kind, text = text, value = cjson.decode(text),
    operation = (subject:gsub("^dispute%.", "payment_dispute.")) }
end

--- All 39, in the order of the seed document: { name, subject, operation, kind, text, value }.
-- subject is an operation's name or an event type, operation its name in the table; kind is
-- "request", "response" or "event".
function fixtures.all()
  local list = {}
  for position, name in ipairs(NAMES) do list[position] = load_one(name) end
  return list
end

--- Those of one kind.
function fixtures.of(kind)
  local list = {}
  for _, fixture in ipairs(fixtures.all()) do
    if fixture.kind == kind then list[#list + 1] = fixture end
  end
  return list
end

return fixtures
