--- The merchant's order as the shopper reads it: line items, total, shipping, what the shop asks.
-- It shows what the merchant sent and computes nothing from it.

local html = require "kassa.sandbox.pages.html"
local words = require "kassa.sandbox.pages.words"

local order = {}

order.style = html.template [[
.items { width: 100%; border-collapse: collapse; }
.items td { padding: 12px 0; border-bottom: 1px solid var(--line); vertical-align: top; }
.items tr:first-child td { padding-top: 0; }
.items td:last-child { text-align: right; padding-left: 16px; }
.items .name { overflow-wrap: anywhere; }
.items .total td { border-bottom: 0; font-weight: 650; font-size: 18px; padding-bottom: 0; }
.facts { display: grid; grid-template-columns: 1fr 1fr; gap: 24px; }
.facts h2 { margin-bottom: 6px; }
.facts p { margin: 0; overflow-wrap: anywhere; }
.asks { margin: 0; padding: 0; list-style: none; }
.asks li { padding: 4px 0; }
@media (max-width: 640px) { .facts { grid-template-columns: 1fr; gap: 18px; } }
]] {}

local item_row = html.template [[
<tr><td class="name">$name$count</td><td class="number">$total</td></tr>
]]
local item_count = html.template [[<div class="soft small number">$text</div>]]

local function count_of(line, currency)
  if line.quantity == 1 then return false end
  local text = line.unit_price and line.quantity .. " × " .. words.amount(line.unit_price, currency)
  return item_count { text = text or "Quantity " .. tostring(line.quantity) }
end

local function item(line, currency)
  return item_row {
    name = line.name, count = count_of(line, currency),
    total = words.amount(line.total_amount, currency),
  }
end

local items_card = html.template [[
<section class="card"><h2>Your order</h2>
<table class="items">
$rows
<tr class="total"><td>Total</td><td class="number">$total</td></tr>
</table>$tax</section>
]]

local tax_line = html.template [[<p class="soft small" style="margin: 8px 0 0">$text</p>]]

local function tax(items, currency)
  local sum = 0
  for _, line in ipairs(items) do sum = sum + (line.total_tax_amount or 0) end
  return sum ~= 0 and tax_line { text = "Including tax of " .. words.amount(sum, currency) }
end

local function items_of(request)
  local currency, rows = request.currency, {}
  local items = (request.supplementary_purchase_data or {}).line_items or {}
  for i, line in ipairs(items) do rows[i] = item(line, currency) end
  local total = words.amount(request.payment_amount, currency)
  if #items == 0 then rows[1] = item_row { name = "Purchase", count = false, total = total } end
  return items_card { rows = rows, total = total, tax = tax(items, currency) }
end

local fact = html.template [[<div><h2>$title</h2>$lines</div>]]
local line = html.template [[<p class="$tone">$text</p>]]

local function lines_of(texts, tone)
  local out = {}
  for i, text in ipairs(texts) do out[i] = line { text = text, tone = tone or "plain" } end
  return out
end

local function way(option)
  local text = words.plain(option.shipping_type or "PHYSICAL_OTHER")
  for _, attribute in ipairs(option.shipping_type_attributes or {}) do
    text = text .. ", " .. words.plain(attribute):lower()
  end
  return option.shipping_carrier and text .. ", with " .. option.shipping_carrier or text
end

local function shipment(shipping)
  local texts = { words.person(shipping.recipient or {}) }
  for _, text in ipairs(words.address(shipping.address or {})) do texts[#texts + 1] = text end
  local lines = lines_of(texts)
  if shipping.shipping_option then
    lines[#lines + 1] = line { text = way(shipping.shipping_option), tone = "soft small" }
  end
  return fact { title = "Ship to", lines = lines }
end

local function references(request, purchase)
  local texts = {}
  if purchase.purchase_reference then texts[1] = "Order " .. purchase.purchase_reference end
  if request.payment_request_reference then
    texts[#texts + 1] = "Payment " .. request.payment_request_reference
  end
  return #texts > 0 and fact { title = "Reference", lines = lines_of(texts) }
end

local function plan_text(plan, currency)
  local every = words.plain(plan.interval or "MONTH"):lower()
  local frequency = plan.interval_frequency or 1
  if frequency ~= 1 then every = tostring(frequency) .. " " .. every .. "s" end
  return words.amount(plan.billing_amount or 0, currency) .. " every " .. every
end

local function subscription(entry, currency)
  local texts = { entry.name or entry.subscription_reference }
  if entry.subscription_plan then
    texts[#texts + 1] = plan_text(entry.subscription_plan, currency)
  end
  return fact { title = "Subscription", lines = lines_of(texts) }
end

local facts_card = html.template [[<section class="card"><div class="facts">$facts</div></section>]]

local function facts_of(request)
  local purchase, facts = request.supplementary_purchase_data or {}, {}
  for _, shipping in ipairs(purchase.shipping or {}) do facts[#facts + 1] = shipment(shipping) end
  for _, entry in ipairs(purchase.subscriptions or {}) do
    facts[#facts + 1] = subscription(entry, request.currency)
  end
  facts[#facts + 1] = references(request, purchase) or nil
  return #facts > 0 and facts_card { facts = facts }
end

local SHARE = {
  ["profile:name"] = "name", ["profile:email"] = "email address",
  ["profile:phone"] = "phone number",
  ["profile:locale"] = "language", ["profile:billing_address"] = "billing address",
  ["profile:country"] = "country", ["profile:date_of_birth"] = "date of birth",
  ["profile:national_identification"] = "national identification number",
}
local SCOPE = {
  ["payment:customer_present"] = "charge you again when you shop there",
  ["payment:customer_not_present"] = "charge you again without asking each time",
  ["customer:login"] = "sign you in",
}

local function named(list, names)
  local out = {}
  for i, entry in ipairs(list or {}) do out[i] = names[entry] or tostring(entry) end
  return words.list(out)
end

local ask = html.template [[<li>$text</li>]]
local asks_card = html.template [[
<section class="card"><h2>What the shop asks for</h2><ul class="asks">$asks</ul></section>
]]

local function asks_of(config)
  local texts = {}
  local function add(prefix, text)
    if text ~= "" then texts[#texts + 1] = ask { text = prefix .. text .. "." } end
  end
  add("To see your ", named(config.request_customer_profile, SHARE))
  add("To ", named((config.request_customer_token or {}).scopes, SCOPE))
  add("To know your ", named(config.request_shipping_data,
    { SHIPPING_ADDRESS = "shipping address", SHIPPING_OPTION = "shipping option" }))
  return #texts > 0 and asks_card { asks = texts }
end

--- The cards of an order.
-- @param request a payment request as it is read through the API
-- @return a list of fragments
function order.cards(request)
  return {
    items_of(request), facts_of(request) or "", asks_of(request.config or {}) or "",
  }
end

return order
