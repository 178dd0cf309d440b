-- Promises about the evidence request of a dispute: the open one is found in any order of the list,
-- and nothing that an answer may lack or hold makes the search fail.

local json = require "kassa.json"
local request = require "kassa.dispute.request"

local function entry(number, state, response)
  return {
    payment_dispute_merchant_evidence_id = "krn:e:" .. number,
    request = { state = state, created_at = ("2024-01-%02dT09:00:00Z"):format(number),
      comment = "asked " .. number },
    response = response,
  }
end

local ANSWER = { created_at = "2024-01-09T10:00:00Z", details = {} }

describe("the evidence request of a dispute", function()
  it("is the open one, wherever it stands", function()
    local received = entry(1, "EVIDENCE_RECEIVED", ANSWER)
    local open, expired = entry(2, "EVIDENCE_REQUESTED"), entry(3, "EVIDENCE_REQUEST_EXPIRED")
    for _, list in ipairs { { received, open, expired }, { expired, open, received },
      { open, received, expired } } do
      local found = request.of { merchant_evidence = list }
      assert.same({ "krn:e:2", "EVIDENCE_REQUESTED", "asked 2", 3 },
        { found.id, found.state, found.comment, found.number })
      assert.is_nil(found.answered_at)
    end
  end)

  it("is the newest one, when none is open", function()
    local list = { entry(3, "EVIDENCE_RECEIVED", ANSWER), entry(1, "EVIDENCE_RECEIVED", ANSWER) }
    assert.equal("krn:e:3", request.of({ merchant_evidence = list }).id)
    list = { entry(1, "EVIDENCE_RECEIVED"), entry(2, "EVIDENCE_RECEIVED") }
    list[1].request.created_at, list[2].request.created_at = nil, "soon"
    assert.equal("krn:e:2", request.of({ merchant_evidence = list }).id)
  end)

  it("is answered when an answer stands there, whatever its state says", function()
    local found = request.of { merchant_evidence = { entry(1, "EVIDENCE_REQUESTED", ANSWER) } }
    assert.same({ "EVIDENCE_RECEIVED", "2024-01-09T10:00:00Z" }, { found.state, found.answered_at })
    for _, none in ipairs { json.null, {}, "yes" } do
      found = request.of { merchant_evidence = { entry(1, "EVIDENCE_REQUESTED", none) } }
      assert.equal("EVIDENCE_REQUESTED", found.state)
    end
  end)

  it("has the type and the deadline of the state, or the type of the reason", function()
    local dispute = { dispute_reason = "PRODUCTS_FAULTY", state_context = {
      evidence_request_type = "RETURN_NOT_REFUNDED",
      evidence_response_deadline_at = "2024-01-01T12:00:00.5+02:00",
    } }
    local found = request.of(dispute)
    assert.same({ "RETURN_NOT_REFUNDED", "2024-01-01T12:00:00.5+02:00", 1704103200500 },
      { found.type, found.deadline, found.deadline_ms })
    dispute.state_context = json.null
    found = request.of(dispute)
    assert.equal("PRODUCTS_FAULTY", found.type)
    assert.is_nil(found.deadline)
  end)

  it("is empty in a dispute that tells nothing", function()
    local null = json.null
    for _, dispute in ipairs { {}, { merchant_evidence = null, state_context = null },
      { merchant_evidence = {}, state_context = "?", dispute_reason = 5 },
      { state_context = { evidence_response_deadline_at = null } } } do
      assert.same({ number = 0 }, request.of(dispute))
      assert.is_nil(request.limit(dispute))
    end
    local odd = request.of { merchant_evidence = { 5, null, {}, { request = null } } }
    assert.same({ number = 4 }, odd)
  end)

  it("knows how many there can be", function()
    assert.equal(5, request.limit { config = { total_merchant_evidence_requests = 5 } })
    assert.is_nil(request.limit { config = { total_merchant_evidence_requests = json.null } })
  end)
end)
