-- What every Klarna call shares: headers, limits, rate categories, error answers. It describes
-- them; the client decides when to repeat a call and how long to wait.

local S = require "kassa.schema"

local transport = {}

transport.currencies = {
  "AUD", "EUR", "CAD", "CZK", "DKK", "HUF", "MXN", "NZD", "NOK", "PLN", "RON", "SEK", "CHF",
  "GBP", "USD",
}

-- Integration metadata: who built what talks to Klarna ----------------------------------------

local integrator = S.record "integrator" {
  { "name", S.text { min = 1, max = 50 }, required = true, sure = "likely", source = "D4",
    doc = "Capitals, digits and underscores.", example = "ACME_SHOP" },
  { "session_reference", S.text { min = 1, max = 100 }, required = true, sure = "likely",
    source = "D4", doc = "Names the session at the integrator.", example = "session-1001" },
  { "module_name", S.text { min = 1, max = 50 }, sure = "likely", source = "D4",
    doc = "Name of the software.", example = "kassa" },
  { "module_version", S.text { min = 1, max = 50 }, sure = "likely", source = "D4",
    doc = "Its version.", example = "1.0.0" },
}

transport.integration = S.record "integration" {
  { "integrator", integrator, required = true, sure = "likely", source = "D4",
    doc = "Who made the integration." },
  { "originators", S.list(integrator, { max = 10 }), sure = "likely", source = "D4",
    doc = "Who stands behind the integrator." },
}

-- Headers -------------------------------------------------------------------------------------
-- `option` names the option of the client or of the call that fills a header; `on` says where it
-- goes.

local request_headers = {
  { name = "Authorization", option = "api_key", on = "every call", type = S.token {},
    required = true,
    secret = true, sure = "exact", source = "R5",
    doc = "`Basic <API key>`, the key as it is; with `username`, Basic of username and key." },
  { name = "Content-Type", on = "calls with a JSON body",
    type = S.text {}, value = "application/json",
    sure = "exact", source = "R5", doc = "`application/json`." },
  { name = "Klarna-Idempotency-Key", option = "idempotency_key", on = "every POST and PATCH",
    type = S.token { min = 1, max = 255 }, required = true, sure = "likely", source = "R6",
    doc = "The same key within 24 hours returns the first result instead of acting again." },
  { name = "Klarna-Integration-Metadata", option = "integration", on = "every call",
    type = transport.integration, sure = "likely", source = "R6",
    doc = "One line of JSON: who built what talks to Klarna." },
  { name = "Partner-Correlation-Id", option = "correlation_id", on = "every call",
    type = S.token { min = 1, max = 255 }, pattern = "^[A-Za-z0-9]+$", sure = "likely",
      source = "R6", doc = "Letters and digits, no hyphens; comes back in the answer." },
}

local response_headers = {
  { name = "X-Ratelimit-Limit", sure = "likely", source = "CAT",
    doc = "The quota nearest to its end, then the policies: `40, 40;w=1;name=\"...\"`." },
  { name = "X-Ratelimit-Remaining", sure = "likely", source = "CAT",
    doc = "About how much of the quota is left." },
  { name = "X-Ratelimit-Reset", sure = "likely", source = "CAT",
    doc = "Seconds until the window begins anew." },
  { name = "Partner-Correlation-Id", sure = "likely", source = "R6", doc = "What the call sent." },
  { name = "Klarna-Correlation-Id", sure = "guess", source = "OLD",
    doc = "Sent by older Klarna APIs; here error_id plays its part." },
  { name = "Retry-After", sure = "guess", source = "CAT",
    doc = "Not documented; honoured if sent." },
}

transport.headers = { request = request_headers, response = response_headers }

-- Limits --------------------------------------------------------------------------------------

transport.limits = {
  header_bytes = { value = 6144, sure = "likely", source = "R6",
    doc = "One header, name and value." },
  headers_bytes = { value = 20480, sure = "likely", source = "R6", doc = "All headers of a call." },
  body_bytes = { value = 1048576, sure = "likely", source = "R6",
    doc = "Request body; 413 above it." },
  idle_s = { value = 59, sure = "likely", source = "R6",
    doc = "Seconds without data after which Klarna answers 500 TIMEOUT." },
  captures = { value = 200, sure = "likely", source = "R6", doc = "Captures of a transaction." },
  refunds = { value = 200, sure = "likely", source = "R6", doc = "Refunds of a transaction." },
  voids = { value = 200, sure = "likely", source = "R6", doc = "Voids of a transaction." },
  operations = { value = 500, sure = "likely", source = "R6",
    doc = "Operations on a transaction, of all kinds; 403 above it." },
  signing_keys = { value = 50, sure = "likely", source = "R6",
    doc = "Signing keys of an account." },
  evidence_requests = { value = 5, sure = "exact", source = "S",
    doc = "Evidence requests of a dispute." },
  idempotency_s = { value = 86400, sure = "likely", source = "R6",
    doc = "Seconds for which an idempotency key is remembered." },
  confirmation_token_s = { value = 3600, sure = "exact", source = "R5",
    doc = "Seconds for which a confirmation token is valid." },
  payment_request_s = { value = 172800, sure = "exact", source = "R5",
    doc = "Seconds after which a payment request expires." },
  authorization_s = { value = 2419200, sure = "likely", source = "S",
    doc = "Seconds for which an authorisation holds." },
  expired_s = { value = 604800, sure = "likely", source = "R6",
    doc = "Seconds after which an expired transaction ends by itself." },
}

-- Rate categories: requests per second --------------------------------------------------------
-- Klarna says: follow the headers rather than these numbers. Which operation counts in which
-- category is not printed for this release, so the rows' `bucket` is a guess.

transport.rates = {
  { name = "payment-request-management", sure = "guess", source = "CAT",
    doc = "Payment requests; no numbers are printed." },
  { name = "payment-transaction-authorization", sure = "guess", source = "CAT",
    doc = "Confirmations and token charges; no numbers are printed." },
  { name = "payment-transaction-capture", sure = "likely", source = "CAT", doc = "Captures.",
    live = { partner = 50, acquirer = 200 }, test = { partner = 12, acquirer = 50 } },
  { name = "payment-transaction-management", sure = "likely", source = "CAT",
    doc = "Everything else about transactions.",
    live = { partner = 200, acquirer = 500 }, test = { partner = 50, acquirer = 125 } },
  { name = "dispute", sure = "likely", source = "CAT", doc = "Disputes.",
    live = { partner = 20, acquirer = 50 }, test = { partner = 5, acquirer = 12 } },
  { name = "partner-management", sure = "likely", source = "CAT", doc = "Webhooks and keys.",
    live = { partner = 20, acquirer = 50 }, test = { partner = 5, acquirer = 12 } },
  { name = "account-onboarding", sure = "likely", source = "CAT", doc = "Accounts.",
    live = { partner = 0, acquirer = 10 }, test = { partner = 0, acquirer = 5 } },
  { name = "settlement", sure = "likely", source = "CAT", doc = "Settlement reports.",
    live = { partner = 0, acquirer = 150 }, test = { partner = 0, acquirer = 37 } },
  { name = "on-site-messaging", sure = "likely", source = "CAT", doc = "Messaging.",
    live = { partner = 200, acquirer = 500 }, test = { partner = 50, acquirer = 125 } },
}

-- Error answers -------------------------------------------------------------------------------
-- The first row that fits wins: its error_code is the answer's, or it names none. `code`,
-- `happened` and `retry` are kassa's words; `automatic` says that the client may repeat the call
-- by itself.

transport.error = S.record "error" {
  { "error_id", S.id { max = 255 }, required = true, sure = "likely", source = "S",
    doc = "Quote it to Klarna's support." },
  { "error_type", S.enum { "ACCESS_ERROR", "INPUT_ERROR", "RESOURCE_ERROR", "TECHNICAL_ERROR",
      open = true }, required = true, sure = "likely", source = "CAT",
    doc = "Family of the error." },
  { "error_code", S.text { min = 1, max = 64 }, required = true, sure = "likely", source = "D4",
    doc = "What happened; decide by this." },
  { "error_message", S.text { max = 2048, multiline = true }, required = true, sure = "likely",
    source = "D4", doc = "For logs only." },
  { "doc_url", S.url { max = 2048 }, sure = "likely", source = "D4",
    doc = "Page about the error." },
  { "validation_errors", S.list(S.record "validation_error" {
      { "parameter", S.text { max = 256 }, sure = "likely", source = "D4",
        doc = "Path of the field, lists counted from 0." },
      { "reason", S.text { max = 512, multiline = true }, sure = "likely", source = "D4",
        doc = "What is wrong." },
      { "error_message", S.text { max = 2048, multiline = true }, sure = "likely", source = "R6",
        doc = "What is wrong, in the guide's spelling." },
      { "doc_url", S.url { max = 2048 }, sure = "likely", source = "D4", doc = "Page about it." },
    }, {}), sure = "likely", source = "D4",
    doc = "With VALIDATION_ERROR: every fault; a guide calls the list `errors`." },
}

transport.errors = {
  { status = 400, error_type = "INPUT_ERROR", error_code = "VALIDATION_ERROR", code = "invalid",
    happened = "no", retry = "new_key", sure = "likely", source = "CAT",
      doc = "Change the request." },
  { status = 400, error_type = "INPUT_ERROR", error_code = "INVALID_CONTENT_TYPE", code = "invalid",
    happened = "no", retry = "new_key", sure = "exact", source = "S",
    doc = "The body is not JSON." },
  { status = 400, code = "invalid", happened = "no", retry = "new_key", sure = "guess",
    source = "INF", doc = "Any other fault of the request." },
  { status = 401, error_type = "ACCESS_ERROR", error_code = "UNAUTHORIZED", code = "unauthorized",
    happened = "no", retry = "never", sure = "likely", source = "CAT",
      doc = "Key missing or wrong." },
  { status = 401, code = "unauthorized", happened = "no", retry = "never", sure = "guess",
    source = "INF", doc = "The same without a body." },
  { status = 403, error_type = "RESOURCE_ERROR", error_code = "OPERATION_FORBIDDEN",
    code = "forbidden", happened = "no", retry = "new_key", sure = "likely", source = "CAT",
    doc = "Not allowed to this key, not in this state, or past a limit of the transaction." },
  { status = 403, empty = true, code = "forbidden", happened = "no", retry = "new_key",
    sure = "likely", source = "CAT",
    doc = "A 403 without a body: too much traffic from here. Later, slowly." },
  { status = 403, code = "forbidden", happened = "no", retry = "new_key", sure = "guess",
    source = "INF", doc = "Any other refusal." },
  { status = 404, error_type = "RESOURCE_ERROR", error_code = "RESOURCE_NOT_FOUND",
    code = "not_found", happened = "no", retry = "new_key", sure = "likely", source = "CAT",
    doc = "No such object." },
  { status = 404, error_code = "NOT_FOUND", code = "not_found", happened = "no", retry = "new_key",
    sure = "likely", source = "CAT", doc = "No such route." },
  { status = 404, code = "not_found", happened = "no", retry = "new_key", sure = "guess",
    source = "INF", doc = "The same without a body." },
  { status = 409, error_type = "RESOURCE_ERROR", error_code = "RESOURCE_CONFLICT",
    code = "conflict", happened = "no", retry = "new_key", sure = "likely", source = "CAT",
    doc = "Changed by two, key used with another body, or wrong state: read, then decide." },
  { status = 409, code = "conflict", happened = "no", retry = "new_key", sure = "guess",
    source = "INF", doc = "The same without a body." },
  { status = 413, code = "too_large", happened = "no", retry = "never", sure = "likely",
    source = "R6", doc = "The body is over 1 MB." },
  { status = 429, error_type = "ACCESS_ERROR", error_code = "RATE_LIMITED", code = "rate_limited",
    happened = "no", retry = "same_key", automatic = true, sure = "likely", source = "CAT",
    doc = "Too many calls: back off." },
  { status = 429, code = "rate_limited", happened = "no", retry = "same_key", automatic = true,
    sure = "guess", source = "INF", doc = "The same without a body." },
  { status = 500, error_type = "TECHNICAL_ERROR", error_code = "INTERNAL_ERROR", code = "api",
    happened = "unknown", retry = "same_key", automatic = true, sure = "likely", source = "CAT",
    doc = "Klarna failed." },
  { status = 500, error_type = "TECHNICAL_ERROR", error_code = "TIMEOUT", code = "api",
    happened = "unknown", retry = "same_key", automatic = true, sure = "likely", source = "CAT",
    doc = "Klarna had nothing to say for 59 seconds." },
  { status = 500, error_type = "TECHNICAL_ERROR", error_code = "SERVER_CONFIGURATION_ERROR",
    code = "api", happened = "unknown", retry = "never", sure = "likely", source = "CAT",
    doc = "Klarna is set up wrongly: contact them." },
  { status = 500, code = "api", happened = "unknown", retry = "same_key", automatic = true,
    sure = "guess", source = "INF", doc = "Any other failure of Klarna." },
  { status = 502, code = "api", happened = "unknown", retry = "same_key", automatic = true,
    sure = "likely", source = "CAT", doc = "A gateway failed; the body may not be JSON." },
  { status = 503, error_type = "TECHNICAL_ERROR", error_code = "TEMPORARY_UNAVAILABLE",
    code = "api", happened = "unknown", retry = "same_key", automatic = true, sure = "likely",
    source = "CAT", doc = "Klarna is away for a while." },
  { status = 503, code = "api", happened = "unknown", retry = "same_key", automatic = true,
    sure = "guess", source = "INF", doc = "The same without a body." },
  { status = 504, code = "api", happened = "unknown", retry = "same_key", automatic = true,
    sure = "likely", source = "CAT", doc = "A gateway gave up; the body may not be JSON." },
}

return transport
