--- Disputes as Klarna runs them: escalated, asked about, answered, decided (reference 4.4, 4.5),
-- written by hand. It judges no evidence: what an answer says is kept, and a verb decides.

local answers = require "kassa.sandbox.answers"
local clock = require "kassa.sandbox.clock"
local events = require "kassa.sandbox.klarna.events"
local shapes = require "kassa.sandbox.klarna.shapes"
local transactions = require "kassa.sandbox.klarna.transactions"

local disputes = { handlers = {} }
local handlers = disputes.handlers

local DAY_MS = 24 * 3600 * 1000
local FIRST_MS = 14 * DAY_MS
local FIRST_UNAUTHORIZED_MS = 7 * DAY_MS
local FOLLOW_UP_MS = 7 * DAY_MS

--- Evidence requests of one dispute (1.7).
disputes.EVIDENCE_REQUESTS_MAX = 5

--- The reasons a dispute can have (2.10); true where it passes PRE_ARBITRATION at once (4.4). The
-- types of evidence requests have the same names (3.15).
disputes.REASONS = {
  RETURN_NOT_REFUNDED = false, PRODUCTS_NOT_RECEIVED = false, PRODUCTS_FAULTY = false,
  CAPTURE_AMOUNT_INCORRECT = false, PURCHASE_CANCELED = false,
  PURCHASE_UNAUTHORIZED = true, PURCHASE_HIGH_RISK = true,
}

disputes.STATES = {
  PRE_ARBITRATION = true, ARBITRATION_PENDING = true, MERCHANT_EVIDENCE_PENDING = true,
  CLOSED = true,
}

local COMMENT = {
  RETURN_NOT_REFUNDED = "Consumer claimed a return was not refunded",
  PRODUCTS_NOT_RECEIVED = "Consumer claimed products were not received",
  PRODUCTS_FAULTY = "Consumer claimed delivered products were faulty",
  CAPTURE_AMOUNT_INCORRECT = "Consumer claimed the captured amount was wrong",
  PURCHASE_CANCELED = "Consumer claimed the purchase was canceled",
  PURCHASE_UNAUTHORIZED = "Consumer claimed not to have made the purchase",
  PURCHASE_HIGH_RISK = "The purchase has a high risk of fraud",
}

-- Records ----------------------------------------------------------------------------------------

local function move(self, dispute, state)
  dispute.previous_state, dispute.state = dispute.state, state
  dispute.updated_at = self.now()
  events.dispute(self, dispute)
end

local function settle(evidence, state)
  evidence.previous_state, evidence.state = evidence.state, state
end

-- The evidence request that waits for an answer, or nil.
local function open_request(dispute)
  return dispute.state == "MERCHANT_EVIDENCE_PENDING" and dispute.evidence[#dispute.evidence] or nil
end

disputes.open_request = open_request

--- The dispute behind an id, or nil and a refusal. One of another product instance is not found
-- (the optional query parameter of operations 18 to 21).
function disputes.find(self, id, asked)
  local found = self.disputes[id]
  local instance = ((asked or {}).query or {}).payment_product_instance_id
  if found and not (instance and instance[1] ~= self.product_id) then return found end
  return nil, answers.missing("dispute", id)
end

function disputes.wrong_state(dispute, verb)
  return answers.conflict("A dispute that is " .. dispute.state .. " does not allow to "
    .. verb .. ".")
end

-- What goes wrong with a verb's words -------------------------------------------------------------

--- Nobody asks for a name that is not known (misspelt, or of another verb).
function disputes.terms_fault(terms, known)
  for name in pairs(terms) do
    if known[name] == nil then return "nobody asks here for " .. tostring(name) end
  end
end

--- The words of an evidence request.
function disputes.evidence_fault(terms)
  if terms.type ~= nil and disputes.REASONS[terms.type] == nil then
    return "there is no evidence request type " .. tostring(terms.type)
  end
  if terms.comment ~= nil and type(terms.comment) ~= "string" then return "a comment is a text" end
end

--- Milliseconds of terms.deadline, or the usual ones; nil and a sentence.
function disputes.lasting(terms, usual_ms)
  if terms.deadline == nil then return usual_ms end
  return clock.duration(terms.deadline)
end

-- Arbitration ------------------------------------------------------------------------------------

--- Nobody resolved it: PRE_ARBITRATION ends, by time or because Klarna says so.
function disputes.escalate(self, dispute)
  if dispute.state ~= "PRE_ARBITRATION" then
    return nil, "a dispute that is " .. dispute.state .. " cannot be escalated"
  end
  dispute.arbitration_at = self.now()
  move(self, dispute, "ARBITRATION_PENDING")
  return dispute
end

local function usual_window_ms(dispute)
  if #dispute.evidence > 0 then return FOLLOW_UP_MS end
  return dispute.reason == "PURCHASE_UNAUTHORIZED" and FIRST_UNAUTHORIZED_MS or FIRST_MS
end

local ASKED = { type = true, comment = true, deadline = true }

local function asking_fault(dispute, terms)
  if dispute.state ~= "ARBITRATION_PENDING" then
    return "evidence cannot be asked for while a dispute is " .. dispute.state
  end
  if #dispute.evidence >= dispute.evidence_max then
    return "a dispute has at most " .. dispute.evidence_max .. " evidence requests"
  end
  return disputes.terms_fault(terms, ASKED) or disputes.evidence_fault(terms)
end

--- Klarna asks the merchant for evidence.
-- @param terms { type = the dispute's reason, comment =, deadline = 14 days (7 for an unauthorised
--   purchase and for every further request) }
function disputes.ask(self, dispute, terms)
  local fault = asking_fault(dispute, terms)
  if fault then return nil, fault end
  local lasts, message = disputes.lasting(terms, usual_window_ms(dispute))
  if not lasts then return nil, message end
  local number, now = #dispute.evidence + 1, self.now()
  local evidence_type = terms.type or dispute.reason
  dispute.evidence[number] = {
    id = string.format("%s:merchant-evidence:%d", dispute.id, number), number = number,
    type = evidence_type, state = "EVIDENCE_REQUESTED", created_at = now,
    deadline_at = now + lasts, comment = terms.comment or COMMENT[evidence_type],
  }
  self.plan(now + lasts, { kind = "evidence", id = dispute.id, number = number })
  move(self, dispute, "MERCHANT_EVIDENCE_PENDING")
  return dispute
end

--- The time for an answer is over.
function disputes.lapse(self, dispute)
  local request = open_request(dispute)
  if not request then return false end
  settle(request, "EVIDENCE_REQUEST_EXPIRED")
  move(self, dispute, "ARBITRATION_PENDING")
  return true
end

local TIMER = {}

function TIMER.resolution(self, dispute) disputes.escalate(self, dispute) end

-- Only the request the time was planned for: an answered one has no window any more.
function TIMER.evidence(self, dispute, what)
  if #dispute.evidence == what.number then disputes.lapse(self, dispute) end
end

--- A planned time has come.
function disputes.due(self, what)
  TIMER[what.kind](self, self.disputes[what.id], what)
end

--- Let time be over for a dispute: its resolution window, or the open evidence request's.
function disputes.expire(self, dispute)
  return disputes.escalate(self, dispute) or disputes.lapse(self, dispute)
end

-- The end ----------------------------------------------------------------------------------------

local OUTCOMES = { won = true, lost = true }

--- The word of a verdict.
function disputes.outcome_fault(outcome)
  if OUTCOMES[outcome] then return nil end
  return "a dispute is decided as \"won\" or \"lost\", not " .. tostring(outcome)
end

-- What a lost dispute takes: no more than is left, since the merchant may have refunded meanwhile.
local function take_back(self, dispute, reason, terms)
  local amount = math.min(dispute.amount, transactions.left(dispute.transaction))
  if amount < 1 then return nil end
  return assert(transactions.charge_back(self, dispute.transaction, {
    amount = amount, reason = reason, dispute_id = dispute.id,
    line_items = (terms or {}).line_items,
  }))
end

local function close(self, dispute, outcome)
  dispute.closed_at, dispute.outcome = self.now(), outcome
  move(self, dispute, "CLOSED")
end

--- Klarna decides: "won" by the merchant, or "lost" with a chargeback on the transaction.
-- @return the dispute, the chargeback of a lost one | nil, a sentence
function disputes.decide(self, dispute, outcome, terms)
  local fault = disputes.outcome_fault(outcome)
  if fault then return nil, fault end
  if dispute.state ~= "ARBITRATION_PENDING" then
    return nil, "a dispute that is " .. dispute.state .. " cannot be decided"
  end
  close(self, dispute, outcome)
  local reason = (terms or {}).reason or "DISPUTE_ARBITRATION_LOST"
  return dispute, outcome == "lost" and take_back(self, dispute, reason, terms) or nil
end

-- When the state that a dispute is in ends by itself, or nil.
local function ends_at(dispute)
  local request = open_request(dispute)
  if request then return request.deadline_at end
  return dispute.state == "PRE_ARBITRATION" and dispute.resolution_at or nil
end

--- A dispute in short, with what only the sandbox knows.
function disputes.summary(self, dispute)
  local at = ends_at(dispute)
  return {
    payment_dispute_id = dispute.id, payment_transaction_id = dispute.transaction.id,
    dispute_reason = dispute.reason, state = dispute.state, dispute_amount = dispute.amount,
    currency = dispute.currency, created_at = clock.iso(dispute.created_at),
    outcome = dispute.outcome, evidence_requests = #dispute.evidence,
    deadline_at = at and clock.iso(at), left_s = at and math.floor((at - self.now()) / 1000),
  }
end

-- Operations -------------------------------------------------------------------------------------

handlers["payment_dispute.read"] = function(self, params, _, _, asked)
  local dispute, refusal = disputes.find(self, params.payment_dispute_id, asked)
  if not dispute then return nil, refusal end
  return 200, shapes.dispute(dispute)
end

-- 202 and no body, as the newer framework answers. That money goes back then is a guess, and so is
-- the name of the chargeback's reason: the reference knows one reason only (3.13).
handlers["payment_dispute.accept_loss"] = function(self, params, _, _, asked)
  local dispute, refusal = disputes.find(self, params.payment_dispute_id, asked)
  if not dispute then return nil, refusal end
  if dispute.state == "CLOSED" then
    return nil, disputes.wrong_state(dispute, "accept the loss")
  end
  local request = open_request(dispute)
  if request then settle(request, "EVIDENCE_WAIVED") end
  close(self, dispute, "accepted")
  take_back(self, dispute, "DISPUTE_LOSS_ACCEPTED")
  return 202, ""
end

local function list_fault(dispute, list, path)
  if type(list) ~= "table" then return nil end
  for i, entry in ipairs(list) do
    local id = type(entry) == "table" and entry.payment_dispute_attachment_id
    if not dispute.attachments[id or ""] then
      return answers.field(string.format("%s[%d].payment_dispute_attachment_id", path, i - 1),
        "The dispute has no such attachment.")
    end
  end
end

-- Attachments are named at the top and inside the details, in lists like proof_of_delivery_... .
local function attachments_refusal(dispute, body)
  local refusal = list_fault(dispute, body.attachments, "attachments")
  local names = {}
  for name in pairs(type(body.details) == "table" and body.details or {}) do
    if type(name) == "string" and name:find "_attachments$" then names[#names + 1] = name end
  end
  table.sort(names)
  for _, name in ipairs(names) do
    refusal = refusal or list_fault(dispute, body.details[name], "details." .. name)
  end
  return refusal
end

handlers["payment_dispute.respond"] = function(self, params, body, _, asked)
  local dispute, refusal = disputes.find(self, params.payment_dispute_id, asked)
  if not dispute then return nil, refusal end
  local request = open_request(dispute)
  if not request then return nil, disputes.wrong_state(dispute, "respond") end
  refusal = attachments_refusal(dispute, body)
  if refusal then return nil, refusal end
  request.response = {
    id = string.format("%s:request:%d:response:1", dispute.id, request.number),
    at = self.now(), information = body.additional_information,
    attachments = body.attachments, details = body.details,
  }
  settle(request, "EVIDENCE_RECEIVED")
  move(self, dispute, "ARBITRATION_PENDING")
  return 201, shapes.evidence_answer(request.response)
end

return disputes
