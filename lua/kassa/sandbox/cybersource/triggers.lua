--- Tokens and amounts that make the sandbox do what Klarna's playground has no way to ask for.
-- It is data for the rules and for docs/sandbox.md; all of it is the sandbox's own invention.
--
-- A row: operation (what is asked), by ("token", or "amount": the last three digits of its minor
-- units), value, statuses (the first answered, the second reached `after` by itself or at once by
-- sandbox:review), code (of the processor), once (only the first time for the same parent), server
-- (answers 502: "after" the effect, or "before" it), refuses (answers 400 with that reason).

local triggers = {}

local REVIEW, LEAVES, DISPUTE = "1h", "10m", "14d"

triggers.list = {
  { operation = "session.create", by = "amount", value = "901", statuses = { "FAILED" },
    code = "30500" },
  { operation = "session.create", by = "amount", value = "902", statuses = { "COMPLETED" } },
  { operation = "session.create", by = "amount", value = "903",
    statuses = { "INITIATED", "ABANDONED" }, after = LEAVES },
  { operation = "session.create", by = "amount", value = "907",
    refuses = "INVALID_MERCHANT_CONFIGURATION" },
  { operation = "session.update", by = "amount", value = "904", statuses = { "FAILED" },
    code = "30500" },

  { operation = "authorization", by = "token", value = "sandbox-approved",
    statuses = { "AUTHORIZED" } },
  { operation = "authorization", by = "token", value = "sandbox-failed", statuses = { "FAILED" },
    code = "30200" },
  { operation = "authorization", by = "token", value = "sandbox-no-funds", statuses = { "FAILED" },
    code = "30350" },
  { operation = "authorization", by = "token", value = "sandbox-pending-authorized",
    statuses = { "PENDING", "AUTHORIZED" }, after = REVIEW },
  { operation = "authorization", by = "token", value = "sandbox-pending-failed",
    statuses = { "PENDING", "FAILED" }, after = REVIEW, code = "30400" },
  { operation = "authorization", by = "token", value = "sandbox-pending-abandoned",
    statuses = { "PENDING", "ABANDONED" }, after = REVIEW },
  { operation = "authorization", by = "amount", value = "911", statuses = { "FAILED" },
    code = "30200" },
  { operation = "authorization", by = "amount", value = "912",
    statuses = { "PENDING", "AUTHORIZED" }, after = REVIEW },
  { operation = "authorization", by = "amount", value = "913", statuses = { "PENDING", "FAILED" },
    after = REVIEW, code = "30400" },
  { operation = "authorization", by = "amount", value = "914",
    statuses = { "PENDING", "ABANDONED" }, after = REVIEW },
  { operation = "authorization", by = "amount", value = "915", statuses = { "AUTHORIZED" },
    server = "after" },
  { operation = "authorization", by = "amount", value = "916", server = "before" },
  { operation = "authorization", by = "amount", value = "917", refuses = "PROCESSOR_UNAVAILABLE" },

  { operation = "reversal", by = "amount", value = "921", statuses = { "FAILED" },
    code = "20001", once = true },
  { operation = "reversal", by = "amount", value = "922",
    statuses = { "PENDING", "AUTH_REVERSED" }, after = REVIEW },
  { operation = "reversal", by = "amount", value = "923", statuses = { "PENDING", "FAILED" },
    after = REVIEW, code = "20001", once = true },
  { operation = "reversal", by = "amount", value = "925", statuses = { "AUTH_REVERSED" },
    server = "after" },
  { operation = "reversal", by = "amount", value = "926", server = "before", once = true },

  { operation = "capture", by = "amount", value = "931", statuses = { "FAILED" },
    code = "30100" },
  { operation = "capture", by = "amount", value = "932", statuses = { "PENDING", "SETTLED" },
    after = REVIEW },
  { operation = "capture", by = "amount", value = "933", statuses = { "PENDING", "FAILED" },
    after = REVIEW, code = "30100" },
  { operation = "capture", by = "amount", value = "934", statuses = { "SETTLED", "CHARGEBACK" },
    after = DISPUTE },
  { operation = "capture", by = "amount", value = "935", statuses = { "SETTLED" },
    server = "after" },
  { operation = "capture", by = "amount", value = "936", server = "before" },

  { operation = "refund", by = "amount", value = "941", statuses = { "FAILED" }, code = "30100" },
  { operation = "refund", by = "amount", value = "942", statuses = { "PENDING", "REFUNDED" },
    after = REVIEW },
  { operation = "refund", by = "amount", value = "943", statuses = { "PENDING", "FAILED" },
    after = REVIEW, code = "30100" },
  { operation = "refund", by = "amount", value = "945", statuses = { "REFUNDED" },
    server = "after" },
  { operation = "refund", by = "amount", value = "946", server = "before" },
  { operation = "refund", by = "amount", value = "947", refuses = "ACCOUNT_NOT_ALLOWED_CREDIT" },
}

local by_key = {}

for _, row in ipairs(triggers.list) do
  by_key[row.operation .. " " .. row.by .. " " .. row.value] = row
end

--- The row for a token, or nil.
function triggers.of_token(token)
  return by_key["authorization token " .. tostring(token)]
end

--- The row for an amount in minor units, or nil. operation: as in the rows.
function triggers.of_amount(operation, minor)
  if not minor then return nil end
  return by_key[("%s amount %s"):format(operation, ("%03.0f"):format(minor % 1000))]
end

return triggers
