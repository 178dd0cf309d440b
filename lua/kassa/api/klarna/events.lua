-- The types of Klarna's webhook events: what each is about and where its news stands. It is data,
-- and no closed list: a type that is not here is delivered to handlers all the same.
--
-- A row: `type`; `object`, the kind of object it is about (a key of the table's `objects`, whose id
-- the payload holds), nil where kassa knows no such object; `machine`, the machine that rules the
-- state it tells of, with `becomes`, that state, and `at`, the path to it in the payload; `sure`
-- and `source` as in the table of operations.

local events = {}

local function add(row)
  events[#events + 1] = row
end

-- payment.<resource>.state-change.<state in lower case with hyphens>
local function state_change(resource, state, object, machine, at, sure, source, doc)
  add { type = ("%s.state-change.%s"):format(resource, (state:lower():gsub("_", "-"))),
    object = object, machine = machine, becomes = state, at = at,
    sure = sure, source = source, doc = doc }
end

local function request(state, sure, source, doc)
  state_change("payment.request", state, "payment_request", "payment_request", { "state" },
    sure, source, doc)
end

local function transaction(state, sure, source, doc)
  state_change("payment.transaction", state, "payment_transaction", "payment_transaction",
    { "state" }, sure, source, doc)
end

local function funding(state, sure, source, doc)
  state_change("payment.funding", state, "payment_transaction", "payment_funding",
    { "payment_funding", "state" }, sure, source, doc)
end

local function dispute(state, sure, source, doc)
  state_change("payment.dispute", state, "payment_dispute", "payment_dispute", { "state" },
    sure, source, doc)
end

request("SUBMITTED", "exact", "S", "The request waits for the shopper.")
request("IN_PROGRESS", "likely", "C12", "The shopper has opened the payment.")
request("PENDING_CONFIRMATION", "guess", "R5",
  "The shopper agreed; state_context.payment_confirmation_token is to be confirmed.")
request("CONFIRMED", "exact", "S", "The transaction is made.")
request("CANCELED", "likely", "C12", "The shop gave the request up.")
request("EXPIRED", "likely", "C12", "Nobody finished it in time.")
request("DECLINED", "likely", "C12", "The charge of a token was declined.")
request("AUTHORIZED", "likely", "r4", "The older name of confirmed.")
request("COMPLETED", "likely", "r6",
  "Later releases: state_context.klarna_network_session_token is to be used.")
add { type = "payment.request.updated", object = "payment_request", sure = "likely", source = "r6",
  doc = "Later releases: the request was changed." }

transaction("AUTHORIZED", "exact", "S", "Money is reserved and may be captured.")
transaction("COMPLETED", "likely", "C12", "All is captured, or the rest was released.")
transaction("EXPIRED", "likely", "C12", "The reservation is over with something left.")
transaction("CLOSED", "likely", "C12", "Nothing can be done with it any more.")
add { type = "payment.transaction.captured", object = "payment_transaction", sure = "likely",
  source = "C12", doc = "Some of the money was taken." }
add { type = "payment.transaction.refunded", object = "payment_transaction", sure = "exact",
  source = "S", doc = "Some of the money was given back." }
add { type = "payment.transaction.chargeback", object = "payment_transaction", sure = "exact",
  source = "S", doc = "A lost dispute took money back." }

funding("PENDING", "exact", "S", "Not guaranteed yet: do not ship.")
funding("FUNDED", "likely", "C12", "The money has arrived: ship.")
funding("EXPIRED", "likely", "C12", "The money did not arrive.")

dispute("PRE_ARBITRATION", "exact", "S", "A shopper disputes; settle it between the two of you.")
dispute("ARBITRATION_PENDING", "likely", "C12", "Klarna looks into it.")
dispute("MERCHANT_EVIDENCE_PENDING", "likely", "C12",
  "Klarna asks for evidence; answer before the deadline.")
dispute("CLOSED", "likely", "C12", "The verdict is there.")
dispute("ARBITRATION_APPEAL_WINDOW_OPEN", "likely", "C12",
  "Later releases: the loser may appeal.")
add { type = "payment.dispute.updated.arbitration-deadline-extended", object = "payment_dispute",
  sure = "likely", source = "C12", doc = "Klarna gave more time." }

add { type = "identity.customer-token.state-change.revoked", sure = "likely", source = "C12",
  doc = "A customer's token can be charged no more." }

return events
