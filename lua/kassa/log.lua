-- One structured entry per attempt, for a logger or a metrics counter. It names the route's
-- template and never an id, a header or a secret; bodies come at level "debug" only, redacted.

local find = require("kassa.api").find

local M = {}

--- Where the entries go. log: nil, a function(entry), or a table { write = function(entry),
-- level = "info" or "debug" }. -> { write, debug }, or nil when nobody listens
function M.new(log)
  if log == nil then return nil end
  if type(log) == "function" then return { write = log, debug = false } end
  return { write = log.write, debug = log.level == "debug" }
end

local function bodies(entry, request, value)
  local plan, redact = request.plan, require("kassa.schema").redact
  local body, reply = plan.row.body, plan.row.reply and plan.reply_schema
  if body and type(request.value) == "table" then
    entry.request = redact(find(plan.api, body), request.value)
  end
  if reply and value then entry.response = redact(find(plan.api, reply), value) end
end

-- A form tells the size of its file.
local function size_of(body)
  return type(body) == "table" and body.size or body and #body or 0
end

--- The entry of one attempt. value: the decoded success, or nil; failed: else the error's fields.
-- -> table of what ORDER below names, and time_ms; at level "debug" also request and response
function M.entry(log, request, attempt, answer, value, failed, time_ms)
  local row = request.plan.row
  local entry = {
    time_ms = time_ms, operation = row.name, method = request.plan.method,
    route = request.plan.route, attempt = attempt, status = answer.status,
    code = failed and failed.code or "ok", happened = failed and failed.happened or nil,
    error_code = failed and failed.provider and failed.provider.error_code or nil,
    duration_ms = answer.ms, paced_ms = request.paced_ms, idempotency_key = request.key,
    correlation_id = request.correlation_id or failed and failed.correlation_id or nil,
    request_bytes = size_of(request.body),
    response_bytes = answer.body and #answer.body or 0,
  }
  if log.debug then bodies(entry, request, value) end
  return entry
end

local function plain(value)
  local text = tostring(value):gsub("%c", " ")
  return text:find "[%s\"=]" and ("%q"):format(text) or text
end

local ORDER = {
  "operation", "code", "status", "happened", "error_code", "method", "route", "attempt",
  "duration_ms", "paced_ms", "idempotency_key", "correlation_id", "request_bytes", "response_bytes",
  "reason", "result", "event_type", "event_id", "remote",
}

--- An entry as one line of key=value pairs, always in the same order.
function M.line(entry)
  local parts = {}
  for _, name in ipairs(ORDER) do
    if entry[name] ~= nil then parts[#parts + 1] = name .. "=" .. plain(entry[name]) end
  end
  return table.concat(parts, " ")
end

return M
