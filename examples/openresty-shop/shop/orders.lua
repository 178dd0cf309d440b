-- Orders and their money: placed, authorized, shipped, refunded, canceled. Each step that moves
-- money has a name that belongs to the order, so that a second click, a second worker or a second
-- life of this one moves nothing twice; the row of an order only repeats what Klarna said.

local cjson = require "cjson"
local db = require "shop.db"
local kassa = require "kassa"
local payments = require "shop.payments"

local orders = {}

orders.CURRENCY = "EUR"

local TRIES = 5 -- to write a row that other workers write as well

-- Rows --------------------------------------------------------------------------------------------

local function read(row)
  if not row then return nil end
  row.address, row.basket = cjson.decode(row.address), cjson.decode(row.basket)
  row.reference = "order-" .. row.number
  return row
end

local function find(column, value)
  return read(db.rows("SELECT * FROM orders WHERE " .. column .. " = ?", value)[1])
end

--- The order of this key, number or reference ("order-1001"), or nil.
function orders.by_key(key) return find("key", key) end
function orders.by_number(number) return find("number", number) end

function orders.by_reference(reference)
  local number = type(reference) == "string" and reference:match "^order%-(%d+)$"
  return number and orders.by_number(tonumber(number))
end

--- All of them, the newest first.
function orders.all()
  local list = db.rows "SELECT * FROM orders ORDER BY number DESC LIMIT 200"
  for i, row in ipairs(list) do list[i] = read(row) end
  return list
end

--- What kassa knows of an order's payment, without asking anybody; nil before there is one.
function orders.payment(order)
  return order.payment and kassa.assert(payments.here().checkout:load(order.payment)) or nil
end

-- Write down how a payment stands. Another worker may have been quicker: then Klarna is asked, so
-- that what is written is never older than what stands there.
local function keep(order, payment)
  for _ = 1, TRIES do
    local changed = db.change("UPDATE orders SET payment = ?, state = ?, version = version + 1 "
      .. "WHERE number = ? AND version = ?", payment:save(), payment.state, order.number,
      order.version)
    if changed == 1 then return true end
    order = orders.by_number(order.number)
    if order.payment then payment = orders.payment(order) end
    local asked, err = payment:status()
    if not asked then return nil, err end
  end
  error(order.reference .. " is written by too many at a time")
end

-- Steps -------------------------------------------------------------------------------------------

local function insert(key, basket, address)
  db.change([[INSERT INTO orders (number, key, basket, address, amount, state)
    VALUES ((SELECT COALESCE(MAX(number), 1000) + 1 FROM orders), ?, ?, ?, ?, 'new')
    ON CONFLICT (key) DO NOTHING]], key, cjson.encode(basket), cjson.encode(address), basket.total)
  return orders.by_key(key)
end

local function begin(order)
  local address = order.address
  return payments.here().checkout:begin({
    amount = order.amount, currency = orders.CURRENCY, reference = order.reference,
    return_url = os.getenv "SHOP_URL" .. "/return/" .. order.key,
    country = "DE", postal_code = address.postal_code, lines = order.basket.lines,
  }, {
    intent = order.reference .. "/begin",
    klarna = { supplementary_purchase_data = { shipping = { {
      recipient = { given_name = address.given_name, family_name = address.family_name,
        email = address.email },
      address = { street_address = address.street_address, postal_code = address.postal_code,
        city = address.city, country = "DE" },
      shipping_option = { shipping_type = "TO_DOOR", shipping_carrier = "DHL" },
    } } } },
  })
end

--- Place an order and ask Klarna for a page to pay it on. key: what the form was given when it was
-- shown, so that one form is one order however often it is sent.
-- -> the order, the payment; or the order, nil and the error
function orders.place(key, basket, address)
  local order = insert(key, basket, address)
  if order.payment then return order, orders.payment(order) end
  local payment, err = begin(order)
  if not payment then return order, nil, err end
  keep(order, payment)
  return order, payment
end

-- Do something with an order's payment and write down what came of it, well or not.
local function step(order, act)
  local payment = orders.payment(order)
  if not payment then return nil, "Klarna was not asked for this order yet" end
  local result, err = act(payment)
  keep(order, payment)
  return result, err
end

--- Ask Klarna how it stands.
function orders.refresh(order)
  return step(order, function(payment) return payment:status() end)
end

--- The shopper says yes: reserve the money. Klarna itself tells whether they did.
-- returned: the query of the return address, or nil for a webhook
function orders.authorize(order, returned)
  return step(order, function(payment)
    local done, err = payment:authorize(returned)
    if not done then payment:status() end -- declined, left, or taken by the webhook just now
    return done, err
  end)
end

--- The parcel leaves, so all of it is captured.
function orders.ship(order)
  local name = order.reference .. "/parcel-1"
  return step(order, function(payment)
    if payment.captured > 0 then return payment end
    return payment:capture({ amount = order.amount, reference = name }, { intent = name })
  end)
end

--- The name that the next refund of an order will have. The form holds it, and a form that is sent
-- twice names one refund.
function orders.next_refund(order)
  local payment = orders.payment(order)
  return ("%s/return-%d"):format(order.reference, payment and #payment.refunds + 1 or 1)
end

--- Give money back. name: as above; amount: cents
function orders.refund(order, name, amount)
  if not name:find("^" .. order.reference:gsub("%-", "%%-") .. "/return%-%d+$") then
    return nil, "this form is of another order"
  end
  return step(order, function(payment)
    for _, refund in ipairs(payment.refunds) do
      if refund.reference == name then return refund end
    end
    return payment:refund({ amount = amount, reference = name }, { intent = name })
  end)
end

--- Give the order up before anything is shipped.
function orders.cancel(order)
  return step(order, function(payment)
    if payment.state == "canceled" then return payment end
    return payment:cancel { intent = order.reference .. "/cancel" }
  end)
end

return orders
