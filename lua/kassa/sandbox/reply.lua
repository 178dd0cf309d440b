--- Answers as the world's transports take them: status, headers, body as bytes.
-- It knows no provider's envelope, and writes JSON only.

local json = require "kassa.json"

local reply = {}

--- An answer of an operation.
-- @param body nil for none, a table that is written as JSON, or text that is sent as it is
-- @param headers nil for those of JSON
function reply.of(status, body, headers)
  if body == nil then return { status = status, headers = {}, body = "" } end
  if type(body) == "table" then body = assert(json.encode(body)) end
  headers = headers or { ["Content-Type"] = "application/json" }
  return { status = status, headers = headers, body = body }
end

--- What a gateway in front of the API says: a status and nothing else.
function reply.bare(status)
  return { status = status, headers = { ["Content-Type"] = "text/plain" }, body = "" }
end

--- A copy that may be kept or changed.
function reply.copy(answer)
  local headers = {}
  for name, value in pairs(answer.headers) do headers[name] = value end
  return { status = answer.status, headers = headers, body = answer.body }
end

return reply
