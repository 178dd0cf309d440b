--- The dashboard: what the sandbox holds, newest first, and its clock.
-- It shows no key and changes nothing but the time.

local deliveries = require "kassa.sandbox.pages.deliveries"
local dispute = require "kassa.sandbox.pages.dispute"
local grid = require "kassa.sandbox.pages.grid"
local html = require "kassa.sandbox.pages.html"
local shell = require "kassa.sandbox.pages.shell"
local words = require "kassa.sandbox.pages.words"

local dashboard = {}

local style = html.template [[
.top { display: flex; flex-wrap: wrap; justify-content: space-between; align-items: end;
  gap: 16px 32px; margin-bottom: 24px; }
.clock { font-size: 20px; font-weight: 650; letter-spacing: -.01em; }
.clock + form { display: flex; gap: 8px; margin-top: 8px; flex-wrap: wrap; }
.clock + form button { padding: 5px 12px; font-size: 14px; border-radius: 8px; }
.base { font-family: ui-monospace, "SF Mono", Menlo, "Liberation Mono", monospace; font-size: 14px;
  overflow-wrap: anywhere; margin: 0; }
]] {}

-- What is shown ----------------------------------------------------------------------------------

local function reason(object)
  return object.state_reason and words.plain(object.state_reason) or ""
end

local function request_row(request)
  local id = request.payment_request_id
  return {
    grid.link { url = "/_sandbox/pay/" .. id, text = words.short(id) },
    request.payment_request_reference or "",
    words.amount(request.payment_amount, request.currency),
    shell.state(request.state), reason(request), words.time(request.created_at),
  }
end

local function requests_card(requests)
  return grid.card("Payment requests",
    { { "Page" }, { "Reference", "long" }, { "Amount", "right number" }, { "State" },
      { "Reason" }, { "Created" } },
    grid.newest(requests, request_row),
    "None yet. Create one through the API, and it appears here.")
end

local function transaction_row(found)
  local ledger, transaction = found.ledger, found.transaction
  local function amount(minor) return words.amount(minor or 0, transaction.currency) end
  return {
    grid.id(transaction.payment_transaction_id), transaction.payment_transaction_reference or "",
    amount(ledger.authorized), amount(ledger.captured), amount(ledger.refunded),
    amount(ledger.remaining), shell.state(transaction.state), reason(transaction),
  }
end

local function transactions_card(found)
  return grid.card("Payment transactions",
    { { "Transaction" }, { "Reference", "long" }, { "Authorized", "right number" },
      { "Captured", "right number" }, { "Refunded", "right number" },
      { "Remaining", "right number" }, { "State" }, { "Reason" } },
    grid.newest(found, transaction_row), "None yet. A confirmed payment request makes one.")
end

local function dispute_row(entry)
  local id = entry.payment_dispute_id
  return {
    grid.link { url = dispute.url(id), text = words.short(id) .. id:match ":dispute(:%d+)$" },
    words.plain(entry.dispute_reason), words.amount(entry.dispute_amount, entry.currency),
    shell.state(entry.state), dispute.time_left(entry), tostring(entry.evidence_requests),
    words.time(entry.created_at),
  }
end

local function disputes_card(list)
  return grid.card("Disputes",
    { { "Page" }, { "Reason", "long" }, { "Amount", "right number" }, { "State" }, { "Time" },
      { "Asked", "right number" }, { "Opened" } },
    grid.newest(list, dispute_row),
    "None yet. A shopper who paid opens one on the payment page, a script by sandbox:dispute().")
end

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
    call.fault and "fault: " .. call.fault or call.replayed and "answered from memory" or "",
  }
end

local function calls_card(calls)
  return grid.card("API calls",
    { { "Time" }, { "Method" }, { "Operation", "long" }, { "Status", "right number" }, { "Note" } },
    grid.newest(calls, call_row), "None yet.")
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
    title = "Dashboard", wide = true, style = { style, grid.style },
    content = page {
      base_url = call("options").base_url, now = words.time(now),
      cards = {
        requests_card(requests), transactions_card(transactions),
        disputes_card(call "disputes"),
        deliveries_card(call("deliveries", { last = grid.rows_max })), calls_card(call "requests"),
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
