-- What every Cybersource call shares: cases, the total of an order, limits, waiting. It describes;
-- kassa.body checks, and the client decides when to ask again.

local transport = {}

-- When an entry's `needed` holds. They look at the body with what its row fills in.
transport.cases = {
  US = { at = "orderInformation.billTo.country", is = "US", doc = "in the US" },
  elsewhere = { at = "orderInformation.billTo.country", isnt = "US", doc = "outside the US" },
  hosted = { at = "processingInformation.paymentFlowMode", is = "HOP",
    doc = "for the hosted page" },
  widget = { at = "processingInformation.paymentFlowMode", is = "inline", doc = "for the widget" },
}

-- Words of kassa's own in a body: each stands for a value somewhere else.
transport.words = {
  flow = { at = "processingInformation.paymentFlowMode", hosted = "HOP", widget = "inline" },
}

transport.limits = {
  jwt_s = { value = 120, sure = "exact", source = "A", doc = "Seconds for which a JWT is valid." },
  skew_s = { value = 300, sure = "guess", source = "GUESS",
    doc = "Seconds by which a signature's date may be off." },
  session_s = { value = 172800, sure = "exact", source = "G",
    doc = "Seconds for which a session can be updated." },
  authorization_s = { value = 2419200, sure = "exact", source = "G",
    doc = "Seconds in which an authorization can be captured." },
  transaction_id_s = { value = 5184000, sure = "likely", source = "X",
    doc = "Seconds for which a transactionId is remembered." },
  search_s = { value = 1500, sure = "guess", source = "T, GUESS",
    doc = "Seconds in which a search may not find what was done: the guide asks for five more "
      .. "tries, five minutes apart." },
}

-- Statuses in which what was asked for was not done, of whatever it is the status.
transport.refused = { "FAILED", "DECLINED", "ABANDONED" }

-- Seconds between checks of a status (kassa.schedule); all are guesses, and chance makes every
-- pause longer. `pauses` come first, then `then_s` again and again until `until_s` after the first
-- of them began.
transport.polling = {
  shopper = { pauses = { 5, 10, 20, 40, 60, 60, 60, 60, 60, 60, 60, 60 }, then_s = 900,
    until_s = 172800, sure = "guess", source = "GUESS",
    doc = "While the shopper is on the page: ten minutes of short pauses, then long ones." },
  review = { pauses = { 30, 120, 600 }, then_s = 3600, until_s = 2419200, sure = "guess",
    source = "GUESS", doc = "While Klarna reviews; the guide says once an hour." },
  watch = { pauses = {}, then_s = 86400, until_s = 15552000, sure = "guess", source = "GUESS",
    doc = "While nothing is expected, when a state is asked for by name, such as the chargeback of "
      .. "a settled capture; a notification tells it sooner." },
  search = { pauses = { 5, 15, 60, 120 }, then_s = 300, until_s = 3000, sure = "guess",
    source = "T, GUESS", doc = "While a search does not find what may have been done." },
}

return transport
