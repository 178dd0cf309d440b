-- A dispute from the first look to the verdict: what Klarna asks, what the answer lacks, a PDF as
-- proof, one answer in time. It plays on the sandbox only, where Klarna's part is a line.

local here = arg and arg[0]:match "^(.*/)" or "./"
local stage = dofile(here .. "stage.lua")
local kassa = require "kassa"

if (os.getenv "KLARNA_API_KEY" or "") ~= "" then
  error("dispute.lua plays the customer and Klarna, on the sandbox only: unset KLARNA_API_KEY", 0)
end

local check, step, tell = kassa.assert, stage.step, stage.tell
local klarna, shopper, sandbox = stage.open()

-- What was sold and shipped, weeks ago.
local function sell()
  local order = { currency = "EUR", payment_amount = 39900 }
  local request = check(klarna.payment_requests:create(order))
  shopper(request)
  check(request:confirm(order))
  local id = request.state_context.payment_transaction.payment_transaction_id
  check(klarna.payment_transactions:capture(id, { capture_amount = 39900 }))
  return id
end

-- A small PDF of one page, with its table of contents where the format wants it.
local function write_pdf(path, line)
  local words = ("BT /F1 14 Tf 50 750 Td (%s) Tj ET"):format(line)
  local objects = {
    "<< /Type /Catalog /Pages 2 0 R >>",
    "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
    "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R "
      .. "/Resources << /Font << /F1 5 0 R >> >> >>",
    ("<< /Length %d >>\nstream\n%s\nendstream"):format(#words, words),
    "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
  }
  local text, places = "%PDF-1.4\n", {}
  for number, object in ipairs(objects) do
    places[number] = ("%010d 00000 n \n"):format(#text)
    text = text .. ("%d 0 obj\n%s\nendobj\n"):format(number, object)
  end
  local start = #text
  text = text .. ("xref\n0 %d\n0000000000 65535 f \n"):format(#objects + 1) .. table.concat(places)
  text = text .. ("trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n"):format(
    #objects + 1, start)
  local file = check(io.open(path, "wb"))
  file:write(text)
  file:close()
end

local transaction_id = sell()
sandbox:advance "20d"
local opened = check(sandbox:dispute(transaction_id, {
  reason = "PRODUCTS_NOT_RECEIVED", state = "MERCHANT_EVIDENCE_PENDING" }))
sandbox:advance "10d"

step "A month after the sale, something is due within a week."
local due = check(klarna.disputes:due { within = "7d" })
local dispute = due[1]
assert(#due == 1 and dispute.payment_dispute_id == opened.payment_dispute_id)
local seconds, date = dispute:deadline()
tell("%s over %s EUR: %d days left, until %s", dispute.dispute_reason,
  kassa.money.format(dispute.dispute_details.dispute_amount, "EUR"),
  math.floor(seconds / 86400), date)

step "What does Klarna ask?"
local asked = check(dispute:asked())
tell("%s", asked.doc)
tell("Klarna says: %s", asked.comment)
for _, field in ipairs(asked.fields) do
  if field.required and not field.when then tell("%s: %s", field.name, field.doc) end
end

step "A first answer is only half of one."
local details = {
  have_you_resolved_the_dispute_with_the_customer = "NO_DISPUTE_NOT_ACCEPTED",
  delivery_method = "BY_POST_OR_MAIL",
  tracking_number = "JCYPE32JAAR4", shipping_carrier = "DHL",
  estimated_delivery_date = "2024-01-04",
}
for _, gap in ipairs(dispute:missing(details)) do tell("%s %s", gap.path, gap.message) end
assert(#dispute:missing(details) == 3)

step "The carrier's confirmation is uploaded."
local path = os.tmpname()
write_pdf(path, "Delivered on 2024-01-04, signed by J. Doe")
local attachment = check(dispute:upload_attachment {
  file = path, filename = "proof-of-delivery.pdf",
  on_progress = function(sent, total) tell("%d of %d bytes", sent, total) end,
})
os.remove(path)
tell("attachment %s", attachment.payment_dispute_attachment_id)

step "Now nothing is missing."
details.customer = { given_name = "John", family_name = "Doe" }
details.delivery_address = { street_address = "800 N. High St", city = "Columbus", country = "US" }
details.proof_of_delivery_attachments = {
  { payment_dispute_attachment_id = attachment.payment_dispute_attachment_id,
    description = "The carrier's confirmation" },
}
assert(#dispute:missing(details) == 0)
local answer = { details = details, additional_information = "Signed for at the door." }
local response = check(dispute:respond(answer))
tell("answered at %s", response.created_at)

step "One answer to each request: a second is refused on this machine, before a byte leaves."
local second, err = dispute:respond(answer)
assert(second == nil and err.code == "illegal_state" and err.happened == "no")
tell("%s", err.message)

step "Klarna decides."
check(sandbox:decide(dispute.payment_dispute_id, "won"))
check(dispute:refresh())
tell("state %s", dispute.state)
local transaction = check(klarna.payment_transactions:read(transaction_id))
local taken_back = #(transaction.payment_chargebacks or {})
tell("%d chargebacks", taken_back)
assert(dispute.state == "CLOSED" and taken_back == 0)

sandbox:stop()
print "dispute: won"
