--- The page of webhook deliveries: when, what, about which object, how it went, and the bytes.
-- It shows no signing key, and changes nothing but that an event is delivered again.

local grid = require "kassa.sandbox.pages.grid"
local html = require "kassa.sandbox.pages.html"
local shell = require "kassa.sandbox.pages.shell"
local words = require "kassa.sandbox.pages.words"

local deliveries = {}

local PATH = "/_sandbox/deliveries"

local style = html.template [[
.grid td { vertical-align: top; }
.again button { padding: 4px 12px; font-size: 14px; border-radius: 8px; }
.attempts { margin: 4px 0 0; padding: 0; list-style: none; color: var(--soft); font-size: 13px; }
details { margin-top: 4px; }
summary { cursor: pointer; color: var(--soft); font-size: 13px; }
pre { white-space: pre-wrap; overflow-wrap: anywhere; margin: 8px 0 0; padding: 12px;
  background: var(--ground); border-radius: 8px; font-size: 12px; line-height: 1.45; }
.back { margin: 0 0 16px; }
]] {}

--- Where the page shows a delivery.
function deliveries.url(delivery)
  return PATH .. "#" .. delivery.event_id
end

--- The id of what an event is about, "" where it names nothing.
function deliveries.subject(delivery)
  local payload = (delivery.event or {}).payload or {}
  return payload.payment_dispute_id or payload.payment_transaction_id
    or payload.payment_request_id or payload.customer_token or payload.reconciliationId or ""
end

-- One delivery ------------------------------------------------------------------------------------

local what = html.template [[
<span id="$event_id">$event_type</span>
<div class="soft small">$url</div>
<details><summary>Headers and body</summary><pre>$bytes</pre></details>]]

local function bytes(delivery)
  local lines = {}
  for name, value in pairs(delivery.headers) do lines[#lines + 1] = name .. ": " .. value end
  table.sort(lines)
  return table.concat(lines, "\n") .. "\n\n" .. delivery.body
end

local how = html.template [[$state<ul class="attempts">$attempts</ul>]]
local attempt_line = html.template [[<li>$text</li>]]

local function attempts(delivery)
  local lines = {}
  for i, attempt in ipairs(delivery.attempts) do
    local came = attempt.status and tostring(attempt.status) or attempt.message or "under way"
    lines[i] = attempt_line { text = words.moment(attempt.at) .. ": " .. came }
  end
  if delivery.next_at and #lines > 0 then
    lines[#lines + 1] = attempt_line { text = "Next: " .. words.moment(delivery.next_at) }
  end
  if delivery.fault then lines[#lines + 1] = attempt_line { text = "Fault: " .. delivery.fault } end
  return lines
end

local again = html.template [[
<form class="again" method="post" action="/_sandbox/deliveries/again">
<button name="event_id" value="$event_id">Deliver again</button></form>]]

local function row(delivery)
  local id = deliveries.subject(delivery)
  return {
    words.moment(delivery.due_at),
    what { event_id = delivery.event_id, event_type = delivery.event_type,
      url = delivery.url or "No webhook: signed with the sandbox's own key",
      bytes = bytes(delivery) },
    id ~= "" and grid.id(id) or "",
    how { state = shell.state(delivery.state), attempts = attempts(delivery) },
    again { event_id = delivery.event_id },
  }
end

-- The page ----------------------------------------------------------------------------------------

local page = html.template [[
<p class="back small"><a href="/_sandbox/">Dashboard</a></p>
<div class="lead"><h1>Webhook deliveries</h1>
<p class="soft">Every event and what became of it, the newest first. Events go to the webhooks
created through the API; this sandbox posts to addresses of this machine only.</p></div>
$card
]]

--- The page.
-- @param call function(verb, ...) -> result | nil, message
function deliveries.show(call)
  local list = call("deliveries", { last = grid.rows_max })
  local card = grid.card("Deliveries",
    { { "When" }, { "Event", "long" }, { "About" }, { "Attempts" }, { "" } },
    grid.newest(list, row), "None yet. Every change of state makes one.")
  return shell.page {
    title = "Webhook deliveries", wide = true, style = { grid.style, style },
    content = page { card = card },
  }
end

--- The button beside an event.
function deliveries.again(call, event_id)
  local done, message = call("redeliver", event_id)
  if not done then return shell.notice(400, "Not delivered", message) end
  return { status = 303, headers = { Location = PATH .. "#" .. event_id }, body = "" }
end

return deliveries
