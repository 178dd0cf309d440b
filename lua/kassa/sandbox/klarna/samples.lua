--- What a simulated event says: a sample payload for every event type of the reference (5.2).
-- Its objects exist nowhere: reading one of them through the API gives 404.

local clock = require "kassa.sandbox.clock"

local samples = {}

local DAY_MS = 24 * 3600 * 1000
local LIFE_MS = 28 * DAY_MS

-- Each builder takes the ids of new_ids, the time as text, and the time in milliseconds.

local function request(state, reason, more)
  return function(ids)
    local payload = {
      payment_request_id = ids.request,
      payment_request_reference = "sample-payment-request",
      supplementary_purchase_data = { purchase_reference = "sample-order" },
      state = state, state_reason = reason,
    }
    for name, value in pairs(more and more(ids) or {}) do payload[name] = value end
    return payload
  end
end

local function came_from(state)
  return function() return { previous_state = state } end
end

local function with_token(ids)
  return { previous_state = "PENDING_CONFIRMATION", customer_token = ids.token }
end

local function with_confirmation(ids)
  return {
    previous_state = "IN_PROGRESS",
    state_context = { payment_confirmation_token = ids.confirmation },
  }
end

local function with_session(ids)
  return {
    previous_state = "IN_PROGRESS",
    state_context = { klarna_network_session_token = ids.confirmation },
  }
end

local function transaction(state, previous, remaining)
  return function(ids, _, now)
    return {
      payment_transaction_id = ids.transaction,
      payment_transaction_reference = "sample-payment-transaction",
      payment_amount = 2100, currency = "USD",
      state = state, previous_state = previous, state_reason = state,
      remaining_authorization_amount = remaining, customer_id = ids.customer,
      created_at = clock.iso(now - DAY_MS), expires_at = clock.iso(now - DAY_MS + LIFE_MS),
    }
  end
end

local function part(members)
  return function(ids, at)
    local payload = {
      payment_transaction_id = ids.transaction,
      payment_transaction_reference = "sample-payment-transaction",
    }
    for name, value in pairs(members(ids, at)) do payload[name] = value end
    return payload
  end
end

local function captured(ids, at)
  return {
    payment_capture_id = ids.transaction .. ":capture:1",
    payment_capture_reference = "sample-capture", capture_amount = 2100, captured_at = at,
  }
end

local function refunded(ids, at)
  return {
    payment_refund_id = ids.transaction .. ":refund:1",
    payment_refund_reference = "sample-refund", refund_amount = 400, refunded_at = at,
  }
end

local function charged_back(ids, at)
  return {
    payment_dispute_id = ids.dispute,
    payment_chargeback_id = ids.transaction .. ":chargeback:1",
    chargeback_amount = 2100, chargeback_reason = "DISPUTE_ARBITRATION_LOST", chargeback_at = at,
  }
end

local function funding(state)
  return part(function()
    return { payment_funding = { type = "NON_GUARANTEED", state = state } }
  end)
end

local function dispute(state, previous, more)
  return function(ids, at, now)
    local payload = {
      payment_dispute_id = ids.dispute, payment_transaction_id = ids.transaction,
      payment_capture_reference = "sample-capture",
      state = state, previous_state = previous, dispute_reason = "RETURN_NOT_REFUNDED",
      dispute_details = { dispute_amount = 2100, currency = "USD", created_by = "CUSTOMER" },
      config = {
        payment_dispute_payment_dispute_config_id = ids.dispute .. ":config:1",
        total_merchant_evidence_requests = 5,
      },
      created_at = clock.iso(now - DAY_MS), updated_at = at,
    }
    for name, value in pairs(more and more(now) or {}) do payload[name] = value end
    return payload
  end
end

local function asks_evidence(now)
  return { state_context = {
    evidence_request_type = "RETURN_NOT_REFUNDED",
    evidence_response_deadline_at = clock.iso(now + 14 * DAY_MS),
  } }
end

local STATE = "payment.request.state-change."
local TRANSACTION = "payment.transaction."
local FUNDING = "payment.funding.state-change."
local DISPUTE = "payment.dispute."

local SAMPLE = {
  [STATE .. "submitted"] = request("SUBMITTED", "PAYMENT_REQUEST_SUBMITTED"),
  [STATE .. "in-progress"] = request("IN_PROGRESS", nil, came_from "SUBMITTED"),
  [STATE .. "pending-confirmation"] = request("PENDING_CONFIRMATION", nil, with_confirmation),
  [STATE .. "confirmed"] = request("CONFIRMED", nil, with_token),
  [STATE .. "canceled"] = request("CANCELED", "PARTNER_CANCELED", came_from "SUBMITTED"),
  [STATE .. "expired"] = request("EXPIRED", nil, came_from "SUBMITTED"),
  [STATE .. "declined"] = request("DECLINED", "PERMANENT", came_from "IN_PROGRESS"),
  [STATE .. "authorized"] = request("AUTHORIZED", nil, came_from "IN_PROGRESS"),
  [STATE .. "completed"] = request("COMPLETED", nil, with_session),
  ["payment.request.updated"] = request("SUBMITTED"),
  [TRANSACTION .. "state-change.authorized"] = transaction("AUTHORIZED", nil, 2100),
  [TRANSACTION .. "state-change.completed"] = transaction("COMPLETED", "AUTHORIZED", 0),
  [TRANSACTION .. "state-change.expired"] = transaction("EXPIRED", "AUTHORIZED", 2100),
  [TRANSACTION .. "state-change.closed"] = transaction("CLOSED", "COMPLETED", 0),
  [TRANSACTION .. "captured"] = part(captured),
  [TRANSACTION .. "refunded"] = part(refunded),
  [TRANSACTION .. "chargeback"] = part(charged_back),
  [FUNDING .. "pending"] = funding "PENDING",
  [FUNDING .. "funded"] = funding "FUNDED",
  [FUNDING .. "expired"] = funding "EXPIRED",
  [DISPUTE .. "state-change.pre-arbitration"] = dispute("PRE_ARBITRATION"),
  [DISPUTE .. "state-change.arbitration-pending"] =
    dispute("ARBITRATION_PENDING", "PRE_ARBITRATION"),
  [DISPUTE .. "state-change.merchant-evidence-pending"] =
    dispute("MERCHANT_EVIDENCE_PENDING", "ARBITRATION_PENDING", asks_evidence),
  [DISPUTE .. "state-change.arbitration-appeal-window-open"] =
    dispute("ARBITRATION_APPEAL_OPEN", "ARBITRATION_PENDING"),
  [DISPUTE .. "state-change.closed"] = dispute("CLOSED", "ARBITRATION_PENDING"),
  [DISPUTE .. "updated.arbitration-deadline-extended"] =
    dispute("ARBITRATION_PENDING", "PRE_ARBITRATION"),
  ["identity.customer-token.state-change.revoked"] = function(ids)
    return { customer_token = ids.token, state = "REVOKED", previous_state = "ACTIVE" }
  end,
}

--- The types there is a sample of, sorted.
function samples.types()
  local out = {}
  for event_type in pairs(SAMPLE) do out[#out + 1] = event_type end
  table.sort(out)
  return out
end

local function new_ids(random)
  local transaction_id = "krn:payment:us1:transaction:" .. random:uuid()
  return {
    request = "krn:payment:us1:request:" .. random:uuid(),
    confirmation = "krn:payment:us1:confirmation-token:" .. random:uuid(),
    transaction = transaction_id,
    dispute = transaction_id .. ":dispute:1",
    token = "krn:partner:us1:test:identity:customer-token:" .. random:letters(32),
    customer = "krn:kuid:" .. random:letters(22),
  }
end

--- A payload for an event type, or nil where there is no sample of it.
-- @param random generator for its ids
-- @param now milliseconds since 1970
function samples.payload(event_type, random, now)
  local make = SAMPLE[event_type]
  return make and make(new_ids(random), clock.iso(now), now)
end

return samples
