--- The dashboard: what the sandbox holds, newest first, and its clock.
-- It shows no key and changes nothing but the time.

local html = require "kassa.sandbox.pages.html"
local shell = require "kassa.sandbox.pages.shell"
local words = require "kassa.sandbox.pages.words"

local dashboard = {}

local ROWS_MAX = 50

local style = html.template [[
.top { display: flex; flex-wrap: wrap; justify-content: space-between; align-items: end;
  gap: 16px 32px; margin-bottom: 24px; }
.clock { font-size: 20px; font-weight: 650; letter-spacing: -.01em; }
.clock + form { display: flex; gap: 8px; margin-top: 8px; flex-wrap: wrap; }
.clock + form button { padding: 5px 12px; font-size: 14px; border-radius: 8px; }
.base { font-family: ui-monospace, "SF Mono", Menlo, "Liberation Mono", monospace; font-size: 14px;
  overflow-wrap: anywhere; margin: 0; }
.scroll { overflow-x: auto; margin: 0 -24px; padding: 0 24px; }
.grid { width: 100%; border-collapse: collapse; font-size: 14px; }
.grid th { text-align: left; font-weight: 500; color: var(--soft); padding: 0 20px 8px 0;
  white-space: nowrap; border-bottom: 1px solid var(--line); }
.grid td { padding: 9px 20px 9px 0; border-bottom: 1px solid var(--line); white-space: nowrap; }
.grid tr:last-child td { border-bottom: 0; padding-bottom: 0; }
.grid .right { text-align: right; }
.grid th:last-child, .grid td:last-child { padding-right: 0; }
.grid td.long { white-space: normal; overflow-wrap: anywhere; min-width: 220px; }
.none { color: var(--soft); margin: 0; }
@media (max-width: 640px) {
  .scroll { margin: 0; padding: 0; }
  .grid, .grid tbody { display: block; }
  .grid tr { display: flex; flex-wrap: wrap; align-items: baseline; gap: 4px 14px;
    padding: 10px 0; border-bottom: 1px solid var(--line); }
  .grid th, .grid td:empty { display: none; }
  .grid tr:first-child { display: none; }
  .grid tr:last-child { border-bottom: 0; padding-bottom: 0; }
  .grid td, .grid td.long { display: block; padding: 0; border: 0; min-width: 0; }
}
]] {}

-- Tables -----------------------------------------------------------------------------------------

local card = html.template [[<section class="card"><h2>$title</h2>$body</section>]]
local grid = html.template [[
<div class="scroll"><table class="grid"><tr>$heads</tr>$rows</table></div>]]
local head = html.template [[<th class="$class">$text</th>]]
local row = html.template [[<tr>$cells</tr>
]]
local cell = html.template [[<td class="$class">$text</td>]]
local nothing = html.template [[<p class="none">$text</p>]]

-- A card with a table. Columns are { title, class }; rows are lists of texts or fragments.
local function table_card(title, columns, rows, empty)
  if #rows == 0 then return card { title = title, body = nothing { text = empty } } end
  local heads, lines = {}, {}
  for i, column in ipairs(columns) do
    heads[i] = head { text = column[1], class = column[2] or "plain" }
  end
  for i, texts in ipairs(rows) do
    local cells = {}
    for j, text in ipairs(texts) do
      cells[j] = cell { text = text, class = columns[j][2] or "plain" }
    end
    lines[i] = row { cells = cells }
  end
  return card { title = title, body = grid { heads = heads, rows = lines } }
end

-- The newest entries of a list, newest first, each made a row.
local function newest(list, make)
  local rows = {}
  for i = #list, math.max(1, #list - ROWS_MAX + 1), -1 do rows[#rows + 1] = make(list[i]) end
  return rows
end

local link = html.template [[<a href="$url">$text</a>]]
local code = html.template [[<span class="number" title="$id">$text</span>]]

local function id_of(id)
  return code { id = id, text = words.short(id) }
end

-- What is shown ----------------------------------------------------------------------------------

local function reason(object)
  return object.state_reason and words.plain(object.state_reason) or ""
end

local function request_row(request)
  local id = request.payment_request_id
  return {
    link { url = "/_sandbox/pay/" .. id, text = words.short(id) },
    request.payment_request_reference or "",
    words.amount(request.payment_amount, request.currency),
    shell.state(request.state), reason(request), words.time(request.created_at),
  }
end

local function requests_card(requests)
  return table_card("Payment requests",
    { { "Page" }, { "Reference", "long" }, { "Amount", "right number" }, { "State" },
      { "Reason" }, { "Created" } },
    newest(requests, request_row), "None yet. Create one through the API, and it appears here.")
end

local function transaction_row(found)
  local ledger, transaction = found.ledger, found.transaction
  local function amount(minor) return words.amount(minor or 0, transaction.currency) end
  return {
    id_of(transaction.payment_transaction_id), transaction.payment_transaction_reference or "",
    amount(ledger.authorized), amount(ledger.captured), amount(ledger.refunded),
    amount(ledger.remaining), shell.state(transaction.state), reason(transaction),
  }
end

local function transactions_card(found)
  return table_card("Payment transactions",
    { { "Transaction" }, { "Reference", "long" }, { "Authorized", "right number" },
      { "Captured", "right number" }, { "Refunded", "right number" },
      { "Remaining", "right number" }, { "State" }, { "Reason" } },
    newest(found, transaction_row), "None yet. A confirmed payment request makes one.")
end

local function delivery_row(delivery)
  local payload = (delivery.event or {}).payload or {}
  local subject = payload.payment_transaction_id or payload.payment_request_id or ""
  return {
    words.time(delivery.due_at), delivery.event_type, id_of(subject),
    payload.state and shell.state(payload.state) or "",
  }
end

local function deliveries_card(deliveries)
  return table_card("Webhook deliveries",
    { { "Due" }, { "Event", "long" }, { "About" }, { "State" } },
    newest(deliveries, delivery_row), "None yet. Every change of state makes one.")
end

local function call_row(call)
  return {
    words.time(call.at), call.method, call.operation or call.path, tostring(call.status or ""),
    call.fault and "fault: " .. call.fault or call.replayed and "answered from memory" or "",
  }
end

local function calls_card(calls)
  return table_card("API calls",
    { { "Time" }, { "Method" }, { "Operation", "long" }, { "Status", "right number" }, { "Note" } },
    newest(calls, call_row), "None yet.")
end

-- The page ---------------------------------------------------------------------------------------

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

local function collect(call)
  local requests, transactions = {}, {}
  for _, id in ipairs(call "request_ids") do
    local request = call("view", id)
    requests[#requests + 1] = request
    local short = (request.state_context or {}).payment_transaction
    if short then
      local transaction_id = short.payment_transaction_id
      transactions[#transactions + 1] = {
        transaction = call("view", transaction_id), ledger = call("ledger", transaction_id),
      }
    end
  end
  return requests, transactions
end

--- The page.
-- @param call function(verb, ...) -> result | nil, message
-- @param now the sandbox's time as ISO text
function dashboard.show(call, now)
  local requests, transactions = collect(call)
  return shell.page {
    title = "Dashboard", wide = true, style = style,
    content = page {
      base_url = call("options").base_url, now = words.time(now),
      cards = {
        requests_card(requests), transactions_card(transactions),
        deliveries_card(call "deliveries"), calls_card(call "requests"),
      },
    },
  }
end

--- The buttons under the clock.
function dashboard.advance(call, duration)
  local done, message = call("advance", duration)
  if not done then return shell.notice(400, "The clock stays", message) end
  return { status = 303, headers = { Location = "/_sandbox/" }, body = "" }
end

return dashboard
