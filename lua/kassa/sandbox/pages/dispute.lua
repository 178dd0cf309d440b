--- The page of a dispute: where it stands, how much time is left, what was asked and answered, and
-- buttons to play Klarna with. It decides nothing: a button is a verb of the sandbox.

local json = require "kassa.json"
local grid = require "kassa.sandbox.pages.grid"
local html = require "kassa.sandbox.pages.html"
local shell = require "kassa.sandbox.pages.shell"
local words = require "kassa.sandbox.pages.words"

local dispute = {}

local PREFIX = "/_sandbox/disputes/"

local style = html.template [[
.back { margin: 0 0 16px; }
.stand { display: flex; flex-wrap: wrap; gap: 8px 16px; align-items: center; margin-bottom: 8px; }
.stand .amount { font-size: 22px; font-weight: 650; letter-spacing: -.01em; }
.decide { display: flex; flex-wrap: wrap; gap: 10px; margin-top: 16px; }
.pairs { display: grid; grid-template-columns: max-content 1fr; gap: 6px 20px; margin: 0; }
.pairs dt { color: var(--soft); }
.pairs dd { margin: 0; overflow-wrap: anywhere; }
.asked + .asked { margin-top: 20px; padding-top: 20px; border-top: 1px solid var(--line); }
.asked p { margin-bottom: 8px; }
@media (max-width: 640px) {
  .pairs { grid-template-columns: 1fr; gap: 0; }
  .pairs dd { margin-bottom: 10px; }
}
]] {}

--- Where the page of a dispute is.
function dispute.url(id)
  return PREFIX .. id
end

--- How much time is left of an entry of the verb `disputes`; "" when no time runs.
function dispute.time_left(entry)
  return entry.left_s and words.left(entry.left_s) or ""
end

-- What can be done --------------------------------------------------------------------------------

-- Buttons by state: verb, label, the verb's argument, how it looks.
local BUTTONS = {
  PRE_ARBITRATION = {
    { value = "escalate", label = "Take into arbitration", class = "primary" },
  },
  ARBITRATION_PENDING = {
    { value = "ask", label = "Ask for evidence", class = "primary" },
    { value = "won", label = "The merchant wins", class = "plain" },
    { value = "lost", label = "The merchant loses", class = "plain" },
  },
  MERCHANT_EVIDENCE_PENDING = {
    { value = "expire", label = "Let the time be over", class = "plain" },
  },
}

local ACT = {
  escalate = { "escalate" }, ask = { "ask" }, expire = { "expire" },
  won = { "decide", "won" }, lost = { "decide", "lost" },
}

local button = html.template [[
<button class="$class" name="act" value="$value">$label</button>]]
local buttons_form = html.template [[
<form class="decide" method="post" action="$action">$buttons</form>]]

local function buttons(entry)
  local out = {}
  for i, choice in ipairs(BUTTONS[entry.state] or {}) do out[i] = button(choice) end
  return #out > 0
    and buttons_form { action = dispute.url(entry.payment_dispute_id), buttons = out }
end

-- Where it stands ---------------------------------------------------------------------------------

local UNTIL = {
  PRE_ARBITRATION = "%s to settle it with the shopper, until %s. Then it goes into arbitration.",
  MERCHANT_EVIDENCE_PENDING = "%s to answer with evidence, until %s.",
}

local ENDED = {
  won = "Klarna decided for the merchant.",
  lost = "Klarna decided for the shopper, and the money went back.",
  accepted = "The merchant accepted the loss, and the money went back.",
}

local function saying(entry)
  local running = UNTIL[entry.state]
  if running then
    return running:format(dispute.time_left(entry), words.time(entry.deadline_at))
  end
  return ENDED[entry.outcome] or "Klarna looks into it: it may ask for evidence, or decide."
end

local stand = html.template [[
<section class="card"><div class="stand"><span class="amount number">$amount</span>$state</div>
<p class="soft" style="margin: 0">$saying</p>$buttons</section>
]]

local function stand_of(entry)
  return stand {
    amount = words.amount(entry.dispute_amount, entry.currency), state = shell.state(entry.state),
    saying = saying(entry), buttons = buttons(entry),
  }
end

-- What is known -----------------------------------------------------------------------------------

local pair = html.template [[<dt>$name</dt><dd>$text</dd>]]
local pairs_list = html.template [[<dl class="pairs">$pairs</dl>]]

local function add(lines, name, text)
  if text then lines[#lines + 1] = pair { name = name, text = text } end
end

local function moment(iso)
  return iso and words.time(iso)
end

local card = html.template [[<section class="card"><h2>$title</h2>$body</section>]]

local function facts_of(view)
  local lines = {}
  add(lines, "Reason", words.plain(view.dispute_reason))
  add(lines, "Dispute", view.payment_dispute_id)
  add(lines, "Transaction", view.payment_transaction_id)
  add(lines, "Reference", view.payment_transaction_reference)
  add(lines, "Order", view.purchase_reference)
  add(lines, "Opened", moment(view.created_at))
  add(lines, "In arbitration since", moment(view.arbitration_started_at))
  add(lines, "Closed", moment(view.closed_at))
  return card { title = "The dispute", body = pairs_list { pairs = lines } }
end

-- Evidence ----------------------------------------------------------------------------------------

local function sorted_names(map)
  local out = {}
  for name in pairs(map) do out[#out + 1] = name end
  table.sort(out)
  return out
end

local function answer_of(response)
  local lines = {}
  add(lines, "Answered", moment(response.created_at))
  add(lines, "Said", response.additional_information)
  for _, name in ipairs(sorted_names(response.details)) do
    local value = response.details[name]
    add(lines, words.plain(name), type(value) == "table" and json.encode(value) or tostring(value))
  end
  add(lines, "Attachments", tostring(#response.attachments))
  return pairs_list { pairs = lines }
end

local asked = html.template [[
<div class="asked"><p>$state <span class="soft small">$at</span></p><p>$comment</p>$answer</div>]]
local nothing = html.template [[<p class="none">$text</p>]]

local function evidence_card(view)
  local out = {}
  for i, entry in ipairs(view.merchant_evidence) do
    out[i] = asked {
      state = shell.state(entry.request.state), at = words.time(entry.request.created_at),
      comment = entry.request.comment,
      answer = entry.response and answer_of(entry.response) or false,
    }
  end
  if #out == 0 then out[1] = nothing { text = "Klarna has asked for none yet." } end
  return card { title = ("Evidence asked for: %d of %d"):format(#view.merchant_evidence,
    view.config.total_merchant_evidence_requests), body = out }
end

local function attachment_row(file)
  return { file.filename, file.content_type, words.size(file.size), words.time(file.uploaded_at) }
end

local function attachments_card(files)
  return grid.card("Attachments",
    { { "Name", "long" }, { "Kind", "long" }, { "Size", "right number" }, { "Uploaded" } },
    grid.newest(files, attachment_row), "None yet.")
end

-- The page ----------------------------------------------------------------------------------------

local page = html.template [[
<p class="back small"><a href="/_sandbox/">Dashboard</a></p>
<div class="lead"><h1>Dispute: $reason</h1><p class="soft">$order</p></div>
$cards
]]

local function entry_of(call, id)
  for _, entry in ipairs(call "disputes") do
    if entry.payment_dispute_id == id then return entry end
  end
end

local function unknown()
  return shell.notice(404, "No such dispute", "There is no dispute behind this address.")
end

--- The page.
-- @param call function(verb, ...) -> result | nil, message
function dispute.show(call, id)
  local entry = entry_of(call, id)
  if not entry then return unknown() end
  local view = call("view", id)
  return shell.page {
    title = "Dispute", style = { grid.style, style },
    content = page {
      reason = words.plain(view.dispute_reason):lower(),
      order = view.purchase_reference and "Order " .. view.purchase_reference
        or "Transaction " .. words.short(view.payment_transaction_id),
      cards = {
        stand_of(entry), evidence_card(view), attachments_card(call("attachments", id)),
        facts_of(view),
      },
    },
  }
end

--- A button of the page.
function dispute.act(call, id, act)
  local verb = ACT[act]
  if not verb then return shell.notice(400, "No such button", "Press one on the page itself.") end
  if not entry_of(call, id) then return unknown() end
  local done, message = call(verb[1], id, verb[2])
  if not done then return shell.notice(409, "Not any more", message) end
  return { status = 303, headers = { Location = dispute.url(id) }, body = "" }
end

return dispute
