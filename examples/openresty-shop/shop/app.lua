-- The shop: which address does what. Read it from the table at the end; each function above it is
-- one page or one button, and none of them keeps anything between two requests.

local basket = require "shop.basket"
local basket_pages = require "shop.pages.basket"
local catalogue = require "shop.catalogue"
local front = require "shop.pages.front"
local http = require "shop.http"
local layout = require "shop.pages.layout"
local order_pages = require "shop.pages.order"
local orders = require "shop.orders"
local words = require "shop.words"

local app = {}

-- Tools -------------------------------------------------------------------------------------------

local function show(title, content, options)
  options = options or {}
  http.page(layout.shop { title = title, content = content, refresh = options.refresh,
    count = basket.count(basket.read()) }, options.status)
end

local function not_found()
  show("Not here", layout.notice("There is nothing here",
    "Perhaps it was sold, or never made.", "Back to the shop", "/"), { status = 404 })
end

local function trouble(err)
  ngx.log(ngx.ERR, tostring(err))
  show("Not now", layout.notice("That did not work",
    "Klarna could not be asked. Nothing was charged; please try again in a moment.",
    "Back to your basket", "/basket"), { status = 502 })
end

-- What stands in an address before it is found out who reads it: random, and different each time.
local function new_key() return ngx.var.request_id end

-- Looking around ----------------------------------------------------------------------------------

function app.home() show("Stoneware", front.home()) end

function app.product(id)
  local product = catalogue.find(id)
  if not product then return not_found() end
  show(product.name, front.product(product))
end

-- The basket --------------------------------------------------------------------------------------

function app.basket()
  local items = basket.read()
  show("Basket", basket_pages.show(items, basket.sum(items)))
end

-- A posted product and its number, or nil.
local function chosen()
  local form = http.form()
  local product = catalogue.find(http.text(form, "product"))
  local quantity = tonumber(http.text(form, "quantity"):match "^%d$")
  return quantity and product, quantity
end

function app.add()
  local product, quantity = chosen()
  if product then basket.add(product, quantity) end
  http.go "/basket"
end

function app.set()
  local product, quantity = chosen()
  if product then basket.set(product, quantity) end
  http.go "/basket"
end

-- The checkout ------------------------------------------------------------------------------------

local function checkout_page(options)
  options.items = basket.read()
  options.sum = basket.sum(options.items)
  options.key = options.key or new_key()
  show("Checkout", basket_pages.checkout(options), { status = options.problem and 422 })
end

function app.checkout()
  if not basket.read()[1] then return http.go "/basket" end
  checkout_page {}
end

local FORMS = {
  postal_code = { "^%d%d%d%d%d$", "Five digits, please." },
  email = { "^[^@%s]+@[^@%s]+%.[^@%s]+$", "An address such as jane@mail.example, please." },
}

-- What was typed. -> values by field, and faults by field or nil
local function address_of(form)
  local values, faults = {}, nil
  for _, field in ipairs(basket_pages.FIELDS) do
    local name, max = field[1], field[4]
    local value = http.text(form, name):gsub("%c", " "):sub(1, max)
    values[name] = value
    local rule = FORMS[name]
    if value == "" or rule and not value:find(rule[1]) then
      faults = faults or {}
      faults[name] = value == "" and "Please fill this in." or rule[2]
    end
  end
  return values, faults
end

function app.pay()
  local form = http.form()
  local values, faults = address_of(form)
  local items, key = basket.read(), http.text(form, "key")
  if #key ~= 32 or key:find "%X" then key = new_key() end
  if not items[1] and not orders.by_key(key) then return http.go "/basket" end
  if faults then
    return checkout_page { key = key, values = values, faults = faults,
      problem = "Something is missing. Please look at the marked lines." }
  end
  local order, payment, err = orders.place(key, basket.sum(items), values)
  if not payment then return trouble(err) end
  http.go(payment.state == "waiting" and payment.url or "/orders/" .. order.key)
end

-- The same goods for the same person, after a payment that came to nothing.
function app.again(key)
  local old = orders.by_key(key)
  if not old then return not_found() end
  local _, payment, err = orders.place(new_key(), old.basket, old.address)
  if not payment then return trouble(err) end
  http.go(payment.url)
end

-- Back from Klarna. What they decided is asked of Klarna, whatever the address says.
function app.returned(key)
  local order = orders.by_key(key)
  if not order then return not_found() end
  local done, err = orders.authorize(order, ngx.req.get_uri_args())
  if done then basket.empty() else ngx.log(ngx.NOTICE, tostring(err)) end
  http.go("/orders/" .. key)
end

function app.order(key)
  local order = orders.by_key(key)
  if not order then return not_found() end
  show("Order " .. order.number, order_pages.show(order, orders.payment(order)),
    { refresh = words.is_moving(order.state) })
end

-- Routes ------------------------------------------------------------------------------------------

local KEY = "(" .. ("%x"):rep(32) .. ")"

local ROUTES = {
  { "GET", "^/$", app.home },
  { "GET", "^/products/(%l+)$", app.product },
  { "GET", "^/basket$", app.basket },
  { "POST", "^/basket/add$", app.add },
  { "POST", "^/basket/set$", app.set },
  { "GET", "^/checkout$", app.checkout },
  { "POST", "^/checkout$", app.pay },
  { "GET", "^/return/" .. KEY .. "$", app.returned },
  { "GET", "^/orders/" .. KEY .. "$", app.order },
  { "POST", "^/orders/" .. KEY .. "/again$", app.again },
}

for _, route in ipairs(require "shop.counter") do ROUTES[#ROUTES + 1] = route end

-- Who answers, with what the pattern has found; or the methods that the address takes.
local function find(method, path)
  local allowed
  for _, route in ipairs(ROUTES) do
    local found = path:match(route[2])
    if found and route[1] == method then return route[3], found end
    if found then allowed = route[1] end
  end
  return nil, allowed
end

local function answer()
  local method = ngx.req.get_method()
  if method == "HEAD" then method = "GET" end
  local page, found = find(method, ngx.var.uri)
  if page and (method == "GET" or http.from_here()) then return page(found) end
  if page then return http.page(layout.shop { title = "Not like this", content = layout.notice(
    "Not from there", "This form was sent from another site.", "Back to the shop", "/") }, 403) end
  if not found then return not_found() end
  ngx.header["Allow"] = found
  http.page(layout.shop { title = "Not like this", content = layout.notice("Not like this",
    "This address takes " .. found .. " only.", "Back to the shop", "/") }, 405)
end

--- The content of every address but those of nginx.conf's own.
function app.serve()
  local ok, err = pcall(answer)
  if ok then return end
  ngx.log(ngx.ERR, tostring(err))
  http.page(layout.shop { title = "Not now", content = layout.notice("Something broke here",
    "It was written down, and somebody will look at it.", "Back to the shop", "/") }, 500)
end

return app
