--- The dashboard of Klarna's sandbox: what it holds, newest first.
-- It shows no key and changes nothing.

local board = require "kassa.sandbox.pages.board"
local dispute = require "kassa.sandbox.pages.dispute"
local grid = require "kassa.sandbox.pages.grid"
local shell = require "kassa.sandbox.pages.shell"
local words = require "kassa.sandbox.pages.words"

local dashboard = {}

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

-- The page ---------------------------------------------------------------------------------------

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
  return board.show(call, now, {
    requests_card(requests), transactions_card(transactions), disputes_card(call "disputes"),
  })
end

return dashboard
