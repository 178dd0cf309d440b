-- The page of an order, to which the shopper comes back: what was bought, and how it stands now.
-- Without any script it stays true, since it reloads itself while something may change.

local html = require "shop.html"
local words = require "shop.words"

local pages = {}

local item = html [[<li><span>$quantity × $name</span><span class="price">$price</span></li>]]

--- The lines of an order with what each costs, tax included.
function pages.lines(order)
  return html.each(order.basket.lines, function(each)
    return item { name = each.name, quantity = each.quantity,
      price = words.money(each.unit_price * each.quantity + each.tax) }
  end)
end

local address = html [[
<address>$given_name $family_name<br>$street_address<br>$postal_code $city<br>$email</address>]]

function pages.address(order) return address(order.address) end

local step = html [[<li class="$class"$current>$name</li>]]
local current = html [[ aria-current="step"]] {}

-- How far an order is: ordered, paid, on its way.
local FAR = { new = 1, waiting = 1, approved = 1, pending = 1, unknown = 1, authorized = 2,
  captured = 3, refunded = 3, charged_back = 3 }

local function steps(state)
  local far = FAR[state]
  if not far then return false end
  return html.each({ "Ordered", "Paid", "On its way" }, function(name, i)
    return step { name = name, class = i <= far and "done" or "open",
      current = i == far and current }
  end)
end

local trail = html [[<ol class="steps">$steps</ol>]]

local go_on = html [[<p><a class="button" href="$url">Go to Klarna and pay</a></p>]]
local once_more = html [[
<form method="post" action="/orders/$key/again"><button class="button">Try again</button></form>]]
local reload = html [[
<p class="soft small">This page looks again every few seconds. <a href="">Look now</a></p>]]

-- What can be done about a payment that is not there.
local function way_on(order, payment)
  if payment and order.state == "waiting" then return go_on { url = payment.url } end
  if FAR[order.state] and order.state ~= "new" then return false end
  return once_more { key = order.key }
end

local refund = html [[<div><dt>Given back</dt><dd>$amount</dd></div>]]

local function money_rows(order, payment)
  local rows = {}
  for i, each in ipairs(payment and payment.refunds or {}) do
    rows[i] = refund { amount = words.money(-each.amount) }
  end
  return rows, words.money(order.amount)
end

local page = html [[
<p class="crumb">Order $number</p>
<h1>$title</h1>
<p class="big" role="status">$state</p>
$trail
$way
$reload
<div class="split"><section class="box"><h2>What you ordered</h2><ul class="short">$lines</ul>
<dl class="sums"><div class="total"><dt>Total</dt><dd>$total</dd></div>$refunds</dl></section>
<section class="box"><h2>Where it goes</h2>$address
<p class="soft small">Ordered at $placed (UTC). Keep the address of this page: it is how you find
your order again.</p></section></div>]]

local THANKED = { authorized = true, captured = true, pending = true, approved = true }

--- The page of an order. payment: what kassa knows of it, or nil
function pages.show(order, payment)
  local refunds, total = money_rows(order, payment)
  local told = steps(order.state)
  local title = FAR[order.state] and "Your order" or "This was not paid"
  if THANKED[order.state] then title = "Thank you, " .. order.address.given_name end
  return page {
    number = order.number, title = title, state = words.to_shopper(order.state),
    trail = told and trail { steps = told }, way = way_on(order, payment),
    reload = words.is_moving(order.state) and reload {}, lines = pages.lines(order), total = total,
    refunds = refunds, address = pages.address(order), placed = order.placed_at,
  }
end

return pages
