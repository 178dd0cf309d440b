-- Promises of the dispute kit, kept with a client and a sandbox: what is asked, what is missing,
-- how long there is, which disputes are due, and one answer to each request, none too late.

local json = require "kassa.json"
local kassa = require "kassa"
local sandbox = require "kassa.sandbox"
local script = require "support.script"

local DAY_S = 86400
local RETURNED = { details = { did_you_receive_the_return = "RETURN_NOT_RECEIVED" } }
local REFUNDED = { details = { did_you_receive_the_return = "YES_WILL_MAKE_CHANGES_TO_PURCHASE" } }

describe("a dispute", function()
  local box, klarna

  before_each(function()
    box = sandbox.world { seed = 7 }
    klarna = kassa.klarna(box:options())
  end)

  -- A captured transaction's id.
  local function sold()
    local order = { currency = "EUR", payment_amount = 4900 }
    local request = kassa.assert(klarna.payment_requests:create(order))
    box:approve(request.payment_request_id)
    kassa.assert(request:refresh())
    kassa.assert(request:confirm(order))
    local id = request.state_context.payment_transaction.payment_transaction_id
    kassa.assert(klarna.payment_transactions:capture(id, { capture_amount = 4900 }))
    return id
  end

  local function opened(spec)
    spec = spec or {}
    spec.reason = spec.reason or "RETURN_NOT_REFUNDED"
    spec.state = spec.state or "MERCHANT_EVIDENCE_PENDING"
    local made = assert(box:dispute(sold(), spec))
    return kassa.assert(klarna.disputes:read(made.payment_dispute_id))
  end

  local function count() return #box:requests() end

  -- A call that must be refused without a request. -> the error
  local function refused(code, call, ...)
    local before = count()
    local value, err = call(...)
    assert.is_nil(value)
    assert.same({ code, "no", "never" }, { err.code, err.happened, err.retry })
    assert.equal("payment_dispute.respond", err.operation)
    assert.equal(before, count())
    return err
  end

  local function respond(dispute, body) return dispute:respond(body or RETURNED) end

  local function respond_by_id(dispute, body)
    return klarna.disputes:respond(dispute.payment_dispute_id, body or RETURNED)
  end

  it("has a deadline, in seconds left and as a date", function()
    local dispute = opened()
    local seconds, date = dispute:deadline()
    assert.equal(14 * DAY_S, seconds)
    assert.equal(dispute.state_context.evidence_response_deadline_at, date)
    box:advance "13d12h"
    assert.equal(DAY_S / 2, (dispute:deadline()))
    box:advance "1d"
    assert.equal(-DAY_S / 2, (dispute:deadline()))
  end)

  it("has none while nothing is asked, and says so", function()
    local dispute = opened { state = "PRE_ARBITRATION" }
    local seconds, reason = dispute:deadline()
    assert.is_nil(seconds)
    assert.equal("Klarna asks for nothing while the dispute is PRE_ARBITRATION", reason)
    dispute.state = "MERCHANT_EVIDENCE_PENDING"
    assert.equal("the dispute tells no deadline: refresh() it", select(2, dispute:deadline()))
    dispute.state_context = { evidence_response_deadline_at = "soon" }
    assert.equal("the deadline cannot be read: soon", select(2, dispute:deadline()))
    dispute.state_context = json.null
    assert.is_nil((dispute:deadline()))
  end)

  it("tells what Klarna asks, and prints it for a person", function()
    local asked = opened { reason = "PRODUCTS_NOT_RECEIVED" }:asked()
    assert.same({ "PRODUCTS_NOT_RECEIVED", true, 14 * DAY_S, 1, 5 },
      { asked.type, asked.known, asked.seconds_left, asked.number, asked.number_max })
    assert.equal("YES_WILL_MAKE_CHANGES_TO_PURCHASE", asked.fields[1].values[1].name)
    assert.equal("exact", asked.fields.tracking_number.sure)
    assert.same({ "proof_of_delivery_attachments" }, asked.attachments.fields)
    assert.same({ "docx", "jpeg", "pdf", "png" }, asked.attachments.kinds)
    assert.equal(7 * 1024 * 1024, asked.attachments.size_max)
    local page = tostring(asked)
    for _, line in ipairs {
      "PRODUCTS_NOT_RECEIVED: The customer says: the goods never came.",
      "Klarna says: " .. asked.comment,
      "until 2024-01-15T12:00:00Z (14 days left)",
      "  5. tracking_number (text): The carrier's number of the parcel.",
      "       if tracking_availability = TRACKING_AVAILABLE, or delivery_method = BY_POST_OR_MAIL "
        .. "and have_you_resolved_the_dispute_with_the_customer = NO_DISPUTE_NOT_ACCEPTED",
      "       TRACKING_AVAILABLE: Yes.",
    } do
      assert.is_truthy(("\n" .. page .. "\n"):find("\n" .. line .. "\n", 1, true), line)
    end
  end)

  it("tells what it can of a request that kassa does not know", function()
    local dispute = opened()
    dispute.state_context.evidence_request_type = "ENTIRELY_NEW"
    local asked = dispute:asked()
    assert.same({ "ENTIRELY_NEW", false, 0 }, { asked.type, asked.known, #asked.fields })
    assert.matches("^ENTIRELY_NEW: kassa does not know this type", tostring(asked))
    assert.same({ {}, {} }, { dispute:missing { anything = 1 } })
    dispute.state_context, dispute.dispute_reason = nil, nil
    assert.matches("^evidence: kassa does not know", tostring(dispute:asked()))
  end)

  it("asks for nothing in another state", function()
    local asked, reason = opened({ state = "ARBITRATION_PENDING" }):asked()
    assert.is_nil(asked)
    assert.equal("Klarna asks for nothing while the dispute is ARBITRATION_PENDING", reason)
  end)

  it("tells what an answer lacks, and what nobody has seen before", function()
    local dispute = opened()
    local missing = dispute:missing {}
    assert.equal("did_you_receive_the_return", missing[1].path)
    assert.equal(1, #missing)
    assert.same({ {}, {} }, { dispute:missing(RETURNED.details) })
    local list, notes = dispute:missing { did_you_receive_the_return = "MAYBE", extra = 1 }
    assert.same({}, list)
    assert.equal(2, #notes)
    assert.equal(1, #dispute:missing())
  end)

  it("counts the attachments of the answer as proof", function()
    local dispute = opened { reason = "PRODUCTS_NOT_RECEIVED" }
    local details = {
      have_you_resolved_the_dispute_with_the_customer = "YES_WILL_MAKE_CHANGES_TO_PURCHASE",
      delivery_method = "BUY_ONLINE_PICK_UP_IN_STORE",
    }
    assert.equal("proof_of_delivery_attachments", dispute:missing(details)[1].path)
    local attached = { attachments = { { payment_dispute_attachment_id = "krn:a:1" } } }
    assert.same({}, (dispute:missing(details, attached)))
  end)

  it("lets an answer be prepared before Klarna asks, by the reason", function()
    local dispute = opened { state = "PRE_ARBITRATION" }
    assert.equal("did_you_receive_the_return", dispute:missing({})[1].path)
  end)

  it("names a misuse at the line that made it", function()
    local dispute = opened()
    for _, call in ipairs {
      function() dispute.missing() end, function() dispute.deadline {} end,
      function() dispute.asked(5) end, function() dispute:missing(5) end,
      function() dispute:missing({}, "x") end,
    } do
      local ok, message = pcall(call)
      assert.is_false(ok)
      assert.matches("dispute_spec%.lua:%d+: payment_dispute:%a+: ", message)
    end
  end)

  it("takes one answer, and refuses the second without a request", function()
    for _, again in ipairs { respond, respond_by_id } do
      local dispute = opened()
      kassa.assert(respond(dispute))
      refused("illegal_state", again, dispute)
      refused("illegal_state", again, dispute, REFUNDED)
      assert.is_false((dispute:can "respond"))
      local copy = kassa.assert(klarna.disputes:read(dispute.payment_dispute_id))
      local err = refused("illegal_state", again, copy)
      assert.matches("was answered", err.message)
    end
  end)

  it("takes one answer by id too", function()
    local dispute = assert(box:dispute(sold(),
      { reason = "RETURN_NOT_REFUNDED", state = "MERCHANT_EVIDENCE_PENDING" }))
    kassa.assert(respond_by_id(dispute))
    refused("illegal_state", respond_by_id, dispute)
  end)

  it("takes an answer to the next request, once it was read", function()
    local dispute = opened()
    for number = 1, 3 do
      kassa.assert(respond(dispute))
      refused("illegal_state", respond, dispute)
      box:advance "1h"
      assert(box:ask(dispute.payment_dispute_id, { type = "RETURN_NOT_REFUNDED" }))
      kassa.assert(dispute:refresh())
      assert.equal(number + 1, dispute:asked().number)
    end
    kassa.assert(respond_by_id(dispute, REFUNDED))
    refused("illegal_state", respond, dispute)
  end)

  it("takes no answer after the deadline", function()
    local dispute = opened()
    box:advance "15d"
    for _, late in ipairs { respond, respond_by_id } do
      local err = refused("illegal_state", late, dispute)
      assert.matches("2024%-01%-15T12:00:00Z, passed 1 day ago", err.message)
    end
    assert.is_false((dispute:can "respond"))
  end)

  it("does not let an answer that says nothing use up the one there is", function()
    local dispute = opened()
    for _, empty in ipairs { {}, false } do
      local body = empty or nil
      local first = refused("invalid", function() return dispute:respond(body) end)
      assert.matches("use up the one", first.faults[1].message)
      refused("invalid", function()
        return klarna.disputes:respond(dispute.payment_dispute_id, body)
      end)
    end
    assert.is_true((dispute:can "respond"))
    kassa.assert(respond(dispute))
  end)

  it("takes no answer in a state that asks for none", function()
    for _, state in ipairs { "PRE_ARBITRATION", "ARBITRATION_PENDING" } do
      local err = refused("illegal_state", respond, opened { state = state })
      assert.matches("Klarna asks for nothing: the dispute is " .. state, err.message)
    end
    local dispute = opened()
    kassa.assert(dispute:accept_loss())
    assert.matches("the loss was accepted", refused("illegal_state", respond, dispute).message)
    refused("illegal_state", respond_by_id, dispute)
    kassa.assert(dispute:refresh())
    assert.matches("the dispute is CLOSED", refused("illegal_state", respond, dispute).message)
  end)

  it("keeps the door open while nobody knows whether an answer arrived", function()
    local dispute = opened()
    box:fault { operation = "payment_dispute.respond", kind = "drop_after_effect", times = 1 }
    local value, err = dispute:respond(RETURNED, { retries = 0 })
    assert.is_nil(value)
    assert.equal("unknown", err.happened)
    refused("intent_mismatch", respond, dispute, REFUNDED)
    refused("intent_mismatch", respond_by_id, dispute, REFUNDED)
    local response = kassa.assert(respond(dispute))
    assert.equal(err.idempotency_key, kassa.raw(response).idempotency_key)
    refused("illegal_state", respond, dispute)
    local requests, answers = box:requests(), 0
    for _, request in ipairs(requests) do
      if request.operation == "payment_dispute.respond" then answers = answers + 1 end
    end
    assert.equal(2, answers)
    assert.is_true(requests[#requests].replayed)
    assert.equal(1, #kassa.assert(dispute:refresh()).merchant_evidence)
  end)

  it("keeps the key of an answer by id whose outcome nobody knows", function()
    local dispute = assert(box:dispute(sold(),
      { reason = "RETURN_NOT_REFUNDED", state = "MERCHANT_EVIDENCE_PENDING" }))
    box:fault { operation = "payment_dispute.respond", kind = "drop_after_effect", times = 1 }
    local _, err = klarna.disputes:respond(dispute.payment_dispute_id, RETURNED, { retries = 0 })
    assert.equal("unknown", err.happened)
    local response = kassa.assert(respond_by_id(dispute))
    assert.equal(err.idempotency_key, kassa.raw(response).idempotency_key)
  end)

  it("gives one answer one key in every process, and a key of one's own goes before", function()
    local dispute = opened()
    box:fault { operation = "payment_dispute.respond", kind = "drop_after_effect", times = 1 }
    local _, err = dispute:respond(RETURNED, { retries = 0 })
    local other = kassa.klarna(box:options())
    dispute = kassa.assert(other.disputes:read(dispute.payment_dispute_id))
    dispute.state = "MERCHANT_EVIDENCE_PENDING" -- as another process had read it before
    dispute.merchant_evidence[1].request.state = "EVIDENCE_REQUESTED"
    dispute.merchant_evidence[1].response = nil
    local response = kassa.assert(dispute:respond(RETURNED))
    assert.equal(err.idempotency_key, kassa.raw(response).idempotency_key)
    dispute = opened()
    response = kassa.assert(dispute:respond(RETURNED, { idempotency_key = "mine" }))
    assert.equal("mine", kassa.raw(response).idempotency_key)
  end)

  it("that was sent without its id is no reason to raise", function()
    local engine = script.new { script.json(200, '{"state":"MERCHANT_EVIDENCE_PENDING"}') }
    local other = kassa.klarna { api_key = "klarna_test_api_k", transport = engine }
    local dispute = assert(other.disputes:read "krn:d:1")
    for verb, argument in pairs { respond = RETURNED, upload_attachment = { bytes = "%PDF-1" } } do
      local _, err = dispute[verb](dispute, argument)
      assert.same({ "illegal_state", "no" }, { err.code, err.happened })
      assert.equal("this payment dispute holds no payment_dispute_id: call by id", err.message)
    end
    assert.equal(1, #engine.sent)
  end)

  it("is asked again by Klarna's word when the guard was told too little", function()
    local dispute = opened()
    local other = kassa.klarna(box:options())
    kassa.assert(other.disputes:respond(dispute.payment_dispute_id, RETURNED))
    local value, err = respond(dispute, REFUNDED)
    assert.is_nil(value)
    assert.equal("illegal_state", err.code)
    assert.matches("was answered at", err.message)
    assert.equal("ARBITRATION_PENDING", dispute.state)
  end)

  it("may be answered again after a refusal, with another key", function()
    local dispute = opened()
    box:fault { operation = "payment_dispute.respond", kind = "status", status = 400, times = 1 }
    local _, err = respond(dispute)
    assert.equal("no", err.happened)
    local response = kassa.assert(respond(dispute))
    assert.is_true(err.idempotency_key ~= kassa.raw(response).idempotency_key)
  end)

  it("is judged by the sandbox's time behind a socket too", function()
    local server = assert(sandbox.start { seed = 7, clock = "virtual" })
    box, klarna = server, kassa.klarna(server:options())
    local dispute = opened()
    assert.equal(14 * DAY_S, (dispute:deadline()))
    server:advance "20d"
    refused("illegal_state", respond, dispute)
    server:stop()
  end)

  it("and its resource have the types of all their methods", function()
    local types = assert(io.open "lua/kassa/types.lua")
    local text = types:read "*a"
    types:close()
    local kit = require "kassa.dispute"
    for class, methods in pairs { dispute_object = kit.object, dispute_resource = kit.resource } do
      local fields = text:match("%-%-%-@class kassa%." .. class .. "\n(.-)\n\n")
      for name in pairs(methods) do
        assert.is_truthy(fields:find("@field " .. name .. " fun", 1, true), name)
      end
      assert.is_truthy(text:find(": kassa." .. class .. "\n", 1, true))
    end
  end)

  describe("list of what is due", function()
    -- Disputes whose deadlines are these durations away. -> their ids
    local function open_many(deadlines)
      local transaction, ids = sold(), {}
      for i, deadline in ipairs(deadlines) do
        ids[i] = assert(box:dispute(transaction, { reason = "RETURN_NOT_REFUNDED", amount = 10,
          state = "MERCHANT_EVIDENCE_PENDING", deadline = deadline })).payment_dispute_id
      end
      return ids
    end

    local function ids_of(list)
      local ids = {}
      for i, dispute in ipairs(list) do ids[i] = dispute.payment_dispute_id end
      return ids
    end

    it("is sorted by the time left, and ends with the duration", function()
      local ids = open_many { "5d", "10d", "2d", "7d" }
      opened { state = "ARBITRATION_PENDING" }
      local due = kassa.assert(klarna.disputes:due { within = "7d" })
      assert.same({ ids[3], ids[1], ids[4] }, ids_of(due))
      assert.equal(2 * DAY_S, (due[1]:deadline()))
      assert.equal(4, #kassa.assert(klarna.disputes:due()))
      assert.same({}, ids_of(kassa.assert(klarna.disputes:due { within = "1d" })))
      assert.is_truthy(due[1]:respond(RETURNED))
      assert.same({ ids[1], ids[4] }, ids_of(kassa.assert(klarna.disputes:due { within = "7d" })))
    end)

    it("reads every page", function()
      local ids = open_many { "6d", "5d", "4d", "3d", "2d" }
      local before = count()
      local due = kassa.assert(klarna.disputes:due { within = "7d", size = 2 })
      assert.same({ ids[5], ids[4], ids[3], ids[2], ids[1] }, ids_of(due))
      assert.is_true(count() - before >= 3)
    end)

    it("takes the other filters of a list", function()
      open_many { "6d" }
      local other = opened { reason = "PRODUCTS_FAULTY" }
      local due = kassa.assert(klarna.disputes:due { reason = { "PRODUCTS_FAULTY" } })
      assert.same({ other.payment_dispute_id }, ids_of(due))
    end)

    it("begins with what is over and ends with what tells no deadline", function()
      local ids = open_many { "3d", "2d", "1d" }
      local pages = {}
      for i, id in ipairs(ids) do pages[i] = box:view(id) end
      pages[2].state_context.evidence_response_deadline_at = nil
      pages[3].state_context.evidence_response_deadline_at = "2023-11-01T00:00:00Z"
      pages[1].state_context.evidence_response_deadline_at = "2023-11-15T00:00:00Z"
      local engine = script.new { script.json(200, assert(json.encode {
        disputes = pages, pagination = { count = 3 } })) }
      local due = kassa.assert(kassa.klarna { api_key = "klarna_test_api_k", transport = engine }
        .disputes:due { within = "7d" })
      assert.same({ ids[3], ids[1], ids[2] }, ids_of(due))
      assert.is_true(due[1]:deadline() < 0)
    end)

    it("is an error when a page is", function()
      open_many { "6d", "5d", "4d" }
      box:fault { operation = "payment_dispute.list", kind = "status", status = 400, skip = 1 }
      local due, err = klarna.disputes:due { size = 2 }
      assert.is_nil(due)
      assert.equal("payment_dispute.list", err.operation)
    end)

    it("raises for what cannot be meant, at the line that said it", function()
      local state = { state = { "CLOSED" } }
      for _, query in ipairs { { within = "soon" }, { withn = "7d" }, state, 5 } do
        local ok, message = pcall(function() klarna.disputes:due(query) end)
        assert.is_false(ok)
        assert.matches("dispute_spec%.lua:%d+: disputes:due: ", message)
      end
    end)
  end)
end)
