-- The states of Klarna's objects and the ways between them: data for the guard and for diagrams.
-- It does not say which operation is legal in which state; the rows of the table do.
--
-- A machine: `states` in the order of life, `initial[STATE]` and `edges[FROM] = { TO, ... }`,
-- both with the event in `events[FROM .. ">" .. TO]` ("" is before birth), `final` states,
-- `reasons` seen in state_reason, `aliases[OLD NAME] = STATE`.

local machines = {}

machines.payment_request = {
  doc = "A payment request lives 48 hours, a confirmation token 60 minutes. "
    .. "CREATED and PREPARED belong to the browser flow.",
  sure = "exact", source = "W1, R5, S",
  states = { "CREATED", "SUBMITTED", "PREPARED", "IN_PROGRESS", "PENDING_CONFIRMATION",
    "CONFIRMED", "CANCELED", "EXPIRED", "DECLINED" },
  initial = { "CREATED", "SUBMITTED", "CONFIRMED", "DECLINED" },
  edges = {
    CREATED = { "SUBMITTED" },
    SUBMITTED = { "SUBMITTED", "IN_PROGRESS", "PREPARED", "CANCELED", "EXPIRED" },
    PREPARED = { "IN_PROGRESS", "PENDING_CONFIRMATION" },
    IN_PROGRESS = { "SUBMITTED", "PENDING_CONFIRMATION", "CONFIRMED", "CANCELED", "EXPIRED" },
    PENDING_CONFIRMATION = { "IN_PROGRESS", "CONFIRMED", "SUBMITTED" },
  },
  events = {
    [">CREATED"] = "browser",
    [">SUBMITTED"] = "create; charge: step-up",
    [">CONFIRMED"] = "charge: approved",
    [">DECLINED"] = "charge: declined",
    ["SUBMITTED>SUBMITTED"] = "update",
    ["SUBMITTED>IN_PROGRESS"] = "shopper starts",
    ["SUBMITTED>CANCELED"] = "cancel",
    ["SUBMITTED>EXPIRED"] = "48 h",
    ["IN_PROGRESS>SUBMITTED"] = "shopper leaves",
    ["IN_PROGRESS>PENDING_CONFIRMATION"] = "shopper agrees",
    ["IN_PROGRESS>CANCELED"] = "cancel",
    ["IN_PROGRESS>EXPIRED"] = "48 h",
    ["PENDING_CONFIRMATION>CONFIRMED"] = "confirm",
    ["PENDING_CONFIRMATION>SUBMITTED"] = "token expires (60 min)",
  },
  final = { "CONFIRMED", "CANCELED", "EXPIRED", "DECLINED" },
  reasons = {
    { name = "PAYMENT_REQUEST_SUBMITTED", doc = "The first state." },
    { name = "PARTNER_CANCELED", doc = "Cancelled through the API." },
    { name = "PURCHASE_FLOW_ABORTED", doc = "The shopper left." },
    { name = "CONFIRMATION_TOKEN_EXPIRED", doc = "Nobody confirmed in time; back to SUBMITTED." },
    { name = "STEP_UP_REQUIRED", doc = "The token charge needs the shopper.",
      charge_again = "with the shopper" },
    { name = "CUSTOMER_ACTION_REQUIRED", doc = "No funds or an identity check, for example.",
      charge_again = "later, maybe" },
    { name = "PERMANENT", doc = "The token was revoked or is declined for all options.",
      charge_again = "no, a new token is needed" },
    { name = "TECHNICAL_ERROR", doc = "Klarna could not start or finish the flow.",
      charge_again = "yes, as a new request" },
  },
  aliases = { AUTHORIZED = "CONFIRMED" },
}

machines.payment_transaction = {
  doc = "A transaction stays authorised until expires_at (28 days in the examples); "
    .. "7 days after that it ends by itself.",
  sure = "likely", source = "R6, S",
  states = { "AUTHORIZED", "EXPIRED", "COMPLETED", "CLOSED" },
  initial = { "AUTHORIZED", "COMPLETED" },
  edges = {
    AUTHORIZED = { "AUTHORIZED", "COMPLETED", "CLOSED", "EXPIRED" },
    EXPIRED = { "AUTHORIZED", "CLOSED", "COMPLETED" },
    COMPLETED = { "CLOSED" },
  },
  events = {
    [">AUTHORIZED"] = "confirm",
    [">COMPLETED"] = "confirm with capture",
    ["AUTHORIZED>AUTHORIZED"] = "partial capture",
    ["AUTHORIZED>COMPLETED"] = "all captured; void after a capture",
    ["AUTHORIZED>CLOSED"] = "void, nothing captured",
    ["AUTHORIZED>EXPIRED"] = "expires_at, something left",
    ["EXPIRED>AUTHORIZED"] = "reauthorise (later releases)",
    ["EXPIRED>CLOSED"] = "7 days, nothing captured",
    ["EXPIRED>COMPLETED"] = "7 days, partly captured",
    ["COMPLETED>CLOSED"] = "end of life",
  },
  final = { "CLOSED" },
  reasons = {
    { name = "AUTHORIZED", doc = "Authorised by a confirmation or a token charge." },
    { name = "VOIDED", doc = "The rest was released by a void." },
  },
}

machines.payment_funding = {
  doc = "GUARANTEED funding is FUNDED from the start. NON_GUARANTEED begins PENDING: "
    .. "the merchant bears the risk, so ship after FUNDED.",
  sure = "exact", source = "S, R5",
  states = { "PENDING", "FUNDED", "EXPIRED" },
  initial = { "PENDING", "FUNDED" },
  edges = { PENDING = { "FUNDED", "EXPIRED" } },
  events = {
    [">PENDING"] = "NON_GUARANTEED",
    [">FUNDED"] = "GUARANTEED",
    ["PENDING>FUNDED"] = "money arrives",
    ["PENDING>EXPIRED"] = "money does not arrive",
  },
  final = { "FUNDED", "EXPIRED" },
  reasons = {},
}

machines.payment_dispute = {
  doc = "Klarna asks for evidence at most 5 times, each time until evidence_response_deadline_at. "
    .. "Disputes about unauthorised and high-risk purchases leave PRE_ARBITRATION at once.",
  sure = "exact", source = "S, C12",
  states = { "PRE_ARBITRATION", "ARBITRATION_PENDING", "MERCHANT_EVIDENCE_PENDING", "CLOSED" },
  initial = { "PRE_ARBITRATION" },
  edges = {
    PRE_ARBITRATION = { "ARBITRATION_PENDING", "CLOSED" },
    ARBITRATION_PENDING = { "MERCHANT_EVIDENCE_PENDING", "CLOSED" },
    MERCHANT_EVIDENCE_PENDING = { "ARBITRATION_PENDING", "CLOSED" },
  },
  events = {
    [">PRE_ARBITRATION"] = "shopper opens it",
    ["PRE_ARBITRATION>ARBITRATION_PENDING"] = "21 days unresolved; Klarna escalates",
    ["PRE_ARBITRATION>CLOSED"] = "accept_loss",
    ["ARBITRATION_PENDING>MERCHANT_EVIDENCE_PENDING"] = "Klarna asks for evidence",
    ["ARBITRATION_PENDING>CLOSED"] = "accept_loss; decided",
    ["MERCHANT_EVIDENCE_PENDING>ARBITRATION_PENDING"] = "respond; deadline over",
    ["MERCHANT_EVIDENCE_PENDING>CLOSED"] = "accept_loss",
  },
  final = { "CLOSED" },
  reasons = {},
}

machines.merchant_evidence = {
  doc = "One request for evidence: merchant_evidence[].request.state of a dispute.",
  sure = "likely", source = "S, D4",
  states = { "EVIDENCE_REQUESTED", "EVIDENCE_RECEIVED", "EVIDENCE_REQUEST_EXPIRED",
    "EVIDENCE_WAIVED" },
  initial = { "EVIDENCE_REQUESTED" },
  edges = {
    EVIDENCE_REQUESTED = { "EVIDENCE_RECEIVED", "EVIDENCE_REQUEST_EXPIRED", "EVIDENCE_WAIVED" },
  },
  events = {
    [">EVIDENCE_REQUESTED"] = "Klarna asks",
    ["EVIDENCE_REQUESTED>EVIDENCE_RECEIVED"] = "respond",
    ["EVIDENCE_REQUESTED>EVIDENCE_REQUEST_EXPIRED"] = "deadline over",
    ["EVIDENCE_REQUESTED>EVIDENCE_WAIVED"] = "accept_loss",
  },
  final = { "EVIDENCE_RECEIVED", "EVIDENCE_REQUEST_EXPIRED", "EVIDENCE_WAIVED" },
  reasons = {},
}

return machines
