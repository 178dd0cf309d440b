-- The front page and the page of one product. They read the catalogue, and sell nothing by
-- themselves: a form asks for the basket.

local basket = require "shop.basket"
local catalogue = require "shop.catalogue"
local html = require "shop.html"
local words = require "shop.words"

local front = {}

local card = html [[
<li><a class="card" href="/products/$id">$picture
<span class="name">$name</span><span class="line">$line</span>
<span class="price">$price</span></a></li>]]

local home = html [[
<section class="hero">
<div><h1>Things to eat from, made by hand.</h1>
<p>Six pieces of stoneware that get along. Thrown, glazed and fired in small batches, and
packed so that they arrive in one piece.</p>
<p><a class="button" href="#all">See all pieces</a></p></div>
<div class="still">$pictures</div>
</section>
<h2 id="all">All pieces</h2>
<ul class="grid">$cards</ul>]]

--- The front page.
function front.home()
  return home {
    pictures = { catalogue.find("vase").picture, catalogue.find("mug").picture },
    cards = html.each(catalogue.products, function(product)
      return card { id = product.id, picture = product.picture, name = product.name,
        line = product.line, price = words.money(product.price) }
    end),
  }
end

local fact = html [[<li>$text</li>]]

local product_page = html [[
<p class="crumb"><a href="/">All pieces</a> <span aria-hidden="true">/</span> $name</p>
<article class="product">
<div class="stage">$picture</div>
<div><h1>$name</h1>
<p class="big price">$price</p>
<p>$text</p>
<ul class="facts">$facts</ul>
<form class="buy" method="post" action="/basket/add">
<input type="hidden" name="product" value="$id">
<label for="quantity">Quantity</label>
<select id="quantity" name="quantity">$quantities</select>
<button class="button">Add to basket</button>
</form>
<p class="soft small">Price with tax. In stock, leaves the workshop tomorrow.</p></div>
</article>]]

--- Numbers to choose from, from `first` to as many as the shop sells at once.
function front.quantities(first, chosen)
  local list = {}
  for i = first, basket.QUANTITY_MAX do list[#list + 1] = { i, i } end
  return html.options(list, chosen)
end

--- The page of one product.
function front.product(product)
  return product_page {
    id = product.id, name = product.name, picture = product.picture, text = product.text,
    price = words.money(product.price), quantities = front.quantities(1, 1),
    facts = html.each(product.facts, function(text) return fact { text = text } end),
  }
end

return front
