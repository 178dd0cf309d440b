-- The basket, and the page where the shopper says where the parcel goes. Both show sums that
-- basket.lua has made; neither asks Klarna for anything.

local front = require "shop.pages.front"
local html = require "shop.html"
local words = require "shop.words"

local pages = {}

local sums = html [[
<dl class="sums"><div><dt>Goods</dt><dd>$goods</dd></div>
<div><dt>Delivery</dt><dd>$delivery</dd></div>
<div class="total"><dt>Total</dt><dd>$total</dd></div></dl>
<p class="soft small">with $tax of tax (19 %)</p>]]

--- What it costs. sum: of basket.lua
function pages.sums(sum)
  local delivery = sum.delivery == 0 and "free" or words.money(sum.delivery)
  return sums { goods = words.money(sum.goods), delivery = delivery, tax = words.money(sum.tax),
    total = words.money(sum.total) }
end

-- The basket --------------------------------------------------------------------------------------

local line = html [[
<li class="item"><a class="thumb" href="/products/$id">$picture</a>
<div><a class="name" href="/products/$id">$name</a><span class="soft small">$each each</span></div>
<form method="post" action="/basket/set"><input type="hidden" name="product" value="$id">
<label class="hidden" for="quantity_$id">Quantity of $name</label>
<select id="quantity_$id" name="quantity">$quantities</select>
<button class="quiet">Change</button></form>
<span class="price">$price</span></li>]]

local full = html [[
<h1>Your basket</h1>
<div class="split"><ul class="items">$lines</ul>
<aside class="box"><h2>Summary</h2>$sums
<p><a class="button wide" href="/checkout">Go to checkout</a></p>
<p class="soft small">You pay with Klarna, after the address.</p></aside></div>]]

local empty = html [[
<section class="notice"><h1>Your basket is empty</h1>
<p>There is a mug that would like to change that.</p>
<p><a class="button" href="/#all">See all pieces</a></p></section>]]

--- The basket. items, sum: of basket.lua
function pages.show(items, sum)
  if not items[1] then return empty {} end
  return full { sums = pages.sums(sum), lines = html.each(items, function(item)
    local product = item.product
    return line { id = product.id, name = product.name, picture = product.picture,
      each = words.money(product.price), price = words.money(product.price * item.quantity),
      quantities = front.quantities(0, item.quantity) }
  end) }
end

-- The checkout ------------------------------------------------------------------------------------

-- What the shopper is asked: { name, label, autocomplete, how many bytes at most }
pages.FIELDS = {
  { "given_name", "First name", "given-name", 99 },
  { "family_name", "Last name", "family-name", 99 },
  { "email", "E-mail", "email", 99 },
  { "street_address", "Street and number", "street-address", 99 },
  { "postal_code", "Postal code", "postal-code", 5 },
  { "city", "City", "address-level2", 99 },
}

local field = html [[
<div class="field $name"><label for="$name">$label</label>
<input id="$name" name="$name" value="$value" autocomplete="$auto" maxlength="$max" required$wrong>
$said</div>]]

local wrong = html [[ aria-invalid="true" aria-describedby="$name-wrong"]]
local said = html [[<p class="wrong" id="$name-wrong">$text</p>]]
local alert = html [[<p class="alert" role="alert">$text</p>]]
local short = html [[<li><span>$quantity × $name</span><span class="price">$price</span></li>]]

local checkout = html [[
<h1>Where does it go?</h1>
$problem
<form class="split" method="post" action="/checkout">
<input type="hidden" name="key" value="$key">
<div class="fields">$fields
<p class="soft small">We deliver in Germany.</p></div>
<aside class="box"><h2>Your order</h2><ul class="short">$lines</ul>$sums
<button class="button wide klarna">Pay <b>$total</b> with Klarna</button>
<p class="soft small">Klarna opens its own page and brings you back here.</p></aside>
</form>]]

--- The checkout. options: items, sum; key of the order that this form makes; values and faults by
-- field, problem = a sentence or nil
function pages.checkout(options)
  local values, faults = options.values or {}, options.faults or {}
  return checkout {
    key = options.key, sums = pages.sums(options.sum), total = words.money(options.sum.total),
    problem = options.problem and alert { text = options.problem } or false,
    fields = html.each(pages.FIELDS, function(each)
      local name = each[1]
      local fault = faults[name]
      return field { name = name, label = each[2], auto = each[3], max = each[4],
        value = values[name] or "", wrong = fault and wrong { name = name } or false,
        said = fault and said { name = name, text = fault } or false }
    end),
    lines = html.each(options.items, function(item)
      return short { quantity = item.quantity, name = item.product.name,
        price = words.money(item.product.price * item.quantity) }
    end),
  }
end

return pages
