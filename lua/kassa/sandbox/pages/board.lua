--- What the dashboards of all providers have: the clock and its buttons, deliveries, API calls.
-- It knows no provider's objects: their cards are given.

local deliveries = require "kassa.sandbox.pages.deliveries"
local grid = require "kassa.sandbox.pages.grid"
local html = require "kassa.sandbox.pages.html"
local shell = require "kassa.sandbox.pages.shell"
local words = require "kassa.sandbox.pages.words"

local board = {}

local style = html.template [[
.top { display: flex; flex-wrap: wrap; justify-content: space-between; align-items: end;
  gap: 16px 32px; margin-bottom: 24px; }
.clock { font-size: 20px; font-weight: 650; letter-spacing: -.01em; }
.clock + form { display: flex; gap: 8px; margin-top: 8px; flex-wrap: wrap; }
.clock + form button { padding: 5px 12px; font-size: 14px; border-radius: 8px; }
.base { font-family: ui-monospace, "SF Mono", Menlo, "Liberation Mono", monospace; font-size: 14px;
  overflow-wrap: anywhere; margin: 0; }
]] {}

local function delivery_row(delivery)
  return {
    words.time(delivery.due_at),
    grid.link { url = deliveries.url(delivery), text = delivery.event_type },
    grid.id(deliveries.subject(delivery)), shell.state(delivery.state),
  }
end

local function deliveries_card(list)
  return grid.card("Webhook deliveries",
    { { "Due" }, { "Event", "long" }, { "About" }, { "Delivery" } },
    grid.newest(list, delivery_row), "None yet. Every change of state makes one.")
end

local function call_row(call)
  return {
    words.time(call.at), call.method, call.operation or call.path, tostring(call.status or ""),
    call.fault and "fault: " .. call.fault or call.replayed and "answered from memory"
      or call.refused or "",
  }
end

local function calls_card(calls)
  return grid.card("API calls",
    { { "Time" }, { "Method" }, { "Operation", "long" }, { "Status", "right number" }, { "Note" } },
    grid.newest(calls, call_row), "None yet.")
end

local page = html.template [[
<div class="top">
<div><h1>Sandbox</h1><p class="base">$base_url</p></div>
<div><div class="clock number">$now</div>
<form method="post" action="/_sandbox/">
<button name="advance" value="1h">+1 hour</button>
<button name="advance" value="1d">+1 day</button>
<button name="advance" value="7d">+7 days</button>
</form></div>
</div>
$cards
]]

--- The page.
-- @param call function(verb, ...) -> result | nil, message
-- @param now the sandbox's time as ISO text
-- @param cards those of the provider's objects, which come first
function board.show(call, now, cards)
  local all = {}
  for i, card in ipairs(cards) do all[i] = card end
  all[#all + 1] = deliveries_card(call("deliveries", { last = grid.rows_max }))
  all[#all + 1] = calls_card(call "requests")
  return shell.page {
    title = "Dashboard", wide = true, style = { style, grid.style },
    content = page { base_url = call("options").base_url, now = words.time(now), cards = all },
  }
end

--- The buttons under the clock.
function board.advance(call, duration)
  local done, message = call("advance", duration)
  if not done then return shell.notice(400, "The clock stays", message) end
  return { status = 303, headers = { Location = "/_sandbox/" }, body = "" }
end

return board
