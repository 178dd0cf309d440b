--- Cybersource's answers of refusal, as data: status, reason, message, fields (section 10).
-- It decides nothing: rules make a refusal, the protocol writes it.

local answers = {}

local function refusal(status, state, reason, message, details)
  return { status = status, state = state, reason = reason, message = message, details = details }
end

--- 400 for a state, a sum or an id. details: nil or a list of { field =, reason = }.
function answers.invalid(reason, message, details)
  return refusal(400, "INVALID_REQUEST", reason, message, details)
end

--- 400 as a trigger asks for it.
function answers.triggered(reason)
  return answers.invalid(reason, "The sandbox was asked to refuse this amount.")
end

--- 400 for a code that was used a short time ago.
function answers.duplicate(field)
  return answers.invalid("DUPLICATE_REQUEST", "The reference was used a short time ago.",
    { { field = field, reason = "INVALID_DATA" } })
end

--- 400 for fields: a list of { field =, reason = "MISSING_FIELD" or "INVALID_DATA" }.
function answers.fields(details)
  local reason = details[1].reason
  local message = reason == "MISSING_FIELD" and "The request misses one or more fields."
    or "One or more fields of the request hold invalid data."
  return answers.invalid(reason, message, details)
end

--- 400 for one field.
function answers.field(path, reason)
  return answers.fields { { field = path, reason = reason or "INVALID_DATA" } }
end

--- 401, whose body tells nothing. why: for the sandbox's list of requests, never for the answer.
function answers.unauthorized(why)
  return { status = 401, rmsg = "Authentication Failed", why = why }
end

--- 404 for a path or an id nobody has. The body is a guess: the documents have none.
function answers.missing()
  return { status = 404, rmsg = "Resource not found" }
end

function answers.limited()
  return { status = 429, rmsg = "Too many requests" }
end

--- 502: nobody knows whether it happened.
function answers.server_error(reason)
  return refusal(502, "SERVER_ERROR", reason, "The request could not be completed.")
end

--- What a 429 tells beside its status (a guess).
answers.rate_headers = { ["Retry-After"] = "1" }

local BY_STATUS = {
  [400] = function()
    return answers.invalid("INVALID_DATA", "One or more fields of the request hold invalid data.")
  end,
  [401] = answers.unauthorized,
  [404] = answers.missing,
  [429] = answers.limited,
  [502] = function() return answers.server_error "SYSTEM_ERROR" end,
}

--- What Cybersource says with a status, or nil where a gateway would answer in its own words.
function answers.of_status(status)
  local make = BY_STATUS[status]
  return make and make() or nil
end

--- 502 SERVER_TIMEOUT: what the server says after it was silent too long.
function answers.timeout()
  return answers.server_error "SERVER_TIMEOUT"
end

--- For a mistake of the sandbox itself.
function answers.broken(message)
  return refusal(500, "SERVER_ERROR", "SYSTEM_ERROR", "The sandbox failed: " .. message)
end

return answers
