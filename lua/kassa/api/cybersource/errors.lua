-- The errors of Cybersource: by HTTP status and reason, what they mean for a call that moves money.
-- They say nothing of FAILED, which is no error of HTTP but a status in an answer.
--
-- happened and retry are those of an unnamed call. A reason that is not listed is `invalid`.

local function of(status, error_code, code, happened, retry, sure, source, doc)
  return { status = status, error_code = error_code, code = code, happened = happened,
    retry = retry, automatic = false, sure = sure, source = source, doc = doc }
end

return {
  of(400, "MISSING_FIELD", "invalid", "no", "new_key", "likely", "S", "`faults` names the fields."),
  of(400, "INVALID_DATA", "invalid", "no", "new_key", "likely", "S, X",
    "`faults` names the fields. Of the transactionId of a named call: the first one got through."),
  of(400, "INVALID_AMOUNT", "invalid", "no", "new_key", "likely", "S", "The amount."),
  of(400, "INVALID_PAYMENT_ID", "invalid", "no", "new_key", "likely", "S", "The id."),
  of(400, "DUPLICATE_REQUEST", "conflict", "no", "new_key", "likely", "S, X",
    "Of a named call: the first one got through, `happened` is \"yes\". Else another request with "
    .. "the same code within 15 minutes, where the account refuses that."),
  of(400, "EXCEEDS_AUTH_AMOUNT", "exceeds_amount", "no", "new_key", "likely", "S",
    "More than what is left."),
  of(400, "AUTH_ALREADY_REVERSED", "illegal_state", "no", "new_key", "likely", "S",
    "The authorization is reversed."),
  of(400, "TRANSACTION_ALREADY_SETTLED", "illegal_state", "no", "new_key", "likely", "S",
    "It is captured."),
  of(400, "TRANSACTION_ALREADY_REVERSED_OR_SETTLED", "illegal_state", "no", "new_key", "likely",
    "S", "One of the two."),
  of(400, "MISSING_AUTH", "illegal_state", "no", "new_key", "likely", "S",
    "There is no authorization that this could be done to."),
  of(400, "CAPTURE_ALREADY_VOIDED", "illegal_state", "no", "new_key", "likely", "S",
    "The capture is void."),
  of(400, "INVALID_MERCHANT_CONFIGURATION", "forbidden", "no", "new_key", "likely", "S",
    "The account is not set up for it."),
  of(400, "NOT_SUPPORTED", "forbidden", "no", "new_key", "likely", "S", "Not for Klarna."),
  of(400, "ACCOUNT_NOT_ALLOWED_CREDIT", "forbidden", "no", "new_key", "likely", "S",
    "The account may not give refunds."),
  of(400, "PROCESSOR_UNAVAILABLE", "api", "unknown", "never", "likely", "S",
    "Klarna was not reached, or its answer was not."),
  of(401, nil, "unauthorized", "no", "never", "likely", "X",
    "Key, signature, or the time: kassa says how far the clock is off."),
  of(403, nil, "forbidden", "no", "new_key", "guess", "GUESS", "Not permitted."),
  of(404, nil, "not_found", "no", "new_key", "guess", "GUESS", "There is no such object."),
  of(429, nil, "rate_limited", "no", "same_key", "guess", "GUESS", "Too many requests."),
  of(502, "SYSTEM_ERROR", "api", "unknown", "never", "likely", "S", "Trouble inside."),
  of(502, "SERVER_TIMEOUT", "api", "unknown", "never", "likely", "S", "The gateway was too slow."),
  of(502, "SERVICE_TIMEOUT", "api", "unknown", "never", "likely", "S", "Klarna was too slow."),
  of(503, nil, "api", "unknown", "never", "guess", "GUESS", "Trouble that passes."),
}
