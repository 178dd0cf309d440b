--- Cybersource's answers as they look on the wire, made from the sandbox's own records (section 5).
-- It reads records and writes none; a member the record does not have is left out.

local json = require "kassa.json"
local bodies = require "kassa.sandbox.cybersource.bodies"
local steps = require "kassa.sandbox.cybersource.steps"

local shapes = {}

local function link(path, method)
  return { method = method or "POST", href = path }
end

-- Where a step of each kind is itself.
local SELF = {
  session = "/pts/v2/payment-references/", authorization = "/pts/v2/payments/",
  reversal = "/pts/v2/reversals/", capture = "/pts/v2/captures/", refund = "/pts/v2/refunds/",
}

local LINKS = {}

function LINKS.session(step, links)
  local own = SELF.session .. step.id
  links.updateSession, links.order = link(own, "PATCH"), link(own .. "/intents")
end

function LINKS.authorization(step, links)
  if step.status ~= "AUTHORIZED" then return end
  local own = SELF.authorization .. step.id
  links.authReversal, links.capture = link(own .. "/reversals"), link(own .. "/captures")
end

function LINKS.capture(step, links)
  if step.status == "SETTLED" then links.refund = link(SELF.capture .. step.id .. "/refunds") end
end

local function links_of(step)
  local links = {
    self = link(SELF[step.kind] .. step.id, step.kind == "refund" and "GET" or "POST"),
    status = link("/pts/v2/refresh-payment-status/" .. step.id),
  }
  if LINKS[step.kind] then LINKS[step.kind](step, links) end
  return links
end

local function amount_of(step)
  return step.amount and bodies.text(step.amount, step.currency) or nil
end

local EXTRA = {}

function EXTRA.session(step, out)
  out.processorInformation.token = step.widget_token
  out.processorInformation.paymentUrl = step.payment_url
end

function EXTRA.authorization(step, out)
  out.processorInformation.transactionId = step.order_id
  out.orderInformation.invoiceDetails = { productId = "paylaterbycard" }
end

-- The sample of the guide says that nothing was reversed.
function EXTRA.reversal(_, out)
  out.reversalAmountDetails = { reversedAmount = "0" }
  out.orderInformation = nil
end

function EXTRA.refund(step, out)
  out.refundAmountDetails = { refundAmount = amount_of(step) }
  out.processorInformation.transactionId = step.parent.parent.order_id
  out.clientReferenceInformation.returnReconciliationId = step.reconciliation_id
end

-- Of the codes of section 6 the classes of failure.
local WHY = {
  ["10000"] = { "INVALID_DATA", "The data is not valid." },
  ["30200"] = { "PROCESSOR_DECLINED", "Klarna declined the transaction." },
  ["30350"] = { "INSUFFICIENT_FUND", "Klarna found no sufficient funds." },
  ["30400"] = { "PROCESSOR_DECLINED", "Klarna declined the transaction after a review." },
  ["30500"] = { "PROCESSOR_DECLINED", "Klarna declined the session." },
}
local FAULT = { "PROCESSOR_ERROR", "The transaction failed for a technical reason." }

local function error_of(step)
  if step.status ~= "FAILED" then return nil end
  local why = WHY[step.code] or FAULT
  return { reason = why[1], message = why[2] }
end

--- What a request that made or changed a step is answered with.
function shapes.step(step)
  local out = {
    _links = links_of(step),
    clientReferenceInformation = { code = step.reference },
    id = step.id,
    orderInformation = {
      amountDetails = { totalAmount = amount_of(step), currency = step.currency },
    },
    processorInformation = { responseCode = step.code, responseDetails = step.code },
    reconciliationId = step.reconciliation_id,
    status = step.status,
    submitTimeUtc = steps.time(step),
    errorInformation = error_of(step),
  }
  if EXTRA[step.kind] then EXTRA[step.kind](step, out) end
  return out
end

--- What a check of a status is answered with: less, as in the sample.
function shapes.status(step)
  return {
    clientReferenceInformation = { code = step.reference },
    id = step.id,
    processorInformation = { responseCode = step.code },
    reconciliationId = step.reconciliation_id,
    status = step.status,
  }
end

-- Transaction search ------------------------------------------------------------------------------

local APPLICATION = {
  session = "ics_ap_sessions", authorization = "ics_ap_auth", reversal = "ics_ap_auth_reversal",
  capture = "ics_ap_capture", refund = "ics_ap_refund",
}

local function application_of(step)
  local good = step.status ~= "FAILED" and step.status ~= "ABANDONED"
  local code, flag = good and "1" or "0", good and "SOK" or "DDECLINED"
  local reason = good and "100" or "203"
  return {
    status = step.status, reasonCode = reason, rCode = code, rFlag = flag,
    applications = json.list { {
      name = APPLICATION[step.kind], status = step.status, reasonCode = reason, rCode = code,
      rFlag = flag,
    } },
  }
end

--- One row of a search's result.
function shapes.summary(step, merchant_id)
  return {
    id = step.id,
    submitTimeUtc = shapes.moment(step),
    merchantId = merchant_id,
    applicationInformation = application_of(step),
    clientReferenceInformation = { code = step.reference },
    orderInformation = {
      amountDetails = { totalAmount = amount_of(step), currency = step.currency },
    },
    paymentInformation = { paymentType = { name = "INVOICE", method = "KLARNA" } },
    _links = { transactionDetail = link("/tss/v2/transactions/" .. step.id, "GET") },
  }
end

--- The time of a step as every transaction has it.
function shapes.moment(step)
  return steps.time { kind = "transaction", at = step.at }
end

local function root_of(step)
  while step.parent do step = step.parent end
  return step
end

--- A transaction, read by its id.
-- @param related ids of the steps that stand on this one or that it stands on
function shapes.transaction(step, merchant_id, related)
  local out = shapes.summary(step, merchant_id)
  out.rootId = root_of(step).id
  out.reconciliationId = step.reconciliation_id
  out.submitTimeUTC, out.submitTimeUtc = out.submitTimeUtc, nil
  out.processorInformation = { responseCode = step.code, transactionId = step.order_id }
  out.errorInformation = error_of(step)
  out._links = { self = link("/tss/v2/transactions/" .. step.id, "GET"),
    relatedTransactions = json.list {} }
  for i, id in ipairs(related) do
    out._links.relatedTransactions[i] = link("/tss/v2/transactions/" .. id, "GET")
  end
  return out
end

return shapes
