-- A file is attached once and an answer given once, whatever the wire does to Klarna's word about
-- it. The sandbox is the judge; no client's word is taken for it.

local api = require "kassa.api.klarna"
local client = require "kassa.client"
local runtime = require "kassa.runtime"
local sandbox = require "kassa.sandbox"

local PDF = { bytes = "%PDF-1.4 a receipt", filename = "receipt.pdf" }

local function shop_of(box, retries)
  local options = box:options()
  options.retries = retries
  return client.new(runtime.new(), api, options)
end

-- A dispute that asks for evidence, in a sandbox of its own.
local function open()
  local box = sandbox.world { seed = 5 }
  local klarna = shop_of(box)
  local request = assert(klarna.payment_requests:create {
    currency = "USD", payment_amount = 15000, config = { redirect_url = "https://shop.example/" },
  })
  assert(box:approve(request.payment_request_id))
  assert(request:refresh())
  local confirmed = assert(request:confirm {
    currency = "USD", payment_amount = 15000, config = { capture = true } })
  local id = confirmed.state_context.payment_transaction.payment_transaction_id
  local dispute = assert(box:dispute(id, {
    reason = "PRODUCTS_NOT_RECEIVED", state = "MERCHANT_EVIDENCE_PENDING" }))
  return box, klarna, dispute.payment_dispute_id
end

local LOST = {
  dropped = { kind = "drop_after_effect" }, truncated = { kind = "truncate", at = 5 },
  ["turned to garbage"] = { kind = "garbage" },
  ["kept for ever"] = { kind = "silence", effect = true },
  ["answered 500"] = { kind = "status", status = 500, effect = true },
  ["answered 502 by a gateway"] = { kind = "status", status = 502, effect = true },
  ["dripped too slowly"] = { kind = "drip", ms = 10000 },
}

local function lose(box, operation, fault, times)
  local plan = { operation = operation, times = times or 1 }
  for name, value in pairs(fault) do plan[name] = value end
  assert(box:fault(plan))
end

local function asked(box, operation)
  local count, keys = 0, {}
  for _, entry in ipairs(box:requests()) do
    if entry.operation == operation then
      count = count + 1
      keys[entry.idempotency_key] = true
    end
  end
  local kinds = 0
  for _ in pairs(keys) do kinds = kinds + 1 end
  return { count, kinds }
end

local function answers_of(box, id)
  local count = 0
  for _, evidence in ipairs(assert(box:view(id)).merchant_evidence) do
    if evidence.response then count = count + 1 end
  end
  return count
end

describe("an upload whose answer was lost after the effect", function()
  for name, fault in pairs(LOST) do
    it("is one attachment when it was " .. name, function()
      local box, klarna, id = open()
      lose(box, "payment_dispute.upload_attachment", fault)
      local attachment = assert(klarna.disputes:upload_attachment(id, PDF))
      local list = box:attachments(id)
      assert.equal(1, #list)
      assert.equal(list[1].payment_dispute_attachment_id,
        attachment.payment_dispute_attachment_id)
      assert.same({ 2, 1 }, asked(box, "payment_dispute.upload_attachment"))
    end)
  end

  it("is one attachment when another process resumes it", function()
    local box, _, id = open()
    lose(box, "payment_dispute.upload_attachment", { kind = "drop_after_effect" })
    local value, err = shop_of(box, 0).disputes:upload_attachment(id, PDF)
    assert.is_nil(value)
    assert.same({ "unknown", "same_key" }, { err.happened, err.retry })
    local attachment = assert(shop_of(box).disputes:upload_attachment(id, PDF))
    assert.equal(1, #box:attachments(id))
    assert.same({ 2, 1 }, asked(box, "payment_dispute.upload_attachment"))
    local download = assert(shop_of(box).disputes:download_attachment(id,
      attachment.payment_dispute_attachment_id))
    assert.same({ PDF.bytes, "application/pdf", "receipt.pdf" },
      { download.bytes, download.content_type, download.filename })
  end)
end)

describe("a response whose answer was lost after the effect", function()
  for name, fault in pairs(LOST) do
    it("is given once when it was " .. name, function()
      local box, klarna, id = open()
      lose(box, "payment_dispute.respond", fault)
      local dispute = assert(klarna.disputes:read(id))
      assert(dispute:respond { additional_information = "Delivered on Friday." })
      assert.equal(1, answers_of(box, id))
      assert.same({ 2, 1 }, asked(box, "payment_dispute.respond"))
    end)
  end

  it("is unknown when no attempt is left, and repeated by its key it is still one", function()
    local box, klarna, id = open()
    lose(box, "payment_dispute.respond", { kind = "drop_after_effect" }, 4)
    local body = { additional_information = "Delivered on Friday." }
    local value, err = klarna.disputes:respond(id, body)
    assert.is_nil(value)
    assert.same({ "unknown", "same_key" }, { err.happened, err.retry })
    local again = { idempotency_key = err.idempotency_key }
    assert(klarna.disputes:respond(id, body, again))
    assert.equal(1, answers_of(box, id))
    assert.same({ 5, 1 }, asked(box, "payment_dispute.respond"))
  end)
end)
