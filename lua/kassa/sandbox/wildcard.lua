--- Names of event types and the patterns that webhooks ask for them with: "payment.request.*".
-- It knows no event type: any name of that shape passes, since Klarna adds new ones.

local wildcard = {}

local NAME_MAX = 255

--- Is it a name, "*", or a name whose last part is "*"?
function wildcard.valid(pattern)
  if type(pattern) ~= "string" or #pattern > NAME_MAX then return false end
  if pattern == "*" then return true end
  local name = pattern:gsub("%.%*$", "")
  return ("." .. name):gsub("%.[%w_%-]+", "") == ""
end

--- Does a pattern take an event type? A "*" at its end stands for one part or more.
function wildcard.match(pattern, event_type)
  if pattern == "*" or pattern == event_type then return true end
  local start = pattern:match("^(.*%.)%*$")
  return start ~= nil and #event_type > #start and event_type:sub(1, #start) == start
end

return wildcard
