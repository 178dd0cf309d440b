--- The hosted payment page of Cybersource's sandbox: a shopper sees the order and approves,
-- declines or leaves, and is sent to the shop's address for that. It decides nothing about money: a
-- decision is a verb of the sandbox.

local bodies = require "kassa.sandbox.cybersource.bodies"
local order = require "kassa.sandbox.pages.order"
local pay = require "kassa.sandbox.pages.pay"
local shell = require "kassa.sandbox.pages.shell"
local words = require "kassa.sandbox.pages.words"

local hosted = {}

local PREFIX = "/_sandbox/pay/"

-- The order as order.lua reads one ----------------------------------------------------------------

-- Minor units of what is an amount on the wire; 0 for what is none.
local function minor(text, currency)
  return bodies.minor(text, currency) or 0
end

-- Taxes and coupons are told in their own ways (reference 4).
local function line_of(line, currency)
  local count, price = tonumber(line.quantity) or 1, minor(line.unitPrice, currency)
  local tax = minor(line.taxAmount, currency)
  local total = line.totalAmount and minor(line.totalAmount, currency) or price * count + tax
  if line.productCode == "coupon" then total = -math.abs(total) end
  return { name = line.productName or "Item", quantity = count, unit_price = price,
    total_amount = total, total_tax_amount = tax }
end

local function lines_of(found)
  local out, currency = {}, found.currency
  for i, line in ipairs(found.order.lineItems or {}) do out[i] = line_of(line, currency) end
  local details = found.order.amountDetails or {}
  local tax, discount = minor(details.taxAmount, currency), minor(details.discountAmount, currency)
  if tax ~= 0 then out[#out + 1] = { name = "Tax", quantity = 1, total_amount = tax } end
  if discount ~= 0 then
    out[#out + 1] = { name = "Discount", quantity = 1, total_amount = -discount }
  end
  return out
end

local function ship_to(address)
  return address and {
    recipient = { given_name = address.firstName, family_name = address.lastName },
    address = { street_address = address.address1, street_address2 = address.address2,
      postal_code = address.postalCode, city = address.locality,
      region = address.administrativeArea, country = address.country },
  }
end

local function cards(found)
  return order.cards {
    currency = found.currency, payment_amount = found.amount or 0,
    supplementary_purchase_data = { line_items = lines_of(found),
      purchase_reference = found.reference, shipping = { ship_to(found.order.shipTo) } },
  }
end

local function amount_of(found)
  return words.amount(found.amount or 0, found.currency)
end

-- The two pages -----------------------------------------------------------------------------------

local function decide(found)
  return shell.page {
    title = "Review and pay", style = pay.style,
    content = pay.open_page {
      subtitle = "Order " .. found.reference, order = cards(found), amount = amount_of(found),
      action = PREFIX .. found.id, limit = words.time(found.expires_at),
    },
  }
end

local SAYS = {
  COMPLETED = { "Thank you, you approved", "The shop now authorizes the payment." },
  FAILED = { "Payment declined", "The payment was turned down. Nothing was charged." },
  ABANDONED = { "You left the payment", "Nothing was charged. The shop can begin a new one." },
}

local function say(call, found, status)
  local says = SAYS[status] or { "Payment " .. words.plain(status):lower(), "" }
  return shell.page {
    title = says[1], style = pay.style,
    content = pay.said_page {
      state = shell.state(status), title = says[1], text = says[2],
      subtitle = "Order " .. found.reference, amount = amount_of(found),
      away = pay.away(call("redirect", found.id)), again = false, disputes = false,
    },
  }
end

local function unknown()
  return shell.notice(404, "No such payment", "There is no session with a page at this address.")
end

-- What a session is for, and its status while the shopper is done with it; nil while it is open.
local function find(call, id)
  local found = call("order", id)
  if not (found and found.hosted) then return nil end
  local status = call("state", id)
  local open = (status == "INITIATED" or status == "COMPLETED") and not call("redirect", id)
  return found, not open and status or nil
end

-- The routes --------------------------------------------------------------------------------------

--- The page of a session, or what came of it.
-- @param call function(verb, ...) -> result | nil, message
-- @param id the session's id
function hosted.show(call, id)
  local found, status = find(call, id)
  if not found then return unknown() end
  return status and say(call, found, status) or decide(found)
end

--- What the page says after a decision.
hosted.said = hosted.show

local VERB = { approve = "approve", decline = "decline", leave = "abandon" }

--- A decision from the page's form: on to the shop, with the token when it was approved.
function hosted.decide(call, id, decision)
  local verb = VERB[decision]
  if not verb then
    return shell.notice(400, "No such decision", "Approve, decline or leave, on the page itself.")
  end
  local found, status = find(call, id)
  if not found then return unknown() end
  local done = not status and call(verb, id)
  return pay.go(done and done.redirect_url or PREFIX .. id .. "/said")
end

return hosted
