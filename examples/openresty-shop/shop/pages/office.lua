-- The back office's pages about orders: the way in, the list, and one order with its money. Each
-- button is a form with the token of this browser; what a button does is in app.lua.

local html = require "shop.html"
local kassa = require "kassa"
local order_page = require "shop.pages.order"
local words = require "shop.words"

local pages = {}

local alert = html [[<p class="alert $tone" role="status">$text</p>]]

--- What came of the last button. tone: "good" or "bad"
function pages.alert(text, tone) return text and alert { text = text, tone = tone } or false end

local login = html [[
<section class="login box"><h1>Back office</h1>$alert
<form method="post" action="/office/login">
<div class="field"><label for="password">Password</label>
<input id="password" name="password" type="password" autocomplete="current-password" required></div>
<button class="button wide">Enter</button></form></section>]]

function pages.login(problem) return login { alert = pages.alert(problem, "bad") } end

-- The list ----------------------------------------------------------------------------------------

local chip = html [[<span class="chip $tone">$text</span>]]

function pages.chip(state)
  return chip { tone = words.tone(state), text = words.to_office(state) }
end

local row = html [[
<tr><td><a href="/office/orders/$number">$number</a></td><td class="soft">$placed</td>
<td class="who">$name</td><td class="sum">$amount</td><td>$chip</td></tr>]]

local list = html [[
<h1>Orders</h1>
<p class="figures"><span><b>$to_ship</b> to ship</span><span><b>$all</b> in all</span>
<span><a href="/office/disputes">Disputes</a></span></p>
<div class="table"><table><thead><tr><th scope="col">Order</th><th scope="col">Placed</th>
<th scope="col">Customer</th><th scope="col" class="sum">Amount</th><th scope="col">State</th></tr>
</thead><tbody>$rows</tbody></table></div>$none]]

local none = html [[<p class="soft">Nobody has ordered yet.</p>]]

function pages.orders(orders)
  local to_ship = 0
  for _, order in ipairs(orders) do
    if order.state == "authorized" then to_ship = to_ship + 1 end
  end
  return list {
    to_ship = to_ship, all = #orders, none = not orders[1] and none {} or false,
    rows = html.each(orders, function(order)
      return row { number = order.number, placed = order.placed_at, chip = pages.chip(order.state),
        amount = words.money(order.amount),
        name = order.address.given_name .. " " .. order.address.family_name }
    end),
  }
end

-- One order ---------------------------------------------------------------------------------------

local button = html [[
<form method="post" action="/office/orders/$number/$verb">
<input type="hidden" name="token" value="$token"><button class="$class">$label</button></form>]]

local refund_form = html [[
<form class="refund" method="post" action="/office/orders/$number/refund">
<input type="hidden" name="token" value="$token"><input type="hidden" name="name" value="$name">
<label for="amount">Give back, in euros</label>
<input id="amount" name="amount" value="$amount" inputmode="decimal" autocomplete="off" required>
<button class="button">Refund</button>
<p class="soft small">At most $most. A part is fine: 12.50</p></form>]]

local moved = html [[
<tr><td>$what</td><td class="soft">$reference</td><td class="sum">$amount</td></tr>]]

local function moves(payment)
  local rows = {}
  for _, part in ipairs(payment.captures) do
    rows[#rows + 1] = moved { what = "Captured", reference = part.reference or "",
      amount = words.money(part.amount) }
  end
  for _, part in ipairs(payment.refunds) do
    rows[#rows + 1] = moved { what = "Refunded", reference = part.reference or "",
      amount = words.money(-part.amount) }
  end
  return rows
end

local money = html [[
<dl class="sums"><div><dt>Ordered</dt><dd>$amount</dd></div>
<div><dt>Captured</dt><dd>$captured</dd></div><div><dt>Refunded</dt><dd>$refunded</dd></div>
<div><dt>Still reserved</dt><dd>$remaining</dd></div></dl>
<div class="table"><table>$moves</table></div>]]

local function money_of(order, payment)
  if not payment then return false end
  return money { amount = words.money(order.amount), captured = words.money(payment.captured),
    refunded = words.money(-payment.refunded), remaining = words.money(payment.remaining),
    moves = moves(payment) }
end

-- What fits this order now. -> list of forms
local function buttons(order, payment, token, next_refund)
  local forms = {}
  local function add(verb, label, class)
    forms[#forms + 1] = button { number = order.number, verb = verb, label = label,
      token = token, class = class }
  end
  if not payment then return forms end
  local left = payment.captured - payment.refunded - payment.charged_back
  if order.state == "authorized" then add("ship", "Ship and capture", "button") end
  if left > 0 then
    forms[#forms + 1] = refund_form { number = order.number, token = token, name = next_refund,
      amount = kassa.money.format(left, order.currency or "EUR"), most = words.money(left) }
  end
  if order.state == "authorized" or order.state == "waiting" then
    add("cancel", "Cancel the order", "quiet")
  end
  add("refresh", "Ask Klarna", "quiet")
  return forms
end

local page = html [[
<p class="crumb"><a href="/office">Orders</a> <span aria-hidden="true">/</span> $number</p>
<h1>Order $number $chip</h1>
$alert
<div class="split"><div><section class="box"><h2>Goods</h2><ul class="short">$lines</ul></section>
<section class="box"><h2>Customer</h2>$address
<p class="small"><a href="/orders/$key">The page the customer sees</a></p></section></div>
<div><section class="box"><h2>Money</h2>$money</section>
<section class="box actions"><h2>Do</h2>$buttons</section></div></div>]]

--- One order. said: markup of pages.alert or false; token: of this browser's forms
function pages.order(order, payment, said, token, next_refund)
  return page {
    number = order.number, chip = pages.chip(order.state), alert = said, key = order.key,
    lines = order_page.lines(order), address = order_page.address(order),
    money = money_of(order, payment), buttons = buttons(order, payment, token, next_refund),
  }
end

return pages
