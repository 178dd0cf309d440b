-- What the shopper has chosen: a cookie such as "mug.2-bowl.1", and what it costs. Only names and
-- numbers come from the browser; every price is the catalogue's, in whole cents.

local catalogue = require "shop.catalogue"
local http = require "shop.http"

local basket = {}

local COOKIE = "basket"
local DELIVERY, FREE_FROM = 490, 8000
local VAT = 19 -- per cent, inside every price that the shopper sees

basket.QUANTITY_MAX = 9

--- What the cookie says. -> { { product =, quantity = }, ... } in the catalogue's order
function basket.read()
  local wanted, items = {}, {}
  for id, quantity in (ngx.var["cookie_" .. COOKIE] or ""):gmatch "([%l]+)%.(%d)" do
    wanted[id] = tonumber(quantity)
  end
  for _, product in ipairs(catalogue.products) do
    local quantity = wanted[product.id] or 0
    if quantity > 0 then items[#items + 1] = { product = product, quantity = quantity } end
  end
  return items
end

local function write(items)
  local words = {}
  for i, item in ipairs(items) do words[i] = item.product.id .. "." .. item.quantity end
  http.set_cookie(COOKIE, table.concat(words, "-"), "/")
end

--- Let there be so many of a product; 0 takes it out.
function basket.set(product, quantity)
  quantity = math.max(0, math.min(quantity, basket.QUANTITY_MAX))
  local items, found = basket.read(), false
  for _, item in ipairs(items) do
    if item.product == product then item.quantity, found = quantity, true end
  end
  if not found then items[#items + 1] = { product = product, quantity = quantity } end
  for i = #items, 1, -1 do
    if items[i].quantity == 0 then table.remove(items, i) end
  end
  write(items)
end

--- So many more of a product.
function basket.add(product, quantity)
  for _, item in ipairs(basket.read()) do
    if item.product == product then quantity = quantity + item.quantity end
  end
  basket.set(product, quantity)
end

function basket.empty() write {} end

-- A line as kassa.checkout wants it: the price of one without tax, and the tax of the whole line.
local function line(name, reference, price, quantity)
  local net = math.floor(price * 100 / (100 + VAT) + 0.5)
  return { name = name, reference = reference, quantity = quantity, unit_price = net,
    tax = price * quantity - net * quantity }
end

--- What it costs. -> { goods =, delivery =, tax =, total = cents, lines = for kassa.checkout }
function basket.sum(items)
  local sum = { goods = 0, tax = 0, lines = {} }
  for i, item in ipairs(items) do
    sum.goods = sum.goods + item.product.price * item.quantity
    sum.lines[i] = line(item.product.name, item.product.id, item.product.price, item.quantity)
  end
  sum.delivery = sum.goods >= FREE_FROM and 0 or DELIVERY
  if sum.delivery > 0 then sum.lines[#sum.lines + 1] = line("Delivery", nil, DELIVERY, 1) end
  for _, each in ipairs(sum.lines) do sum.tax = sum.tax + each.tax end
  sum.total = sum.goods + sum.delivery
  return sum
end

--- How many pieces, for the link in the head of each page.
function basket.count(items)
  local count = 0
  for _, item in ipairs(items) do count = count + item.quantity end
  return count
end

return basket
