-- The states of Klarna's objects at Cybersource and the ways between them: data for the guard, for
-- waiting and for diagrams. It does not say which operation is legal; the rows of the table do.
--
-- As in klarna/machines.lua, and `ask[STATE]`: the schedule (transport.polling) by which to ask for
-- the status while it is that. A status that is not listed means: keep asking, it is no success.

local machines = {}

machines.session = {
  doc = "A session can be updated for 48 hours. COMPLETED may come at once and proves nothing "
    .. "about the shopper: the token does. Updates after COMPLETED are a guess.",
  sure = "likely", source = "G, GUESS",
  states = { "INITIATED", "COMPLETED", "ABANDONED", "FAILED" },
  initial = { "INITIATED", "COMPLETED", "FAILED" },
  edges = {
    INITIATED = { "INITIATED", "COMPLETED", "ABANDONED", "FAILED" },
    COMPLETED = { "COMPLETED", "INITIATED", "ABANDONED", "FAILED" },
  },
  events = {
    [">INITIATED"] = "create",
    [">COMPLETED"] = "create",
    [">FAILED"] = "create: refused",
    ["INITIATED>INITIATED"] = "update",
    ["INITIATED>COMPLETED"] = "shopper finishes",
    ["INITIATED>ABANDONED"] = "shopper leaves",
    ["INITIATED>FAILED"] = "update: refused",
    ["COMPLETED>COMPLETED"] = "update (guess)",
    ["COMPLETED>INITIATED"] = "update (guess)",
    ["COMPLETED>ABANDONED"] = "shopper leaves (guess)",
    ["COMPLETED>FAILED"] = "update: refused (guess)",
  },
  final = { "ABANDONED", "FAILED" },
  reasons = {}, ask = { INITIATED = "shopper" },
}

machines.authorization = {
  doc = "Funds are reserved for 28 days. A follow-on makes an authorization of its own, and "
    .. "captures and reversals then go to that one. That a failed follow-on leaves the first "
    .. "alive is a guess, and so is AUTH_REVERSED as a status of the authorization itself.",
  sure = "likely", source = "G, O, GUESS",
  states = { "PENDING", "AUTHORIZED", "AUTH_REVERSED", "ABANDONED", "FAILED" },
  initial = { "PENDING", "AUTHORIZED", "FAILED" },
  edges = {
    PENDING = { "PENDING", "AUTHORIZED", "FAILED", "ABANDONED" },
    AUTHORIZED = { "AUTHORIZED", "AUTH_REVERSED", "FAILED" },
  },
  events = {
    [">PENDING"] = "authorize: Klarna reviews",
    [">AUTHORIZED"] = "authorize",
    [">FAILED"] = "authorize: refused",
    ["PENDING>PENDING"] = "check",
    ["PENDING>AUTHORIZED"] = "review passed",
    ["PENDING>FAILED"] = "review failed",
    ["PENDING>ABANDONED"] = "shopper left",
    ["AUTHORIZED>AUTHORIZED"] = "capture",
    ["AUTHORIZED>AUTH_REVERSED"] = "reversal (guess)",
    ["AUTHORIZED>FAILED"] = "check",
  },
  final = { "AUTH_REVERSED", "ABANDONED", "FAILED" },
  reasons = {}, ask = { PENDING = "review" },
}

machines.reversal = {
  doc = "Releases the whole authorization, while nothing is captured (guess). "
    .. "After FAILED it may be sent again.",
  sure = "likely", source = "G, GUESS",
  states = { "PENDING", "AUTH_REVERSED", "FAILED" },
  initial = { "PENDING", "AUTH_REVERSED", "FAILED" },
  edges = { PENDING = { "PENDING", "AUTH_REVERSED", "FAILED" } },
  events = {
    [">PENDING"] = "reverse: Klarna reviews",
    [">AUTH_REVERSED"] = "reverse",
    [">FAILED"] = "reverse: refused",
    ["PENDING>PENDING"] = "check",
    ["PENDING>AUTH_REVERSED"] = "review passed",
    ["PENDING>FAILED"] = "review failed",
  },
  final = { "AUTH_REVERSED", "FAILED" },
  reasons = {}, ask = { PENDING = "review" },
}

machines.capture = {
  doc = "Several captures may share an authorization. Only a settled one can be charged back; that "
    .. "nothing can be refunded after that is a guess.",
  sure = "likely", source = "G, GUESS",
  states = { "PENDING", "SETTLED", "CHARGEBACK", "FAILED" },
  initial = { "PENDING", "SETTLED", "FAILED" },
  edges = {
    PENDING = { "PENDING", "SETTLED", "FAILED" },
    SETTLED = { "SETTLED", "CHARGEBACK", "FAILED" },
  },
  events = {
    [">PENDING"] = "capture: Klarna reviews",
    [">SETTLED"] = "capture",
    [">FAILED"] = "capture: refused",
    ["PENDING>PENDING"] = "check",
    ["PENDING>SETTLED"] = "review passed",
    ["PENDING>FAILED"] = "review failed",
    ["SETTLED>SETTLED"] = "refund",
    ["SETTLED>CHARGEBACK"] = "shopper wins a dispute",
    ["SETTLED>FAILED"] = "check",
  },
  final = { "CHARGEBACK", "FAILED" },
  reasons = {}, ask = { PENDING = "review" },
}

machines.refund = {
  doc = "Several refunds may share a capture. After FAILED send a new one.",
  sure = "likely", source = "G",
  states = { "PENDING", "REFUNDED", "FAILED" },
  initial = { "PENDING", "REFUNDED", "FAILED" },
  edges = { PENDING = { "PENDING", "REFUNDED", "FAILED" } },
  events = {
    [">PENDING"] = "refund: Klarna reviews",
    [">REFUNDED"] = "refund",
    [">FAILED"] = "refund: refused",
    ["PENDING>PENDING"] = "check",
    ["PENDING>REFUNDED"] = "review passed",
    ["PENDING>FAILED"] = "review failed",
  },
  final = { "REFUNDED", "FAILED" },
  reasons = {}, ask = { PENDING = "review" },
}

return machines
