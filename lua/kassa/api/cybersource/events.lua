-- The types of Cybersource's webhook events for Klarna: whose news each tells, and where. It is
-- data and no closed list; it names no object, since no payload is known to hold the id of one.
--
-- A row as in kassa.api.klarna.events, and `names`: the field of the payload that is the same for
-- all events of one payment; `at`: the path to its status. What is told is a hint to check it.

return {
  { type = "payments.payments.updated", names = "reconciliationId", at = { "status" },
    sure = "likely", source = "W, X",
    doc = "The status of a payment has changed: check it, of the step that has this "
      .. "reconciliationId." },
}
