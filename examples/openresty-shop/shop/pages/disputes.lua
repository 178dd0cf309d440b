-- The back office's pages about disputes: which wait for evidence and how long still, and the form
-- that answers one. It grows with what was said so far, and nothing is sent until it is whole.

local evidence = require "shop.evidence"
local html = require "shop.html"
local orders = require "shop.orders"
local words = require "shop.words"

local pages = {}

-- The list ----------------------------------------------------------------------------------------

local card = html [[
<li class="box due $tone"><p class="left"><b>$left</b> $until</p>
<div><h2><a href="/office/disputes/$id">$reason</a></h2>
<p class="soft small">$amount$order</p></div>
<a class="button" href="/office/disputes/$id">Answer</a></li>]]

local about = html [[ · <a href="/office/orders/$number">order $number</a>]]

local list = html [[
<h1>Disputes waiting for evidence</h1>
<p class="soft">The one with the least time left comes first. No answer in time loses.</p>
<ul class="dues">$cards</ul>$none]]

local none = html [[<p class="box">Nobody is waiting for you. Have a cup of tea.</p>]]

local function amount_of(dispute)
  local details = dispute.dispute_details
  return type(details) == "table" and details.dispute_amount and words.money(details.dispute_amount)
    or ""
end

-- -> "2 days 7 hours", "left, until ...", how much it burns
local function time_of(dispute)
  local seconds, date = dispute:deadline()
  if not seconds then return "?", date, "plain" end
  local day = date:sub(1, 10)
  if seconds < 0 then return "over", "since " .. day, "bad" end
  return words.span(seconds), "left, until " .. day, seconds < 3 * 86400 and "bad" or "wait"
end

local function order_link(dispute)
  local order = orders.by_reference(dispute.purchase_reference)
  return order and about { number = order.number } or false
end

--- The list. due: of klarna.disputes:due
function pages.list(due)
  return list {
    none = not due[1] and none {} or false,
    cards = html.each(due, function(dispute)
      local left, until_text, tone = time_of(dispute)
      return card { id = ngx.escape_uri(dispute.payment_dispute_id), left = left, tone = tone,
        ["until"] = until_text, reason = words.plain(dispute.dispute_reason),
        amount = amount_of(dispute), order = order_link(dispute) }
    end),
  }
end

-- The form ----------------------------------------------------------------------------------------

local row = html [[<div class="field"><label for="$path">$label</label>$input$said</div>]]
local wrong = html [[<p class="wrong">$text</p>]]
local box = html [[<input id="$path" name="$path" type="$kind" value="$value"$step>]]
local seconds = html [[ step="1"]] {}
local choice = html [[<select id="$path" name="$path">$options</select>]]
local group = html [[<fieldset><legend>$label</legend>$fields</fieldset>]]

local TYPES = { date = "date", clock = "time", email = "email", url = "url" }

local function input(field, path, value)
  if not field.values then
    return box { path = path, kind = TYPES[field.kind] or "text", value = value,
      step = field.kind == "clock" and seconds or false }
  end
  local options = { { "", "Please choose" } }
  for i, each in ipairs(field.values) do options[i + 1] = { each.name, each.doc } end
  return choice { path = path, options = html.options(options, value) }
end

-- One field, or the fields inside it. state: values, and what the shop knows, by path; faults: path
-- without "details." -> message
local function draw(field, state, faults, prefix)
  local path, inside = evidence.path(field.name, prefix), evidence.inside(field)
  local label, fault = field.doc:gsub("%.$", ""), faults[(path:gsub("^details%.", ""))]
  local said = fault and wrong { text = fault } or false
  if inside then
    return group { label = label, fields = html.each(inside, function(each)
      return draw(each, state, fault and { [path:match "[^.]+$" .. "." .. each.name] = fault }
        or faults, path .. ".")
    end) }
  end
  local value = state.values[path] or state.known[path] or ""
  return row { path = path, label = label, said = value == "" and said,
    input = input(field, path, value) }
end

local upload = html [[
<div class="field"><label for="file">Proof: PDF, JPEG, PNG or DOCX, 7 MB at most</label>
<input id="file" name="file" type="file" accept=".pdf,.jpg,.jpeg,.png,.docx">$attached$said</div>]]

local attached = html [[
<p class="attached">Attached: <b>$name</b></p>
<input type="hidden" name="attachment_id" value="$id">
<input type="hidden" name="attachment_name" value="$name">]]

local only_words = html [[<p class="soft small">Also asked, please tell it in words: $doc</p>]]

-- What is missing, by path, in words that fit under a field.
local function faults_of(missing, asked)
  local faults = {}
  for _, gap in ipairs(missing) do faults[gap.path] = "Please fill this in." end
  for _, name in ipairs(asked.attachments.fields) do
    if faults[name] then faults.file = "Please attach a file." end
  end
  return faults
end

local page = html [[
<p class="crumb"><a href="/office/disputes">Disputes</a> <span aria-hidden="true">/</span>
$reason</p>
<h1>$reason</h1>
<p class="due $tone"><b>$left</b> $until</p>
$alert
<div class="split"><form class="box answer" method="post" enctype="multipart/form-data"
  action="/office/disputes/$id"><input type="hidden" name="token" value="$token">
<h2>Your answer</h2>$fields$upload$elsewhere
<div class="field"><label for="additional_information">In your own words</label>
<textarea id="additional_information" name="additional_information" rows="4">$comment</textarea>
$comment_said</div>
<button class="button" name="verb" value="answer">$label</button>
<p class="soft small">There is one answer. It leaves when nothing is missing.</p></form>
<aside class="box"><h2>What Klarna says</h2><p>$doc</p><blockquote>$asked</blockquote>
<p class="soft small">$amount$order</p>
<form method="post" action="/office/disputes/$id"><input type="hidden" name="token" value="$token">
<button class="quiet" name="verb" value="lose">Accept the loss</button></form></aside></div>]]

--- The form. state: { values (of the form), known (to the shop), missing = of dispute:missing, or
-- {} before anything was said, alert, token }
function pages.form(dispute, asked, state)
  local values, faults = state.values, faults_of(state.missing, asked)
  local fields, elsewhere = evidence.shown(asked, values, state.missing)
  local left, until_text, tone = time_of(dispute)
  local comment = faults.additional_information
  return page {
    id = ngx.escape_uri(dispute.payment_dispute_id), token = state.token, alert = state.alert,
    reason = words.plain(dispute.dispute_reason), left = left, ["until"] = until_text, tone = tone,
    doc = asked.doc, asked = asked.comment or "No comment.", amount = amount_of(dispute),
    order = order_link(dispute), comment = values.additional_information or "",
    comment_said = comment and wrong { text = comment } or false,
    label = state.missing[1] and "Send the answer" or "Check and send",
    fields = html.each(fields, function(field) return draw(field, state, faults) end),
    elsewhere = html.each(elsewhere, function(field) return only_words { doc = field.doc } end),
    upload = upload {
      said = faults.file and wrong { text = faults.file } or false,
      attached = (values.attachment_id or "") ~= "" and attached { id = values.attachment_id,
        name = values.attachment_name or "" } or false,
    },
  }
end

return pages
