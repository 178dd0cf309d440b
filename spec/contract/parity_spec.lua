-- A sandbox in process and one behind a socket tell the same story: the same ids from one seed, the
-- same sums, and for every fault the same code, happened and retry. So what a script learns in
-- virtual time holds on the wire. It refuses to run without kassa.httpd.

local api = require "kassa.api.klarna"
local client = require "kassa.client"
local runtime = require "kassa.runtime"
local sandbox = require "kassa.sandbox"

local function clients_of(box, options)
  local given = box:options()
  for name, value in pairs(options or {}) do given[name] = value end
  return client.new(runtime.new(), api, given)
end

-- Both kinds of sandbox do the same; what they say must be equal.
local function both(play, options)
  local said = {}
  for _, kind in ipairs { "world", "start" } do
    local box = assert(sandbox[kind] { seed = 21 })
    local klarna = clients_of(box, options)
    local ok, result = pcall(play, klarna, box)
    klarna.close()
    box:stop()
    if not ok then error(kind .. ": " .. tostring(result), 0) end
    said[kind] = result
  end
  assert.same(said.world, said.start)
  return said.world
end

local function authorized(klarna, box)
  local request = assert(klarna.payment_requests:create { currency = "USD", payment_amount = 9000,
    config = { redirect_url = "https://shop.example/" } })
  assert(box:approve(request.payment_request_id))
  assert(request:refresh())
  local confirmed = assert(klarna.payment_requests:confirm(
    request.state_context.payment_confirmation_token, { currency = "USD", payment_amount = 9000 }))
  return confirmed.state_context.payment_transaction.payment_transaction_id, request
end

describe("in process and behind a socket", function()
  it("a checkout is the same, to the ids and the sums", function()
    both(function(klarna, box)
      local id, request = authorized(klarna, box)
      local capture = assert(klarna.payment_transactions:capture(id, { capture_amount = 400 }))
      assert(klarna.payment_captures:refund(capture.payment_capture_id, { refund_amount = 100 }))
      assert(klarna.payment_transactions:void(id))
      assert(box:advance "36d")
      return { id, request.payment_request_id, capture.payment_capture_id, box:ledger(id),
        box:state(id), box:now(), #box:deliveries(), box:token "declined" }
    end)
  end)

  it("a dispute is the same, from its opening to the verdict", function()
    both(function(klarna, box)
      local id = authorized(klarna, box)
      assert(klarna.payment_transactions:capture(id, { capture_amount = 9000 }))
      local told = {}
      for i = 1, 5 do told[i] = assert(box:dispute(id, { amount = i * 100 })) end
      local page = assert(klarna.disputes:list { size = 2, sort_by = { "-opened_at" } })
      while page do
        for _, found in ipairs(page.disputes) do told[#told + 1] = found.payment_dispute_id end
        page = page:next()
      end
      assert(#told == 10)
      local asked = told[1].payment_dispute_id
      assert(box:escalate(asked))
      assert(box:ask(asked, { deadline = "2d" }))
      told[#told + 1] = assert(klarna.disputes:read(asked)).state_context
      local file = assert(klarna.disputes:upload_attachment(asked,
        { bytes = "%PDF-1.7\r\n\0\255", filename = 'a "proof".pdf' }))
      told[#told + 1] = file
      local back = assert(klarna.disputes:download_attachment(asked,
        file.payment_dispute_attachment_id))
      told[#told + 1] = { back.bytes, back.filename, back.content_type, box:attachments(asked) }
      assert(klarna.disputes:respond(asked,
        { details = { tracking_number = "1", proof_of_delivery_attachments = { file } } }))
      assert(box:decide(asked, "lost"))
      assert(klarna.disputes:accept_loss(told[2].payment_dispute_id))
      told[#told + 1] = assert(klarna.payment_transactions:read(id)).payment_chargebacks
      told[#told + 1] = box:disputes()
      return told
    end)
  end)

  it("an event has the same bytes", function()
    both(function(klarna, box)
      authorized(klarna, box)
      local bodies = {}
      for i, delivery in ipairs(box:deliveries()) do bodies[i] = delivery.body end
      return bodies
    end)
  end)

  it("a webhook gets the same events with the same signatures", function()
    both(function(klarna, box)
      local key = assert(klarna.signing_keys:create())
      assert(klarna.webhooks:create { url = "https://shop.example/", event_types = { "payment.*" },
        event_version = "v2", signing_key_id = key.signing_key_id })
      authorized(klarna, box)
      local said = {}
      for i, delivery in ipairs(box:deliveries()) do
        said[i] = { delivery.webhook_id, delivery.url, delivery.headers, delivery.body,
          delivery.state }
      end
      assert.equal(5, #said)
      return said
    end)
  end)

  it("a refused verb says the same", function()
    both(function(_, box)
      local _, one = box:approve "nobody"
      local _, two = box:advance "soon"
      local _, three = box:fault { kind = "explode" }
      return { one, two, three }
    end)
  end)
end)

-- Behind a socket a refusal can only be played once the connection is there: it looks like a reset.
-- One fault meets one call: libcurl, which sends again by itself what died unanswered on a kept
-- connection, must not use it up.
local FAULTS = {
  { kind = "reset" }, { kind = "drop_before_effect" }, { kind = "drop_after_effect" },
  { kind = "truncate", at = 10 }, { kind = "truncate", at = 0 }, { kind = "garbage" },
  { kind = "delay", ms = 30 }, { kind = "delay", ms = 60000 }, { kind = "drip", ms = 1000 },
  { kind = "silence" }, { kind = "status", status = 500 }, { kind = "status", status = 502 },
  { kind = "status", status = 503, body = "" }, { kind = "status", status = 403, body = "" },
  { kind = "status", status = 429, headers = { ["X-Ratelimit-Reset"] = "2" } },
}

describe("a fault on a capture and on a read is told the same", function()
  for _, fault in ipairs(FAULTS) do
    local name = fault.kind .. " " .. tostring(fault.status or fault.at or fault.ms or "")
    it(name, function()
      both(function(klarna, box)
        local id = authorized(klarna, box)
        local told = {}
        local function call(method, ...)
          fault.times = 1
          assert(box:fault(fault))
          local value, err = klarna.payment_transactions[method](klarna.payment_transactions, ...)
          told[#told + 1] = value and "done" or table.concat({ err.code, err.happened, err.retry,
            tostring(err.status) }, " ")
          told[#told + 1] = box:ledger(id).captured
        end
        call("capture", id, { capture_amount = 10 }, { timeout_s = 0.7 })
        call("read", id, { timeout_s = 0.7 })
        return told
      end, { retries = 0, deadline_s = 9 })
    end)
  end
end)
