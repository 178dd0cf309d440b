--- The hosted payment page: the shopper sees the order and approves, declines or leaves.
-- It decides nothing about money: a decision is a verb of the sandbox, and the page shows the state
-- that came of it.

local dispute = require "kassa.sandbox.pages.dispute"
local html = require "kassa.sandbox.pages.html"
local order = require "kassa.sandbox.pages.order"
local shell = require "kassa.sandbox.pages.shell"
local words = require "kassa.sandbox.pages.words"

local pay = {}

local PREFIX = "/_sandbox/pay/"

--- What the pages of other providers take over: the style, the page with the buttons, the page
-- that says what came of it, its links.
pay.style = html.template [[
.split { display: grid; grid-template-columns: minmax(0, 1fr) 340px; gap: 24px;
  align-items: start; }
.due { position: sticky; top: 24px; }
.due .amount { font-size: 34px; line-height: 1.15; letter-spacing: -.02em; font-weight: 650; }
.due form { display: grid; gap: 10px; margin: 20px 0 16px; }
.due p:last-child { margin: 0; }
.said { max-width: 560px; margin: 24px auto 0; }
.said .state { margin-bottom: 14px; }
.said form { margin-top: 20px; }
.said .problem { margin: 16px 0 0; }
.said .amount { margin: 18px 0; padding: 14px 0; border: solid var(--line); border-width: 1px 0;
  display: flex; justify-content: space-between; gap: 16px; }
.said .amount span:first-child { overflow-wrap: anywhere; }
.away {
  display: inline-block; text-decoration: none; padding: 12px 18px; border-radius: 10px;
  background: var(--accent); color: #fff; font-weight: 600;
}
.away:hover { background: var(--accent-dark); }
@media (max-width: 820px) {
  .split { grid-template-columns: minmax(0, 1fr); gap: 16px; }
  .due { position: static; }
}
$order]] { order = order.style }

-- Deciding ---------------------------------------------------------------------------------------

pay.open_page = html.template [[
<div class="lead"><h1>Review and pay</h1><p class="soft">$subtitle</p></div>
<div class="split">
<div>$order</div>
<aside class="card due">
<p class="soft small" style="margin: 0">To pay</p>
<div class="amount number">$amount</div>
<form class="decide" method="post" action="$action">
<button class="primary" name="decision" value="approve">Approve and pay</button>
<button name="decision" value="decline">Decline</button>
<button class="quiet" name="decision" value="leave">Leave without paying</button>
</form>
<p class="soft small">Approve plays a shopper who agrees, Decline a shopper whom the provider turns
down. This page is open until $limit.</p>
</aside>
</div>
]]

local function subtitle(request)
  local reference = (request.supplementary_purchase_data or {}).purchase_reference
    or request.payment_request_reference
  return reference and "Order " .. reference
    or "Payment request " .. words.short(request.payment_request_id)
end

local function decide(request)
  return shell.page {
    title = "Review and pay", style = pay.style,
    content = pay.open_page {
      subtitle = subtitle(request), order = order.cards(request),
      amount = words.amount(request.payment_amount, request.currency),
      action = PREFIX .. request.payment_request_id,
      limit = words.time(request.state_expires_at),
    },
  }
end

-- What was decided -------------------------------------------------------------------------------

local SAYS = {
  PENDING_CONFIRMATION = { "Thank you, you approved",
    "The shop now confirms the payment. It has until %s to do so." },
  CONFIRMED = { "Payment complete", "The shop confirmed the payment. You are done." },
  DECLINED = { "Payment declined", "The payment was turned down. Nothing was charged." },
  CANCELED = { "Payment canceled", "The shop canceled this payment. Nothing was charged." },
  EXPIRED = { "This page has expired", "The time for this payment is over. Nothing was charged." },
  SUBMITTED = { "You left the payment", "Nothing was charged. You can come back until %s." },
}

pay.said_page = html.template [[
<section class="card said">
$state
<h1>$title</h1><p class="soft">$text</p>
<div class="amount"><span>$subtitle</span><span class="number">$amount</span></div>
$away$again$disputes
</section>
]]

local away_link = html.template [[
<a class="away" href="$url" rel="noreferrer">Back to the shop</a>]]
pay.again_form = html.template [[
<form method="post" action="$action">
<button class="quiet" name="decision" value="open">$label</button></form>
]]

-- What went wrong afterwards ---------------------------------------------------------------------

local dispute_line = html.template [[
<p class="problem">$state <a href="$url">$reason</a> <span class="soft small">$left</span></p>]]
local problem_form = html.template [[
<form method="post" action="$action">
<button class="quiet" name="decision" value="dispute">Report a problem</button></form>
]]

local function transaction_id(request)
  local short = (request.state_context or {}).payment_transaction
  return short and short.payment_transaction_id
end

-- The disputes over what was bought, and a button that opens one.
local function disputes_of(call, request)
  local id = transaction_id(request)
  if not id then return false end
  local out = {}
  for _, entry in ipairs(call "disputes") do
    if entry.payment_transaction_id == id then
      out[#out + 1] = dispute_line {
        state = shell.state(entry.state), url = dispute.url(entry.payment_dispute_id),
        reason = words.plain(entry.dispute_reason), left = dispute.time_left(entry),
      }
    end
  end
  out[#out + 1] = problem_form { action = PREFIX .. request.payment_request_id }
  return out
end

local AGAIN = { PENDING_CONFIRMATION = "Change your mind", SUBMITTED = "Open the payment again" }

-- A link that is followed by a click must lead to a place, not into a script.
function pay.away(url)
  return url and url:find "^%a[%w+.-]*://" and away_link { url = url } or false
end

local function say(call, request)
  local url = call("redirect", request.payment_request_id)
  local says = SAYS[request.state] or { "Payment " .. words.plain(request.state):lower(), "" }
  local again = AGAIN[request.state]
  return shell.page {
    title = says[1], style = pay.style,
    content = pay.said_page {
      state = shell.state(request.state), title = says[1],
      text = says[2]:format(words.time(request.state_expires_at)),
      subtitle = subtitle(request), amount = words.amount(request.payment_amount, request.currency),
      away = pay.away(url),
      again = again and pay.again_form {
        label = again, action = PREFIX .. request.payment_request_id,
      } or false,
      disputes = disputes_of(call, request),
    },
  }
end

-- The routes -------------------------------------------------------------------------------------

local VERB = { approve = "approve", decline = "decline", leave = "abort", open = "open" }
local OPEN = { SUBMITTED = true, PREPARED = true, IN_PROGRESS = true }

--- An answer that sends the browser on.
function pay.go(url)
  return { status = 303, headers = { Location = url, ["Cache-Control"] = "no-store" }, body = "" }
end

local function unknown()
  return shell.notice(404, "No such payment", "There is no payment request behind this address.")
end

--- The page itself. Opening it is what moves a submitted request to IN_PROGRESS.
-- @param call function(verb, ...) -> result | nil, message
-- @param id the payment request's id
-- @param peek look without opening (HEAD)
function pay.show(call, id, peek)
  local request = call("view", id)
  if not (request and request.payment_request_id) then return unknown() end
  if not OPEN[request.state] then return say(call, request) end
  return decide(peek and request or call("open", id) or request)
end

--- What the page says after a decision, without opening anything again.
function pay.said(call, id)
  local request = call("view", id)
  if not (request and request.payment_request_id) then return unknown() end
  if request.state == "IN_PROGRESS" then return pay.go(PREFIX .. id) end
  return say(call, request)
end

local function complain(call, request)
  local id = transaction_id(request)
  local made, message
  if id then made, message = call("dispute", id) end
  if made then return pay.go(dispute.url(made.payment_dispute_id)) end
  return shell.notice(409, "Nothing to dispute",
    message or "Only what was paid can be disputed.")
end

--- A decision from the page's form: back to the shop, or to the page that says what happened.
function pay.decide(call, id, decision)
  local verb = VERB[decision]
  if not verb and decision ~= "dispute" then
    return shell.notice(400, "No such decision", "Approve, decline or leave, on the page itself.")
  end
  local request = call("view", id)
  if not (request and request.payment_request_id) then return unknown() end
  if not verb then return complain(call, request) end
  local done = call(verb, id)
  if verb == "open" then return pay.go(PREFIX .. id) end
  return pay.go(done and call("redirect", id) or PREFIX .. id .. "/said")
end

return pay
