--- Klarna's answers of refusal, as data: status, type, code, message (reference section 6).
-- It decides nothing: rules make a refusal, the world gives it an id and writes it.

local answers = {}

local function refusal(status, error_type, error_code, message, faults)
  return {
    status = status, error_type = error_type, error_code = error_code, error_message = message,
    validation_errors = faults,
  }
end

--- 400 for fields. faults is a list of { parameter =, reason = }.
function answers.invalid(faults, message)
  return refusal(400, "INPUT_ERROR", "VALIDATION_ERROR",
    message or "The request has invalid parameters.", faults)
end

--- 400 for one field.
function answers.field(parameter, reason)
  return answers.invalid { { parameter = parameter, reason = reason } }
end

--- 400 for bytes that are no JSON object, or another content type.
function answers.content(message)
  return refusal(400, "INPUT_ERROR", "INVALID_CONTENT_TYPE", message)
end

function answers.unauthorized()
  return refusal(401, "ACCESS_ERROR", "UNAUTHORIZED", "The API key is missing or not known.")
end

--- 403: a state, a limit or a privilege says no.
function answers.forbidden(message)
  return refusal(403, "RESOURCE_ERROR", "OPERATION_FORBIDDEN", message)
end

--- 404 for a route nobody has: without a type, as the reference shows it.
function answers.no_route()
  return refusal(404, nil, "NOT_FOUND", "There is no such operation.")
end

function answers.missing(what, id)
  return refusal(404, "RESOURCE_ERROR", "RESOURCE_NOT_FOUND",
    "The " .. what .. " " .. tostring(id):sub(1, 255) .. " was not found.")
end

function answers.conflict(message)
  return refusal(409, "RESOURCE_ERROR", "RESOURCE_CONFLICT", message)
end

function answers.limited()
  return refusal(429, "ACCESS_ERROR", "RATE_LIMITED", "Too many requests.")
end

--- 413, which a gateway says in its own words: without an error (reference 6.2).
function answers.too_large()
  return { status = 413 }
end

local BY_STATUS = {
  [400] = { "INPUT_ERROR", "VALIDATION_ERROR", "The request has invalid parameters." },
  [401] = { "ACCESS_ERROR", "UNAUTHORIZED", "The API key is missing or not known." },
  [403] = { "RESOURCE_ERROR", "OPERATION_FORBIDDEN", "The operation is not allowed." },
  [404] = { "RESOURCE_ERROR", "RESOURCE_NOT_FOUND", "The resource was not found." },
  [409] = { "RESOURCE_ERROR", "RESOURCE_CONFLICT", "The resource is being changed." },
  [429] = { "ACCESS_ERROR", "RATE_LIMITED", "Too many requests." },
  [500] = { "TECHNICAL_ERROR", "INTERNAL_ERROR", "Something went wrong on the server." },
  [503] = { "TECHNICAL_ERROR", "TEMPORARY_UNAVAILABLE", "The service is not available now." },
}

--- What a 429 tells beside its status.
answers.rate_headers = { ["X-Ratelimit-Remaining"] = "0", ["X-Ratelimit-Reset"] = "1" }

--- What Klarna says with a status, or nil where a gateway would answer in its own words.
function answers.of_status(status)
  local known = BY_STATUS[status]
  return known and refusal(status, known[1], known[2], known[3]) or nil
end

--- 500 TIMEOUT: what the server says after 59 silent seconds.
function answers.timeout()
  return refusal(500, "TECHNICAL_ERROR", "TIMEOUT", "The request took too long.")
end

--- 500 for a mistake of the sandbox itself.
function answers.broken(message)
  return refusal(500, "TECHNICAL_ERROR", "INTERNAL_ERROR", "The sandbox failed: " .. message)
end

return answers
